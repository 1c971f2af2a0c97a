"""What a clause says for the parameters of an operation, each as text with the words it was read from.

Called by the planner, and by whoever needs to know what was said; `filling.py` makes typed values of it. Where an
operation could do much harm, only what is said by name counts.
"""

import re
from collections.abc import Collection, Iterable, Iterator

from orchestration.intake.attribution import Attribution, attribute
from orchestration.intake.catalogue import Operation
from orchestration.intake.declaration import Parameter
from orchestration.intake.decomposition import Subtask
from orchestration.intake.entries import is_free
from orchestration.intake.free_text import find_rest, without_name
from orchestration.intake.mentions import mentions_in
from orchestration.intake.numerals import LONG_SPELT, read_spelt
from orchestration.intake.parameters import (
    find_before,
    find_enum,
    find_number,
    find_patterned,
    find_said,
    find_typed,
    names_value,
    read_value,
)
from orchestration.intake.request import fold
from orchestration.intake.unnamed import find_unnamed, is_spoken_of
from orchestration.intake.values import BadValue
from orchestration.intake.words import COURTESIES, LIGHT, NEGATIONS, QUESTIONS, SILENT, stem, words_in
from orchestration.policy import RISKS

_GENERIC = frozenset(map(stem, ("name", "id", "number", "address", "code", "key", "value", "type", "title", "list")))
"""Words behind a parameter's name that only say what will follow: «host address …»."""
_NOT_THIS = (
    r"(?:\b(?:but|not|except|besides|excluding|other\s++than)|n['’]t)\s++(?:(?:on|at|in|for|to|use|{names})\s++)*+$"
)
"""What says of a number that it is the one not meant: «any port but 3001»."""
_BOUNDING = r"\s++(?:above|below|over|under|up\s++to|beyond|between|(?:more|less|greater|higher|lower)\s++than)\s++$"
"""What makes a bound of a number that stands behind a parameter's name: «a port above 4000»."""

_GOES_ON = rf"\s*+(?:,|and|or|&|/)\s*+(?:[0-9]++|{LONG_SPELT})(?!\s*+\w)"
"""More numbers of the same kind behind one: «ports 3005 and 3006»."""
_WORD_BEHIND = re.compile(r"\s++([^\W\d_]++)")
_WORD_BEFORE = re.compile(r"([^\W\d_]++)\s++$")
_BOUNDING_ALONE = re.compile(
    r"\b(?:up\s++to|at\s++(?:most|least)|(?:more|less|fewer)\s++than|max|min|maximum|minimum)\s++$", re.IGNORECASE
)
_BESIDE_NUMBERS = SILENT | LIGHT | QUESTIONS | NEGATIONS | COURTESIES
"""Words beside a number that do not make it a number of something: «3005 please», «if 3005 is free»."""


def is_forgiving(operation: Operation) -> bool:
    """Whether the rest of a clause is read generously, one typing error included: not where it could do much harm."""
    return RISKS.index(operation.risk) <= RISKS.index("medium")


def find_all(operation: Operation, subtask: Subtask, answered: Collection[str]) -> Attribution:
    """Return what a clause says about the parameters that nobody answered for: first what is said for each alone."""
    left = [name for name in operation.parameters if name not in answered]
    found = {name: value for name in left if (value := find(name, operation, subtask))}
    if not is_forgiving(operation):
        return Attribution(found)
    unfit = {name: found.pop(name) for name in list(found) if _is_unfit(operation.parameters[name], found[name])}
    found |= {name: value for name in unfit if (value := _enum(operation.parameters[name], subtask.text, operation))}
    about = frozenset(map(stem, words_in(operation.title)))
    for name in (name for name in left if name not in found):
        if value := find_unnamed(name, operation.parameters[name], subtask.text, about):
            found[name] = value
    open_ = [name for name in left if name not in found and _is_open(operation.parameters[name])]
    more = attribute(operation, open_, subtask.text, _spans(subtask.text, found.values()))
    values = {**unfit, **found, **more.values}
    spoken = {
        name
        for name in left
        if name not in values
        and _is_optional(operation.parameters[name])
        and is_spoken_of(name, operation.parameters[name], subtask.text, about)
    }
    barred = {name for name in values if _is_barred(name, operation.parameters[name], values[name], subtask.text)}
    if operation.effect != "read_only":
        spoken |= {n for n in left if n not in values and names_value(operation.parameters[n], subtask.text)}
    barred |= {name for name in values if _is_beside(name, operation, values[name], subtask.text)}
    kept = {name: value for name, value in values.items() if name not in barred}
    return Attribution(kept, more.open | spoken | barred)


def _is_barred(name: str, parameter: Parameter, found: tuple[str, str], clause: str) -> bool:
    """Whether a number that stands alone is said to be the wrong one, or only a bound of the right one."""
    value, words = found
    if not _is_number(value):
        return False
    before, _, _ = clause.partition(words)
    names = "|".join(f"{re.escape(word)}s?" for word in (name, name.replace("_", " "), *parameter.says))
    bound = rf"|\b(?:{names}){_BOUNDING}" if value == words else ""
    return re.search(_NOT_THIS.format(names=names) + bound, before, re.IGNORECASE) is not None


def _is_beside(name: str, operation: Operation, found: tuple[str, str], clause: str) -> bool:
    """Whether the number for the only parameter that takes one is one of several, or of something else."""
    numbers = [other for other in operation.parameters.values() if other.type == "integer" and other.format is None]
    value, words = found
    if _is_number(value) and _says_another(name, operation.parameters[name], found, clause):
        return True
    if not _is_number(value) or numbers != [operation.parameters[name]]:
        return False
    before, _, behind = clause.partition(words)
    is_of_else = value == words and operation.effect != "read_only" and _counts(before, behind, operation)
    return bool(re.match(_GOES_ON, behind, re.IGNORECASE) or is_of_else)


def _says_another(name: str, parameter: Parameter, found: tuple[str, str], clause: str) -> bool:
    """Whether a clause goes on with another number for the same parameter: «port 3001, port 3005»."""
    value, words = found
    _, _, behind = clause.partition(words)
    other = find_said(name, parameter, behind)
    if other is None or other[0] == value or not _is_number(other[0]):
        return False
    return all(word in _BESIDE_NUMBERS for word in words_in(behind.replace(other[1], " ", 1)))


def _counts(before: str, behind: str, operation: Operation) -> bool:
    """Whether a number that stands alone counts or bounds something else: «1500 monitors», «version 3100»."""
    if _BOUNDING_ALONE.search(before):
        return True
    named = _GENERIC.union(stem(word) for text in (operation.title, *_names(operation)) for word in words_in(text))
    spoken = named.union(stem(word) for text in operation.says for word in words_in(text))
    return any(
        found and fold(found[1]) not in _BESIDE_NUMBERS and stem(fold(found[1])) not in known
        for found, known in ((_WORD_BEHIND.match(behind), named), (_WORD_BEFORE.search(before), spoken))
    )


def _names(operation: Operation) -> Iterator[str]:
    for name, parameter in operation.parameters.items():
        yield from (name, *parameter.says)


def _is_number(text: str) -> bool:
    return text.isdigit() or read_spelt(fold(text)) is not None


def _is_optional(parameter: Parameter) -> bool:
    """Whether a parameter stays unset when nobody says anything of it."""
    return not parameter.required and parameter.default is None and parameter.data is None


def _is_unfit(parameter: Parameter, found: tuple[str, str]) -> bool:
    """Whether what stands behind a name is no value of it, and may just be what follows: «for 3 nights in Rome»."""
    if parameter.one_of is not None or re.search(r"[=:\"']", found[1]):
        return False
    try:
        read_value(parameter, found[0], forgiving=True)
    except BadValue:
        return True
    return False


def _is_open(parameter: Parameter) -> bool:
    is_listed = parameter.enum is not None or parameter.one_of is not None
    return parameter.data is None and parameter.is_sayable() and not is_listed


def _spans(clause: str, found: Iterable[tuple[str, str]]) -> Iterator[tuple[int, int]]:
    for _, words in found:
        start = clause.lower().find(words.lower())
        if start >= 0:
            yield start, start + len(words)


def find(name: str, operation: Operation, subtask: Subtask) -> tuple[str, str] | None:
    """Return (value text, the words it was read from) of what a clause says about a parameter; None when nothing."""
    parameter, clause = operation.parameters[name], subtask.text
    if is_free(parameter) and (found := find_rest(name, operation, clause)):
        return found
    if name in subtask.parameters:
        words = subtask.parameters[name]
        text = without_name(name, words) if is_free(parameter) else words
        return (text, words) if text else None
    if not parameter.is_sayable():
        return None
    forgiving = is_forgiving(operation)
    if forgiving and (found := find_before(name, parameter, clause)):
        return found
    said = find_said(name, parameter, clause)
    if said and forgiving and not _is_whole(parameter, said, clause, operation):
        said = None
    if found := said or _enum(parameter, clause, operation):
        return found
    is_only_one = sum(_kind(other) == _kind(parameter) for other in operation.parameters.values()) == 1
    if not is_only_one:
        return None
    found = find_typed(parameter, clause) or _number(name, parameter, clause, forgiving)
    return found or (find_patterned(parameter, clause) if forgiving else None)


def _is_whole(parameter: Parameter, found: tuple[str, str], clause: str, operation: Operation) -> bool:
    """Whether what stands behind a parameter's name is all of its value, as far as that can be told from its type."""
    if parameter.type == "array":
        return bool(re.search(r"[=:\[]", found[1]))
    return not is_free(parameter) or _stands_alone(found, clause, operation)


def _stands_alone(found: tuple[str, str], clause: str, operation: Operation) -> bool:
    """Whether a word behind a parameter's name is all of its value: «user root», and not «user account settings»."""
    value, words = found
    if value.startswith("["):
        return False
    if re.search(r"[=:\"']", words):
        return True
    untelling = {*_GENERIC, *map(stem, words_in(operation.title))}
    if value != value.lower() or value.isdigit() or re.search(r"\s(?:of|to)\s", words) or stem(value) in untelling:
        return False
    _, _, rest = clause.partition(words)
    behind = words_in(rest[:40])
    return rest[:1] in (",", ".", "?", "!", ";") or not behind or behind[0] in SILENT


def _number(name: str, parameter: Parameter, clause: str, forgiving: bool) -> tuple[str, str] | None:
    """Return the only number of a clause, which is none of a date, a code or an address, except for its port."""
    found = find_number(parameter, clause)
    if found is None or not forgiving:
        return found
    numbers = [one for one in mentions_in(clause) if one.kind == "number"]
    is_port = "port" in words_in(name) and not numbers and f":{found[0]}" in clause
    return found if len(numbers) == 1 or is_port else None


def _enum(parameter: Parameter, clause: str, operation: Operation) -> tuple[str, str] | None:
    """Return the only value of an enum in a clause; a misspelt one only where the word is no other that is known."""
    found = find_enum(parameter, clause, is_forgiving(operation))
    if found and not find_enum(parameter, clause):
        known = {word for text in (operation.title, *operation.parameters) for word in words_in(text)}
        return None if fold(found[1]) in known else found
    return found


def _kind(parameter: Parameter) -> str:
    """Return what makes the values of two parameters look the same in a clause."""
    return parameter.format or parameter.type
