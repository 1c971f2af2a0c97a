"""How chat platforms are reached: tokens and addresses, from the environment alone. Read by `chat/platforms.py`."""

import re
from collections.abc import Iterator

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters.settings import Settings
from orchestration.errors import ConfigurationError, Problem


class SlackSettings(BaseSettings):
    """How Slack is reached; from the environment alone, since tokens do not belong into files that are shared."""

    model_config = SettingsConfigDict(env_prefix="SLACK_", env_ignore_empty=True, extra="ignore", frozen=True)

    bot_token: SecretStr | None = None
    app_token: SecretStr | None = None
    """For Socket Mode, where Slack needs no way in."""
    signing_secret: SecretStr | None = None
    """For HTTP, where Slack calls `public_url`."""
    api_url: str = "https://slack.com/api/"


def load_slack_settings(settings: Settings) -> SlackSettings | None:
    """Return how Slack is reached; None when nothing is set for it. Raises ConfigurationError when something lacks."""
    found = SlackSettings()
    tokens = (found.bot_token, found.app_token, found.signing_secret)
    if not any(tokens):
        return None
    problems = [Problem(f"SLACK_{name}", None, "", message) for name, message in _slack_problems(found, settings)]
    if problems:
        raise ConfigurationError(problems)
    return found


def _slack_problems(found: SlackSettings, settings: Settings) -> Iterator[tuple[str, str]]:
    if found.bot_token is None:
        yield "BOT_TOKEN", "must be set, too: the bot's token, which begins with xoxb-"
    elif not found.bot_token.get_secret_value().startswith("xoxb-"):
        yield "BOT_TOKEN", "is no bot token: copy the one that begins with xoxb-"
    if found.app_token and not found.app_token.get_secret_value().startswith("xapp-"):
        yield "APP_TOKEN", "is no app-level token: make one with the scope connections:write; it begins with xapp-"
    over_http = bool(found.signing_secret and settings.public_url)
    if not over_http and not found.app_token:
        yield "APP_TOKEN", "must be set for Socket Mode; or, for HTTP, SLACK_SIGNING_SECRET and SAYSO_PUBLIC_URL"
    if over_http and settings.http_address is None:
        yield "SIGNING_SECRET", "is for HTTP, but SAYSO_HTTP_LISTEN is off: set an address there, or take this out"


class DiscordSettings(BaseSettings):
    """How Discord is reached; from the environment alone, as Slack's."""

    model_config = SettingsConfigDict(env_prefix="DISCORD_", env_ignore_empty=True, extra="ignore", frozen=True)

    token: SecretStr | None = None
    api_url: str | None = None
    gateway_url: str | None = None
    guild_id: str | None = None
    """The one server that is served; None for every one that the bot is in."""


def load_discord_settings() -> DiscordSettings | None:
    """Return how Discord is reached; None when no token is set. Raises ConfigurationError for what cannot be taken."""
    found = DiscordSettings()
    if found.token is None:
        return None
    problems = [Problem(f"DISCORD_{name}", None, "", message) for name, message in _discord_problems(found)]
    if problems:
        raise ConfigurationError(problems)
    return found


def _discord_problems(found: DiscordSettings) -> Iterator[tuple[str, str]]:
    if found.guild_id is not None and not found.guild_id.isdecimal():
        yield "GUILD_ID", "must be the number of a server: turn on developer mode, then Copy Server ID"
    if found.api_url is not None and not re.fullmatch(r"https?://\S+", found.api_url):
        yield "API_URL", "must be a web address, such as https://discord.com/api/v10"
    if found.gateway_url is not None and not re.fullmatch(r"wss?://\S+", found.gateway_url):
        yield "GATEWAY_URL", "must be the address of a gateway, such as wss://gateway.discord.gg/"
