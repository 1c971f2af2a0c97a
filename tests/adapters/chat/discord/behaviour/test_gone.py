"""What people remove or close under the bot: the plan goes on, and is shown where it can be."""

from pathlib import Path

import pytest

from tests.support.simcord_world import Virtual, open_virtual


async def test_a_request_that_was_deleted_has_its_plan_in_the_channel(tmp_path: Path) -> None:
    """10008 where the thread was to be made: there is nothing to make it from any more."""
    async with open_virtual(tmp_path) as virtual:
        virtual.env.inject_error("POST", "/channels/*/messages/*/threads", status=404, code=10008)
        asked = await virtual.ask(virtual.ana, "tune the engine at speed 3")
        card = await virtual.card(virtual.ops)
        await virtual.ana.delete(asked)
        await virtual.press(virtual.ben, card, "Approve")
        await virtual.shows("Approved by Ben", "PASS", channel=virtual.ops)


async def test_a_thread_that_somebody_made_at_the_same_moment_is_used(tmp_path: Path) -> None:
    """160004: the message has a thread already, and that is where the plan belongs."""
    async with open_virtual(tmp_path) as virtual:
        backend = virtual.env.backend
        virtual.env.inject_error("GET", "/channels/*", status=404, code=10003)
        virtual.env.inject_error("POST", "/channels/*/messages/*/threads", status=400, code=160004)
        asked = await virtual.ana.send(virtual.ops, "tune the engine at speed 3")
        backend.create_thread(virtual.ops.id, "mine", virtual.ana.id, message_id=asked.id)
        await virtual.ana.context_menu(virtual.ops, "Plan this", asked)
        await virtual.shows("Ana asked: tune the engine at speed 3")
        assert virtual.shown(virtual.ops) == []


async def test_a_card_that_was_deleted_is_shown_anew(tmp_path: Path) -> None:
    """10008 on the edit: a moderator removes the open card, and its next state is a new message with its buttons."""
    async with open_virtual(tmp_path) as virtual:
        card = await virtual.planned()
        virtual.env.backend.delete_message(virtual.thread.id, card.id)
        await virtual.ask(virtual.ana, "use speed 7", virtual.thread)
        await virtual.shows("speed: 7", "revision 2")
        await virtual.press(virtual.ben, await virtual.card(), "Approve")
        await virtual.shows("Approved by Ben", "PASS")


@pytest.mark.parametrize("what", ["thread", "channel"])
async def test_what_was_deleted_is_given_up_and_the_plan_is_decided_elsewhere(tmp_path: Path, what: str) -> None:
    """10003 from then on: nobody else waits, and `/plan` shows it wherever somebody asks for it."""
    async with open_virtual(tmp_path) as virtual:
        opened = await virtual.press(virtual.ana, await virtual.planned(), "Edit")
        elsewhere = virtual.guild.create_text_channel("elsewhere")
        virtual.env.backend.delete_channel((virtual.thread if what == "thread" else virtual.ops).id)
        if what == "channel":
            for thread in virtual.ops.threads:
                virtual.env.backend.delete_channel(thread.id)
        assert opened.modal
        [plan] = await virtual.world.sayso.orchestrator.views.plans(1)
        await virtual.ben.slash(elsewhere, "plan", plan=plan.code)
        await virtual.press(virtual.ben, await virtual.card(elsewhere), "Approve")
        await virtual.shows("Approved by Ben", "PASS", channel=elsewhere)
        await virtual.until(lambda: virtual.chats.threads.parked >= 1)


async def test_a_thread_that_was_closed_is_opened_again_by_a_fresh_card(tmp_path: Path) -> None:
    """50083: nothing in an archived thread can be edited, and a new message opens it."""
    async with open_virtual(tmp_path) as virtual:
        card = await virtual.planned()
        close(virtual)
        await virtual.press(virtual.ben, card, "Approve")
        await virtual.shows("Approved by Ben", "PASS", "shown anew further down")
        assert (await virtual.card()).id != card.id


async def test_a_thread_that_was_locked_is_given_up_and_the_plan_goes_on(tmp_path: Path) -> None:
    """160005 for what would open it again: the votes before count, and the plan is shown where somebody asks."""
    async with open_virtual(tmp_path) as virtual:
        card = await virtual.planned()
        close(virtual)
        where = f"/channels/{virtual.thread.id}/messages"
        virtual.env.inject_error("POST", where, status=403, code=160005, message="This thread is locked")
        await virtual.press(virtual.ben, card, "Approve")
        await virtual.until(lambda: virtual.chats.threads.parked == 1)
        [plan] = await virtual.world.sayso.orchestrator.views.plans(1)
        await virtual.ben.slash(virtual.ops, "plan", plan=plan.code)
        await virtual.shows("Approved by Ben", "PASS", channel=virtual.ops)
        assert virtual.world.tool.effects() == ["tune"]


def close(virtual: Virtual) -> None:
    """Archive the thread: simcord knows that it is, and not that its messages cannot be edited."""
    virtual.env.backend.edit_channel(virtual.thread.id, {}, thread_metadata={"archived": True})
    where = f"/channels/{virtual.thread.id}/messages/*"
    virtual.env.inject_error("PATCH", where, status=400, code=50083, message="Thread is archived")


async def test_a_bot_that_was_thrown_out_goes_on_and_comes_back(tmp_path: Path) -> None:
    """50001 everywhere: the plan stays as it is, and is shown once the bot is invited again."""
    async with open_virtual(tmp_path) as virtual:
        card = await virtual.planned()
        virtual.deny("view_channel")
        [plan] = await virtual.world.sayso.orchestrator.views.plans(1)
        await virtual.world.vote(plan)
        await virtual.until(lambda: virtual.chats.threads.parked == 1)
        virtual.deny()
        await virtual.told(await virtual.press(virtual.cem, card, "Approve"), "already")
        await virtual.ben.slash(virtual.ops, "plan", plan=plan.code)
        await virtual.shows("Approved by Ben", "PASS", channel=virtual.ops)
