"""A story told in a chat for `crash_driver`: what people write and press, and what their threads must show in the end.

The chat outlives the process, as a platform does: every write is in a file of its own before it returns, with a hook
on both sides. People do again what they began, under the same ids, as a platform that got no answer delivers again.
"""

import pickle
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from adapters.chat.hub import Chats, open_chats
from adapters.chat.scripted import ScriptedChat
from bot.chat import Account, Click, Message, Note, Post, ShownCard
from orchestration.records import PLAN_ENDED
from tests.support.world import World

ASKED, LOBBY, AT_ONCE = "terminal:asked", "terminal:lobby", "terminal:at-once"
"""What is said in the lobby has a thread begun for it."""
SECONDS = 15
"""Longest between two things that are shown."""
USER = "root"
Hook = Callable[[str], None]


@dataclass(slots=True)
class KeptChat(ScriptedChat):
    """The scripted chat, kept in a file."""

    file: Path = field(kw_only=True)
    hook: Hook = field(kw_only=True)

    def __post_init__(self) -> None:
        if self.file.exists():
            self.shown = pickle.loads(self.file.read_bytes())

    async def post(self, thread: str, post: Post, key: str, is_in_doubt: bool) -> str:
        """Keep a message between two hooks; what was asked in the lobby begins a thread."""
        self.hook("chat.post.before")
        name = await ScriptedChat.post(self, thread, post, key, is_in_doubt)
        self._save("chat.post.after")
        return AT_ONCE if isinstance(post, Note) and post.kind == "asked" else name

    async def edit(self, thread: str, message: str, post: Post) -> str:
        """Overwrite a message between two hooks."""
        self.hook("chat.edit.before")
        name = await ScriptedChat.edit(self, thread, message, post)
        self._save("chat.edit.after")
        return name

    def _save(self, label: str) -> None:
        new = self.file.with_suffix(".new")
        new.write_bytes(pickle.dumps(self.shown))
        new.replace(self.file)
        self.hook(label)

    def posts(self, thread: str) -> list[Post]:
        """Return what stands in a thread."""
        return [one.post for one in self.shown if one.thread == thread]

    def asks(self, thread: str) -> bool:
        """Whether something was asked back."""
        return any(isinstance(post, Note) and post.kind == "question" for post in self.posts(thread))

    def card_says(self, thread: str, *statuses: str) -> bool:
        """Whether a thread has a card that says one of these; without any, whether it has one."""
        cards = [post.card.status for post in self.posts(thread) if isinstance(post, ShownCard)]
        return any(not statuses or status in statuses for status in cards)


@dataclass
class Person:
    """Whoever writes and presses; the same id each time."""

    chat: KeptChat
    chats: Chats

    async def say(self, thread: str, number: int, text: str) -> None:
        """Write something to the bot."""
        ana = Account("terminal", USER, "ana")
        await self.chats.inbox.take(Message(f"{thread}/{number}", thread, ana, text, begins=thread == LOBBY))

    async def press(self, thread: str, label: str) -> None:
        """Press a button, if it is still there."""
        for number, one in enumerate(self.chat.shown):
            for button in one.post.buttons if one.thread == thread else ():
                if button.label == label:
                    ben = Account("terminal", USER, "ben")
                    click = Click(f"{thread}/{label}", thread, ben, button.value, {}, str(number))
                    await self.chats.inbox.take(click)

    async def sees(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is shown."""
        await self.chat.until(is_so, SECONDS)


async def play(world: World, file: Path, hook: Hook) -> None:
    """Ask, answer, approve and see the end; beside it, ask for what may run once at most, and say what became of it."""
    chat = KeptChat(USER, file=file, hook=hook)
    async with open_chats(world.sayso, {"terminal": chat}) as chats:
        person = Person(chat, chats)
        await person.say(ASKED, 1, "tune the engine")
        await person.say(LOBBY, 1, "do alone")
        await person.sees(lambda: chat.asks(ASKED))
        await person.say(ASKED, 2, "7")
        for thread in (ASKED, AT_ONCE):
            await person.sees(lambda thread=thread: chat.card_says(thread))  # type: ignore[misc]
            await person.press(thread, "Approve")
        for thread in (ASKED, AT_ONCE):
            await person.sees(lambda thread=thread: _is_over(chat, thread))  # type: ignore[misc]
            await person.press(thread, "Done" if "alone" in world.tool.effects() else "Retry")
            await person.sees(lambda thread=thread: chat.card_says(thread, *PLAN_ENDED))  # type: ignore[misc]
        await chats.inbox.idle()


def _is_over(chat: KeptChat, thread: str) -> bool:
    """Whether a plan has ended, or somebody is asked what became of it."""
    is_asked = any(isinstance(post, Note) and post.kind == "unknown" for post in chat.posts(thread))
    return is_asked or chat.card_says(thread, *PLAN_ENDED)


def check(database: Path, file: Path) -> Iterator[str]:
    """Yield every broken promise to those who look at the threads."""
    chat = KeptChat(USER, file=file, hook=lambda _label: None)
    with closing(sqlite3.connect(database)) as connection:
        plans = dict(connection.execute("SELECT id, status FROM plans"))
        asked = dict(connection.execute("SELECT dedupe_key, plan_id FROM requests"))
        undone = list(connection.execute("SELECT id FROM inbox WHERE status = 'waiting'"))
        unsaid = list(connection.execute("SELECT id FROM outbox WHERE lane = 'chat' AND status = 'waiting'"))
        unshown = list(connection.execute("SELECT plan_id, status FROM showings WHERE status <> 'ended'"))
    if undone or unsaid or unshown:
        yield f"left over: taken {undone}, to be answered {unsaid}, to be shown {unshown}"
    if len(plans) != 2 or None in asked.values():
        yield f"three messages for two plans became {asked} and {plans}"
    for (thread, key), times in Counter((one.thread, one.key) for one in chat.shown).items():
        if times > 1:
            yield f"{key} stands {times} times in {thread}"
    for thread in (ASKED, AT_ONCE):
        yield from _thread(chat, thread, plans)


def _thread(chat: KeptChat, thread: str, plans: dict[str, str]) -> Iterator[str]:
    cards = [post.card for post in chat.posts(thread) if isinstance(post, ShownCard)]
    kinds = [post.kind for post in chat.posts(thread) if isinstance(post, Note)]
    if len(cards) != 1:
        yield f"{thread} has {len(cards)} cards"
    for card in cards:
        if card.status != plans.get(card.plan_id):
            yield f"the card in {thread} says {card.status}, and the plan is {plans.get(card.plan_id)}"
    if kinds.count("ended") != 1 or kinds[-1] != "ended" or kinds.count("question") != (thread == ASKED):
        yield f"{thread} was told {kinds}"
