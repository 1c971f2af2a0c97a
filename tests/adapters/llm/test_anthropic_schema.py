"""Schemas in the language that Anthropic enforces, checked by the local Anthropic's own rules."""

import json
from typing import Any

import pytest

from adapters.llm.anthropic_schema import enforceable
from tests.support.models.anthropic_request import Wrong, check_schema


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "integer", "minimum": 1}, {"type": "integer", "description": "(minimum: 1)"}),
        (
            {"type": "string", "description": "A name.", "pattern": "^a$", "maxLength": 9},
            {"type": "string", "description": 'A name. (maxLength: 9, pattern: "^a$")'},
        ),
        ({"type": "string", "format": "date"}, {"type": "string", "format": "date"}),
        ({"type": "string", "format": "slug"}, {"type": "string", "description": '(format: "slug")'}),
        ({"type": "array", "items": {"type": "null"}, "minItems": 1}, None),
        (
            {"type": "array", "minItems": 3, "uniqueItems": True},
            {"type": "array", "description": "(minItems: 3, uniqueItems: true)"},
        ),
        ({"oneOf": [{"type": "null"}]}, {"anyOf": [{"type": "null"}]}),
        ({"type": "string", "enum": ["b", "a"]}, {"enum": ["b", "a"]}),
        ({"type": "string", "const": "a"}, {"const": "a"}),
        (
            {"type": ["integer", "null"], "minimum": 0, "title": "T"},
            {
                "title": "T",
                "anyOf": [
                    {"type": "integer", "description": "(minimum: 0)"},
                    {"type": "null", "description": "(minimum: 0)"},
                ],
            },
        ),
        ({"type": "object"}, {"type": "object", "properties": {}, "additionalProperties": False}),
        (
            {"type": "object", "properties": {}, "additionalProperties": True, "$schema": "x", "maxProperties": 2},
            {
                "type": "object",
                "properties": {},
                "additionalProperties": False,
                "description": "(maxProperties: 2)",
            },
        ),
        (
            {"$ref": "#/$defs/A", "$defs": {"A": {"type": "number", "maximum": 1}}},
            {"$ref": "#/$defs/A", "$defs": {"A": {"type": "number", "description": "(maximum: 1)"}}},
        ),
    ],
)
def test_what_is_not_enforced_is_described(schema: dict[str, Any], wanted: dict[str, Any] | None) -> None:
    """A rule that they refuse moves into the description, and what is left is taken by them."""
    given = json.dumps(schema)
    assert enforceable(schema) == (wanted or schema)
    assert json.dumps(schema) == given, "the caller's schema is left as it is"
    check_schema(enforceable(schema), "schema")


def test_keywords_are_sorted_and_properties_are_not() -> None:
    """Keywords in any order give the same text, while the answer is written in the order of its properties."""
    properties = {"words": {"type": "string"}, "operation": {"type": "string"}}
    one = {"type": "object", "properties": properties, "required": ["words", "operation"]}
    other = {"required": ["operation", "words"], "properties": properties, "type": "object"}
    assert json.dumps(enforceable(one)) == json.dumps(enforceable(other))
    assert list(enforceable(one)["properties"]) == ["words", "operation"]


@pytest.mark.parametrize("schema", [{"type": "integer", "minimum": 1}, {"type": "object"}, {}, {"type": ["null"]}])
def test_the_local_anthropic_refuses_what_the_real_one_does(schema: dict[str, Any]) -> None:
    """Unless a schema is made enforceable, these are answered with 400."""
    with pytest.raises(Wrong):
        check_schema(schema, "schema")
