"""Whose value each mention of a clause is: only where one reading is clearly the best; what stays open is asked.

Called by `planning/finding.py` for the parameters that neither a phrase nor their own name in front of a value filled.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from orchestration.intake.catalogue import Operation
from orchestration.intake.evidence import NEVER, weight
from orchestration.intake.mentions import Mention, mentions_in
from orchestration.intake.request import fold
from orchestration.intake.slots import Slot, slot_of, stems_of
from orchestration.intake.templates import SLOT
from orchestration.intake.words import stem, words_in

ENOUGH = 2.4
"""What must speak for a value."""
CLEARLY = 1.0
"""By how much more must speak for it than for any other reading."""
DOUBTFUL = -0.5
"""From this on what nobody took may have been meant for a parameter."""
LIKELY = 1.0
"""What must speak for the only thing that could be the only text that is asked for."""
_TOWNS, _REGIONS = stems_of("city town"), stems_of("country state county")
_NUMBERED = re.compile(r"_?[0-9]")


@dataclass
class Attribution:
    """What a clause says for parameters."""

    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    """(value text, the words it was read from) by parameter."""
    open: set[str] = field(default_factory=set)
    """Parameters for which something was said, and it is not clear what."""


def attribute(operation: Operation, names: Iterable[str], clause: str, taken: Iterable[tuple[int, int]]) -> Attribution:
    """Return whose value each mention is, among these parameters of an operation; `taken` are spans that are values."""
    spans = list(taken)
    about = frozenset(map(stem, words_in(operation.title)))
    known = {fold(name) for name in operation.parameters if not name.isalpha()}
    spoken = frozenset(map(stem, words_in(" ".join(SLOT.sub(" ", phrase) for phrase in operation.says))))
    mentions = [
        one
        for one in mentions_in(clause, known)
        if not any(_overlaps(one, span) for span in spans) and not (one.kind == "name" and _is_among(one, spoken))
    ]
    slots = [slot_of(name, operation.parameters[name], about) for name in names]
    told = frozenset(map(stem, words_in(f"{operation.title} {operation.description}")))
    return _Attributing([slot for slot in slots if slot.takes], mentions, clause, told).result()


def _is_among(one: Mention, words: frozenset[str]) -> bool:
    """Whether a mention is only made of words by which the operation itself is asked for."""
    return words.issuperset(map(stem, words_in(one.text)))


def _overlaps(one: Mention, span: tuple[int, int]) -> bool:
    return one.start < span[1] and span[0] < one.end


class _Attributing:
    def __init__(self, slots: Sequence[Slot], mentions: Sequence[Mention], clause: str, told: frozenset[str]) -> None:
        self._slots = list(slots)
        self._mentions = list(mentions)
        self._clause = clause
        self._told = told
        self._weights = {(slot.name, one): self._weighed(slot, one) for slot in slots for one in mentions}
        self._found = Attribution()

    def result(self) -> Attribution:
        """Give away what is clear, then what only one order or only one place is left for; note what stays open."""
        self._take_places()
        self._take_clear()
        self._take_series()
        self._take_last()
        self._take_clear()
        for one in self._mentions:
            if one.parts or _is_among(one, self._told):
                continue
            likely = [slot for slot in self._slots if self._weight(slot, one) >= DOUBTFUL]
            self._found.open.update(slot.name for slot in likely)
        return self._found

    def _weighed(self, slot: Slot, one: Mention) -> float:
        is_in_list = slot.parameter.type == "array" and any(one in other.parts for other in self._mentions)
        return NEVER if is_in_list else weight(slot, one)

    def _weight(self, slot: Slot, one: Mention) -> float:
        return self._weights[slot.name, one]

    def _take_places(self) -> None:
        """Give «London, UK» to a city and a country, when both are wanted."""
        towns, regions = (
            [slot for slot in self._slots if "place" in slot.roles and slot.telling & kinds]
            for kinds in (_TOWNS, _REGIONS)
        )
        places = [one for one in self._mentions if one.kind == "name" and ", " in one.text]
        if len(towns) == len(regions) == len(places) == 1 and towns != regions:
            town, _, region = places[0].text.rpartition(", ")
            self._give(towns[0], replace(places[0], text=town, end=places[0].start + len(town)))
            self._give(regions[0], replace(places[0], text=region, start=places[0].end - len(region)))

    def _take_clear(self) -> None:
        while (best := self._clearest()) is not None:
            self._give(*best)

    def _clearest(self) -> tuple[Slot, Mention] | None:
        """Return the pair for which most speaks, if clearly more than for any other reading of either."""
        pairs = [(self._weight(slot, one), slot, one) for slot in self._slots for one in self._mentions]
        for score, slot, one in sorted(pairs, key=lambda pair: -pair[0]):
            if score < ENOUGH:
                return None
            rivals = [w for w, s, o in pairs if (s is slot) != (o is one) and not (s is slot and _is_part(one, o))]
            if score - max(rivals, default=NEVER) >= CLEARLY:
                return slot, one
        return None

    def _take_series(self) -> None:
        """Give what «side1», «side2», or «a», «b», «c» take in the order of both, when there are as many."""
        for group in _series(self._slots):
            asked = [slot for slot in group if slot.parameter.is_asked()]
            fits = [one for one in self._mentions if not one.parts and self._is_for(group, one)]
            for slots in (group, asked):
                if len(fits) == len(slots) > 1:
                    for slot, one in zip(slots, fits, strict=True):
                        self._give(slot, one)
                    break

    def _is_for(self, group: Sequence[Slot], one: Mention) -> bool:
        """Whether a mention fits these parameters, and no other of their kind better."""
        others = (slot for slot in self._slots if slot not in group and _wanted(slot) == _wanted(group[0]))
        most = max(self._weight(slot, one) for slot in group)
        return most >= 0 and all(self._weight(other, one) < most - CLEARLY / 2 for other in others)

    def _take_last(self) -> None:
        """Give the only thing left that fits to the only parameter left that has to be said."""
        for kind, least in (("number", 0.0), ("list", 0.0), ("text", LIKELY)):
            asked = [slot for slot in self._slots if slot.parameter.is_asked() and _wanted(slot) == kind]
            fits = [one for one in self._mentions if asked and self._fits(asked[0], one, least)]
            if len(asked) == len(fits) == 1 and not self._is_better_elsewhere(asked[0], fits[0]):
                self._give(asked[0], fits[0])

    def _fits(self, slot: Slot, one: Mention, least: float) -> bool:
        return (one.kind == "list") == (slot.parameter.type == "array") and self._weight(slot, one) >= least

    def _is_better_elsewhere(self, slot: Slot, one: Mention) -> bool:
        return any(self._weight(other, one) > self._weight(slot, one) for other in self._slots if other is not slot)

    def _give(self, slot: Slot, one: Mention) -> None:
        self._found.values[slot.name] = (_text(slot, one), self._clause[one.start : one.end])
        self._slots = [other for other in self._slots if other is not slot]
        self._mentions = [other for other in self._mentions if not _overlaps(other, (one.start, one.end))]


def _is_part(one: Mention, other: Mention) -> bool:
    return one in other.parts or other in one.parts


def _wanted(slot: Slot) -> str:
    if slot.parameter.type == "array":
        return "list"
    return "number" if slot.is_number else "text"


def _series(slots: Sequence[Slot]) -> list[list[Slot]]:
    """Return the parameters that differ in a number, or that are single letters, kind by kind."""
    groups: dict[tuple[str, str], list[Slot]] = {}
    for slot in slots:
        base = _NUMBERED.sub("", slot.name)
        if base != slot.name or len(base) == 1:
            groups.setdefault((_wanted(slot), base if len(base) > 1 else ""), []).append(slot)
    return list(groups.values())


def _text(slot: Slot, one: Mention) -> str:
    """Return the text to read; of a share its sign too, which says how it is counted."""
    if one.unit == "%" and slot.parameter.format == "number":
        return f"{one.text}%"
    return one.text
