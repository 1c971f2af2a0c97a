"""Only what a case names is compared; the baseline watches the rest."""

from typing import Any

import pytest

from orchestration.cases.case import Case
from orchestration.cases.comparison import Difference, differences, movement
from orchestration.cases.trial import Response

PLAN: dict[str, Any] = {
    "kind": "plan",
    "operations": ["deploy", "add"],
    "parameters": {"deploy": {"port": 3001}, "add": {}},
    "order": {"add": ["deploy"]},
    "risk": "medium",
    "approvers": [{"need": 1, "from": ["operators"], "people": ["ben", "cem"]}],
}
ASKED: dict[str, Any] = {"kind": "question", "questions": ["deploy.port"], "choices": ["1", "2"], "why": "Which?"}


def case(**named: Any) -> Case:
    """Return a case that names these things."""
    return Case.model_validate({"text": "x", **named})


def response(base: dict[str, Any] = PLAN, **changes: Any) -> Response:
    """Return a response, changed."""
    return Response.model_validate({**base, **changes})


@pytest.mark.parametrize(
    "named",
    [
        {},
        {"expect": "plan"},
        {"operations": ["deploy", "add"]},
        {"parameters": {"deploy": {"port": 3001}}},
        {"order": {"add": "deploy", "deploy": []}},
        {"risk": "medium"},
        {"approvers": {"need": 1}},
        {"approvers": [{"from": "operators", "people": ["cem", "ben"]}]},
    ],
)
def test_what_is_as_named_has_no_difference(named: dict[str, Any]) -> None:
    """People and what is waited for have no order; what is not named may be anything."""
    assert differences(case(**named), response()) == []


@pytest.mark.parametrize(
    ("named", "difference"),
    [
        ({"expect": "refusal"}, Difference("expect", "refusal", "plan")),
        ({"question": "deploy.port", "choices": ["1"]}, Difference("expect", "question", "plan")),
        ({"operations": ["add", "deploy"]}, Difference("operations", ["add", "deploy"], ["deploy", "add"])),
        ({"parameters": {"deploy": {"port": "3001"}}}, Difference("parameters.deploy.port", "3001", 3001)),
        ({"parameters": {"deploy#2": {"port": 1}}}, Difference("parameters.deploy#2.port", 1, None)),
        ({"order": {"deploy": "add"}}, Difference("order.deploy", ["add"], [])),
        ({"risk": "high"}, Difference("risk", "high", "medium")),
        ({"approvers": {"need": 2, "from": "operators"}}, Difference("approvers.need", 2, 1)),
        (
            {"approvers": [{"need": 1}, {"need": 2}]},
            Difference(
                "approvers",
                [{"need": 1}, {"need": 2}],
                [{"need": 1, "from": ["operators"], "people": ["ben", "cem"]}],
            ),
        ),
    ],
)
def test_what_is_not_as_named_is_told_with_what_came(named: dict[str, Any], difference: Difference) -> None:
    """Each difference has what was expected and what came of it."""
    assert differences(case(**named), response()) == [difference]


def test_questions_are_compared_by_what_they_are_about() -> None:
    """One of several questions is enough, and choices have no order."""
    several = response(ASKED, questions=["deploy.port", "add.name"])
    assert differences(case(question="add.name", choices=["2", "1"]), several) == []
    assert differences(case(question="x"), several) == [Difference("question", "x", "deploy.port, add.name")]


@pytest.mark.parametrize(
    ("named", "now", "before", "expected"),
    [
        ({}, PLAN, None, "added"),
        ({}, PLAN, PLAN, "same"),
        ({}, {**ASKED, "why": "What?"}, ASKED, "same"),
        ({}, {**PLAN, "parameters": {}}, PLAN, "changed"),
        ({}, {**PLAN, "operations": ["deploy"]}, PLAN, "regressed"),
        ({}, {**PLAN, "risk": "low"}, PLAN, "regressed"),
        ({}, {**PLAN, "approvers": []}, PLAN, "regressed"),
        ({}, PLAN, ASKED, "regressed"),
        ({"expect": "plan"}, PLAN, ASKED, "changed"),
        ({"expect": "question"}, PLAN, ASKED, "regressed"),
        ({"expect": "refusal"}, PLAN, ASKED, "changed"),
        ({"operations": ["deploy"]}, {**PLAN, "operations": ["deploy"]}, PLAN, "changed"),
        ({"operations": ["deploy", "add"]}, {**PLAN, "operations": ["deploy"]}, PLAN, "regressed"),
        ({"risk": "high"}, {**PLAN, "risk": "high"}, PLAN, "changed"),
    ],
)
def test_how_a_response_moved(
    named: dict[str, Any], now: dict[str, Any], before: dict[str, Any] | None, expected: str
) -> None:
    """A case decides what it names; of the rest, other operations, risk or approvers are a regression."""
    earlier = None if before is None else response(before)
    assert movement(case(**named), response(now), earlier) == expected
