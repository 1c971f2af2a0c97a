"""The file of cases: every fault at its key, against the catalogue and the people it speaks of."""

from typing import Any

import pytest

from orchestration.cases.case import Case, load_cases
from orchestration.intake.catalogue import load_catalogue
from orchestration.people import load_people
from orchestration.validation import InvalidData
from tests.support.world import CATALOGUE, PEOPLE


def load(*cases: dict[str, Any], **changes: Any) -> Any:
    """Load cases that ana says."""
    data = {"version": 1, "as": "ana", "cases": list(cases), **changes}
    return load_cases(data, load_catalogue(CATALOGUE), load_people(PEOPLE))


def test_a_case_may_say_little_or_much() -> None:
    """Who speaks may be said once for all; one operation, value or rule needs no list."""
    loaded = load(
        {"text": "look around"},
        {
            "text": "tune the engine",
            "as": "ben",
            "operations": "tune",
            "parameters": {"tune": {"speed": 3}, "tune#2": {"speed": 4}},
            "order": {"tune#2": ["tune"]},
            "risk": "medium",
            "approvers": {"need": 1, "from": "operators", "people": ["cem"]},
        },
    )
    first, second = loaded.cases
    assert (loaded.speaker(first), loaded.speaker(second)) == ("ana", "ben")
    assert (second.operations, second.approvers[0].people, second.kind) == (["tune"], ["cem"], "plan")


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        ({}, None),
        ({"expect": "refusal"}, "refusal"),
        ({"risk": "low"}, "plan"),
        ({"parameters": {"tune": {}}}, "plan"),
        ({"question": "tune.speed"}, "question"),
        ({"choices": ["1"]}, "question"),
    ],
)
def test_what_a_case_names_says_what_should_come(case: dict[str, Any], kind: str | None) -> None:
    """Operations are of a plan and choices of a question; nothing need be said twice."""
    assert Case.model_validate({"text": "x", **case}).kind == kind


@pytest.mark.parametrize(
    ("case", "path", "message"),
    [
        ({"as": "anna"}, ("as",), "unknown person «anna». Did you mean «ana»?"),
        ({"operations": ["tun"]}, ("operations", 0), "unknown operation «tun». Did you mean «tune»?"),
        ({"parameters": {"tun": {}}}, ("parameters", "tun"), "unknown operation «tun»"),
        ({"parameters": {"tune#2": {"sped": 1}}}, ("parameters", "tune#2", "sped"), "tune has no parameter «sped»."),
        ({"order": {"tune": ["x"]}}, ("order", "tune"), "unknown operation «x»"),
        ({"approvers": {"people": "zed"}}, ("approvers", 0, "people"), "unknown person «zed»"),
        ({"approvers": {"from": "operator"}}, ("approvers", 0, "from"), "unknown group «operator». Did you mean"),
        ({"approver": {}}, ("approver",), "is not a key here. Did you mean «approvers»?"),
        ({"expect": "yes"}, ("expect",), "must be plan, question or refusal, not «yes»"),
        ({"text": ""}, ("text",), "must not be empty"),
    ],
)
def test_faults_of_a_case(case: dict[str, Any], path: tuple[str | int, ...], message: str) -> None:
    """What no catalogue, policy or people file knows would never be met, so it is a mistake of the file."""
    with pytest.raises(InvalidData) as refused:
        load({"text": "x"}, {"text": "y", **case})
    [fault] = refused.value.faults
    assert fault.path == ("cases", 1, *path)
    assert message in fault.message


def test_faults_of_the_whole_file() -> None:
    """Somebody speaks in every case, nothing is said twice, and there is a case at all."""
    with pytest.raises(InvalidData, match=r"cases\.0: says nobody: add «as:»"):
        load({"text": "x"}, **{"as": ""})
    with pytest.raises(InvalidData, match=r"as: unknown person «x»"):
        load({"text": "x"}, **{"as": "x"})
    with pytest.raises(InvalidData, match=r"cases\.1\.text: is there already, said by the same person"):
        load({"text": "x"}, {"text": "x", "as": "ana"}, {"text": "x", "as": "ben"})
    with pytest.raises(InvalidData, match="cases: must not be empty"):
        load()
