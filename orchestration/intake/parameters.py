"""Read typed values from words, and check values against their declaration. Nothing is guessed: sure, or an error."""

import re
from collections.abc import Iterator
from typing import Any

from orchestration.canonical import MAX_INTEGER
from orchestration.intake.catalogue import Parameter
from orchestration.intake.request import fold

_TRUE = {"yes", "true", "on"}
_FALSE = {"no", "false", "off"}
_BETWEEN_WORDS = re.compile(r"[^\w.-]+")
_IN_QUOTES = re.compile(r"\"[^\"]*\"|'[^']*'")
_AROUND = re.compile(r"^(?:the|an?|my|our|your)\s+|[\s,]+(?:please|thanks|thank you|now|for me)$", re.IGNORECASE)
_VALUE = r"\"([^\"]*)\"|'([^']*)'|([^\s,;]+)"
DEFAULT_MAX_LENGTH = 1_000
"""Characters of a text parameter that declares no bound; more could not be shown in full."""


class BadValue(ValueError):
    """A value that its parameter does not take; the message is the end of a sentence about the parameter."""


def read_value(parameter: Parameter, text: str) -> Any:
    """Return the typed value that a text stands for; raises BadValue.

    A text that is taken as it stands is; of one that is not, articles and courtesies are left out («the kuma, please»).
    """
    words = unquoted(text)
    try:
        return _read(parameter, words)
    except BadValue:
        if (plain := _AROUND.sub("", words)) == words:
            raise
        return _read(parameter, plain)


def unquoted(text: str) -> str:
    """Return a text without spaces around it, or without the quotes that it stands in."""
    words = text.strip()
    return words[1:-1] if _IN_QUOTES.fullmatch(words) else words


def _read(parameter: Parameter, words: str) -> Any:
    match parameter.type:
        case "integer":
            if not re.fullmatch(r"[+-]?\d{1,16}", words):
                raise BadValue(f"must be a whole number, not «{words}»")
            value: Any = int(words)
        case "boolean":
            if words.lower() not in _TRUE | _FALSE:
                raise BadValue(f"must be yes or no, not «{words}»")
            value = words.lower() in _TRUE
        case "string":
            value = words
        case _:
            raise BadValue(f"cannot be said as text; it is a whole {parameter.type}")
    return check_value(parameter, _by_synonym(parameter, value))


def check_value(parameter: Parameter, value: Any) -> Any:
    """Return the value if the declaration takes it; raises BadValue with what it would take."""
    match parameter.type:
        case "integer":
            _check_integer(parameter, value)
        case "string":
            _check_string(parameter, value)
        case "boolean" if not isinstance(value, bool):
            raise BadValue("must be yes or no")
        case "array":
            _check_array(parameter, value)
        case "object":
            _check_object(parameter, value)
    if parameter.enum is not None and value not in parameter.enum:
        raise BadValue(f"must be one of {', '.join(map(str, parameter.enum))}, not «{value}»")
    return value


def find_said(name: str, parameter: Parameter, clause: str) -> tuple[str, str] | None:
    """Return (value text, the words it was read from) when the clause names this parameter; None when not."""
    for word in (name, name.replace("_", " "), *parameter.says):
        pattern = rf"(?<![\w-]){re.escape(word)}\s*(?:=|:|\s(?:is|to|of|as)\s|\s)\s*(?:{_VALUE})"
        if found := re.search(pattern, clause, re.IGNORECASE):
            return next(group for group in found.groups() if group is not None), found[0].strip()
    return None


def find_enum(parameter: Parameter, clause: str) -> tuple[str, str] | None:
    """Return (value, word) when exactly one value of the enum, or a synonym of it, is in the clause."""
    if parameter.enum is None:
        return None
    text = " " + _BETWEEN_WORDS.sub(" ", fold(clause)) + " "
    found = {value: word for value, word in _spellings(parameter) if f" {fold(word)} " in text}
    return next(iter(found.items())) if len(found) == 1 else None


def find_number(parameter: Parameter, clause: str) -> tuple[str, str] | None:
    """Return the only whole number in a clause for a parameter that wants one."""
    numbers = re.findall(r"(?<![\w.-])\d+(?![\w.-])", clause)
    return (numbers[0], numbers[0]) if parameter.type == "integer" and len(numbers) == 1 else None


def _spellings(parameter: Parameter) -> Iterator[tuple[str, str]]:
    for value in parameter.enum or []:
        yield str(value), str(value)
        for word in parameter.synonyms.get(str(value), []):
            yield str(value), word


def _by_synonym(parameter: Parameter, value: Any) -> Any:
    if parameter.enum is None or not isinstance(value, str):
        return value
    meant = {fold(word): canonical for canonical, word in _spellings(parameter)}
    return meant.get(fold(value), value)


def _check_integer(parameter: Parameter, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue("must be a whole number")
    low = parameter.minimum if parameter.minimum is not None else -MAX_INTEGER
    high = parameter.maximum if parameter.maximum is not None else MAX_INTEGER
    if not low <= value <= high:
        raise BadValue(f"must be between {low} and {high}, not {value}")


def _check_string(parameter: Parameter, value: Any) -> None:
    if not isinstance(value, str):
        raise BadValue("must be a text")
    least, most = parameter.min_length or 1, parameter.max_length or DEFAULT_MAX_LENGTH
    if not least <= len(value) <= most:
        raise BadValue(f"must have {least} to {most} characters, not {len(value)}")
    if "\0" in value:
        raise BadValue("has a character in it that cannot be passed on (NUL)")
    if parameter.pattern is not None and not re.fullmatch(parameter.pattern, value):
        raise BadValue(f"«{value}» does not look right; it must match {parameter.pattern}")


def _check_array(parameter: Parameter, value: Any) -> None:
    if not isinstance(value, list):
        raise BadValue("must be a list")
    for number, item in enumerate(value, start=1):
        if parameter.items is not None:
            _within(f"item {number}", parameter.items, item)


def _check_object(parameter: Parameter, value: Any) -> None:
    if not isinstance(value, dict):
        raise BadValue("must have names and values")
    for name in value:
        if parameter.properties and name not in parameter.properties:
            raise BadValue(f"has «{name}», which is not declared")
    for name, inner in parameter.properties.items():
        if name in value:
            _within(name, inner, value[name])
        elif inner.required:
            raise BadValue(f"has no «{name}»")


def _within(place: str, parameter: Parameter, value: Any) -> None:
    try:
        check_value(parameter, value)
    except BadValue as error:
        raise BadValue(f"{place} {error}") from None
