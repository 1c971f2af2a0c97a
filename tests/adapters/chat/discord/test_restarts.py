"""What was shown before a restart works after it, and what was taken before a crash is shown once."""

from pathlib import Path

import pytest

from tests.support.discord.bot import an_owner, open_bot
from tests.support.discord.guild import ANA, BEN, CEM
from tests.support.discord.markdown import read
from tests.support.discord.server import DiscordServer
from tests.support.world import Owner


def critical_owner() -> Owner:
    """Return an owner whose `tune` asks for a choice and needs two people."""
    owner = an_owner()
    tune = owner.catalogue["operations"]["tune"]
    tune["risk"] = "critical"
    tune["parameters"]["speed"] = {"type": "string", "enum": ["slow", "fast"], "ask": "How fast?"}
    return owner


async def test_a_restart_between_every_two_steps_changes_nothing(tmp_path: Path) -> None:
    """Ask, answer, edit, both votes and a look at the details: the bot is a new process at each of them."""
    owner = critical_owner()
    async with DiscordServer() as discord:
        async with open_bot(discord, tmp_path, owner):
            await discord.people.mention(ANA, "tune the engine")
            await discord.until(lambda: discord.shown()[0].options == ["slow", "fast"])
        async with open_bot(discord, tmp_path, owner):
            await discord.people.choose(ANA, discord.shown()[0], "slow")
            await discord.shows("speed: slow", "Needs two of operators")
        async with open_bot(discord, tmp_path, owner):
            opened = await (await discord.people.press(ANA, discord.card(), "Edit")).acknowledged()
        async with open_bot(discord, tmp_path, owner):
            await discord.people.submit(opened, {"1.speed": "fast"})
            await discord.shows("speed: fast", "revision 2")
        for user, words in ((BEN, "Ben said yes"), (CEM, "Approved by Ben and Cem")):
            async with open_bot(discord, tmp_path, owner):
                opened = await (await discord.people.press(user, discord.card(), "Approve")).acknowledged()
            async with open_bot(discord, tmp_path, owner):
                await discord.people.submit(opened)
                await discord.shows(words)
        async with open_bot(discord, tmp_path, owner) as bot:
            await discord.shows("PASS", "1 of 1 task")
            looked = await discord.people.press(BEN, discord.card(), "Details")
            assert "said fast" in read(await looked.whispered()) or "answer fast" in read(await looked.whispered())
            assert bot.world.tool.effects() == ["tune"]
        assert len([one for one in discord.shown() if "Details" in one.labels]) == 1, "one card, overwritten"


@pytest.mark.slow
async def test_a_post_that_was_taken_while_its_answer_was_lost_is_visible_once(tmp_path: Path) -> None:
    """The connection is cut after Discord has taken the card: the repeat finds it, or is dropped by its nonce."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        discord.api.fail("POST", r"/channels/\d+/messages", times=2, cuts=True)
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.until(lambda: len(discord.api.of("POST", r"/channels/\d+/messages")) >= 1 and discord.card())
        await discord.people.press(BEN, discord.card(), "Approve")
        await discord.shows("PASS", "1 of 1 task")
        assert [one.text for one in discord.shown()].count(discord.card().text) == 1
        assert len(discord.shown()) == 3


@pytest.mark.slow
async def test_a_card_that_was_taken_just_before_a_crash_is_found_again(tmp_path: Path) -> None:
    """What Discord took, and the process died before it knew, is there once after the restart, and up to date."""
    async with DiscordServer() as discord:
        fault = discord.api.fail("POST", r"/channels/\d+/messages", times=1000, cuts=True)
        async with open_bot(discord, tmp_path):
            await discord.people.mention(ANA, "tune the engine at speed 3")
            await discord.until(lambda: discord.card())
        fault.times = 0
        async with open_bot(discord, tmp_path):
            edits = discord.card().edits
            await discord.people.press(BEN, discord.card(), "Approve")
            await discord.shows("PASS", "1 of 1 task")
            assert discord.card().edits > edits
        assert len(discord.shown()) == 3


async def test_a_request_that_was_taken_before_a_crash_begins_one_thread(tmp_path: Path) -> None:
    """/ask was kept, and its words were posted when the process died: the next one goes on in that thread."""
    async with DiscordServer() as discord:
        discord.api.fail("POST", r"/channels/\d+/messages", times=1000, cuts=True)
        async with open_bot(discord, tmp_path):
            asked = await discord.people.slash(ANA, "ask", request="tune the engine at speed 3")
            await asked.whispered()
            await discord.until(lambda: discord.ops.messages)
        discord.api.faults.clear()
        async with open_bot(discord, tmp_path):
            await discord.shows("speed: 3")
        assert len(discord.ops.messages) == 1
