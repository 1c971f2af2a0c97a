"""Which operation a clause means: phrases with slots first, else words weighed by how much they tell apart.

A word that only one operation knows («kuma») weighs more than one that many know («deploy»), as in BM25. The
score is 0 to 1: how much of a phrase is in the clause, lowered by what the clause says beside it.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from orchestration.intake.catalogue import SLOT, Catalogue
from orchestration.intake.request import fold

SLOT_PHRASE_SCORE = 0.95
_WORD = re.compile(r"[a-z0-9]+")
_SILENT = frozenset(
    """a an the to of in on at for with my our your please can could you would i we want need it this that is are be
    """.split()  # noqa: SIM905 (a list of words reads better as words)
)


@dataclass(frozen=True, slots=True)
class Match:
    """One operation that a clause may mean."""

    operation: str
    score: float
    """0 to 1."""
    captured: dict[str, str]
    """Slot name to the words that stood there."""


def words(text: str) -> list[str]:
    """Return the words that carry meaning, folded and stemmed."""
    return [stem(word) for word in _WORD.findall(fold(text).replace("_", " ")) if word not in _SILENT]


def stem(word: str) -> str:
    """Return a word without its commonest English endings, so that «deploying portals» meets «deploy portal»."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


class Matcher:
    """Finds operations of one catalogue by what people say."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def best(self, clause: str) -> list[Match]:
        """Return what the clause may mean, best first, each operation once."""
        matches = [match for key in self._catalogue.operations if (match := self._match(key, clause)).score > 0]
        return sorted(matches, key=lambda match: -match.score)

    def _match(self, key: str, clause: str) -> Match:
        for pattern in self._patterns[key]:
            if found := pattern.fullmatch(clause.strip(" .!?")):
                return Match(key, SLOT_PHRASE_SCORE, {name: text.strip() for name, text in found.groupdict().items()})
        said = words(clause)
        return Match(key, max((self._score(phrase, said) for phrase in self._phrases[key]), default=0.0), {})

    def _score(self, phrase: list[str], said: list[str]) -> float:
        common = self._weigh(word for word in set(phrase) if word in said)
        if not common:
            return 0.0
        recall = common / self._weigh(set(phrase))
        precision = common / max(common, self._weigh(word for word in set(said) if not word.isdigit()))
        return recall * (0.7 + 0.3 * precision)

    def _weigh(self, chosen: Iterable[str]) -> float:
        total = len(self._phrases)
        return sum(math.log(1 + total / self._spread.get(word, 1)) for word in chosen)

    @cached_property
    def _phrases(self) -> dict[str, list[list[str]]]:
        operations = self._catalogue.operations.items()
        return {
            key: [tokens for text in (*operation.says, operation.title, key) if (tokens := words(SLOT.sub(" ", text)))]
            for key, operation in operations
        }

    @cached_property
    def _spread(self) -> Counter[str]:
        """In how many operations a word is."""
        return Counter(word for phrases in self._phrases.values() for word in {w for p in phrases for w in p})

    @cached_property
    def _patterns(self) -> dict[str, list[re.Pattern[str]]]:
        return {
            key: [slot_pattern(phrase) for phrase in operation.says if SLOT.search(phrase)]
            for key, operation in self._catalogue.operations.items()
        }


def slot_pattern(phrase: str) -> re.Pattern[str]:
    """Return the expression for a phrase with slots; the last slot takes all that follows."""
    pieces = re.split(SLOT.pattern, phrase)
    pattern = ""
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            pattern += r"\s+".join(re.escape(word) for word in re.split(r"\s+", piece))
        else:
            is_last = index == len(pieces) - 2 and not pieces[-1].strip()
            pattern += rf"(?P<{piece}>.+)" if is_last else rf"(?P<{piece}>\S+(?:\s+\S+){{0,3}}?)"
    return re.compile(rf"(?:please\s+)?{pattern}", re.IGNORECASE | re.DOTALL)
