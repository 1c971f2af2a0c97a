"""Forms in modals: all that fits, a choice before what does not, and only what was changed."""

from pathlib import Path
from typing import Any

from tests.support.discord.bot import an_owner, open_bot
from tests.support.discord.guild import ANA
from tests.support.discord.markdown import read
from tests.support.discord.server import DiscordServer
from tests.support.world import Owner, operation


def owner_with(parameters: dict[str, Any]) -> Owner:
    """Return an owner with an operation of these parameters."""
    owner = an_owner()
    slots = [f"{{{name}}}" for name in parameters]
    many = operation(
        title="Many", says=["do many"], parameters=parameters, **{"with": {"argv": ["true", "--", *slots]}}
    )
    owner.catalogue["operations"]["many"] = many
    return owner


async def test_of_a_long_form_one_chooses_what_to_change(tmp_path: Path) -> None:
    """Seven values do not fit into a modal: five at most are chosen, the others stay, also after a restart."""
    owner = owner_with({f"p{number}": {"type": "integer", "default": number} for number in range(7)})
    async with DiscordServer() as discord:
        async with open_bot(discord, tmp_path, owner):
            await discord.people.mention(ANA, "do many")
            await discord.shows("p6: 6 (default)")
            choosing = await discord.people.press(ANA, discord.card(), "Edit")
            assert "What do you want to change?" in await choosing.whispered()
            assert len(choosing.told[0].options) == 7
        async with open_bot(discord, tmp_path, owner):
            opened = await discord.people.choose(ANA, choosing.told[0], "1 p2", "1 p5")
            await opened.acknowledged()
            assert [one["label"] for one in opened.modal["components"]] == ["1 p2", "1 p5"]
            await discord.people.submit(opened, {"1.p2": "22"})
            await discord.shows("p2: 22", "p5: 5 (default)", "revision 2")


async def test_a_task_is_left_out_by_its_box(tmp_path: Path) -> None:
    """Each task of several has a box; without its tick the task is no part of the next revision."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        await discord.people.mention(ANA, "do second and tune the engine at speed 3")
        await discord.shows("2 Tune")
        opened = await (await discord.people.press(ANA, discord.card(), "Edit")).acknowledged()
        await discord.people.submit(opened, {"1.": False})
        await discord.shows("revision 2", "1 task", "1 Tune")
        assert "Second" not in discord.card().text


async def test_a_plan_without_values_says_that_there_is_nothing_to_fill_in(tmp_path: Path) -> None:
    """An empty modal would be refused by Discord."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        await discord.people.mention(ANA, "do second")
        await discord.shows("1 Second")
        pressed = await discord.people.press(ANA, discord.card(), "Edit")
        assert "say in its thread what to change" in read(await pressed.whispered())


async def test_a_value_that_is_too_long_for_discord_stays_as_it_is(tmp_path: Path) -> None:
    """It is not offered, so that nothing empties it by accident."""
    text = {"type": "string", "maxLength": 9000}
    owner = owner_with({"note": {**text, "default": "x" * 5000}, "name": {**text, "default": "y"}})
    async with DiscordServer() as discord, open_bot(discord, tmp_path, owner):
        await discord.people.mention(ANA, "do many")
        await discord.shows("name: y", "page 2 of 2")
        opened = await (await discord.people.press(ANA, discord.card(), "Edit")).acknowledged()
        assert [one["label"] for one in opened.modal["components"]] == ["1 name"]
        await discord.people.submit(opened, {"1.name": "z"})
        await discord.shows("revision 2", "name: z", "x" * 900)


async def test_a_question_without_choices_is_answered_by_a_reply(tmp_path: Path) -> None:
    """Discord delivers what is said to the bot alone, and a reply is said to it; the question says so."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        await discord.people.mention(ANA, "tune the engine")
        await discord.shows("How fast?", "Answer by a reply")
        await discord.people.reply(ANA, discord.shown()[0], "7")
        await discord.shows("speed: 7")
