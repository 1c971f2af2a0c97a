"""Which plans are shown in which threads, as it is stored. Used by `threads`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestration.ports import Store, Transaction
from orchestration.records import Request, Showing

STORED = ("thread", "status", "message", "rendering", "shown", "told", "problem")


class Showings:
    """Reads and writes rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def opened(self) -> list[Showing]:
        """Return what an earlier process may have left unshown."""
        return await self._store.find(Showing, {"status": "open"})

    async def open(self, plan_id: str, address: str, at: str) -> Showing:
        """Have a plan shown in a thread, anew at its end when it was there before; the thread is about it from then."""
        where = {"plan_id": plan_id, "thread": address}

        def use_case(tx: Transaction) -> Showing:
            if not tx.insert(Showing(plan_id, address, "open", asked_at=at)):
                tx.change(Showing, where, {"status": "open", "message": "", "rendering": "", "asked_at": at})
            return tx.find(Showing, where)[0]

        return await self._store.tx("chat.show", use_case)

    async def keep(self, before: Showing, after: Showing) -> Showing:
        """Store how far a thread is, unless its card was asked for anew meanwhile; return what holds now.

        A plan that is in the thread below its card already does not move there a second time.
        """
        where = {"plan_id": before.plan_id, "thread": before.thread, "message": before.message}

        def use_case(tx: Transaction) -> Showing:
            below = {"plan_id": after.plan_id, "thread": after.thread}
            is_taken = after.thread != before.thread and tx.find(Showing, below)
            kept = replace(after, thread=before.thread) if is_taken else after
            values: Mapping[str, Any] = {name: getattr(kept, name) for name in STORED}
            tx.change(Showing, where, values)
            return kept

        return await self._store.tx("chat.shown", use_case)

    async def has(self, address: str) -> bool:
        """Whether anything was ever asked or shown in a thread."""
        asked = await self._store.find(Request, {"thread": address}, limit=1)
        return bool(asked or await self._store.find(Showing, {"thread": address}, limit=1))

    async def rendering(self, plan_id: str, address: str, message: str) -> str:
        """Return the hash of what a thread shows of a plan, in this message if one is named; empty when nothing."""
        found = await self._store.find(Showing, {"plan_id": plan_id})
        shown = [showing for showing in found if showing.thread == address or _is_on(message, showing.message)]
        return shown[0].rendering if shown else ""


def _is_on(message: str, card: str) -> bool:
    """Whether a message is a part of a card, by their names; those of its parts are joined by `+`."""
    place, _, part = message.rpartition("/")
    where, _, parts = card.rpartition("/")
    return bool(message) and place == where and part in parts.split("+")
