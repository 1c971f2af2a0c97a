"""Watch a plan until it ends or needs a person: live lines on a terminal, one line a task elsewhere."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rich.console import Group
from rich.live import Live
from rich.text import Text

from adapters.cli import render
from adapters.cli.output import Output, TextOutput, program
from adapters.cli.session import Context
from adapters.wiring import Sayso
from bot import wording
from orchestration.ports import Committed, Progress, moment
from orchestration.records import PLAN_ENDED, Attempt, Event
from orchestration.views import View

REFRESH_PER_SECOND = 5


class Follower:
    """Prints the news of one plan. Enter it before the decision, so that nothing is missed."""

    def __init__(self, sayso: Sayso, context: Context, output: Output, view: View) -> None:
        self._sayso = sayso
        self._context = context
        self._output = output
        self._plan = view.plan
        self._news = asyncio.Event()
        self._doing: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._unwatch = self._sayso.store.watch(self._committed)
        self._sayso.progress.append(self._progress)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unwatch()
        self._sayso.progress.remove(self._progress)
        if kind is asyncio.CancelledError:
            self._output.say("", wording.goes_on_later(self._plan.code, program()))

    async def until_end(self) -> View:
        """Return the plan when it has ended, needs a person, or is back to pending."""
        show = self._live if self._on_terminal() else self._lines
        return await show()

    async def _wait(self, show: Callable[[View], None]) -> View:
        while True:
            self._news.clear()
            view = await self._sayso.orchestrator.views.view(self._plan.id)
            show(view)
            if view.plan.status in (*PLAN_ENDED, "pending_approval") or await self._is_stuck(view):
                return view
            await self._news.wait()

    async def _live(self) -> View:
        """Draw the tasks over and over, so that running ones show how long they have been at it."""
        assert isinstance(self._output, TextOutput)
        seen: list[View] = []

        def draw() -> Group:
            return Group(*(self._progress_lines(seen[-1]) if seen else ()))

        with Live(console=self._output.console, refresh_per_second=REFRESH_PER_SECOND, get_renderable=draw):
            return await self._wait(seen.append)

    async def _lines(self) -> View:
        told: set[str] = set()

        def show(view: View) -> None:
            for line, task in zip(self._progress_lines(view), view.tasks, strict=True):
                if task.id not in told and task.status in ("completed", "failed", "skipped", "cancelled", "unknown"):
                    told.add(task.id)
                    self._output.say(line.plain)

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
        """Whether nothing goes on before a person says what became of a task, of this plan or of another."""
        if any(task.status in ("dispatched", "running") for task in view.tasks):
            return False
        if view.plan.needs_person:
            return True
        other = await self._sayso.orchestrator.views.blocked_by(view)
        if other is not None:
            plan = await self._sayso.orchestrator.views.find_plan(other.plan_id)
            self._output.say(wording.waits_for(other.target, plan.code, other.position, other.name, program()))
        return other is not None

    def _on_terminal(self) -> bool:
        return isinstance(self._output, TextOutput) and self._output.console.is_terminal

    def _committed(self, news: Committed) -> None:
        for event in news.events:
            if event.chain == self._plan.id:
                self._tell(event)

    def _tell(self, event: Event) -> None:
        self._output.event(event, self._plan.request_id)
        self._news.set()

    def _progress(self, progress: Progress) -> None:
        count = f"{progress.done} of {progress.total}" if progress.total else ""
        self._doing[progress.attempt_id] = "  ".join(filter(None, [count, progress.step]))
        self._news.set()
