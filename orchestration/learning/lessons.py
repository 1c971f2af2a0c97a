"""What approved plans teach: words that led to an operation, though no phrase of the catalogue has them.

Called by `sayso suggest`. A plan that somebody said yes to says what the words of its request were meant to be; where
no person had to, an answer to what was asked back does.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestration.intake.decomposition import Decomposition
from orchestration.intake.matching import Matcher
from orchestration.intake.said import CERTAIN
from orchestration.intake.words import stem, words_in
from orchestration.learning.phrase import phrase_of
from orchestration.planning.declared import Declared, Reading
from orchestration.planning.plan import PlannedTask
from orchestration.planning.planner import Planner


@dataclass(frozen=True, slots=True)
class Approved:
    """A request in words, and the tasks of the plan that it became once that was approved."""

    text: str
    person: str
    answers: Mapping[str, str]
    """Operations by the clause that was asked about."""
    tasks: Sequence[PlannedTask]
    by_person: bool
    """Whether a person approved it, and not the policy."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A phrase that is not in the catalogue, the operation that it meant, and who said so."""

    operation: str
    phrase: str
    asked: tuple[tuple[str, str], ...]
    """(person, the request), in their order."""

    @property
    def texts(self) -> frozenset[str]:
        """Return the requests that it is made of."""
        return frozenset(text for _, text in self.asked)

    @property
    def people(self) -> Counter[str]:
        """Return how often each person asked so."""
        return Counter(person for person, _ in self.asked)


async def lessons(approved: Sequence[Approved], declared: Declared, planner: Planner) -> list[Lesson]:
    """Return what approved requests teach about a catalogue as it is now, what was said oftenest first."""
    found: dict[tuple[str, ...], Lesson] = {}
    for one in approved:
        read = await planner.decompose(one.text)
        for operation, phrase in _phrases(one, read, declared.now):
            key = (operation, *map(stem, words_in(phrase)))
            before = found.get(key) or Lesson(operation, phrase, ())
            found[key] = Lesson(operation, before.phrase, (*before.asked, (one.person, one.text)))
    return sorted(found.values(), key=lambda lesson: -len(lesson.asked))


def _phrases(approved: Approved, read: Decomposition, reading: Reading) -> Iterator[tuple[str, str]]:
    """Yield each operation that was asked for in words that no phrase has, and those words as a phrase."""
    for clause, task in _less_than_declared(approved, read):
        operation = reading.catalogue.operations.get(task.operation)
        phrase = operation and phrase_of(clause, operation, task)
        if phrase and not _is_known(clause, task.operation, reading.matcher):
            yield task.operation, phrase


def _less_than_declared(approved: Approved, read: Decomposition) -> Iterator[tuple[str, PlannedTask]]:
    """Yield each clause that no declared phrase made certain, with the only task that it can have asked for."""
    left = list(approved.tasks)
    for subtask in read.subtasks:
        task = _taken(left, subtask.intent)
        if task and approved.by_person and subtask.confidence < CERTAIN and subtask.text in approved.text:
            yield subtask.text, task
    asked = _asked(read, approved)
    answered = [clause for clause in asked if clause in approved.answers]
    found = [(clause, _taken(left, approved.answers[clause])) for clause in answered]
    if len(asked) - len(answered) == len(left) == 1:
        found += [(clause, left[0]) for clause in asked if clause not in answered]
    yield from ((clause, task) for clause, task in found if task and (approved.by_person or not task.chosen_by))


def _taken(left: list[PlannedTask], operation: str) -> PlannedTask | None:
    """Take the task of an operation out of those that are left; None when there is none, or more than one."""
    found = [task for task in left if task.operation == operation]
    for task in found[:1]:
        left.remove(task)
    return found[0] if len(found) == 1 else None


def _is_known(clause: str, operation: str, matcher: Matcher) -> bool:
    """Whether a clause by itself is a declared phrase, or words that are only misspelt."""
    found = matcher.best(clause)
    is_phrase = bool(found) and found[0].operation == operation and found[0].literal > 0 and found[0].score >= CERTAIN
    return is_phrase or any(match.mended for match in found)


def _asked(read: Decomposition, approved: Approved) -> list[str]:
    """Return the clauses whose operation the rules alone would have to ask for."""
    clauses = (*(question.about for question in read.questions), *read.out_of_scope)
    return [clause for clause in clauses if clause in approved.text]
