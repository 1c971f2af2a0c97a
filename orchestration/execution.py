"""From an approved plan to its verdict: what agents ask of the core, cancel and resolve.

Each use case is one transaction. Whatever ends a task also dispatches what it made ready and, when it was the
last, closes the plan, all in the same commit.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from orchestration import events
from orchestration.approval.decision import ApprovedPlan, Rules, reopen, still_satisfied
from orchestration.approval.proposal import back_to_pending, withdraw
from orchestration.canonical import parse
from orchestration.dispatch.dispatcher import Dispatcher, all_ended, cancel_waiting, end_task, fence, finish
from orchestration.errors import Conflict, InvariantBroken, SaysoError, Unavailable
from orchestration.intake.catalogue import Catalogue
from orchestration.planning.plan import Definitions, PlannedTask
from orchestration.policy import ArtifactLimits
from orchestration.ports import (
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
from orchestration.records import PLAN_ENDED, Attempt, Outgoing, Plan, Task
from orchestration.verdict.conclusion import conclude, quarantine

LEASE = timedelta(seconds=15)
Resolution = Literal["done", "retry", "abort"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What execution works with."""

    store: Store
    clock: Clock
    rules: Rules
    catalogue: Catalogue
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
        self._definitions = Definitions(setting.catalogue)
        self._claimed: dict[str, ApprovedPlan] = {}
        """By attempt: what it runs as it was when it was claimed."""
        # Rules change only at a start, so a revision that satisfied them once in this process still does.
        self._satisfied: set[tuple[str, int]] = set()

    # ------------------------------------------------------------------------------ for the use cases above

    def start(self, tx: Transaction, approved: ApprovedPlan, at: str) -> None:
        """Dispatch the first tasks of a plan in the transaction that approved it."""
        # Should this transaction fail, there is no decision either, and a claim asks for that first.
        self._satisfied.add((approved.plan_id, approved.content.revision))
        self.go_on(tx, approved, at)

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
        if job is None:
            self._set.dispatcher.registry.ended(assignment.agent_id, assignment.attempt_id)
        return job

    async def renew(self, assignment: Assignment) -> None:
        """Extend the lease of a running attempt."""
        until = timestamp(self._set.clock.now() + LEASE)
        held = {**_fenced(assignment), "status": "running"}
        await self._store.tx("task.renew", lambda tx: tx.change(Attempt, held, {"lease_expires_at": until}))

    async def report(self, assignment: Assignment, result: ToolResult) -> None:
        """Take an attempt's result, and go on with what it made possible."""
        at = self._now()
        self._set.dispatcher.registry.ended(assignment.agent_id, assignment.attempt_id)
        try:
            await self._store.tx("task.report", lambda tx: self._report(tx, assignment, result, at))
        except Unavailable:
            raise
        except SaysoError as error:
            message = f"Its result could not be taken: {error}"
            plain = ToolResult("failed", error_message=message, metrics={"outcome_unknown": 1})
            await self._report_plainly(assignment, plain, at)
        self._claimed.pop(assignment.attempt_id, None)

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

        def use_case(tx: Transaction) -> None:
            quarantine(tx, plan_id, str(error), at)
            self.let_go(tx, plan_id, at)

        await self._store.tx("plan.quarantine", use_case)

    # ------------------------------------------------------------------------------- for people who manage

    def cancel(self, tx: Transaction, plan: Plan, person: str, at: str) -> list[Attempt]:
        """Stop what has not started; return the attempts that are running and have to be stopped by their agents."""
        approved = reopen(tx, plan)
        tx.change(Plan, {"id": plan.id, "cancelled_by": None}, {"cancelled_by": person})
        events.record(tx, "plan.cancelled", at, plan_id=plan.id, person=person)
        withdraw(tx, plan.id)
        self.go_on(tx, approved, at)
        self.let_go(tx, plan.id, at)
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
        end_task(tx, task, becomes, at, error_message=message)
        if not tx.find(Task, {"plan_id": plan.id, "revision": plan.revision, "status": "unknown"}, limit=1):
            tx.change(Plan, {"id": plan.id}, {"needs_person": False})
        if not has_ended:
            self.go_on(tx, reopen(tx, plan), at)
        self.let_go(tx, plan.id, at)

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
        return job_of(attempt, planned)

    def _may_start(self, tx: Transaction, plan: Plan, approved: ApprovedPlan, at: str) -> bool:
        """Begin the plan; False when it has to be asked for again: its time is over, or the policy is stricter now."""
        if plan.expires_at <= at or not self._is_satisfied(tx, plan):
            tx.change(Attempt, {"plan_id": plan.id, "status": "running"}, {"status": "cancelled", "finished_at": at})
            back_to_pending(tx, self._set.rules, plan, approved.content, self._set.clock.now())
            self.let_go(tx, plan.id, at)
            return False
        return tx.change(Plan, {"id": plan.id, "status": "approved"}, {"status": "executing"}) == 1

    def _refusal(self, tx: Transaction, plan: Plan, planned: PlannedTask) -> str | None:
        """Return why a task may not run after all, though its plan was approved."""
        if self._definitions.hash(planned.operation) != planned.definition:
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
            self._satisfied.add(key)
        return key in self._satisfied

    def _report(self, tx: Transaction, assignment: Assignment, result: ToolResult, at: str) -> None:
        approved = self._claimed.get(assignment.attempt_id)
        if approved is None:
            approved = reopen(tx, tx.find(Plan, {"id": assignment.plan_id})[0])
        self.take_result(tx, approved, _attempt_of(assignment), result, at)

    def take_result(
        self, tx: Transaction, approved: ApprovedPlan, attempt: Attempt, result: ToolResult, at: str
    ) -> None:
        bounded = within_limits(result, self._set.rules.policy.artifact_limits)
        task = finish(tx, attempt, approved.content, bounded, at)
        if task is not None:
            self.go_on(tx, approved, at)
            self.wake(tx, task, at)

    def go_on(self, tx: Transaction, approved: ApprovedPlan, at: str) -> None:
        """Dispatch what is ready, and close the plan when nothing of it is left."""
        if tx.find(Plan, {"id": approved.plan_id})[0].cancelled_by:
            cancel_waiting(tx, approved, at)
        tasks = self._set.dispatcher.advance(tx, approved, at)
        if all_ended(tasks):
            conclude(tx, approved, tasks, self._set.rules.policy, self._set.world, at)
            self._satisfied.discard((approved.plan_id, approved.content.revision))

    def let_go(self, tx: Transaction, plan_id: str, at: str) -> None:
        """Let the plans go on that waited for any target of this one."""
        for task in tx.find(Task, {"plan_id": plan_id}):
            self.wake(tx, task, at)

    def wake(self, tx: Transaction, task: Task, at: str) -> None:
        """Let the plans go on that waited for the target of a task that let go of it."""
        for plan_id in self._set.dispatcher.next_in_line(tx, task):
            plan = tx.find(Plan, {"id": plan_id})[0]
            # A damaged plan is its own trouble: its next claim or start ends it, and nobody else's result is lost.
            with suppress(InvariantBroken):
                if plan.status in ("approved", "executing"):
                    self.go_on(tx, reopen(tx, plan), at)

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


def job_of(attempt: Attempt, planned: PlannedTask) -> Job:
    """Return what a tool needs to carry out an attempt, from the stored plan alone."""
    is_preview = attempt.kind == "preview"
    instructions = (planned.preview_instructions if is_preview else None) or planned.instructions
    return Job(
        attempt_id=attempt.id,
        plan_id=attempt.plan_id,
        task_id=attempt.task_id,
        number=attempt.number,
        operation=planned.operation,
        kind="preview" if is_preview else "run",
        instructions=instructions,
        files=planned.files,
        secrets={} if is_preview else planned.secrets,
        timeout_seconds=planned.timeout_seconds,
        tool=planned.tool,
    )


def within_limits(result: ToolResult, limits: ArtifactLimits) -> ToolResult:
    """Return the result, failed when it left more evidence than the policy allows."""
    megabytes = max((artifact.size for artifact in result.artifacts), default=0) / 2**20
    if len(result.artifacts) <= limits.max_count and megabytes <= limits.max_size_mb:
        return result
    allowed = f"{limits.max_count} files of {limits.max_size_mb} MB each"
    message = f"It left {len(result.artifacts)} files of up to {megabytes:.1f} MB; the policy allows {allowed}."
    return replace(result, status="failed", error_message=message, metrics={**result.metrics, "refused": 1})


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
