"""Tasks that could run but for an agent with room: who is first, whatever plan it belongs to.

Kept in memory, so that a freed slot finds its next task without a read. An entry says no more than that its task
may be waiting: whoever takes it compares with the row, and `Task.ready_at` brings the line back after a restart.
"""

import heapq
from dataclasses import dataclass

from orchestration.dispatch.agents import Need
from orchestration.dispatch.queue import Place, place
from orchestration.ports import Transaction
from orchestration.records import Task


@dataclass(frozen=True, slots=True)
class Waiter:
    """A task in line."""

    ready_at: str
    task: Task
    """Its row when it was put in line."""
    need: Need

    @property
    def place(self) -> Place:
        """Return what the line is ordered by."""
        return place(self.task, self.ready_at)


class Line:
    """One line for each need, in the order of places."""

    def __init__(self) -> None:
        self._waiters: dict[str, Waiter] = {}
        self._lines: dict[Need, list[tuple[Place, str]]] = {}

    def __contains__(self, task_id: str) -> bool:
        return task_id in self._waiters

    def add(self, tx: Transaction, waiter: Waiter) -> None:
        """Put a task in line."""
        self._put(waiter)
        tx.on_undo(lambda: self._waiters.pop(waiter.task.id, None))

    def remove(self, tx: Transaction, task_id: str) -> None:
        """Take a task out of line, if it is there."""
        if waiter := self._waiters.pop(task_id, None):
            tx.on_undo(lambda: self._put(waiter))

    def heads(self) -> list[Waiter]:
        """Return the first of every line, the longest waiting one first."""
        heads = [head for need in list(self._lines) if (head := self._head(need))]
        return sorted(heads, key=lambda waiter: waiter.place) if len(heads) > 1 else heads

    def _put(self, waiter: Waiter) -> None:
        self._waiters[waiter.task.id] = waiter
        heapq.heappush(self._lines.setdefault(waiter.need, []), (waiter.place, waiter.task.id))

    def _head(self, need: Need) -> Waiter | None:
        line = self._lines[need]
        while line:
            first, task_id = line[0]
            waiter = self._waiters.get(task_id)
            if waiter and waiter.need == need and waiter.place == first:
                return waiter
            heapq.heappop(line)
        del self._lines[need]
        return None
