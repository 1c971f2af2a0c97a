"""Forms as Discord checks them: each that opens is one it takes, and what is sent in one counts or is answered."""

from pathlib import Path

from tests.support.simcord_world import labels, open_virtual
from tests.support.world import Owner, operation


async def test_an_edit_makes_a_revision_and_voids_the_buttons_before_it(tmp_path: Path) -> None:
    """The form has the values as they are; a form of the revision before decides nothing any more."""
    async with open_virtual(tmp_path) as virtual:
        card = await virtual.planned()
        opened = await virtual.press(virtual.ben, card, "Edit")
        stale = await virtual.press(virtual.cem, card, "Edit")
        await virtual.submit(virtual.ben, opened, {"1.speed": "7"})
        await virtual.shows("speed: 7", "revision 2", "Needs one of operators (Cem)")
        await virtual.told(await virtual.submit(virtual.cem, stale, {"1.speed": "8"}), "revision 2 is current")
        await virtual.told(await virtual.press(virtual.ben, await virtual.card(), "Approve"), "You can't approve")
        await virtual.press(virtual.cem, await virtual.card(), "Approve")
        await virtual.shows("Approved by Cem", "PASS")


async def test_a_value_that_cannot_be_is_said_to_whoever_typed_it(tmp_path: Path) -> None:
    """The plan stays as it is."""
    async with open_virtual(tmp_path) as virtual:
        opened = await virtual.press(virtual.ana, await virtual.planned(), "Edit")
        await virtual.told(await virtual.submit(virtual.ana, opened, {"1.speed": "70"}), "speed", "9")
        assert "revision 2" not in virtual.text(virtual.thread)


async def test_a_rejection_takes_a_reason_or_none(tmp_path: Path) -> None:
    """Nothing has to be typed."""
    async with open_virtual(tmp_path) as virtual:
        for number, reason in enumerate(("not on a Friday", "")):
            card = await virtual.planned(f"tune the engine at speed {number + 3}")
            await virtual.submit(virtual.ben, await virtual.press(virtual.ben, card, "Reject"), {"reason": reason})
            await virtual.shows("Rejected by Ben", reason)
            await virtual.until(lambda: labels(virtual.shown(virtual.thread)[0]) == ["Details"])
        assert virtual.world.tool.effects() == []


async def test_what_is_risky_is_asked_once_more(tmp_path: Path) -> None:
    """A form without a field: sent, it counts; two people are needed."""
    async with open_virtual(tmp_path) as virtual:
        card = await virtual.planned("wipe everything")
        for member in (virtual.ben, virtual.cem):
            assert virtual.world.tool.effects() == []
            await virtual.submit(member, await virtual.press(member, card, "Approve"))
        await virtual.shows("Approved by Ben and Cem", "PASS")


async def test_a_plan_without_values_says_that_there_is_nothing_to_fill_in(tmp_path: Path) -> None:
    """Discord takes no empty form."""
    async with open_virtual(tmp_path) as virtual:
        pressed = await virtual.press(virtual.ana, await virtual.planned("do second"), "Edit")
        await virtual.told(pressed, "say in its thread what to change")


async def test_any_value_fits_into_a_form(tmp_path: Path) -> None:
    """Long, with line breaks, emoji: Discord takes the form, and what stood there stays."""
    kind = {"type": "string", "maxLength": 9000}
    values = {"long": "x" * 3_900, "lines": "a\nb\nc", "signs": "\U0001f600" * 60, "short": "-"}
    owner = Owner()
    owner.catalogue["operations"]["many"] = operation(
        title="Many",
        says=["do many"],
        parameters={name: {**kind, "default": value} for name, value in values.items()},
        **{"with": {"argv": ["true", "--", *(f"{{{name}}}" for name in values)]}},
    )
    async with open_virtual(tmp_path, owner) as virtual:
        opened = await virtual.press(virtual.ana, await virtual.planned("do many"), "Edit")
        assert opened.modal is not None
        await virtual.submit(virtual.ana, opened, {"1.short": "said"})
        await virtual.shows("short: said", "revision 2", "x" * 900)
