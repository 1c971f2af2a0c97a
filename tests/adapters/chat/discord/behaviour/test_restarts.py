"""What was shown or opened before a restart works after it: the bot is another process, Discord is the same."""

from pathlib import Path

from tests.support.simcord_world import labels, open_virtual
from tests.support.world import Owner


def grave_owner() -> Owner:
    """Return an owner whose `tune` asks for a choice and needs two people."""
    owner = Owner()
    tune = owner.catalogue["operations"]["tune"]
    tune["risk"] = "critical"
    tune["parameters"]["speed"] = {"type": "string", "enum": ["slow", "fast"], "ask": "How fast?"}
    return owner


async def test_a_restart_between_every_two_steps_changes_nothing(tmp_path: Path) -> None:
    """Ask, choose, edit, both votes and a look at the details, forms opened before a restart and sent after it."""
    async with open_virtual(tmp_path, grave_owner()) as virtual:
        await virtual.ask(virtual.ana, "tune the engine")
        await virtual.shows("How fast?")
        await virtual.restart()
        await virtual.choose(virtual.ana, virtual.shown(virtual.thread)[0], "slow")
        card = await virtual.card()
        await virtual.restart()
        opened = await virtual.press(virtual.ana, card, "Edit")
        await virtual.restart()
        await virtual.submit(virtual.ana, opened, {"1.speed": "fast"})
        await virtual.shows("speed: fast", "revision 2")
        for member in (virtual.ben, virtual.cem):
            await virtual.restart()
            opened = await virtual.press(member, await virtual.card(), "Approve")
            await virtual.restart()
            await virtual.submit(member, opened)
        await virtual.shows("Approved by Ben and Cem", "PASS", "1 of 1 task")
        await virtual.restart()
        await virtual.told(await virtual.press(virtual.eve, await virtual.card(), "Details"), "I don't know you")
        await virtual.told(await virtual.press(virtual.ben, await virtual.card(), "Details"), 'speed = "fast"')
        assert virtual.world.tool.effects() == ["tune"]
        assert virtual.text(virtual.thread).count("1 of 1 task") == 1


async def test_a_rejection_opened_before_a_restart_counts_after_it(tmp_path: Path) -> None:
    """The SDK has forgotten the form; what was typed into it arrives all the same."""
    async with open_virtual(tmp_path) as virtual:
        opened = await virtual.press(virtual.ben, await virtual.planned(), "Reject")
        for _ in range(3):
            await virtual.restart()
        await virtual.submit(virtual.ben, opened, {"reason": "not now"})
        await virtual.shows("Rejected by Ben", "not now")


async def test_the_buttons_of_every_plan_answer_however_many_there_are(tmp_path: Path) -> None:
    """Each card is drawn and drawn anew; none takes the others' buttons along, before and after a restart."""
    async with open_virtual(tmp_path) as virtual:
        cards = [await virtual.planned(f"tune the engine at speed {number}") for number in (1, 2, 3)]
        threads = list(virtual.ops.threads)
        await virtual.press(virtual.ben, cards[1], "Approve")
        await virtual.shows("PASS", channel=threads[1])
        await virtual.told(await virtual.press(virtual.ben, cards[0], "Details"), "speed = 1")
        await virtual.restart()
        await virtual.press(virtual.ben, cards[2], "Approve")
        await virtual.shows("PASS", channel=threads[2])
        await virtual.press(virtual.ben, cards[0], "Approve")
        await virtual.shows("PASS", channel=threads[0])
        assert labels(cards[0]) == ["Details"]
        assert sorted(virtual.world.tool.effects()) == ["tune"] * 3


async def test_commands_are_told_to_discord_once(tmp_path: Path) -> None:
    """A start that has nothing new to tell changes nothing there."""
    async with open_virtual(tmp_path) as virtual:
        await virtual.restart()
        synced = [one for one in virtual.env.http_requests if one.method == "PUT" and one.path.endswith("/commands")]
        assert len(synced) == 1
