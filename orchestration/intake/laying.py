"""Lay one declared phrase over a whole clause: whether it fits, and what its slots hold. Called by `matching.py`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from orchestration.intake.declaration import Parameter
from orchestration.intake.entries import Entry, Phrase, is_free
from orchestration.intake.free_text import is_bounded
from orchestration.intake.numerals import NUMBER_WORDS
from orchestration.intake.parameters import read_value, without_kind
from orchestration.intake.phrases import Aligned, Alignment, Clause, action_first, names_something
from orchestration.intake.values import BadValue
from orchestration.intake.words import NEGATIONS, stem, words_in
from orchestration.policy import RISKS

SLOT_PHRASE_SCORE = 0.95
ALIKE_SCORE = 0.9
"""A phrase that fits with another word for its action, or with its action moved to the front."""
DOUBT = 0.55
"""What is left of a score when the clause may not be a wish at all: enough to ask, not to plan."""
LEAST_DOUBTED = 0.26
"""What doubt leaves at least of a score that was as high: a question, and no refusal."""

_RELATIVE = re.compile(
    r"(?<!\s)\s++(?:that|which|who)\s++(?:(?:can|could|do|does|would|might|may|will)(?:n['’]t|\s++not)?+\s++)?+"
    r"(?:is|are|has|have|runs?|works?|needs?|uses?|takes?|costs?|looks?|be|offers?|supports?)\b.*+$",
    re.IGNORECASE,
)
"""What describes what is looked for, and is no part of a name: «alternatives to kuma *that are lighter*»."""
_ADDRESS = re.compile(r"[\w-]+(?:\.[\w-]+)+")
"""A name with dots, whose parts are no words of the request: «time.example.org»."""


@dataclass(frozen=True, slots=True)
class Match:
    """One operation that a clause may mean."""

    operation: str
    score: float
    """0 to 1."""
    captured: dict[str, str]
    """Slot name to the words that stood there."""
    literal: int = 0
    """Words of the phrase itself beside its slots; 0 when no phrase fits as a whole."""
    known: bool = True
    """Whether the operation knows something of what the clause names, or the clause names nothing."""
    mended: tuple[tuple[str, str], ...] = ()
    """(as typed, as read) for each word that was spelt right first."""
    is_guess: bool = False
    """Whether such a word is what tells the operation from its opposite, so that a slip could turn the wish round."""


def doubted(score: float) -> float:
    """Return what is left of a score when the clause may be no wish."""
    return max(score * DOUBT, min(score, LEAST_DOUBTED))


def lay(phrase: Phrase, entry: Entry, clause: Clause) -> Match | None:
    """Return the match when the phrase fits the whole clause."""
    for units, share in ((clause.units, 1.0), (action_first(clause.units), ALIKE_SCORE)):
        if units and (aligned := Alignment(clause, phrase.units, _takes(entry), entry.free).find(units)):
            return _laid(phrase, entry, aligned, share * (DOUBT if clause.is_question and not phrase.asks else 1.0))
    return None


def _laid(phrase: Phrase, entry: Entry, aligned: Aligned, share: float) -> Match | None:
    """Return the match; none when a slot holds what it cannot take. A slot that only points holds nothing."""
    parameters = entry.operation.parameters
    said = {n: _value(n, entry, text) for n, text in aligned.captured.items()}
    bounded = {name for name in said if name in entry.free and is_bounded(name, entry.operation)}
    said |= {name: _RELATIVE.sub("", said[name]) for name in bounded}
    captured = {n: text for n, text in said.items() if n in entry.free or _tells(n, parameters[n], text)}
    if any(name in entry.free and text.lower() in ("me", "us") for name, text in captured.items()):
        return None
    if any(parameters[name].enum and not _is_taken(parameters[name], text) for name, text in captured.items()):
        return None
    held = ((name, text) for name, text in aligned.captured.items() if name not in entry.free)
    slots = (text for _, text in held if not _ADDRESS.fullmatch(text))
    if any(not NEGATIONS.isdisjoint(words_in(text)) for text in slots):
        return None
    is_open = any(name in entry.free or not _is_checked(parameters[name]) for name in aligned.captured)
    harms = RISKS.index(entry.operation.risk) > RISKS.index("medium")
    if not aligned.is_literal and is_open and harms and len(phrase.contents) == 1:
        return None
    score = (SLOT_PHRASE_SCORE if aligned.captured else 1.0) * (1.0 if aligned.is_literal else ALIKE_SCORE)
    return Match(phrase.operation, score * share, captured, phrase.literal)


def _tells(name: str, parameter: Parameter, text: str) -> bool:
    """Whether a text names a value, and not only the parameter: «that volume», «three volumes»."""
    naming = {stem(word) for said in (name, *parameter.says) for word in words_in(said)}
    left = (word for word in words_in(text) if stem(word) not in naming and word not in NUMBER_WORDS)
    return names_something(" ".join(left))


def _value(name: str, entry: Entry, text: str) -> str:
    """Return what a slot holds, of a name without the words for what it is."""
    parameter = entry.operation.parameters[name]
    is_name = parameter.type == "string" and not parameter.format and name not in entry.free
    is_whole = not is_name or (parameter.enum is not None and _is_taken(parameter, text))
    return text if is_whole else without_kind(name, parameter, text)


def _takes(entry: Entry) -> Callable[[str, str], bool]:
    return lambda name, text: _is_taken(entry.operation.parameters[name], _value(name, entry, text))


def _is_checked(parameter: Parameter) -> bool:
    """Whether only some words are values, and they are known here."""
    return parameter.enum is not None or parameter.type != "string"


def _is_taken(parameter: Parameter, text: str) -> bool:
    try:
        read_value(parameter, text)
    except BadValue:
        return False
    return is_free(parameter) or names_something(text)
