"""A catalogue as it is searched: an inverted index of its words and actions.

Built once for a catalogue, when it is loaded, and used by `matching.py`. BM25 ranks, over names and phrases in full and
what explains them by half; nothing here decides.
"""

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from orchestration.intake.actions import KNOWN
from orchestration.intake.catalogue import Catalogue
from orchestration.intake.clauses import is_tying
from orchestration.intake.entries import Entry, entries_of, naming
from orchestration.intake.kin import KIN
from orchestration.intake.phrases import Clause, Unit, read_clause
from orchestration.intake.templates import SLOT
from orchestration.intake.words import LIGHT, NEGATIONS, QUESTIONS, SILENT, VAGUE, Spelling, stem, words, words_in

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
_ENGLISH = SILENT | LIGHT | VAGUE | NEGATIONS | QUESTIONS


class Index:
    """The words of one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.entries, self._weights = entries_of(catalogue)
        self.whole = _whole(catalogue)
        """What finds the words of phrases that would tie clauses elsewhere: «… off and on again». None when none do."""
        self._rarest = math.log(1 + len(self.entries))
        self._small = _small(self.entries)
        self._postings = _postings(self.entries)
        self._vocabulary = _vocabulary(catalogue)
        self._known_stems = {stem(word) for word in (*self._vocabulary, *KNOWN, *_ENGLISH)}
        self._spelling = Spelling(self._vocabulary | KNOWN | SILENT)

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

    def names(self, word: str) -> bool:
        """Whether a folded word is one by which the catalogue names things, and no action."""
        return word in self._vocabulary and word not in KNOWN and word not in _ENGLISH

    def mended(self, clause: Clause) -> dict[str, str]:
        """Return the right spelling of words in a clause that nobody knows."""
        unknown = dict.fromkeys(raw for raw in clause.raws[:100] if not self.is_word(raw))
        return {raw: right for raw in list(unknown)[:MAX_MENDED] if (right := self._spelling.mend(raw))}

    def is_word(self, raw: str) -> bool:
        """Whether a folded word is known, be it of English only."""
        return raw in self._vocabulary or raw in _ENGLISH or stem(raw) in self._known_stems


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
