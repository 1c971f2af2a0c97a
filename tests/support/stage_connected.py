"""What the stages have in common whose platform is a server: it stays there while Sayso ends and starts anew.

The limits of the local servers and the product's own pace are as they always are: a journey is quick enough with them.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path
from typing import Any, Generic, TypeVar

from adapters.chat.platforms import Connection
from bot.chat import Button
from tests.support.stage import MAIN, Aim, House, Running, until
from tests.support.world import World

M = TypeVar("M")
"""A message as the platform's server keeps it."""


class ConnectedStage(ABC, Generic[M]):
    """A stage on one platform."""

    name: str
    running: Running

    def __init__(self, house: House) -> None:
        self._joint = Joint(house, self)
        self._stood: list[M] = []
        """Messages as they stood when somebody aimed at them."""

    # ------------------------------------------------------------------------------- what differs by the platform

    @abstractmethod
    def served(self) -> AbstractAsyncContextManager[Any]:
        """Run the platform's server until the block is left."""

    @abstractmethod
    def connection(self, artifacts: Path) -> Connection:
        """Return the product's own adapter, for one start."""

    @abstractmethod
    async def say(self, person: str, text: str, thread: str = MAIN) -> None:
        """Call the bot: in the channel, which begins the thread, or in the thread that there is."""

    @abstractmethod
    async def reply(self, person: str, text: str, thread: str = MAIN) -> None:
        """Answer in a thread, as people do on this platform."""

    @abstractmethod
    def shown(self, thread: str) -> list[M]:
        """Return what Sayso shows in a thread, oldest first."""

    @abstractmethod
    def text(self, message: M) -> str:
        """Return what a reader sees of a message, buttons too."""

    @abstractmethod
    def as_it_stands(self, message: M) -> M:
        """Return a message that later edits do not change."""

    @abstractmethod
    def offers(self, message: M, label: str) -> bool:
        """Whether a message has something of that label to press or to choose."""

    @abstractmethod
    async def use(self, person: str, message: M, label: str, fields: Mapping[str, str]) -> None:
        """Press something, fill in and send what opens, and return when that was taken."""

    @abstractmethod
    def whispers(self, person: str) -> Iterable[str]:
        """Return what one person was told, each as a reader sees it."""

    # ------------------------------------------------------------------------------------------ what is the same

    @property
    def world(self) -> World:
        """Return the Sayso that runs now."""
        return self.running.world

    async def open(self) -> None:
        """Start the server, and Sayso."""
        await self._joint.open()

    async def close(self) -> None:
        """End both."""
        await self._joint.close()

    async def restart(self) -> None:
        """End Sayso and start it anew."""
        await self._joint.restart()

    async def press(self, person: str, label: str, thread: str = MAIN, **fields: str) -> None:
        """Press the newest button of that label."""
        aim = await self.aim(label, thread)
        await self._use(person, aim, fields)

    async def hit(self, person: str, aim: Aim, thread: str = MAIN) -> None:
        """Press a button as it stood there."""
        await self._use(person, aim, {})

    async def aim(self, label: str, thread: str = MAIN) -> Aim:
        """Return a button once it is there."""
        found: list[M] = []

        def is_there() -> bool:
            found[:] = [message for message in self.shown(thread) if self.offers(message, label)]
            return bool(found)

        await until(is_there, lambda: f"no [{label}] in\n{self.read(thread)}")
        self._stood.append(self.as_it_stands(found[-1]))
        return Aim(Button(label, ""), str(len(self._stood) - 1))

    async def sees(self, *texts: str, thread: str = MAIN) -> None:
        """Wait until a thread shows all of these."""
        await until(lambda: _has_all(self.read(thread), texts), lambda: f"{texts} not in\n{self.read(thread)}")

    async def told(self, person: str, *texts: str) -> None:
        """Wait until one person was told all of these."""
        await until(
            lambda: any(_has_all(said, texts) for said in self.whispers(person)),
            lambda: f"{texts} not in {list(self.whispers(person))}",
        )

    def read(self, thread: str = MAIN) -> str:
        """Return what stands in a thread."""
        return "\n\n".join(map(self.text, self.shown(thread)))

    async def _use(self, person: str, aim: Aim, fields: Mapping[str, str]) -> None:
        await self.use(person, self._stood[int(aim.message)], aim.button.label, fields)
        await self.running.chats.inbox.idle()


class Joint:
    """One Sayso on several platforms, or on one."""

    def __init__(self, house: House, *stages: ConnectedStage[Any]) -> None:
        self._house = house
        self._stages = stages
        self._servers = AsyncExitStack()

    async def open(self) -> None:
        """Start the servers, and Sayso."""
        for stage in self._stages:
            await self._servers.enter_async_context(stage.served())
        await self._start()

    async def close(self) -> None:
        """End all of it."""
        await self._running.close()
        await self._servers.aclose()

    async def restart(self) -> None:
        """End Sayso and start it anew on the same servers."""
        await self._running.close()
        await self._start()

    async def _start(self) -> None:
        connections = {stage.name: stage.connection(self._house.artifacts) for stage in self._stages}
        self._running = await self._house.open({}, connections)
        for stage in self._stages:
            stage.running = self._running


def _has_all(shown: str, texts: Iterable[str]) -> bool:
    return all(_plain(text) in _plain(shown) for text in texts)


def _plain(text: str) -> str:
    """Return a text without what each platform sets in its own way: «port: 3001» here is «port  3001» there."""
    return re.sub(r"[:\s]+", " ", text)
