"""The whole product in simcord's Discord: a model that is not ours, under the real discord.py.

simcord knows what Discord refuses (permissions, a second acknowledgement, a late one, a wrong component) and who can
see or press what. It takes the place of HTTP and of the gateway; those two are tested by `tests/support/discord`.

It differs from how simcord is mostly used in that its time runs, as Sayso's does, and that it does not own what the bot
does: Sayso has threads and timers of its own, so tests wait for what is to be seen.
"""

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import simcord
from simcord import ChannelHandle, Env, InteractionResult, MemberActor, ResponseMessage, RoleHandle
from simcord._clock import Clock
from simcord.backend import serializers
from simcord.backend.models import Message, Overwrite
from simcord.enums import OverwriteType
from simcord.gateway import FakeGateway

from adapters.chat.discord.connection import Access, Discord
from adapters.chat.hub import Chats, open_chats
from adapters.home import Home
from bot.chat import Platform
from tests.support.discord.limits import BUTTON, SELECT, TEXT, walk
from tests.support.discord.markdown import read
from tests.support.stage import until
from tests.support.world import Owner, TestClock, World, open_world

GUILD = 1_000
JSON = dict[str, Any]


class RunningClock(Clock):
    """Discord's time: ours, which a test can move."""

    def __init__(self, ours: TestClock) -> None:
        self._ours = ours
        self._epoch = ours.now()

    @property
    def elapsed(self) -> float:  # type: ignore[override]
        """Return the seconds since the start."""
        return (self._ours.now() - self._epoch).total_seconds()

    def advance(self, seconds: float) -> None:
        """Move it."""
        self._ours.moved += timedelta(seconds=seconds)


class Gateway:
    """What a bot listens to instead of a socket, from `connect` until it is closed."""

    def __init__(self, env: Env, client: discord.Client) -> None:
        self._env = env
        self._feed = FakeGateway(env.backend, client._connection).feed

    async def connect(self, *, reconnect: bool = True) -> None:
        """Say who the bot is and where, then tell it of everything."""
        backend = self._env.backend
        self._feed("READY", _ready(self._env))
        for guild in backend.guilds.values():
            self._feed("GUILD_CREATE", serializers.guild_create_payload(backend, guild))
        backend.subscribers[:] = [self._feed]
        try:
            await asyncio.Event().wait()
        finally:
            backend.subscribers.clear()


def _ready(env: Env) -> JSON:
    return {
        "v": 10,
        "user": serializers.user_payload(env.backend.bot_user),
        "guilds": [],
        "session_id": "session",
        "resume_gateway_url": "wss://gateway.invalid",
        "shard": [0, 1],
        "application": {"id": str(env.backend.application_id), "flags": 0},
    }


class Virtual:
    """A server with a channel, three people of the people file and one stranger, and the product in it."""

    world: World
    chats: Chats
    discord: Discord

    def __init__(self, env: Env, clock: TestClock, folder: Path, owner: Owner, how: Mapping[str, Any]) -> None:
        self.env = env
        self.clock = clock
        self.guild = env.create_guild("Homelab", id=GUILD)
        self.ops = self.guild.create_text_channel("ops")
        self.ana, self.ben, self.cem, self.eve = map(self.join, ("ana", "ben", "cem", "eve"))
        for name, member in (("ana", self.ana), ("ben", self.ben), ("cem", self.cem)):
            owner.people["people"][name]["discord"] = str(member.id)
        self.owner = owner
        self._folder = folder
        self._how = dict(how)
        self._stack = AsyncExitStack()

    def join(self, name: str) -> MemberActor:
        """Let somebody join the server."""
        return self.guild.add_member(self.env.create_user(name))

    # -------------------------------------------------------------------------------------------- what people do

    @property
    def me(self) -> str:
        """Return how one writes to the bot."""
        return f"<@{self.env.backend.bot_user.id}>"

    async def ask(self, member: MemberActor, text: str, channel: ChannelHandle | None = None) -> discord.Message:
        """Mention the bot, by default in the channel."""
        return await member.send(channel or self.ops, f"{self.me} {text}")

    async def planned(self, text: str = "tune the engine at speed 3") -> ResponseMessage:
        """Let Ana ask for something in the channel; return its card."""
        before = len(self.ops.threads)
        await self.ask(self.ana, text)
        await self.until(lambda: len(self.ops.threads) > before)
        return await self.card()

    async def press(self, member: MemberActor, message: ResponseMessage, label: str) -> InteractionResult:
        """Press a button; return once that was acknowledged."""
        return await self.acknowledged(await member.click(message, label=label))

    async def choose(self, member: MemberActor, message: ResponseMessage, *labels: str) -> InteractionResult:
        """Choose in the select that has these."""
        for select in (one for one in walk(message.components) if one["type"] == SELECT):
            values = {option["label"]: option["value"] for option in select["options"]}
            if set(labels) <= set(values):
                chosen = [values[label] for label in labels]
                return await self.acknowledged(await member.select(message, chosen, custom_id=select["custom_id"]))
        raise AssertionError(f"nothing to choose {labels} in")

    async def acknowledged(self, result: InteractionResult) -> InteractionResult:
        """Wait until the bot has answered an interaction in any way."""
        await self.until(lambda: result.acknowledged)
        return result

    async def submit(
        self, member: MemberActor, opened: InteractionResult, values: Mapping[str, str | bool] | None = None
    ) -> InteractionResult:
        """Send a form that opened, these values in place of what stood there."""
        assert opened.modal is not None
        stood = {one["custom_id"]: one["value"] for one in walk(opened.modal["components"]) if "value" in one}
        return await self.acknowledged(await member.submit_modal(opened, {**stood, **(values or {})}))

    async def complete(self, member: MemberActor, name: str, typed: str) -> list[str]:
        """Return the codes that are offered while somebody types one in the channel."""
        await member.autocomplete(self.ops, name, "plan", typed)
        *_, asked = self.env.backend.interactions.values()
        await self.until(lambda: asked.responded)
        return [choice["value"] for choice in asked.autocomplete_choices or []]

    def deny(self, *permissions: str) -> None:
        """Take permissions from the bot in the channel, and in its threads."""
        denied = discord.Permissions(**dict.fromkeys(permissions, True)).value
        bot = self.env.backend.bot_user.id
        self.env.backend.set_overwrite(self.ops.id, Overwrite(bot, OverwriteType.MEMBER, deny=denied))

    def give(self, member: MemberActor, *roles: RoleHandle) -> None:
        """Let somebody have these roles and no others."""
        self.env.backend.get_member(GUILD, member.id).role_ids = [role.id for role in roles]

    # ------------------------------------------------------------------------------------------ what people see

    def shown(self, channel: ChannelHandle) -> list[ResponseMessage]:
        """Return what the bot shows everybody in a channel or thread, oldest first."""
        kept = self.env.backend.messages.get(channel.id, {}).values()
        return [ResponseMessage(self.env, one) for one in sorted(kept, key=lambda one: one.id) if self._is_shown(one)]

    def text(self, channel: ChannelHandle) -> str:
        """Return the words of it."""
        return "\n\n".join(map(words, self.shown(channel)))

    @property
    def thread(self) -> ChannelHandle:
        """Return the newest thread of the channel."""
        return self.ops.threads[-1]

    async def shows(self, *texts: str, channel: ChannelHandle | None = None) -> None:
        """Wait until the bot shows all of these, by default in the newest thread."""

        def there() -> str:
            return self.text(channel or self.thread) if channel or self.ops.threads else ""

        await self.until(lambda: all(text in there() for text in texts), lambda: f"{texts} not in:\n{there()}")

    async def card(self, channel: ChannelHandle | None = None) -> ResponseMessage:
        """Return the newest card, by default of the newest thread."""
        found: list[ResponseMessage] = []

        def is_there() -> bool:
            found[:] = [one for one in self.shown(channel or self.thread) if "Details" in labels(one)]
            return bool(found)

        await self.until(is_there)
        return found[-1]

    async def told(self, result: InteractionResult, *texts: str) -> ResponseMessage:
        """Wait until whoever pressed or typed something, and nobody else, was told all of these."""

        def said() -> list[ResponseMessage]:
            found = [*result.followups, *([result.response] if result.response else [])]
            return [one for one in found if one.ephemeral]

        def fitting() -> list[ResponseMessage]:
            return [one for one in said() if all(text in words(one) for text in texts)]

        await self.until(lambda: bool(fitting()), lambda: f"{texts} not in {list(map(words, said()))}")
        return fitting()[0]

    async def until(self, is_so: Callable[[], bool], say: Callable[[], str] | None = None) -> None:
        """Wait until something is so."""
        await until(is_so, say or self.env.transcript)

    def all_messages(self) -> Iterator[Message]:
        """Yield everything that the bot has ever shown to anybody, as Discord keeps it."""
        for kept in self.env.backend.messages.values():
            yield from (one for one in kept.values() if one.author_id == self.env.backend.bot_user.id)

    def _is_shown(self, message: Message) -> bool:
        is_by_the_bot = message.author_id == self.env.backend.bot_user.id
        return is_by_the_bot and bool(message.components) and not message.is_ephemeral

    # ---------------------------------------------------------------------------------------- the bot and time

    def pass_time(self, **much: float) -> None:
        """Let time pass, for Discord and for Sayso."""
        self.clock.moved += timedelta(**much)

    async def restart(self) -> None:
        """End the product and start it anew on the same folder; Discord stays."""
        await self.close()
        adapter = _adapter(self._folder)
        await self.env.restart_bot(adapter.client)
        await self.open(adapter)

    async def open(self, adapter: Discord) -> None:
        """Start the product, whose client simcord has got hold of."""
        self.env.backend.subscribers.clear()
        adapter.client.connect = Gateway(self.env, adapter.client).connect  # type: ignore[method-assign]
        self.discord, context = adapter, contextvars.copy_context()
        how = {"clock": self.clock, **self._how}
        others: Mapping[str, Platform] = how.pop("others", {})
        hook = how.pop("hook", lambda _label: None)

        def inside(label: str) -> None:
            """Have what a commit wakes know this Discord too: threads begin without a context."""
            for variable, value in context.items():
                variable.set(value)
            hook(label)

        async with AsyncExitStack() as stack:
            opened = open_world(self._folder, self.owner, hook=inside, **how)
            self.world = await stack.enter_async_context(opened)
            await stack.enter_async_context(adapter.signed_in())
            chats = open_chats(self.world.sayso, {"discord": adapter.platform, **others})
            self.chats = await stack.enter_async_context(chats)
            receiving = adapter.receiving(self.chats, self.world.sayso, self.world.home.path)
            await stack.enter_async_context(receiving)
            await self.until(lambda: bool(self.env.backend.subscribers))
            self._stack = stack.pop_all()

    async def close(self) -> None:
        """End the product."""
        await self._stack.aclose()


@asynccontextmanager
async def open_virtual(folder: Path, owner: Owner | None = None, **how: Any) -> AsyncIterator[Virtual]:
    """Open a Discord with the product in it; leaving it fails when the product has logged an error."""
    adapter, clock, troubles = _adapter(folder), TestClock(), Troubles()
    logging.getLogger().addHandler(troubles)
    try:
        async with simcord.run(adapter.client) as env:
            env.backend.clock = RunningClock(clock)
            virtual = Virtual(env, clock, folder, owner or Owner(), how)
            await virtual.open(adapter)
            try:
                yield virtual
            finally:
                await virtual.close()
    finally:
        logging.getLogger().removeHandler(troubles)
    assert troubles.found == []


class Troubles(logging.Handler):
    """Keeps what the product and the SDK log as errors: what simcord does not know would only show there."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.found.append(f"{record.name}: {record.getMessage()} {record.exc_info and record.exc_info[1]!r}")


def words(message: ResponseMessage) -> str:
    """Return what a reader sees of a message."""
    return read("\n".join(one["content"] for one in walk(message.components) if one["type"] == TEXT))


def labels(message: ResponseMessage) -> list[str]:
    """Return the labels of what can be pressed."""
    return [one["label"] for one in walk(message.components) if one["type"] == BUTTON]


def options(message: ResponseMessage) -> list[str]:
    """Return what can be chosen."""
    selects = (one for one in walk(message.components) if one["type"] == SELECT)
    return [option["label"] for select in selects for option in select["options"]]


def _adapter(folder: Path) -> Discord:
    return Discord(Access("token", guild=GUILD), Home(folder / "home").artifacts)
