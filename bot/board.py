"""What somebody finds on a page of their own, where a platform has such: what waits, what they asked, what runs."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.chat import ShownCard
from bot.posts import Posts
from orchestration.errors import SaysoError
from orchestration.ports import Store
from orchestration.records import Plan
from orchestration.views import View, Views

LISTED = 10
"""Plans of each kind, newest first."""
LOOKED_AT = 50
"""Pending plans, to find those that wait for somebody."""


@dataclass(frozen=True, slots=True)
class Board:
    """One person's plans."""

    waiting: tuple[ShownCard, ...]
    """Those that this person's yes would count for, whole, to be decided from here."""
    asked: tuple[ShownCard, ...]
    running: tuple[ShownCard, ...]


class Boards:
    """Makes boards."""

    def __init__(self, store: Store, views: Views, posts: Posts) -> None:
        self._store = store
        self._views = views
        self._posts = posts

    async def of(self, person: str) -> Board:
        """Return the board of somebody, as it is now."""
        pending = await self._store.find(Plan, {"status": "pending_approval"}, order_by="-id", limit=LOOKED_AT)
        mine = await self._store.find(Plan, {"person": person}, order_by="-id", limit=LISTED)
        at_work = ("approved", "executing", "paused")
        running = await self._store.find(Plan, {"status": at_work}, order_by="-id", limit=LISTED)
        waiting = [view for view in await self._seen(pending) if _waits_for(view, person)]
        return Board(
            await self._shown(waiting[:LISTED]),
            await self._shown(await self._seen(mine)),
            await self._shown(await self._seen(running)),
        )

    async def _seen(self, plans: Iterable[Plan]) -> list[View]:
        """Return the plans as they stand, but for those whose record is damaged: their threads say so."""
        found = []
        for plan in plans:
            try:
                found.append(await self._views.view(plan.id))
            except SaysoError:
                continue
        return found

    async def _shown(self, views: Iterable[View]) -> tuple[ShownCard, ...]:
        return tuple([await self._posts.shown(view, {}) for view in views])


def _waits_for(view: View, person: str) -> bool:
    return any(person in missing.candidates for missing in view.standing.missing)
