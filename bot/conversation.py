"""Take what people say and press, on any platform, to the use case it stands for. Called through the `Inbox`.

Nothing here decides anything: the use case behind each verb checks who may, what is current and what is lawful. What
becomes visible in the thread comes from what is stored (`threads`); what is returned is for the eyes of one person.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace

from bot import forms, wording
from bot.board import Board, Boards
from bot.buttons import Action, read_action
from bot.chat import Account, Click, Doorkeeper, Form, Message, Note
from bot.commands import Commands, read_command
from bot.details import details
from bot.escaping import visible
from bot.threads import Threads
from orchestration.approval.decision import Shown, Voice
from orchestration.asking import Again, Answer, Ask
from orchestration.errors import NotAllowed, SaysoError, StaleRevision
from orchestration.policy import Rules
from orchestration.preview import Previews
from orchestration.records import Plan, Request
from orchestration.service import Orchestrator
from orchestration.views import Here, View


@dataclass(frozen=True, slots=True)
class Core:
    """The use cases that a conversation calls."""

    orchestrator: Orchestrator
    previews: Previews
    rules: Rules
    boards: Boards
    doors: Mapping[str, Doorkeeper] = field(default_factory=dict)
    """By platform, who says which accounts may speak at all."""


class Conversation:
    """One for all platforms and threads; it keeps nothing between two calls."""

    def __init__(self, core: Core, threads: Threads, commands: Commands) -> None:
        self._orchestrator = core.orchestrator
        self._asking = core.orchestrator.asking
        self._views = core.orchestrator.views
        self._previews = core.previews
        self._rules = core.rules
        self._boards = core.boards
        self._doors = core.doors
        self._threads = threads
        self._commands = commands
        self._previewing: set[asyncio.Task[None]] = set()

    async def hear(self, message: Message) -> Note | None:
        """Take a message; return what only its sender is told, None when the thread shows it all."""
        return await _told(lambda: self._hear(message))

    def is_reading(self, message: Message) -> bool:
        """Whether what a message asks for is still being read."""
        return self._asking.is_reading(message.id)

    async def clicked(self, click: Click) -> Note | None:
        """Take a button or a form; return what only that person is told."""
        return await _told(lambda: self._clicked(click))

    async def command(self, message: Message) -> Note | None:
        """Take what was chosen from a menu of commands, which is never a request; return what only they are told."""
        return await _told(lambda: self._command(message))

    async def form(self, click: Click) -> Form | Note:
        """Return what opens behind a button: a form, or the lines of its details; an error when nothing does."""
        try:
            await self._voice(click.account)
            action = read_action(click.button)
            view = await self._current(action)
            if action.verb == "details":
                return Note("answer", tuple(details(view, await self._views.usage(view.plan))))
            return forms.form(action, view)
        except SaysoError as error:
            return Note("error", (visible(str(error)),))

    async def board(self, account: Account) -> Board | Note:
        """Return what waits for somebody, what they asked for and what runs; an error to whom nothing is shown."""
        try:
            return await self._boards.of((await self._voice(account)).person)
        except SaysoError as error:
            return Note("error", (visible(str(error)),))

    async def close(self) -> None:
        """Give up on previews that are under way; they harm nothing, and their plans say so."""
        for task in self._previewing:
            task.cancel()
        await asyncio.gather(*self._previewing, return_exceptions=True)

    # ------------------------------------------------------------------------------------------------- messages

    async def _hear(self, message: Message) -> Note | None:
        if message.is_overheard and self._own(message.account) is None:
            return None
        voice = await self._voice(message.account)
        if await self._views.was_heard(message.id):
            return None
        here = Here(None, None) if message.begins else await self._views.in_thread(message.thread)
        if command := await self._commands.read(message.text, here):
            return await self._commands.answer(command, message.thread, here.plan, voice)
        ask = Ask(message.text, voice, message.id, {"platform": message.account.platform}, message.thread)
        if answer := await self._answer(here.asked, ask):
            return self._answered(answer, voice)
        if answer := await self._amend(here.plan, ask):
            return self._answered(answer, voice, is_told=False)
        if message.is_overheard:
            return None
        if message.begins:
            ask = replace(ask, thread=await self._threads.begin(message, self._rules.people.name(voice.person)))
        return self._answered(await self._asking.submit(ask), voice)

    async def _command(self, message: Message) -> Note | None:
        voice, command = await self._voice(message.account), read_command(message.text)
        if command is None:
            return Note("error", (wording.WHICH_PLAN,))
        here = await self._views.in_thread(message.thread)
        return await self._commands.answer(command, message.thread, here.plan, voice)

    async def _answer(self, asked: Request | None, ask: Ask) -> Answer | None:
        """Take a message as the answer to what was asked back; None when it is none."""
        is_theirs = asked is not None and asked.person == ask.voice.person
        return await self._asking.answer(asked.id, ask) if asked is not None and is_theirs else None

    async def _amend(self, plan: Plan | None, ask: Ask) -> Answer | None:
        """Take a message as a correction of the thread's pending plan; None when it is none."""
        is_open = plan is not None and plan.status == "pending_approval"
        return await self._asking.amend(_shown(plan), ask) if plan is not None and is_open else None

    def _answered(self, answer: Answer, voice: Voice, is_told: bool = True) -> Note | None:
        """Start what belongs to a new plan; return a question that its thread does not show by itself."""
        if answer.plan is not None:
            self._preview(answer.plan, voice)
        if answer.questions and not is_told:
            return Note("question", tuple(wording.asked_back(answer.questions)))
        return None

    def _preview(self, plan: Plan, voice: Voice) -> None:
        """Try in the background what can be tried; the card shows it when it arrives."""
        task = asyncio.create_task(self._previews.run_all(plan.id, voice))
        self._previewing.add(task)
        task.add_done_callback(self._previewing.discard)

    # --------------------------------------------------------------------------------------------------- clicks

    async def _clicked(self, click: Click) -> Note | None:
        voice, action = await self._voice(click.account), read_action(click.button)
        if action.verb == "answer":
            return await self._choose(action, click, voice)
        if action.verb in ("approve", "reject"):
            return await self._vote(await self._plan(action), action, click, voice)
        view = await self._current(action)
        match action.verb:
            case "edit":
                plan = await self._asking.edit(_shown(view.plan), voice, forms.read_edit(view, click.fields))
                return self._answered(Answer(plan.request_id, "planned", plan), voice)
            case "details":
                return Note("answer", tuple(details(view, await self._views.usage(view.plan))))
            case "cancel":
                await self._orchestrator.cancel(view.plan.id, voice)
            case "done" | "retry" | "abort":
                name, attempt = action.attempt
                task = await self._views.find_task(name)
                await self._orchestrator.resolve(task.id, action.verb, voice, attempt)
            case "again" | "undo":
                what: Again = "retry" if action.verb == "again" else "undo"
                text = wording.again(what, view.plan.code)
                ask = Ask(text, voice, click.id, {"platform": click.account.platform}, click.thread)
                return self._answered(await self._asking.again(view.plan.id, what, ask), voice)
        return None

    async def _choose(self, action: Action, click: Click, voice: Voice) -> Note | None:
        if await self._views.was_heard(click.id):
            return None
        ask = Ask("answer", voice, click.id, {"platform": click.account.platform}, click.thread)
        answer = await self._asking.answer(action.subject, ask, action.choice)
        return self._answered(answer, voice) if answer else None

    async def _vote(self, plan: Plan, action: Action, click: Click, voice: Voice) -> Note | None:
        rendering = await self._threads.rendering(plan.id, click.thread, click.message)
        shown = Shown(plan.id, action.revision, action.rest, f"{click.thread} {click.message} {rendering}")
        outcome = await self._orchestrator.vote(shown, voice, action.verb == "approve", click.fields.get("reason", ""))
        return Note("answer", (wording.counted(plan.code),)) if outcome.state == "open" else None

    async def _current(self, action: Action) -> View:
        """Return the plan of a button as it stands; raises StaleRevision when the button is of an earlier revision."""
        return await self._views.view((await self._plan(action)).id)

    async def _plan(self, action: Action) -> Plan:
        """Return the plan of a button; raises StaleRevision when the button is of an earlier revision."""
        plan = await self._views.find_plan(action.subject.partition("/")[0])
        if action.revision != plan.revision or not plan.digest.startswith(action.rest):
            raise StaleRevision(wording.outdated(plan.code, plan.revision))
        return plan

    async def _voice(self, account: Account) -> Voice:
        """Return who speaks; raises NotAllowed for an account that is nobody's, or may not speak."""
        own = self._own(account)
        if account.speaks_for and account.speaks_for != own:
            return Voice(account.speaks_for, account.user)
        door = self._doors.get(account.platform)
        why = await door.refuses(account) if door is not None else ""
        if own is None or why:
            refusal = NotAllowed(why or wording.stranger(account.platform, account.user))
            await self._orchestrator.turned_away(f"{account.platform}:{account.user}", refusal)
            raise refusal
        return Voice(own)

    def _own(self, account: Account) -> str | None:
        """Return whose account it is."""
        return self._rules.people.by_account(account.platform, account.user)


def _shown(plan: Plan) -> Shown:
    return Shown(plan.id, plan.revision, plan.digest)


async def _told(call: Callable[[], Awaitable[Note | None]]) -> Note | None:
    """Return what a call says, or the sentence of its error: an error is told once, to whoever caused it."""
    try:
        return await call()
    except SaysoError as error:
        return Note("error", (visible(str(error)),))
