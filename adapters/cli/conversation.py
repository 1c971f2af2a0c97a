"""From a request to its end at a terminal or in a script: card, preview, decision, progress, verdict."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from adapters.cli import exits
from adapters.cli.follow import Follower
from adapters.cli.output import Output, TextOutput, program
from adapters.cli.prompt import Typed
from adapters.cli.session import Context
from adapters.wiring import Sayso
from bot import wording
from bot.cards import Card
from orchestration.approval.decision import Shown, Voice
from orchestration.service import Answer, Edit
from orchestration.views import View


@dataclass(frozen=True, slots=True)
class Verdictless:
    """How to decide without a prompt."""

    approve_as: str | None = None
    reject: str | None = None
    """The reason; None when not to reject."""
    wait: bool = True


class Talk:
    """One command's conversation about one plan."""

    def __init__(self, sayso: Sayso, context: Context, output: Output, voice: Voice) -> None:
        self._sayso = sayso
        self._context = context
        self._output = output
        self._voice = voice
        self._orchestrator = sayso.orchestrator
        self._approved = 0
        """The revision that was approved in this conversation."""

    async def ask(self, submit: Callable[[], Awaitable[Answer]], decide: Verdictless) -> int | View:
        """Submit, show, decide, follow; return the exit code, or the plan when somebody has to be prompted."""
        answer = await submit()
        if answer.plan is None:
            return self._no_plan(answer)
        view = await self._view(answer.plan.id)
        for event in await self._orchestrator.views.events(view.plan.id):
            self._output.event(event, view.plan.request_id)
        self._output.card(self._card(view))
        if view.plan.status != "pending_approval":
            return await self._to_the_end(view)
        if decide.reject is not None:
            return await self.vote(view, self._voice, False, decide.reject)
        if decide.approve_as is not None:
            return await self.vote(view, self._speaker(decide.approve_as), True, "", decide.wait)
        view = await self._preview(view)
        if self._is_interactive() and view.plan.status == "pending_approval":
            return view
        self._output.say(wording.left_pending(view.plan.code, program()))
        return await self.end(view)

    async def decide(self, view: View, yes: bool, reason: str, wait: bool = True) -> int:
        """Show a plan and vote on exactly what was shown; return the exit code."""
        self._output.card(self._card(view))
        return await self.vote(view, self._voice, yes, reason, wait)

    async def end(self, view: View) -> int:
        """Print how the plan stands and return its exit code."""
        view = await self._view(view.plan.id)
        if view.plan.status == "pending_approval" and 0 < self._approved < view.plan.revision:
            self._output.say(wording.asked_again(view.plan.code, view.plan.revision))
            self._output.card(self._card(view))
        self._output.result(view, self._card(view), self._context.evidence(view))
        for task in view.tasks:
            if task.status == "unknown":
                self._output.say(*wording.unknown_outcome(view.plan.code, task.position, task.name, program()))
        return exits.of_plan(view.plan)

    async def follow(self, view: View) -> int:
        """Dispatch, watch to the end, and return the exit code."""
        with Follower(self._sayso, self._context, self._output, view) as follower:
            await self._sayso.go()
            return await self.end(await follower.until_end())

    async def _to_the_end(self, view: View) -> int:
        return await self.follow(view) if view.plan.status in ("approved", "executing") else await self.end(view)

    def _no_plan(self, answer: Answer) -> int:
        if answer.out_of_scope:
            lines = wording.out_of_scope(answer.out_of_scope, [choice.label for choice in answer.nearest])
        else:
            lines = wording.asked_back(answer.questions)
        self._output.answer(answer, lines)
        return exits.UNCLEAR

    async def vote(self, view: View, voice: Voice, yes: bool, reason: str, wait: bool = True) -> int:
        """Vote on exactly this revision, follow the plan if that decided it, and return the exit code."""
        shown = Shown(view.plan.id, view.plan.revision, view.plan.digest, "terminal")
        with Follower(self._sayso, self._context, self._output, view) as follower:
            outcome = await self._orchestrator.vote(shown, voice, yes, reason)
            after = await self._view(view.plan.id)
            card = self._card(after)
            if outcome.state == "open":
                self._output.say(f"Counted. {'. '.join(card.needs)}.")
                return await self.end(after)
            self._output.say(f"{card.decided}.")
            self._approved = view.plan.revision if outcome.state == "approved" else 0
            if outcome.state == "rejected" or not wait:
                code = await self.end(after)
                return exits.DONE if outcome.state == "approved" else code
            await self._sayso.go()
            return await self.end(await follower.until_end())

    async def edit(self, view: View, typed: Typed) -> View:
        """Change a pending plan and show the new revision; return it."""
        shown = Shown(view.plan.id, view.plan.revision, view.plan.digest)
        await self._orchestrator.edit(shown, self._voice, Edit(typed.drop, typed.parameters))
        view = await self._view(view.plan.id)
        self._output.card(self._card(view))
        return await self._preview(view)

    async def _preview(self, view: View) -> View:
        """Try what can be tried and show it; only where somebody looks."""
        positions = [task.position for task in view.tasks if self._previews(view, task.position)]
        if not positions or not isinstance(self._output, TextOutput):
            return view
        with self._output.console.status(wording.PREVIEW_COMING):
            for position in positions:
                await self._sayso.previews.run(view, position, self._voice)
        view = await self._view(view.plan.id)
        self._output.preview(self._card(view))
        return view

    def _previews(self, view: View, position: int) -> bool:
        return self._sayso.previews.possible(view, position, self._voice)

    def _speaker(self, person: str | None) -> Voice:
        return self._context.voice(person) if person else self._voice

    def _is_interactive(self) -> bool:
        return isinstance(self._output, TextOutput) and sys.stdin.isatty() and self._output.console.is_terminal

    async def _view(self, plan_id: str) -> View:
        return await self._orchestrator.views.view(plan_id)

    def _card(self, view: View) -> Card:
        return self._context.card(view, self._voice.person)
