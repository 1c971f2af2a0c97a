"""What becomes of a task: a result, a lost process, a cancel, a skip. Each is a compare-and-set with its event.

All of it runs inside the transaction of its caller.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from orchestration import events
from orchestration.approval.decision import ApprovedPlan
from orchestration.canonical import canonical
from orchestration.dispatch.backoff import LONGEST_SECONDS, delay
from orchestration.planning.plan import PlanContent, PlannedTask
from orchestration.ports import Assignment, ToolResult, Transaction, moment, timestamp
from orchestration.records import TASK_ENDED, Attempt, Plan, Task

MAX_LOST = 3
"""How often an attempt may die with its process before the task fails; a task that kills its agent must end."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What an end leaves on the row of a task and in its event."""

    result: ToolResult | None = None
    error_message: str | None = None
    not_before: str | None = None
    """When it may be tried again."""
    postponed: str | None = None
    """Why it waits for that, when it did not fail."""


def finish(
    tx: Transaction, attempt: Attempt, content: PlanContent, result: ToolResult, at: str, base_seconds: float
) -> Task | None:
    """Take a result; None when its fence is stale, and then nothing changes but the record of it.

    `base_seconds` is the delay before the first retry.
    """
    task = tx.find(Task, {"id": attempt.task_id})[0]
    failures = 0 if result.status in ("success", "postponed") else 1 + _failed_before(tx, task)
    status = _task_status(content.task(task.position), result, failures)
    ended = {
        "status": _attempt_status(status, result),
        "finished_at": at,
        "exit_code": result.exit_code,
        "result": canonical(result_data(result)),
    }
    fenced = {"id": attempt.id, "status": "running", "epoch": attempt.epoch, "number": attempt.number}
    if not tx.change(Attempt, fenced, ended):
        events.record(
            tx, "access.denied", at, plan_id=attempt.plan_id, task_id=attempt.task_id, what="result",
            why="stale fence", fence=fence(attempt.epoch, attempt.number),
        )  # fmt: skip
        return None
    if result.status == "postponed":
        ending = Ending(not_before=_postponed_to(result, at), postponed=result.error_message)
    else:
        wait = delay(base_seconds, failures, attempt.id) if status == "approved" else None
        ending = Ending(result, not_before=timestamp(moment(at) + wait) if wait else None)
    end_task(tx, task, status, at, ending)
    return replace(task, status=status, not_before=ending.not_before)


def lose(tx: Transaction, attempt: Attempt, may_repeat: bool, at: str) -> Task:
    """Give an attempt up whose process died; `may_repeat` says that running it again does no harm.

    What may be repeated is approved again for a new attempt; of the rest a person has to say what became of it.
    """
    tx.change(Attempt, {"id": attempt.id, "status": ("dispatched", "running")}, {"status": "lost", "finished_at": at})
    task = tx.find(Task, {"id": attempt.task_id})[0]
    lost = len(tx.find(Attempt, {"task_id": task.id, "kind": "run", "status": "lost"}))
    status = "approved" if may_repeat or task.effect == "read_only" else "unknown"
    if status == "approved" and lost > MAX_LOST:
        status = "failed"
    events.record(
        tx, "task.lost", at, plan_id=task.plan_id, task_id=task.id, position=task.position, attempt=attempt.number,
        becomes=status,
    )  # fmt: skip
    message = {
        "unknown": "Its process died; whether it took effect is not known.",
        "failed": f"Its process died {lost} times.",
    }
    end_task(tx, task, status, at, Ending(error_message=message.get(status)))
    return replace(task, status=status)


def _failed_before(tx: Transaction, task: Task) -> int:
    """Count what a tool failed at; an attempt that was taken back or lost with its process uses up no retry."""
    return len(tx.find(Attempt, {"task_id": task.id, "kind": "run", "status": "failed"}))


def _attempt_status(task_status: str, result: ToolResult) -> str:
    """Return how an attempt ended; one that was postponed has done as little as one that was taken back."""
    if result.status == "postponed":
        return "cancelled"
    return task_status if task_status in ("unknown", "completed", "cancelled") else "failed"


def _postponed_to(result: ToolResult, at: str) -> str:
    """Return when a postponed task is tried again; a time that is over already must not make it spin."""
    return timestamp(max(moment(result.until), moment(at) + timedelta(seconds=LONGEST_SECONDS)))


def _task_status(planned: PlannedTask, result: ToolResult, failures: int) -> str:
    if result.status == "success":
        return "completed"
    if result.status == "postponed":
        return "approved"
    if result.metrics.get("refused"):
        return "failed"
    # What may still be alive must not be started beside itself, whatever it is.
    uncertain = result.status == "timeout" or bool(result.metrics.get("outcome_unknown"))
    may_live = bool(result.metrics.get("unconfirmed")) and planned.effect != "read_only"
    if may_live or (uncertain and planned.effect == "at_most_once"):
        return "unknown"
    if result.status == "cancelled":
        return "cancelled"
    return "approved" if planned.effect != "at_most_once" and failures <= planned.retries else "failed"


def end_task(tx: Transaction, task: Task, status: str, at: str, ending: Ending) -> None:
    """Move a task on from where it is, with its event; `approved` means that it will be tried again."""
    result, is_again = ending.result, status == "approved"
    values = {
        "status": status,
        "finished_at": None if is_again else at,
        "exit_code": result.exit_code if result else None,
        "error_message": (result.error_message or None) if result else ending.error_message,
        "ready_at": None if is_again else task.ready_at,
        "not_before": ending.not_before,
        "postponed": ending.postponed,
        "agent_id": None if ending.postponed else task.agent_id,  # nothing that speaks against its agent
    }
    if not tx.change(Task, {"id": task.id, "status": task.status}, values):
        return
    if status == "unknown":
        tx.change(Plan, {"id": task.plan_id}, {"needs_person": True})
    events.record(
        tx, "task.finished", at, plan_id=task.plan_id, task_id=task.id, position=task.position, status=status,
        attempt=task.attempts or None, exit_code=values["exit_code"], not_before=ending.not_before,
        postponed=True if ending.postponed else None,
        duration_ms=result.duration_ms if result else None,
        artifacts={artifact.path: artifact.sha256 for artifact in result.artifacts} if result else None,
    )  # fmt: skip


def cancel_waiting(tx: Transaction, approved: ApprovedPlan, at: str) -> None:
    """Cancel the tasks of a plan that no agent has claimed."""
    waiting = {"plan_id": approved.plan_id, "revision": approved.content.revision, "status": ("approved", "dispatched")}
    for task in tx.find(Task, waiting, order_by="position"):
        has_begun = task.started_at and not task.postponed
        message = "Cancelled after it was interrupted." if has_begun else "Cancelled before it ran."
        end_task(tx, task, "cancelled", at, Ending(error_message=message))


def all_ended(tasks: list[Task]) -> bool:
    """Whether nothing of a plan is left to run or to be answered."""
    return all(task.status in TASK_ENDED for task in tasks)


def fence(epoch: int, number: int) -> str:
    """Return a fence as it is written in events and messages."""
    return f"{epoch}.{number}"


def as_data(assignment: Assignment) -> dict[str, str | int]:
    """Return an assignment as plain data."""
    return {name: getattr(assignment, name) for name in Assignment.__slots__}


def result_data(result: ToolResult) -> dict[str, object]:
    """Return a tool's result as plain data, for storage and evidence."""
    return {
        "status": result.status,
        "exit_code": result.exit_code,
        "output": result.output,
        "error_message": result.error_message,
        "duration_ms": result.duration_ms,
        "artifacts": [{name: getattr(item, name) for name in item.__slots__} for item in result.artifacts],
        "changes": [{name: getattr(item, name) for name in item.__slots__} for item in result.changes],
        "metrics": dict(result.metrics),
    }
