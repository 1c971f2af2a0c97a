"""Puts a JSON Schema into the part of the language that Anthropic enforces. Called by `anthropic` for each question.

What they do not enforce (ranges, lengths, patterns) would be answered with 400; it moves into the description, where
the model may heed it. Every answer is checked against the whole schema by whoever asked.
"""

import json
from collections.abc import Mapping
from typing import Any

_TAKEN = ("$ref", "const", "description", "enum", "title")
_ALTERNATIVES = {"anyOf": "anyOf", "oneOf": "anyOf", "allOf": "allOf"}
_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
_SAID_OTHERWISE = {"$defs", "$schema", "additionalProperties", "type", *_ALTERNATIVES}


def enforceable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema as they take it, the same bytes for the same schema.

    Keywords are sorted. Properties keep their order, since a model writes an answer in that order.
    """
    if isinstance(schema.get("type"), list) and "enum" not in schema:
        return enforceable(_one_type_each(schema))
    taken = {key: schema[key] for key in _TAKEN if key in schema} | _typed(schema)
    taken |= {_ALTERNATIVES[key]: [enforceable(one) for one in schema[key]] for key in _ALTERNATIVES if key in schema}
    if "$defs" in schema:
        taken["$defs"] = {name: enforceable(schema["$defs"][name]) for name in sorted(schema["$defs"])}
    rest = {key: schema[key] for key in sorted(schema.keys() - taken.keys() - _SAID_OTHERWISE)}
    if rest:
        taken["description"] = _described(taken.get("description", ""), rest)
    return dict(sorted(taken.items()))


def _typed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the type and what goes with it; nothing where the values themselves are given."""
    if "type" not in schema or "enum" in schema or "const" in schema:
        return {}
    more = _OF_TYPE.get(schema["type"])
    return {"type": schema["type"]} | (more(schema) if more else {})


def _object(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = {name: enforceable(one) for name, one in schema.get("properties", {}).items()}
    required = {"required": sorted(schema["required"])} if "required" in schema else {}
    return {"properties": properties, "additionalProperties": False, **required}


def _array(schema: Mapping[str, Any]) -> dict[str, Any]:
    items = {"items": enforceable(schema["items"])} if "items" in schema else {}
    return items | ({"minItems": schema["minItems"]} if schema.get("minItems") in (0, 1) else {})


def _string(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"format": schema["format"]} if schema.get("format") in _FORMATS else {}


_OF_TYPE = {"object": _object, "array": _array, "string": _string}


def _one_type_each(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema with `type: [a, b]` written as alternatives, which is all they know."""
    apart = {key: schema[key] for key in ("title", "description") if key in schema}
    rest = {key: value for key, value in schema.items() if key not in apart}
    return apart | {"anyOf": [rest | {"type": one} for one in schema["type"]]}


def _described(description: str, rest: Mapping[str, Any]) -> str:
    rules = ", ".join(f"{key}: {json.dumps(value, sort_keys=True)}" for key, value in rest.items())
    return f"{description} ({rules})".strip()
