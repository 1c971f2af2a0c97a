"""From an approved plan to its verdict: what agents ask of the core, recovery after a restart, cancel and resolve.

Each use case is one transaction. Whatever ends a task also dispatches what it made ready and, when it was the
last, closes the plan, all in the same commit.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from orchestration import events
from orchestration.approval.decision import ApprovedPlan, Rules, reopen, still_satisfied
from orchestration.approval.proposal import back_to_pending, withdraw
from orchestration.canonical import parse
from orchestration.dispatch.dispatcher import Dispatcher, all_ended, cancel_waiting, end_task, fence, finish, lose
from orchestration.errors import Conflict, InvariantBroken
from orchestration.intake.catalogue import Catalogue
from orchestration.planning.plan import Definitions, PlannedTask, open_content
from orchestration.policy import ArtifactLimits
from orchestration.ports import (
    Assignment,
    Clock,
    Committed,
    Job,
    Remains,
    Store,
    Tool,
    ToolResult,
    Transaction,
    Transport,
    timestamp,
)
from orchestration.records import Attempt, Outgoing, Plan, Revision, Task
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
        self._satisfied.add((approved.plan_id, approved.content.revision))
        self._go_on(tx, approved, at)

    # ----------------------------------------------------------------------------------------- for agents

    async def claim(self, assignment: Assignment) -> Job | None:
        """Give an agent its job once the claim is durable, after one last look at everything it depends on."""
        at = self._now()
        try:
            job = await self._store.tx("task.claim", lambda tx: self._claim(tx, assignment, at))
        except InvariantBroken as broken:
            job, reason = None, str(broken)
            await self._store.tx("plan.quarantine", lambda tx: quarantine(tx, assignment.plan_id, reason, at))
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
        await self._store.tx("task.report", lambda tx: self._report(tx, assignment, result, at))
        self._claimed.pop(assignment.attempt_id, None)

    # ------------------------------------------------------------------------------- for people who manage

    def cancel(self, tx: Transaction, plan: Plan, person: str, at: str) -> list[str]:
        """Stop what has not started; return the attempts that are running and have to be stopped by their agents."""
        approved = reopen(tx, plan)
        tx.change(Plan, {"id": plan.id, "cancelled_by": None}, {"cancelled_by": person})
        events.record(tx, "plan.cancelled", at, plan_id=plan.id, person=person)
        withdraw(tx, plan.id)
        self._go_on(tx, approved, at)
        return [attempt.id for attempt in tx.find(Attempt, {"plan_id": plan.id, "kind": "run", "status": "running"})]

    def resolve(self, tx: Transaction, task: Task, outcome: Resolution, person: str, at: str) -> None:
        """Take a person's word on an unknown outcome."""
        plan = tx.find(Plan, {"id": task.plan_id})[0]
        approved = reopen(tx, plan)
        becomes = {"done": "completed", "retry": "approved", "abort": "failed"}[outcome]
        if not tx.change(Task, {"id": task.id, "status": "unknown"}, {"error_message": None}):
            raise Conflict(f"The outcome of task {task.position} of {plan.code} is not unknown (any more).")
        events.record(
            tx, "task.resolved", at, plan_id=plan.id, task_id=task.id, position=task.position, person=person,
            outcome=outcome,
        )  # fmt: skip
        message = "Given up: its outcome stayed unknown." if outcome == "abort" else None
        end_task(tx, task, becomes, at, error_message=message)
        if not tx.find(Task, {"plan_id": plan.id, "revision": plan.revision, "status": "unknown"}, limit=1):
            tx.change(Plan, {"id": plan.id}, {"needs_person": False})
        self._go_on(tx, approved, at)
        self._wake_waiting(tx, task, at)

    # ------------------------------------------------------------------------------------ after a restart

    async def recover(self) -> list[Assignment]:
        """Settle what the processes before this one left behind; return what waits to be delivered again.

        What was claimed is looked at through its tool, which kills and confirms; only then is anything retried.
        """
        orphans = await self._store.find(Attempt, {"status": "running"}, order_by="id")
        for attempt in orphans:
            if attempt.epoch < self._set.dispatcher.epoch:
                await self._settle(attempt)
        return await self._store.tx("recovery.redeliver", self._redeliver)

    async def _settle(self, attempt: Attempt) -> None:
        at = self._now()
        try:
            job = await self._store.tx("recovery.look", lambda tx: _job(tx, attempt))
        except InvariantBroken as broken:
            reason = str(broken)
            await self._store.tx("plan.quarantine", lambda tx: quarantine(tx, attempt.plan_id, reason, at))
            return
        remains = await self._set.tools[job.tool].settle(job)
        if attempt.kind == "preview":
            lost = {"status": "lost", "finished_at": at}
            await self._store.tx("recovery.preview", lambda tx: tx.change(Attempt, {"id": attempt.id}, lost))
        else:
            await self._store.tx("recovery.settle", lambda tx: self._take_remains(tx, attempt, remains, at))

    def _take_remains(self, tx: Transaction, attempt: Attempt, remains: Remains, at: str) -> None:
        plan = tx.find(Plan, {"id": attempt.plan_id})[0]
        approved = reopen(tx, plan)
        if remains.state == "ended" and remains.result is not None:
            self._take_result(tx, approved, attempt, remains.result, at)
            return
        effect = tx.find(Task, {"id": attempt.task_id})[0].effect
        may_repeat = remains.state == "never_started" or (remains.state == "killed" and effect == "idempotent")
        task = lose(tx, attempt, may_repeat, at)
        self._go_on(tx, approved, at)
        self._wake_waiting(tx, task, at)

    def _redeliver(self, tx: Transaction) -> list[Assignment]:
        """Take over what was dispatched and never claimed: same attempt, this epoch's fence."""
        waiting = tx.find(Outgoing, {"lane": "agent", "status": "waiting"}, order_by="id")
        epoch = self._set.dispatcher.epoch
        taken = []
        for message in waiting:
            old = Assignment(**parse(message.payload))
            if tx.change(Attempt, {"id": old.attempt_id, "status": "dispatched"}, {"epoch": epoch}):
                taken.append(replace(old, epoch=epoch))
        return taken

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
        tx.change(Task, task, {"status": "running", "started_at": at})
        if refusal := self._refusal(tx, plan, planned):
            result = ToolResult("failed", error_message=refusal, metrics={"refused": 1})
            self._take_result(tx, approved, attempt, result, at)
            return None
        events.record(
            tx, "task.started", at, plan_id=plan.id, task_id=attempt.task_id, position=planned.position,
            operation=planned.operation, agent_id=attempt.agent_id, attempt=attempt.number,
            fence=fence(assignment.epoch, assignment.number), digest=approved.digest,
        )  # fmt: skip
        self._claimed[attempt.id] = approved
        return job_of(attempt, planned)

    def _may_start(self, tx: Transaction, plan: Plan, approved: ApprovedPlan, at: str) -> bool:
        """Begin the plan; False when the policy has become stricter since and it has to be asked for again."""
        if not self._is_satisfied(tx, plan):
            tx.change(Attempt, {"plan_id": plan.id, "status": "running"}, {"status": "cancelled", "finished_at": at})
            back_to_pending(tx, self._set.rules, plan, approved.content, self._set.clock.now())
            return False
        return tx.change(Plan, {"id": plan.id, "status": "approved"}, {"status": "executing"}) == 1

    def _refusal(self, tx: Transaction, plan: Plan, planned: PlannedTask) -> str | None:
        """Return why a task may not run after all, though its plan was approved."""
        if self._definitions.hash(planned.operation) != planned.definition:
            return f"The declaration of {planned.operation} has changed since this was approved. Ask again."
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
        self._take_result(tx, approved, _attempt_of(assignment), result, at)

    def _take_result(
        self, tx: Transaction, approved: ApprovedPlan, attempt: Attempt, result: ToolResult, at: str
    ) -> None:
        bounded = within_limits(result, self._set.rules.policy.artifact_limits)
        task = finish(tx, attempt, approved.content, bounded, at)
        if task is not None:
            self._go_on(tx, approved, at)
            self._wake_waiting(tx, task, at)

    def _go_on(self, tx: Transaction, approved: ApprovedPlan, at: str) -> None:
        if tx.find(Plan, {"id": approved.plan_id})[0].cancelled_by:
            cancel_waiting(tx, approved, at)
        tasks = self._set.dispatcher.advance(tx, approved, at)
        if all_ended(tasks):
            conclude(tx, approved, tasks, self._set.rules.policy, self._set.world, at)

    def _wake_waiting(self, tx: Transaction, task: Task, at: str) -> None:
        """Let the plans go on that waited for the target of a task that let go of it."""
        for plan_id in self._set.dispatcher.next_in_line(tx, task):
            plan = tx.find(Plan, {"id": plan_id})[0]
            if plan.status in ("approved", "executing"):
                self._go_on(tx, reopen(tx, plan), at)

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


def _job(tx: Transaction, attempt: Attempt) -> Job:
    """Return the job of a stored attempt; raises InvariantBroken when its revision is not what it was."""
    task = tx.find(Task, {"id": attempt.task_id})[0]
    stored = tx.find(Revision, {"plan_id": task.plan_id, "revision": task.revision})[0]
    return job_of(attempt, open_content(stored.content, stored.digest).task(task.position))


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
