"""The use cases of whoever asks: a request, the answer to a question, a correction, and a plan once more.

A request becomes a plan at submit. What is not sure is stored with its questions and asked back; an answer reads the
same words again with what was answered. Each use case is one transaction, and each message takes effect once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from orchestration import events
from orchestration.access import Access
from orchestration.answering import Answering, read_answer
from orchestration.approval.decision import Shown, Voice, approve_by_policy
from orchestration.approval.proposal import propose, revise, same_again
from orchestration.assistance.assistant import Assistant
from orchestration.canonical import canonical
from orchestration.errors import Conflict, InvalidRequest, NotAllowed, NotFound, Unavailable
from orchestration.execution import Execution, Setting
from orchestration.ids import new_id
from orchestration.intake.decomposition import Choice, Question
from orchestration.intake.outcome import Chosen, Outcome, outcome_text, read_outcome
from orchestration.intake.request import clean_text
from orchestration.intake.suggestion import NOTHING, Suggestion
from orchestration.planning.again import to_retry, to_undo
from orchestration.planning.correction import read_correction
from orchestration.planning.edit import Edit, amended, edited
from orchestration.planning.plan import PlanContent
from orchestration.planning.planner import Planner, Unclear, Wanted
from orchestration.planning.recent import RecentContents
from orchestration.policy import Rules
from orchestration.ports import Transaction, timestamp
from orchestration.records import PLAN_ENDED, Outgoing, Plan, Request, Showing
from orchestration.throttle import Throttle
from orchestration.understanding import Spoken, Understanding
from orchestration.views import Views

Again = Literal["retry", "undo"]


@dataclass(frozen=True, slots=True)
class Ask:
    """One message that asks for something."""

    text: str
    voice: Voice
    dedupe_key: str
    """What identifies the chat message, however often it is delivered."""
    reply_to: Mapping[str, str]
    thread: str | None = None
    """The chat thread that is to show the plan, or what has to be asked back; None for a command."""


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
class _Wish:
    """A request, and the message that brings it further: its own, or an answer to what was asked back."""

    request: Request
    message: Request
    ask: Ask
    answers: Mapping[str, str]
    suggestion: Suggestion = NOTHING
    """What a model read in the request before."""


@dataclass(frozen=True, slots=True)
class Readers:
    """What reads requests: the rules, and whatever models there are."""

    planner: Planner
    assistant: Assistant | None = None


class Asking:
    """Takes requests and what follows them."""

    def __init__(self, setting: Setting, readers: Readers, execution: Execution, contents: RecentContents) -> None:
        self._set = setting
        self._store = setting.store
        self._rules: Rules = setting.rules
        self._views = Views(setting.store, setting.rules)
        self._access = Access(setting.store, setting.clock, setting.rules, setting.may_assert)
        self._declared = setting.declared
        self._planner = readers.planner
        self._understanding = Understanding(readers.planner, readers.assistant, self._usable)
        self._answering = Answering(readers.planner, self._understanding)
        self._execution = execution
        self._contents = contents
        self._throttle = Throttle(setting.rules)
        self._reading: set[str] = set()
        """Messages whose requests are being read, by what identifies them."""

    async def submit(self, ask: Ask) -> Answer:
        """Take a request in words. Raises InvalidRequest, NotAllowed or Unavailable; a refusal is recorded too."""
        request = await self._message(ask)
        return await self._take(_Wish(request, request, ask, {}))

    def is_reading(self, dedupe_key: str) -> bool:
        """Whether the request in a message is being read; with a model's help that may take a while."""
        return dedupe_key in self._reading

    async def run(self, ask: Ask, operation: str, parameters: Mapping[str, str]) -> Answer:
        """Take a request for one named operation; the same approval as any other."""
        request = await self._message(ask)
        wish = _Wish(request, request, ask, {})
        try:
            return await self._propose(wish, await self._plan([self._planner.given(operation, parameters)]))
        except Unclear as unclear:
            return await self._ask_back(wish, Outcome(tuple(unclear.questions)))

    async def answer(self, request_id: str, ask: Ask, chosen: Chosen | None = None) -> Answer | None:
        """Take the answer to what was asked back: a choice, or words.

        None when the words answer nothing and ask for something of their own. Raises Conflict when it was answered
        before, and NotAllowed to anybody but who asked.
        """
        request = await self._asked_of(request_id, ask.voice)
        outcome = read_outcome(request.outcome)
        if chosen is not None:
            question, choice = outcome.choice(chosen)
            ask, answers = replace(ask, text=choice.label), {question.about: choice.value}
        else:
            answers = read_answer(ask.text, outcome)
        answers = {**outcome.answers, **answers}
        asked = self._spoken(request, answers, outcome.suggestion)
        if chosen is None and await self._answering.is_own_request(clean_text(ask.text), asked, outcome):
            return None
        message = replace(await self._message(ask), follows=request.id)
        return await self._take(_Wish(request, message, ask, answers, outcome.suggestion))

    async def amend(self, shown: Shown, ask: Ask) -> Answer | None:
        """Change a pending plan by words («use port 3005»); None when they are no correction of it."""
        view = await self._views.view(shown.plan_id)
        now = self._declared.now
        correction = read_correction(clean_text(ask.text), view.content, now.catalogue, now.matcher)
        if correction is None:
            return None
        await self._access.may_manage(view, ask.voice, "edit")
        if correction.questions:
            return Answer(view.request.id, "requires_clarification", None, correction.questions)
        message = replace(await self._message(ask), status="planned", plan_id=view.plan.id, follows=view.request.id)
        try:
            wanted = amended(view.content, correction, self._planner)
            plan = await self._revise(shown, ask.voice, wanted, message)
        except Unclear as unclear:
            return Answer(view.request.id, "requires_clarification", None, tuple(unclear.questions))
        return Answer(view.request.id, "planned", plan)

    async def edit(self, shown: Shown, voice: Voice, edit: Edit) -> Plan:
        """Replace a pending plan by an edited one: a new revision, whose editor cannot approve it alone."""
        view = await self._views.view(shown.plan_id)
        await self._access.may_manage(view, voice, "edit")
        try:
            return await self._revise(shown, voice, edited(view.content, edit, self._planner), None)
        except Unclear as unclear:
            raise InvalidRequest(f"{unclear} Nothing was changed.") from None

    async def again(self, plan_id: str, what: Again, ask: Ask) -> Answer:
        """Propose what failed of an ended plan once more, or the undoing of what it did, as a plan of its own."""
        view = await self._views.view(plan_id)
        if view.plan.status not in PLAN_ENDED:
            raise Conflict(f"Plan {view.plan.code} has not ended yet.")
        message = await self._message(ask)
        # Words that raised its risk raise this one's too; they were bounded where they were said.
        message = replace(message, text=f"{message.text}\n{view.said}", follows=view.request.id)
        undo = to_undo(view.content, view.tasks, self._declared.catalogue)
        wanted = to_retry(view.content, view.tasks) if what == "retry" else undo
        if not wanted:
            why = "failed" if what == "retry" else "can be undone"
            raise Conflict(f"Nothing of {view.plan.code} {why}.")
        try:
            return await self._propose(_Wish(message, message, ask, {}), await self._plan(wanted), view.plan.id)
        except Unclear as unclear:
            raise InvalidRequest(f"{unclear} Ask for it in words that say so. Nothing was changed.") from None

    # -------------------------------------------------------------------------------------------- understanding

    async def _take(self, wish: _Wish) -> Answer:
        spoken = self._spoken(wish.request, wish.answers, wish.suggestion)
        is_new = wish.message is wish.request  # a model is asked once, about the request as it was said
        understand = self._understanding.understand if is_new else self._understanding.by_rules
        self._reading.add(wish.ask.dedupe_key)
        try:
            found = await understand(spoken)
        finally:
            self._reading.discard(wish.ask.dedupe_key)
        return await (self._ask_back(wish, found) if isinstance(found, Outcome) else self._propose(wish, found))

    def _spoken(self, request: Request, answers: Mapping[str, str], suggestion: Suggestion) -> Spoken:
        return Spoken(request.text, request.person, self._plan_id(), request.id, answers, suggestion)

    def _plan_id(self) -> str:
        return new_id(int(self._set.clock.now().timestamp() * 1000))

    # -------------------------------------------------------------------------------------------------- storing

    async def _message(self, ask: Ask) -> Request:
        """Return a message as a row, once its sender may say anything here."""
        text = clean_text(ask.text)
        await self._access.known(ask.voice, "ask")
        now = self._set.clock.now()
        self._throttle.count(ask.voice.person, now)
        request_id = new_id(int(now.timestamp() * 1000))
        return Request(
            id=request_id,
            dedupe_key=ask.dedupe_key or request_id,
            person=ask.voice.person,
            text=text,
            reply_to=canonical(dict(ask.reply_to)),
            status="received",
            created_at=timestamp(now),
            thread=ask.thread,
        )

    async def _asked_of(self, request_id: str, voice: Voice) -> Request:
        """Return a request whose questions are open; raises NotAllowed to anybody but who was asked."""
        found = await self._store.find(Request, {"id": request_id})
        if not found:
            raise NotFound("There is no such question.")
        if found[0].status != "requires_clarification":
            raise Conflict("This question has been answered already.")
        if found[0].person != voice.person:
            name = self._rules.people.name(found[0].person)
            refusal = NotAllowed(f"{name} was asked this. Nothing was changed.")
            await self._access.denied(None, voice, "answer", refusal)
            raise refusal
        return found[0]

    async def _plan(self, wanted: Sequence[Wanted]) -> PlanContent:
        self._usable(wanted)
        return await self._planner.plan(self._plan_id(), 1, wanted)

    async def _propose(self, wish: _Wish, content: PlanContent, origin: str | None = None) -> Answer:
        now = self._set.clock.now()
        await self._access.may_ask(f"{wish.request.text}\n{wish.message.text}", content, wish.ask.voice)

        def use_case(tx: Transaction) -> Plan:
            if not self._accept(tx, wish, {"status": "planned", "plan_id": content.plan_id}):
                return self._earlier(tx, wish.message)
            if origin is not None and (waiting := same_again(tx, origin, wish.message)):
                raise Conflict(f"Plan {waiting.code} proposes that already, and waits for a decision.")
            plan = propose(tx, self._rules, wish.request, content, now)
            if origin is not None:
                tx.change(Plan, {"id": plan.id}, {"origin": origin})
                plan = replace(plan, origin=origin)
            started = self._started_by_policy(tx, plan, content, timestamp(now))
            if started.status == "pending_approval":
                self._throttle.pending(tx, started.person)
            self._show(tx, started, wish.ask.thread)
            return started

        plan = await self._store.tx("request.submit", use_case)
        self._contents.keep(content)
        return Answer(plan.request_id, "planned", plan)

    async def _revise(self, shown: Shown, voice: Voice, wanted: Sequence[Wanted], message: Request | None) -> Plan:
        view = await self._views.view(shown.plan_id)
        planned = await self._planner.plan(view.plan.id, view.plan.revision + 1, wanted)
        content = planned.model_copy(update={"passed_over": view.content.passed_over})
        self._usable(wanted)
        await self._access.may_ask(f"{view.said}\n{message.text if message else ''}", content, voice)
        now = self._set.clock.now()

        def use_case(tx: Transaction) -> Plan:
            if message is not None:
                if not tx.insert(message):
                    return self._earlier(tx, message)
                self._received(tx, message, "request.clarified", voice)
            revised = revise(tx, self._rules, shown, content, voice.person, now)
            return self._started_by_policy(tx, revised, content, timestamp(now))

        plan = await self._store.tx("plan.revise", use_case)
        self._contents.keep(content)
        return plan

    def _started_by_policy(self, tx: Transaction, plan: Plan, content: PlanContent, at: str) -> Plan:
        """Start a plan that needs nobody's yes; return it as it is then."""
        approved = approve_by_policy(tx, self._rules, plan, content, at)
        if approved is None:
            return plan
        self._execution.start(tx, approved, at)
        return tx.find(Plan, {"id": plan.id})[0]

    def _show(self, tx: Transaction, plan: Plan, thread: str | None) -> None:
        """Have a plan shown in its thread and, while it waits for votes, wherever the owner wants such plans told."""
        elsewhere = self._rules.policy.announce if plan.status == "pending_approval" else []
        for place in dict.fromkeys([thread, *elsewhere] if thread else elsewhere):
            if place:
                tx.insert(Showing(plan.id, place, "open"))

    async def _ask_back(self, wish: _Wish, outcome: Outcome) -> Answer:
        status: Literal["requires_clarification", "out_of_scope"] = (
            "out_of_scope" if outcome.out_of_scope else "requires_clarification"
        )
        values = {"status": status, "outcome": outcome_text(outcome)}

        def use_case(tx: Transaction) -> None:
            if not self._accept(tx, wish, values):
                return
            events.record(
                tx, "request.refused", wish.message.created_at, request_id=wish.request.id,
                person=wish.request.person, why=status,
            )  # fmt: skip
            if wish.ask.thread:
                payload = canonical({"thread": wish.ask.thread, "request_id": wish.request.id})
                tx.insert(Outgoing(wish.message.id, "chat", "", payload, "waiting", wish.message.created_at))

        await self._store.tx("request.ask_back", use_case)
        return Answer(wish.request.id, status, None, outcome.questions, outcome.out_of_scope, outcome.nearest)

    def _accept(self, tx: Transaction, wish: _Wish, values: Mapping[str, Any]) -> bool:
        """Store the message and where its request stands by it; False when this message took effect before."""
        plan_id = values.get("plan_id")
        if wish.message is wish.request:
            if not tx.insert(replace(wish.request, **values)):
                return False
            self._received(tx, replace(wish.message, plan_id=plan_id), "request.received", wish.ask.voice)
            return True
        if not tx.insert(replace(wish.message, plan_id=plan_id)):
            return False
        asked = {"id": wish.request.id, "status": "requires_clarification", "outcome": wish.request.outcome}
        if not tx.change(Request, asked, values):
            raise Conflict("This question has been answered already.")
        if plan_id is not None:  # what was answered before counts among the words that it was asked for with
            tx.change(Request, {"follows": wish.request.id, "plan_id": None}, {"plan_id": plan_id})
        self._received(tx, replace(wish.message, plan_id=plan_id), "request.clarified", wish.ask.voice)
        return True

    def _received(self, tx: Transaction, message: Request, name: events.EventName, voice: Voice) -> None:
        events.record(
            tx, name, message.created_at, plan_id=message.plan_id, person=message.person, text=message.text,
            request_id=message.follows or message.id, asserted_by=voice.asserted_by,
        )  # fmt: skip

    def _earlier(self, tx: Transaction, message: Request) -> Plan:
        """Return the plan of the same message, delivered before."""
        before = tx.find(Request, {"dedupe_key": message.dedupe_key})[0]
        found = tx.find(Plan, {"id": before.plan_id or ""})
        if not found:
            raise Conflict("This message was taken before, and answered without a plan.")
        return found[0]

    def _usable(self, wanted: Sequence[Wanted]) -> None:
        """Refuse operations whose tool cannot run here, saying why."""
        allowed = self._rules.policy.tools.allowlist
        for item in wanted:
            operation = self._planner.operation(item.operation)
            if allowed and operation.tool not in allowed:
                raise Unavailable(f"{operation.title} cannot be done: the policy does not allow {operation.tool}.")
            if operation.tool not in self._set.tools:
                raise Unavailable(f"{operation.title} cannot be done: this Sayso has no tool {operation.tool}.")
            if missing := self._set.tools[operation.tool].missing():
                raise Unavailable(f"{operation.title} cannot be done here: {missing}")
