"""The home that random courses run in, as a base of `machine.py`: processes of it, one after the other.

A step is done when nothing moves by itself any more, so that each of them begins with all that the one before led to.
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine

from orchestration.errors import InvariantBroken, SaysoError
from orchestration.records import Plan
from tests.safety import promises
from tests.safety.oracle import Oracle, files
from tests.safety.promises import Rows
from tests.support.gates import Post, agent
from tests.support.world import TestClock, open_world

T = TypeVar("T")


class Home(RuleBasedStateMachine):
    """A home in a folder of its own, and a loop of its own, since rules are not coroutines."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.clock = TestClock()
        self.stack = AsyncExitStack()
        self.tool = Oracle(self.folder / "home" / "sayso.db", lambda: self.world.sayso.setting.dispatcher.is_held)
        self.good_commits, self.failing_commits = 0, 0
        """How many commits succeed before so many fail."""
        self.is_going = True
        self.is_strict = False
        self.is_broken = False
        """Whether a promise was broken; then its end is of no interest."""
        self.ended: dict[str, str] = {}
        """By id of a plan or task: what it ended as."""

    def go(self, doing: Coroutine[Any, Any, T]) -> T:
        """Do something in the world."""
        try:
            return self.loop.run_until_complete(asyncio.wait_for(doing, 60))
        except BaseException:
            self.is_broken = True
            raise

    async def open(self, without: int = -1) -> None:
        """Start a process, without one of its agents."""
        agents = [agent("infra-1", slots=2), agent("infra-2", slots=1), agent("research-1", slots=1)]
        self.agents = [one for number, one in enumerate(agents) if number != without]
        opening = open_world(
            self.folder,
            files(self.is_strict),
            tool=self.tool,
            clock=self.clock,
            hook=self.before_commit,
            go=False,
            agents=self.agents,
            backoff_seconds=2.0,
        )
        self.world = await self.stack.enter_async_context(opening)
        self.post = Post(self.world.sayso.transport)
        self.world.sayso.relay._transport = self.post
        if self.is_going:
            await self.world.sayso.go()
        await self.quiet()

    async def close(self) -> None:
        """End the process, whatever is under way."""
        await self.stack.aclose()
        self.tool.runs.clear()

    def before_commit(self, label: str) -> None:
        """Let a commit fail, as a full disk does."""
        if not label.endswith(".before_commit") or not self.failing_commits or "test.look" in label:
            return
        if self.good_commits:
            self.good_commits -= 1
        else:
            self.failing_commits -= 1
            raise sqlite3.OperationalError("database or disk is full")

    async def quiet(self) -> Rows:
        """Return the rows once nothing moves by itself any more."""
        before = None
        for _ in range(1_000):
            rows = await self.rows()
            waiting = {one.attempt_id for one in self.post.waiting}
            handed_out = {one.id for one in rows.runs("dispatched")} - waiting
            under_way = {one.id for one in rows.runs("running")}
            is_delivered = not self.is_going or (not handed_out and under_way == set(self.tool.runs))
            # What is delivered once more waits for room before it is refused; all else is done when nothing is new.
            if is_delivered and rows == before:
                return rows
            before = rows
            await asyncio.sleep(0.001)
        raise AssertionError(f"It does not come to rest: {handed_out=} {under_way=} {set(self.tool.runs)=}")

    async def rows(self) -> Rows:
        """Look at what is committed, behind everything that was asked for before."""

        for _ in range(3):
            await asyncio.sleep(0)
        return await self.world.sayso.store.tx("test.look", promises.look)

    def attempted(self, doing: Callable[[], Awaitable[T]]) -> T | None:
        """Do what may lawfully be refused, and let it come to rest."""

        async def both() -> T | None:
            done = None
            try:
                done = await doing()
            except InvariantBroken:
                raise
            except SaysoError:
                pass
            await self.quiet()
            return done

        return self.go(both())

    def plan(self, some: int, *statuses: str) -> Plan | None:
        """Return one of the plans that stand so."""
        rows = self.go(self.rows())
        found = [plan for plan in rows.plans.values() if plan.status in statuses]
        return found[some % len(found)] if found else None

    async def look_after_everything(self) -> None:
        """Do what timers do."""
        sayso = self.world.sayso
        for one in self.agents:
            if one.is_online:
                await sayso.presence.beat(one.id)
        await sayso.presence.sweep()
        await sayso.orchestrator.expire_due()
        if self.is_going:
            await sayso.retries.retry_due()
