"""Where a command does its work: at a Sayso of its own, or at the `sayso serve` that owns the home."""

from collections.abc import AsyncGenerator, Mapping
from typing import Protocol

from adapters.serve.feed import Feed, News
from adapters.wiring import Sayso
from orchestration.approval.decision import Shown, State, Voice
from orchestration.asking import Answer, Ask
from orchestration.execution import Resolution
from orchestration.planning.edit import Edit
from orchestration.views import Views


class Desk(Protocol):
    """All that commands need of a Sayso. Errors are those of the core, wherever it runs."""

    @property
    def is_served(self) -> bool:
        """Whether plans go on when this command ends."""

    @property
    def views(self) -> Views:
        """Return what looks at plans."""

    async def submit(self, ask: Ask) -> Answer:
        """Take a request in words."""

    async def run(self, ask: Ask, operation: str, parameters: Mapping[str, str]) -> Answer:
        """Take a request for one named operation."""

    async def vote(self, shown: Shown, voice: Voice, yes: bool, reason: str) -> State:
        """Say yes or no to exactly what was shown; return where the revision stands then."""

    async def edit(self, shown: Shown, voice: Voice, edit: Edit) -> None:
        """Replace a pending plan by an edited one."""

    async def cancel(self, plan_id: str, voice: Voice) -> None:
        """Stop a plan."""

    async def resolve(self, task_id: str, outcome: Resolution, voice: Voice) -> None:
        """Say what became of a task."""

    async def preview(self, plan_id: str, voice: Voice) -> None:
        """Try without effect what can be tried of a plan; the views have what came of it."""

    async def hold(self, voice: Voice) -> bool:
        """Keep every new task from starting; return False when that was so already."""

    async def release(self, voice: Voice) -> bool:
        """Let tasks start again; return False when nothing kept them."""

    async def go(self) -> None:
        """Go on with what was approved, from now on."""

    def news(self, plan_id: str, after: int) -> AsyncGenerator[News, None]:
        """Yield what is new of a plan after this number of its chain: at once what is there, then whatever comes."""


class OwnDesk:
    """A Sayso that this command runs, on a home that it owns."""

    is_served = False

    def __init__(self, sayso: Sayso) -> None:
        self._sayso = sayso
        self._orchestrator = sayso.orchestrator
        self.views = sayso.orchestrator.views

    async def submit(self, ask: Ask) -> Answer:
        """Take a request in words."""
        return await self._orchestrator.asking.submit(ask)

    async def run(self, ask: Ask, operation: str, parameters: Mapping[str, str]) -> Answer:
        """Take a request for one named operation."""
        return await self._orchestrator.asking.run(ask, operation, parameters)

    async def vote(self, shown: Shown, voice: Voice, yes: bool, reason: str) -> State:
        """Say yes or no."""
        return (await self._orchestrator.vote(shown, voice, yes, reason)).state

    async def edit(self, shown: Shown, voice: Voice, edit: Edit) -> None:
        """Replace a pending plan."""
        await self._orchestrator.asking.edit(shown, voice, edit)

    async def cancel(self, plan_id: str, voice: Voice) -> None:
        """Stop a plan."""
        await self._orchestrator.cancel(plan_id, voice)

    async def resolve(self, task_id: str, outcome: Resolution, voice: Voice) -> None:
        """Say what became of a task."""
        await self._orchestrator.resolve(task_id, outcome, voice)

    async def preview(self, plan_id: str, voice: Voice) -> None:
        """Try without effect what can be tried of a plan."""
        await self._sayso.previews.run_all(plan_id, voice)

    async def hold(self, voice: Voice) -> bool:
        """Keep every new task from starting."""
        return await self._sayso.operating.hold(voice)

    async def release(self, voice: Voice) -> bool:
        """Let tasks start again."""
        return await self._sayso.operating.release(voice)

    async def go(self) -> None:
        """Dispatch from now on."""
        await self._sayso.go()

    def news(self, plan_id: str, after: int) -> AsyncGenerator[News, None]:
        """Yield what is new of a plan."""
        return Feed(self._sayso, plan_id, after).news()
