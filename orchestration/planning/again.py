"""What an ended plan makes possible: what failed of it once more, or what completed of it undone.

Pure functions of what is stored; the use cases make a new plan of the result, which needs its own approval.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from orchestration.intake.catalogue import Catalogue
from orchestration.planning.plan import PlanContent, PlannedTask
from orchestration.planning.planner import Wanted
from orchestration.records import Task

T = TypeVar("T")

NOT_DONE = ("failed", "skipped", "cancelled")


def to_retry(content: PlanContent, tasks: Sequence[Task]) -> list[Wanted]:
    """Return the tasks that failed, were skipped or cancelled, with their parameters as they were, in their order."""
    again = _with_status(content, tasks, NOT_DONE)
    places = {task.position: place for place, task in enumerate(again, start=1)}
    return [
        Wanted(
            task.operation,
            dict(task.parameters),
            dict(task.provenance),
            tuple(places[position] for position in task.depends_on if position in places),
            chosen_by=task.chosen_by,
        )
        for task in again
    ]


def to_undo(content: PlanContent, tasks: Sequence[Task], catalogue: Catalogue) -> list[Wanted]:
    """Return what undoes the tasks that completed, last first; nothing where nothing is declared to.

    Parameters go over by name where the undoing operation declares them; the rest is asked for or has defaults.
    """
    undone = [task for task in reversed(_with_status(content, tasks, ("completed",))) if _can_undo(task, catalogue)]
    places = {task.position: place for place, task in enumerate(undone, start=1)}
    wanted = []
    for task in undone:
        later = [position for position in places if task.position in _before(content, position)]
        wanted.append(_undoing(task, catalogue, tuple(sorted(places[position] for position in later))))
    return wanted


def _with_status(content: PlanContent, tasks: Sequence[Task], statuses: Sequence[str]) -> list[PlannedTask]:
    chosen = {task.position for task in tasks if task.status in statuses}
    return [task for task in content.tasks if task.position in chosen]


def _can_undo(task: PlannedTask, catalogue: Catalogue) -> bool:
    return task.undo in catalogue.operations


def _undoing(task: PlannedTask, catalogue: Catalogue, depends_on: tuple[int, ...]) -> Wanted:
    assert task.undo is not None
    declared = catalogue.operation(task.undo).parameters
    return Wanted(task.undo, _only(task.parameters, declared), _only(task.provenance, declared), depends_on)


def _only(values: Mapping[str, T], names: Mapping[str, object]) -> dict[str, T]:
    return {name: value for name, value in values.items() if name in names}


def _before(content: PlanContent, position: int) -> set[int]:
    """Return everything that a task waits for, at any distance."""
    found: set[int] = set()
    wanted = [position]
    while wanted:
        new = set(content.task(wanted.pop()).depends_on) - found
        found |= new
        wanted += new
    return found
