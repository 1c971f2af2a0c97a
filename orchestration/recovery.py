"""What a start does about what the process before it left behind. Called by the wiring, once, before anything runs.

What was claimed is looked at through its tool, which kills and confirms; only then is anything retried. What was
dispatched and never claimed is delivered again under this epoch's fence, or taken back where its agent is gone. Then
every plan that runs is taken one step further, so that nothing can be stuck for a reason that nobody thought of.
"""

from dataclasses import replace

from orchestration import events
from orchestration.approval.decision import reopen
from orchestration.canonical import parse
from orchestration.course import RUNS
from orchestration.dispatch.jobs import job_of
from orchestration.dispatch.worker import settled
from orchestration.errors import InvariantBroken, SaysoError, Unavailable
from orchestration.execution import Execution, Setting
from orchestration.planning.plan import open_content
from orchestration.ports import Assignment, Job, Remains, Transaction, timestamp
from orchestration.records import Attempt, Outgoing, Plan, Revision, Task


class Recovery:
    """Settles, delivers again, goes on."""

    def __init__(self, setting: Setting, execution: Execution) -> None:
        self._set = setting
        self._store = setting.store
        self._execution = execution

    async def settle(self) -> None:
        """Settle everything older than this epoch, and take every running plan one step further."""
        orphans = await self._store.find(Attempt, {"status": "running"}, order_by="id")
        for attempt in orphans:
            if attempt.epoch < self._set.dispatcher.epoch:
                await self._settle(attempt)
        await self._store.tx("recovery.take_back", self._take_back)
        for plan in await self._store.find(Plan, {"status": RUNS}, order_by="id"):
            await self._execution.take_further(plan.id)

    async def waiting(self) -> list[Assignment]:
        """Return what waits to be delivered."""
        return await self._store.tx("recovery.redeliver", self._redeliver)

    async def _settle(self, attempt: Attempt) -> None:
        job = await self._store.tx("recovery.look", lambda tx: self._job(tx, attempt))
        tool = self._set.tools.get(job.tool)
        remains = await settled(tool, job) if tool else Remains("unconfirmed")
        try:
            await self._store.tx("recovery.settle", lambda tx: self._take(tx, attempt, remains))
        except Unavailable:
            raise
        except SaysoError as error:
            await self._execution.give_up(attempt.plan_id, error)
            await self._store.tx("recovery.settle", lambda tx: self._close(tx, attempt, remains))

    def _job(self, tx: Transaction, attempt: Attempt) -> Job:
        """Return the job of a stored attempt; of a damaged plan as much as it takes to find its processes."""
        task = tx.find(Task, {"id": attempt.task_id})[0]
        stored = tx.find(Revision, {"plan_id": task.plan_id, "revision": task.revision})[0]
        try:
            planned = open_content(stored.content, stored.digest).task(task.position)
            return job_of(attempt, planned, tx.find(Plan, {"id": task.plan_id})[0])
        except InvariantBroken:
            declared = self._set.declared.catalogue.operations.get(task.operation)
            tool = declared.tool if declared else ""
            return Job(
                attempt.id, task.plan_id, task.id, attempt.number, task.operation, "run", {}, {}, {}, 0.0, tool=tool
            )

    def _take(self, tx: Transaction, attempt: Attempt, remains: Remains) -> None:
        at = self._now()
        if attempt.kind == "preview":
            tx.change(Attempt, {"id": attempt.id}, {"status": "lost", "finished_at": at})
            events.record(
                tx, "preview.finished", at, plan_id=attempt.plan_id, task_id=attempt.task_id, status="lost", changes=0
            )
            return
        approved = reopen(tx, tx.find(Plan, {"id": attempt.plan_id})[0])
        if remains.state == "ended" and remains.result is not None:
            self._execution.take_result(tx, approved, attempt, remains.result, at)
            return
        effect = tx.find(Task, {"id": attempt.task_id})[0].effect
        may_repeat = remains.state == "never_started" or (remains.state == "killed" and effect == "idempotent")
        task = self._set.dispatcher.lose(tx, attempt, may_repeat, at)
        self._execution.course.go_on(tx, approved, at, [task.target])

    def _close(self, tx: Transaction, attempt: Attempt, remains: Remains) -> None:
        """End the running task of a damaged plan; it keeps its target while something of it may be alive."""
        at = self._now()
        tx.change(Attempt, {"id": attempt.id}, {"status": "lost", "finished_at": at})
        status = "unknown" if remains.state == "unconfirmed" else "failed"
        tx.change(Task, {"id": attempt.task_id, "status": "running"}, {"status": status, "finished_at": at})
        self._set.dispatcher.registry.release(tx, attempt.agent_id, attempt.id)
        self._execution.course.let_go(tx, attempt.plan_id, at)

    def _take_back(self, tx: Transaction) -> None:
        """Take back what was dispatched to agents that are not here any more."""
        registry = self._set.dispatcher.registry
        dispatched = tx.find(Attempt, {"kind": "run", "status": "dispatched"}, order_by="id")
        gone = [attempt for attempt in dispatched if registry.get(attempt.agent_id) is None]
        self._execution.take_back(tx, gone, self._now())

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

    def _now(self) -> str:
        return timestamp(self._set.clock.now())
