"""The chat platforms that this installation is connected to. Called by `serve` and `check`.

The SDK of a platform is imported only where its tokens are set: it takes time and memory, and nobody else needs it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web

from adapters.chat.hub import Chats
from adapters.chat_settings import DiscordSettings, SlackSettings, load_discord_settings, load_slack_settings
from adapters.settings import Settings
from adapters.wiring import Sayso
from bot.chat import Platform

Checked = tuple[str, bool, str]
"""What was looked at, whether it is good, and how it stands."""


class Connection(Protocol):
    """One platform. Sign in, open the chats on `platform`, then receive."""

    @property
    def platform(self) -> Platform: ...

    @property
    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """What it needs among the pages, where it delivers over HTTP."""

    def signed_in(self) -> AbstractAsyncContextManager[None]: ...

    def receiving(self, chats: Chats, sayso: Sayso, home: Path) -> AbstractAsyncContextManager[None]: ...

    async def is_connected(self) -> bool:
        """Whether it takes what is written, and what is said there arrives."""

    async def check(self) -> list[Checked]:
        """Try what can be tried without changing anything."""


def connections(settings: Settings, artifacts: Path) -> Mapping[str, Connection]:
    """Return the platforms whose tokens are set, by name; raises ConfigurationError when something of one lacks."""
    return dict(_connections(settings, artifacts))


def _connections(settings: Settings, artifacts: Path) -> Iterator[tuple[str, Connection]]:
    if slack := load_slack_settings(settings):
        yield "slack", _slack(slack, settings, artifacts)
    if discord := load_discord_settings():
        yield "discord", _discord(discord, artifacts)


def _slack(found: SlackSettings, settings: Settings, artifacts: Path) -> Connection:
    module: Any = import_module("adapters.chat.slack.connection")
    secrets = {
        name: secret.get_secret_value() if secret is not None else ""
        for name, secret in (("bot_token", found.bot_token), ("app_token", found.app_token))
    }
    over_http = found.signing_secret.get_secret_value() if found.signing_secret and settings.public_url else ""
    access = module.Access(**secrets, signing_secret=over_http, api_url=found.api_url)
    connection: Connection = module.Slack(access, artifacts)
    return connection


def _discord(found: DiscordSettings, artifacts: Path) -> Connection:
    module: Any = import_module("adapters.chat.discord.connection")
    token = found.token.get_secret_value() if found.token else ""
    guild = int(found.guild_id) if found.guild_id else None
    connection: Connection = module.Discord(module.Access(token, found.api_url, found.gateway_url, guild), artifacts)
    return connection
