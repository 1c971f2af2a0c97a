"""What a terminal that chats prints: each thing once, and of what changes what is new."""

import asyncio
import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from adapters.chat.lines import button_line, lines
from adapters.chat.screen import Screen
from adapters.chat.terminals import TerminalNews
from bot.chat import Button, Note, Post, ShownCard
from bot.posts import Posts
from bot.previews import CardPreview
from orchestration.ports import Progress, ToolResult
from orchestration.records import Plan
from tests.support.world import EffectTool, World, open_world

WIDTH = 100


def screen() -> tuple[Screen, io.StringIO]:
    """Return a screen and what it prints."""
    printed = io.StringIO()
    return Screen(Console(file=printed, width=WIDTH, highlight=False, markup=False, emoji=False)), printed


async def card(world: World, plan: Plan, progress: dict[str, Progress] | None = None) -> ShownCard:
    """Return the card of a plan as it is now."""
    posts = Posts(world.sayso.orchestrator.views, world.sayso.setting.rules, world.clock)
    return await posts.shown(await world.view(plan), progress or {})


def text_of(post: Post) -> str:
    """Return a post as text."""
    return "\n".join(line.plain for line in lines(post, WIDTH))


def test_a_note_is_its_lines_and_its_buttons() -> None:
    """Nothing is added but the words that can be typed."""
    note = Note("unknown", ("What became of it?", "Look."), (Button("Done", "v"), Button("Retry", "v")))
    assert text_of(note) == "What became of it?\nLook.\n     [Done] [Retry]"
    assert button_line(note.buttons).plain == "     [Done] [Retry]"


@pytest.mark.parametrize("text", ["[bold]x[/bold]", ":smile:", "http://x/[a]", "1 < 2 & 3"])
def test_text_is_printed_as_it_is(text: str) -> None:
    """Nothing that people or tools say is markup here."""
    found, printed = screen()
    found.say(text)
    found.show(TerminalNews("new", "1", Note("answer", (text,))))
    assert printed.getvalue() == f"{text}\n{text}\n"


def test_a_long_line_is_not_broken() -> None:
    """A terminal wraps by itself; what is copied from it stays whole."""
    found, printed = screen()
    found.say("word " * 100)
    assert printed.getvalue().count("\n") == 1


async def test_of_a_card_that_changes_what_is_new_is_printed(tmp_path: Path) -> None:
    """The whole card once, then each vote, then how it stands after the decision; progress is not printed at all."""
    tool = EffectTool(tmp_path / "effects.log")
    tool.hold = asyncio.Event()
    async with open_world(tmp_path, tool=tool) as world:
        plan = await world.plan("wipe everything")
        found, printed = screen()

        async def show(kind: str = "changed", progress: dict[str, Progress] | None = None) -> str:
            before = len(printed.getvalue())
            found.show(TerminalNews(kind, "1", await card(world, plan, progress)))  # type: ignore[arg-type]
            return printed.getvalue()[before:]

        whole = await show("new")
        assert f"Plan {plan.code}" in whole
        assert "[Approve] [Reject] [Edit] [Details]" in whole
        assert await show() == ""
        await world.vote(plan, "ben")
        voted = await show()
        assert voted.startswith(f"{plan.code}: Ben said yes today ")
        assert voted.endswith("Needs one of operators (Cem).\n")
        assert voted.count("\n") == 1
        await world.vote(plan, "cem")
        assert "Approved by Ben and Cem" in await show()
        await tool.started.wait()
        assert await show() == ""
        view = await world.view(plan)
        attempt = view.attempts[0].id
        assert await show("changed", {attempt: Progress(attempt, 3, 6, "wiping")}) == ""
        live = found.live()
        assert plan.code in live
        await show("changed", {attempt: Progress(attempt, 3, 6, "wiping " + "x" * 200)})
        assert len(found.live().splitlines()) == 1
        assert "0 s  3 of 6  wiping" in live
        tool.hold.set()
        await world.end(plan)
        assert "✓ Wipe" in await show()
        assert found.live() == ""


async def test_what_arrives_away_from_its_card_names_its_plan(tmp_path: Path) -> None:
    """Below another plan, a preview and what a plan waits for would be taken for that one's."""
    async with open_world(tmp_path, go=False) as world:
        plan = await world.plan("do first")
        before = await card(world, plan)
        found, printed = screen()
        found.show(TerminalNews("new", "1", before))
        printed.truncate(0)
        preview = CardPreview(1, ("+ a 2 lines", "~ b +1"), "", "today 14:02 UTC")
        arrived = replace(before, card=replace(before.card, previews=(preview,)))
        found.show(TerminalNews("changed", "1", arrived))
        assert printed.getvalue().strip("\0").splitlines() == [
            f"     Preview of {plan.code}", "     1  + a 2 lines   ~ b +1   (today 14:02 UTC)"
        ]  # fmt: skip
        running = replace(before, card=replace(before.card, status="executing"))
        found.show(TerminalNews("changed", "1", running))
        printed.truncate(0)
        waiting = replace(running, card=replace(running.card, notice=("1 First waits for x.",)))
        found.show(TerminalNews("changed", "1", waiting))
        assert printed.getvalue().strip("\0") == f"{plan.code}: 1 First waits for x.\n"


async def test_a_card_that_stands_there_anew_is_the_one_that_counts(tmp_path: Path) -> None:
    """After `show`, no word presses a button of the card further up."""
    async with open_world(tmp_path, go=False) as world:
        found, _ = screen()
        first, second = await world.plan("do first"), await world.plan("wipe everything")
        for number, plan in (("1", first), ("2", second), ("3", first)):
            found.show(TerminalNews("new", number, await card(world, plan)))
        assert found.posts == [await card(world, second), await card(world, first)]


async def test_a_card_that_failed_says_why(tmp_path: Path) -> None:
    """What is over shows how far each task came instead of what it would have done."""
    tool = EffectTool(tmp_path / "effects.log", {"first": [ToolResult("failed", 3, "", "no disk", 1234)]})
    async with open_world(tmp_path, tool=tool) as world:
        plan = await world.plan("do first and do second")
        await world.vote(plan)
        await world.end(plan)
        text = text_of(await card(world, plan))
    assert "✗ First  1.2 s  no disk" in text
    assert "– Second  skipped" in text
    assert "Approved by Ben" in text


async def test_a_message_that_changed_is_the_newest(tmp_path: Path) -> None:
    """A word such as «approve» is about what moved last."""
    async with open_world(tmp_path, go=False) as world:
        found, _ = screen()
        first, second = await world.plan("do first"), await world.plan("wipe everything")
        for number, plan in (("1", first), ("2", second)):
            found.show(TerminalNews("new", number, await card(world, plan)))
        assert found.posts[-1] == await card(world, second)
        found.show(TerminalNews("changed", "1", await card(world, first)))
        assert found.posts[-1] == await card(world, first)


def test_a_whisper_is_printed_and_is_no_post() -> None:
    """What one person is told has no buttons to be typed."""
    found, printed = screen()
    found.show(TerminalNews("whisper", "", Note("answer", ("only you",))))
    assert (printed.getvalue(), found.posts) == ("only you\n", [])


async def test_it_is_quiet_when_nothing_comes_any_more() -> None:
    """The end of a script waits until all has been shown."""
    found, printed = screen()

    async def late() -> None:
        await asyncio.sleep(0.2)
        found.show(TerminalNews("new", "1", Note("answer", ("late",))))

    later = asyncio.create_task(late())
    await found.until_quiet()
    assert printed.getvalue() == "late\n"
    await later
