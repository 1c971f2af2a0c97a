"""Validate an owner's file as a whole: every fault at once, each with the path of its key and what to write instead.

Adapters read YAML and know lines; this module knows keys. An adapter joins the two (`adapters/configuration.py`).
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails

from orchestration.errors import SaysoError

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,6})\s*([smhd])")
_PLAIN_WORDS = {
    "bool_type": "must be true or false",
    "dict_type": "must be keys and values",
    "greater_than_equal": "must be at least {ge}",
    "int_type": "must be a whole number",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list, such as [one, two]",
    "model_type": "must be keys and values",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must not be empty",
    "string_type": "must be a text",
    "too_short": "must not be empty",
}
"""How pydantic's kinds of error are told; every kind that our models can raise."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: where in the data, and what to write instead."""

    path: Path
    message: str


class InvalidData(SaysoError):
    """The data has faults."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, fault.path))}: {fault.message}" for fault in faults))
        self.faults = faults


class Strict(BaseModel):
    """A part of an owner's file: immutable, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def read_duration(value: Any) -> Any:
    """Read `90s`, `10m`, `24h` or `7d`; a timedelta stays as it is."""
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError(f"must be a duration with its unit, such as 90s, 10m, 24h or 7d, not {shown(value)}")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


Duration = Annotated[
    timedelta,
    BeforeValidator(read_duration),
    PlainSerializer(lambda value: f"{int(value.total_seconds())}s", when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,6}\s*[smhd]$", "examples": ["90s", "10m", "24h", "7d"]}),
]


def as_list(value: Any) -> Any:
    """Let an owner write one value where a list is meant."""
    return [value] if isinstance(value, str | int) else value


Strings = Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str])]
"""One text or a list of them."""


def _read_choice(value: Any) -> str | int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"must be a text or a whole number, not {shown(value)}")
    return value


Choice = Annotated[str | int, PlainValidator(_read_choice, json_schema_input_type=str | int)]
"""A text or a whole number. Not a plain union: pydantic would add its own names to the path of every error in one."""


def _read_pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return value


Pattern = Annotated[str, AfterValidator(_read_pattern)]
"""A regular expression that compiles."""


def faults_in(model: type[BaseModel], data: object) -> list[Fault]:
    """Return every fault that pydantic finds, in plain words."""
    if not isinstance(data, dict):
        return [Fault((), f"must be keys and values, not {shown(data)}")]
    try:
        _read(model, data)
    except ValidationError as error:
        return [_fault(detail, model) for detail in error.errors(include_url=False)]
    return []


def validated(model: type[M], data: object, found: Iterable[Fault] = ()) -> M:
    """Return the model; raises InvalidData with every fault that pydantic finds and those already found."""
    if faults := [*faults_in(model, data), *found]:
        raise InvalidData(faults)
    return _read(model, data)


def entries(model: type[M], data: object, section: str) -> Iterator[tuple[str | int, M]]:
    """Yield the entries of a list or mapping that are sound, so that checks can go on past one that is not."""
    for key, value in _pairs(data, section):
        try:
            entry = _read(model, value)
        except ValidationError:
            continue
        yield key, entry


def names(data: object, section: str) -> set[str]:
    """Return the keys of a section, those of faulty entries too."""
    return {str(key) for key, _ in _pairs(data, section)}


def key_faults(at: Path, given: Mapping[str, object], known: set[str]) -> Iterator[Fault]:
    """Yield the keys that are not known, of a part that no model describes."""
    for key in given.keys() - known:
        listing = ", ".join(sorted(known))
        yield Fault((*at, key), f"is not a key here.{suggestion(key, known)} Known keys: {listing}.")


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean «x»?` or nothing."""
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f" Did you mean «{close[0]}»?" if close else ""


def shown(value: Any) -> str:
    """Return how to speak about a value that is not what it should be."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return f"«{value}»" if len(value) <= 80 else f"«{value[:80]}…»"
        case dict():
            return _unquoted_slot(value) or "keys and values"
        case list():
            return "a list" if value else "an empty list"
        case _:
            return str(value)


def _unquoted_slot(value: dict[Any, Any]) -> str:
    """Return advice when YAML has read `{name}` as a mapping, which is what happens without quotes."""
    if len(value) != 1 or next(iter(value.values())) is not None:
        return ""
    return f'keys and values: a slot wants quotes, "{{{next(iter(value))}}}"'


def _read(model: type[M], data: object) -> M:
    """Take what the owner wrote as written: no text for a number, no `from_` for `from`."""
    return model.model_validate(data, strict=True, by_alias=True, by_name=False)


def _pairs(data: object, section: str) -> Iterable[tuple[str | int, Any]]:
    found = data.get(section) if isinstance(data, dict) else None
    if isinstance(found, dict):
        return found.items()
    return enumerate(found) if isinstance(found, list) else ()


def _fault(detail: ErrorDetails, model: type[BaseModel]) -> Fault:
    path, kind, context = detail["loc"], detail["type"], detail.get("ctx", {})
    match kind:
        case "extra_forbidden":
            known = _fields_at(model, path[:-1])
            listing = ", ".join(sorted(known))
            return Fault(path, f"is not a key here.{suggestion(str(path[-1]), known)} Known keys: {listing}.")
        case "missing":
            return Fault(path, f"is missing: add «{path[-1]}:»")
        case "literal_error":
            return Fault(path, f"must be {_allowed(context['expected'])}, not {shown(detail['input'])}")
        case "value_error":
            return Fault(path, str(context["error"]))
        case _:
            words = _PLAIN_WORDS[kind].format(**context) if kind in _PLAIN_WORDS else detail["msg"]
            return Fault(path, f"{words}, not {shown(detail['input'])}{_quotes(kind, detail['input'])}")


def _allowed(expected: str) -> str:
    """Return pydantic's list of allowed values; a text that looks like a number keeps its quotes, as in the file."""
    return re.sub(r"'(\d[^']*)'|'([^']*)'", lambda word: f'"{word[1]}" (in quotes)' if word[1] else word[2], expected)


def _quotes(kind: str, value: object) -> str:
    is_plain = isinstance(value, bool | int)
    return f': put it in quotes, "{str(value).lower()}"' if kind == "string_type" and is_plain else ""


def _fields_at(model: Any, path: Path) -> set[str]:
    """Return the names a model takes at a path, following annotations; the model's own when in doubt."""
    for part in path:
        fields = getattr(model, "model_fields", {})
        for name, info in fields.items():
            if part == (info.alias or name):
                model = _inner(info.annotation) or model
    return {info.alias or name for name, info in getattr(model, "model_fields", {}).items()}


def _inner(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in reversed(getattr(annotation, "__args__", ())):
        if found := _inner(argument):
            return found
    return None
