"""The connection to a workspace: signed in for as long as there is something to show, listening while it may hear."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import aiohttp
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from adapters.chat.hub import Chats
from adapters.chat.slack.calls import TOKEN, error_code
from adapters.chat.slack.checking import UNREACHABLE, checked, refused
from adapters.chat.slack.client import Client
from adapters.chat.slack.http import PATH, HttpEndpoint
from adapters.chat.slack.identity import Identities
from adapters.chat.slack.incoming import Installation
from adapters.chat.slack.members import Members
from adapters.chat.slack.platform import SlackPlatform
from adapters.chat.slack.receiving import Receiving
from adapters.chat.slack.uploads import Uploads
from adapters.log import Log
from adapters.wiring import Sayso
from orchestration.errors import ConfigurationError, Problem

CALL_SECONDS = 30.0
START_SECONDS = 15.0
"""How long a start waits for Slack; without it the rest of Sayso works, and Slack follows when it can."""
LONGEST_WAIT_SECONDS = 60.0
PING_SECONDS = 2.0
PATIENCE_SECONDS = 12.0
"""How long a socket may take to come back."""
T = TypeVar("T")
BOT_TOKEN, APP_TOKEN = "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"


@dataclass(frozen=True, slots=True)
class Access:
    """How Slack is reached: over a socket with an app-level token, else over HTTP with a signing secret."""

    bot_token: str = field(repr=False)
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    api_url: str = "https://slack.com/api/"


class Slack:
    """One installation in one workspace. Sign in, open the chats on `platform`, then receive."""

    def __init__(self, access: Access, artifacts: Path) -> None:
        self._access = access
        base = access.api_url.rstrip("/") + "/"
        self.client = Client(access.bot_token, base_url=base, timeout=int(CALL_SECONDS), retry_handlers=[])
        self._identities = Identities(self.client)
        self._uploads = Uploads(self.client, artifacts)
        self.platform = SlackPlatform(self.client, self._uploads, self._identities)
        self.endpoint = HttpEndpoint(access.signing_secret) if access.signing_secret else None
        """What answers Slack's requests where it delivers over HTTP."""
        self._here: asyncio.Future[Installation] | None = None
        self._hears: Callable[[], Awaitable[bool]] | None = None
        """Whether Slack can deliver just now; None while nobody listens."""

    @property
    def routes(self) -> list[web.RouteDef]:
        """Return where Slack's requests are answered."""
        return [web.post(PATH, self.endpoint.answer)] if self.endpoint is not None else []

    async def is_connected(self) -> bool:
        """Whether Slack takes what is written, and what is said there arrives.

        Over HTTP there is no connection: Slack's requests are answered, and it answered the last call of ours.
        """
        return self.client.is_answered and self._hears is not None and await self._hears()

    async def check(self) -> list[tuple[str, bool, str]]:
        """Try the tokens, and say what the app may not do that it needs."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS)) as session:
            self.client.session = session
            return await checked(self._who, None if self.endpoint is not None else self._socket)

    @asynccontextmanager
    async def signed_in(self) -> AsyncIterator[None]:
        """Be able to write, once Slack can be reached; raises ConfigurationError for a token it does not take."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS)) as session:
            self.client.session = session
            signing = asyncio.create_task(self._sign_in())
            self._here = signing
            try:
                await asyncio.wait({signing}, timeout=START_SECONDS)
                if signing.done():
                    signing.result()
                yield
            finally:
                signing.cancel()
                with suppress(asyncio.CancelledError, ConfigurationError):
                    await signing
                self.client.session = None

    @asynccontextmanager
    async def receiving(self, chats: Chats, sayso: Sayso, _home: Path) -> AsyncIterator[None]:
        """Hear and answer until the block is left; raises ConfigurationError when Slack refuses this app."""
        is_up = asyncio.Event()
        listening = asyncio.create_task(self._listen(chats, sayso, is_up))
        listening.add_done_callback(_ended)
        up = asyncio.create_task(is_up.wait())
        try:
            await asyncio.wait({listening, up}, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                listening.result()
            yield
        finally:
            for task in (up, listening):
                task.cancel()
            await asyncio.gather(up, listening, return_exceptions=True)

    async def _sign_in(self) -> Installation:
        """Return who this is; asks until Slack answers."""
        here = await _until_answered(self._who, BOT_TOKEN)
        self._identities.serve(here.team)
        return here

    async def _who(self) -> Installation:
        answer = await self.client.auth_test()
        scopes = frozenset(filter(None, str(answer.headers.get("x-oauth-scopes", "")).split(",")))
        return Installation(answer["team_id"], answer["user_id"], answer.get("bot_id") or "", scopes)

    async def _listen(self, chats: Chats, sayso: Sayso, is_up: asyncio.Event) -> None:
        """Take what Slack delivers, until cancelled."""
        assert self._here is not None, "signed in before"
        here = await asyncio.shield(self._here)
        async with AsyncExitStack() as stack:
            members = Members(self.client, sayso.setting.rules, here.team)
            await members.load()
            receiving = Receiving(chats, self.client, here, self.platform)
            receiving.members_changed = members.changed
            stack.push_async_callback(receiving.close)
            for watcher in (members.committed, receiving.homes.committed):
                stack.callback(sayso.store.watch(watcher))
            stack.callback(asyncio.create_task(members.run()).cancel)
            await stack.enter_async_context(self._connected(receiving.app(self._access.bot_token)))
            Log().info("slack.connected", team=here.team)
            is_up.set()
            await asyncio.Event().wait()

    @asynccontextmanager
    async def _connected(self, app: AsyncApp) -> AsyncIterator[None]:
        if self.endpoint is not None:
            self.endpoint.hand_to(app)
            self._hears = self.endpoint.is_ready
            try:
                yield
            finally:
                self._hears = None
                self.endpoint.hand_to(None)
            return
        handler = AsyncSocketModeHandler(
            app, self._access.app_token, web_client=self.client, ping_interval=PING_SECONDS
        )
        handler.client.wss_uri = await _until_answered(self._socket, APP_TOKEN)
        watching = asyncio.create_task(_watched(handler.client))
        try:
            await handler.connect_async()  # type: ignore[no-untyped-call]
            self._hears = handler.client.is_connected
            yield
        finally:
            self._hears = None
            watching.cancel()
            await handler.close_async()  # type: ignore[no-untyped-call]

    async def _socket(self) -> str:
        return str((await self.client.apps_connections_open(app_token=self._access.app_token))["url"])


def _ended(listening: asyncio.Task[None]) -> None:
    """Say why Slack is not listened to any more, also where that came after the start."""
    if not listening.cancelled() and (error := listening.exception()):
        Log().error("slack.ended", why=str(error))


async def _watched(client: SocketModeClient) -> None:
    """Have the SDK ask for a new address where it cannot connect: each is good for once, and it would keep its own."""
    while True:
        await asyncio.sleep(PATIENCE_SECONDS)
        if not await client.is_connected():
            client.wss_uri = None


async def _until_answered(call: Callable[[], Awaitable[T]], variable: str) -> T:
    """Return what a call answers, however long Slack cannot be reached; raises ConfigurationError for a bad token."""
    wait = 1.0
    while True:
        try:
            return await call()
        except SlackApiError as error:
            if error_code(error) in (*TOKEN, "missing_scope"):
                raise ConfigurationError([Problem(variable, None, "", refused(error))]) from None
            why = str(error)
        except UNREACHABLE as error:
            why = repr(error)
        Log().warning("slack.unreachable", why=why[:200], again_in_seconds=wait)
        await asyncio.sleep(wait)
        wait = min(LONGEST_WAIT_SECONDS, wait * 2)
