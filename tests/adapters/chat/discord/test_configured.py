"""Discord as an owner meets it: settings, `sayso check`, and the whole of it under `sayso serve`."""

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.chat.discord.connection import Access, Discord
from adapters.chat_settings import load_discord_settings
from orchestration.errors import ConfigurationError
from tests.support.discord.guild import ANA, BEN, GUILD, OTHER_GUILD
from tests.support.discord.server import TOKEN, DiscordServer
from tests.support.serving import start
from tests.support.terminal import Terminal

NAMES = ("TOKEN", "API_URL", "GATEWAY_URL", "GUILD_ID")


@pytest.fixture(autouse=True)
def _no_discord(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(f"DISCORD_{name}", raising=False)


def test_without_a_token_there_is_no_discord(monkeypatch: pytest.MonkeyPatch) -> None:
    """The token alone turns it on; an empty one is none, and the SDK is not even imported."""
    monkeypatch.setenv("DISCORD_GUILD_ID", "100")
    assert load_discord_settings() is None
    monkeypatch.setenv("DISCORD_TOKEN", "")
    assert load_discord_settings() is None
    code = "import sys, adapters.chat.platforms, adapters.cli.serve; sys.exit('discord' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GUILD_ID", "homelab", "Copy Server ID"),
        ("API_URL", "discord", "web address"),
        ("GATEWAY_URL", "http://x", "wss"),
    ],
)
def test_settings_that_cannot_be_taken_are_said(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """Each problem names its variable and what to write; the token is in none of them."""
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setenv(f"DISCORD_{name}", value)
    with pytest.raises(ConfigurationError, match=words) as caught:
        load_discord_settings()
    assert f"DISCORD_{name}" in str(caught.value)
    assert TOKEN not in str(caught.value)


async def checked(server: DiscordServer, token: str = TOKEN, guild: int | None = GUILD) -> list[tuple[str, bool, str]]:
    """Return what `sayso check` says of Discord."""
    return await Discord(Access(token, server.api_url, server.gateway_url, guild), Path()).check()


async def test_check_says_that_all_is_well() -> None:
    """A good token, in the server that is named, with all permissions."""
    async with DiscordServer() as discord:
        assert all(good for _, good, _ in await checked(discord))
        assert len(await checked(discord, guild=None)) == 3


async def test_check_names_what_is_missing() -> None:
    """A bad token, a bot that was not invited, a permission that it lacks: each with what to do."""
    async with DiscordServer() as discord:
        [(_, good, words)] = await checked(discord, token="forged")
        assert (good, "developer portal" in words, "forged" in words) == (False, True, False)
        discord.api.permissions = 2**31 - 1 & ~(1 << 3) & ~(1 << 15)
        _, (_, good, words) = await checked(discord)
        assert not good
        assert "attach files" in words
        assert "create public threads" in words
        discord.model.is_bot_invited = False
        _, (_, good, words) = await checked(discord, guild=OTHER_GUILD)
        assert not good
        assert "Invite it: https://discord.com/oauth2/authorize?client_id=900" in words


async def test_check_says_when_discord_cannot_be_reached() -> None:
    """A network without Discord is no reason to show a traceback."""
    async with DiscordServer() as discord:
        pass
    [(_, good, words)] = await checked(discord)
    assert not good
    assert "cannot be reached" in words


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A folder without anything in it: the shipped homelab."""
    return Terminal(tmp_path)


@pytest.mark.slow
async def test_the_homelab_in_discord_from_the_first_start_on(terminal: Terminal) -> None:
    """`sayso serve` with nothing but a token: ask for Kuma and its portals, approve, and the files are there."""
    async with DiscordServer() as discord:
        environment = {
            "DISCORD_TOKEN": TOKEN,
            "DISCORD_API_URL": discord.api_url,
            "DISCORD_GATEWAY_URL": discord.gateway_url,
            "DISCORD_GUILD_ID": str(GUILD),
        }
        with start(terminal, **environment) as process:
            try:
                await discord.until(lambda: discord.gateway.session, 60)
                await discord.people.mention(ANA, "Deploy Kuma and add existing portals to config")
                await discord.shows("1 Deploy Uptime Kuma", "(from portals.yml)", "Needs one of operators (Ben, Cem)")
                await discord.shows("+ kuma/compose.yml", seconds=60)
                refused = await discord.people.press(ANA, discord.card(), "Approve")
                assert await refused.whispered()
                await discord.people.press(BEN, discord.card(), "Approve")
                await discord.shows("Approved by Ben", "PASS · ", seconds=90)
                assert (terminal.home / "homelab/workspace/kuma/compose.yml").exists()
                process.terminate()
                out, log = await discord.finished(process)
            finally:
                if process.poll() is None:
                    process.kill()
        assert process.returncode == 0, (out, log)
        assert TOKEN not in out + log


def test_the_token_is_not_in_what_is_printed_of_the_access() -> None:
    """Whoever logs how Discord is reached does not log with what."""
    assert "s3cret" not in repr(Access("s3cret"))
