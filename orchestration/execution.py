"""From an approved plan to its verdict: what agents ask of the core, cancel, resolve and hold.

Each use case is one transaction. Whatever ends a task also dispatches what it made ready and, when it was the
last, closes the plan, all in the same commit (`course.py`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from orchestration import events
from orchestration.approval.decision import ApprovedPlan, Voice, reopen, still_satisfied
from orchestration.canonical import parse
from orchestration.course import RUNS, Course
from orchestration.dispatch.dispatcher import Dispatcher
from orchestration.dispatch.jobs import job_of, within_limits
from orchestration.dispatch.memory import HOLD
from orchestration.dispatch.outcome import Ending, end_task, fence
from orchestration.errors import Conflict, InvariantBroken, SaysoError, Unavailable
from orchestration.planning.declared import Declared
from orchestration.planning.plan import PlannedTask
from orchestration.policy import Rules
from orchestration.ports import (
    Above,
    Assignment,
    Clock,
    Committed,
    Job,
    Store,
    Tool,
    ToolResult,
    Transaction,
    Transport,
    timestamp,
)
from orchestration.records import PLAN_ENDED, Attempt, Hold, Outgoing, Plan, Task
from orchestration.verdict.gate import tolerated

LEASE = timedelta(seconds=15)
REMEMBERED = 10_000
"""Revisions that are known to satisfy the rules, so that a process that runs for years does not grow by its plans."""
Resolution = Literal["done", "retry", "abort"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What execution works with."""

    store: Store
    clock: Clock
    rules: Rules
    declared: Declared
    dispatcher: Dispatcher
    tools: Mapping[str, Tool]
    may_assert: bool
    """Whether people may speak for others here."""
    world: Mapping[str, str]
    """Where this runs, for the evidence: platform, versions."""


class Execution:
    """The core that agents talk to."""

    def __init__(self, setting: Setting) -> None:
        self._set = setting
        self._store = setting.store
        self.course = Course(setting.dispatcher, setting.rules, setting.world)
        self.backs_off = asyncio.Event()
        """Set whenever a task may have been given a time before which it is not tried again."""
        self._claimed: dict[str, ApprovedPlan] = {}
        """By attempt: what it runs as it was when it was claimed."""
        self._satisfied: set[tuple[str, int]] = set()
        """Revisions that satisfied the rules as they are; a reload asks anew."""

    # ------------------------------------------------------------------------------ for the use cases above

    def start(self, tx: Transaction, approved: ApprovedPlan, at: str) -> None:
        """Dispatch the first tasks of a plan in the transaction that approved it."""
        # Should this transaction fail, there is no decision either, and a claim asks for that first.
        self._remember((approved.plan_id, approved.content.revision))
        self.course.go_on(tx, approved, at)

    def forget_satisfied(self) -> None:
        """Ask of every revision anew whether it satisfies the rules, since they are others now."""
        self._satisfied.clear()

    # ----------------------------------------------------------------------------------------- for agents

    async def claim(self, assignment: Assignment) -> Job | None:
        """Give an agent its job once the claim is durable, after one last look at everything it depends on."""
        at, job = self._now(), None
        try:
            job = await self._store.tx("task.claim", lambda tx: self._claim(tx, assignment, at))
        except Unavailable:
            raise
        except SaysoError as error:
            await self.give_up(assignment.plan_id, error)
        return job

    async def renew(self, assignment: Assignment) -> None:
        """Extend the lease of a running attempt."""
        until = timestamp(self._set.clock.now() + LEASE)
        held = {**_fenced(assignment), "status": "running"}
        await self._store.tx("task.renew", lambda tx: tx.change(Attempt, held, {"lease_expires_at": until}))

    async def report(self, assignment: Assignment, result: ToolResult) -> None:
        """Take an attempt's result, and go on with what it made possible."""
        at = self._now()
        try:
            await self._store.tx("task.report", lambda tx: self._report(tx, assignment, result, at))
        except Unavailable:
            raise
        except SaysoError as error:
            message = f"Its result could not be taken: {error}"
            plain = ToolResult("failed", error_message=message, metrics={"outcome_unknown": 1})
            await self._report_plainly(assignment, plain, at)
        self._claimed.pop(assignment.attempt_id, None)
        self.backs_off.set()

    async def _report_plainly(self, assignment: Assignment, plain: ToolResult, at: str) -> None:
        """Take a result that says nothing but that there is one; end the plan when even that cannot be stored."""
        try:
            await self._store.tx("task.report", lambda tx: self._report(tx, assignment, plain, at))
        except Unavailable:
            raise
        except SaysoError as error:
            await self.give_up(assignment.plan_id, error)

    async def give_up(self, plan_id: str, error: SaysoError) -> None:
        """End a plan that cannot go on because what is stored of it contradicts itself."""
        at = self._now()
        await self._store.tx("plan.quarantine", lambda tx: self.course.give_up(tx, plan_id, str(error), at))

    # ------------------------------------------------------------------------------------ when time has passed

    async def take_further(self, plan_id: str) -> None:
        """Take a plan one step further, whatever it may have waited for."""
        at = self._now()

        def use_case(tx: Transaction) -> None:
            plan = tx.find(Plan, {"id": plan_id})[0]
            if plan.status in RUNS:
                self.course.go_on(tx, reopen(tx, plan), at)

        try:
            await self._store.tx("plan.go_on", use_case)
        except Unavailable:
            raise
        except SaysoError as error:
            await self.give_up(plan_id, error)

    # ------------------------------------------------------------------------------- for people who manage

    def cancel(self, tx: Transaction, plan: Plan, person: str, at: str) -> list[Attempt]:
        """Stop what has not started; return the attempts that are running and have to be stopped by their agents."""
        approved = reopen(tx, plan)
        tx.change(Plan, {"id": plan.id, "cancelled_by": None}, {"cancelled_by": person})
        events.record(tx, "plan.cancelled", at, plan_id=plan.id, person=person)
        self.course.take_back(tx, plan.id)
        self.course.go_on(tx, approved, at)
        self.course.let_go(tx, plan.id, at)
        return tx.find(Attempt, {"plan_id": plan.id, "kind": "run", "status": "running"})

    def resolve(self, tx: Transaction, task_id: str, outcome: Resolution, person: str, at: str) -> None:
        """Take a person's word on an unknown outcome."""
        task = tx.find(Task, {"id": task_id})[0]
        plan = tx.find(Plan, {"id": task.plan_id})[0]
        if task.status != "unknown":
            raise Conflict(f"The outcome of task {task.position} of {plan.code} is not unknown (any more).")
        events.record(
            tx, "task.resolved", at, plan_id=plan.id, task_id=task.id, position=task.position, person=person,
            outcome=outcome,
        )  # fmt: skip
        has_ended = plan.status in PLAN_ENDED
        becomes = {"done": "completed", "retry": "failed" if has_ended else "approved", "abort": "failed"}[outcome]
        message = None if becomes != "failed" else "Given up: its outcome stayed unknown."
        end_task(tx, task, becomes, at, Ending(error_message=message))
        if not tx.find(Task, {"plan_id": plan.id, "revision": plan.revision, "status": "unknown"}, limit=1):
            tx.change(Plan, {"id": plan.id}, {"needs_person": False})
        if not has_ended:
            self.course.go_on(tx, reopen(tx, plan), at)
        self.course.let_go(tx, plan.id, at)

    async def hold(self, voice: Voice, on: bool) -> bool:
        """Keep everything new from starting, or let it go on; False when that is so already.

        What runs finishes; what was handed to an agent and not yet claimed is taken back and keeps its place.
        """
        at = self._now()
        hold = Hold(HOLD, on, voice.person, at)
        return await self._store.tx("dispatch.hold", lambda tx: self._hold(tx, hold, voice.asserted_by))

    # -------------------------------------------------------------------------------------- inside a commit

    def _claim(self, tx: Transaction, assignment: Assignment, at: str) -> Job | None:
        attempt = _attempt_of(assignment)
        until = timestamp(self._set.clock.now() + LEASE)
        claimed = {"status": "running", "started_at": at, "lease_expires_at": until}
        if not tx.change(Attempt, {**_fenced(assignment), "status": "dispatched"}, claimed):
            return None
        tx.change(Outgoing, {"id": assignment.outgoing_id, "status": "waiting"}, {"status": "delivered"})
        plan = tx.find(Plan, {"id": assignment.plan_id})[0]
        approved = reopen(tx, plan)
        if plan.status == "approved" and not self._may_start(tx, plan, approved, at):
            return None
        planned = approved.content.task(assignment.position)
        task = {"id": assignment.task_id, "status": "dispatched"}
        if not tx.change(Task, task, {"status": "running", "started_at": at}):
            raise InvariantBroken(
                f"Task {assignment.position} of {plan.code} is not waiting to be run. Nothing was run."
            )
        if refusal := self._refusal(tx, plan, planned):
            result = ToolResult("failed", error_message=refusal, metrics={"refused": 1})
            self.take_result(tx, approved, attempt, result, at)
            return None
        events.record(
            tx, "task.started", at, plan_id=plan.id, task_id=attempt.task_id, position=planned.position,
            operation=planned.operation, agent_id=attempt.agent_id, attempt=attempt.number,
            fence=fence(assignment.epoch, assignment.number), digest=approved.digest,
        )  # fmt: skip
        self._claimed[attempt.id] = approved
        tx.on_undo(lambda: self._claimed.pop(attempt.id, None))
        return job_of(attempt, planned, plan)

    def _may_start(self, tx: Transaction, plan: Plan, approved: ApprovedPlan, at: str) -> bool:
        """Begin the plan; False when it has to be asked for again: its time is over, or the policy is stricter now."""
        if plan.expires_at <= at or not self._is_satisfied(tx, plan):
            self.course.ask_again(tx, plan, approved, self._set.clock.now())
            return False
        return tx.change(Plan, {"id": plan.id, "status": "approved"}, {"status": "executing"}) == 1

    def _refusal(self, tx: Transaction, plan: Plan, planned: PlannedTask) -> str | None:
        """Return why a task may not run after all, though its plan was approved."""
        if self._set.declared.definitions.hash(planned.operation) != planned.definition:
            return f"The declaration of {planned.operation} has changed since this was approved. Ask again."
        if planned.tool not in self._set.tools:
            return f"There is no tool {planned.tool} here any more."
        allowed = self._set.rules.policy.tools.allowlist
        if (allowed and planned.tool not in allowed) or not self._is_satisfied(tx, plan):
            return "The policy has become stricter since this was approved. Ask again."
        return None

    def _is_satisfied(self, tx: Transaction, plan: Plan) -> bool:
        key = (plan.id, plan.revision)
        if key not in self._satisfied and still_satisfied(tx, self._set.rules, plan):
            self._remember(key)
        return key in self._satisfied

    def _remember(self, satisfied: tuple[str, int]) -> None:
        if len(self._satisfied) >= REMEMBERED:
            self._satisfied.clear()  # a plan that goes on is asked about once more
        self._satisfied.add(satisfied)

    def _report(self, tx: Transaction, assignment: Assignment, result: ToolResult, at: str) -> None:
        approved = self._claimed.get(assignment.attempt_id)
        if approved is None:
            approved = reopen(tx, tx.find(Plan, {"id": assignment.plan_id})[0])
        self.take_result(tx, approved, _attempt_of(assignment), result, at)

    def take_result(
        self, tx: Transaction, approved: ApprovedPlan, attempt: Attempt, result: ToolResult, at: str
    ) -> None:
        policy = self._set.rules.policy
        judged = tolerated(within_limits(result, policy.artifact_limits), policy.junit_pass_rule)
        task = self._set.dispatcher.finish(tx, attempt, approved.content, judged, at)
        if task is not None:
            self.course.go_on(tx, approved, at, [task.target])

    def _hold(self, tx: Transaction, hold: Hold, asserted_by: str | None) -> bool:
        before = tx.find(Hold, {"name": hold.name})
        if hold.is_on == (bool(before) and before[0].is_on):
            return False
        turned = {"is_on": hold.is_on, "person": hold.person, "at": hold.at}
        if not tx.change(Hold, {"name": hold.name}, turned):
            tx.insert(hold)
        name: events.EventName = "dispatch.held" if hold.is_on else "dispatch.released"
        events.record(tx, name, hold.at, person=hold.person, asserted_by=asserted_by)
        self._set.dispatcher.set_held(tx, hold.is_on)
        if hold.is_on:
            self.take_back(tx, tx.find(Attempt, {"status": "dispatched", "kind": "run"}), hold.at)
        self._set.dispatcher.serve(tx, hold.at, [])
        return True

    def take_back(self, tx: Transaction, dispatched: Sequence[Attempt], at: str) -> None:
        """Take assignments back that nobody has claimed; their tasks wait for another turn."""
        taken = [attempt for attempt in dispatched if self._set.dispatcher.take_back(tx, attempt, at)]
        self._take_plans_further(tx, [attempt.plan_id for attempt in taken], at)

    def try_postponed_again(self, tx: Transaction, at: str) -> None:
        """Let every task go on that waits for a new budget: another one may count by now."""
        postponed = tx.find(Task, {"status": "approved", "postponed": Above("")})
        for task in postponed:
            tx.change(Task, {"id": task.id, "status": "approved"}, {"not_before": None, "postponed": None})
        self._take_plans_further(tx, [task.plan_id for task in postponed], at)

    def _take_plans_further(self, tx: Transaction, plan_ids: Sequence[str], at: str) -> None:
        for plan_id in dict.fromkeys(plan_ids):
            with suppress(InvariantBroken):  # a damaged plan is ended by its next start
                self.course.go_on(tx, reopen(tx, tx.find(Plan, {"id": plan_id})[0]), at)

    def _now(self) -> str:
        return timestamp(self._set.clock.now())


class AgentRelay:
    """Brings assignments from the outbox to their agents: woken by each commit, never polling."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._sending: set[asyncio.Task[None]] = set()

    def committed(self, news: Committed) -> None:
        """Send what a commit put into the agents' lane."""
        for message in news.outgoing:
            if message.lane == "agent":
                self.send(Assignment(**parse(message.payload)))

    async def stop(self, attempts: Sequence[Attempt]) -> None:
        """Have running attempts stopped by their agents."""
        for attempt in attempts:
            await self._transport.stop(attempt.agent_id, attempt.id)

    def send(self, assignment: Assignment) -> None:
        """Send one assignment in the background; it stays in the outbox until it is claimed."""
        sending = asyncio.ensure_future(self._transport.send(assignment))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)


def _attempt_of(assignment: Assignment) -> Attempt:
    """Return the attempt behind an assignment, as far as a claim or a result needs it."""
    return Attempt(
        id=assignment.attempt_id,
        plan_id=assignment.plan_id,
        task_id=assignment.task_id,
        number=assignment.number,
        kind="run",
        agent_id=assignment.agent_id,
        epoch=assignment.epoch,
        status="running",
        dispatched_at="",
    )


def _fenced(assignment: Assignment) -> dict[str, str | int]:
    return {"id": assignment.attempt_id, "epoch": assignment.epoch, "number": assignment.number}
