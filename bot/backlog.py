"""What one chat thread still has to show, and how far it is. Kept in memory by `threads`; what counts is stored."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from bot.chat import Platform
from bot.pace import Lanes, Turns
from orchestration.records import Outgoing, Showing

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0


@dataclass(slots=True)
class Backlog:
    """One thread and what it still has to show."""

    address: str
    platform: Platform
    lanes: Lanes
    showings: dict[str, Showing] = field(default_factory=dict)
    """By plan."""
    changed: dict[str, bool] = field(default_factory=dict)
    """Plans whose card may be another by now, and whether that is urgent."""
    answers: deque[Outgoing] = field(default_factory=deque)
    is_in_doubt: bool = False
    """Whether something may have been posted of which nothing was stored."""
    failures: int = 0
    urgent: asyncio.Event = field(default_factory=asyncio.Event)
    questions: dict[str, str] = field(default_factory=dict)
    """Messages that ask what became of a task, by the key of each."""
    _wrote_at: float = 0.0
    _lane: Turns | None = None
    _turn: "asyncio.Future[None] | None" = None
    """The turn that it waits for, or had last."""
    work: asyncio.Task[None] | None = None

    @property
    def has_work(self) -> bool:
        """Whether anything is left to show."""
        return bool(self.changed or self.answers)

    @property
    def is_at_work(self) -> bool:
        """Whether something is being shown."""
        return self.work is not None and not self.work.done()

    @property
    def cannot_wait(self) -> bool:
        """Whether any of it is more than progress."""
        return bool(self.answers) or any(self.changed.values())

    async def take(self, lane: Turns, is_urgent: bool) -> None:
        """Wait for a turn that can be hurried."""
        self._lane, self._turn = lane, lane.ask(is_urgent)
        await self._turn

    def hurry(self) -> None:
        """Make the turn that is waited for an urgent one."""
        if self._lane is not None and self._turn is not None:
            self._lane.hurry(self._turn)

    def wrote(self) -> None:
        """Note that it was written to just now."""
        self._wrote_at = asyncio.get_running_loop().time()

    async def until_due(self) -> None:
        """Wait until it may be written to again, unless something comes that cannot wait."""
        due, loop = self._wrote_at + self.platform.pace.thread_seconds, asyncio.get_running_loop()
        while not self.cannot_wait and (left := due - loop.time()) > 0:
            self.urgent.clear()
            try:
                async with asyncio.timeout(left):  # `wait_for` of Python 3.11 may swallow the end of this thread's work
                    await self.urgent.wait()
            except TimeoutError:
                return

    async def back_off(self, least: float = 0.0) -> None:
        """Wait for so many seconds, longer after each failure in a row."""
        self.failures += 1
        backoff = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (self.failures - 1))
        await asyncio.sleep(max(least, backoff))
