"""Three faults that the crash enumeration has to find, each a change of one line of thought.

Installed by a child of `crash_driver` in its own process.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from adapters.storage.store import SqliteStore
from adapters.storage.transaction import SqliteTransaction
from bot.chat import Click, Message
from bot.inbox import Inbox
from orchestration.dispatch.worker import Worker
from orchestration.errors import InvariantBroken
from orchestration.execution import Execution
from orchestration.ports import Assignment, Job
from orchestration.records import Outgoing


def outbox_apart() -> None:
    """Write the decision in one transaction and the outbox in another."""
    whole = SqliteStore.tx

    async def in_two(self: SqliteStore, label: str, use_case: Callable[[Any], Any]) -> Any:
        held: list[Outgoing] = []

        def without_outbox(tx: SqliteTransaction) -> Any:
            insert = tx.insert
            tx.insert = lambda row: bool(held.append(row)) or True if isinstance(row, Outgoing) else insert(row)  # type: ignore[method-assign, func-returns-value]
            return use_case(tx)

        result = await whole(self, label, without_outbox)
        if held:
            await whole(self, f"{label}.outbox", lambda tx: [tx.insert(row) for row in held])
        return result

    SqliteStore.tx = in_two  # type: ignore[method-assign]


def claim_after_effect() -> None:
    """Run the tool first and claim afterwards."""

    async def deliver(self: Worker, assignment: Assignment) -> None:
        core = self._core
        assert isinstance(core, Execution)
        job = await _peek(core, assignment)
        if job is None:
            return
        result = await self._run(assignment, job, self._tools[job.tool])
        if await core.claim(assignment) is not None:
            await core.report(assignment, result)

    Worker.deliver = deliver  # type: ignore[method-assign]


def ticked_off_first() -> None:
    """Note a message as done before it has its effect."""

    async def in_turn(self: Inbox, item: Message | Click) -> None:
        before, done = self._last.get(item.thread), asyncio.Event()
        self._last[item.thread] = done
        if before is not None:
            await before.wait()
        await self._tick_off(item)
        await self._take_effect(item)
        done.set()

    Inbox._in_turn = in_turn  # type: ignore[method-assign]


async def _peek(core: Execution, assignment: Assignment) -> Job | None:
    """Return the job of a claim that is taken back at once."""

    class TakenBack(Exception):
        pass

    found: list[Job | None] = []

    def look(tx: Any) -> None:
        found.append(core._claim(tx, assignment, core._now()))
        raise TakenBack

    with suppress(InvariantBroken):  # as which the store reports what a use case raises
        await core._store.tx("mutant.peek", look)
    return found[0]


MUTANTS: dict[str, Callable[[], None]] = {
    "outbox_apart": outbox_apart,
    "claim_after_effect": claim_after_effect,
    "ticked_off_first": ticked_off_first,
}
