"""Who may say anything in Discord: people of the people file, in the owner's server, with the roles they have now."""

from pathlib import Path

import pytest

from orchestration.records import Event
from tests.support.discord.bot import Bot, an_owner, open_bot
from tests.support.discord.guild import ANA, BEN, EVE, OPERATORS, OTHER_CHANNEL, Member
from tests.support.discord.markdown import read
from tests.support.discord.server import DiscordServer

GUEST = 1 << 4


async def denials(bot: Bot) -> int:
    """Return how many refusals are on the record."""
    return len(await bot.world.sayso.store.find(Event, {"name": "access.denied"}))


async def test_a_stranger_is_told_so_alone_and_on_the_record(tmp_path: Path) -> None:
    """Somebody who is not in the people file presses Approve: a note for them, a row in the audit, nothing else."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        messages = len(discord.shown())
        pressed = await discord.people.press(EVE, discord.card(), "Approve")
        assert "I don't know you here" in read(await pressed.whispered())
        assert "discord: 403" in read(await pressed.whispered())
        assert await denials(bot) == 1
        assert len(discord.shown()) == messages
        asked = await discord.people.slash(EVE, "ask", request="tune the engine at speed 3")
        assert read(await asked.whispered()).startswith("I don't know you here"), "nothing is promised to them"
        assert await discord.people.complete(EVE, "plan", "plan", "") == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"is_pending": True}, "Guests and members"),
        ({"flags": GUEST}, "Guests and members"),
        ({"is_bot": True}, "Only people"),
    ],
)
async def test_guests_and_bots_decide_nothing_even_when_they_are_in_the_people_file(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    """What Discord says of a member counts before the people file."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        discord.model.members[BEN] = Member(BEN, "ben", **change)  # type: ignore[arg-type]
        pressed = await discord.people.press(BEN, discord.card(), "Approve")
        assert words in read(await pressed.whispered())
        await discord.until(lambda: discord.interactions.all)
        await bot.settle()
        assert bot.world.tool.effects() == []


async def test_another_server_is_not_served(tmp_path: Path) -> None:
    """A click and a mention from a server that is not the owner's are refused and on the record."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        asked = await discord.people.slash(ANA, "plans", OTHER_CHANNEL)
        assert "do not serve this server" in read(await asked.whispered())
        await discord.people.mention(ANA, "tune the engine at speed 3", OTHER_CHANNEL)
        news = bot.world.hear()
        await discord.until(lambda: [event for one in news for event in one.events if event.name == "access.denied"])
        assert len(discord.model.channels[OTHER_CHANNEL].messages) == 1, "only theirs"


async def test_a_direct_message_is_answered_with_where_to_ask(tmp_path: Path) -> None:
    """Direct messages are refused: what is asked there nobody else sees."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        await discord.people.direct(ANA, "tune the engine at speed 3")
        direct = discord.model.direct(ANA)
        await discord.shows("in direct messages: ask me in a channel", channel=direct)


async def test_a_role_counts_from_the_click_on_that_shows_it_and_no_longer(tmp_path: Path) -> None:
    """A group named by a role has those who have it at the click: not before they got it, not after they lost it."""
    owner = an_owner()
    owner.people["people"]["ana"]["groups"] = ["everyone", "operators"]
    owner.people["people"]["dan"] = {"name": "Dan", "discord": "404", "groups": ["everyone"]}
    owner.people["groups"] = {"operators": {"discord_role": str(OPERATORS)}}
    async with DiscordServer() as discord, open_bot(discord, tmp_path, owner) as bot:
        dan = discord.model.members[404] = Member(404, "dan")
        for request in ("tune the engine at speed 3", "do second"):
            await discord.people.mention(ANA, request)
        await discord.until(lambda: "Needs one" in discord.text(discord.thread(0)) + discord.text(discord.thread(1)))
        await discord.until(lambda: discord.card(discord.thread(0)) and discord.card(discord.thread(1)))
        first, second = (discord.card(discord.thread(number)) for number in (0, 1))
        without = await discord.people.press(404, first, "Approve")
        assert "needs one of operators" in read(await without.whispered())
        dan.roles.append(OPERATORS)
        await discord.people.press(404, first, "Approve")
        await discord.shows("Approved by Dan", "PASS", channel=discord.thread(0))
        dan.roles.clear()
        lost = await discord.people.press(404, second, "Approve")
        assert "needs one of operators" in read(await lost.whispered())
        await bot.settle()
        assert len(bot.world.tool.effects()) == 1


async def test_roles_are_read_when_the_bot_comes_up(tmp_path: Path) -> None:
    """A card names whoever a role makes an approver, before they have pressed anything in this process."""
    owner = an_owner()
    owner.people["people"]["dan"] = {"name": "Dan", "discord": "404", "groups": ["everyone"]}
    owner.people["groups"] = {"operators": {"discord_role": str(OPERATORS)}}
    async with DiscordServer() as discord:
        discord.model.members[404] = Member(404, "dan", [OPERATORS])
        async with open_bot(discord, tmp_path, owner) as bot:
            await discord.until(lambda: bot.world.sayso.setting.rules.people.joined)
            await discord.until(lambda: "dan" in bot.world.sayso.setting.rules.people.members(["operators"]))
            await discord.people.mention(ANA, "tune the engine at speed 3")
            await discord.shows("Needs one of operators (Ben, Cem, Dan)")
