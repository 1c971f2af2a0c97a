"""Change what a plan wants: tasks to drop, parameters to set, and what a correction adds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from orchestration.errors import InvalidRequest
from orchestration.planning.correction import Correction
from orchestration.planning.plan import PlanContent, PlannedTask
from orchestration.planning.planner import Planner, Wanted


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to a pending plan: tasks to drop, parameters to set, by 1-based position."""

    drop: frozenset[int]
    parameters: Mapping[int, Mapping[str, str]]


def edited(content: PlanContent, edit: Edit, planner: Planner) -> list[Wanted]:
    """Return what is wanted after an edit; a task that waited for a dropped one no longer waits for it."""
    kept = [task for task in content.tasks if task.position not in edit.drop]
    for position in {*edit.drop, *edit.parameters}:
        if not 1 <= position <= len(content.tasks):
            raise InvalidRequest(f"There is no task {position}; the plan has {len(content.tasks)}.")
    places = {task.position: place for place, task in enumerate(kept, start=1)}
    return [_rewanted(task, edit.parameters.get(task.position, {}), places, planner) for task in kept]


def _rewanted(task: PlannedTask, texts: Mapping[str, str], places: Mapping[int, int], planner: Planner) -> Wanted:
    said = planner.given(task.operation, texts)
    depends_on = tuple(places[position] for position in task.depends_on if position in places)
    return Wanted(
        task.operation,
        {**task.parameters, **said.values},
        {**task.provenance, **said.provenance},
        depends_on,
        chosen_by=task.chosen_by,
    )


def amended(content: PlanContent, correction: Correction, planner: Planner) -> list[Wanted]:
    """Return what is wanted after a correction in words: what is kept, what it adds, and what waits for what."""
    kept = edited(content, Edit(correction.drop, correction.parameters), planner)
    positions = [task.position for task in content.tasks if task.position not in correction.drop]
    places = {position: place for place, position in enumerate(positions, start=1)}
    places |= {subtask.order: len(kept) + number for number, subtask in enumerate(correction.added, start=1)}
    added = [
        replace(wanted, depends_on=tuple(places[order] for order in subtask.depends_on if order in places))
        for wanted, subtask in zip(planner.read(correction.added), correction.added, strict=True)
    ]
    of_added = tuple(places[subtask.order] for subtask in correction.added)
    waiting = [
        replace(wanted, depends_on=(*wanted.depends_on, *of_added)) if position in correction.before else wanted
        for wanted, position in zip(kept, positions, strict=True)
    ]
    return [*waiting, *added]
