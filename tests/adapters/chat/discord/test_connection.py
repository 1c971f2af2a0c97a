"""The gateway and the token: what is lost is taken up again, and what Discord will not have is said clearly."""

from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import ConfigurationError
from tests.support.discord.bot import open_bot
from tests.support.discord.guild import ANA, BEN
from tests.support.discord.server import DiscordServer


async def test_a_dropped_gateway_is_resumed_and_nothing_said_meanwhile_is_lost(tmp_path: Path) -> None:
    """The connection is cut, somebody asks, the bot resumes its session: the request is there."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        await discord.gateway.drop()
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        assert len(discord.gateway.identified) == 1
        assert len(discord.gateway.resumed) == 1


async def test_the_bot_comes_back_when_discord_asks_it_to(tmp_path: Path) -> None:
    """Discord moves a bot to another gateway by asking it to reconnect; it resumes there."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        await discord.gateway.ask_to_reconnect()
        await discord.until(lambda: discord.gateway.resumed)
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        await discord.people.press(BEN, discord.card(), "Approve")
        await discord.shows("PASS")


@pytest.mark.slow
async def test_a_session_that_discord_has_forgotten_is_begun_anew(tmp_path: Path) -> None:
    """Where nothing can be resumed, the bot identifies itself once more and hears again."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        discord.gateway.keeps_sessions = False
        await discord.gateway.drop()
        await discord.until(lambda: len(discord.gateway.identified) == 2)
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")


async def test_it_is_known_whether_the_gateway_delivers(tmp_path: Path) -> None:
    """Connected at the start and after a resume; no more once Discord has ended it."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        assert await bot.discord.is_connected()
        await discord.gateway.drop()
        await discord.until(lambda: discord.gateway.resumed and bot.discord.client.is_listening)
        discord.gateway.keeps_sessions, discord.gateway.token = False, "another.discord.token"
        await discord.gateway.drop()
        await discord.until(lambda: bot.discord.client.is_closed())
        assert not await bot.discord.is_connected()


async def test_an_end_in_the_moment_when_roles_are_to_be_read_anew_comes(tmp_path: Path) -> None:
    """What is told to end ends, also where it was woken in the same moment, as by Discord's ready a moment ago."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        assert bot.discord.client.roles is not None
        bot.discord.client.roles.changed()


async def test_the_heartbeat_goes_on(tmp_path: Path) -> None:
    """The bot answers the gateway's interval."""
    async with DiscordServer() as discord:
        discord.gateway.heartbeat_seconds = 0.1
        async with open_bot(discord, tmp_path):
            await discord.until(lambda: discord.gateway.heartbeats >= 2)


async def test_the_same_event_twice_takes_effect_once(tmp_path: Path) -> None:
    """A resume may deliver again what the bot has already taken."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        assert discord.gateway.session is not None
        [said] = [event for event in discord.gateway.session.sent if event["t"] == "MESSAGE_CREATE"]
        await discord.gateway.dispatch("MESSAGE_CREATE", said["d"])
        await discord.people.press(BEN, discord.card(), "Approve")
        await discord.shows("PASS")
        assert bot.world.tool.effects() == ["tune"]


async def test_a_token_that_discord_does_not_take_ends_the_start_with_what_to_do(tmp_path: Path) -> None:
    """The problem names the setting and where to copy it anew, and never the token."""
    async with DiscordServer() as discord:
        with pytest.raises(ConfigurationError) as caught:
            async with open_bot(discord, tmp_path, token="forged.discord.token"):
                pass
        assert "DISCORD_TOKEN" in str(caught.value)
        assert "developer portal" in str(caught.value)
        assert "forged" not in str(caught.value)


async def test_refused_intents_end_the_start_with_what_to_do(tmp_path: Path) -> None:
    """Discord closes the gateway over the intents: the sentence says where to look."""
    async with DiscordServer() as discord:
        discord.gateway.refuses_intents = True
        with pytest.raises(ConfigurationError, match="look at its intents in the developer portal"):
            async with open_bot(discord, tmp_path):
                pass


async def test_no_privileged_intent_is_asked_for(tmp_path: Path) -> None:
    """The bot works without members, presences and the content of messages that do not call it."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        [identified] = discord.gateway.identified
        assert identified["intents"] == 1 << 0 | 1 << 9 | 1 << 12


@pytest.mark.parametrize(
    "refusal",
    [
        {"status": 503, "body": {"message": "down"}},
        {"status": 429, "headers": {"Via": "1.1 google"}, "body": {"message": "limited", "retry_after": 7200.0}},
    ],
    ids=["down", "limited"],
)
async def test_sayso_starts_without_discord_and_discord_follows(tmp_path: Path, refusal: dict[str, Any]) -> None:
    """Discord takes nothing at the start: everything else works, and the bot comes up when Discord does."""
    async with DiscordServer() as discord:
        discord.api.fail("GET", "/users/@me", **refusal)
        async with open_bot(discord, tmp_path) as bot:
            plan = await bot.world.plan("do second")
            await bot.world.vote(plan)
            await discord.until(lambda: discord.gateway.session)
            await discord.people.mention(ANA, "tune the engine at speed 3")
            await discord.shows("speed: 3")
