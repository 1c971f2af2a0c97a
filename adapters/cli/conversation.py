"""From a request to its end at a terminal or in a script: card, preview, decision, progress, verdict."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from adapters.cli import exits, sentences
from adapters.cli.desk import Desk
from adapters.cli.follow import Follower
from adapters.cli.output import Output, TextOutput, program
from adapters.cli.prompt import Typed
from adapters.cli.session import Context
from bot import wording
from bot.cards import Card
from orchestration.approval.decision import Shown, Voice
from orchestration.asking import Answer
from orchestration.errors import NotAllowed
from orchestration.planning.edit import Edit
from orchestration.preview import previewable
from orchestration.records import Plan
from orchestration.views import View


@dataclass(frozen=True, slots=True)
class Verdictless:
    """How to decide without a prompt."""

    approve_as: str | None = None
    reject: str | None = None
    """The reason; None when not to reject."""


@dataclass(frozen=True, slots=True)
class Say:
    """A yes or a no."""

    voice: Voice
    yes: bool
    reason: str = ""
    wait: bool = True
    """Whether to stay until the plan has ended."""


class Talk:
    """One command's conversation about one plan."""

    def __init__(self, desk: Desk, context: Context, output: Output, voice: Voice) -> None:
        self._desk = desk
        self._context = context
        self._output = output
        self._voice = voice
        self._approved = 0
        """The revision that was approved in this conversation."""

    async def ask(self, submit: Callable[[], Awaitable[Answer]], decide: Verdictless) -> int | View:
        """Submit, show, decide, follow; return the exit code, or the plan when somebody has to be prompted."""
        answer = await self._output.patiently(submit(), sentences.READING)
        if answer.plan is None:
            return self._no_plan(answer)
        view = await self._view(answer.plan.id)
        follower = self.follower(view)
        await follower.so_far()
        self._output.card(self._card(view))
        if view.plan.status != "pending_approval":
            return await self.follow(follower)
        if decide.reject is not None:
            return await self.vote(view, Say(self._voice, False, decide.reject), follower)
        if decide.approve_as is not None:
            return await self._approve_as(decide.approve_as, view, follower)
        view = await self._preview(view)
        if self._is_interactive() and view.plan.status == "pending_approval":
            return view
        self._leave_open(view)
        return await self.end(view)

    async def _approve_as(self, person: str, view: View, follower: Follower) -> int:
        """Approve; whoever may not has still made a plan, and hears how it can be decided."""
        try:
            return await self.vote(view, Say(self._context.voice(person), True), follower)
        except NotAllowed:
            self._leave_open(view)
            raise

    def _leave_open(self, view: View) -> None:
        if not view.standing.forbidden:
            self._output.say(sentences.left_pending(view.plan.code, program()))

    async def decide(self, view: View, say: Say) -> int:
        """Show a plan and vote on exactly what was shown; return the exit code."""
        self._output.card(self._card(view))
        return await self.vote(view, say)

    async def end(self, view: View) -> int:
        """Print how the plan stands and return its exit code."""
        view = await self._view(view.plan.id)
        if view.plan.status == "pending_approval" and 0 < self._approved < view.plan.revision:
            self._output.say(wording.asked_again(view.plan.code, view.plan.revision))
            self._output.card(self._card(view))
        self._output.result(view, self._card(view), self._context.evidence(view))
        for task in view.tasks:
            if task.status == "unknown":
                self._output.say(*sentences.unknown_outcome(view.plan.code, task.position, task.name, program()))
        return exits.of_plan(view.plan)

    def follower(self, view: View) -> Follower:
        """Return what prints the news of a plan, from its first event on."""
        return Follower(self._desk, self._context, self._output, view.plan)

    async def follow(self, follower: Follower) -> int:
        """Have a plan go on, watch it to its end, and return its exit code."""
        code = await self.end(await follower.until_end())
        return exits.PENDING if code == exits.OTHERWISE and await self._is_held(follower.plan) else code

    def _no_plan(self, answer: Answer) -> int:
        if answer.out_of_scope:
            lines = wording.out_of_scope(answer.out_of_scope, [choice.label for choice in answer.nearest])
        else:
            lines = [*wording.asked_back(answer.questions), sentences.say_which(program())]
        self._output.answer(answer, lines)
        return exits.UNCLEAR

    async def vote(self, view: View, say: Say, follower: Follower | None = None) -> int:
        """Vote on exactly this revision, follow the plan if that decided it, and return the exit code."""
        if follower is None:
            follower = self.follower(view)
            await follower.so_far(quietly=True)
        shown = Shown(view.plan.id, view.plan.revision, view.plan.digest, "terminal")
        state = await self._desk.vote(shown, say.voice, say.yes, say.reason)
        after = await self._view(view.plan.id)
        card = self._card(after)
        if state == "open":
            self._output.say(f"Counted. {'. '.join(card.needs)}.")
            self._leave_open(after)
        elif view.plan.status == "pending_approval":  # else its card has said so
            self._output.say(f"{card.decided}.")
        if state == "approved" and say.wait:
            self._approved = view.plan.revision
            return await self.follow(follower)
        await follower.so_far()
        code = await self.end(after)
        return exits.DONE if state == "approved" else code

    async def edit(self, view: View, typed: Typed) -> View:
        """Change a pending plan and show the new revision; return it."""
        shown = Shown(view.plan.id, view.plan.revision, view.plan.digest)
        await self._desk.edit(shown, self._voice, Edit(typed.drop, typed.parameters))
        view = await self._view(view.plan.id)
        self._output.card(self._card(view))
        return await self._preview(view)

    async def _preview(self, view: View) -> View:
        """Try what can be tried and show it; only where somebody looks."""
        if not isinstance(self._output, TextOutput) or not previewable(self._context.rules, view, self._voice):
            return view
        with self._output.console.status(wording.PREVIEW_COMING):
            await self._desk.preview(view.plan.id, self._voice)
        view = await self._view(view.plan.id)
        self._output.preview(self._card(view))
        return view

    def _is_interactive(self) -> bool:
        return isinstance(self._output, TextOutput) and sys.stdin.isatty() and self._output.console.is_terminal

    async def _is_held(self, plan: Plan) -> bool:
        """Whether it is somebody's pause that a plan waits for."""
        view = await self._view(plan.id)
        waits = view.plan.status in ("approved", "executing") and not view.plan.needs_person
        return waits and await self._desk.views.hold() is not None

    async def _view(self, plan_id: str) -> View:
        return await self._desk.views.view(plan_id)

    def _card(self, view: View) -> Card:
        return self._context.card(view, self._voice.person)
