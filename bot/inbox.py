"""Keep what platforms deliver before they are told that it was taken, and bring it to the conversation in order.

A platform delivers a message again when it gets no answer in time, and sometimes without a reason: each takes effect
once. What a process took and had not finished when it died, the next one finishes.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import timedelta

from bot import wording
from bot.chat import Account, Click, Message, Note, Platform, SendLater, SendRefused
from bot.conversation import Conversation
from orchestration.canonical import canonical, parse
from orchestration.errors import SaysoError
from orchestration.ports import AtMost, Clock, Store, timestamp
from orchestration.records import Incoming

MESSAGES_AT_ONCE, CLICKS_AT_ONCE = 16, 32
"""How many of one platform take effect at the same time: what arrives meanwhile is written down at once, however many
wait, and whoever decides does not wait for those who ask. Some of those wait for a model.
"""
SILENT_SECONDS = 2.0
"""After which somebody hears that a model reads what they asked for."""
LONGEST_WAIT_SECONDS = 5.0
PATIENCE_SECONDS = 120.0
"""How long is tried to tell somebody what nothing in their thread tells; then their thread is told."""
FIRST_WAIT_SECONDS = 0.5
UNWRITTEN_SECONDS = 0.5
"""Between two tries to write something down."""
KEPT = timedelta(days=7)
"""How long is known what took effect. Platforms deliver again within hours; a request is known for ever."""
FORGET_EVERY_SECONDS = 3600.0


class Inbox:
    """Takes messages and clicks. `start` it before the platforms deliver."""

    def __init__(
        self, store: Store, clock: Clock, conversation: Conversation, platforms: Mapping[str, Platform]
    ) -> None:
        self._store = store
        self._clock = clock
        self._conversation = conversation
        self._platforms = platforms
        self._last: dict[str, asyncio.Event] = {}
        """By thread, set once what was begun last is done: a thread's messages take effect in their order."""
        self._working: set[asyncio.Task[None]] = set()
        self._clicks: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(CLICKS_AT_ONCE))
        self._messages: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(MESSAGES_AT_ONCE))
        """Room by platform."""
        self._forgetting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Finish what an earlier process had taken, and forget from now on what is long done."""
        self._forgetting = asyncio.create_task(self._forget())
        for kept in await self._store.find(Incoming, {"status": "waiting"}, order_by="at"):
            self._begin(_read(kept.payload))

    async def take(self, item: Message | Click) -> bool:
        """Keep an item durably; False when this very one was taken before. The platform gets its answer after this.

        What is kept is begun, also when whoever delivers it gives up waiting.
        """
        return await asyncio.shield(asyncio.ensure_future(self._keep(item)))

    async def _keep(self, item: Message | Click) -> bool:
        row = Incoming(item.id, item.thread, _text(item), "waiting", timestamp(self._clock.now()))
        if not await self._store.tx("inbox.take", lambda tx: tx.insert(row)):
            return False
        self._begin(item)
        return True

    async def idle(self) -> None:
        """Wait until everything taken has had its effect."""
        while self._working:
            await asyncio.wait(self._working)

    async def forget_done(self) -> None:
        """Let go of what took effect long ago: what people said need not lie here for ever."""
        done = {"status": "done", "at": AtMost(timestamp(self._clock.now() - KEPT))}
        if await self._store.find(Incoming, done, limit=1):
            await self._store.tx("inbox.forget", lambda tx: tx.remove(Incoming, done))

    async def close(self) -> None:
        """End; what is left is finished at the next start."""
        ever = [self._forgetting] if self._forgetting else []
        for task in (*self._working, *ever):
            task.cancel()
        await asyncio.gather(*self._working, *ever, return_exceptions=True)

    def _begin(self, item: Message | Click) -> None:
        task = asyncio.create_task(self._in_turn(item))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _in_turn(self, item: Message | Click) -> None:
        before, done = self._last.get(item.thread), asyncio.Event()
        self._last[item.thread] = done
        if before is not None:
            await before.wait()
        rooms = self._messages if isinstance(item, Message) else self._clicks
        async with rooms[item.account.platform]:
            told = await self._take_effect(item)
        is_told = told is None or await self._whisper(item, told)
        if is_told:
            await self._tick_off(item)
        done.set()  # what has to be told with patience holds up nothing else in its thread
        if self._last.get(item.thread) is done:
            del self._last[item.thread]
        if told is not None and not is_told:
            await self._insist(item, told)
            await self._tick_off(item)

    async def _forget(self) -> None:
        """Let go of it once an hour."""
        while True:
            with suppress(SaysoError):
                await self.forget_done()
            await asyncio.sleep(FORGET_EVERY_SECONDS)

    async def _tick_off(self, item: Message | Click) -> None:
        """Note that an item is done, as soon as that can be written: whoever was told how it ended must not be wrong.

        Should the process end before, the next one takes it once more, and finds what it has done by then.
        """
        done = {"id": item.id, "status": "waiting"}
        while True:
            try:
                await self._store.tx("inbox.done", lambda tx: tx.change(Incoming, done, {"status": "done"}))
            except SaysoError:
                await asyncio.sleep(UNWRITTEN_SECONDS)
            else:
                return

    async def _take_effect(self, item: Message | Click) -> Note | None:
        try:
            if isinstance(item, Message):
                return await self._hear(item)
            return await self._conversation.clicked(item)
        except Exception:
            logging.getLogger(__name__).exception("A message could not be taken.")
            return Note("error", (wording.BROKEN,))

    async def _hear(self, message: Message) -> Note | None:
        """Have a message heard, and say so to its sender when a model takes its time over it."""
        hearing = asyncio.ensure_future(self._conversation.hear(message))
        try:
            await asyncio.wait({hearing}, timeout=SILENT_SECONDS)
            if not hearing.done() and self._conversation.is_reading(message):
                await self._whisper(message, Note("answer", (wording.READING_WITH_MODEL,)))
            return await hearing
        finally:
            hearing.cancel()
            await asyncio.wait({hearing})  # a call that may have to be paid is still written down

    async def _whisper(self, item: Message | Click, note: Note) -> bool:
        """Tell one person, with one more try; False when that has to be tried further.

        What was meant for one moment is noise in the next, unless nothing else tells that a request came to nothing.
        """
        platform = self._platforms.get(item.account.platform)
        if platform is None:
            return True
        matters = isinstance(item, Message) and note.kind != "answer"
        try:
            await _with_patience(lambda: platform.whisper(item.thread, item.account, note))
        except (SendLater, SendRefused):
            return not matters
        except Exception:
            logging.getLogger(__name__).exception("A person could not be told.")
            return not matters
        return True

    async def _insist(self, item: Message | Click, note: Note) -> None:
        """Tell one person as soon as that can be, within some minutes; their thread where it cannot."""
        platform = self._platforms[item.account.platform]
        if await _within(PATIENCE_SECONDS, lambda: platform.whisper(item.thread, item.account, note)):
            return

        async def post() -> None:
            await platform.post(item.thread, note, f"{item.id}.told", is_in_doubt=True)

        if not await _within(PATIENCE_SECONDS, post):
            logging.getLogger(__name__).warning("Nobody could be told in %s what came of a request.", item.thread)


async def _with_patience(call: Callable[[], Awaitable[None]]) -> None:
    try:
        await call()
    except SendLater as later:
        await asyncio.sleep(min(later.seconds, LONGEST_WAIT_SECONDS))
        await call()


async def _within(seconds: float, call: Callable[[], Awaitable[None]]) -> bool:
    """Call until that succeeds; False when it is refused, or does not succeed in time."""
    loop = asyncio.get_running_loop()
    ends, wait = loop.time() + seconds, FIRST_WAIT_SECONDS
    while True:
        try:
            await call()
        except SendLater as later:
            wait = max(wait, later.seconds)
            if loop.time() + wait > ends:
                return False
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
        except SendRefused:
            return False
        except Exception:
            logging.getLogger(__name__).exception("A person could not be told.")
            return False
        else:
            return True


def _text(item: Message | Click) -> str:
    return canonical({"kind": type(item).__name__, **asdict(item)})


def _read(text: str) -> Message | Click:
    found = parse(text)
    kind, account = found.pop("kind"), Account(**found.pop("account"))
    if kind == "Click":
        return Click(account=account, **found)
    return replace(Message(account=account, **found), is_taken_up=True)
