"""The use cases of people on plans: vote, cancel, resolve; `asking` has those of whoever asks.

Every adapter calls these and nothing below. Nothing that only looks ever writes; refusals are recorded before they
are told.
"""

from orchestration import events
from orchestration.access import Access
from orchestration.approval.decision import Outcome, Shown, Voice, vote
from orchestration.approval.proposal import close_revision, expire_due
from orchestration.asking import Asking, Readers
from orchestration.errors import Conflict, NotAllowed, NotFound
from orchestration.execution import AgentRelay, Execution, Resolution, Setting
from orchestration.planning.plan import open_content
from orchestration.planning.recent import RecentContents
from orchestration.policy import Rules
from orchestration.ports import Transaction, timestamp
from orchestration.records import Attempt, Plan, Revision, Task
from orchestration.throttle import RECORDED_REFUSALS, Refusals
from orchestration.views import Views


class Orchestrator:
    """Sayso's core, one per running thread of wiring."""

    def __init__(self, setting: Setting, readers: Readers, execution: Execution, relay: AgentRelay) -> None:
        self._set = setting
        self._store = setting.store
        self._rules: Rules = setting.rules
        self.views = Views(setting.store, setting.rules)
        self._access = Access(setting.store, setting.clock, setting.rules, setting.may_assert)
        self._contents = RecentContents()
        self.asking = Asking(setting, readers, execution, self._contents)
        self._planner = readers.planner
        self._execution = execution
        self._relay = relay
        self._refusals = Refusals()

    async def vote(self, shown: Shown, voice: Voice, yes: bool, reason: str = "") -> Outcome:
        """Say yes or no to exactly what was shown. A decision starts the first tasks in the same commit."""
        await self._access.speaks(voice, shown.plan_id)
        at = self._now()

        def use_case(tx: Transaction) -> Outcome:
            outcome = vote(tx, self._rules, shown, voice, yes, reason, at)
            if outcome.approved is not None:
                self._execution.start(tx, outcome.approved, at)
            return outcome

        try:
            if yes:
                await self._unchanged(shown)
            return await self._store.tx("plan.decide", use_case)
        except NotAllowed as refusal:
            await self._access.denied(shown.plan_id, voice, "approve" if yes else "reject", refusal)
            raise

    async def turned_away(self, account: str, why: NotAllowed) -> None:
        """Record that an account which is nobody's here, or may not speak now, was refused; a few times a minute."""
        times = self._refusals.count(account, self._set.clock.now())
        if times < RECORDED_REFUSALS:
            await self._access.denied(None, Voice(account), "speak", why)
        elif times == RECORDED_REFUSALS:
            await self._access.denied(None, Voice(account), "speak, and more within this minute", why)

    async def cancel(self, plan_id: str, voice: Voice) -> None:
        """Cancel a plan that is pending or runs; what runs of it is stopped by its agent."""
        view = await self.views.view(plan_id)
        await self._access.may_manage(view, voice, "cancel")
        at = self._now()
        running = await self._store.tx("plan.cancel", lambda tx: self._cancel(tx, plan_id, voice.person, at))
        await self._relay.stop(running)

    async def resolve(self, task_id: str, outcome: Resolution, voice: Voice, attempt: int | None = None) -> None:
        """Say what became of a task whose outcome is unknown; of that attempt only, where one is given."""
        found = await self._store.find(Task, {"id": task_id})
        if not found:
            raise NotFound(f"There is no task {task_id}.")
        await self._access.may_manage(await self.views.view(found[0].plan_id), voice, "resolve")
        at = self._now()

        def use_case(tx: Transaction) -> None:
            if attempt not in (None, tx.find(Task, {"id": task_id})[0].attempts):
                raise Conflict("An earlier attempt was asked about. Look at the newest question. Nothing was changed.")
            self._execution.resolve(tx, task_id, outcome, voice.person, at)

        await self._store.tx("task.resolve", use_case)

    async def expire_due(self) -> list[str]:
        """Close the plans whose time is over; return their ids."""
        at = self._now()
        pending = await self._store.find(Plan, {"status": "pending_approval"})
        if not any(plan.expires_at <= at for plan in pending):
            return []
        return await self._store.tx("plan.expire", lambda tx: expire_due(tx, at))

    async def _unchanged(self, shown: Shown) -> None:
        """Refuse a yes to a plan whose declarations or files are no longer what was shown."""
        content = self._contents.get(shown.plan_id, shown.revision)
        if content is None:
            where = {"plan_id": shown.plan_id, "revision": shown.revision, "status": "current"}
            stored = await self._store.find(Revision, where)
            content = open_content(stored[0].content, stored[0].digest) if stored else None
        for task in content.tasks if content else ():
            await self._planner.check_unchanged(task)

    def _cancel(self, tx: Transaction, plan_id: str, person: str, at: str) -> list[Attempt]:
        plan = tx.find(Plan, {"id": plan_id})[0]
        pending = {"id": plan.id, "status": "pending_approval", "revision": plan.revision}
        if tx.change(Plan, pending, {"status": "cancelled", "finished_at": at, "cancelled_by": person}):
            close_revision(tx, plan, "superseded", "cancelled")
            events.record(tx, "plan.cancelled", at, plan_id=plan.id, person=person)
            return []
        if plan.status not in ("approved", "executing", "paused"):
            raise Conflict(f"Plan {plan.code} is already {plan.status}; there is nothing to cancel.")
        return self._execution.cancel(tx, plan, person, at)

    def _now(self) -> str:
        return timestamp(self._set.clock.now())
