"""Values that a clause takes over from those before it: «deploy kuma and check that it's up» is about kuma.

Called by `pointing.py`. Only what nobody said in the clause itself is taken over, only by a word that points, and only
between parameters of one meaning: a value of the same list, or the same name under the same declaration.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestration.intake.catalogue import Operation
from orchestration.intake.declaration import Parameter
from orchestration.intake.entries import is_free
from orchestration.intake.free_text import points
from orchestration.intake.parameters import find_enum, find_patterned, find_said, find_typed
from orchestration.intake.phrases import names_something, read_clause
from orchestration.intake.request import fold
from orchestration.intake.said import MAX_JOINED, Lookup, Said, reads
from orchestration.intake.words import ARTICLES
from orchestration.policy import RISKS

PRONOUN = re.compile(
    r"\b(all\s+of\s+(?:it|them)|(?:the|that|this)\s+(?:whole\s+|entire\s+)?(?:thing|lot|stuff)|that\s+one|the\s+same|"
    r"it|them|that|this|those|these|they)\b",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"\b(?:its|their|it['’]s)\b", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|my|our)\s+")
_PLURAL = re.compile(r"\b(?:they|them|those|these|their|both)\b", re.IGNORECASE)


def said_in(name: str, parameter: Parameter, one: Said) -> str:
    """Return the value that a clause itself has for a parameter; nothing when it has none."""
    if one.best and name in one.best.captured:
        return "" if is_free(parameter) and points(one.best.captured[name]) else one.best.captured[name]
    found = find_said(name, parameter, one.text)
    found = found if found and found[0].lower() not in ARTICLES else None
    found = found or find_enum(parameter, one.text) or find_typed(parameter, one.text)
    return found[0] if found else ""


def names_another(one: Said, other: Said, operation: Operation) -> bool:
    """Whether two clauses for one operation say different values for a parameter: «status of kuma and of grafana»."""
    pairs = ((said_in(name, p, one), said_in(name, p, other)) for name, p in operation.parameters.items())
    return any(first and second and fold(first) != fold(second) for first, second in pairs)


def with_shared(one: Said, said: Sequence[Said], lookup: Lookup) -> Said:
    """Return a clause with the values that earlier ones named for its parameters, where it points to them."""
    operation = lookup.operation(one)
    if operation is None or one.best is None or len(one.text) > MAX_JOINED or not lookup.is_clear(one):
        return one
    values = {
        name: value
        for name, parameter in operation.parameters.items()
        if (
            _points_to(name, parameter, one.text)
            or (parameter.is_asked() and _lacks_object(one, operation))
            or (operation.effect == "read_only" and _is_only_code(parameter, said))
        )
        and not _is_said(name, parameter, one, operation)
        if (value := _spoken_of(name, parameter, one, said, lookup))
    }
    if not values:
        return one
    best = replace(one.best, captured={**one.best.captured, **values})
    return replace(one, matches=(best, *one.matches[1:]))


def _is_only_code(parameter: Parameter, said: Sequence[Said]) -> bool:
    """Whether earlier clauses hold just one code for a parameter that needs one: «7K2MQ4 failed, show the log»."""
    found = {code[0] for earlier in said if (code := find_patterned(parameter, earlier.text))}
    return parameter.is_asked() and len(found) == 1


def _is_said(name: str, parameter: Parameter, one: Said, operation: Operation) -> bool:
    value = said_in(name, parameter, one)
    return bool(value) and reads(operation, name, value)


def _points_to(name: str, parameter: Parameter, text: str) -> bool:
    """Whether a text points by a pronoun, or by «the volume» to the volume spoken of."""
    definite = rf"\b(?:the|that|this|same)\s+(?:{_kinds(name, parameter)})(?!\s+\w)"
    return bool(PRONOUN.search(text) or _POSSESSIVE.search(text) or re.search(definite, text, re.IGNORECASE))


def _lacks_object(one: Said, operation: Operation) -> bool:
    """Whether a clause behind another names nothing but what is done: «but make a backup first»; not for much harm."""
    units = read_clause(one.text).units
    return RISKS.index(operation.risk) <= RISKS.index("medium") and all(unit.action or unit.is_silent for unit in units)


def _kinds(name: str, parameter: Parameter) -> str:
    """Return an expression for what people call the things that a parameter names: `volume`."""
    return "|".join(re.escape(_ARTICLE.sub("", word)) for word in (name.replace("_", " "), *parameter.says))


def _spoken_of(name: str, parameter: Parameter, one: Said, said: Sequence[Said], lookup: Lookup) -> str:
    """Return the last value that was named; nothing when several things are pointed to and differ."""
    values = [value for earlier in reversed(said) if (value := next(_values(name, parameter, earlier, lookup), ""))]
    if _PLURAL.search(one.text) and len(set(values)) > 1:
        return ""
    return values[0] if values else ""


def _values(name: str, parameter: Parameter, earlier: Said, lookup: Lookup) -> Iterator[str]:
    """Yield what an earlier clause named that a parameter would take."""
    operation = lookup.operation(earlier)
    other = operation.parameters.get(name) if operation and not earlier.is_remark else None
    if operation and other and parameter.type == "string" and not is_free(parameter) and _is_alike(parameter, other):
        value = said_in(name, other, earlier)
        if value and reads(operation, name, value):
            yield value
    if parameter.one_of is not None:
        before_kind = rf"\b(?:the|my|our|your|that)\s+([\w.-]+)\s+(?:{_kinds(name, parameter)})\b"
        yield from (word for word in re.findall(before_kind, earlier.text, re.IGNORECASE) if names_something(word))
    if found := find_patterned(parameter, earlier.text):
        yield found[0]
    for text in (earlier.text, *(earlier.best.captured.values() if earlier.best else ())):
        if found := find_enum(parameter, text):
            yield found[0]


def _is_alike(one: Parameter, other: Parameter) -> bool:
    """Whether two parameters take the same."""
    return (one.type, one.format, one.pattern, one.enum, one.one_of) == (
        other.type, other.format, other.pattern, other.enum, other.one_of,
    )  # fmt: skip
