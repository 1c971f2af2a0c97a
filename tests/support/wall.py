"""A chat platform that keeps all that was written to it; slow, refusing or leaving in doubt where a test says so."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from adapters.chat.hub import Chats, open_chats
from bot.cards import Card
from bot.chat import Account, Click, Message, Note, Pace, Platform, Post, ShownCard
from orchestration.approval.decision import Voice
from orchestration.asking import Answer, Ask
from orchestration.ids import new_id
from orchestration.records import Plan, Showing
from tests.support.world import World

QUICK = Pace(per_second=10_000, burst=10_000, thread_seconds=0)


@dataclass
class Written:
    """A message as it stands."""

    thread: str
    key: str
    post: Post


@dataclass(frozen=True)
class Call:
    """One write that was taken."""

    kind: Literal["post", "edit", "whisper"]
    thread: str
    post: Post
    is_in_doubt: bool = False


@dataclass
class Wall:
    """Implements `Platform`."""

    pace: Pace = QUICK
    messages: list[Written] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    whispers: list[tuple[str, Note]] = field(default_factory=list)
    """(user, note)"""
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    """By thread: writes wait until it is set."""
    before: dict[str, list[Exception]] = field(default_factory=lambda: defaultdict(list))
    """By thread: raised instead of taking a write, one after the other."""
    after: dict[str, list[Exception]] = field(default_factory=lambda: defaultdict(list))
    """By thread: raised although the write was taken."""
    in_flight: Counter[str] = field(default_factory=Counter)
    most_in_flight: Counter[str] = field(default_factory=Counter)

    async def post(self, thread: str, post: Post, key: str, is_in_doubt: bool) -> str:
        """Keep a message, once."""
        await self._reach(thread)
        names = [number for number, one in enumerate(self.messages) if (one.thread, one.key) == (thread, key)]
        if not (is_in_doubt and names):
            self.messages.append(Written(thread, key, post))
            names = [len(self.messages) - 1]
        self._took(Call("post", thread, post, is_in_doubt))
        return str(names[-1])

    async def edit(self, thread: str, message: str, post: Post) -> str:
        """Overwrite a message."""
        await self._reach(thread)
        self.messages[int(message)].post = post
        self._took(Call("edit", thread, post))
        return message

    async def whisper(self, thread: str, account: Account, note: Note) -> None:
        """Keep what one person was told."""
        await self._reach(thread)
        self.whispers.append((account.speaks_for or account.user, note))
        self._took(Call("whisper", thread, note))

    def cards(self, thread: str) -> list[Card]:
        """Return the cards of a thread as they stand."""
        return [one.post.card for one in self.messages if one.thread == thread and isinstance(one.post, ShownCard)]

    def notes(self, thread: str) -> list[Note]:
        """Return the other messages of a thread, in order."""
        return [one.post for one in self.messages if one.thread == thread and isinstance(one.post, Note)]

    def kinds(self, thread: str) -> list[str]:
        """Return what kinds of notes stand in a thread, in order."""
        return [note.kind for note in self.notes(thread)]

    async def _reach(self, thread: str) -> None:
        self.in_flight[thread] += 1
        self.most_in_flight[thread] = max(self.most_in_flight[thread], self.in_flight[thread])
        try:
            await asyncio.sleep(0)
            if thread in self.gates:
                await self.gates[thread].wait()
            if self.before[thread]:
                raise self.before[thread].pop(0)
        finally:
            self.in_flight[thread] -= 1

    def _took(self, call: Call) -> None:
        self.calls.append(call)
        if self.after[call.thread]:
            raise self.after[call.thread].pop(0)


@asynccontextmanager
async def on_walls(world: World, walls: Mapping[str, Platform]) -> AsyncIterator[Chats]:
    """Hear and show on platforms of a test; dispatch goes on from here."""
    async with open_chats(world.sayso, walls) as chats:
        await world.sayso.go()
        yield chats


async def asked(world: World, text: str, thread: str, person: str = "ana") -> Answer:
    """Ask in a thread."""
    return await world.sayso.orchestrator.asking.submit(Ask(text, Voice(person), new_id(0), {}, thread))


async def planned(world: World, text: str, thread: str, person: str = "ana") -> Plan:
    """Ask in a thread, and return the plan."""
    answer = await asked(world, text, thread, person)
    assert answer.plan is not None, answer
    return answer.plan


async def shown(world: World, plan: Plan, thread: str) -> Showing:
    """Return how far a plan is shown."""
    [found] = await world.sayso.store.find(Showing, {"plan_id": plan.id, "thread": thread})
    return found


@dataclass
class Talk:
    """People at a wall that stands for the terminal, in whose name the system user `root` speaks."""

    chats: Chats
    wall: Wall

    async def say(self, person: str, text: str, thread: str = "terminal:a") -> list[str]:
        """Say something; return what only this person is told."""
        return await self._take(Message(new_id(0), thread, Account("terminal", "root", person), text))

    async def press(self, person: str, value: str, thread: str = "terminal:a", **fields: str) -> list[str]:
        """Press a button by its value; return what only this person is told."""
        return await self._take(Click(new_id(0), thread, Account("terminal", "root", person), value, fields, "0"))

    async def _take(self, item: Message | Click) -> list[str]:
        before = len(self.wall.whispers)
        await self.chats.inbox.take(item)
        await self.chats.inbox.idle()
        return [line for _, note in self.wall.whispers[before:] for line in note.lines]


@asynccontextmanager
async def talking(world: World, wall: Wall | None = None) -> AsyncIterator[Talk]:
    """Talk in front of a wall."""
    wall = wall or Wall()
    async with on_walls(world, {"terminal": wall}) as chats:
        yield Talk(chats, wall)
