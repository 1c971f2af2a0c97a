"""As much of JSON Schema (draft 7) as Slack's schema of manifests uses; anything else in a schema is an error."""

import re
from collections.abc import Callable, Iterator
from typing import Any

KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
REMARKS = {"$schema", "title", "description", "default", "definitions", "examples", "format", "$comment", "regex"}


def faults(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str = "") -> Iterator[str]:
    """Yield what a schema minds about a value, each with its place."""
    if "$ref" in schema:
        found = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        yield from faults(value, found, root, at)
        return
    if any(key not in CHECKS and key not in REMARKS for key in schema):
        raise NotImplementedError(sorted(set(schema) - set(CHECKS) - REMARKS))
    for key, wanted in schema.items():
        if key in CHECKS:
            yield from CHECKS[key](value, wanted, schema, root, at)


def _type(value: Any, wanted: Any, _schema: Any, _root: Any, at: str) -> Iterator[str]:
    kinds = wanted if isinstance(wanted, list) else [wanted]
    if not any(isinstance(value, KINDS[kind]) for kind in kinds):
        yield f"{at}: must be {wanted}"


def _properties(value: Any, wanted: Any, _schema: Any, root: Any, at: str) -> Iterator[str]:
    for name in wanted.keys() & (value.keys() if isinstance(value, dict) else ()):
        yield from faults(value[name], wanted[name], root, f"{at}/{name}")


def _by_pattern(value: Any, wanted: Any, _schema: Any, root: Any, at: str) -> Iterator[str]:
    for pattern, schema in wanted.items():
        for name in value if isinstance(value, dict) else ():
            if re.search(pattern, name):
                yield from faults(value[name], schema, root, f"{at}/{name}")


def _others(value: Any, wanted: Any, schema: Any, root: Any, at: str) -> Iterator[str]:
    for name in value if isinstance(value, dict) else ():
        if name in schema.get("properties", {}) or any(
            re.search(one, name) for one in schema.get("patternProperties", {})
        ):
            continue
        if wanted is False:
            yield f"{at}/{name}: is not known"
        elif isinstance(wanted, dict):
            yield from faults(value[name], wanted, root, f"{at}/{name}")


def _required(value: Any, wanted: Any, _schema: Any, _root: Any, at: str) -> Iterator[str]:
    yield from (f"{at}/{name}: is missing" for name in wanted if isinstance(value, dict) and name not in value)


def _items(value: Any, wanted: Any, _schema: Any, root: Any, at: str) -> Iterator[str]:
    for number, item in enumerate(value if isinstance(value, list) else ()):
        yield from faults(item, wanted, root, f"{at}/{number}")


def _any(value: Any, wanted: Any, _schema: Any, root: Any, at: str) -> Iterator[str]:
    if all(list(faults(value, one, root, at)) for one in wanted):
        yield f"{at}: fits none of several"


def _rule(kind: type, breaks: Callable[[Any, Any], bool]) -> Callable[..., Iterator[str]]:
    def check(value: Any, wanted: Any, _schema: Any, _root: Any, at: str) -> Iterator[str]:
        if isinstance(value, kind) and breaks(value, wanted):
            yield f"{at}: breaks a limit ({wanted})"

    return check


CHECKS: dict[str, Callable[..., Iterator[str]]] = {
    "type": _type,
    "properties": _properties,
    "patternProperties": _by_pattern,
    "additionalProperties": _others,
    "required": _required,
    "items": _items,
    "anyOf": _any,
    "enum": _rule(object, lambda value, wanted: value not in wanted),
    "maxLength": _rule(str, lambda value, wanted: len(value) > wanted),
    "minLength": _rule(str, lambda value, wanted: len(value) < wanted),
    "pattern": _rule(str, lambda value, wanted: not re.search(wanted, value)),
    "maxItems": _rule(list, lambda value, wanted: len(value) > wanted),
    "minItems": _rule(list, lambda value, wanted: len(value) < wanted),
    "uniqueItems": _rule(list, lambda value, wanted: wanted and len({repr(one) for one in value}) < len(value)),
}
