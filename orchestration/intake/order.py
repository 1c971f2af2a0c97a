"""What waits for what: from how clauses are tied to what their subtasks depend on. Called by `decomposition.py`."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from orchestration.intake.clauses import Tie


class Tied(Protocol):
    """A clause in the order it was said."""

    @property
    def tie(self) -> Tie: ...
    @property
    def is_new_sentence(self) -> bool: ...
    @property
    def looks_forward(self) -> bool: ...


def dependencies(clauses: Sequence[Tied]) -> list[set[int]]:
    """Return for each clause the places (from 0) of those that have to be done before it; never in a circle."""
    needs: list[set[int]] = [set() for _ in clauses]
    for place, before in _in_sequence(clauses):
        add(needs, place, before)
    for place, clause in enumerate(clauses):
        if clause.tie in ("", "then", "if"):
            continue
        for other in _governing(clauses, place):
            add(needs, *((place, other) if clause.tie == "before" else (other, place)))
    return needs


def _governing(clauses: Sequence[Tied], place: int) -> Iterator[int]:
    """Yield the places of what a tied clause is about: «deploy A and B after C», where C may be two clauses as well."""
    clause = clauses[place]
    step = 1 if clause.looks_forward else -1
    other = place + step
    while 0 <= other < len(clauses) and (clauses[other].tie, clauses[other].looks_forward) == (
        clause.tie, clause.looks_forward,
    ):  # fmt: skip
        other += step
    while 0 <= other < len(clauses):
        yield other
        last, other = (other, other + step) if step < 0 else (other + step, other + step)
        if not 0 <= last < len(clauses) or clauses[last].is_new_sentence or clauses[last].tie:
            return


def _in_sequence(clauses: Sequence[Tied]) -> Iterator[tuple[int, int]]:
    """Yield (place, place before it): «then» waits for all of the sentence so far, or for the sentence before."""
    stage: list[int] = []
    for place, clause in enumerate(clauses):
        if clause.tie == "then" or (place == 1 and clauses[0].tie == "first"):
            yield from ((place, before) for before in stage)
            stage = [place]
        else:
            stage = [place] if clause.is_new_sentence else [*stage, place]


def add(needs: list[set[int]], place: int, before: int) -> None:
    """Note that one clause waits for another, unless that would make a circle."""
    if place != before and not _reaches(needs, before, place):
        needs[place].add(before)


def _reaches(needs: list[set[int]], start: int, goal: int) -> bool:
    """Whether one clause waits for another, over however many between."""
    waiting, seen = [start], {start}
    while waiting:
        place = waiting.pop()
        if place == goal:
            return True
        new = needs[place] - seen
        seen |= new
        waiting += new
    return False
