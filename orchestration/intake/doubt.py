"""Whether a clause may be no wish at all: refused, put off, a question, a report, or said under another verb.

Called by `matching.py`. What only looks at something need not be said as a wish, so that hardly anything doubts it.
"""

from collections.abc import Callable

from orchestration.intake.entries import Entry
from orchestration.intake.index import Index
from orchestration.intake.phrases import Clause, Unit
from orchestration.intake.words import REFUSALS, stem


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
_WANTED = _set("need needs want wants like must should please")
"""Words with which a past form is a wish whatever else is said."""
_JUDGED = _set("is was were would are seems sounds can could may might should")
_ALLOWED = _set(
    """somebody someone anybody anyone love possible able good great nice cool time best try urgent new today morning
    evening afternoon day"""
)
"""Words that stand before wishes without changing them."""
_WANTING = _set("wants wanted asks asked said says think thinks thought thinking considering told")


def is_report(clause: Clause) -> bool:
    """Whether a clause asks for leave, tells what somebody did or wants, or judges: «bob restarted kuma»."""
    raws, head = clause.raws, _head(clause)
    if len(raws) > 2 and raws[0] in _ASKING and raws[1] in _ANYBODY and "please" not in raws:
        return raws[2] not in _HAVING or bool(head and head.action)
    if head is None:
        return False
    before = [raw for unit in clause.units if unit.place < head.place for raw in unit.raws]
    if head.action and _is_past(head.raws[0]):
        helpers = {*before, raws[-1]}
        was_done = not _WAS.isdisjoint(helpers) and _WANTED.isdisjoint(helpers)
        if was_done or _PASSIVE.isdisjoint(helpers):
            return True
    behind = [raw for unit in clause.units if unit.place > head.place for raw in unit.raws]
    is_judged = head.raws[0].endswith("ing") and not before and not _JUDGED.isdisjoint(behind)
    return is_judged or not _WANTING.isdisjoint(before)


def is_told(clause: Clause) -> bool:
    """Whether a clause tells what something or somebody did: «kuma stopped responding an hour ago»."""
    head = _head(clause)
    behind = [unit for unit in clause.units if head and unit.place > head.place and not unit.is_silent]
    return bool(head and behind and head.place > 0) and is_report(clause)


def is_doubtful(clause: Clause, entry: Entry, index: Index, says: Callable[[str], bool]) -> bool:
    """Whether a clause may be no wish for an operation; `says` tells whether a word is of a phrase said in full."""
    turned = [raw for raw in clause.turning if not says(stem(raw))]
    if entry.operation.effect == "read_only":
        return clause.is_how_to or any(raw in REFUSALS for raw in turned)
    if clause.is_question or clause.is_how_to or clause.is_instead or turned:
        return True
    takes_time = any(p.format in ("time", "date", "duration") for p in entry.operation.parameters.values())
    return (clause.is_put_off and not takes_time) or is_report(clause) or _is_embedded(clause, entry, index)


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
