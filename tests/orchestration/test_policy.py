"""The policy: what its rules decide, and one bad example of each kind."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from orchestration.people import load_people
from orchestration.policy import Policy, Requirement, faults_alone, load_policy, may, requirement
from orchestration.validation import Fault, InvalidData

PEOPLE = load_people(
    {
        "version": 1,
        "people": {
            "ana": {"name": "Ana", "groups": ["everyone"]},
            "ben": {"name": "Ben", "groups": ["everyone", "operators"]},
            "cem": {"name": "Cem", "groups": ["everyone", "operators"]},
        },
        "groups": {"chat": {"slack_usergroup": "S1"}, "empty": {}},
    }
)
OPERATIONS = {"deploy_kuma", "show_status"}
READING = {"match": {"effect": "read_only", "risk": "low"}, "need": 0}
CHANGING = {"match": {"risk": ["low", "medium"]}, "need": 1, "from": "operators", "self": False}
GRAVE = {"match": {"risk": "critical"}, "need": 2, "from": ["operators"]}
GOOD: dict[str, Any] = {
    "version": "1",
    "timezone": "Europe/Berlin",
    "expire_after": "2h",
    "ask": [{"match": {}, "from": "everyone"}],
    "manage": [{"match": {"operation": "deploy_*"}, "from": "operators"}],
    "approvals": [READING, CHANGING, GRAVE],
    "high_risk_patterns": [r"\brm\b"],
}


@dataclass(frozen=True)
class Task:
    """What a rule looks at."""

    operation: str = "deploy_kuma"
    work_type: str = "deploy_service"
    effect: str = "idempotent"
    risk: str = "medium"
    target: str = "service:kuma"


def policy(**values: object) -> Policy:
    """Return the good policy with other values."""
    return load_policy({**GOOD, **values}, PEOPLE, OPERATIONS, {"deploy_service"})


def refusals(**values: object) -> list[Fault]:
    """Return the faults of a policy."""
    with pytest.raises(InvalidData) as refused:
        load_policy({**GOOD, **values}, PEOPLE, OPERATIONS, {"deploy_service"})
    return refused.value.faults


def test_the_first_rule_that_matches_decides() -> None:
    """A later rule never loosens or tightens an earlier one."""
    good = policy()
    assert good.expire_after == timedelta(hours=2)
    assert requirement(good, Task(effect="read_only", risk="low")) == Requirement(1, 0, (), False)
    assert requirement(good, Task(risk="low")) == Requirement(2, 1, ("operators",), False)
    assert requirement(good, Task(risk="critical")) == Requirement(3, 2, ("operators",), False)


def test_no_rule_forbids() -> None:
    """What the policy does not speak of cannot be approved and cannot be asked for."""
    good = policy(ask=[{"match": {"operation": "show_status"}, "from": "everyone"}])
    assert requirement(good, Task(risk="high")) is None
    assert not may(good.ask, PEOPLE, "ana", Task())
    assert may(good.ask, PEOPLE, "ana", Task(operation="show_status"))
    assert not may(good.ask, PEOPLE, "eve", Task(operation="show_status"))


def rule(section: str, index: int, **values: object) -> dict[str, object]:
    """Return a policy with one rule changed."""
    rules = [dict(one) for one in GOOD[section]]
    rules[index].update(values)
    return {section: rules}


@pytest.mark.parametrize(
    ("values", "path", "message"),
    [
        ({"version": 1}, ("version",), 'must be "1" (in quotes), not 1'),
        ({"aprovals": []}, ("aprovals",), "is not a key here. Did you mean «approvals»?"),
        ({"freezes": {}}, ("freezes",), "is reserved and does nothing yet; take it out"),
        (
            {"expire_after": 24},
            ("expire_after",),
            "must be a duration with its unit, such as 90s, 10m, 24h or 7d, not 24",
        ),
        ({"timezone": "Berlin"}, ("timezone",), "«Berlin» is not a time zone; write one such as Europe/Berlin or UTC"),
        ({"timezone": "../etc"}, ("timezone",), "«../etc» is not a time zone"),
        ({"high_risk_patterns": ["a", "("]}, ("high_risk_patterns", 1), "is not a regular expression: missing )"),
        (rule("ask", 0, **{"from": []}), ("ask", 0, "from"), "must not be empty, not an empty list"),
        (
            rule("ask", 0, **{"from": "*"}),
            ("ask", 0, "from"),
            "unknown group «*»: name the groups who may; «*» is not a group",
        ),
        (
            rule("approvals", 1, **{"from": "operatos"}),
            ("approvals", 1, "from"),
            "unknown group «operatos»: nobody is in it. Did you mean «operators»?",
        ),
        (
            rule("approvals", 1, **{"from": ["*"]}),
            ("approvals", 1, "from"),
            "unknown group «*»: name the groups who may; «*» is not a group.",
        ),
        (
            rule("approvals", 1, **{"from": []}),
            ("approvals", 1, "from"),
            "names nobody: write the groups who approve, such as [operators]",
        ),
        (rule("approvals", 2, need=3), ("approvals", 2, "need"), "needs 3 people, but operators has 2"),
        (rule("approvals", 1, **{"from": "empty"}), ("approvals", 1, "need"), "needs 1 people, but empty has 0"),
        (
            rule("approvals", 1, need=0),
            ("approvals", 1, "need"),
            "no approval at all is for read-only, low-risk operations: match {effect: read_only, risk: low}",
        ),
        (
            rule("approvals", 2, self=True),
            ("approvals", 2, "self"),
            "approving one's own plan cannot be allowed for high or critical risk: match a lower risk",
        ),
        (
            rule("approvals", 1, self=True, match={}),
            ("approvals", 1, "self"),
            "approving one's own plan cannot be allowed for high or critical risk: match a lower risk",
        ),
        (
            rule("approvals", 2, match={"operation": "deploy_kumo"}),
            ("approvals", 2, "match", "operation"),
            "unknown operation «deploy_kumo». Did you mean «deploy_kuma»?",
        ),
        (
            rule("approvals", 2, match={"operation": "remove_*"}),
            ("approvals", 2, "match", "operation"),
            "unknown operation «remove_*».",
        ),
        (
            rule("approvals", 2, match={"work_type": "deploy_servce"}),
            ("approvals", 2, "match", "work_type"),
            "unknown work type «deploy_servce». Did you mean «deploy_service»?",
        ),
        (
            rule("approvals", 1, match={"risk": "hihg"}),
            ("approvals", 1, "match", "risk", 0),
            "must be low, medium, high or critical, not «hihg»",
        ),
        (rule("approvals", 1, self="no"), ("approvals", 1, "self"), "must be true or false, not «no»"),
    ],
)
def test_a_bad_policy_is_refused(values: dict[str, object], path: tuple[str | int, ...], message: str) -> None:
    """Every mistake that would let in more than was meant, or nobody at all, stops the start."""
    (fault,) = refusals(**values)
    assert fault.path == path
    assert fault.message.startswith(message)


def test_a_group_of_a_platform_may_have_members_that_only_the_platform_knows() -> None:
    """How many people a Slack user group has is not known at the start, so the number is not held against it."""
    assert policy(**rule("approvals", 1, need=5, **{"from": "chat"})).approvals[1].need == 5


def test_all_faults_of_a_policy_come_at_once() -> None:
    """A reserved key or a rule that cannot be read hides nothing."""
    rules = [READING, {**CHANGING, "from": "nobody"}, {"match": {}, "need": "two"}]
    paths = {fault.path for fault in refusals(windows=[], approvals=rules, ask=[{"match": {}}])}
    assert paths == {("windows",), ("approvals", 1, "from"), ("approvals", 2, "need"), ("ask", 0, "from")}


def test_faults_that_need_no_people_are_seen_without_them() -> None:
    """When the people file cannot be read, the policy's own mistakes are still told."""
    found = faults_alone({**GOOD, "freezes": {}, "expire_after": 1, "approvals": [{**GRAVE, "from": "anybody"}]})
    assert [fault.path for fault in found] == [("freezes",), ("expire_after",)]
