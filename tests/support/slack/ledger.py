"""What is visible in the local Slack, and which calls were made: the record tests read."""

import asyncio
import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.slack.markup import Mention, in_blocks, in_mrkdwn, readable, unescaped
from tests.support.slack.workspace import JSON

PATIENCE = 20.0
"""Seconds after which a test gives up on something that takes milliseconds."""


@dataclass(frozen=True)
class Version:
    """What a message once showed."""

    text: str
    blocks: list[JSON]
    at: float


@dataclass
class Message:
    """A message as it is now. `history` holds what it showed before each edit; `only_for` marks an ephemeral one."""

    channel: str
    ts: str
    author: str
    text: str
    blocks: list[JSON] = field(default_factory=list)
    thread_ts: str | None = None
    by_bot: bool = True
    metadata: JSON | None = None
    files: list[JSON] = field(default_factory=list)
    reactions: list[str] = field(default_factory=list)
    options: JSON = field(default_factory=dict)
    history: list[Version] = field(default_factory=list)
    deleted: bool = False
    only_for: str | None = None

    @property
    def shown(self) -> str:
        """Return what a person reads: the blocks' text, or the text where there are no blocks."""
        return readable(self.blocks) if self.blocks else unescaped(self.text)

    @property
    def is_reply(self) -> bool:
        """Return whether it stands in a thread below another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    def mentions(self) -> list[Mention]:
        """Return everything that pings or links in it, now and in what it showed before."""
        plain = self.options.get("parse") == "none"
        versions = [*self.history, Version(self.text, self.blocks, 0.0)]
        texts = (one for version in versions for one in in_mrkdwn(version.text, "/text", verbatim=plain))
        return [*texts, *(one for version in versions for one in in_blocks(version.blocks))]


@dataclass(frozen=True)
class Call:
    """One call of the Web API. `at` is monotonic seconds; `error` is Slack's code, empty when all was well."""

    method: str
    arguments: JSON
    at: float
    error: str
    status: int


class Ledger:
    """Messages, ephemeral messages and calls, with questions tests ask about them."""

    def __init__(self) -> None:
        self.messages: dict[tuple[str, str], Message] = {}
        self.whispers: list[Message] = []
        self.log: list[Call] = []
        self._last_ts = 0
        self._changed = asyncio.Event()

    def stamp(self) -> str:
        """Return a timestamp nothing else has."""
        self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def put(self, message: Message) -> Message:
        """Show a message."""
        if message.only_for is None:
            self.messages[message.channel, message.ts] = message
        else:
            self.whispers.append(message)
        self.touch()
        return message

    def edit(self, message: Message, text: str, blocks: list[JSON]) -> None:
        """Change what a message shows and remember what it showed."""
        message.history.append(Version(message.text, message.blocks, time.time()))
        message.text, message.blocks = text, copy.deepcopy(blocks)
        self.touch()

    def touch(self) -> None:
        """Tell those who wait that something changed."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, question: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Wait until a question about the local Slack has a true answer and return it. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not (answer := question()):
                await self._changed.wait()
        return answer

    def find(self, channel: str, ts: str) -> Message | None:
        """Return a message that is still there."""
        message = self.messages.get((channel, ts))
        return None if message is None or message.deleted else message

    def visible(self, channel: str, everybody: bool = False) -> list[Message]:
        """Return the bot's messages of a channel outside threads, oldest first; with `everybody`, all people's too."""
        return [one for one in self._current(channel) if not one.is_reply and (one.by_bot or everybody)]

    def thread(self, channel: str, ts: str, everybody: bool = False) -> list[Message]:
        """Return the bot's replies in a thread, oldest first; with `everybody`, the root and all replies."""
        inside = [one for one in self._current(channel) if ts in (one.ts, one.thread_ts)]
        return [one for one in inside if everybody or (one.by_bot and one.is_reply)]

    def ephemerals(self, user: str) -> list[Message]:
        """Return what only this person was shown and can still see."""
        return [one for one in self.whispers if one.only_for == user and not one.deleted]

    def all_of_bot(self) -> list[Message]:
        """Return every message the bot ever showed, ephemeral and deleted ones too."""
        return [one for one in [*self.messages.values(), *self.whispers] if one.by_bot]

    def calls(self, *methods: str, answered: bool = False) -> list[Call]:
        """Return the calls of some methods (or all); with `answered`, only those that went well."""
        return [one for one in self.log if (not methods or one.method in methods) and not (answered and one.error)]

    def calls_per_second(self, *methods: str, window: float = 1.0) -> int:
        """Return the most calls in any stretch of `window` seconds."""
        times = [one.at for one in self.calls(*methods)]
        return max((_within(times, number, window) for number in range(len(times))), default=0)

    def _current(self, channel: str) -> Iterator[Message]:
        return (one for one in self.messages.values() if one.channel == channel and not one.deleted)


def _within(times: list[float], start: int, window: float) -> int:
    return sum(1 for at in times[start:] if at < times[start] + window)


def buttons(holder: "Message | JSON | list[JSON]") -> dict[str, str]:
    """Return the buttons of a message, a view or blocks: label to action_id."""
    return {
        element["text"]["text"]: element["action_id"] for element in actionable(holder) if element["type"] == "button"
    }


def actionable(holder: "Message | JSON | list[JSON]") -> list[JSON]:
    """Return every element with an action_id, each with its `block_id` added."""
    if isinstance(holder, Message):
        holder = holder.blocks
    blocks = holder["blocks"] if isinstance(holder, dict) else holder
    return [{**element, "block_id": block["block_id"]} for block in blocks for element in _elements(block)]


def _elements(block: JSON) -> Iterator[JSON]:
    inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
    yield from (element for element in inside if isinstance(element, dict) and "action_id" in element)
    for child in block.get("child_blocks", []):
        yield from _elements(child)
