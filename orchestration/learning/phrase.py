"""Make a phrase for the catalogue of the words in which somebody asked: values become slots, courtesies go.

Called by `lessons.py`. Rather none than one that says too little: a phrase is for everybody, from then on.
"""

import re
from collections.abc import Iterable

from orchestration.intake.catalogue import Operation
from orchestration.intake.decomposition import Subtask
from orchestration.intake.phrases import Clause, Unit, read_clause, read_phrase
from orchestration.intake.words import LIGHT, SILENT
from orchestration.planning.finding import find
from orchestration.planning.plan import PlannedTask

MOST_WORDS = 10
MOST_CHARACTERS = 80
_PLAIN = re.compile(r"[\w{][\w '’./{}-]*")
"""Words and slots, and nothing that could be taken for anything else in the file."""
_QUOTE = "[\"'“”«»]"
_TWO_SLOTS = re.compile(r"\}\s*\{")
_POINTING = frozenset("it they them that this those these one ones same other others another again".split())  # noqa: SIM905
"""Words that mean something else each time."""
Span = tuple[int, int]


def phrase_of(clause: str, operation: Operation, task: PlannedTask) -> str | None:
    """Return a clause as a phrase of the operation that it asked for; None when it makes no good one."""
    spans = _values(clause, operation, task)
    if spans is None or "{" in clause or not _may_be_said_again(read_clause(clause), operation):
        return None
    start, phrase_end = _extent(clause, spans)
    phrase, at = "", start
    for (first, end), name in sorted(spans.items()):
        phrase, at = f"{phrase}{clause[at:first].lower()}{{{name}}}", end
    phrase = " ".join((phrase + clause[at:phrase_end].lower()).split())
    return phrase if _is_telling(phrase) else None


def _values(clause: str, operation: Operation, task: PlannedTask) -> dict[Span, str] | None:
    """Return the parameters by where their values stand in a clause; None when one may be in two places."""
    spans: dict[Span, str] = {}
    for name, provenance in task.provenance.items():
        if provenance.source not in ("said", "answer") or name not in operation.parameters:
            continue
        found = find(name, operation, Subtask(1, task.operation, 1.0, clause, {})) or ()
        places = _places(clause, (*found, str(task.parameters.get(name)), provenance.text))
        if len(places) > 1 or any(_overlap(place, other) for place in places for other in spans):
            return None
        spans |= dict.fromkeys(places, name)
    return spans


def _places(clause: str, texts: tuple[str, ...]) -> list[Span]:
    """Return where the first of some texts that is there stands."""
    for text in filter(None, texts):
        words = rf"(?<!\w){re.escape(text)}(?!\w)"
        if found := list(re.finditer(rf"{_QUOTE}{words}{_QUOTE}|{words}", clause, re.IGNORECASE)):
            return [place.span() for place in found]
    return []


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _may_be_said_again(clause: Clause, operation: Operation) -> bool:
    """Whether a clause is a wish, for now, that is clear without what was said around it."""
    is_asking = clause.is_question and operation.effect != "read_only"
    is_wish = not (is_asking or clause.is_how_to or clause.is_turned_round or clause.is_put_off)
    return is_wish and _POINTING.isdisjoint(clause.raws)


def _extent(clause: str, spans: Iterable[Span]) -> Span:
    """Return where a clause begins and ends without the small words around it; values belong to it."""
    units = [unit for unit in read_clause(clause).units if not _is_small(unit)]
    kept = [*spans, *((unit.start, unit.end) for unit in units), *(_word_at(clause, unit.tail) for unit in units)]
    start, end = min((one[0] for one in kept), default=0), max((one[1] for one in kept), default=0)
    return start, start + len(clause[start:end].rstrip(" .,;:!?"))


def _word_at(clause: str, start: int) -> Span:
    """Return where the word stands that ends an action, such as «going» in «get … going»; the whole when none does."""
    found = re.compile(r"\S+").match(clause, start) if start >= 0 else None
    return found.span() if found else (len(clause), 0)


def _is_small(unit: Unit) -> bool:
    return not (unit.slot or unit.action) and all(raw in SILENT for raw in unit.raws)


def _is_telling(phrase: str) -> bool:
    """Whether a phrase says at least two things, is short, and has no number of that one time in it."""
    units = read_phrase(phrase)
    words = [unit for unit in units if not unit.slot and not _is_small(unit)]
    if len(units) > MOST_WORDS or len(phrase) > MOST_CHARACTERS or _TWO_SLOTS.search(phrase):
        return False
    if any(raw.isdigit() for unit in words for raw in unit.raws) or not _PLAIN.fullmatch(phrase):
        return False
    says = [unit for unit in words if not all(raw in LIGHT for raw in unit.raws)]
    return bool(says) and len(words) + sum(bool(unit.slot) for unit in units) > 1
