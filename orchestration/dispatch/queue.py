"""Who holds a target, who waits for it, and in which order; the rows are the queue.

The dispatcher asks inside its transaction, cards ask beside it.
"""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from orchestration.ports import Above, AtMost, Transaction, Where
from orchestration.records import Record, Task

R = TypeVar("R", bound=Record)
HOLDS_TARGET = ("dispatched", "running", "unknown")
Place = tuple[str, str, int]
CHANGES = ("idempotent", "at_most_once")
"""Effects that need the target for themselves."""


class Finder(Protocol):
    """What can be read."""

    async def find(self, kind: type[R], where: Where, order_by: str = "", limit: int = 0) -> list[R]:
        """Return committed rows."""

    async def tally(self, kind: type[Record], column: str, where: Where) -> dict[str, int]:
        """Return how many committed rows there are by what a column says."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why an approved task does not run, though nothing of its own plan is missing before it."""

    target: str
    """What it waits for; empty when that is an agent with room, or the end of a hold."""
    holder: Task | None = None
    """The task that has the target, of this plan or of another."""
    ahead: int = 0
    """How many others wait for the target before it."""

    @property
    def is_unknown(self) -> bool:
        """Whether somebody has to say first what became of the holder."""
        return self.holder is not None and self.holder.status == "unknown"


async def waits_for(finder: Finder, task: Task) -> Waiting | None:
    """Return what a task waits for; None when it has not come to that, or is under way."""
    if task.status != "approved" or task.ready_at is None:
        return None
    if not needs_target(task):
        return Waiting("")
    holders = await finder.find(Task, {**_changing(task.target), "status": HOLDS_TARGET}, limit=1)
    ahead = await _ahead(finder, task, task.ready_at)
    return Waiting(task.target, holders[0] if holders else None, ahead) if holders or ahead else Waiting("")


async def _ahead(finder: Finder, task: Task, since: str) -> int:
    """Count who waits for the same target before a task; all but those of the same moment are only counted."""
    waiting = _waiting(task.target)
    until_then = await finder.tally(Task, "status", {**waiting, "ready_at": AtMost(since)})
    at_once = await finder.find(Task, {**waiting, "ready_at": since})
    return max(0, sum(until_then.values()) - sum(place(other) >= place(task) for other in at_once))


def needs_target(task: Task) -> bool:
    """Whether a task must have its target for itself."""
    return bool(task.target) and task.effect in CHANGES


def is_held(tx: Transaction, target: str) -> bool:
    """Whether a task that is under way, or whose outcome is unknown, has this target."""
    return bool(tx.find(Task, {**_changing(target), "status": HOLDS_TARGET}, limit=1))


def first_in_line(tx: Transaction, target: str) -> Task | None:
    """Return the task that has waited for a target longest."""
    oldest = tx.find(Task, _waiting(target), order_by="ready_at", limit=1)
    if not oldest:
        return None
    return min(tx.find(Task, {**_waiting(target), "ready_at": oldest[0].ready_at}), key=place)


def place(task: Task, ready_at: str | None = None) -> Place:
    """Return what every queue is ordered by: since when a task waits, then the older plan, then its own order."""
    return (ready_at or task.ready_at or "", task.plan_id, task.position)


def _changing(target: str) -> dict[str, object]:
    return {"target": target, "effect": CHANGES}


def _waiting(target: str) -> dict[str, object]:
    return {**_changing(target), "status": "approved", "ready_at": Above("")}
