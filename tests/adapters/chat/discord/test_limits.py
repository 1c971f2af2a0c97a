"""Discord's limits and refusals: nothing is lost, nothing is shown twice, and nobody else waits."""

from pathlib import Path
from typing import Any

import pytest

from adapters.chat.discord import sending
from adapters.chat.discord.failures import LONGEST_REST_SECONDS, RESERVED_SECONDS
from adapters.chat.discord.places import Place, Posted
from bot import wording
from bot.chat import Account, Note, SendLater, SendRefused
from orchestration.errors import Unavailable
from tests.support.discord.bot import open_bot
from tests.support.discord.guild import ANA, BEN, GUILD, OPS, snowflake
from tests.support.discord.markdown import read
from tests.support.discord.server import DiscordServer

HERE = Place(GUILD, OPS).address
NOTE = Note("answer", ("Something to say.",))


async def test_a_short_rate_limit_is_waited_out(tmp_path: Path) -> None:
    """429 with `Via`: the same request is sent again after the time that Discord names."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        discord.api.fail(
            "POST", r"/channels/\d+/messages", status=429, headers={"Via": "1.1 google"},
            body={"message": "You are being rate limited.", "retry_after": 0.1, "global": False},
        )  # fmt: skip
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        assert len(discord.shown()) == 1


@pytest.mark.parametrize("scope", [{}, {"X-RateLimit-Global": "true"}])
async def test_a_long_rate_limit_is_told_to_the_core_with_its_scope(tmp_path: Path, scope: dict[str, str]) -> None:
    """What takes longer than half a minute is not waited out inside the SDK, where nothing else could go first."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        discord.api.fail(
            "POST", r"/channels/\d+/messages", status=429, headers={"Via": "1.1 google", **scope},
            body={"message": "You are being rate limited.", "retry_after": 120.0, "global": bool(scope)},
        )  # fmt: skip
        with pytest.raises(SendLater) as later:
            await bot.discord.platform.post(HERE, NOTE, "k", False)
        assert (later.value.seconds, later.value.is_general, later.value.is_in_doubt) == (120.0, bool(scope), False)


async def test_a_block_of_this_address_rests_everything(tmp_path: Path) -> None:
    """429 without `Via` comes from in front of Discord: all threads wait, and what was to be shown comes then."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        discord.api.fail("POST", r"/channels/\d+/messages", status=429, headers={"Retry-After": "7"}, body={"code": 0})
        with pytest.raises(SendLater) as later:
            await bot.discord.platform.post(HERE, NOTE, "k", False)
        assert (later.value.seconds, later.value.is_general) == (7.0, True)
        discord.api.fail(
            "POST", r"/channels/\d+/messages", status=429, headers={"Retry-After": "0.1"}, body={"code": 0}
        )
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")


async def test_a_call_that_is_given_up_during_a_limit_for_everything_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK lets one call wait a global limit out for all: the others go on when that one takes too long."""
    monkeypatch.setattr(sending, "CALL_SECONDS", 2.0)
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        discord.api.fail(
            "POST", r"/channels/\d+/messages", status=429, headers={"Via": "1.1 google", "X-RateLimit-Global": "true"},
            body={"message": "You are being rate limited.", "retry_after": 25.0, "global": True},
        )  # fmt: skip
        with pytest.raises(SendLater) as later:
            await bot.discord.platform.post(HERE, NOTE, "k", False)
        assert later.value.is_in_doubt
        await bot.discord.platform.post(HERE, NOTE, "k", True)
        assert len(discord.shown(discord.ops)) == 1


async def test_what_is_too_long_for_a_few_messages_comes_as_a_file(tmp_path: Path) -> None:
    """What a task printed may be of any length: its beginning is a message, and all of it a file."""
    lines = tuple(f"line {number} {'x' * 2_000}" for number in range(12))
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        await bot.discord.platform.post(HERE, Note("failed", lines), "k", False)
        first, last = discord.shown(discord.ops)
        assert "line 0" in first.text
        assert (last.text, last.files) == (wording.CUT_HERE, {"all-of-it.txt": "\n".join(lines).encode()})
        await bot.discord.platform.whisper(HERE, Account("discord", str(ANA)), Note("error", lines))
        assert discord.shown(discord.ops)[-1].files == last.files


async def test_a_message_that_discord_throttles_is_shown_anew(tmp_path: Path) -> None:
    """Code 30046 on an edit: the card is posted fresh, and that one is edited from then on."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        first = discord.card()
        discord.api.fail(
            "PATCH", rf"/channels/\d+/messages/{first.id}", times=5, status=429, headers={"Via": "1.1 google"},
            body={"message": "Maximum number of edits reached", "code": 30046, "retry_after": 0.01},
        )  # fmt: skip
        await discord.people.press(BEN, first, "Approve")
        await discord.shows("PASS")
        assert discord.card().id != first.id


async def test_a_card_of_an_hour_ago_is_shown_anew_before_discord_throttles_it(tmp_path: Path) -> None:
    """The old card says that it is shown anew and has no buttons any more; a click on it before still counts."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        discord.model.age_seconds = 56 * 60
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        first, discord.model.age_seconds = discord.card(), 0
        await discord.people.press(BEN, first, "Approve")
        await discord.shows("PASS", "shown anew further down")
        assert first.labels == []
        assert discord.card().id != first.id


async def test_a_thread_that_is_gone_is_given_up(tmp_path: Path) -> None:
    """Unknown channel, missing access: the core hears that nothing is taken there any more."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        with pytest.raises(SendRefused, match="Unknown Channel"):
            await bot.discord.platform.post(Place(GUILD, 999).address, NOTE, "k", False)
        with pytest.raises(SendRefused, match="discord:GUILD/CHANNEL"):
            await bot.discord.platform.post("discord:ops", NOTE, "k", False)
        with pytest.raises(SendRefused):
            await bot.discord.platform.edit(HERE, Posted(999, (1,)).name, NOTE)
        discord.api.missing_permissions.add("send")
        with pytest.raises(SendRefused, match="Missing Permissions"):
            await bot.discord.platform.post(HERE, NOTE, "k", False)


async def test_where_threads_cannot_be_made_the_plan_stands_in_the_channel(tmp_path: Path) -> None:
    """A bot without the permission answers all the same."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        discord.api.missing_permissions.add("threads")
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3", channel=discord.ops)
        await discord.people.press(BEN, discord.card(discord.ops), "Approve")
        await discord.shows("PASS", channel=discord.ops)


async def test_a_card_that_somebody_deleted_is_shown_anew(tmp_path: Path) -> None:
    """A moderator removes the card: its next state is a new message."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        card = discord.card()
        del discord.thread().messages[card.id]
        await discord.people.press(BEN, card, "Approve")
        await discord.shows("PASS")


async def test_after_its_quarter_of_an_hour_a_token_is_replaced_by_a_plain_message(tmp_path: Path) -> None:
    """What can no longer be told to one person alone stands in the thread, and calls nobody."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        pressed = await (await discord.people.press(ANA, discord.card(), "Approve")).acknowledged()
        await pressed.whispered()
        discord.interactions.token_seconds = 0
        thread = Place(GUILD, OPS, discord.thread().id).address
        await bot.discord.platform.whisper(thread, Account("discord", str(ANA)), NOTE)
        assert "Something to say." in read(discord.shown()[-1].text)


async def test_a_mention_in_a_channel_that_needs_no_thread_is_answered_below_it(tmp_path: Path) -> None:
    """`help` makes no thread: the answer stands below the question."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        await discord.people.mention(ANA, "help")
        await discord.shows("Say what you want done", channel=discord.ops)
        assert discord.shown(discord.ops)[-1].payload["type"] == 19, "a reply"
        assert len(discord.model.channels) == 2


async def test_the_same_post_is_taken_once_by_its_nonce(tmp_path: Path) -> None:
    """A note that is sent twice under one key is one message."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        names = [await bot.discord.platform.post(HERE, NOTE, "k", False) for _ in range(2)]
        assert names[0] == names[1]
        assert len(discord.shown(discord.ops)) == 1
        sent = discord.api.of("POST", r"/channels/\d+/messages")
        assert all(len(one.body["nonce"]) <= 25 and one.body["enforce_nonce"] for one in sent)
        assert snowflake() > int(discord.shown(discord.ops)[0].payload["id"])


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("-3", 0.0), ("1e9", LONGEST_REST_SECONDS), ("nan", RESERVED_SECONDS), ("inf", RESERVED_SECONDS),
     ("soon", RESERVED_SECONDS)],
)  # fmt: skip
async def test_any_retry_after_of_a_block_is_a_time_to_wait(tmp_path: Path, header: str, seconds: float) -> None:
    """Whatever stands there, nothing rests for more than an hour, and no thread for ever."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        headers = {"Retry-After": header}
        discord.api.fail("POST", r"/channels/\d+/messages", status=429, headers=headers, body={"code": 0})
        with pytest.raises(SendLater) as later:
            await bot.discord.platform.post(HERE, NOTE, "k", False)
        assert (later.value.seconds, later.value.is_general) == (seconds, True)


async def test_a_message_that_cannot_be_kept_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Discord brings a message once: whoever wrote it is told that nothing came of it."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:

        async def full(_label: str, _use_case: Any) -> Any:
            raise Unavailable("The disk is full. Nothing was changed.")

        with monkeypatch.context() as patched:
            patched.setattr(bot.world.sayso.store, "tx", full)
            await discord.people.mention(ANA, "tune the engine at speed 3")
            await discord.shows("disk is full", channel=discord.ops)
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
