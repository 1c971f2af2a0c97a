"""The words and actions of one clause, as they are looked for in a catalogue. Used by `matching.py`."""

from functools import cached_property

from orchestration.intake.actions import ADDITIVE, GROUPS
from orchestration.intake.described import Wording
from orchestration.intake.entries import Entry, Phrase
from orchestration.intake.phrases import SAME_ACTION, Clause
from orchestration.intake.words import NEGATIONS, QUESTIONS, VAGUE

_POINTING = VAGUE | NEGATIONS | QUESTIONS
_WISHING = frozenset(
    ("need", "needs", "want", "wants", "like", "love", "have", "get", "give", "gimme", "put", "please", "pls", "plz")
)
"""Words by which people ask for a thing without saying what is to be done."""
_NOT_HAVING = frozenset(
    ("off", "out", "away", "down", "less", "rid", "from", "something", "anything", "everything", "nothing", "thing",
     "things", "stuff", "whatever", "better", "than", "help", "advice", "info", "information", "access", "problem",
     "problems", "trouble", "issue", "issues", "question", "questions")
)  # fmt: skip
"""Words with which a thing is not simply asked for."""


class Heard:
    """The words and actions of one clause, as they are looked for."""

    def __init__(self, clause: Clause) -> None:
        self.clause = clause
        self._units = [unit for unit in clause.units if unit.stems and not unit.is_silent]
        self.every = {word for unit in clause.units for word in unit.stems}
        self._wholes = {unit.stems for unit in clause.units}
        self.actions = {unit.action for unit in self._units} - {""}
        self.implied = self._implied()
        first = next((unit for unit in self._units if unit.action), None)
        self.first = set(first.stems) if first else set()
        self.begins_elsewhere = first is not None and first.action not in GROUPS

    @cached_property
    def wording(self) -> Wording:
        """Its words, as they are looked for in descriptions."""
        return Wording(self.clause)

    def named_beside(self, actions: set[str]) -> tuple[set[str], set[str]]:
        """Return the words beside these actions, and those of them that name a thing and not only point to it."""
        first = next((unit for unit in self._units if unit.action), None)
        named = [unit for unit in self._units if unit is not first and unit.action not in actions | {"state"}]
        found = {(word, raw) for unit in named for word, raw in zip(unit.stems, unit.raws, strict=True)}
        things = {word for word, raw in found if raw not in _POINTING and not raw.isdigit()}
        return {word for word, raw in found if raw not in QUESTIONS and raw not in NEGATIONS}, things

    def _implied(self) -> frozenset[str]:
        """Return the actions that nobody named: a question asks to be shown; who needs a thing, or names it with a
        value and no action, asks to have it."""
        raws = self.clause.raws
        if self.clause.is_question:
            return frozenset({"show"} if self._units else ())
        is_wish = raws[:1] == ("with",) or any(raw in _WISHING or raw.isdigit() for raw in raws)
        is_open = bool(self.actions) or any(raw in _NOT_HAVING for raw in raws)
        return ADDITIVE if is_wish and not is_open else frozenset()

    def has(self, phrase: Phrase) -> bool:
        """Whether every unit that a phrase needs is there, as it is or by another word for its action."""
        return all(stems in self._wholes or (action and action in self.actions) for stems, action in phrase.needed)

    def says(self, word: str, entry: Entry) -> bool:
        """Whether a phrase with this word was said in full, be it by another word for its action."""
        phrases = (phrase for phrase in entry.phrases if any(word in stems for stems, _ in phrase.needed))
        return word in entry.stems and any(self.has(phrase) for phrase in phrases)

    def is_declared(self, entry: Entry) -> bool:
        """Whether the clause is a phrase word by word."""
        raws = self.clause.raws
        return any(raws == tuple(raw for unit in units for raw in unit.raws) for units in entry.spoken)

    def has_all(self, phrase: Phrase) -> bool:
        """Whether two or more words of a phrase were said, and no other of it is missing."""
        return len(phrase.contents) > 1 and all(content.stems <= self.every for content in phrase.contents)

    def share(self, stems: frozenset[str], action: str, meant: set[str]) -> float:
        """Return how much of a phrase's unit was said: 0, 1, or something between for another word for it."""
        if stems <= self.every:
            return 1.0
        return SAME_ACTION if action and action in meant else 0.0

    def beside(self, stems: set[str], actions: set[str]) -> set[str]:
        """Return the words that neither stems nor actions explain."""
        return {word for unit in self._units if unit.action not in actions for word in unit.stems} - stems
