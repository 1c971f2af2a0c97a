"""Discord's own description of its API, where it lies beside the project: what the bot sends is held against it."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

BESIDE = Path(__file__).resolve().parents[3].parent / "shared" / "schemas" / "discord-openapi.json"
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


@lru_cache(1)
def document() -> Mapping[str, Any] | None:
    """Return the description; None where it is not there. DISCORD_OPENAPI names another place."""
    path = Path(os.environ.get("DISCORD_OPENAPI", BESIDE))
    return json.loads(path.read_text()) if path.exists() else None


@lru_cache(1)
def _routes() -> list[tuple[re.Pattern[str], str]]:
    paths = (document() or {"paths": {}})["paths"]
    # Fixed words before names: /webhooks/1/t/messages/@original is not message «@original».
    ordered = sorted(paths, key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in ordered]


def faults_of_request(method: str, path: str, query: Mapping[str, str], body: Any) -> list[str]:
    """Return what Discord's description says is wrong with a request; nothing where it is not there."""
    found = document()
    if found is None:
        return []
    name = next((name for pattern, name in _routes() if pattern.fullmatch(path)), None)
    operation = found["paths"].get(name, {}).get(method.lower())
    if operation is None:
        return [f"{method} {path} is not in Discord's description"]
    shared = found["paths"][name].get("parameters", [])
    known = {one["name"] for one in [*shared, *operation.get("parameters", [])] if one.get("in") == "query"}
    faults = [f"?{key} is not a parameter of {name}" for key in query if key not in known]
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if schema is not None and body is not None:
        faults += list(faults_in(schema, body, "body"))
    return faults


def faults_in(schema: Any, value: Any, at: str) -> Iterator[str]:
    """Yield where a value is not what a schema says; the part of JSON Schema that the description uses."""
    if schema.get("$ref", "").endswith("/SnowflakeType") and isinstance(value, int):
        return  # Discord takes ids as numbers, too, and the SDK sends some of them so
    if "$ref" in schema:
        yield from faults_in(_named(schema["$ref"]), value, at)
    yield from _choice_faults(schema, value, at)
    yield from _type_faults(schema, value, at)
    match value:
        case bool():
            return
        case str():
            yield from _text_faults(schema, value, at)
        case int() | float():
            yield from _limit_faults(schema, value, at, "minimum", "maximum")
        case list():
            yield from _limit_faults(schema, len(value), at, "minItems", "maxItems")
            for place, item in enumerate(value):
                yield from faults_in(schema.get("items", {}), item, f"{at}[{place}]")
        case dict():
            yield from _object_faults(schema, value, at)


def _named(reference: str) -> Any:
    found: Any = document()
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def _choice_faults(schema: Any, value: Any, at: str) -> Iterator[str]:
    for part in schema.get("allOf", []):
        yield from faults_in(part, value, at)
    for kind in ("anyOf", "oneOf"):
        if kind in schema:
            tried = [list(faults_in(part, value, at)) for part in schema[kind]]
            if all(tried):
                yield min(tried, key=lambda faults: (sum("type" in one for one in faults), len(faults)))[0]
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is not one of {schema['enum']} (type)"
    if "const" in schema and value != schema["const"]:
        yield f"{at}: {value!r} is not {schema['const']!r}"


def _type_faults(schema: Any, value: Any, at: str) -> Iterator[str]:
    wanted = schema.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    is_fine = any(isinstance(value, TYPES[one]) and (one == "boolean") >= isinstance(value, bool) for one in wanted)
    if wanted and not is_fine:
        yield f"{at}: {value!r} is not of type {wanted}"


def _text_faults(schema: Any, value: str, at: str) -> Iterator[str]:
    yield from _limit_faults(schema, len(value), at, "minLength", "maxLength")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at}: {value!r} does not fit {schema['pattern']}"


def _limit_faults(schema: Any, size: float, at: str, least: str, most: str) -> Iterator[str]:
    if size < schema.get(least, size) or size > schema.get(most, size):
        yield f"{at}: {size} is outside of {least} {schema.get(least)} and {most} {schema.get(most)}"


def _object_faults(schema: Any, value: dict[str, Any], at: str) -> Iterator[str]:
    for name in schema.get("required", []):
        if name not in value:
            yield f"{at}: {name} is missing"
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    for name, item in value.items():
        part = properties.get(name, others)
        if part is False:
            yield f"{at}: {name} is not known"
        elif isinstance(part, dict):
            yield from faults_in(part, item, f"{at}.{name}")
