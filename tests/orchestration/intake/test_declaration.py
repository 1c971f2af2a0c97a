"""Formats and known names as they are declared: what does not go together is told at its key."""

from typing import Any

import pytest

from orchestration.intake.declaration import Parameter, parameter_faults
from orchestration.validation import Path


def faults(**declared: Any) -> dict[Path, str]:
    """Return the faults of a parameter `it`, by the path of the key."""
    parameter = Parameter.model_validate({"type": "string", **declared})
    return {fault.path: fault.message for fault in parameter_faults(("it",), "it", parameter)}


@pytest.mark.parametrize(
    "declared",
    [
        {"format": "duration"},
        {"format": "size", "type": "integer", "minimum": 1},
        {"format": "path", "absolute": True},
        {"one_of": {"folder": "volumes"}, "pattern": "[a-z]+", "default": "notes"},
        {"one_of": {"file": "portals.yml", "key": "portals", "field": "name"}},
        {"type": "array", "items": {"type": "string", "format": "url"}, "data": {"file": "portals.yml"}},
        {"type": "array", "items": {"type": "string"}},
        {"type": "array", "items": {"type": "integer", "minimum": 1}},
        {"format": "number", "minimum": 0},
    ],
)
def test_what_goes_together_is_taken(declared: dict[str, Any]) -> None:
    """Formats of texts and of amounts, and names with what else a text declares."""
    assert faults(**declared) == {}


@pytest.mark.parametrize(
    ("declared", "key", "message"),
    [
        ({"format": "number", "type": "integer"}, "format", "number is of a string, not of a integer"),
        ({"format": "time", "type": "integer"}, "format", "time is of a string, not of a integer"),
        ({"format": "size", "type": "boolean"}, "format", "size is of a string or integer, not of a boolean"),
        ({"format": "date", "enum": ["2026-12-01"]}, "format", "does nothing beside an «enum»"),
        ({"absolute": True}, "absolute", "is of paths: add «format: path», or take it out"),
        ({"one_of": {}}, "one_of", "must name a «file» or a «folder», one of them"),
        ({"one_of": {"file": "a.yml", "folder": "b"}}, "one_of", "must name a «file» or a «folder»"),
        ({"one_of": {"folder": "b", "key": "c"}}, "one_of", "takes «key» and «field» with a «file» only"),
        ({"one_of": {"folder": "b"}, "type": "integer"}, "one_of", "is of a string, not of a integer"),
        ({"one_of": {"folder": "b"}, "enum": ["x"]}, "one_of", "cannot stand beside «enum»"),
        ({"one_of": {"folder": "b"}, "format": "path"}, "one_of", "cannot stand beside «format»"),
        ({"one_of": {"folder": "b"}, "data": {"file": "x.yml"}}, "one_of", "cannot stand beside «data»"),
    ],
)
def test_what_does_not_go_together_is_told(declared: dict[str, Any], key: str, message: str) -> None:
    """A key that would do nothing, or contradicts another, is a fault."""
    assert message in faults(**declared)["it", key]


@pytest.mark.parametrize(
    "declared",
    [{"type": "object"}, {"type": "array", "items": {"type": "object"}}, {"type": "array", "items": {"type": "array"}}],
)
def test_what_nobody_can_say_needs_another_source(declared: dict[str, Any]) -> None:
    """An object, and a list of lists or objects, come from data or a default; a list of simple values may be said."""
    assert "nobody can say a whole" in faults(**declared)["it",]
    assert ("it",) not in faults(**declared, default=[])


def test_faults_inside_lists_and_objects_have_their_path() -> None:
    """A format of an inner value is checked where it stands."""
    inner = {"type": "object", "properties": {"port": {"type": "integer", "format": "url"}}}
    found = faults(type="array", items=inner, data={"file": "x.yml"})
    assert list(found) == [("it", "items", "properties", "port", "format")]
