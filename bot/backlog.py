"""What one chat thread still has to show, and how far it is. Kept in memory by `threads`; what counts is stored."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from bot.chat import Platform
from bot.pace import Turns
from orchestration.records import Outgoing, Showing


@dataclass(slots=True)
class Backlog:
    """One thread and what it still has to show."""

    address: str
    platform: Platform
    turns: Turns
    showings: dict[str, Showing] = field(default_factory=dict)
    """By plan."""
    changed: dict[str, bool] = field(default_factory=dict)
    """Plans whose card may be another by now, and whether that is urgent."""
    answers: deque[Outgoing] = field(default_factory=deque)
    is_in_doubt: bool = False
    """Whether something may have been posted of which nothing was stored."""
    failures: int = 0
    wrote_at: float = 0.0
    urgent: asyncio.Event = field(default_factory=asyncio.Event)
    turn: "asyncio.Future[None] | None" = None
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
