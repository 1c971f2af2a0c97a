"""How long a failed task waits before it is tried again, and which ones wait: longer each time, and not all at once."""

import hashlib
from datetime import timedelta

from orchestration.records import Task

LONGEST_SECONDS = 60.0
SPREAD = 0.25
"""Share of the delay by which it may be shorter, so that tasks that failed together do not come back together."""


def delay(base_seconds: float, failures: int, attempt_id: str) -> timedelta:
    """Return the delay after the n-th failure: the base, doubled each time, spread by the id of the attempt."""
    longest = min(LONGEST_SECONDS, base_seconds * 2.0 ** min(failures - 1, 16))
    share = int.from_bytes(hashlib.sha256(attempt_id.encode()).digest()[:4]) / 2**32
    return timedelta(seconds=longest * (1 - SPREAD * share))


class Backoff:
    """The tasks that wait to be tried again. An entry more than there is does no harm: the row is looked at."""

    def __init__(self, base_seconds: float) -> None:
        self.base_seconds = base_seconds
        self._waiting: dict[str, Task] = {}

    def add(self, task: Task) -> None:
        """Note a task that has `not_before`."""
        self._waiting[task.id] = task

    def next(self) -> str | None:
        """Return when the next one is due."""
        return min((task.not_before or "" for task in list(self._waiting.values())), default=None)

    def take_due(self, at: str) -> list[Task]:
        """Return those that are due, in their order, and wait for them no longer."""
        due = [task for task in list(self._waiting.values()) if (task.not_before or "") <= at]
        for task in due:
            self._waiting.pop(task.id, None)
        return sorted(due, key=lambda task: (task.not_before or "", task.id))
