"""Watch a plan until it ends or needs a person: live lines on a terminal, one line a task elsewhere."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime

from rich.console import Group
from rich.live import Live
from rich.text import Text

from adapters.cli import render, sentences
from adapters.cli.desk import Desk
from adapters.cli.output import Output, TextOutput, program
from adapters.cli.session import Context
from adapters.serve.feed import News
from bot import wording
from bot.waiting import notice, standstill
from orchestration.ports import moment
from orchestration.records import PLAN_ENDED, Attempt, Plan
from orchestration.views import View

REFRESH_PER_SECOND = 5


class Follower:
    """Prints the news of one plan that come after a number of its chain of events."""

    def __init__(self, desk: Desk, context: Context, output: Output, plan: Plan) -> None:
        self._desk = desk
        self._context = context
        self._output = output
        self.plan = plan
        self._told = 0
        self._doing: dict[str, str] = {}
        self._waits: list[str] = []
        """Why it does not go on just now."""

    async def so_far(self, quietly: bool = False) -> None:
        """Print what has happened and was not printed yet; `quietly` only takes note of it."""
        for event in await self._desk.views.events(self.plan.id):
            if event.number > self._told and not quietly:
                self._output.event(event, self.plan.request_id)
            self._told = max(self._told, event.number)

    async def until_end(self) -> View:
        """Have the plan go on; return it when it has ended, needs a person, or is back to pending."""
        show = self._live if self._on_terminal() else self._lines
        try:
            await self._desk.go()
            view = await show()
        except asyncio.CancelledError:
            told = sentences.goes_on_in_serve if self._desk.is_served else sentences.goes_on_later
            self._output.say("", told(self.plan.code, program()))
            raise
        await self.so_far()
        return view

    async def _wait(self, show: Callable[[View], None]) -> View:
        async with aclosing(self._desk.news(self.plan.id, self._told)) as news:
            while True:
                self._tell(await anext(news))
                view = await self._desk.views.view(self.plan.id)
                self._waits = []
                show(view)
                if view.plan.status in (*PLAN_ENDED, "pending_approval") or await self._is_stuck(view):
                    return view
                self._waits = await notice(view, self._desk.views, self._context.configuration.people)
                show(view)

    async def _live(self) -> View:
        """Draw the tasks over and over, so that running ones show how long they have been at it."""
        assert isinstance(self._output, TextOutput)
        seen: list[View] = []

        def draw() -> Group:
            return Group(*(self._progress_lines(seen[-1]) if seen else ()), *map(Text, self._waits))

        with Live(console=self._output.console, refresh_per_second=REFRESH_PER_SECOND, get_renderable=draw):
            return await self._wait(seen.append)

    async def _lines(self) -> View:
        told: set[str] = set()

        def show(view: View) -> None:
            for line, task in zip(self._progress_lines(view), view.tasks, strict=True):
                if task.id not in told and task.status in ("completed", "failed", "skipped", "cancelled", "unknown"):
                    told.add(task.id)
                    self._output.say(line.plain)
            self._output.say(*(line for line in self._waits if line not in told))
            told.update(self._waits)

        return await self._wait(show)

    def _progress_lines(self, view: View) -> list[Text]:
        card = self._context.card(view)
        running = {attempt.task_id: attempt for attempt in view.attempts if attempt.status == "running"}
        return [
            render.progress_line(shown, self._state_of(running[task.id]) if task.id in running else "")
            for shown, task in zip(card.tasks, view.tasks, strict=True)
        ]

    def _state_of(self, attempt: Attempt) -> str:
        since = datetime.now(UTC) - moment(attempt.started_at or attempt.dispatched_at)
        elapsed = wording.took(max(0, int(since.total_seconds())) * 1000)
        return "  ".join(filter(None, [elapsed, self._doing.get(attempt.id, "")]))

    async def _is_stuck(self, view: View) -> bool:
        """Whether nothing goes on before a person or an agent comes, and say which."""
        if any(task.status in ("dispatched", "running") for task in view.tasks):
            return False
        if view.plan.needs_person:
            return True
        if view.plan.status == "paused":
            self._output.say(*standstill(view))
            return True
        if hold := await self._desk.views.hold():
            self._output.say(wording.on_hold(self._context.configuration.people.name(hold.person)))
            return True
        return await self._is_blocked(view)

    async def _is_blocked(self, view: View) -> bool:
        other = await self._desk.views.blocked_by(view)
        if other is not None:
            plan = await self._desk.views.find_plan(other.plan_id)
            self._output.say(sentences.waits_for(other.target, plan.code, other.position, other.name, program()))
        return other is not None

    def _on_terminal(self) -> bool:
        return isinstance(self._output, TextOutput) and self._output.console.is_terminal

    def _tell(self, news: News) -> None:
        for event in news.events:
            self._output.event(event, self.plan.request_id)
            self._told = event.number
        for progress in news.progress:
            count = f"{progress.done} of {progress.total}" if progress.total else ""
            self._doing[progress.attempt_id] = "  ".join(filter(None, [count, progress.step]))
