"""Read typed values from words, and check values against their declaration. Nothing is guessed: sure, or an error."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from orchestration.canonical import MAX_INTEGER
from orchestration.intake.declaration import COMPOUND, Parameter
from orchestration.intake.formats import FORMATS, counted
from orchestration.intake.numerals import LONG_SPELT, SPELT
from orchestration.intake.request import fold
from orchestration.intake.spelling import MIN_TYPO_LENGTH_AMONG_WORDS, meant, mistyped, spellings
from orchestration.intake.values import BadValue, read_whole
from orchestration.intake.words import QUESTIONS, SILENT

_TRUE = {"yes", "true", "on"}
_FALSE = {"no", "false", "off"}
_NOT_MEANT = re.compile(
    r"(?<=\s)(?:not|rather than|instead of|other than|more than|except(?: for)?|but not)\s"
    r"(?:(?:just|only|merely|the|my|our|on|for|in)\s)*+\S+"
)
"""A word, among folded words, of which it is said that it is not what is meant."""
_BETWEEN_WORDS = re.compile(r"[^\w.-]+")
_IN_QUOTES = re.compile(r"\"[^\"]*\"|'[^']*'")
# Possessive, so that no run of spaces takes longer than its length allows.
_AROUND = re.compile(
    r"^(?:the|an?|my|our|your)\s+|(?<![\s,])[\s,]++(?:please|thanks|thank you|now|for me)$", re.IGNORECASE
)
_ARTICLE = re.compile(r"^(?:(?:the|an?|my|our|your|that|this)\s+)+", re.IGNORECASE)
_FOLDERS = ("folder", "directory")
"""What else the names of what is in a folder may be called by."""
_BRACKETS = re.compile(r"[\[({](.*)[\])}]", re.DOTALL)
_BETWEEN_ITEMS = re.compile(r",\s++(?:and|or)\s|[,;]|\s(?:and|or|&)\s", re.IGNORECASE)
_QUOTES = re.compile(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)")
_SHIELD = str.maketrans({",": "\ue000", ";": "\ue001", " ": "\ue002"})
"""What may stand inside a quoted item stands for itself while a list is taken apart."""
_UNSHIELD = str.maketrans({"\ue000": ",", "\ue001": ";", "\ue002": " "})
_QUOTED = r"\"([^\"]*)\"|'([^']*)'"
_BARE = r"([^\s,;]+)"
_NO_VALUES = (SILENT | QUESTIONS) | frozenset(
    """using above below under over between within without including that than which about against during per via
    based according compared since until while if not has have had does do""".split()  # noqa: SIM905
)
"""Words that stand behind a name without being its value."""
_DIGIT = re.compile(r"\d")
_LINK = (
    r"(?:(?:(?:should|must|shall|can|could|would|will|may|has\s++to|needs\s++to)\s++be|is|be)(?:\s++set\s++to)?+|"
    r"set\s++to|to|of|as)"
)
"""What may stand between the name of a parameter and its value."""
_NUMBERS = (
    re.compile(r"(?<![\w.,-])(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+k?)(?![\w-]|\.\w)(?!,[0-9])", re.IGNORECASE),
    re.compile(rf"(?!one\b){SPELT}|{LONG_SPELT}", re.IGNORECASE),
)
"""Digits first; words only where there are none, and never «one», which mostly stands for something else."""
_TOO_SMALL = frozenset(("a", "an", "the", "this", "that", "in", "of", "to"))
"""Values that are said for something else far more often."""
_LIKE = {"integer": FORMATS["number"].found, "array": re.compile(r"\[[^\[\]]*+\]")}
"""What a value without a format looks like."""
_UNITS = {"duration": " of seconds", "size": " of bytes"}
DEFAULT_MAX_LENGTH = 1_000
"""Characters of a text parameter that declares no bound; more could not be shown in full."""
SHOWN_VALUES = 20
"""Values that a refusal lists."""


def read_value(parameter: Parameter, text: str, forgiving: bool = False) -> Any:
    """Return the typed value that a text stands for; raises BadValue.

    A text that is taken as it stands is; of one that is not, articles and courtesies are left out («the kuma, please»).
    `forgiving` takes a value of an enum with one typing error, where only one value is that near.
    """
    words = unquoted(text)
    try:
        return _read(parameter, words, forgiving)
    except BadValue:
        if (plain := _AROUND.sub("", words)) == words:
            raise
        return _read(parameter, plain, forgiving)


def unquoted(text: str) -> str:
    """Return a text without spaces around it, or without the quotes that it stands in."""
    words = text.strip()
    return words[1:-1] if _IN_QUOTES.fullmatch(words) else words


def parted(text: str) -> list[str]:
    """Return the items of a list as people write one: «a, b and c», «[1, 2]», «'x' and 'y'»."""
    inside = found[1] if (found := _BRACKETS.fullmatch(text.strip())) else text
    items = _BETWEEN_ITEMS.split(_QUOTES.sub(_shielded, inside))
    return [item.translate(_UNSHIELD).strip() for item in items if item.strip()]


def _shielded(quote: re.Match[str]) -> str:
    return quote[0].translate(_SHIELD)


def _read(parameter: Parameter, words: str, forgiving: bool) -> Any:
    said = meant(parameter, words, forgiving) if parameter.enum is not None else words
    match parameter.type:
        case "integer":
            read = (
                FORMATS[parameter.format].read
                if parameter.format
                else lambda _, text: read_whole(counted(parameter, text))
            )
            value: Any = read(parameter, said)
        case "boolean":
            if said.lower() not in _TRUE | _FALSE:
                raise BadValue(f"must be yes or no, not «{said}»")
            value = said.lower() in _TRUE
        case "string":
            value = said
        case "array" if parameter.items is not None and parameter.is_sayable():
            value = [read_value(parameter.items, item, forgiving) for item in parted(said)]
        case _:
            raise BadValue(f"cannot be said as text; it is a whole {parameter.type}")
    return check_value(parameter, value)


def check_value(parameter: Parameter, value: Any) -> Any:
    """Return the value if the declaration takes it, a text with a format in its one spelling.

    Raises BadValue with what it would take. What is inside a list or an object is returned as it is.
    """
    match parameter.type:
        case "integer":
            _check_integer(parameter, value)
        case "string":
            value = _checked_string(parameter, value)
        case "boolean" if not isinstance(value, bool):
            raise BadValue("must be yes or no")
        case "array":
            _check_array(parameter, value)
        case "object":
            _check_object(parameter, value)
    if parameter.enum is not None and value not in parameter.enum:
        raise BadValue(f"must be one of {_listed(parameter.enum)}, not «{value}»")
    return value


def find_said(name: str, parameter: Parameter, clause: str) -> tuple[str, str] | None:
    """Return (value text, the words it was read from) when the clause names this parameter; None when not."""
    looks = FORMATS[parameter.format].found if parameter.format else _LIKE.get(parameter.type)
    spelt = f"|{SPELT}" if looks is FORMATS["number"].found else ""
    values = f"{_QUOTED}|({looks.pattern}{spelt})|{_BARE}" if looks else f"{_QUOTED}|{_BARE}"
    for word in (name, name.replace("_", " "), *parameter.says):
        link = r"\s*+[=:]\s*+" if fold(word) in SILENT else rf"(?:\s*+[=:]\s*+|\s++(?:{_LINK}\s++)?+)"
        for found in re.finditer(rf"(?<![\w-]){re.escape(word)}{link}(?:{values})", clause, re.IGNORECASE):
            quoted, text = found[1] or found[2], next(group for group in found.groups() if group is not None)
            text = text if quoted else text.rstrip(".?!:")
            if quoted or (text and fold(text) not in _NO_VALUES):
                return text, found[0].strip().rstrip("?!")
    return None


def find_enum(parameter: Parameter, clause: str, forgiving: bool = False) -> tuple[str, str] | None:
    """Return (value, word) when exactly one value of the enum, or a synonym of it, is in the clause.

    A value of which it is said that it is not meant, «not just the sample», is none.
    """
    if parameter.enum is None:
        return None
    words = [word.rstrip(".") or word for word in _BETWEEN_WORDS.sub(" ", fold(clause)).split()]
    text = f" {' '.join(words)} "
    named = _named(parameter, text)
    found = _named(parameter, _NOT_MEANT.sub(" ", text)) if named else {}
    if not named and forgiving:
        unknown = (word for word in words if word not in _NO_VALUES)
        found = {v: word for word in unknown for v in mistyped(parameter, word, MIN_TYPO_LENGTH_AMONG_WORDS)}
    return next(iter(found.items())) if len(found) == 1 else None


def names_value(parameter: Parameter, clause: str) -> bool:
    """Whether a clause speaks of a value of an enum at all, be it of several or of one that is not meant."""
    return bool(_named(parameter, f" {_BETWEEN_WORDS.sub(' ', fold(clause))} "))


def _named(parameter: Parameter, text: str) -> dict[str, str]:
    """Return (value, word) for every value that is among folded words with spaces around each."""
    return {
        value: word
        for value, word in spellings(parameter)
        if f" {fold(word)} " in text and fold(word) not in _TOO_SMALL
    }


def without_kind(name: str, parameter: Parameter, text: str) -> str:
    """Return a name without the words for what it is the name of: «volume media», «the volume called media»."""
    is_folder = parameter.one_of is not None and bool(parameter.one_of.folder)
    kinds = (name.replace("_", " "), *parameter.says, *(_FOLDERS if is_folder else ()))
    return _kind_beside(kinds).sub("", _ARTICLE.sub("", text.strip()))


@lru_cache(maxsize=4_096)
def _kind_beside(kinds: tuple[str, ...]) -> re.Pattern[str]:
    kind = "|".join(rf"{re.escape(_ARTICLE.sub('', word))}s?" for word in kinds)
    return re.compile(rf"^(?:{kind})\s+(?:(?:called|named)\s+)?|\s+(?:{kind})$", re.IGNORECASE)


def find_before(name: str, parameter: Parameter, clause: str) -> tuple[str, str] | None:
    """Return (value, word) of the only value of the enum in the clause when it stands before the parameter's name.

    In «is the kuma service running» the service is kuma, although «running» comes after the name.
    """
    found = find_enum(parameter, clause)
    if found is None:
        return None
    values = "|".join(re.escape(fold(word)) for value, word in spellings(parameter) if value == found[0])
    names = "|".join(re.escape(fold(word)) for word in (name, name.replace("_", " "), *parameter.says))
    return found if re.search(rf"(?<!\w)(?:{values})\s+(?:{names})(?!\w)", fold(clause)) else None


def find_number(parameter: Parameter, clause: str) -> tuple[str, str] | None:
    """Return the only whole number in a clause for a parameter that wants one, and no duration or size."""
    if parameter.type != "integer" or parameter.format is not None:
        return None
    numbers = next(filter(None, (pattern.findall(clause) for pattern in _NUMBERS)), [])
    return (numbers[0], numbers[0]) if len(numbers) == 1 else None


def find_typed(parameter: Parameter, clause: str) -> tuple[str, str] | None:
    """Return (text, the same) of the only thing in a clause that looks like a value of the parameter's format."""
    if parameter.format is None or parameter.type in COMPOUND:
        return None
    found = list(FORMATS[parameter.format].find(clause))
    return (found[0], found[0]) if len(found) == 1 else None


def find_patterned(parameter: Parameter, clause: str) -> tuple[str, str] | None:
    """Return (text, the same) of the only word with a digit in a clause that matches the parameter's pattern."""
    if parameter.pattern is None or parameter.type != "string":
        return None
    words = (word.strip(".,;:!?()") for word in clause.split())
    found = [word for word in words if _DIGIT.search(word) and re.fullmatch(parameter.pattern, word)]
    return (found[0], found[0]) if len(found) == 1 else None


def _listed(values: list[Any]) -> str:
    rest = f" … ({len(values)} in all)" if len(values) > SHOWN_VALUES else ""
    return ", ".join(map(str, values[:SHOWN_VALUES])) + rest


def _check_integer(parameter: Parameter, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"must be a whole number{_UNITS.get(parameter.format or '', '')}")
    low = parameter.minimum if parameter.minimum is not None else -MAX_INTEGER
    high = parameter.maximum if parameter.maximum is not None else MAX_INTEGER
    if not low <= value <= high:
        write = (FORMATS[parameter.format].write if parameter.format else None) or str
        shown = [write(number) if number >= 0 else str(number) for number in (low, high, value)]
        raise BadValue("must be between {} and {}, not {}".format(*shown))


def _check_bounds(parameter: Parameter, number: str) -> None:
    for bound, is_over in ((parameter.minimum, False), (parameter.maximum, True)):
        if bound is not None and (Decimal(number) > bound if is_over else Decimal(number) < bound):
            raise BadValue(f"must be {'at most' if is_over else 'at least'} {bound}, not {number}")


def _checked_string(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str):
        raise BadValue("must be a text")
    least, most = parameter.min_length or 1, parameter.max_length or DEFAULT_MAX_LENGTH
    if not least <= len(value) <= most:
        raise BadValue(f"must have {least} to {most} characters, not {len(value)}")
    if "\0" in value:
        raise BadValue("has a character in it that cannot be passed on (NUL)")
    if parameter.format is not None:
        value = str(FORMATS[parameter.format].read(parameter, value))
    if parameter.format == "number":
        _check_bounds(parameter, value)
    if parameter.pattern is not None and not re.fullmatch(parameter.pattern, value):
        raise BadValue(f"«{value}» does not look right; it must match {parameter.pattern}")
    return str(value)


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
