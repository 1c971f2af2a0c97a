"""Defaults that their parameters do not take are found at the start."""

from typing import Any

import pytest

from orchestration.intake.defaults import default_faults
from orchestration.validation import Fault


def catalogue(**parameter: object) -> dict[str, Any]:
    """Return a catalogue with one parameter."""
    operation = {
        "title": "Echo",
        "says": ["echo"],
        "work_type": "try",
        "agent": "infra",
        "effect": "read_only",
        "risk": "low",
        "tool": "command",
        "with": {"argv": ["echo"]},
        "parameters": {"value": parameter},
    }
    return {"version": 1, "operations": {"echo": operation, "broken": {"title": 1}}}


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ({"type": "integer", "default": "3001"}, "must be a whole number"),
        ({"type": "integer", "minimum": 1, "maximum": 9, "default": 10}, "must be between 1 and 9, not 10"),
        ({"type": "string", "default": 3001}, "must be a text"),
        ({"type": "string", "enum": ["a", "b"], "default": "c"}, "must be one of a, b, not «c»"),
        ({"type": "boolean", "default": "off"}, "must be yes or no"),
    ],
)
def test_a_default_must_be_a_value_of_its_parameter(parameter: dict[str, object], message: str) -> None:
    """A default that could never be planned is a mistake of the owner, told at its key."""
    path = ("operations", "echo", "parameters", "value", "default")
    assert list(default_faults(catalogue(**parameter))) == [Fault(path, message)]


@pytest.mark.parametrize(
    "parameter", [{"type": "integer", "default": 0}, {"type": "boolean", "default": False}, {"type": "string"}]
)
def test_a_default_that_fits_is_taken(parameter: dict[str, object]) -> None:
    """Zero and false are values like any other, and having no default is no fault."""
    assert list(default_faults(catalogue(**parameter))) == []
