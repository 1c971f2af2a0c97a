"""What a platform delivers takes effect once, in its order, and in spite of a restart."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import wording
from bot.chat import Account, Click, Message, SendLater, SendRefused
from bot.inbox import MESSAGES_AT_ONCE
from orchestration.errors import SaysoError, Unavailable
from orchestration.records import Incoming, Usage
from tests.support.models.scripted import ScriptedModel
from tests.support.wall import Wall, talking
from tests.support.world import World, open_world

ROOT = Account("terminal", "root", "ana")


def message(number: int, text: str, thread: str = "terminal:a") -> Message:
    """Return a message as a platform delivers it."""
    return Message(f"terminal:{thread}:{number}", thread, ROOT, text)


async def kept(world: World) -> list[Incoming]:
    """Return what was kept of all that was delivered."""
    return await world.sayso.store.find(Incoming, {}, order_by="at")


async def asked(world: World) -> list[str]:
    """Return what plans were asked for, in their order."""
    plans = await world.sayso.orchestrator.views.plans(100)
    return [(await world.view(plan)).request.text for plan in reversed(plans)]


async def test_a_message_delivered_again_takes_effect_once(tmp_path: Path) -> None:
    """However often, at once or after a restart."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        first = message(1, "do first")
        taken = await asyncio.gather(*(talk.chats.inbox.take(first) for _ in range(5)))
        await talk.chats.inbox.idle()
        assert sorted(taken) == [False, False, False, False, True]
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        assert not await talk.chats.inbox.take(first)
        assert await asked(world) == ["do first"]
        assert [row.status for row in await kept(world)] == ["done"]


async def test_what_took_effect_is_known_for_a_week(tmp_path: Path) -> None:
    """Then it is let go of, but never what still waits; and what became a request is known for ever."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await talk.chats.inbox.take(message(1, "do first"))
        await talk.chats.inbox.idle()
        waiting = Incoming("old", "terminal:z", "{}", "waiting", "2020-01-01T00:00:00.000Z")
        await world.sayso.store.tx("test", lambda tx: tx.insert(waiting))
        world.clock.moved += timedelta(days=6, hours=23)
        await talk.chats.inbox.forget_done()
        assert not await talk.chats.inbox.take(message(1, "do first"))
        world.clock.moved += timedelta(hours=2)
        await talk.chats.inbox.forget_done()
        assert await kept(world) == [waiting]
        assert await talk.chats.inbox.take(message(1, "do first"))
        await talk.chats.inbox.idle()
        assert await asked(world) == ["do first"]


async def test_messages_of_a_thread_take_effect_in_their_order(tmp_path: Path) -> None:
    """A correction that is sent right after its request finds the request; other threads do not wait."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        texts = ["tune the engine", "7", "cancel"]
        await asyncio.gather(
            *(talk.chats.inbox.take(message(number, text)) for number, text in enumerate(texts)),
            talk.chats.inbox.take(message(9, "look around", "terminal:b")),
        )
        await talk.chats.inbox.idle()
        plans = {plan.status for plan in await world.sayso.orchestrator.views.plans(9) if plan.finished_at}
        assert sorted(await asked(world)) == ["look around", "tune the engine"]
        assert "cancelled" in plans


async def test_what_was_taken_and_not_finished_is_finished_by_the_next_process(tmp_path: Path) -> None:
    """A message that was kept and acknowledged is not lost with the process that took it."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await talk.chats.inbox.take(message(1, "wipe everything"))
        await talk.chats.inbox.take(message(2, "cancel"))  # nothing was waited for
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await talk.chats.inbox.idle()
        [plan] = await world.sayso.orchestrator.views.plans(9)
        assert plan.status == "cancelled"
        assert [row.status for row in await kept(world)] == ["done", "done"]


async def test_what_took_effect_and_was_not_ticked_off_takes_effect_once(tmp_path: Path) -> None:
    """Killed between the effect and its note, the next process does it again in vain and tells nobody."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await talk.say("ana", "tune the engine")
        await talk.say("ana", "7")
        again = {"status": "waiting"}
        await world.sayso.store.tx("test", lambda tx: tx.change(Incoming, {"status": "done"}, again))
    wall = Wall()
    async with open_world(tmp_path, go=False) as world, talking(world, wall) as talk:
        await talk.chats.inbox.idle()
        assert await asked(world) == ["tune the engine"]
        assert wall.whispers == []


async def test_an_error_that_nobody_thought_of_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is in the log, its sender is told, and it does not come again at every start."""
    async with open_world(tmp_path, go=False) as world:

        async def broken(_ask: Any) -> Any:
            raise ZeroDivisionError

        monkeypatch.setattr(world.sayso.orchestrator.asking, "submit", broken)
        async with talking(world) as talk:
            with caplog.at_level(logging.ERROR):
                assert await talk.say("ana", "do first") == [wording.BROKEN]
        assert "ZeroDivisionError" in caplog.text
        assert [row.status for row in await kept(world)] == ["done"]
    wall = Wall()
    async with open_world(tmp_path, go=False) as world, talking(world, wall) as talk:
        await talk.chats.inbox.idle()
        assert wall.whispers == []


@pytest.mark.parametrize(
    ("faults", "told"),
    [([SendLater(0.0)], 1), ([SendLater(0.0), SendLater(0.0)], 0), ([SendRefused("gone")], 0), ([KeyError("ts")], 0)],
)
async def test_a_word_to_one_person_is_tried_twice(tmp_path: Path, faults: list[Exception], told: int) -> None:
    """Whatever the platform makes of it, the message took effect and the next one is heard."""
    wall = Wall()
    async with open_world(tmp_path, go=False) as world, talking(world, wall) as talk:
        wall.before["terminal:a"] += faults
        await talk.say("ana", "help")
        assert len(wall.whispers) == told
        assert len(await talk.say("ana", "agents")) == 4


LATER, GONE = SendLater(0.0), SendRefused("gone")


@pytest.mark.parametrize(
    ("faults", "where"),
    [
        ([LATER, LATER, LATER], "whispered"),
        ([LATER, LATER, SendLater(9_999)], "posted"),
        ([GONE, GONE], "posted"),
        ([GONE, GONE, GONE], "nowhere"),
    ],
)
async def test_that_a_request_came_to_nothing_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, faults: list[Exception], where: str
) -> None:
    """With patience to whoever asked; in the thread where they cannot be told; else the log has it."""
    wall = Wall()
    async with open_world(tmp_path, go=False) as world, talking(world, wall) as talk:
        wall.before["terminal:a"] += faults
        await talk.say("eve", "do first")
        told = {"whispered": len(wall.whispers), "posted": len(wall.notes("terminal:a")), "nowhere": 0}
        assert told == {"whispered": 0, "posted": 0, "nowhere": 0, **({where: 1} if where != "nowhere" else {})}
        assert ("Nobody could be told in terminal:a" in caplog.text) == (where == "nowhere")
        assert [row.status for row in await kept(world)] == ["done"]


async def test_whoever_has_to_be_told_with_patience_holds_up_nobody(tmp_path: Path) -> None:
    """While one error waits to be told, the next message of its thread takes effect; the next process tells it."""
    wall = Wall()
    async with open_world(tmp_path, go=False) as world, talking(world, wall) as talk:
        wall.before["terminal:a"] += [LATER, LATER, SendLater(60)]
        await talk.chats.inbox.take(replace(message(1, "do first"), account=Account("terminal", "root", "eve")))
        await talk.chats.inbox.take(message(2, "do first"))
        async with asyncio.timeout(20):
            while not await asked(world):  # noqa: ASYNC110 (nothing tells of it)
                await asyncio.sleep(0.01)
        assert wall.whispers == []
    async with open_world(tmp_path, go=False) as world, talking(world, wall) as talk:
        await talk.chats.inbox.idle()
        assert len(wall.whispers) == 1


async def test_what_cannot_be_kept_is_not_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the store cannot be written the platform gets an error, and delivers it again later."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        store, tx = world.sayso.store, world.sayso.store.tx

        async def full(_label: str, _use_case: Any) -> Any:
            raise Unavailable("The disk is full.")

        monkeypatch.setattr(store, "tx", full)
        with pytest.raises(SaysoError, match="full"):
            await talk.chats.inbox.take(message(1, "do first"))
        monkeypatch.setattr(store, "tx", tx)
        assert await talk.chats.inbox.take(message(1, "do first"))
        await talk.chats.inbox.idle()
        assert await asked(world) == ["do first"]


async def test_nothing_is_at_work_after_the_end(tmp_path: Path) -> None:
    """Closing stops all that waits its turn, not the last of it only."""
    wall = Wall(gates={"terminal:a": asyncio.Event()})
    async with open_world(tmp_path, go=False) as world:
        before = asyncio.all_tasks()
        async with talking(world, wall) as talk:
            for number in range(4):
                await talk.chats.inbox.take(message(number, "help"))
            await asyncio.sleep(0.05)
        assert {task for task in asyncio.all_tasks() - before if "inbox" in str(task.get_coro())} == set()


async def test_a_click_is_kept_with_all_that_it_carries(tmp_path: Path) -> None:
    """Fields and the message that the button stood on come through a restart."""
    async with open_world(tmp_path, go=False) as world:
        plan = await world.plan("do first")
        async with talking(world) as talk:
            value = f"v1:reject:{plan.code}:1:{plan.digest[:12]}"
            ben = Account("terminal", "root", "ben")
            await talk.chats.inbox.take(Click("c1", "terminal:a", ben, value, {"reason": "später"}, "17"))
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await talk.chats.inbox.idle()
        view = await world.view(plan)
        assert (view.plan.status, view.votes[0].reason) == ("rejected", "später")
        assert view.votes[0].rendering.startswith("terminal:a 17")


async def test_a_click_does_not_wait_for_those_who_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many requests are at work, few are at the same time, and a decision goes its own way."""
    go, at_work, most = asyncio.Event(), 0, 0
    async with open_world(tmp_path, go=False) as world:
        plan = await world.plan("do first")
        async with talking(world) as talk:

            async def slow(_message: Message) -> None:
                nonlocal at_work, most
                at_work += 1
                most = max(most, at_work)
                await go.wait()
                at_work -= 1

            monkeypatch.setattr(talk.chats.conversation, "hear", slow)
            for number in range(5 * MESSAGES_AT_ONCE):
                await talk.chats.inbox.take(message(number, "do first", f"terminal:{number}"))
            value = f"v1:reject:{plan.code}:1:{plan.digest[:12]}"
            await talk.chats.inbox.take(Click("c1", "terminal:c", Account("terminal", "root", "ben"), value))
            async with asyncio.timeout(10):
                while (await world.view(plan)).plan.status != "rejected":  # noqa: ASYNC110 (nothing tells of it)
                    await asyncio.sleep(0.01)
            assert (at_work, most) == (MESSAGES_AT_ONCE, MESSAGES_AT_ONCE)
            go.set()
            await talk.chats.inbox.idle()


async def test_who_waits_for_a_model_is_told(tmp_path: Path) -> None:
    """A request that a model takes its time over is not met with silence; what the rules read at once is."""
    model = ScriptedModel("local")
    model.hold = asyncio.Event()
    async with open_world(tmp_path, go=False, models={"local": model}) as world, talking(world) as talk:
        await talk.say("ana", "do first")
        await talk.chats.inbox.take(message(1, "tune the engine", "terminal:slow"))
        while not talk.wall.whispers:  # noqa: ASYNC110 (a wall tells nobody that it was written to)
            await asyncio.sleep(0.05)
        model.hold.set()
        await talk.chats.inbox.idle()
    assert [note.lines for _, note in talk.wall.whispers] == [(wording.READING_WITH_MODEL,)]


async def test_a_call_that_an_end_cuts_short_is_written_down(tmp_path: Path) -> None:
    """A model that was asked may have to be paid, so that ending waits for the record of it."""
    model = ScriptedModel("local")
    model.hold = asyncio.Event()
    async with open_world(tmp_path, go=False, models={"local": model}) as world, talking(world) as talk:
        await talk.say("ana", "do first")
        await talk.chats.inbox.take(message(1, "tune the engine", "terminal:slow"))
        await model.began.wait()
        await talk.chats.inbox.close()
        assert [row.error for row in await world.sayso.store.find(Usage, {})] == ["cancelled"]
