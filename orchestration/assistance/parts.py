"""What of a request a model is asked about: the clauses that the rules leave open, each with a few operations.

However large the catalogue is, a prompt holds no more than this. Called by `assistant.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestration.intake.decomposition import MAX_SUBTASKS, Decomposition, Question, Subtask
from orchestration.intake.keeping import kept
from orchestration.planning.declared import Reading

SHORTLIST = 8
"""Operations for one clause."""


@dataclass(frozen=True, slots=True)
class Part:
    """One clause that is open, and what it may mean."""

    words: str
    operations: tuple[str, ...]


def open_parts(read: Decomposition, questions: Sequence[Question], reading: Reading) -> list[Part]:
    """Return what is open: clauses that the rules cannot place, and those of which values are missing.

    `questions` are what people would be asked now. A clause that shares no word with any operation is not among them:
    nobody is asked to guess.
    """
    parts: dict[str, Part] = {}
    for words, operations in (*_unplaced(read, questions, reading), *_unfilled(read.subtasks, questions)):
        if operations and words not in parts:
            parts[words] = Part(words, operations)
    return list(parts.values())[:MAX_SUBTASKS]


def _unplaced(
    read: Decomposition, questions: Sequence[Question], reading: Reading
) -> Iterator[tuple[str, tuple[str, ...]]]:
    known = reading.catalogue.operations
    asked = [question for question in questions if any(choice.value in known for choice in question.choices)]
    for question in asked:
        rivals = [choice.value for choice in question.choices if choice.value in known]
        yield question.about, _most((*rivals, *reading.matcher.shortlist(question.about, SHORTLIST)))
    for clause in (clause for clause in read.out_of_scope if not kept(clause)):
        yield clause, _most(reading.matcher.shortlist(clause, SHORTLIST))


def _unfilled(subtasks: Sequence[Subtask], questions: Sequence[Question]) -> Iterator[tuple[str, tuple[str, ...]]]:
    asked = [question.about.partition("#")[0].partition(".")[0] for question in questions]
    for subtask in subtasks:
        if subtask.intent in asked:
            yield subtask.text, (subtask.intent,)


def _most(operations: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(operations))[:SHORTLIST]
