"""Slash commands and the menu of a message, as Discord offers them and takes their answers."""

from pathlib import Path

import pytest

from tests.support.simcord_world import open_virtual, words

SLASH = ("agents", "approve", "ask", "cancel", "help", "plan", "plans", "reject", "status")


async def test_each_command_is_offered_in_the_server(tmp_path: Path) -> None:
    """Discord has taken all of them, and shows them to any member."""
    async with open_virtual(tmp_path) as virtual:
        assert virtual.ana.available_commands(virtual.ops) == SLASH


@pytest.mark.parametrize(
    ("name", "said"),
    [("plans", "No plans yet"), ("agents", "infra-1"), ("help", "Say what you want done"), ("status", "No plans yet")],
)
async def test_looking_is_answered_to_whoever_looks(tmp_path: Path, name: str, said: str) -> None:
    """What changes nothing is told to one person alone, in the place of the answer that was promised."""
    async with open_virtual(tmp_path) as virtual:
        typed = await virtual.ana.slash(virtual.ops, name)
        await virtual.told(typed, said)
        assert virtual.shown(virtual.ops) == []
        assert typed.followups == [], "«thinking …» is what became the answer"


async def test_ask_begins_a_thread_that_everybody_sees(tmp_path: Path) -> None:
    """The words of the request stand in the channel, the plan below them, and whoever asked is told so."""
    async with open_virtual(tmp_path) as virtual:
        asked = await virtual.ana.slash(virtual.ops, "ask", request="tune the engine at speed 3")
        await virtual.told(asked, "I have it")
        await virtual.until(lambda: bool(virtual.ops.threads))
        await virtual.shows("Ana asked: tune the engine", "speed: 3")
        [begun] = virtual.shown(virtual.ops)
        assert "Ana asks: tune the engine at speed 3" in words(begun)
        assert virtual.thread.id == begun.id


async def test_a_request_of_any_length_begins_one_thread(tmp_path: Path) -> None:
    """More words than one message takes: they stand on two, and the thread is made from the first."""
    async with open_virtual(tmp_path) as virtual:
        await virtual.ana.slash(virtual.ops, "ask", request=f"paint {'x' * 3_900}")
        await virtual.until(lambda: bool(virtual.ops.threads))
        await virtual.shows("I have no operation for")
        assert [one.id == virtual.thread.id for one in virtual.shown(virtual.ops)] == [True, False]


async def test_ask_in_a_thread_is_about_that_thread(tmp_path: Path) -> None:
    """It corrects the plan that stands there, and begins nothing."""
    async with open_virtual(tmp_path) as virtual:
        await virtual.planned()
        await virtual.ana.slash(virtual.thread, "ask", request="use speed 4")
        await virtual.shows("speed: 4", "revision 2")
        assert len(virtual.ops.threads) == 1


async def test_plan_this_answers_in_the_thread_of_the_message(tmp_path: Path) -> None:
    """Its words become a request of whoever chose it, though the bot could not read them before."""
    async with open_virtual(tmp_path) as virtual:
        said = await virtual.eve.send(virtual.ops, "tune the engine at speed 5")
        await virtual.told(await virtual.ana.context_menu(virtual.ops, "Plan this", said), "I have it")
        await virtual.until(lambda: bool(virtual.ops.threads))
        await virtual.shows("Ana asked: tune the engine at speed 5")
        assert virtual.thread.id == said.id


async def test_plan_this_of_a_message_without_words_says_so(tmp_path: Path) -> None:
    """A card of the bot's own has none."""
    async with open_virtual(tmp_path) as virtual:
        card = await virtual.planned()
        await virtual.told(await virtual.ana.context_menu(virtual.thread, "Plan this", card), "The request is empty")


async def test_codes_are_offered_while_they_are_typed(tmp_path: Path) -> None:
    """Only plans that the command is about, and at most 25 of them."""
    async with open_virtual(tmp_path) as virtual:
        await virtual.planned()
        [plan] = await virtual.world.sayso.orchestrator.views.plans(1)
        for name in ("plan", "approve", "reject", "cancel", "status"):
            assert await virtual.complete(virtual.ben, name, plan.code[:3].lower()) == [plan.code]
        await virtual.ben.slash(virtual.ops, "cancel", plan=plan.code)
        await virtual.shows("was cancelled by Ben")
        assert await virtual.complete(virtual.ben, "approve", "") == []
        assert await virtual.complete(virtual.ben, "plan", "") == [plan.code]


async def test_approve_decides_by_the_digest_and_shows_the_card_without(tmp_path: Path) -> None:
    """Without a digest nothing is decided blindly; with another one nothing at all."""
    async with open_virtual(tmp_path) as virtual:
        await virtual.planned()
        [plan] = await virtual.world.sayso.orchestrator.views.plans(1)
        await virtual.told(await virtual.ben.slash(virtual.ops, "approve", plan=plan.code), "shows here")
        assert "speed: 3" in words(await virtual.card(virtual.ops))
        wrong = await virtual.ben.slash(virtual.ops, "approve", plan=plan.code, digest="0000 0000 0000")
        await virtual.told(wrong, "revision 1 is current")
        await virtual.ben.slash(virtual.ops, "approve", plan=plan.code, digest=plan.digest[:12])
        await virtual.shows("Approved by Ben", "PASS")
        await virtual.shows("Approved by Ben", "PASS", channel=virtual.ops)


async def test_reject_names_its_reason(tmp_path: Path) -> None:
    """Whoever asked sees it in the thread."""
    async with open_virtual(tmp_path) as virtual:
        await virtual.planned()
        [plan] = await virtual.world.sayso.orchestrator.views.plans(1)
        await virtual.ben.slash(virtual.ops, "reject", plan=plan.code, reason="not now")
        await virtual.shows("Rejected by Ben", "not now")
