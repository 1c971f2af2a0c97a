"""The news of one plan: every event of its chain from a number on, and how far its running tools are.

Read from the database at each commit that touches the plan, so that nothing between two looks is missed, nothing is
told twice, and a slow reader costs no memory.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from adapters.wiring import Sayso
from orchestration.ports import Above, Committed, Progress
from orchestration.records import Attempt, Event


@dataclass(frozen=True, slots=True)
class News:
    """What is new of a plan; both empty when somebody only begins to look."""

    events: tuple[Event, ...] = ()
    progress: tuple[Progress, ...] = ()
    """The latest of each attempt."""


class Feed:
    """The news of one plan after a number of its chain, for one reader."""

    def __init__(self, sayso: Sayso, plan_id: str, after: int) -> None:
        self._sayso = sayso
        self._plan = plan_id
        self._after = after
        self._changed = asyncio.Event()
        self._latest: dict[str, Progress] = {}
        self._plans: dict[str, str] = {}
        """Of each attempt that was heard of."""
        self._is_ending = False

    async def news(self) -> AsyncGenerator[News, None]:
        """Yield what is there at once, then whatever comes, until somebody calls `end`."""
        unwatch = self._sayso.store.watch(self._committed)
        self._sayso.progress.append(self._progressed)
        try:
            while True:
                self._changed.clear()
                is_last = self._is_ending
                yield News(await self._events(), await self._progress())
                if is_last:
                    return
                await self._changed.wait()
        finally:
            unwatch()
            self._sayso.progress.remove(self._progressed)

    def end(self) -> None:
        """Have the reader get what there is by now, and no more."""
        self._is_ending = True
        self._changed.set()

    def _committed(self, news: Committed) -> None:
        if any(event.chain == self._plan for event in news.events):
            self._changed.set()

    def _progressed(self, progress: Progress) -> None:
        """Note how far an attempt is; of an unknown one too, for it does not say whose it is."""
        if self._plans.get(progress.attempt_id, self._plan) == self._plan:
            self._latest[progress.attempt_id] = progress
            self._changed.set()

    async def _events(self) -> tuple[Event, ...]:
        where = {"chain": self._plan, "number": Above(self._after)}
        events = await self._sayso.store.find(Event, where, order_by="number")
        self._after = events[-1].number if events else self._after
        return tuple(events)

    async def _progress(self) -> tuple[Progress, ...]:
        latest, self._latest = self._latest, {}
        for attempt_id in latest.keys() - self._plans.keys():
            found = await self._sayso.store.find(Attempt, {"id": attempt_id})
            self._plans |= {attempt.id: attempt.plan_id for attempt in found}
        return tuple(each for each in latest.values() if self._plans.get(each.attempt_id) == self._plan)
