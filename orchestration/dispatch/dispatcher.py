"""Hand approved tasks to agents in dependency order, and take their results back, fence by fence.

All of it is synchronous and runs inside the transaction of its caller: whatever makes a task ready (a decision,
a result, a resolution) dispatches it in the same commit, with the assignment in the outbox. So nothing that was
approved can be forgotten, and nothing is found by polling.
"""

import json
from dataclasses import dataclass, replace

from orchestration import events
from orchestration.approval.decision import ApprovedPlan
from orchestration.canonical import canonical
from orchestration.dispatch.agents import Registry
from orchestration.ids import new_id
from orchestration.planning.plan import PlanContent, PlannedTask
from orchestration.ports import Assignment, ToolResult, Transaction, moment
from orchestration.records import TASK_ENDED, Attempt, Outgoing, Plan, Task

HOLDS_TARGET = ("dispatched", "running", "unknown")
MAX_LOST = 3
"""How often an attempt may die with its process before the task fails; a task that kills its agent must end."""
BROKEN = ("failed", "cancelled", "skipped")


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Dispatches under one boot epoch to the agents of one registry."""

    registry: Registry
    epoch: int

    def advance(self, tx: Transaction, approved: ApprovedPlan, at: str) -> list[Task]:
        """Dispatch what is ready, skip what can no longer run; return the plan's tasks as they are then."""
        of_plan = {"plan_id": approved.plan_id, "revision": approved.content.revision}
        tasks = tx.find(Task, of_plan, order_by="position")
        while self._skip_one(tx, approved, tasks, at):
            tasks = tx.find(Task, of_plan, order_by="position")
        completed = {task.position for task in tasks if task.status == "completed"}
        after = [
            self._dispatch(tx, task, approved.content.task(task.position), at) if _is_ready(task, completed) else task
            for task in tasks
        ]
        has_failed = any(now.status == "failed" != before.status for now, before in zip(after, tasks, strict=True))
        return self.advance(tx, approved, at) if has_failed else after

    def next_in_line(self, tx: Transaction, task: Task) -> list[str]:
        """Return the plans with a task that waits for the target that this task has let go of."""
        if not task.target:
            return []
        waiting = tx.find(Task, {"target": task.target, "status": "approved"}, order_by="id")
        return list(dict.fromkeys(other.plan_id for other in waiting if other.plan_id != task.plan_id))

    def _skip_one(self, tx: Transaction, approved: ApprovedPlan, tasks: list[Task], at: str) -> bool:
        status = {task.position: task.status for task in tasks}
        stopped = any(
            status[task.position] == "failed" and task.on_failure == "stop" for task in approved.content.tasks
        )
        for task in tasks:
            broken = [position for position in json.loads(task.depends_on) if status[position] in BROKEN]
            if task.status == "approved" and (broken or stopped):
                reason = f"task {broken[0]} did not complete" if broken else "a task failed and the rest stops with it"
                end_task(tx, task, "skipped", at, error_message=f"Skipped: {reason}.")
                return True
        return False

    def _dispatch(self, tx: Transaction, task: Task, planned: PlannedTask, at: str) -> Task:
        if task.target and task.effect != "read_only" and _is_held(tx, task):
            return task
        number = task.attempts + 1
        attempt_id = new_id(int(moment(at).timestamp() * 1000))
        agent_id = self.registry.choose(task.agent_type, planned.tool, attempt_id)
        if agent_id is None:
            message = f"No {task.agent_type} agent has the tool {planned.tool}, so this was not run."
            end_task(tx, task, "failed", at, error_message=message)
            return replace(task, status="failed")
        expected = {"id": task.id, "status": "approved", "attempts": task.attempts}
        if not tx.change(Task, expected, {"status": "dispatched", "attempts": number, "agent_id": agent_id}):
            return task
        tx.insert(Attempt(attempt_id, task.plan_id, task.id, number, "run", agent_id, self.epoch, "dispatched", at))
        assignment = Assignment(
            attempt_id, task.plan_id, task.id, task.position, attempt_id, agent_id, self.epoch, number
        )
        tx.insert(Outgoing(attempt_id, "agent", task.plan_id, canonical(as_data(assignment)), "waiting", at))
        events.record(
            tx, "task.dispatched", at, plan_id=task.plan_id, task_id=task.id, position=task.position,
            operation=task.operation, agent_id=agent_id, attempt=number, fence=fence(self.epoch, number),
        )  # fmt: skip
        return replace(task, status="dispatched", attempts=number, agent_id=agent_id)


def _is_ready(task: Task, completed: set[int]) -> bool:
    return task.status == "approved" and completed.issuperset(json.loads(task.depends_on))


def _is_held(tx: Transaction, task: Task) -> bool:
    holders = tx.find(Task, {"target": task.target, "status": HOLDS_TARGET})
    return any(holder.id != task.id and holder.effect != "read_only" for holder in holders)


def finish(tx: Transaction, attempt: Attempt, content: PlanContent, result: ToolResult, at: str) -> Task | None:
    """Take a result; None when its fence is stale, and then nothing changes but the record of it."""
    task = tx.find(Task, {"id": attempt.task_id})[0]
    status = _task_status(content.task(task.position), task, result)
    ended = {
        "status": {"unknown": "unknown", "completed": "completed", "cancelled": "cancelled"}.get(status, "failed"),
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
    end_task(tx, task, status, at, result)
    return replace(task, status=status)


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
    end_task(tx, task, status, at, error_message=message.get(status))
    return replace(task, status=status)


def _task_status(planned: PlannedTask, task: Task, result: ToolResult) -> str:
    if result.status == "success":
        return "completed"
    if result.metrics.get("refused"):
        return "failed"
    # What may still be alive must not be started beside itself, whatever it is.
    uncertain = result.status == "timeout" or bool(result.metrics.get("outcome_unknown"))
    may_live = bool(result.metrics.get("unconfirmed")) and planned.effect != "read_only"
    if may_live or (uncertain and planned.effect == "at_most_once"):
        return "unknown"
    if result.status == "cancelled":
        return "cancelled"
    if planned.effect == "at_most_once":
        return "failed"
    return "approved" if task.attempts <= planned.retries else "failed"


def end_task(
    tx: Transaction,
    task: Task,
    status: str,
    at: str,
    result: ToolResult | None = None,
    error_message: str | None = None,
) -> None:
    """Move a task on from where it is, with its event; `approved` means that it will be tried again."""
    values = {
        "status": status,
        "finished_at": None if status == "approved" else at,
        "exit_code": result.exit_code if result else None,
        "error_message": (result.error_message or None) if result else error_message,
    }
    if not tx.change(Task, {"id": task.id, "status": task.status}, values):
        return
    if status == "unknown":
        tx.change(Plan, {"id": task.plan_id}, {"needs_person": True})
    events.record(
        tx, "task.finished", at, plan_id=task.plan_id, task_id=task.id, position=task.position, status=status,
        attempt=task.attempts or None, exit_code=values["exit_code"],
        duration_ms=result.duration_ms if result else None,
        artifacts={artifact.path: artifact.sha256 for artifact in result.artifacts} if result else None,
    )  # fmt: skip


def cancel_waiting(tx: Transaction, approved: ApprovedPlan, at: str) -> None:
    """Cancel the tasks of a plan that no agent has claimed."""
    waiting = {"plan_id": approved.plan_id, "revision": approved.content.revision, "status": ("approved", "dispatched")}
    for task in tx.find(Task, waiting, order_by="position"):
        message = "Cancelled after it was interrupted." if task.started_at else "Cancelled before it ran."
        end_task(tx, task, "cancelled", at, error_message=message)


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
