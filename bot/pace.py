"""Wait for one's turn to write to a platform: a token bucket, with room kept for what must not wait."""

import asyncio
import heapq
from itertools import count

from bot.chat import Budget, Pace


class Turns:
    """Hands out turns in the order they were asked for, urgent ones first."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._tokens = float(budget.burst)
        self._filled_at = 0.0
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None

    def ask(self, is_urgent: bool) -> "asyncio.Future[None]":
        """Return what is done when it is this caller's turn."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue(turn, is_urgent)
        return turn

    async def take(self, is_urgent: bool) -> None:
        """Return when it is this caller's turn."""
        await self.ask(is_urgent)

    def hurry(self, turn: "asyncio.Future[None]") -> None:
        """Make a turn that was asked for an urgent one."""
        if not turn.done():
            self._queue(turn, is_urgent=True)

    def rest(self, seconds: float) -> None:
        """Hand nothing out for a while: the platform asked for a rest."""
        loop = asyncio.get_running_loop()
        self._tokens = 0.0
        self._filled_at = max(self._filled_at, loop.time() + seconds)

    def _queue(self, turn: "asyncio.Future[None]", is_urgent: bool) -> None:
        heapq.heappush(self._waiting, (not is_urgent, next(self._order), turn))
        self._hand_out()

    def _hand_out(self) -> None:
        self._fill()
        while self._waiting and (self._waiting[0][2].done() or self._tokens >= self._price()):
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                self._tokens -= 1
                turn.set_result(None)
        if self._waiting and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds_to_next(), self._later)

    def _later(self) -> None:
        self._timer = None
        self._hand_out()

    def _fill(self) -> None:
        now = asyncio.get_running_loop().time()
        if now > self._filled_at:
            self._tokens = min(self._budget.burst, self._tokens + (now - self._filled_at) * self._budget.per_second)
            self._filled_at = now

    def _price(self) -> float:
        """Return how many tokens must be there for the next one to go."""
        can_wait, _, _ = self._waiting[0]
        return 1 + self._budget.reserved if can_wait else 1

    def _seconds_to_next(self) -> float:
        wait = (self._price() - self._tokens) / self._budget.per_second
        return max(0.001, wait + max(0.0, self._filled_at - asyncio.get_running_loop().time()))


class Lanes:
    """The turns of one platform: for new messages and for edits, or the same for both."""

    def __init__(self, pace: Pace) -> None:
        self.edits = Turns(pace)
        self.posts = Turns(pace.posts) if pace.posts is not None else self.edits

    def rest(self, seconds: float) -> None:
        """Hand nothing out for a while."""
        self.edits.rest(seconds)
        self.posts.rest(seconds)
