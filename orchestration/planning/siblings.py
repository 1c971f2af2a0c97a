"""What does to another thing what a planned task does: «actually grafana», «and grafana too». For `correction.py`."""

from collections.abc import Sequence

from orchestration.intake.catalogue import Catalogue
from orchestration.intake.decomposition import Subtask, decompose
from orchestration.intake.matching import Matcher
from orchestration.intake.phrases import read_clause
from orchestration.intake.said import reads, related, rivals_among
from orchestration.planning.plan import PlannedTask


class Siblings:
    """Finds them for the tasks of one plan."""

    def __init__(self, tasks: Sequence[PlannedTask], catalogue: Catalogue, matcher: Matcher) -> None:
        self._tasks = tasks
        self._catalogue = catalogue
        self._matcher = matcher

    def of(self, task: PlannedTask, text: str) -> list[Subtask]:
        """Return another operation that does to what is named what a task does; nothing when that is not sure."""
        spoken = _spoken(task, text)
        matches = related(self._matcher.best(spoken))
        if not matches or rivals_among(matches, self._catalogue):
            return []
        best = matches[0]
        operation = self._catalogue.operation(best.operation)
        is_sibling = best.operation != task.operation and operation.work_type == task.work_type
        if not is_sibling or any(not reads(operation, name, value) for name, value in best.captured.items()):
            return []
        return [Subtask(0, best.operation, best.score, spoken, best.captured)]

    def more(self, name: str) -> Subtask | None:
        """Return what the last task that it fits would be for a bare name, if that is not in the plan."""
        for task in reversed(self._tasks):
            read = decompose(_spoken(task, name), self._catalogue, self._matcher)
            if not (read.questions or read.out_of_scope) and len(read.subtasks) == 1:
                [subtask] = read.subtasks
                work_type = self._catalogue.operation(subtask.intent).work_type
                if work_type == task.work_type and self._is_new(subtask, task):
                    return subtask
        return None

    def _is_new(self, subtask: Subtask, task: PlannedTask) -> bool:
        if subtask.intent == task.operation:
            return any(str(task.parameters.get(name)) != value for name, value in subtask.parameters.items())
        return all(other.operation != subtask.intent for other in self._tasks)


def _spoken(task: PlannedTask, name: str) -> str:
    """Return a request to do to a name what a task does to something else: «deploy grafana»."""
    if any(unit.action for unit in read_clause(name).units):
        return name
    units = read_clause(task.name).units
    action = next((" ".join(unit.raws) for unit in units if unit.action), task.name.split()[0])
    return f"{action} {name}"
