"""Discord's clocks: three seconds for an answer, a quarter of an hour for a token, an hour for an edit."""

import threading
from pathlib import Path

from adapters.chat.discord.places import Place
from bot.chat import Account, Note
from tests.support.simcord_world import GUILD, Virtual, labels, open_virtual, words

LATE_SECONDS = 4


async def test_whatever_is_used_is_acknowledged_in_time_while_nothing_can_be_written(tmp_path: Path) -> None:
    """A button, a form, a command and a menu, while the disk stands still: Discord takes each answer, all counts."""
    stuck, go_on = threading.Event(), threading.Event()

    def hook(label: str) -> None:
        if stuck.is_set() and "inbox" in label:
            go_on.wait(30)

    async with open_virtual(tmp_path, hook=hook) as virtual:
        card = await virtual.planned()
        opened = await virtual.press(virtual.ana, card, "Edit")
        said = await virtual.cem.send(virtual.ops, "do second")
        stuck.set()
        used = [
            await virtual.ben.click(card, label="Approve"),
            await virtual.ana.submit_modal(opened, {"1.speed": "5"}),
            await virtual.ana.slash(virtual.ops, "ask", request="do first"),
            await virtual.ana.context_menu(virtual.ops, "Plan this", said),
        ]
        for one in used:
            await virtual.acknowledged(one)
        go_on.set()
        await virtual.until(lambda: len(virtual.ops.threads) == 3)
        await virtual.shows("Approved by Ben", channel=virtual.ops.threads[0])


async def test_an_answer_that_comes_too_late_costs_the_answer_and_not_the_click(tmp_path: Path) -> None:
    """10062 after three seconds: the vote was kept before, and everybody sees it on the card."""
    late: list[Virtual] = []

    def hook(label: str) -> None:
        if late and "inbox.take" in label:
            late.pop().pass_time(seconds=LATE_SECONDS)

    async with open_virtual(tmp_path, hook=hook) as virtual:
        card = await virtual.planned()
        late.append(virtual)
        pressed = await virtual.ben.click(card, label="Approve")
        await virtual.shows("Approved by Ben", "PASS")
        assert not pressed.acknowledged


async def test_a_click_that_arrives_twice_counts_once(tmp_path: Path) -> None:
    """Discord takes one acknowledgement (40060 for a second), Sayso one vote."""
    async with open_virtual(tmp_path) as virtual:
        await virtual.press(virtual.ben, await virtual.planned(), "Approve")
        clicked = [body for _, name, body in virtual.env.backend.transcript if name == "INTERACTION_CREATE"]
        virtual.env.backend.emit("INTERACTION_CREATE", clicked[-1])
        await virtual.chats.inbox.idle()
        await virtual.shows("PASS", "1 of 1 task")
        assert virtual.text(virtual.thread).count("Approved by Ben") == 2, "the card and one line below"
        assert virtual.world.tool.effects() == ["tune"]


async def test_a_card_of_an_hour_ago_is_shown_anew_and_its_old_place_says_so(tmp_path: Path) -> None:
    """Edits of old messages are throttled: what changes after 55 minutes is a fresh message, again and again."""
    async with open_virtual(tmp_path) as virtual:
        first = await virtual.planned()
        virtual.pass_time(minutes=56)
        opened = await virtual.press(virtual.ana, first, "Edit")
        await virtual.submit(virtual.ana, opened, {"1.speed": "7"})
        await virtual.shows("speed: 7", "revision 2")
        second = await virtual.card()
        assert second.id != first.id
        await virtual.until(lambda: "shown anew further down" in words(first))
        assert labels(first) == []
        virtual.pass_time(minutes=56)
        await virtual.restart()
        await virtual.press(virtual.ben, second, "Approve")
        await virtual.shows("Approved by Ben", "PASS")
        assert (await virtual.card()).id not in (first.id, second.id)


async def test_what_was_shown_or_opened_a_month_ago_answers(tmp_path: Path) -> None:
    """A form left open says that the plan has expired; its details can still be read."""
    async with open_virtual(tmp_path) as virtual:
        opened = await virtual.press(virtual.ben, await virtual.planned(), "Reject")
        for _ in range(3):
            virtual.pass_time(days=10)
            await virtual.restart()
        await virtual.told(await virtual.submit(virtual.ben, opened), "expired", "Ask again")
        await virtual.told(await virtual.press(virtual.ben, await virtual.card(), "Details"), "speed = 3")


async def test_after_a_quarter_of_an_hour_a_token_is_replaced_by_a_message_that_calls_nobody(tmp_path: Path) -> None:
    """50027 for what can no longer be told alone: it stands in the thread."""
    async with open_virtual(tmp_path) as virtual:
        pressed = await virtual.press(virtual.ana, await virtual.planned(), "Approve")
        await virtual.told(pressed, "needs one of operators")
        account = Account("discord", str(virtual.ana.id))
        thread = Place(GUILD, virtual.ops.id, virtual.thread.id).address
        await virtual.discord.platform.whisper(thread, account, Note("answer", ("Within time.",)))
        await virtual.told(pressed, "Within time.")
        virtual.pass_time(minutes=16)
        await virtual.discord.platform.whisper(thread, account, Note("answer", ("Too late.",)))
        await virtual.shows("Too late.")
