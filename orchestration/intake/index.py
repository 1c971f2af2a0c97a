"""A catalogue as it is searched: an inverted index of its words and actions.

Built once for a catalogue, when it is loaded, and used by `matching.py`. BM25 ranks, over names and phrases in full and
what explains them by half; nothing here decides.
"""

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cached_property, lru_cache
from itertools import pairwise

from orchestration.intake.actions import KNOWN
from orchestration.intake.catalogue import Catalogue, Operation
from orchestration.intake.clauses import is_tying
from orchestration.intake.entries import Entry, entries_of, naming
from orchestration.intake.kin import KIN
from orchestration.intake.phrases import Clause, Unit, read_clause
from orchestration.intake.templates import SLOT
from orchestration.intake.words import (
    EVERYDAY,
    LIGHT,
    NEGATIONS,
    QUESTIONS,
    SILENT,
    VAGUE,
    Spelling,
    stem,
    words,
    words_in,
)

SHORTLIST = 10
"""Operations that are compared in full."""
MANY = 50
"""Operations from which on a word that most of them know is not searched for: it tells none of them apart."""
MAX_MENDED = 8
"""Misspelt words of one clause that are looked at."""
_K1, _B = 1.2, 0.4
_EXPLAINING = 0.5
"""What a word counts that only names a parameter or a value, or explains one."""
_ROOT = 4
"""Letters at its beginning by which forms of a word find each other: «invest», «investment»."""
_OF_ROOT = 0.5
_OF_KIN = 0.4
"""What a word counts that is near in meaning to one that the catalogue does not have."""
_PER_VALUE = 0.05
"""How much less likely an operation is for each value that somebody has to say."""
_MOST_VALUES = 6
_NO_NAMES = frozenset(("else", "about", "better", "worse", "best", "worst", "happened", "full", "slow"))
"""Words of phrases that name nothing, by themselves."""
_ENGLISH = SILENT | LIGHT | VAGUE | NEGATIONS | QUESTIONS


class Index:
    """The words of one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.entries, self._weights = entries_of(catalogue)
        self.whole = _whole(catalogue)
        """What finds the words of phrases that would tie clauses elsewhere: «… off and on again». None when none do."""
        self.actions: frozenset[str] = frozenset().union(*(entry.actions for entry in self.entries.values()))
        """Everything that any operation does."""
        self._rarest = math.log(1 + len(self.entries))
        self._small = _small(self.entries)
        self._pairs = _pairs(self.entries)
        self._postings = _postings(self.entries)
        self._vocabulary = _vocabulary(catalogue)
        self._known_stems = {stem(word) for word in (*self._vocabulary, *KNOWN, *_ENGLISH)}

    @cached_property
    def _spelling(self) -> Spelling:
        """Made for the first word that nobody knows: it takes longer than all the rest, and most wishes need none."""
        return Spelling(self._vocabulary | KNOWN | SILENT)

    @cached_property
    def _targets(self) -> dict[str, str]:
        """What each word names that names a target: `kuma` by «kuma» and «uptime»."""
        return {word: name for entry in self.entries.values() for word, name in _target_words(entry.operation)}

    def targets_in(self, text: str) -> set[str]:
        """Return the targets that a text names, as far as the catalogue knows them."""
        return {name for raw in words_in(text) if (name := self._targets.get(raw))}

    def weight(self, word: str) -> float:
        """Return how much a word tells: the fewer operations know it, the more."""
        return self._weights.get(word, self._rarest)

    def ranked(self, clause: Clause, size: int = SHORTLIST) -> dict[str, float]:
        """Return the operations that share most with a clause, by BM25, the best first."""
        scores: defaultdict[str, float] = defaultdict(float)
        for term, weight in self._sought(clause).items():
            for key, impact in self._postings.get(term, ()):
                scores[key] += weight * impact
        for word in {word for unit in clause.units for word in unit.stems} if self._small else ():
            for key in self._small.get(word, ()):
                scores[key] += self._rarest
        return dict(heapq.nlargest(size, scores.items(), key=lambda item: item[1]))

    def _sought(self, clause: Clause) -> dict[str, float]:
        """Return what is looked for by its weight: words and actions, other forms of them, words near in meaning."""
        said = set(_terms(clause.units)) | ({"@state"} if clause.is_question else set())
        unknown = [word for word in said if word not in self._postings and word in KIN]
        sought = dict.fromkeys((near for word in unknown for near in KIN[word]), _OF_KIN)
        sought |= dict.fromkeys(_roots(said), _OF_ROOT)
        return sought | dict.fromkeys(said, 1.0)

    def called(self, one: str, other: str, known: Set[str]) -> tuple[str, ...]:
        """Return two words that a phrase has side by side as one name, if one of them is known: «uptime kuma»."""
        return (one, other) if (one, other) in self._pairs and not known.isdisjoint((one, other)) else ()

    def names(self, word: str) -> bool:
        """Whether a folded word is one by which the catalogue names things, and no action."""
        return word in self._vocabulary and not (
            word in KNOWN or word in _ENGLISH or word in _NO_NAMES or word.endswith("ly")
        )

    def mended(self, clause: Clause) -> dict[str, str]:
        """Return the right spelling of words in a clause that nobody knows."""
        unknown = dict.fromkeys(raw for raw in clause.raws[:100] if not (raw in EVERYDAY or self.is_word(raw)))
        return {raw: right for raw in list(unknown)[:MAX_MENDED] if (right := self._spelling.mend(raw))}

    def is_word(self, raw: str) -> bool:
        """Whether a folded word is known, be it of English only."""
        short = stem(raw)
        return raw in self._vocabulary or raw in _ENGLISH or short in self._known_stems or short.isdigit()


def _target_words(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield (word, target) for each word by which people name what an operation is about: `service:{service}`."""
    name = operation.target.partition(":")[2]
    if name and not SLOT.search(name):
        yield from ((word, name) for word in words_in(name))
    for parameter in (operation.parameters[slot] for slot in SLOT.findall(name)):
        for value in map(str, parameter.enum or ()):
            said = (value, *parameter.synonyms.get(value, ()))
            yield from ((word, value) for text in said for word in words_in(text) if word not in _ENGLISH)


def _whole(catalogue: Catalogue) -> re.Pattern[str] | None:
    spoken = (part.strip(" ,") for op in catalogue.operations.values() for say in op.says for part in _parts(say))
    tied = sorted({part for part in spoken if " " in part and is_tying(part)}, key=lambda part: -len(part))
    found = (r"[\s,]+".join(_any_number(word.strip(",")) for word in part.split()) for part in tied)
    return re.compile(rf"(?<!\w)(?:{'|'.join(found)})(?!\w)", re.IGNORECASE) if tied else None


def _small(entries: Mapping[str, Entry]) -> dict[str, set[str]]:
    """Return the operations by the words of their small phrases."""
    small: defaultdict[str, set[str]] = defaultdict(set)
    for key, entry in entries.items():
        for word in entry.small:
            small[word].add(key)
    return dict(small)


def _pairs(entries: Mapping[str, Entry]) -> set[tuple[str, str]]:
    """Return the words that stand side by side in phrases and are no actions, stemmed."""
    spoken = (pair for entry in entries.values() for units in entry.spoken for pair in pairwise(units))
    return {
        (one.stems[0], other.stems[0])
        for one, other in spoken
        if not (one.action or other.action) and one.stems and other.stems and not (one.is_silent or other.is_silent)
    }


def _postings(entries: Mapping[str, Entry]) -> dict[str, list[tuple[str, float]]]:
    """Return (operation, what it adds to a score) by term."""
    documents = {key: _document(entry) for key, entry in entries.items()}
    lengths = {key: sum(n for term, n in counts.items() if term[0] != "~") for key, counts in documents.items()}
    mean = sum(lengths.values()) / max(len(documents), 1)
    spread = Counter(term for counts in documents.values() for term in counts)
    most = max(len(documents) / 2, MANY)
    rarity = {term: math.log(1 + len(documents) / n) for term, n in spread.items() if n <= most}
    postings: dict[str, list[tuple[str, float]]] = {term: [] for term in rarity}
    for key, counts in documents.items():
        likely = (_K1 + 1) / (1 + _PER_VALUE * _values(entries[key]))
        longer = _K1 * (1 - _B + _B * lengths[key] / mean)
        for term in counts.keys() & rarity.keys():
            postings[term].append((key, likely * rarity[term] * counts[term] / (counts[term] + longer)))
    return postings


def _vocabulary(catalogue: Catalogue) -> set[str]:
    spoken = (text for key, op in catalogue.operations.items() for text in (*op.says, op.title, key, *naming(op)))
    return {word for text in spoken for chunk in SLOT.sub(" ", text).split() for word in words_in(chunk)}


def _document(entry: Entry) -> dict[str, float]:
    """Return how often an operation has each term, what explains it counted by half."""
    operation = entry.operation
    full = Counter(term for units in entry.spoken for term in _terms(units))
    full.update(_terms_in(operation.description))
    half = Counter(term for text in naming(operation) for term in _terms_in(text))
    half.update(word for parameter in operation.parameters.values() for word in words(parameter.description))
    counts = {term: full[term] + _EXPLAINING * half[term] for term in full.keys() | half.keys()}
    roots: defaultdict[str, float] = defaultdict(float)
    for term, count in counts.items():
        for root in _roots((term,)):
            roots[root] += count
    return counts | roots


def _roots(terms: Iterable[str]) -> Iterator[str]:
    """Yield the beginnings of words, marked as such."""
    return ("~" + term[:_ROOT] for term in terms if len(term) >= _ROOT and term.isalpha())


def _values(entry: Entry) -> int:
    return min(sum(parameter.is_asked() for parameter in entry.operation.parameters.values()), _MOST_VALUES)


@lru_cache(maxsize=1_000)
def _terms_in(text: str) -> tuple[str, ...]:
    """Return the terms of a text; many operations name their parameters alike."""
    return tuple(_terms(read_clause(text).units))


def _terms(units: Iterable[Unit]) -> Iterator[str]:
    for unit in units:
        if unit.is_silent:
            continue
        yield from unit.stems
        if unit.action:
            yield "@" + unit.action


def _parts(phrase: str) -> list[str]:
    """Return the words between the slots of a phrase."""
    return SLOT.sub("\0", phrase).split("\0")


def _any_number(word: str) -> str:
    """Return an expression for a word; for a number, in digits as well."""
    return rf"(?:{word}|{stem(word)})" if stem(word).isdigit() else re.escape(word)
