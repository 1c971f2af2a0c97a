"""Two parts of a request that are one task."""

from typing import Any

import pytest

from orchestration.intake.catalogue import Catalogue, load_catalogue
from orchestration.intake.decomposition import Subtask
from orchestration.planning.uniting import united


def catalogue(risk: str = "medium") -> Catalogue:
    """Return one operation that needs a rank and a suit."""
    parameters: dict[str, Any] = {"rank": {"type": "integer"}, "suit": {"type": "string"}}
    operation = {
        "title": "Draw a card", "says": ["draw a card"], "work_type": "x", "agent": "infra", "effect": "idempotent",
        "risk": risk, "parameters": parameters, "tool": "command", "with": {"argv": ["true"]},
    }  # fmt: skip
    return load_catalogue({"version": 1, "operations": {"draw": operation, "shuffle": {**operation, "title": "Mix"}}})


def draw(order: int, text: str, *depends_on: int, intent: str = "draw", model: str = "") -> Subtask:
    """Return one part."""
    return Subtask(order, intent, 0.9, text, {}, depends_on, model=model)


def test_parts_that_complete_each_other_are_one() -> None:
    """What only together says all that has to be said is one task, and what waited for a part waits for that."""
    parts = [draw(1, "a card of rank 3"), draw(2, "suit 'Hearts'", 1), draw(3, "then mix", 2, intent="shuffle")]
    assert united(parts, catalogue()) == [
        draw(1, "a card of rank 3, suit 'Hearts'"),
        draw(3, "then mix", 1, intent="shuffle"),
    ]


@pytest.mark.parametrize(
    ("texts", "risk", "model"),
    [
        (("a card of rank 3", "a card of rank 4, suit 'Hearts'"), "medium", ""),
        (("a card of rank 3", "a card of rank 4"), "medium", ""),
        (("a card of rank 3, suit 'Hearts'", "a card"), "medium", ""),
        (("a card", "another card"), "medium", ""),
        (("a card of rank 3", "suit 'Hearts'"), "high", ""),
        (("a card of rank 3", "suit 'Hearts'"), "medium", "a model"),
    ],
)
def test_other_parts_stay_apart(texts: tuple[str, str], risk: str, model: str) -> None:
    """Two values of one parameter, a part that is complete, something still missing, or much harm: two tasks."""
    parts = [draw(number, text, model=model) for number, text in enumerate(texts, start=1)]
    assert united(parts, catalogue(risk)) == parts
