"""The bot's connection to Discord: signed in for as long as there is something to show, listening while it may hear."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import discord
import yarl
from aiohttp import web
from discord.app_commands import CommandTree

from adapters import log
from adapters.chat.discord.check import Checked, check
from adapters.chat.discord.commands import add_commands, sync
from adapters.chat.discord.components import Pressed
from adapters.chat.discord.door import Door
from adapters.chat.discord.failures import NOT_NOW, Failures, end_of_gateway
from adapters.chat.discord.receiving import Receiving
from adapters.chat.discord.roles import Roles
from adapters.chat.discord.sending import Sending
from adapters.chat.hub import Chats
from adapters.wiring import Sayso
from orchestration.errors import ConfigurationError, Problem

TOKEN = "DISCORD_TOKEN"  # noqa: S105  # the name of the variable
BAD_TOKEN = "is not taken by Discord: copy the bot's token anew from the developer portal"  # noqa: S105
START_SECONDS = 15.0
"""How long a start waits for Discord; without it the rest of Sayso works, and Discord follows when it can."""
LONGEST_WAIT_SECONDS = 60.0
LONGEST_LIMIT_SECONDS = 30.0
"""A rate limit that is longer is not waited out inside the SDK, where nothing else could go first."""
AGAIN_SECONDS = 1.0
"""After which what is to end is told so once more."""
GUILD_SECONDS = 0.2
"""How long the SDK waits for the next server before it says that it knows all of them."""


@dataclass(frozen=True, slots=True)
class Access:
    """How Discord is reached."""

    token: str = field(repr=False)
    api_url: str | None = None
    gateway_url: str | None = None
    guild: int | None = None


class Client(discord.Client):
    """The SDK's client, which hands everything on."""

    def __init__(self, failures: Failures) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=GUILD_SECONDS,
            http_trace=failures.trace,
            max_messages=None,
            max_ratelimit_timeout=LONGEST_LIMIT_SECONDS,
            member_cache_flags=discord.MemberCacheFlags.none(),
        )
        self.tree = CommandTree(self)
        self.presses: Receiving | None = None
        self.is_up = asyncio.Event()
        self.is_listening = False
        """Whether the gateway delivers just now."""
        self.roles: Roles | None = None

    async def on_connect(self) -> None:
        """Note that events arrive."""
        self.is_up.set()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Note whether events arrive, at once: a handler of these would be a task that outlives the client."""
        if event in ("connect", "resumed", "disconnect"):
            self.is_listening = event != "disconnect"
        super().dispatch(event, *args, **kwargs)

    async def on_ready(self) -> None:
        """Read who has which role, now that the servers are known."""
        if self.roles is not None:
            self.roles.changed()

    async def on_message(self, message: discord.Message) -> None:
        """Hand on what somebody wrote."""
        if self.presses is not None:
            await self.presses.heard(message)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Hand on a modal that was sent; the SDK itself would only know those that this process opened."""
        if interaction.type is discord.InteractionType.modal_submit and self.presses is not None:
            await self.presses.submitted(interaction)


class Discord:
    """One bot. Sign in, open the chats on `platform`, then receive."""

    def __init__(self, access: Access, artifacts: Path) -> None:
        if access.api_url:
            discord.http.Route.BASE = access.api_url.rstrip("/")
        if access.gateway_url:
            discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(access.gateway_url)
        self._access = access
        failures = Failures()
        self.client = Client(failures)
        self._signed_in, self._tried = asyncio.Event(), asyncio.Event()
        self.platform = Sending(self.client, artifacts, self._signed_in, failures)

    @property
    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Nothing: Discord delivers through the gateway."""
        return ()

    async def is_connected(self) -> bool:
        """Whether the gateway delivers what is said and pressed."""
        return self.client.is_listening and not self.client.is_closed()

    async def check(self) -> list[Checked]:
        """Try the token, and say what the bot lacks."""
        return await check(self.client, self._access.token, self._access.guild)

    @asynccontextmanager
    async def signed_in(self) -> AsyncIterator[None]:
        """Be able to write, once Discord can be reached; raises ConfigurationError for a token it does not take."""
        signing, tried = asyncio.create_task(self._sign_in()), asyncio.create_task(self._tried.wait())
        try:
            await asyncio.wait({signing, tried}, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if signing.done():
                signing.result()
            yield
        finally:
            await _ended(signing, tried)
            await self._close()

    @asynccontextmanager
    async def receiving(self, chats: Chats, sayso: Sayso, home: Path) -> AsyncIterator[None]:
        """Hear and answer until the block is left; raises ConfigurationError when Discord will not have this bot."""
        rules = sayso.setting.rules
        roles = self.client.roles = Roles(rules, self._access.guild)
        door = Door(sayso.orchestrator, rules, roles, self._access.guild)
        receiving = Receiving(self.client, chats, self.platform, door)
        self.client.presses = receiving
        self.client.add_dynamic_items(Pressed)
        add_commands(self.client.tree, receiving, sayso.orchestrator)
        listening = asyncio.create_task(self._listen(home))
        up = asyncio.create_task(self.client.is_up.wait())
        watching = asyncio.create_task(roles.run(self.client))
        unwatch = sayso.store.watch(roles.committed)
        try:
            seconds = START_SECONDS if self._signed_in.is_set() else 0
            await asyncio.wait({listening, up}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if listening.done() and (why := listening.result()):
                raise ConfigurationError([Problem(TOKEN, None, "", why)])
            yield
        finally:
            self.client.presses = None
            unwatch()
            await _ended(listening, up, watching)
            await door.close()

    async def _close(self) -> None:
        """Close the client; it is let come to rest first, since it would leave a task of its own behind."""
        if self.client.is_up.is_set() and not self.client.is_closed():
            with suppress(TimeoutError):
                async with asyncio.timeout(5 * GUILD_SECONDS):
                    await self.client.wait_until_ready()
        await self.client.close()

    async def _sign_in(self) -> None:
        wait = 1.0
        while True:
            try:
                await self.client.login(self._access.token)
            except discord.LoginFailure:
                log.Log().error("discord.ended", why=f"{TOKEN} {BAD_TOKEN}")
                raise ConfigurationError([Problem(TOKEN, None, "", BAD_TOKEN)]) from None
            except NOT_NOW as error:
                log.Log().warning("discord.unreachable", why=str(error), again_in_seconds=wait)
                self._tried.set()
                await self.client.http.close()
                self.client.http.connector = discord.utils.MISSING  # the SDK would use the closed one again
                await asyncio.sleep(wait)
                wait = min(LONGEST_WAIT_SECONDS, wait * 2)
            else:
                self._signed_in.set()
                return

    async def _listen(self, home: Path) -> str:
        """Listen for ever; return why Discord has ended it."""
        await self._signed_in.wait()
        try:
            await sync(self.client.tree, self.client.application_id, home)
        except NOT_NOW as error:
            log.Log().warning("discord.commands_not_synced", why=str(error))
        try:
            await self.client.connect()
        except (discord.ConnectionClosed, discord.PrivilegedIntentsRequired) as error:
            why = end_of_gateway(error)
            log.Log().error("discord.ended", why=why)
            return why
        except Exception:
            logging.getLogger(__name__).exception("The connection to Discord has ended.")
        finally:
            self.client.is_listening = False
        return ""


async def _ended(*tasks: asyncio.Task[Any]) -> None:
    """End what runs, whatever it says to that; `wait_for`, with which the SDK connects, may swallow the first word."""
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=AGAIN_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
