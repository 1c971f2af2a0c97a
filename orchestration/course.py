"""How approved plans go on: one step of a plan, and of those that waited for what it let go of, in one transaction.

Called by everything that makes something possible: a decision, a result, a resolution, a cancel, an agent that comes
or goes, a start.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orchestration import events
from orchestration.approval.decision import ApprovedPlan, reopen
from orchestration.approval.proposal import back_to_pending, withdraw
from orchestration.dispatch.dispatcher import Dispatcher, Step
from orchestration.dispatch.line import Waiter
from orchestration.dispatch.outcome import all_ended, cancel_waiting
from orchestration.dispatch.queue import HOLDS_TARGET
from orchestration.errors import InvariantBroken
from orchestration.policy import Rules
from orchestration.ports import Transaction, timestamp
from orchestration.records import Attempt, Plan, Task
from orchestration.verdict.conclusion import conclude, quarantine

RUNS = ("approved", "executing", "paused")
"""What a plan is between its decision and its end."""


@dataclass(slots=True)
class _Round:
    """What one transaction has to see to before it ends."""

    freed: deque[str]
    """Targets that may have become free."""
    in_line: list[Waiter] = field(default_factory=list)


class Course:
    """Takes plans further. Everything here is synchronous and belongs to the transaction of its caller."""

    def __init__(self, dispatcher: Dispatcher, rules: Rules, world: Mapping[str, str]) -> None:
        self._dispatcher = dispatcher
        self._rules = rules
        self._world = world

    def go_on(self, tx: Transaction, approved: ApprovedPlan, at: str, freed: Iterable[str] = ()) -> None:
        """Take a plan one step further, and whoever waited for a target that was freed; dispatch what has room."""
        this = _Round(deque(freed))
        self._step(tx, approved, at, this)
        self._see_to(tx, at, this)

    def let_go(self, tx: Transaction, plan_id: str, at: str) -> None:
        """Let those go on who waited for any target of this plan, or for an agent that it kept."""
        targets = dict.fromkeys(task.target for task in tx.find(Task, {"plan_id": plan_id}))
        self._see_to(tx, at, _Round(deque(targets)))

    def take_back(self, tx: Transaction, plan_id: str) -> None:
        """Take back what of a plan was handed to agents and not yet claimed."""
        for attempt in tx.find(Attempt, {"plan_id": plan_id, "kind": "run", "status": "dispatched"}):
            self._dispatcher.registry.release(tx, attempt.agent_id, attempt.id)
        withdraw(tx, plan_id)

    def ask_again(self, tx: Transaction, plan: Plan, approved: ApprovedPlan, now: datetime) -> None:
        """Take a plan of which nothing has begun back to where it needs a yes: its time is over, or the policy new."""
        at = timestamp(now)
        handed_out = {"plan_id": plan.id, "kind": "run", "status": ("dispatched", "running")}
        for attempt in tx.find(Attempt, handed_out):
            self._dispatcher.registry.release(tx, attempt.agent_id, attempt.id)
        tx.change(Attempt, handed_out, {"status": "cancelled", "finished_at": at})
        back_to_pending(tx, self._rules, plan, approved.content, now)
        self.let_go(tx, plan.id, at)

    def give_up(self, tx: Transaction, plan_id: str, reason: str, at: str) -> None:
        """End a plan that cannot go on because what is stored of it contradicts itself."""
        self.take_back(tx, plan_id)
        quarantine(tx, plan_id, reason, at)
        self.let_go(tx, plan_id, at)

    # ----------------------------------------------------------------------------------------------- inside

    def _step(self, tx: Transaction, approved: ApprovedPlan, at: str, this: _Round) -> None:
        plan = tx.find(Plan, {"id": approved.plan_id})[0]
        if plan.cancelled_by:
            cancel_waiting(tx, approved, at)
        step = self._dispatcher.advance(tx, approved, at)
        this.freed.extend(step.freed)
        this.in_line.extend(step.in_line)
        if all_ended(step.tasks):
            conclude(tx, approved, step.tasks, self._rules.policy, self._world, at)
        elif _is_stuck(step):
            self._pause(tx, plan, step, at)
        elif plan.status == "paused":
            _resume(tx, plan, step, at)

    def _see_to(self, tx: Transaction, at: str, this: _Round) -> None:
        while this.freed:
            self._pass_on(tx, this.freed.popleft(), at, this)
        self._dispatcher.serve(tx, at, this.in_line)

    def _pass_on(self, tx: Transaction, target: str, at: str, this: _Round) -> None:
        """Put the first who waits for a target in line; if nobody can take that task, the one behind it."""
        tried: set[str] = set()
        while head := self._dispatcher.next_for_target(tx, target):
            if head.id in self._dispatcher.line or head.id in tried:
                return
            tried.add(head.id)
            try:
                self._step(tx, reopen(tx, tx.find(Plan, {"id": head.plan_id})[0]), at, this)
            except InvariantBroken:
                # A damaged plan is its own trouble: its next claim or start ends it, and nobody waits behind it.
                tx.change(Task, {"id": head.id, "status": "approved"}, {"ready_at": None})

    def _pause(self, tx: Transaction, plan: Plan, step: Step, at: str) -> None:
        blocked = step.blocked[0]
        going = {"id": plan.id, "status": ("approved", "executing")}
        if tx.change(Plan, going, {"status": "paused", "reason": blocked.reason}):
            events.record(tx, "plan.paused", at, plan_id=plan.id, reason=blocked.reason, until=blocked.until)


def _is_stuck(step: Step) -> bool:
    """Whether what is next is blocked, and nothing else of the plan moves or waits for a person."""
    return bool(step.blocked) and not step.waits and all(task.status not in HOLDS_TARGET for task in step.tasks)


def _resume(tx: Transaction, plan: Plan, step: Step, at: str) -> None:
    # A plan of which nothing has begun is looked at once more by its first claim: its time, and the policy.
    status = "executing" if any(task.started_at for task in step.tasks) else "approved"
    if tx.change(Plan, {"id": plan.id, "status": "paused"}, {"status": status, "reason": None}):
        events.record(tx, "plan.resumed", at, plan_id=plan.id)
