"""What would come of something said: the plan, the question or the refusal that a person would get."""

from pathlib import Path
from typing import Any

import pytest

from adapters.workspace import Workspace
from orchestration.cases.case import Approvers
from orchestration.cases.trial import Response, Trial
from orchestration.planning.declared import Declared
from orchestration.planning.planner import Planner
from orchestration.policy import Rules
from tests.support.world import Owner


def trial(folder: Path, **policy: Any) -> Trial:
    """Return a trial over the small owner's world, its policy changed."""
    owner = Owner()
    owner.policy |= policy
    configuration = owner.configuration()
    rules = Rules(configuration.policy, configuration.people)
    declared = Declared(configuration.catalogue)
    return Trial(rules, Planner(declared, rules, Workspace(folder), str(folder)))


def by(need: int, *people: str) -> Approvers:
    """Return a rule for operators."""
    return Approvers(need=need, from_=["operators"] if need else [], people=list(people))


async def test_a_plan_with_its_order_risk_and_approvers(tmp_path: Path) -> None:
    """Tasks in running order, what waits for what, and one rule for each that applies."""
    assert await trial(tmp_path).respond("do second and do first", "ana", {}) == Response(
        kind="plan",
        operations=["first", "second"],
        parameters={"first": {}, "second": {}},
        order={"second": ["first"]},
        risk="medium",
        approvers=[by(1, "ben", "cem")],
    )


@pytest.mark.parametrize(
    ("text", "person", "risk", "approvers"),
    [
        ("look around", "ana", "low", [by(0)]),
        ("do first", "ben", "medium", [by(1, "cem")]),
        ("wipe everything", "ana", "critical", [by(2, "ben", "cem")]),
        ("wipe everything and do first", "ana", "critical", [by(1, "ben", "cem"), by(2, "ben", "cem")]),
        ("do first production", "ana", "high", [by(1, "ben", "cem")]),
        ("closed thing", "ana", "medium", [Approvers(need=1, from_=[], people=[])]),
    ],
)
async def test_risk_and_approvers(
    text: str, person: str, risk: str, approvers: list[Approvers], tmp_path: Path
) -> None:
    """Words raise the risk, who asks does not approve, and where no rule applies nobody can."""
    found = await trial(tmp_path).respond(text, person, {})
    assert (found.risk, found.approvers) == (risk, approvers)


async def test_the_second_task_of_an_operation_has_a_number(tmp_path: Path) -> None:
    """Two tasks of one operation are told apart."""
    found = await trial(tmp_path).respond("tune the engine, speed 3, then tune the engine, speed 4", "ana", {})
    assert found.parameters == {"tune": {"speed": 3}, "tune#2": {"speed": 4}}
    assert found.order == {"tune#2": ["tune"]}


async def test_a_question_and_its_answer(tmp_path: Path) -> None:
    """What is asked is named, and an answer under that name leads on."""
    found = await trial(tmp_path).respond("tune the engine", "ana", {})
    assert (found.kind, found.questions, found.why) == ("question", ["tune.speed"], "How fast?")
    found = await trial(tmp_path).respond("tune the engine", "ana", {"tune.speed": "five"})
    assert found.parameters == {"tune": {"speed": 5}}


@pytest.mark.parametrize(
    ("text", "policy", "why"),
    [
        ("order a pizza", {}, "no operation for order a pizza"),
        ("do first", {"ask": []}, "ana may not ask for first"),
        ("do first", {"tools": {"allowlist": ["pytest"]}}, "the policy does not allow command"),
        ("do second, then do first", {}, "wait for each other"),
        ("\x07", {}, "invisible control character"),
    ],
)
async def test_refusals(text: str, policy: dict[str, Any], why: str, tmp_path: Path) -> None:
    """What nothing can do, what this person may not ask for, and what cannot be planned is refused."""
    found = await trial(tmp_path, **policy).respond(text, "ana", {})
    assert found.kind == "refusal"
    assert why in found.why
