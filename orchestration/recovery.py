"""What a start does about what the process before it left behind. Called by the wiring, once, before anything runs.

What was claimed is looked at through its tool, which kills and confirms; only then is anything retried. What was
dispatched and never claimed is delivered again under this epoch's fence. Then every plan that runs is taken one
step further, so that nothing can be stuck for a reason that nobody thought of.
"""

from dataclasses import replace

from orchestration.approval.decision import reopen
from orchestration.canonical import parse
from orchestration.dispatch.dispatcher import lose
from orchestration.errors import InvariantBroken, SaysoError, Unavailable
from orchestration.execution import Execution, Setting, job_of
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
        for plan in await self._store.find(Plan, {"status": ("approved", "executing")}, order_by="id"):
            await self._take_further(plan)

    async def waiting(self) -> list[Assignment]:
        """Return what waits to be delivered."""
        return await self._store.tx("recovery.redeliver", self._redeliver)

    async def _settle(self, attempt: Attempt) -> None:
        job = await self._store.tx("recovery.look", lambda tx: self._job(tx, attempt))
        tool = self._set.tools.get(job.tool)
        remains = await tool.settle(job) if tool else Remains("unconfirmed")
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
            return job_of(attempt, open_content(stored.content, stored.digest).task(task.position))
        except InvariantBroken:
            declared = self._set.catalogue.operations.get(task.operation)
            tool = declared.tool if declared else ""
            return Job(
                attempt.id, task.plan_id, task.id, attempt.number, task.operation, "run", {}, {}, {}, 0.0, tool=tool
            )

    def _take(self, tx: Transaction, attempt: Attempt, remains: Remains) -> None:
        at = self._now()
        if attempt.kind == "preview":
            tx.change(Attempt, {"id": attempt.id}, {"status": "lost", "finished_at": at})
            return
        approved = reopen(tx, tx.find(Plan, {"id": attempt.plan_id})[0])
        if remains.state == "ended" and remains.result is not None:
            self._execution.take_result(tx, approved, attempt, remains.result, at)
            return
        effect = tx.find(Task, {"id": attempt.task_id})[0].effect
        may_repeat = remains.state == "never_started" or (remains.state == "killed" and effect == "idempotent")
        task = lose(tx, attempt, may_repeat, at)
        self._execution.go_on(tx, approved, at)
        self._execution.wake(tx, task, at)

    def _close(self, tx: Transaction, attempt: Attempt, remains: Remains) -> None:
        """End the running task of a damaged plan; it keeps its target while something of it may be alive."""
        at = self._now()
        tx.change(Attempt, {"id": attempt.id}, {"status": "lost", "finished_at": at})
        status = "unknown" if remains.state == "unconfirmed" else "failed"
        tx.change(Task, {"id": attempt.task_id, "status": "running"}, {"status": status, "finished_at": at})
        self._execution.let_go(tx, attempt.plan_id, at)

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

    async def _take_further(self, plan: Plan) -> None:
        at = self._now()

        def use_case(tx: Transaction) -> None:
            current = tx.find(Plan, {"id": plan.id})[0]
            if current.status in ("approved", "executing"):
                self._execution.go_on(tx, reopen(tx, current), at)

        try:
            await self._store.tx("recovery.go_on", use_case)
        except Unavailable:
            raise
        except SaysoError as error:
            await self._execution.give_up(plan.id, error)

    def _now(self) -> str:
        return timestamp(self._set.clock.now())
