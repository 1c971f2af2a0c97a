"""Whether a clause may be no wish at all: refused, put off, a question, a report, or said under another verb.

Called by `matching.py`. What only looks at something need not be said as a wish, so that hardly anything doubts it.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

from orchestration.intake.entries import Entry
from orchestration.intake.index import Index
from orchestration.intake.phrases import Clause, Unit
from orchestration.intake.words import REFUSALS, stem

KEPT = 64
"""Clauses of which is remembered what holds for them whatever operation they are held against."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ASKING = _set("can could may might am")
_ANYBODY = _set("i one people")
_HAVING = _set("have get see please pls plz")
_WEAK = _set("put putting have having get getting give giving want need")
_PASSIVE = _set(
    "be been being is are was were get gets got getting have has having had want need needs like see please"
)
"""Words before a past form with which it is no report: «I'd like it removed»."""
_WAS = _set("was were will going")
_WANTED = _set("need needs needed want wants wanted like must should please")
"""Words with which a past form is a wish whatever else is said."""
_BEING = _set("is was were are has had")
_JUDGED = _set("is was were would are seems sounds can could may might should")
_ALLOWED = _set(
    """somebody someone anybody anyone love possible able good great nice cool time best try urgent new today morning
    evening afternoon day"""
)
"""Words that stand before wishes without changing them."""
_BESIDE = _set(
    """only just list item items entry entries number address
    thing stuff one copy instance setup whole own old fresh proper usual default standard normal little big damn
    broken stuck flaky slow dead hung poor stupid bloody
    home homelab house everyone everybody us wife husband partner kids kid family team boss colleague colleagues
    friend friends guests guest people
    real quick hurry rush soon asap first last mind sorry bitte danke merci gracias
    docker container compose ansible playbook scratch help precaution meantime moment minute second sec while
    production prod sudo force"""
)
"""Words beside a wish that change nothing of it, or by which a policy raises its risk."""
_MORE = _set("another second third additional extra separate different")
"""Words by which a thing is not the one that is known here: «a second kuma»."""
_PURPOSE = _set(
    "free fix get make keep help avoid see know find clear apply pick be have load reload let try stay save"
)
"""Verbs by which «to …» says what something is for; others are in `actions.py`."""
_WANTING = _set("wants wanted asks asked said says think thinks thought thinking considering told")


@lru_cache(maxsize=KEPT)
def is_report(clause: Clause) -> bool:
    """Whether a clause asks for leave, tells what somebody did or wants, or judges: «bob restarted kuma»."""
    raws, head = clause.raws, _head(clause)
    if len(raws) > 2 and raws[0] in _ASKING and raws[1] in _ANYBODY and "please" not in raws:
        return raws[2] not in _HAVING or bool(head and head.action)
    if head is None:
        return False
    before = [raw for unit in clause.units if unit.place < head.place for raw in unit.raws]
    if head.action and any(map(_is_past, head.raws)):
        helpers = {*before, *head.raws, raws[-1]}
        if raws[0] == "you" and raws[1] in ("have", "ve", "had", "already", "just"):
            return True
        was_done = not _WAS.isdisjoint(helpers) and _WANTED.isdisjoint(helpers)
        if was_done or _PASSIVE.isdisjoint(helpers):
            return True
    behind = [raw for unit in clause.units if unit.place > head.place for raw in unit.raws]
    is_judged = head.raws[0].endswith("ing") and not before and not _JUDGED.isdisjoint(behind)
    return is_judged or not _WANTING.isdisjoint(before)


def is_told(clause: Clause) -> bool:
    """Whether a clause tells how something is, or what it or somebody did: «kuma stopped responding an hour ago»."""
    if tells_state(clause):
        return True
    head = _head(clause)
    behind = [unit for unit in clause.units if head and unit.place > head.place and not unit.is_silent]
    return bool(head and behind and head.place > 0) and is_report(clause)


@lru_cache(maxsize=KEPT)
def tells_state(clause: Clause) -> bool:
    """Whether a clause says how something is and names nothing to be done: «grafana was on port 3456»."""
    acts = any(unit.action not in ("", "state") for unit in clause.units)
    is_wished = not _WANTED.isdisjoint(clause.raws) or clause.is_question
    return not (acts or is_wished or _BEING.isdisjoint(clause.raws[1:]))


def is_doubtful(clause: Clause, entry: Entry, index: Index, says: Callable[[str], bool]) -> bool:
    """Whether a clause may be no wish for an operation; `says` tells whether a word is of a phrase said in full."""
    turned = [raw for raw in clause.turning if not says(stem(raw))]
    if entry.operation.effect == "read_only":
        is_put_off = clause.is_put_off and not clause.is_question and entry.description is None
        return clause.is_how_to or is_put_off or any(raw in REFUSALS for raw in turned)
    if clause.is_question or clause.is_how_to or clause.is_instead or turned:
        return True
    takes_time = any(p.format in ("time", "date", "duration") for p in entry.operation.parameters.values())
    return (
        (clause.is_put_off and not takes_time)
        or is_report(clause)
        or tells_state(clause)
        or _is_embedded(clause, entry, index)
    )


def leaves_out(clause: Clause, entry: Entry, index: Index, shaped: set[str]) -> bool:
    """Whether a clause says something beside a wish that would be left out: «on web-2», «with ssl».

    `shaped` are words of what can only be a value. A text that is wanted may take one word more.
    """
    parameters = entry.operation.parameters.values()
    takes_numbers = any(p.type not in ("string", "boolean") or p.format or p.pattern for p in parameters)
    known = shaped | entry.stems | entry.explained | entry.told
    units = [unit for unit in _without_purpose(clause) if unit.stems]
    known |= {word for one, other in pairwise(units) for word in index.called(one.stems[-1], other.stems[0], known)}
    if any(one.raws[0] in _MORE and not known.isdisjoint(other.stems) for one, other in pairwise(units)):
        return True
    left = {
        raw
        for unit in units
        if not (unit.is_silent or unit.action)
        for raw, word in zip(unit.raws, unit.stems, strict=True)
        if word not in known and not (raw.isdigit() and takes_numbers) and not _changes_nothing(raw)
    }
    return len(left) > sum(p.type == "string" and not p.enum for p in parameters)


def _changes_nothing(raw: str) -> bool:
    return raw in _BESIDE or raw in _ALLOWED or (raw.endswith("ly") and len(raw) > 4)


@lru_cache(maxsize=KEPT)
def _without_purpose(clause: Clause) -> Sequence[Unit]:
    """Return the units before those that say what something is for: «… for the family», «… to free some memory»."""
    units = clause.units
    for one, other in pairwise(units):
        is_verb = other.action or other.raws[:1] in {(verb,) for verb in _PURPOSE}
        if (one.raws == ("for",) and other.raws and not other.raws[0].isdigit()) or (
            one.raws == ("to",) and is_verb and one.place > 1
        ):
            return units[: one.place]
    return units


def _head(clause: Clause) -> Unit | None:
    """Return the verb of a clause: its first action, or else the first verb that only wishes for a thing."""
    action = next((unit for unit in clause.units if unit.action), None)
    return action or next((unit for unit in clause.units if not _WEAK.isdisjoint(unit.raws)), None)


def _is_past(raw: str) -> bool:
    return raw.endswith("ed") and stem(raw) != raw


def _is_embedded(clause: Clause, entry: Entry, index: Index) -> bool:
    """Whether a word that nobody knows stands before the verb, and no thing with it: «refuse to deploy it»."""
    head = next((unit for unit in clause.units if unit.action in entry.main_actions), None) or _head(clause)
    before = [unit for unit in clause.units if head and unit.place < head.place and not unit.is_silent]
    raws = [raw for unit in before for raw in unit.raws]
    if any(index.names(raw) for raw in raws):
        return False
    return any(not (raw.isdigit() or raw.endswith("ly") or raw in _ALLOWED or index.is_word(raw)) for raw in raws)
