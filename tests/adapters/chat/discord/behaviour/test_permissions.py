"""What the bot may not do, with Discord's own codes: people see their plan all the same, or hear why not."""

import asyncio
from pathlib import Path

import pytest

from tests.support.simcord_world import Virtual, open_virtual, words
from tests.support.world import EffectTool

HEARD = "I cannot write there"


@pytest.mark.parametrize("lacking", [("create_public_threads",), ("read_message_history",)])
async def test_where_no_thread_can_be_made_the_plan_stands_in_the_channel(
    tmp_path: Path, lacking: tuple[str, ...]
) -> None:
    """50013 on the thread: the card goes beside the request, and is decided there."""
    async with open_virtual(tmp_path) as virtual:
        virtual.deny(*lacking)
        await virtual.ask(virtual.ana, "tune the engine at speed 3")
        await virtual.press(virtual.ben, await virtual.card(virtual.ops), "Approve")
        await virtual.shows("Approved by Ben", "PASS", channel=virtual.ops)
        assert virtual.ops.threads == []


async def test_where_threads_can_be_made_and_not_written_in_the_plan_stands_in_the_channel(tmp_path: Path) -> None:
    """50013 in the thread that was just made: nobody is left before an empty thread, also after a restart."""
    async with open_virtual(tmp_path) as virtual:
        virtual.deny("send_messages_in_threads")
        await virtual.ask(virtual.ana, "tune the engine at speed 3")
        card = await virtual.card(virtual.ops)
        await virtual.restart()
        await virtual.press(virtual.ben, card, "Approve")
        await virtual.shows("Approved by Ben", "PASS", "1 of 1 task", channel=virtual.ops)
        assert virtual.shown(virtual.thread) == []


async def test_what_was_said_in_a_private_thread_is_not_told_in_the_channel(tmp_path: Path) -> None:
    """Where others read the channel than the thread, what cannot be written there is written nowhere."""
    async with open_virtual(tmp_path) as virtual:
        backend = virtual.env.backend
        private = backend.create_thread(virtual.ops.id, "private", virtual.ana.id, type=12)
        backend.add_thread_member(private.id, backend.bot_user.id)
        virtual.deny("send_messages_in_threads")
        await virtual.ask(virtual.ana, "tune the engine at speed 3", virtual.ops.threads[-1])
        await virtual.until(lambda: virtual.chats.threads.parked == 1)
        assert list(virtual.all_messages()) == []


async def test_without_the_right_to_attach_files_the_end_is_told_without_its_evidence(tmp_path: Path) -> None:
    """50013 for a message with a file in it: the same message without the file is taken."""
    tool = EffectTool(tmp_path / "effects.log")
    tool.hold = asyncio.Event()
    async with open_virtual(tmp_path, tool=tool) as virtual:
        await virtual.press(virtual.ben, await virtual.planned(), "Approve")
        await virtual.until(lambda: any(words(one).endswith("UTC.") for one in virtual.shown(virtual.thread)))
        where = f"/channels/{virtual.thread.id}/messages"
        virtual.env.inject_error("POST", where, status=403, code=50013, message="Missing Permissions")
        tool.hold.set()
        await virtual.shows("PASS · ", "1 of 1 task")
        assert not any(one.attachments for one in virtual.shown(virtual.thread))


@pytest.mark.parametrize("lacking", [("view_channel",), ("send_messages", "create_public_threads")])
async def test_who_types_a_command_where_the_bot_cannot_write_hears_so_alone(
    tmp_path: Path, lacking: tuple[str, ...]
) -> None:
    """50001 and 50013: commands work all the same, so whoever asked is told that nothing was planned."""
    async with open_virtual(tmp_path) as virtual:
        virtual.deny(*lacking)
        asked = await virtual.ana.slash(virtual.ops, "ask", request="tune the engine at speed 3")
        await virtual.told(asked, HEARD, "Nothing was planned", "Ask where I can answer")
        assert await virtual.world.sayso.orchestrator.views.plans(9) == []
        await virtual.told(await virtual.ana.slash(virtual.ops, "plans"), "No plans yet")


async def test_a_channel_that_takes_nothing_holds_up_no_other(tmp_path: Path) -> None:
    """What was asked where the bot may not write is a plan, which can be shown and decided elsewhere."""
    async with open_virtual(tmp_path) as virtual:
        virtual.deny("send_messages", "create_public_threads")
        await virtual.ask(virtual.ana, "tune the engine at speed 3")
        await virtual.until(lambda: virtual.chats.threads.parked == 1)
        elsewhere = virtual.guild.create_text_channel("elsewhere")
        await approved(virtual, elsewhere)


async def approved(virtual: Virtual, channel: object) -> None:
    """Have the newest plan shown in a channel and approved there."""
    [plan] = await virtual.world.sayso.orchestrator.views.plans(1)
    await virtual.ben.slash(channel, "plan", plan=plan.code)
    await virtual.press(virtual.ben, await virtual.card(channel), "Approve")
    await virtual.shows("Approved by Ben", "PASS", channel=channel)


@pytest.mark.parametrize("status", [500, 403])
async def test_a_click_whose_answer_is_refused_counts(tmp_path: Path, status: int) -> None:
    """Discord does not take the acknowledgement: the vote is kept before it, and the card shows it."""
    async with open_virtual(tmp_path) as virtual:
        card = await virtual.planned()
        virtual.env.inject_error("POST", "/interactions/*/callback", status=status)
        pressed = await virtual.ben.click(card, label="Approve")
        await virtual.shows("Approved by Ben", "PASS")
        assert not pressed.acknowledged
