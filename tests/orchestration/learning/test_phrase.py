"""A phrase made of what somebody said: values are slots, courtesies are gone, and what says too little is none."""

from types import MappingProxyType
from typing import Any

import pytest

from orchestration.intake.catalogue import Operation
from orchestration.learning.phrase import phrase_of
from orchestration.planning.plan import PlannedTask, Provenance
from tests.support.world import operation

PARAMETERS: dict[str, Any] = {
    "port": {"type": "integer", "says": ["port"], "default": 3001},
    "service": {"type": "string", "enum": ["kuma", "grafana"], "synonyms": {"kuma": ["uptime"]}, "required": False},
    "message": {"type": "string", "required": False},
}
NOTHING: MappingProxyType[str, str] = MappingProxyType({})


def task(said: dict[str, str], answered: dict[str, str]) -> PlannedTask:
    """Return a task whose values came from these words."""
    provenance = {name: Provenance(source="said", text=text) for name, text in said.items()}
    provenance |= {name: Provenance(source="answer", text=text) for name, text in answered.items()}
    return PlannedTask.model_construct(operation="plain", parameters={**said, **answered}, provenance=provenance)


def phrase(clause: str, said: dict[str, str], answered: dict[str, str] | None = None, **changes: Any) -> str | None:
    """Return the phrase that a clause makes for an operation with these parameters."""
    declared = Operation.model_validate(operation(parameters=PARAMETERS, **changes))
    return phrase_of(clause, declared, task(said, answered or {}))


@pytest.mark.parametrize(
    ("clause", "said", "expected"),
    [
        ("Could you please get Uptime monitoring going for me", {}, "get uptime monitoring going"),
        ("hello, bring the dashboards to life!", {}, "bring the dashboards to life"),
        ("get monitoring going on port 3005 please", {"port": "port 3005"}, "get monitoring going on port {port}"),
        ("kick the uptime container", {"service": "uptime"}, "kick the {service} container"),
        ("Kuma needs a kick", {"service": "Kuma"}, "{service} needs a kick"),
        ("shout 'hello there' out loud", {"message": "hello there"}, "shout {message} out loud"),
    ],
)
def test_values_become_slots(clause: str, said: dict[str, str], expected: str) -> None:
    """The words for a value make room for any value, and the phrase begins and ends with what means something."""
    assert phrase(clause, said) == expected


def test_a_value_that_was_asked_for_though_it_had_been_said_is_a_slot_too() -> None:
    """The answer says which of the words was the value; one that was not said is no part of the phrase."""
    assert phrase("bring up kuma dashboards", {}, {"service": "kuma"}) == "bring up {service} dashboards"
    assert phrase("bring up the dashboards", {}, {"service": "kuma"}) == "bring up the dashboards"


@pytest.mark.parametrize(
    ("clause", "said"),
    [
        ("kuma", {"service": "kuma"}),
        ("please", {}),
        ("", {}),
        ("do it", {}),
        ("bring that thing up", {}),
        ("monitoring for 25 people", {}),
        ("bring kuma up beside kuma", {"service": "kuma"}),
        ("bring monitoring up if it is down", {}),
        ("bring monitoring up tomorrow evening", {}),
        ("don't bring monitoring up", {}),
        ("how do I bring monitoring up", {}),
        ("is monitoring up", {}),
        ("bring {port} monitoring up", {}),
        ("bring: monitoring", {}),
        ("bring it all up on port 3005", {"port": "port 3005"}),
        ("bring monitoring up" + " for one and for all" * 5, {}),
        ("shout kuma 3005", {"service": "kuma", "port": "3005"}),
    ],
)
def test_what_makes_no_good_phrase(clause: str, said: dict[str, str]) -> None:
    """Too little, too long, of that one time only, a condition, a question, or a value that may be in two places."""
    assert phrase(clause, said) is None


def test_a_question_may_ask_to_be_shown_something() -> None:
    """What changes nothing may be asked for by a question."""
    assert phrase("is monitoring healthy", {}, effect="read_only") == "monitoring healthy"
