"""All stages there are; and those in this process: a scripted chat, and a terminal whose screen is read."""

import asyncio
import io
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

from rich.console import Console

from adapters.chat.screen import Screen
from adapters.chat.scripted import ScriptedChat
from adapters.chat.terminals import Terminals
from adapters.chat.typed import Pressed, read_line
from bot.chat import Account, Click, Message, ShownCard
from tests.support.stage import MAIN, Aim, House, Stage, Theatre, until
from tests.support.stage_discord import DiscordStage
from tests.support.stage_slack import SlackStage
from tests.support.world import World

USER = "root"
"""The system user in whose name everybody speaks; the homelab lets them."""


def _address(thread: str) -> str:
    return f"terminal:{thread}"


class Scripted:
    """A stage on the scripted chat."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._chat = ScriptedChat(USER)

    @property
    def world(self) -> World:
        """Return the Sayso that runs now."""
        return self._running.world

    async def open(self) -> None:
        """Start."""
        self._running = await self._house.open({"terminal": self._chat})

    async def close(self) -> None:
        """End."""
        await self._running.close()

    async def restart(self) -> None:
        """End and start anew; what was shown stays there."""
        await self.close()
        await self.open()

    async def say(self, person: str, text: str, thread: str = MAIN) -> None:
        """Say something."""
        await self._chat.say(self._running.chats, person, text, _address(thread))
        await self._running.chats.inbox.idle()

    reply = say

    async def press(self, person: str, label: str, thread: str = MAIN, **fields: str) -> None:
        """Press the newest button of that label."""
        await self.aim(label, thread)
        await self._chat.press(self._running.chats, person, label, _address(thread), fields)
        await self._running.chats.inbox.idle()

    async def aim(self, label: str, thread: str = MAIN) -> Aim:
        """Return a button once it is there."""
        await until(lambda: self._find(label, thread) is not None, lambda: f"no [{label}] in\n{self.read(thread)}")
        found = self._find(label, thread)
        assert found is not None
        return found

    async def hit(self, person: str, aim: Aim, thread: str = MAIN) -> None:
        """Press a button as it stood there."""
        account = Account("terminal", USER, person)
        click = Click(str(uuid.uuid4()), _address(thread), account, aim.button.value, message=aim.message)
        await self._running.chats.inbox.take(click)
        await self._running.chats.inbox.idle()

    async def sees(self, *texts: str, thread: str = MAIN) -> None:
        """Wait until a thread shows all of these."""
        await until(
            lambda: all(text in self.read(thread) for text in texts), lambda: f"{texts} not in\n{self.read(thread)}"
        )

    async def told(self, person: str, *texts: str) -> None:
        """Wait until one person was told all of these."""
        await until(
            lambda: any(
                who == person and all(text in "\n".join(note.lines) for text in texts)
                for who, note in self._chat.whispers
            ),
            lambda: f"{texts} not in {self._chat.whispers}",
        )

    def read(self, thread: str = MAIN) -> str:
        """Return what stands in a thread."""
        return "\n".join(self._chat.visible(_address(thread)))

    def _find(self, label: str, thread: str) -> Aim | None:
        for number, one in reversed(list(enumerate(self._chat.shown))):
            for button in one.post.buttons if one.thread == _address(thread) else ():
                if button.label == label:
                    return Aim(button, str(number))
        return None


@dataclass
class Sitting:
    """One terminal: what it prints, and what is typed there."""

    printed: io.StringIO
    screen: Screen
    watching: "asyncio.Task[None]"
    whispers: list[str] = field(default_factory=list)


class Terminal:
    """A stage on terminals, one for each thread; people sit down at them in turn («approve as ben»)."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._terminals = Terminals()
        self._sittings: dict[str, Sitting] = {}

    @property
    def world(self) -> World:
        """Return the Sayso that runs now."""
        return self._running.world

    async def open(self) -> None:
        """Start, the terminals being there already."""
        self._running = await self._house.open({"terminal": self._terminals})

    async def close(self) -> None:
        """End."""
        await self._running.close()
        for sitting in self._sittings.values():
            sitting.watching.cancel()
        await asyncio.gather(*(sitting.watching for sitting in self._sittings.values()), return_exceptions=True)

    async def restart(self) -> None:
        """End and start anew, as a terminal does that stays connected."""
        await self._running.close()
        await self.open()

    async def say(self, person: str, text: str, thread: str = MAIN) -> None:
        """Type something that is no button; «cancel» below a pending plan is one that no card shows."""
        sitting = await self._at(thread)
        if pressed := read_line(text, sitting.screen.posts):
            assert text == "cancel", f"«{text}» presses a button"
            return await self._click(pressed, person, thread)
        account = Account("terminal", USER, person)
        await self._running.chats.inbox.take(Message(str(uuid.uuid4()), _address(thread), account, text))
        return await self._running.chats.inbox.idle()

    reply = say

    async def press(self, person: str, label: str, thread: str = MAIN, **fields: str) -> None:
        """Type what presses a button."""
        aim = await self.aim(label, thread)
        if aim.button.label == label and aim.button.value.startswith("v1:answer"):
            return await self.say(person, label, thread)
        sitting = await self._at(thread)
        pressed = read_line(_typed(label, person, fields), sitting.screen.posts)
        assert isinstance(pressed, Pressed), label
        return await self._click(pressed, person, thread)

    async def _click(self, pressed: Pressed, person: str, thread: str) -> None:
        account = Account("terminal", USER, pressed.person or person)
        click = Click(str(uuid.uuid4()), _address(thread), account, pressed.button.value, pressed.fields)
        await self._running.chats.inbox.take(click)
        await self._running.chats.inbox.idle()

    async def aim(self, label: str, thread: str = MAIN) -> Aim:
        """Return a button once it is printed."""
        sitting = await self._at(thread)
        found: list[Aim] = []

        def is_there() -> bool:
            buttons = [button for post in sitting.screen.posts for button in post.buttons]
            found[:] = [Aim(button, "") for button in buttons if button.label == label]
            return bool(found) and f"[{label}]" in sitting.printed.getvalue()

        await until(is_there, lambda: f"no [{label}] in\n{self.read(thread)}")
        return found[-1]

    async def hit(self, person: str, aim: Aim, thread: str = MAIN) -> None:
        """Press a button that is not on the screen any more."""
        account = Account("terminal", USER, person)
        await self._running.chats.inbox.take(Click(str(uuid.uuid4()), _address(thread), account, aim.button.value))
        await self._running.chats.inbox.idle()

    async def sees(self, *texts: str, thread: str = MAIN) -> None:
        """Wait until a terminal has printed all of these."""
        await self._at(thread)
        await until(
            lambda: all(text in self.read(thread) for text in texts), lambda: f"{texts} not in\n{self.read(thread)}"
        )

    async def told(self, person: str, *texts: str) -> None:
        """Wait until all of these were printed as what only one person is told."""
        await until(
            lambda: any(
                all(text in said for text in texts) for sitting in self._sittings.values() for said in sitting.whispers
            ),
            lambda: f"{texts} not in {[sitting.whispers for sitting in self._sittings.values()]}",
        )

    def read(self, thread: str = MAIN) -> str:
        """Return what a terminal has printed."""
        return self._sittings[thread].printed.getvalue()

    async def _at(self, thread: str) -> Sitting:
        """Return a terminal; connect it first if nobody sat there before."""
        if thread not in self._sittings:
            printed, is_ready = io.StringIO(), asyncio.Event()
            screen = Screen(Console(file=printed, width=200, highlight=False, markup=False, emoji=False))
            watching = asyncio.create_task(self._watch(thread, is_ready))
            self._sittings[thread] = Sitting(printed, screen, watching)
            await is_ready.wait()
        return self._sittings[thread]

    async def _watch(self, thread: str, is_ready: asyncio.Event) -> None:
        async with aclosing(self._terminals.news(_address(thread))) as found:
            async for news in found:
                if news.kind == "ready":
                    is_ready.set()
                    continue
                sitting = self._sittings[thread]
                if news.kind == "whisper" and not isinstance(news.post, ShownCard):
                    sitting.whispers.append("\n".join(news.post.lines))
                sitting.screen.show(news)


def _typed(label: str, person: str, fields: dict[str, str]) -> str:
    """Return what somebody types to press a button."""
    if label == "Edit":
        [(name, value)] = fields.items()
        position, _, parameter = name.partition(".")
        return f"edit {position} {parameter}={value}" if parameter else f"edit drop {position}"
    return f"{label.lower()} as {person} {fields.get('reason', '')}".rstrip()


STAGES: dict[str, Callable[[House], Theatre]] = {
    "scripted": Scripted,
    "terminal": Terminal,
    "slack": SlackStage,
    "discord": DiscordStage,
}
"""By platform; a journey is played on each of them."""


@asynccontextmanager
async def raised(name: str, house: House) -> AsyncIterator[Stage]:
    """Set up a stage, and take it down afterwards."""
    stage = STAGES[name](house)
    await stage.open()
    try:
        yield stage
    finally:
        await stage.close()
