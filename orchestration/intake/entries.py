"""What is known of each operation of a catalogue, for matching: its phrases as units, and the words that it explains.

Built by `index.py`, once for a catalogue.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestration.intake.actions import ADDITIVE, HARMFUL
from orchestration.intake.catalogue import Catalogue, Operation
from orchestration.intake.declaration import Parameter
from orchestration.intake.described import Description, described, is_only_described
from orchestration.intake.phrases import Unit, read_phrase
from orchestration.intake.templates import SLOT
from orchestration.intake.words import LIGHT, QUESTIONS, stem, words_in

LIGHT_WEIGHT = 0.2
"""What a word weighs that only carries another: «make», «how»."""
_LIGHT = LIGHT | QUESTIONS


@dataclass(frozen=True, slots=True)
class Weighed:
    """A unit of a phrase that carries meaning."""

    stems: frozenset[str]
    action: str
    weight: float


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to ask for an operation."""

    operation: str
    units: tuple[Unit, ...]
    contents: tuple[Weighed, ...]
    total: float
    """Weight of its contents."""
    needed: tuple[tuple[tuple[str, ...], str], ...]
    """(stems, action) of each unit that a clause must have to be this phrase."""
    literal: int
    """Words of its own, beside its slots."""
    asks: bool
    """Whether it is a question itself."""
    is_open_verb: bool
    """Whether it is one action and a slot, and no more."""


@dataclass(slots=True)
class Entry:
    """What is known of one operation."""

    operation: Operation
    spoken: list[tuple[Unit, ...]]
    phrases: list[Phrase] = field(default_factory=list)
    stems: set[str] = field(default_factory=set)
    """Of all its phrases."""
    actions: set[str] = field(default_factory=set)
    main_actions: set[str] = field(default_factory=set)
    """The first of each phrase."""
    explained: set[str] = field(default_factory=set)
    """Words of its parameters, their values and its target: beside a phrase, they take nothing from it."""
    small: set[str] = field(default_factory=set)
    """The words of those phrases that have small words only, such as «hello»."""
    free: set[str] = field(default_factory=set)
    """Parameters that take any words."""
    details: set[str] = field(default_factory=set)
    """Words by which it names its parameters, and no thing: «port»."""
    told: set[str] = field(default_factory=set)
    """Words of its description: what they say is part of what it does."""
    description: Description | None = None
    """What it tells of itself, when it has no phrase of its own."""

    @property
    def is_additive(self) -> bool:
        """Whether it lays something down and does no harm, so that to wish for the thing is to wish for this."""
        harms = not HARMFUL.isdisjoint(self.actions) or self.operation.risk not in ("low", "medium")
        adds = not ADDITIVE.isdisjoint(self.actions)
        return adds and not harms and (self.operation.undo is not None or self.operation.effect == "idempotent")


def entries_of(catalogue: Catalogue) -> tuple[dict[str, Entry], dict[str, float]]:
    """Return every operation by its key, and what each word of their phrases weighs: the fewer know it, the more."""
    entries = {key: _entry(key, operation) for key, operation in catalogue.operations.items()}
    spread = Counter(word for entry in entries.values() for word in entry.stems)
    weights = {word: math.log(1 + len(entries) / count) for word, count in spread.items()}
    for key, entry in entries.items():
        entry.phrases = [_phrase(key, units, weights) for units in entry.spoken]
    return entries, weights


def is_free(parameter: Parameter) -> bool:
    """Whether a parameter takes any words at all."""
    shaped = parameter.enum or parameter.pattern or parameter.one_of or parameter.format
    return parameter.type == "string" and not shaped


def _entry(key: str, operation: Operation) -> Entry:
    spoken = [read_phrase(text) for text in dict.fromkeys((*operation.says, operation.title, key.replace("_", " ")))]
    contents = [unit for units in spoken for unit in _contents(units)]
    description = described(key, operation) if is_only_described(key, operation) else None
    return Entry(
        operation,
        spoken,
        stems={word for unit in contents for word in unit.stems},
        actions={unit.action for unit in contents} - {""},
        main_actions={next((unit.action for unit in units if unit.action), "") for units in spoken} - {""},
        explained={stem(word) for text in naming(operation) for word in words_in(text)}
        | (description.credit.keys() if description else set()),
        small={word for units in spoken if not any(map(_is_telling, units)) for unit in units for word in unit.stems},
        free={name for name, parameter in operation.parameters.items() if is_free(parameter)},
        details=_details(operation),
        told={stem(word) for text in (operation.description, operation.work_type) for word in words_in(text)},
        description=description,
    )


def _details(operation: Operation) -> set[str]:
    said = (text for name, parameter in operation.parameters.items() for text in (name, *parameter.says))
    title = {stem(word) for word in words_in(operation.title)}
    return {stem(word) for text in said for word in words_in(text)} - title


def _phrase(key: str, units: tuple[Unit, ...], weights: dict[str, float]) -> Phrase:
    is_small = not any(_is_telling(unit) for unit in units)
    contents = tuple(
        Weighed(frozenset(unit.stems), unit.action, _unit_weight(unit, weights, is_small)) for unit in _contents(units)
    )
    needed = tuple((unit.stems, unit.action) for unit in units if unit.stems and not unit.is_article)
    literal = sum(len(unit.raws) for unit in units)
    asks = any(raw in QUESTIONS for unit in units[:1] for raw in unit.raws)
    is_open = len(contents) == 1 and any(unit.slot for unit in units)
    return Phrase(key, units, contents, sum(content.weight for content in contents), needed, literal, asks, is_open)


def _unit_weight(unit: Unit, weights: dict[str, float], is_small: bool) -> float:
    if not (unit.action or is_small) and all(raw in _LIGHT for raw in unit.raws):
        return LIGHT_WEIGHT
    return max(weights[word] for word in unit.stems)


def _contents(units: tuple[Unit, ...]) -> list[Unit]:
    """Return the units of a phrase that carry meaning; all of them when none does."""
    spoken = [unit for unit in units if unit.stems]
    if not any(_is_telling(unit) for unit in spoken):
        return [unit for unit in spoken if not unit.is_article]
    return [unit for unit in spoken if not unit.is_silent or all(raw in LIGHT for raw in unit.raws)]


def _is_telling(unit: Unit) -> bool:
    return bool(unit.stems) and not unit.is_silent


def naming(operation: Operation) -> Iterator[str]:
    """Yield the names of an operation's parameters, of their values and sources, and of its target."""
    yield SLOT.sub(" ", operation.target)
    for name, parameter in operation.parameters.items():
        yield from (name, *parameter.says, *map(str, parameter.enum or []))
        for synonyms in parameter.synonyms.values():
            yield from synonyms
        yield from (place for _, place in parameter.places())
