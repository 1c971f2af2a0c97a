"""A clause, and a phrase that an owner declared, as units that can be laid beside each other.

A unit is a word, or the words of one action («tear … down»). Called by `matching.py`. Words are compared by stem or
by action; slots take what people wrote, untouched.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise

from orchestration.intake.actions import CARRY, STATES, find_actions
from orchestration.intake.numerals import LONG_SPELT, read_spelt
from orchestration.intake.request import fold
from orchestration.intake.templates import SLOT
from orchestration.intake.words import ARTICLES, COURTESIES, LIGHT, NEGATIONS, QUESTIONS, SILENT, VAGUE, stem, words_in

QUOTED = re.compile(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)|[“«][^”»]*[”»]")
"""What people quote is a value and none of their own words; an apostrophe is no quote."""
MAX_UNITS = 80
"""Units of a clause that are looked at one by one; only what is repeated word by word goes on beyond."""
MOST_IN_SLOT = 4
SAME_ACTION = 0.9
"""What another word for the same action counts."""
_CHUNK = re.compile(rf"{QUOTED.pattern}|{LONG_SPELT}|\S+", re.IGNORECASE)
COURTESY_AT_END = re.compile(
    r"(?:(?<![\s,])[\s,]++(?:please|thanks|thank\s+you|now|for\s+(?:me|us)))*+$", re.IGNORECASE
)
_QUOTED_FIRST = re.compile(
    rf"(?P<text>{QUOTED.pattern})\s++(?:so|because|cos|since|please|pls|thanks|for\s++me)\b", re.IGNORECASE
)
"""A quote that is followed by what it is for, or by courtesy: «… 'red light' so I can check my alert»."""
_DAYS = "(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_SPAN = f"(?:second|sec|minute|min|hour|hr|day|night|morning|evening|week|weekend|month|year|time|{_DAYS})s?"
_PUT_OFF = re.compile(
    rf"\b(?:(?:every|each|next|per|once\s+an?|twice\s+an?)\s+(?:\w+\s+)?{_SPAN}|in\s+(?:half\s+an|a\s+few|\w+)\s+{_SPAN}|"
    rf"(?:on|this|until|by)\s+(?:{_DAYS}|weekend|evening|afternoon)|"
    r"at\s+(?:\d{1,2}(?::\d\d)?\s*(?:am|pm|o['’]?clock|h)?(?![\w.])|noon|midnight|night))\b",
    re.IGNORECASE,
)
"""Words that put something off, or repeat it."""
_PLACE = re.compile(
    r"\b(?:on|onto|to|from|off|of|in|at)\s+(?:(?:the|my|our|this|that|your)\s+)?(?:home\s+)?"
    r"(?P<place>server|box|machine|host|homelab|lab|home|house|place|system|computer|pi)\b(?!\s+(?!please\b|and\b)\w)",
    re.IGNORECASE,
)
"""Where everything is done: «on the box», «off my server»."""
_POINTING = (SILENT - COURTESIES) | VAGUE | NEGATIONS | LIGHT | {"please", "pls", "plz", "thanks"}
_PASSED = SILENT | LIGHT
_ENDS = " \t\n.,;:!?()"


@dataclass(frozen=True, slots=True)
class Unit:
    """A word of a clause or a phrase, or the words of one action."""

    stems: tuple[str, ...]
    raws: tuple[str, ...]
    start: int
    """Where its chunk of the text begins."""
    end: int
    place: int
    action: str = ""
    slot: str = ""
    """In a phrase: the parameter that stands here."""
    is_whole: tuple[bool, bool] = (True, True)
    """Whether it begins and ends where its chunk of text does."""
    is_silent: bool = False
    """Whether it may be passed over."""
    is_article: bool = False
    """Whether a phrase does without it."""
    tail: int = -1
    """Where the words behind the object begin, of an action with such words: «turn … off»."""


@dataclass(frozen=True, eq=False)
class Clause:
    """What a person said in one go. Each is itself alone, so that what is found in one can be kept by it."""

    text: str
    units: tuple[Unit, ...]

    @cached_property
    def raws(self) -> tuple[str, ...]:
        """Every word, folded."""
        return tuple(raw for unit in self.units for raw in unit.raws)

    @cached_property
    def is_question(self) -> bool:
        """Whether it begins as a question does: «is it …», «how …», «do we …»."""
        first = next((raw for raw in self.raws if raw not in {"so", "ok", "hey", "hi", "hello", "and", "but"}), "")
        asked = self._second in {"i", "we", "you", "they", "anybody", "anyone", "somebody", "someone"}
        is_told = first in {"will", "would"} and self._second not in {"you", "u", "it", "that"}
        return first in QUESTIONS | {"should", "shall"} or (first in {"do", "have"} and asked) or is_told

    @property
    def _second(self) -> str:
        return self.raws[1] if len(self.raws) > 1 else ""

    @cached_property
    def is_how_to(self) -> bool:
        """Whether it asks how something is done: «how do I …», «how would you …»."""
        asked = [place for place, raw in enumerate(self.raws) if raw == "how"]
        doers = {"do", "does", "can", "could", "would", "should", "to", "might", "did"}
        return any(self.raws[place + 1 : place + 2] and self.raws[place + 1] in doers for place in asked)

    @cached_property
    def is_put_off(self) -> bool:
        """Whether it is for another time, or for more than once."""
        return bool(_PUT_OFF.search(QUOTED.sub(" ", self.text)))

    @cached_property
    def is_turned_round(self) -> bool:
        """Whether a word in it may turn the wish round."""
        return bool(self.turning) or self.is_instead

    @cached_property
    def turning(self) -> tuple[str, ...]:
        """The words that may turn it round; «keep an eye on» is an action and does not."""
        units = (unit for unit in self.units if not (unit.action == "watch" and len(unit.raws) > 1))
        return tuple(raw for unit in units for raw in unit.raws if raw in NEGATIONS)

    @cached_property
    def is_instead(self) -> bool:
        """Whether it names what it is not about: «instead of …»."""
        return ("instead", "of") in pairwise(self.raws)


def read_clause(text: str, mended: Mapping[str, str] | None = None) -> Clause:
    """Return a text as units; `mended` has the right spelling of words in it."""
    return _as_clause(text, mended) if mended else _read_before(text)


@lru_cache(maxsize=256)
def _read_before(text: str) -> Clause:
    # Every stage of a reading looks at the same few pieces of a request again.
    return _as_clause(text, {})


def _as_clause(text: str, mended: Mapping[str, str]) -> Clause:
    return Clause(text, tuple(_with_actions(list(_words(text, mended)))))


def read_phrase(phrase: str) -> tuple[Unit, ...]:
    """Return a declared phrase as units, its slots among them."""
    units: list[Unit] = []
    start = 0
    for slot in SLOT.finditer(phrase):
        units += _words(phrase[start : slot.start()], {}, len(units))
        units.append(Unit((), (), slot.start(), slot.end(), len(units), slot=slot[1]))
        start = slot.end()
    units += _words(phrase[start:], {}, len(units))
    return tuple(_with_actions(units))


def _words(text: str, mended: Mapping[str, str], place: int = 0) -> Iterator[Unit]:
    places = {found.start("place") for found in _PLACE.finditer(text)}
    for chunk in _CHUNK.finditer(text):
        found = [] if QUOTED.fullmatch(chunk[0]) else _read_words(chunk[0])
        right = [mended.get(word, word) for word in found]
        for number, word in enumerate(right):
            whole = (number == 0, number == len(found) - 1)
            is_silent, is_article = word in _PASSED or chunk.start() in places, word in ARTICLES
            yield Unit((stem(word),), (word,), *chunk.span(), place, "", "", whole, is_silent, is_article)
            place += 1
        if not found:
            yield Unit((), (), *chunk.span(), place)
            place += 1


def _read_words(chunk: str) -> list[str]:
    """Return the words of a chunk; a number in several words is one, in digits."""
    number = read_spelt(fold(chunk)) if " " in chunk or "-" in chunk else None
    return words_in(chunk) if number is None else [str(number)]


def _with_actions(units: list[Unit]) -> list[Unit]:
    """Return the units with the words of each action made one."""
    stems = [" ".join(unit.stems) for unit in units[:MAX_UNITS]]
    raws = [" ".join(unit.raws) for unit in units[:MAX_UNITS]]
    found = find_actions(stems, raws)
    joined = {places[0]: (action, places) for action, places in found}
    taken = {place for _, places in found for place in places}
    asks = bool(raws) and (raws[0] in QUESTIONS or any(action == "show" for action, _ in found))
    result = []
    for place, unit in enumerate(units):
        if place in joined:
            result.append(_joined(units, *joined[place]))
        elif place not in taken:
            is_state = asks and place > 0 and " ".join(unit.raws) in STATES
            result.append(replace(unit, action="state", is_silent=False) if is_state else unit)
    return result


def _joined(units: Sequence[Unit], action: str, places: tuple[int, ...]) -> Unit:
    members = [units[place] for place in sorted(places)]
    stems = tuple(s for member in members for s in member.stems)
    raws = tuple(r for member in members for r in member.raws)
    gaps = [after.start for before, after in pairwise(members) if after.place - before.place > 1]
    tail = gaps[0] if gaps else -1
    is_silent = action == CARRY
    return replace(members[0], stems=stems, raws=raws, action=action, is_silent=is_silent, is_article=False, tail=tail)


@dataclass(frozen=True, slots=True)
class Aligned:
    """A phrase that fits a whole clause."""

    captured: dict[str, str]
    is_valid: bool
    """Whether every slot holds a value that its parameter takes."""
    is_literal: bool
    """Whether all of its words are there as declared."""


class Alignment:
    """Lays one phrase over one clause, from left to right; what carries no meaning is passed over."""

    def __init__(
        self, clause: Clause, phrase: Sequence[Unit], valid: Callable[[str, str], bool], free: set[str]
    ) -> None:
        self._text = clause.text
        self._phrase = phrase
        self._valid = valid
        self._free = free
        self._tries = 0

    def find(self, units: Sequence[Unit]) -> Aligned | None:
        """Return the first way that fits, those with valid values before others."""
        fallback = None
        for captured, is_literal in self._from(0, 0, units):
            is_valid = all(self._valid(name, text) for name, text in captured.items())
            if is_valid:
                return Aligned(captured, True, is_literal)
            fallback = fallback or Aligned(captured, False, is_literal)
        return fallback

    def _from(self, i: int, j: int, units: Sequence[Unit]) -> Iterator[tuple[dict[str, str], bool]]:
        self._tries += 1
        if self._tries > 400:
            return
        if i == len(self._phrase):
            if all(unit.is_silent for unit in units[j:]):
                yield {}, True
            return
        wanted = self._phrase[i]
        if wanted.slot:
            yield from self._slot(i, j, units)
            return
        if wanted.is_article:
            yield from self._from(i + 1, j + (j < len(units) and units[j].is_article), units)
            return
        if j < len(units) and _alike(wanted, units[j]):
            is_same = wanted.stems == units[j].stems
            yield from ((found, literal and is_same) for found, literal in self._from(i + 1, j + 1, units))
        if j < len(units) and units[j].is_silent:
            yield from self._from(i, j + 1, units)

    def _slot(self, i: int, j: int, units: Sequence[Unit]) -> Iterator[tuple[dict[str, str], bool]]:
        name = self._phrase[i].slot
        if i == len(self._phrase) - 1 and name in self._free:
            if text := self._rest(j, units):
                yield {name: text}, True
            return
        first = j
        while j < len(units) and name not in self._free and units[j].is_silent:
            j += 1
        if j == len(units) and names_something(self._between(units[first:])):
            j = first  # a name such as «hello» is a small word elsewhere
        for end in range(j + 1, min(j + MOST_IN_SLOT, len(units)) + 1):
            if text := self._between(units[j:end]):
                for found, literal in self._from(i + 1, end, units):
                    yield {name: text, **found}, literal

    def _rest(self, j: int, units: Sequence[Unit]) -> str:
        if j >= len(units) or not units[j].is_whole[0]:
            return ""
        start = units[j].start
        end = min((unit.tail for unit in units if unit.tail > start), default=len(self._text))
        text = self._text[start:end].strip(" .!?")
        if quoted := _QUOTED_FIRST.match(text):
            return quoted["text"]
        return COURTESY_AT_END.sub("", text).strip()

    def _between(self, units: Sequence[Unit]) -> str:
        """Return the text that units cover; nothing when they are parts of words or stand apart."""
        if not units or not (units[0].is_whole[0] and units[-1].is_whole[1]):
            return ""
        if any(b.place - a.place != 1 or (a.action and len(a.stems) > 1) for a, b in pairwise(units)):
            return ""
        return self._text[units[0].start : units[-1].end].strip(_ENDS)


def _alike(wanted: Unit, said: Unit) -> bool:
    return bool(wanted.stems) and (wanted.stems == said.stems or (wanted.action != "" and wanted.action == said.action))


def action_first(units: Sequence[Unit]) -> tuple[Unit, ...] | None:
    """Return the units with their only action in front: «the photos are backed up», «give it a kick»."""
    actions = [unit for unit in units if unit.action]
    if len(actions) != 1 or units[0] is actions[0]:
        return None
    return (actions[0], *(unit for unit in units if unit is not actions[0]))


def names_something(text: str) -> bool:
    """Whether a text names a thing, and does not only point to it or put it off."""
    return any(word not in _POINTING for word in words_in(text))
