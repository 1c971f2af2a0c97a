"""The platform `terminal`: each terminal that chats with this Sayso is a thread, for as long as it is there."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

from adapters.chat.lines import SAID_BY_CARD
from bot.chat import Account, Gone, Note, Pace, Post, SendLater

WAITING_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class TerminalNews:
    """Something that a terminal shows."""

    kind: Literal["ready", "new", "changed", "whisper"]
    """`ready` comes first: from then on, whatever is shown in the thread reaches this terminal."""
    message: str
    """What names the message in later changes."""
    post: Post


@dataclass(slots=True)
class Terminals:
    """Hands posts to the terminals that are there; a thread whose terminal has gone is refused."""

    _there: dict[str, asyncio.Queue[TerminalNews | None]] = field(default_factory=dict)
    _names: "count[int]" = field(default_factory=count)

    @property
    def pace(self) -> Pace:
        """A terminal takes much, and a person reads little: live progress is shown a few times a second."""
        return Pace(per_second=50, burst=100, thread_seconds=0.3, reserved=20, skips=SAID_BY_CARD)

    async def news(self, thread: str) -> AsyncGenerator[TerminalNews, None]:
        """Yield what a terminal has to show, until it stops listening or somebody calls `end`."""
        waiting: asyncio.Queue[TerminalNews | None] = asyncio.Queue(WAITING_LIMIT)
        self._there[thread] = waiting
        try:
            yield TerminalNews("ready", "", Note("answer", ()))
            while news := await waiting.get():
                yield news
        finally:
            self._there.pop(thread, None)

    def end(self) -> None:
        """Have every terminal get what there is by now, and no more."""
        for waiting in self._there.values():
            with suppress(asyncio.QueueFull):  # nobody reads there any more
                waiting.put_nowait(None)
        self._there.clear()

    async def post(self, thread: str, post: Post, key: str, is_in_doubt: bool) -> str:
        """Show something new."""
        message = str(next(self._names))
        self._put(thread, TerminalNews("new", message, post))
        return message

    async def edit(self, thread: str, message: str, post: Post) -> str:
        """Show what became of a message."""
        self._put(thread, TerminalNews("changed", message, post))
        return message

    async def whisper(self, thread: str, account: Account, note: Note) -> None:
        """Tell the one who sits there."""
        self._put(thread, TerminalNews("whisper", "", note))

    def _put(self, thread: str, news: TerminalNews) -> None:
        if thread not in self._there:
            raise Gone("this terminal has gone")
        try:
            self._there[thread].put_nowait(news)
        except asyncio.QueueFull:
            raise SendLater(1.0) from None
