"""What the name and the description of an operation tell: how near a request is to one that has no phrases of its own.

`index.py` ranks by the same words; this says whether the best is near enough to be meant at all. Called by
`matching.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.intake.catalogue import Operation
from orchestration.intake.kin import COMMON, KIN
from orchestration.intake.phrases import Clause
from orchestration.intake.words import SILENT, stem, words, words_in

_ROOT = 5
"""Letters at its beginning by which two words are taken for forms of one: «invest», «investment»."""
_OF_FORM, _OF_KIN = 0.7, 0.5
"""What another form of a word counts, and a word near in meaning."""
_COMMON, _NAME = 0.3, 0.1
"""What a word weighs that any description has; and a name or a number that the operation does not know."""
_FIELDS = (("name", 1.0), ("description", 0.85), ("parameter", 0.6), ("value", 0.85), ("explained", 0.35))
"""What a word counts, by where an operation has it."""
_EACH, _MOST = 0.15, 3.0
"""What each word counts that is shared, and how many do."""
_STEEPNESS, _FLOOR = 0.7, 0.52
"""Turn what is shared into a score on the scale of phrases."""


@dataclass(frozen=True, slots=True)
class Description:
    """What an operation tells of itself."""

    name: frozenset[str]
    credit: dict[str, float]
    """What a word counts, by its stem."""
    forms: dict[str, float]
    """The same by the beginning of a word."""

    def counts(self, word: str) -> float:
        """Return what a word counts, be it by another form of it or a word near in meaning."""
        if word in self.credit:
            return self.credit[word]
        if form := self.forms.get(word[:_ROOT]):
            return _OF_FORM * form
        return _OF_KIN * max((self.credit.get(near, 0.0) for near in KIN.get(word, ())), default=0.0)


def described(key: str, operation: Operation) -> Description:
    """Return the words of an operation by what they count."""
    texts = _texts(key, operation)
    credit: dict[str, float] = {}
    for field, count in reversed(_FIELDS):
        credit |= dict.fromkeys((word for text in texts[field] for word in words(text)), count)
    forms: dict[str, float] = {}
    for word, count in credit.items():
        if len(word) >= _ROOT and word.isalpha():
            forms[word[:_ROOT]] = max(count, forms.get(word[:_ROOT], 0.0))
    name = frozenset(word for text in texts["name"] for word in words(text) if len(word) > 1)
    return Description(name, credit, forms)


def _texts(key: str, operation: Operation) -> dict[str, list[str]]:
    parameters = operation.parameters
    return {
        "name": [key, operation.title],
        "description": [operation.description],
        "parameter": [*parameters],
        "value": [str(value) for parameter in parameters.values() for value in parameter.enum or []],
        "explained": [parameter.description for parameter in parameters.values()],
    }


def is_only_described(key: str, operation: Operation) -> bool:
    """Whether an operation has a description and no phrase of its own: all that it is asked for by is its name."""
    name = set(words_in(f"{key} {operation.title}"))
    return bool(operation.description) and all(name.issuperset(words_in(phrase)) for phrase in operation.says)


class Wording:
    """The words of a clause, as they are looked for in what operations tell of themselves."""

    def __init__(self, clause: Clause) -> None:
        self._names: set[str] = set()
        self.words: set[str] = set()
        for word, is_name in _words_of(clause):
            (self._names if is_name else self.words).add(word)
        self._names -= self.words
        self.words |= self._names
        self._forms = {word[:_ROOT] for word in self.words if len(word) >= _ROOT}
        self._kin = {near for word in self.words for near in KIN.get(word, ())}

    def nearness(self, description: Description) -> float:
        """Return how near an operation is, 0 to 1: how many of these words it knows, and how much of its name is
        said."""
        shared, total = self._shared(description)
        whole = sum(map(_weight, description.name))
        if not shared or not whole:
            return 0.0
        named = sum(_weight(word) * self._counts(word) for word in description.name) / whole
        found = shared / total + named + _EACH * min(shared, _MOST)
        return min(max(_STEEPNESS * found - _FLOOR, 0.0), 1.0)

    def known(self, description: Description) -> float:
        """Return how much of the words an operation knows, 0 to 1; 1 when none of them tells anything."""
        if not self.words - self._names - COMMON:
            return 1.0
        shared, total = self._shared(description)
        return shared / total

    def _shared(self, description: Description) -> tuple[float, float]:
        """Return the weight of the words that an operation knows, and of all words."""
        shared = total = 0.0
        for word in self.words:
            counts = description.counts(word)
            weight = _NAME if word in self._names and not counts else _weight(word)
            shared += weight * counts
            total += weight
        return shared, total

    def _counts(self, word: str) -> float:
        """Return how much of a word of a name was said."""
        if word in self.words:
            return 1.0
        if len(word) >= _ROOT and word[:_ROOT] in self._forms:
            return _OF_FORM
        return _OF_KIN if word in self._kin else 0.0


def _words_of(clause: Clause) -> Iterator[tuple[str, bool]]:
    """Yield (stem, whether it is a name or a number) for the words of a clause."""
    for unit in clause.units:
        is_name = unit.start > 0 and clause.text[unit.start : unit.end].strip("\"'“(")[:1].isupper()
        for raw in unit.raws:
            if raw not in SILENT and len(raw) > 1:
                yield stem(raw), is_name or any(letter.isdigit() for letter in raw)


def _weight(word: str) -> float:
    return _COMMON if word in COMMON else 1.0
