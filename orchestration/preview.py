"""Try a task without effect and show what it would do. Never part of what is approved.

A preview is an attempt of its own kind, on the record, without secrets, bounded in time, and only where the
policy lets this person have it.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from orchestration import events
from orchestration.approval.decision import Voice
from orchestration.canonical import canonical
from orchestration.dispatch.jobs import job_of
from orchestration.dispatch.outcome import result_data
from orchestration.errors import NotAllowed, NotPending, SaysoError
from orchestration.ids import new_id
from orchestration.policy import Rules, may
from orchestration.ports import Clock, Store, Tool, ToolResult, Transaction, timestamp
from orchestration.records import Attempt, Plan, Task
from orchestration.views import View, Views

PREVIEW_SECONDS = 30.0
PREVIEW_AGENT = "preview"


class Previews:
    """Dry runs of pending plans."""

    def __init__(self, store: Store, clock: Clock, rules: Rules, tools: Mapping[str, Tool], epoch: int) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules
        self._tools = tools
        self._epoch = epoch
        self._views = Views(store, rules)

    def possible(self, view: View, position: int, voice: Voice) -> bool:
        """Whether this person gets a preview of this task."""
        return position in previewable(self._rules, view, voice)

    async def run_all(self, plan_id: str, voice: Voice) -> None:
        """Try every task of a plan that can be tried; what comes of it is on the card, and harms nothing else."""
        with suppress(SaysoError):
            view = await self._views.view(plan_id)
            for position in previewable(self._rules, view, voice):
                await self.run(view, position, voice)

    async def run(self, view: View, position: int, voice: Voice) -> ToolResult:
        """Return what one task would do; a preview that fails says so in its result and harms nothing."""
        if not self.possible(view, position, voice):
            raise NotAllowed(f"There is no preview of task {position} of {view.plan.code} for you. Nothing was run.")
        planned = view.content.task(position)
        attempt = await self._store.tx("preview.start", lambda tx: self._start(tx, view.tasks[position - 1], voice))
        seconds = min(PREVIEW_SECONDS, planned.timeout_seconds)
        job = replace(job_of(attempt, planned, view.plan), timeout_seconds=seconds)
        try:
            result = await self._tools[planned.tool].run(job, lambda _progress: None)
        except SaysoError as error:
            result = ToolResult("failed", error_message=str(error))
        await self._store.tx("preview.finish", lambda tx: self._finish(tx, attempt, result))
        return result

    def _start(self, tx: Transaction, task: Task, voice: Voice) -> Attempt:
        now = self._clock.now()
        at = timestamp(now)
        pending = {"id": task.plan_id, "revision": task.revision, "status": "pending_approval"}
        if not tx.find(Plan, pending):
            raise NotPending("The plan is no longer open, so there is nothing to preview.")
        number = 1 + len(tx.find(Attempt, {"task_id": task.id, "kind": "preview"}))
        attempt = Attempt(
            id=new_id(int(now.timestamp() * 1000)),
            plan_id=task.plan_id,
            task_id=task.id,
            number=number,
            kind="preview",
            agent_id=PREVIEW_AGENT,
            epoch=self._epoch,
            status="running",
            dispatched_at=at,
            started_at=at,
        )
        tx.insert(attempt)
        events.record(
            tx, "preview.started", at, plan_id=task.plan_id, task_id=task.id, position=task.position,
            person=voice.person,
        )  # fmt: skip
        return attempt

    def _finish(self, tx: Transaction, attempt: Attempt, result: ToolResult) -> None:
        at = timestamp(self._clock.now())
        status = "completed" if result.status == "success" else "failed"
        ended = {
            "status": status,
            "finished_at": at,
            "exit_code": result.exit_code,
            "result": canonical(result_data(result)),
        }
        if tx.change(Attempt, {"id": attempt.id, "status": "running"}, ended):
            events.record(
                tx, "preview.finished", at, plan_id=attempt.plan_id, task_id=attempt.task_id, status=status,
                changes=len(result.changes),
            )  # fmt: skip


def previewable(rules: Rules, view: View, voice: Voice) -> list[int]:
    """Return the positions of the tasks that this person gets a preview of."""
    if view.plan.status != "pending_approval":
        return []
    may_see = [may(rules.policy.preview, rules.people, voice.person, risk) for risk in view.risks]
    return [
        task.position for task, allowed in zip(view.content.tasks, may_see, strict=True) if task.preview and allowed
    ]
