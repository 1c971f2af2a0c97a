"""The prompt under a card, at a terminal. While it waits it owns nothing: others may decide meanwhile.

Each thing that is typed opens the home, does it, and lets go again.
"""

from adapters.cli import exits, sentences
from adapters.cli.conversation import Say, Talk
from adapters.cli.output import Output, program
from adapters.cli.prompt import EDIT_HELP, HELP, Typed, read_line, understand
from adapters.cli.session import Context, looking, running
from bot.details import details
from orchestration.approval.decision import Voice
from orchestration.errors import Conflict, HomeBusy, InvalidRequest, NotAllowed
from orchestration.views import View


class Dialogue:
    """Asks what to do with one plan until that is clear."""

    def __init__(self, context: Context, output: Output, voice: Voice) -> None:
        self._context = context
        self._output = output
        self._voice = voice

    async def run(self, view: View) -> int:
        """Return the exit code."""
        self._output.say(HELP)
        while True:
            line = await read_line("> ")
            try:
                outcome = await self._act(view, understand(line) if line is not None else Typed("leave"))
            except (NotAllowed, InvalidRequest, HomeBusy) as refusal:
                self._output.say(str(refusal))
                continue
            except Conflict as conflict:
                self._output.say(str(conflict))
                outcome = await self._as_it_is(view)
            if isinstance(outcome, int):
                return outcome
            view = outcome

    async def _act(self, view: View, typed: Typed) -> int | View:
        match typed.verb:
            case "approve" | "reject":
                voice = self._context.voice(typed.person) if typed.person else self._voice
                async with running(self._context) as desk:
                    talk = Talk(desk, self._context, self._output, self._voice)
                    return await talk.vote(view, Say(voice, typed.verb == "approve", typed.reason))
            case "edit":
                async with running(self._context) as desk:
                    return await Talk(desk, self._context, self._output, self._voice).edit(view, typed)
            case "leave":
                self._output.say(sentences.left_pending(view.plan.code, program()))
                return exits.PENDING
            case "details":
                self._output.say(*details(view))
            case _:
                self._output.say(HELP, EDIT_HELP)
        return view

    async def _as_it_is(self, before: View) -> int | View:
        """Show what has become of a plan meanwhile; return it when it is still open, else its exit code."""
        async with looking(self._context) as (views, _):
            view = await views.view(before.plan.id)
        card = self._context.card(view, self._voice.person)
        self._output.card(card)
        if view.plan.status == "pending_approval":
            return view
        self._output.result(view, card, self._context.evidence(view))
        return exits.of_plan(view.plan)
