"""The stage in the local Discord."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from adapters.chat.discord.connection import Access, Discord
from adapters.chat.discord.places import Place, Posted
from adapters.chat.platforms import Connection
from orchestration.records import Incoming
from tests.support.discord.guild import GUILD, OPS, Channel, Message
from tests.support.discord.interactions import MODAL
from tests.support.discord.markdown import read
from tests.support.discord.server import TOKEN, DiscordServer
from tests.support.stage import MAIN, PEOPLE, SECONDS, House, until
from tests.support.stage_connected import ConnectedStage

ANNOUNCED = "announced"
"""The thread of a journey that is the channel itself, where an owner may have plans announced."""


class DiscordStage(ConnectedStage[Message]):
    """People mention the bot in a channel and read its answers in the thread that it makes of the mention.

    What is no request gets no thread: there one goes on with a new mention in the channel.
    """

    name = "discord"

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.server = DiscordServer()
        self._begun = {ANNOUNCED: OPS}
        """By thread, the message that it is made of."""

    def served(self) -> AbstractAsyncContextManager[Any]:
        """Run the local Discord."""
        return self.server

    def connection(self, artifacts: Path) -> Connection:
        """Return the adapter."""
        return Discord(Access(TOKEN, self.server.api_url, self.server.gateway_url, GUILD), artifacts)

    async def say(self, person: str, text: str, thread: str = MAIN) -> None:
        """Mention the bot."""
        place = await self._place(thread)
        said = await self.server.people.mention(_user(person), text, place.id)
        if place.id == OPS:
            self._begun[thread] = said.id
        await self._taken(said)

    async def reply(self, person: str, text: str, thread: str = MAIN) -> None:
        """Reply to what the bot said last: all else is kept from it."""
        await self._taken(await self.server.people.reply(_user(person), self.shown(thread)[-1], text))

    def shown(self, thread: str) -> list[Message]:
        """Return the bot's messages in a thread."""
        channel = self._channel(thread)
        return self.server.shown(channel) if channel is not None else []

    def text(self, message: Message) -> str:
        """Return its markdown as a reader sees it, with its buttons and choices."""
        return "\n".join([read(message.text), *message.labels, *message.options])

    def as_it_stands(self, message: Message) -> Message:
        """Return a copy."""
        return Message(dict(message.payload))

    def offers(self, message: Message, label: str) -> bool:
        """Whether it has that button, or that choice."""
        return label in (*message.labels, *message.options)

    async def use(self, person: str, message: Message, label: str, fields: Mapping[str, str]) -> None:
        """Press or choose; where a form opens, send it."""
        act = self.server.people.press if label in message.labels else self.server.people.choose
        pressed = await (await act(_user(person), message, label)).acknowledged()
        if pressed.kind == MODAL:
            await (await self.server.people.submit(pressed, fields)).acknowledged()

    def whispers(self, person: str) -> Iterator[str]:
        """Yield what they were shown alone; who has pressed nothing is answered where all can read it.

        Discord can show something to one person alone only after they pressed something.
        """
        pressed = [one for one in self.server.interactions.all.values() if one.user == _user(person)]
        places = [self.server.shown(channel) for channel in self.server.model.channels.values()]
        told = [one.told for one in pressed] or places
        return (read(message.text) for some in told for message in some)

    def _channel(self, thread: str) -> Channel | None:
        """Return a thread; None when nobody spoke there, or nothing came of it yet."""
        return self.server.model.channels.get(self._begun.get(thread, 0))

    async def _place(self, thread: str) -> Channel:
        """Return where to go on: in the thread, or in the channel where there is none and none to come."""
        address = Place(GUILD, OPS, self._begun.get(thread)).address
        if thread in self._begun and await self.running.chats.threads.has(address):
            await until(lambda: self._channel(thread) is not None, lambda: f"no thread was made for {address}")
        return self._channel(thread) or self.server.ops

    async def _taken(self, said: Message) -> None:
        """Wait until a message was delivered and has had its effect."""
        done = {"id": Posted(int(said.payload["channel_id"]), (said.id,)).name, "status": "done"}
        async with asyncio.timeout(SECONDS):
            while not await self.world.sayso.store.find(Incoming, done):  # noqa: ASYNC110 (Discord waits for nothing)
                await asyncio.sleep(0.01)


def _user(person: str) -> int:
    return int(PEOPLE["people"][person]["discord"])
