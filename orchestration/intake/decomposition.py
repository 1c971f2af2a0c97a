"""Read a request: which things are wanted, in which order, or what has to be asked back. Rules only, no model.

Called by `asking.py` with a clean text. `clauses.py` takes it apart, `reading.py` finds what each clause means in the
light of the others, `order.py` what waits for what.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from orchestration.intake.catalogue import Catalogue
from orchestration.intake.clauses import pieces_of
from orchestration.intake.laying import Match
from orchestration.intake.matching import Matcher
from orchestration.intake.order import dependencies
from orchestration.intake.questions import MAX_CHOICES, Choice, Question, choices_of, question_about, read_choice
from orchestration.intake.reading import Reader
from orchestration.intake.remarks import is_vague, only_points
from orchestration.intake.said import Lookup, Said, related, rivals_among
from orchestration.policy import RISKS

__all__ = ["Choice", "Decomposition", "Question", "Subtask", "decompose", "read_choice"]

MAX_SUBTASKS = 10
MAX_PIECES = 100
"""Beyond this nobody means each comma; they are not even looked at."""
EXAMPLES = 4
"""Operations that are named when nothing comes near."""


@dataclass(frozen=True, slots=True)
class Subtask:
    """One thing wanted, as it was read."""

    order: int
    """1, 2, 3 … as said."""
    intent: str
    """The key of the operation."""
    confidence: float
    text: str
    parameters: dict[str, str]
    """What slots of a phrase captured, not yet typed."""
    depends_on: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A request as it was read. With questions or out-of-scope clauses there is no plan."""

    subtasks: tuple[Subtask, ...] = ()
    questions: tuple[Question, ...] = ()
    out_of_scope: tuple[str, ...] = ()
    """Clauses that nothing in the catalogue can do."""
    nearest: tuple[Choice, ...] = field(default=())
    """What comes closest to them; a few examples when nothing does."""


def decompose(
    text: str,
    catalogue: Catalogue,
    matcher: Matcher,
    answers: Mapping[str, str] = MappingProxyType({}),
    names: Mapping[str, str] = MappingProxyType({}),
) -> Decomposition:
    """Read a clean text against a catalogue.

    `answers` are keys of operations by the clause that a question was about; the same text with the same answers is
    always read the same. `names` are those that only the workspace knows, folded, with what they are.
    """
    pieces = pieces_of(text, matcher.index.whole)
    if len(pieces) > MAX_PIECES:
        return Decomposition(questions=(_too_many(len(pieces), text),))
    chosen = {clause: key for clause, key in answers.items() if key in catalogue.operations}
    said = Reader(Lookup(catalogue, matcher, chosen, names)).read(pieces)
    wishes = [clause for clause in said if not clause.is_remark]
    known = {clause.about for clause in wishes}
    wishes = [clause if clause.same_as in known else replace(clause, same_as="") for clause in wishes]
    return _Decomposer(catalogue, chosen).result(text, wishes)


class _Decomposer:
    def __init__(self, catalogue: Catalogue, answers: Mapping[str, str]) -> None:
        self._catalogue = catalogue
        self._answers = answers
        self._questions: list[Question] = []
        self._out_of_scope: list[str] = []
        self._nearest: list[Match] = []

    def result(self, text: str, wishes: Sequence[Said]) -> Decomposition:
        found = [self._meant(clause) for clause in wishes]
        if len([clause for clause in wishes if not clause.same_as]) > MAX_SUBTASKS:
            self._questions.append(_too_many(len(wishes), text))
        if not wishes:
            self._out_of_scope.append(text)
        if self._out_of_scope and not any(clause.matches for clause in wishes) and only_points(text):
            self._out_of_scope = []
            self._questions = [question_about(text, _examples(self._catalogue), self._catalogue)]
        subtasks = self._subtasks(wishes, found)
        nearest = self._near() if self._out_of_scope else ()
        return Decomposition(subtasks, tuple(self._questions), tuple(self._out_of_scope), nearest)

    def _meant(self, clause: Said) -> Match | None:
        """Return the operation that a clause means; None, and a question or a refusal noted, when it is not clear."""
        if clause.same_as:
            return None
        if key := self._answers.get(clause.about):
            given = next((match for match in clause.matches if match.operation == key), None)
            return Match(key, 1.0, given.captured if given else {})
        matches = related(clause.matches)
        if not matches and clause.matches and is_vague(clause.about):
            self._questions.append(question_about(clause.about, clause.matches, self._catalogue))
        elif not matches:
            self._out_of_scope.append(clause.about)
            self._nearest += clause.matches
        elif rivals := rivals_among(matches, self._catalogue):
            self._questions.append(question_about(clause.about, rivals, self._catalogue))
        else:
            return matches[0]
        return None

    def _subtasks(self, wishes: Sequence[Said], found: Sequence[Match | None]) -> tuple[Subtask, ...]:
        places = {clause.about: place for place, clause in enumerate(wishes) if not clause.same_as}
        stands_for = [places.get(clause.same_as, place) for place, clause in enumerate(wishes)]
        numbers = {p: n for n, p in enumerate((p for p in range(len(wishes)) if stands_for[p] == p), start=1)}
        needs: dict[int, set[int]] = {place: set() for place in numbers}
        for place, before in enumerate(dependencies(wishes)):
            needs[stands_for[place]] |= {stands_for[b] for b in before} - {stands_for[place]}
        return tuple(
            Subtask(
                numbers[place],
                match.operation,
                match.score,
                wishes[place].text,
                match.captured,
                tuple(sorted(numbers[b] for b in needs[place] if found[b])),
            )
            for place, match in enumerate(found)
            if match
        )

    def _near(self) -> tuple[Choice, ...]:
        best: dict[str, Match] = {}
        for match in sorted(self._nearest, key=lambda match: match.score):
            best[match.operation] = match
        near = sorted(best.values(), key=lambda match: -match.score)[:MAX_CHOICES]
        return choices_of(near or _examples(self._catalogue), self._catalogue)


def _examples(catalogue: Catalogue) -> list[Match]:
    """Return a few operations that show what can be done: of different kinds, the harmless first."""
    kinds: dict[str, str] = {}
    for key, operation in catalogue.operations.items():
        kinds.setdefault(operation.work_type, key)
    calm = sorted(kinds.values(), key=lambda key: RISKS.index(catalogue.operation(key).risk))
    return [Match(key, 0.0, {}) for key in calm[:EXAMPLES]]


def _too_many(count: int, text: str) -> Question:
    return Question(f"That is {count} things at once; the limit is {MAX_SUBTASKS}. Which come first?", text)
