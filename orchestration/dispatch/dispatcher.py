"""Hand approved tasks to agents: in dependency order, each target to one at a time, whoever has waited longest first.

All of it is synchronous and runs inside the transaction of its caller: whatever makes a task ready, frees its target
or an agent (a decision, a result, a resolution) dispatches in the same commit, with the assignment in the outbox. So
nothing that was approved can be forgotten, and nothing is found by polling.
"""

import json
from dataclasses import dataclass, field

from orchestration import events
from orchestration.approval.decision import ApprovedPlan
from orchestration.canonical import canonical
from orchestration.dispatch import queue
from orchestration.dispatch.agents import Registry, need_of
from orchestration.dispatch.backoff import Backoff
from orchestration.dispatch.line import Line, Waiter
from orchestration.dispatch.outcome import Ending, as_data, end_task, fence, finish, lose
from orchestration.dispatch.routing import Choice, Router, as_retry
from orchestration.ids import new_id
from orchestration.planning.plan import PlanContent, PlannedTask
from orchestration.ports import Assignment, ToolResult, Transaction, moment
from orchestration.records import Attempt, Outgoing, Task

BACKOFF_SECONDS = 2.0
"""The delay before the first retry."""
BROKEN = ("failed", "cancelled", "skipped")


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why a task does not go on: nobody who is online can do it, or it was postponed."""

    reason: str
    until: str | None = None
    """RFC 3339: when it is tried again; None when nobody can tell."""


@dataclass(slots=True)
class Step:
    """What one look at a plan led to."""

    tasks: list[Task]
    in_line: list[Waiter] = field(default_factory=list)
    """Tasks that were put in line; serve them before the transaction ends."""
    freed: list[str] = field(default_factory=list)
    """Targets that a task no longer waits for, so that the next in line may go on."""
    blocked: list[Blocked] = field(default_factory=list)
    """Why tasks can neither run nor wait for their turn."""
    stands_by: bool = False
    """Whether a person has to say first what became of a task with which everything stops."""
    waits: bool = False
    """Whether a task waits for its turn, or to be tried again."""


class Dispatcher:
    """Dispatches under one boot epoch to the agents of one registry."""

    def __init__(self, registry: Registry, epoch: int, backoff_seconds: float = BACKOFF_SECONDS) -> None:
        self.registry = registry
        self.epoch = epoch
        self.router = Router(registry)
        self.line = Line()
        self.backoff = Backoff(backoff_seconds)
        self.is_held = False
        """Whether a person keeps everything new from starting."""

    def advance(self, tx: Transaction, approved: ApprovedPlan, at: str) -> Step:
        """Skip what can no longer run and put what is ready in line; `serve` then dispatches it."""
        of_plan = {"plan_id": approved.plan_id, "revision": approved.content.revision}
        step = Step(tx.find(Task, of_plan, order_by="position"))
        stopped = _stopped_by(approved, step.tasks)
        if stopped and self._take_all_back(tx, approved.plan_id, at):
            step.tasks = tx.find(Task, of_plan, order_by="position")
        while self._skip_one(tx, "failed" in stopped, step, at):
            step.tasks = tx.find(Task, of_plan, order_by="position")
        step.stands_by = "unknown" in stopped
        completed = {task.position for task in step.tasks if task.status == "completed"}
        for task in step.tasks:
            if task.status == "approved" and completed.issuperset(json.loads(task.depends_on)):
                self._line_up(tx, task, approved.content.task(task.position), at, step)
        return step

    def serve(self, tx: Transaction, at: str, in_line: list[Waiter]) -> None:
        """Dispatch whoever is first, as long as there is room; note the place of those just put in line who stay."""
        while not self.is_held and (found := self._next(at)):
            waiter, choice = found
            self.line.remove(tx, waiter.task.id)
            if self._has_its_target(tx, waiter):
                self._dispatch(tx, waiter, choice, at)
            else:
                _keep_place(tx, waiter)
        for waiter in in_line:
            if waiter.task.id in self.line:
                _keep_place(tx, waiter)

    def next_for_target(self, tx: Transaction, target: str) -> Task | None:
        """Return the task whose turn it is with a target; None when somebody has it, or nobody wants it."""
        return None if not target or queue.is_held(tx, target) else queue.first_in_line(tx, target)

    def finish(
        self, tx: Transaction, attempt: Attempt, content: PlanContent, result: ToolResult, at: str
    ) -> Task | None:
        """Take a result, free the agent, and remember how it did; None when the result's fence is stale."""
        task = finish(tx, attempt, content, result, at, self.backoff.base_seconds)
        if task is None:
            return None
        self.registry.release(tx, attempt.agent_id, attempt.id)
        if result.status in ("success", "failed", "timeout") and not result.metrics.get("refused"):
            self.router.ended(tx, attempt.agent_id, task.work_type, result.status == "success", at)
        return task

    def lose(self, tx: Transaction, attempt: Attempt, may_repeat: bool, at: str) -> Task:
        """Give up an attempt that died with its process."""
        self.registry.release(tx, attempt.agent_id, attempt.id)
        return lose(tx, attempt, may_repeat, at)

    def take_back(self, tx: Transaction, attempt: Attempt, at: str) -> bool:
        """Take back what nobody has claimed yet; its task keeps its place and waits for another turn."""
        if not tx.change(Attempt, {"id": attempt.id, "status": "dispatched"}, {"status": "cancelled"}):
            return False
        self.registry.release(tx, attempt.agent_id, attempt.id)
        tx.change(Outgoing, {"id": attempt.id, "status": "waiting"}, {"status": "withdrawn"})
        task = {"id": attempt.task_id, "status": "dispatched"}
        tx.change(Task, task, {"status": "approved", "agent_id": None})
        events.record(
            tx, "task.withdrawn", at, plan_id=attempt.plan_id, task_id=attempt.task_id, agent_id=attempt.agent_id,
            attempt=attempt.number,
        )  # fmt: skip
        return True

    def set_held(self, tx: Transaction, is_held: bool) -> None:
        """Keep everything new from starting, or let it go on."""
        before, self.is_held = self.is_held, is_held
        tx.on_undo(lambda: setattr(self, "is_held", before))

    # ----------------------------------------------------------------------------------------------- inside

    def _take_all_back(self, tx: Transaction, plan_id: str, at: str) -> bool:
        unclaimed = tx.find(Attempt, {"plan_id": plan_id, "kind": "run", "status": "dispatched"})
        return sum(self.take_back(tx, attempt, at) for attempt in unclaimed) > 0

    def _skip_one(self, tx: Transaction, is_stopped: bool, step: Step, at: str) -> bool:
        status = {task.position: task.status for task in step.tasks}
        for task in step.tasks:
            broken = [position for position in json.loads(task.depends_on) if status[position] in BROKEN]
            if task.status == "approved" and (broken or is_stopped):
                reason = f"task {broken[0]} did not complete" if broken else "a task failed and the rest stops with it"
                end_task(tx, task, "skipped", at, Ending(error_message=f"Skipped: {reason}."))
                self._leave(tx, task, step)
                return True
        return False

    def _line_up(self, tx: Transaction, task: Task, planned: PlannedTask, at: str, step: Step) -> None:
        if task.not_before and task.not_before > at:
            self.backoff.add(task)
            if task.postponed:
                step.blocked.append(Blocked(task.postponed, task.not_before))
            else:
                step.waits = True
            return
        need = need_of(planned, task.agent_id if task.attempts else None)
        is_able = bool(self.registry.able(need))
        if not is_able:
            step.blocked.append(Blocked(self.registry.missing(need)))
        if step.stands_by or not is_able:
            self._give_up_turn(tx, task, step)
            return
        step.waits = True
        if task.id not in self.line:
            step.in_line.append(Waiter(task.ready_at or task.not_before or at, task, need))
            self.line.add(tx, step.in_line[-1])

    def _give_up_turn(self, tx: Transaction, task: Task, step: Step) -> None:
        """Have a task wait for nothing; when it can go on, it lines up anew."""
        if task.ready_at or task.postponed:
            tx.change(Task, {"id": task.id, "status": "approved"}, {"ready_at": None, "postponed": None})
        self._leave(tx, task, step)

    def _leave(self, tx: Transaction, task: Task, step: Step) -> None:
        """Let the next in line go on when a task stops waiting for anything."""
        self.line.remove(tx, task.id)
        if task.ready_at and task.target:
            step.freed.append(task.target)

    def _next(self, at: str) -> tuple[Waiter, Choice] | None:
        """Return who is to be dispatched next, and to whom.

        Nobody is overtaken on what it is short of; somebody who needs none of that may pass.
        """
        reserved: set[tuple[str, str]] = set()
        for waiter in self.line.heads():
            if choice := self.router.choose(waiter.need, at, reserved):
                return waiter, choice
            reserved |= self.router.short_of(waiter.need)
        return None

    def _has_its_target(self, tx: Transaction, waiter: Waiter) -> bool:
        if not queue.needs_target(waiter.task):
            return True
        if queue.is_held(tx, waiter.task.target):
            return False
        first = queue.first_in_line(tx, waiter.task.target)
        return first is None or waiter.place <= queue.place(first)

    def _dispatch(self, tx: Transaction, waiter: Waiter, choice: Choice, at: str) -> None:
        task, agent_id, number = waiter.task, choice.agent.id, waiter.task.attempts + 1
        expected = {"id": task.id, "status": "approved", "attempts": task.attempts}
        became = {"status": "dispatched", "attempts": number, "agent_id": agent_id, "ready_at": waiter.ready_at}
        if not tx.change(Task, expected, became):
            return
        attempt_id = new_id(int(moment(at).timestamp() * 1000))
        because = as_retry(choice, task.attempts if waiter.need.avoid else 0)
        why = canonical(because.as_data())
        tx.insert(
            Attempt(
                attempt_id, task.plan_id, task.id, number, "run", agent_id, self.epoch, "dispatched", at, routing=why
            )
        )
        assignment = Assignment(
            attempt_id, task.plan_id, task.id, task.position, attempt_id, agent_id, self.epoch, number
        )
        tx.insert(Outgoing(attempt_id, "agent", task.plan_id, canonical(as_data(assignment)), "waiting", at))
        self.registry.take(tx, agent_id, attempt_id, waiter.need)
        self.router.started(tx, agent_id, task.work_type, at)
        events.record(
            tx, "task.dispatched", at, plan_id=task.plan_id, task_id=task.id, position=task.position,
            operation=task.operation, agent_id=agent_id, attempt=number, fence=fence(self.epoch, number),
        )  # fmt: skip


def _stopped_by(approved: ApprovedPlan, tasks: list[Task]) -> set[str]:
    """Return how those tasks stand that stop all others: `failed` for good, `unknown` until a person has said."""
    stops = {task.position for task in approved.content.tasks if task.on_failure == "stop"}
    return {task.status for task in tasks if task.position in stops} & {"failed", "unknown"}


def _keep_place(tx: Transaction, waiter: Waiter) -> None:
    """Write down since when a task waits; that is its place in every queue, also after a restart."""
    if waiter.task.ready_at is None:
        tx.change(Task, {"id": waiter.task.id, "status": "approved"}, {"ready_at": waiter.ready_at})
