"""The use cases of people: ask, edit, vote, cancel, resolve, preview. Every adapter calls these and nothing below.

A request becomes a plan at submit; nothing that only looks ever writes. Refusals are recorded before they are told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from orchestration import events
from orchestration.access import Access
from orchestration.approval.decision import Outcome, Rules, Shown, Voice, approve_by_policy, vote
from orchestration.approval.proposal import close_revision, expire_due, propose, revise
from orchestration.canonical import canonical
from orchestration.errors import Conflict, InvalidRequest, NotAllowed, NotFound, Unavailable
from orchestration.execution import AgentRelay, Execution, Resolution, Setting
from orchestration.ids import new_id
from orchestration.intake.decomposition import Choice, Decomposition, Question, decompose
from orchestration.intake.matching import Matcher
from orchestration.intake.request import clean_text
from orchestration.planning.plan import PlanContent, PlannedTask, open_content
from orchestration.planning.planner import Planner, Unclear, Wanted
from orchestration.ports import Transaction, timestamp
from orchestration.records import Attempt, Plan, Request, Revision, Task
from orchestration.views import Views

REMEMBERED = 1_000
"""Contents of plans kept at hand."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One message that asks for something."""

    text: str
    voice: Voice
    dedupe_key: str
    """What identifies the chat message, however often it is delivered."""
    reply_to: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: a plan, or what has to be asked back or cannot be done."""

    request_id: str
    status: Literal["planned", "requires_clarification", "out_of_scope"]
    plan: Plan | None = None
    questions: tuple[Question, ...] = ()
    out_of_scope: tuple[str, ...] = ()
    nearest: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to a pending plan: tasks to drop, parameters to set, by 1-based position."""

    drop: frozenset[int]
    parameters: Mapping[int, Mapping[str, str]]


class Orchestrator:
    """Sayso's core, one per running thread of wiring."""

    def __init__(self, setting: Setting, planner: Planner, execution: Execution, relay: AgentRelay) -> None:
        self._set = setting
        self._store = setting.store
        self._rules: Rules = setting.rules
        self.views = Views(setting.store, setting.rules)
        self._access = Access(setting.store, setting.clock, setting.rules, setting.may_assert)
        self._proposed: dict[tuple[str, int], PlanContent] = {}
        self._catalogue = setting.catalogue
        self._matcher = Matcher(setting.catalogue)
        self._planner = planner
        self._execution = execution
        self._relay = relay

    # ------------------------------------------------------------------------------------------------- asking

    async def submit(self, ask: Ask) -> Answer:
        """Take a request in words. Raises InvalidRequest, NotAllowed or Unavailable; those are recorded too."""
        text = clean_text(ask.text)
        await self._access.known(ask.voice, "ask")
        read = decompose(text, self._catalogue, self._matcher)
        request = self._request(ask, text)
        if read.out_of_scope or read.questions:
            return await self._ask_back(request, ask.voice, read)
        try:
            wanted = self._planner.read(read.subtasks)
            return await self._propose(request, wanted, ask.voice)
        except Unclear as unclear:
            return await self._ask_back(request, ask.voice, Decomposition(questions=tuple(unclear.questions)))

    async def run(self, ask: Ask, operation: str, parameters: Mapping[str, str]) -> Answer:
        """Take a request for one named operation; the same approval as any other."""
        await self._access.known(ask.voice, "ask")
        request = self._request(ask, clean_text(ask.text))
        try:
            return await self._propose(request, [self._planner.given(operation, parameters)], ask.voice)
        except Unclear as unclear:
            return await self._ask_back(request, ask.voice, Decomposition(questions=tuple(unclear.questions)))

    async def edit(self, shown: Shown, voice: Voice, edit: Edit) -> Plan:
        """Replace a pending plan by an edited one: a new revision, whose editor cannot approve it alone."""
        view = await self.views.view(shown.plan_id)
        await self._access.may_manage(view, voice, "edit")
        try:
            wanted = _edited(view.content, edit, self._planner)
            content = await self._planner.plan(view.plan.id, view.plan.revision + 1, wanted)
        except Unclear as unclear:
            raise InvalidRequest(f"{unclear} Nothing was changed.") from None
        await self._access.may_ask(view.request, content, voice)
        now = self._set.clock.now()

        def use_case(tx: Transaction) -> Plan:
            revised = revise(tx, self._rules, shown, content, voice.person, now)
            return self._started_by_policy(tx, revised, content, view.request.text, timestamp(now))

        return await self._store.tx("plan.revise", use_case)

    # ----------------------------------------------------------------------------------------------- deciding

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

    async def cancel(self, plan_id: str, voice: Voice) -> None:
        """Cancel a plan that is pending or runs; what runs of it is stopped by its agent."""
        view = await self.views.view(plan_id)
        await self._access.may_manage(view, voice, "cancel")
        at = self._now()
        running = await self._store.tx("plan.cancel", lambda tx: self._cancel(tx, plan_id, voice.person, at))
        await self._relay.stop(running)

    async def resolve(self, task_id: str, outcome: Resolution, voice: Voice) -> None:
        """Say what became of a task whose outcome is unknown."""
        found = await self._store.find(Task, {"id": task_id})
        if not found:
            raise NotFound(f"There is no task {task_id}.")
        await self._access.may_manage(await self.views.view(found[0].plan_id), voice, "resolve")
        at = self._now()
        await self._store.tx("task.resolve", lambda tx: self._execution.resolve(tx, task_id, outcome, voice.person, at))

    async def expire_due(self) -> list[str]:
        """Close the plans whose time is over; return their ids."""
        at = self._now()
        pending = await self._store.find(Plan, {"status": "pending_approval"})
        if not any(plan.expires_at <= at for plan in pending):
            return []
        return await self._store.tx("plan.expire", lambda tx: expire_due(tx, at))

    # -------------------------------------------------------------------------------------------------- inside

    def _request(self, ask: Ask, text: str) -> Request:
        now = self._set.clock.now()
        request_id = new_id(int(now.timestamp() * 1000))
        key = ask.dedupe_key or request_id
        return Request(
            request_id, key, ask.voice.person, text, canonical(dict(ask.reply_to)), "received", timestamp(now)
        )

    async def _propose(self, request: Request, wanted: Sequence[Wanted], voice: Voice) -> Answer:
        now = self._set.clock.now()
        self._usable(wanted)
        content = await self._planner.plan(new_id(int(now.timestamp() * 1000)), 1, wanted)
        await self._access.may_ask(request, content, voice)

        def use_case(tx: Transaction) -> Plan:
            if not tx.insert(replace(request, status="planned", plan_id=content.plan_id)):
                return self._earlier(tx, request)
            self._received(tx, request, voice, content.plan_id)
            plan = propose(tx, self._rules, request, content, now)
            return self._started_by_policy(tx, plan, content, request.text, timestamp(now))

        plan = await self._store.tx("request.submit", use_case)
        self._remember(content)
        return Answer(plan.request_id, "planned", plan)

    def _started_by_policy(self, tx: Transaction, plan: Plan, content: PlanContent, said: str, at: str) -> Plan:
        """Start a plan that needs nobody's yes; return it as it is then."""
        approved = approve_by_policy(tx, self._rules, plan, content, said, at)
        if approved is None:
            return plan
        self._execution.start(tx, approved, at)
        return tx.find(Plan, {"id": plan.id})[0]

    def _remember(self, content: PlanContent) -> None:
        """Keep a content at hand for the vote on it, so that a click needs no read before its transaction."""
        self._proposed[content.plan_id, content.revision] = content
        while len(self._proposed) > REMEMBERED:
            del self._proposed[next(iter(self._proposed))]

    def _earlier(self, tx: Transaction, request: Request) -> Plan:
        """Return the plan of the same message, delivered before."""
        before = tx.find(Request, {"dedupe_key": request.dedupe_key})[0]
        found = tx.find(Plan, {"id": before.plan_id or ""})
        if not found:
            raise Conflict("This message was taken before, and answered without a plan.")
        return found[0]

    async def _ask_back(self, request: Request, voice: Voice, read: Decomposition) -> Answer:
        status: Literal["requires_clarification", "out_of_scope"] = (
            "out_of_scope" if read.out_of_scope else "requires_clarification"
        )
        questions = [question.text for question in read.questions]
        outcome = canonical({"questions": questions, "nearest": [choice.value for choice in read.nearest]})

        def use_case(tx: Transaction) -> None:
            if tx.insert(replace(request, status=status, outcome=outcome)):
                self._received(tx, request, voice, None)
                events.record(
                    tx, "request.refused", request.created_at, request_id=request.id, person=request.person, why=status
                )

        await self._store.tx("request.ask_back", use_case)
        return Answer(request.id, status, None, read.questions, read.out_of_scope, read.nearest)

    def _received(self, tx: Transaction, request: Request, voice: Voice, plan_id: str | None) -> None:
        events.record(
            tx, "request.received", request.created_at, plan_id=plan_id, person=request.person,
            text=request.text, request_id=request.id, asserted_by=voice.asserted_by,
        )  # fmt: skip

    def _usable(self, wanted: Sequence[Wanted]) -> None:
        """Refuse operations whose tool cannot run here, saying why."""
        allowed = self._rules.policy.tools.allowlist
        for item in wanted:
            operation = self._catalogue.operation(item.operation)
            if allowed and operation.tool not in allowed:
                raise Unavailable(f"{operation.title} cannot be done: the policy does not allow {operation.tool}.")
            if operation.tool not in self._set.tools:
                raise Unavailable(f"{operation.title} cannot be done: this Sayso has no tool {operation.tool}.")
            if missing := self._set.tools[operation.tool].missing():
                raise Unavailable(f"{operation.title} cannot be done here: {missing}")

    async def _unchanged(self, shown: Shown) -> None:
        """Refuse a yes to a plan whose declarations or files are no longer what was shown."""
        content = self._proposed.get((shown.plan_id, shown.revision))
        if content is None:
            where = {"plan_id": shown.plan_id, "revision": shown.revision, "status": "current"}
            stored = await self._store.find(Revision, where)
            content = open_content(stored[0].content, stored[0].digest) if stored else None
        for task in content.tasks if content else ():
            await self._planner.check_unchanged(task)

    def _cancel(self, tx: Transaction, plan_id: str, person: str, at: str) -> list[Attempt]:
        plan = tx.find(Plan, {"id": plan_id})[0]
        pending = {"id": plan.id, "status": "pending_approval", "revision": plan.revision}
        if tx.change(Plan, pending, {"status": "cancelled", "finished_at": at}):
            close_revision(tx, plan, "superseded", "cancelled")
            events.record(tx, "plan.cancelled", at, plan_id=plan.id, person=person)
            return []
        if plan.status not in ("approved", "executing", "paused"):
            raise Conflict(f"Plan {plan.code} is already {plan.status}; there is nothing to cancel.")
        return self._execution.cancel(tx, plan, person, at)

    def _now(self) -> str:
        return timestamp(self._set.clock.now())


def _edited(content: PlanContent, edit: Edit, planner: Planner) -> list[Wanted]:
    """Return what is wanted after an edit; a task that waited for a dropped one no longer waits for it."""
    kept = [task for task in content.tasks if task.position not in edit.drop]
    for position in {*edit.drop, *edit.parameters}:
        if not 1 <= position <= len(content.tasks):
            raise InvalidRequest(f"There is no task {position}; the plan has {len(content.tasks)}.")
    places = {task.position: place for place, task in enumerate(kept, start=1)}
    return [_rewanted(task, edit.parameters.get(task.position, {}), places, planner) for task in kept]


def _rewanted(task: PlannedTask, texts: Mapping[str, str], places: Mapping[int, int], planner: Planner) -> Wanted:
    said = planner.given(task.operation, texts)
    depends_on = tuple(places[position] for position in task.depends_on if position in places)
    return Wanted(
        task.operation, {**task.parameters, **said.values}, {**task.provenance, **said.provenance}, depends_on
    )
