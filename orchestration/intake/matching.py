"""Which operation a clause means: phrases with slots first, else words weighed by how much they tell apart.

A word that only one operation knows («kuma») weighs more than one that many know («deploy»), as in BM25. The
score is 0 to 1: how much of a phrase is in the clause, lowered by what the clause says beside it, and lowered
again by words that turn a wish round («don't», «if», «how do I»).
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from orchestration.intake.catalogue import SLOT, Catalogue, Operation
from orchestration.intake.request import fold

SLOT_PHRASE_SCORE = 0.95
RECALL_ALONE = 0.4
"""What a whole phrase scores among words that all mean something else."""
LOOSER = 0.8
"""What is left of a score when a phrase that says more fits as well: «echo slowly …» is not «echo …»."""
DOUBT = 0.55
"""What is left of a score when the clause may not be a wish at all: enough to ask, not to plan."""
QUOTED = re.compile(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)")
"""What people quote is a value and none of their own words; an apostrophe is no quote."""
_WORD = re.compile(r"[^\W_]+")
_ARTICLES = "the a an my our your".split()  # noqa: SIM905 (a list of words reads better as words)
_COURTESY = """please kindly can could would will you i we d want need like to let s us hi hello hey ok okay so now just
    also first then next finally""".split()  # noqa: SIM905
_SMALL = "and or of in on at for with it this that is are be me thanks thank".split()  # noqa: SIM905
_SILENT = frozenset((*_ARTICLES, *_COURTESY, *_SMALL))


@dataclass(frozen=True, slots=True)
class Match:
    """One operation that a clause may mean."""

    operation: str
    score: float
    """0 to 1."""
    captured: dict[str, str]
    """Slot name to the words that stood there."""
    literal: int = 0
    """Words of the phrase itself beside its slots."""


def words(text: str) -> list[str]:
    """Return the words that carry meaning, folded and stemmed."""
    return [stem(word) for word in _WORD.findall(fold(text).replace("_", " ")) if word not in _SILENT]


def stem(word: str) -> str:
    """Return a word without its commonest English endings, so that «deploying portals» meets «deploy portal»."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


_DOUBTFUL = frozenset(
    map(
        stem,
        """not no never t don dont doesnt cant wont without except but unless if whether should how why when who what
        did does instead before after until nothing undo revert cancel stop abort skip avoid prevent ignore forget
        """.split(),  # noqa: SIM905
    )
)


class Matcher:
    """Finds operations of one catalogue by what people say."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def best(self, clause: str) -> list[Match]:
        """Return what the clause may mean, best first, each operation once."""
        said = set(words(QUOTED.sub(" ", clause)))
        matches = [match for key in self._catalogue.operations if (match := self._match(key, clause, said)).score > 0]
        most = max((match.literal for match in matches), default=0)
        weighed = [replace(m, score=m.score * LOOSER) if 0 < m.literal < most else m for m in matches]
        return sorted(weighed, key=lambda match: -match.score)

    def _match(self, key: str, clause: str, said: set[str]) -> Match:
        for pattern, literal in self._patterns[key]:
            if found := pattern.fullmatch(clause.strip(" .!?")):
                captured = {name: text.strip() for name, text in found.groupdict().items()}
                return Match(key, SLOT_PHRASE_SCORE if captured else 1.0, captured, literal)
        beside = said - self._explained[key]
        return Match(key, max((self._score(phrase, said, beside) for phrase in self._phrases[key]), default=0.0), {})

    def _score(self, phrase: set[str], said: set[str], beside: set[str]) -> float:
        common = self._weigh(phrase & said)
        if not common:
            return 0.0
        unexplained = beside - phrase
        recall = common / self._weigh(phrase)
        precision = common / (common + self._weigh(word for word in unexplained if not word.isdigit()))
        score = recall * (RECALL_ALONE + (1 - RECALL_ALONE) * precision)
        return score * DOUBT if unexplained & _DOUBTFUL else score

    def _weigh(self, chosen: Iterable[str]) -> float:
        total = len(self._phrases)
        return sum(math.log(1 + total / self._spread.get(word, 1)) for word in chosen)

    @cached_property
    def _phrases(self) -> dict[str, list[set[str]]]:
        operations = self._catalogue.operations.items()
        return {
            key: [set(known) for text in (*operation.says, operation.title, key) if (known := words(_alone(text)))]
            for key, operation in operations
        }

    @cached_property
    def _explained(self) -> dict[str, set[str]]:
        """The words of each operation's parameters: beside a phrase, they take nothing from it."""
        operations = self._catalogue.operations.items()
        return {key: {word for text in _naming(operation) for word in words(text)} for key, operation in operations}

    @cached_property
    def _spread(self) -> Counter[str]:
        """In how many operations a word is."""
        return Counter(word for phrases in self._phrases.values() for word in set().union(*phrases))

    @cached_property
    def _patterns(self) -> dict[str, list[tuple[re.Pattern[str], int]]]:
        """The phrases of each operation with how many words of their own they have, those that say most first."""
        found = {
            key: [(phrase_pattern(phrase), len(_alone(phrase).split())) for phrase in operation.says]
            for key, operation in self._catalogue.operations.items()
        }
        return {key: sorted(patterns, key=lambda pattern: -pattern[1]) for key, patterns in found.items()}


def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """Return the expression for a phrase; a slot at its end takes all that follows.

    Courtesies may stand around it, and an article in it may be another one or none.
    """
    spoken = phrase.split()
    pieces = [_piece(word, is_last=place == len(spoken)) for place, word in enumerate(spoken, start=1)]
    before = rf"(?:(?:{'|'.join(_COURTESY)})\b[\s,']+)*?"
    after = r"(?:[\s,]+(?:please|thanks|thank\s+you|now))?"
    return re.compile(before + "".join(pieces) + after, re.IGNORECASE | re.DOTALL)


def _piece(word: str, is_last: bool) -> str:
    if word.lower() in _ARTICLES and not is_last:
        return rf"(?:(?:{'|'.join(_ARTICLES)})\s+)?+"
    pattern = ""
    for index, part in enumerate(parts := re.split(SLOT.pattern, word)):
        if index % 2 == 0:
            pattern += re.escape(part)
        else:
            takes_all = is_last and index == len(parts) - 2 and not parts[-1]
            pattern += rf"(?P<{part}>.+)" if takes_all else rf"(?P<{part}>\S+(?:\s+\S+){{0,3}}?)"
    return pattern if is_last else rf"{pattern}\s+"


def _naming(operation: Operation) -> Iterator[str]:
    """Yield the names of an operation's parameters and of their values."""
    for name, parameter in operation.parameters.items():
        yield from (name, *parameter.says, *map(str, parameter.enum or []))
        for synonyms in parameter.synonyms.values():
            yield from synonyms


def _alone(phrase: str) -> str:
    """Return a phrase without its slots."""
    return SLOT.sub(" ", phrase)
