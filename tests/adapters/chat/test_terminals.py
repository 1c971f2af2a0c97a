"""Each terminal that chats is a thread for as long as it is there."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from adapters.chat.terminals import WAITING_LIMIT, TerminalNews, Terminals
from bot.chat import Account, Note, SendLater, SendRefused, ShownCard
from orchestration.records import Showing
from tests.support.stage import until
from tests.support.wall import on_walls, planned
from tests.support.world import open_world

A, B = "terminal:a", "terminal:b"
AT = "2026-11-21T12:00:00.000Z"
NOTE = Note("answer", ("hello",))


async def test_a_terminal_gets_what_is_new_and_what_changed() -> None:
    """Each message has a name, by which its changes are known, and no other terminal sees it."""
    terminals = Terminals()
    async with aclosing(terminals.news(A)) as here, aclosing(terminals.news(B)) as there:
        assert [(await anext(news)).kind for news in (here, there)] == ["ready", "ready"]
        name = await terminals.post(A, NOTE, "k", False)
        assert await terminals.edit(A, name, Note("answer", ("bye",))) == name
        await terminals.whisper(A, Account("terminal", "root", "ana"), NOTE)
        other = await terminals.post(B, NOTE, "k", False)
        assert name != other
        assert await anext(here) == TerminalNews("new", name, NOTE)
        assert await anext(here) == TerminalNews("changed", name, Note("answer", ("bye",)))
        assert await anext(here) == TerminalNews("whisper", "", NOTE)
        assert await anext(there) == TerminalNews("new", other, NOTE)


async def test_a_terminal_that_has_gone_is_refused() -> None:
    """Before it came and after it left there is nobody to show anything to."""
    terminals = Terminals()
    with pytest.raises(SendRefused, match="gone"):
        await terminals.post(A, NOTE, "k", False)
    async with aclosing(terminals.news(A)) as here:
        await anext(here)
        await terminals.post(A, NOTE, "k", False)
    with pytest.raises(SendRefused):
        await terminals.edit(A, "0", NOTE)


async def test_a_terminal_that_does_not_read_is_not_filled_for_ever() -> None:
    """What it does not take is sent later; memory stays bounded."""
    terminals = Terminals()
    async with aclosing(terminals.news(A)) as here:
        await anext(here)
        for _ in range(WAITING_LIMIT):
            await terminals.post(A, NOTE, "k", False)
        with pytest.raises(SendLater):
            await terminals.post(A, NOTE, "k", False)
        await anext(here)
        await terminals.post(A, NOTE, "k", False)


async def test_a_decision_is_told_once(tmp_path: Path) -> None:
    """The card that is printed anew says who decided, when and why; no line of the log says it again."""
    terminals = Terminals()
    async with (
        open_world(tmp_path, go=False) as world,
        on_walls(world, {"terminal": terminals}) as chats,
        aclosing(terminals.news(A)) as here,
    ):
        await anext(here)
        plan = await planned(world, "do first", A)
        await world.vote(plan, yes=False, reason="not today")
        await until(lambda: not chats.threads.waiting, lambda: "something is left to show")
        terminals.end()
        shown = [news.post async for news in here]
    assert {type(post) for post in shown} == {ShownCard}
    assert "not today" in str(shown[-1])


async def test_a_terminal_that_leaves_costs_no_plan_its_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its thread is parked, which is nothing to warn of; the plan goes on, and another terminal can look."""
    terminals = Terminals()
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"terminal": terminals}) as chats:
        async with aclosing(terminals.news(A)) as here:
            await anext(here)
            plan = await planned(world, "do first", A)
            assert (await asyncio.wait_for(anext(here), 10)).kind == "new"
        await world.vote(plan)
        assert (await world.end(plan)).plan.verdict == "PASS"
        await until(lambda: not chats.threads.waiting, lambda: "something is left to show")
        [showing] = await world.sayso.store.find(Showing, {"plan_id": plan.id})
        assert (showing.status, chats.threads.parked) == ("parked", 0)
        assert caplog.records == []
        async with aclosing(terminals.news(B)) as there:
            await anext(there)
            await chats.threads.show(plan.id, B, AT)
            shown = await asyncio.wait_for(anext(there), 10)
            assert shown.kind == "new"
