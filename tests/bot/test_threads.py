"""What happened comes into the threads where it was asked: the last state always, the log in order, nothing twice."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest

from bot.chat import Note, Pace, SendLater, SendRefused
from orchestration.approval.decision import Shown, Voice
from orchestration.asking import Ask
from orchestration.planning.edit import Edit
from orchestration.ports import Progress, ToolResult
from orchestration.records import Attempt, Outgoing, Showing
from tests.support.stage import until
from tests.support.wall import Wall, asked, on_walls, planned, shown
from tests.support.world import EffectTool, Owner, open_world

A, B = "wall:a", "wall:b"
AT = "2026-11-21T12:00:00.000Z"


async def seen(wall: Wall, is_so: Callable[[], bool]) -> None:
    """Wait until a wall looks so."""
    await until(is_so, lambda: "\n".join(f"{one.thread} {one.key} {one.post}" for one in wall.messages))


def card_of(wall: Wall, thread: str, status: str) -> Callable[[], bool]:
    """Return whether the only card of a thread says this."""
    return lambda: [card.status for card in wall.cards(thread)] == [status]


async def test_a_plan_has_one_card_and_a_log_in_order(tmp_path: Path) -> None:
    """The card is overwritten, the log is told in the order of what happened, and then the thread is let go of."""
    wall = Wall()
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}) as chats:
        plan = await planned(world, "do first and do second", A)
        await seen(wall, card_of(wall, A, "pending_approval"))
        await world.vote(plan)
        await seen(wall, lambda: wall.kinds(A) == ["started", "ended"])
        assert card_of(wall, A, "completed")()
        assert (wall.notes(A)[-1].lines[-1]).startswith(f"PASS · {plan.code} · 2 of 2 tasks")
        await until(lambda: not chats.threads.waiting, lambda: "something is left to show")
        assert (await shown(world, plan, A)).status == "ended"


async def test_what_was_overtaken_is_never_sent(tmp_path: Path) -> None:
    """While a thread is slow a plan comes to its end; then two writes bring its card there, the last state last."""
    wall = Wall(gates={A: asyncio.Event()})
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}):
        plan = await planned(world, "do first and do second", A)
        await until(lambda: wall.in_flight[A] == 1, lambda: "nothing was sent")
        await world.vote(plan)
        await world.end(plan)
        wall.gates[A].set()
        await seen(wall, lambda: wall.kinds(A) == ["started", "ended"])
        assert [call.kind for call in wall.calls if call.post in [one.post for one in wall.messages]].count("edit") == 1
        assert card_of(wall, A, "completed")()
        assert len(wall.calls) == 4
        assert wall.most_in_flight[A] == 1


async def test_a_slow_thread_holds_back_no_other(tmp_path: Path) -> None:
    """One thread that takes for ever changes nothing for the next."""
    wall = Wall(gates={A: asyncio.Event()})
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}):
        await planned(world, "do first", A)
        other = await planned(world, "do first", B)
        await world.vote(other)
        await seen(wall, lambda: wall.kinds(B) == ["started", "ended"])
        assert wall.cards(A) == []
        wall.gates[A].set()
        await seen(wall, card_of(wall, A, "pending_approval"))


async def test_a_plan_is_shown_in_every_thread_that_asked_to_see_it(tmp_path: Path) -> None:
    """Both threads have the card and the log; `show` again puts a new card at the end."""
    wall = Wall()
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}) as chats:
        plan = await planned(world, "do first", A)
        await chats.threads.show(plan.id, B, AT)
        await seen(wall, card_of(wall, B, "pending_approval"))
        await chats.threads.show(plan.id, A, AT)
        await seen(wall, lambda: len(wall.cards(A)) == 2)
        await world.vote(plan)
        await seen(wall, lambda: wall.kinds(A) == wall.kinds(B) == ["started", "ended"])
        assert [card.status for card in wall.cards(A)] == ["pending_approval", "completed"]


async def test_a_card_that_is_slow_to_come_comes_once(tmp_path: Path) -> None:
    """A thread that is to show a plan for the first time posts one card, however long that takes."""
    wall = Wall(gates={B: asyncio.Event()})
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}) as chats:
        plan = await planned(world, "do first", A)
        await chats.threads.show(plan.id, B, AT)
        await asyncio.sleep(0.05)
        wall.gates[B].set()
        await until(lambda: not chats.threads.waiting, lambda: "something is left to show")
        assert card_of(wall, B, "pending_approval")()
        assert (await shown(world, plan, B)).message == "1"


async def test_a_card_that_is_asked_for_while_it_is_written_comes_anew(tmp_path: Path) -> None:
    """`show` is not swallowed by a write that was under way."""
    wall = Wall()
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}) as chats:
        plan = await planned(world, "wipe everything", A)
        await seen(wall, card_of(wall, A, "pending_approval"))
        wall.gates[A] = asyncio.Event()
        await world.vote(plan)
        await until(lambda: wall.in_flight[A] == 1, lambda: "nothing was sent")
        await chats.threads.show(plan.id, A, AT)
        wall.gates[A].set()
        await seen(wall, lambda: len(wall.cards(A)) == 2)
        assert wall.cards(A)[-1].votes


class Channel(Wall):
    """A wall on which a card that stands in a channel has a thread of its own below it."""

    def below(self, thread: str, message: str) -> str:
        """Return that thread; only `wall:a` is a channel."""
        return f"{thread}/{message}" if thread == A else thread


async def test_a_plan_goes_on_in_the_thread_below_its_card(tmp_path: Path) -> None:
    """A card in a channel is edited there; what follows, and what is said to it, is below it, also after a restart."""
    wall = Channel()
    below = f"{A}/0"
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}) as chats:
        plan = await world.plan("do first and do second")
        await chats.threads.show(plan.id, A, AT)
        await until(lambda: not chats.threads.waiting, lambda: "something is left to show")
        here = await world.sayso.orchestrator.views.in_thread(below)
        assert here.plan is not None
        assert here.plan.id == plan.id
        assert await chats.threads.has(below)
        assert await chats.threads.rendering(plan.id, A, "0") == (await shown(world, plan, below)).rendering
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}):
        await world.vote(plan)
        await seen(wall, lambda: wall.kinds(below) == ["started", "ended"])
        assert card_of(wall, A, "completed")()
        assert (wall.kinds(A), len(wall.cards(below))) == ([], 0)


# ------------------------------------------------------------------------------------------------- troubles


async def test_what_cannot_be_sent_now_is_sent_later(tmp_path: Path) -> None:
    """A platform that is busy gets the last state in the end, and nothing of the log is lost."""
    wall = Wall()
    wall.before[A] = [SendLater(0.01), SendLater(0.01)]
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}):
        plan = await planned(world, "do first", A)
        await world.vote(plan)
        await seen(wall, lambda: wall.kinds(A) == ["started", "ended"])
        assert card_of(wall, A, "completed")()


async def test_what_may_have_been_posted_is_looked_for_first(tmp_path: Path) -> None:
    """An answer that got lost makes no second message, and a card that was found is brought up to date."""
    wall = Wall()
    wall.after[A] = [SendLater(0.01, is_in_doubt=True)]
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}):
        plan = await planned(world, "do first", A)
        await until(lambda: len(wall.calls) == 1, lambda: "nothing was sent")
        await world.vote(plan)
        await seen(wall, lambda: wall.kinds(A) == ["started", "ended"] and card_of(wall, A, "completed")())
        wall.after[B] = [SendLater(0.01, is_in_doubt=True)]
        await asked(world, "pizza", B)
        await until(lambda: len([call for call in wall.calls if call.thread == B]) == 2, lambda: "was not tried again")
        assert wall.kinds(B) == ["refused"]


async def test_a_refused_thread_is_parked_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A platform that takes nothing more in a thread costs that thread its messages, and no plan its end."""
    wall = Wall()
    wall.before[A] = [SendRefused("the bot was removed")]
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}) as chats:
        lost, other = await planned(world, "do first", A), await planned(world, "look around", B)
        await seen(wall, lambda: "ended" in wall.kinds(B))
        await until(lambda: not chats.threads.waiting, lambda: "something is left to show")
        assert chats.threads.parked == 1
        assert f"Nothing more is shown in {A}: the bot was removed" in caplog.text
        parked = await shown(world, lost, A)
        assert (parked.status, parked.problem) == ("parked", "the bot was removed")
        assert (await shown(world, other, B)).status == "ended"
        await world.vote(lost)
        assert (await world.end(lost)).plan.verdict == "PASS"
        await chats.threads.show(lost.id, B, AT)
        await seen(wall, lambda: len(wall.cards(B)) == 2)


async def test_a_platform_that_breaks_is_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """An error that nobody thought of is in the log, and the message comes."""
    wall = Wall()
    wall.before[A] = [KeyError("ts")]
    with caplog.at_level(logging.ERROR):
        async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}):
            await planned(world, "do first", A)
            await seen(wall, card_of(wall, A, "pending_approval"))
    assert "could not be shown" in caplog.text


async def test_a_damaged_plan_is_told_once_and_let_go_of(tmp_path: Path) -> None:
    """Stored content that contradicts itself is not shown; its thread is told, and others go on."""
    wall = Wall()
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}) as chats:
        plan = await planned(world, "do first", A)
        await seen(wall, card_of(wall, A, "pending_approval"))
        with closing(sqlite3.connect(world.home.database)) as database:
            database.execute("UPDATE plans SET digest = 'x' || substr(digest, 2) WHERE id = ?", (plan.id,))
            database.commit()
        await world.sayso.orchestrator.asking.submit(Ask("do first", Voice("ana"), "k", {}, A))
        await chats.threads.show(plan.id, A, AT)
        await seen(wall, lambda: wall.kinds(A) == ["error"])
        assert plan.code in wall.notes(A)[0].lines[0]
        await until(lambda: not chats.threads.waiting, lambda: "something is left to show")
        assert (await shown(world, plan, A)).status == "parked"


# ------------------------------------------------------------------------------------------------- restarts


async def test_a_restart_goes_on_without_a_second_card(tmp_path: Path) -> None:
    """What an earlier process had shown is overwritten, and its log goes on where it stopped."""
    wall = Wall()
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}):
        plan = await planned(world, "wipe everything", A)
        await world.vote(plan)
        await seen(wall, lambda: bool(wall.cards(A) and wall.cards(A)[0].votes))
    writes = len(wall.calls)
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}) as chats:
        await until(lambda: not chats.threads.waiting, lambda: "something is left to show")
        assert len(wall.calls) == writes
        await world.vote(plan, "cem")
        await seen(wall, lambda: wall.kinds(A) == ["started", "ended"])
        assert card_of(wall, A, "completed")()


async def test_what_happened_while_nobody_could_show_it_is_shown_at_the_next_start(tmp_path: Path) -> None:
    """A platform that was away finds the card's last state, the whole log, and what was asked back."""
    wall = Wall()
    async with open_world(tmp_path) as world:
        plan = await planned(world, "do first", A)
        await world.vote(plan)
        await world.end(plan)
        await asked(world, "pizza", B)
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}):
        await seen(wall, lambda: wall.kinds(A) == ["started", "ended"] and wall.kinds(B) == ["refused"])
        assert card_of(wall, A, "completed")()
        outgoing = await world.sayso.store.find(Outgoing, {"lane": "chat"})
        assert [message.status for message in outgoing] == ["delivered"]


async def test_a_card_posted_and_not_stored_is_found_and_brought_up_to_date(tmp_path: Path) -> None:
    """Killed between the post and its record, the next process overwrites that very message."""
    wall = Wall()
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}):
        plan = await planned(world, "do first", A)
        await seen(wall, card_of(wall, A, "pending_approval"))
        await until(lambda: bool(wall.calls), lambda: "")
    async with open_world(tmp_path, go=False) as world:
        where = {"plan_id": plan.id}
        forgotten = {"message": "", "rendering": "", "shown": 0, "told": 0}
        await world.sayso.store.tx("test", lambda tx: tx.change(Showing, where, forgotten))
        await world.vote(plan)
        async with on_walls(world, {"wall": wall}):
            await seen(wall, lambda: wall.kinds(A) == ["started", "ended"])
            assert card_of(wall, A, "completed")()


async def test_last_words_are_said_before_the_end(tmp_path: Path) -> None:
    """What can still be shown when Sayso is stopped is shown."""
    wall = Wall(pace=Pace(per_second=20, burst=1, thread_seconds=0))
    async with open_world(tmp_path, go=False) as world:
        async with on_walls(world, {"wall": wall}):
            plan = await planned(world, "do first", A)
            await world.vote(plan)
            await world.end(plan)
        assert wall.kinds(A) == ["started", "ended"]
        assert card_of(wall, A, "completed")()


# ------------------------------------------------------------------------------------------ what cannot wait


async def test_progress_waits_and_the_end_does_not(tmp_path: Path) -> None:
    """Where a thread may be written to once in a thousand seconds, decisions and ends come through all the same."""
    wall = Wall(pace=Pace(per_second=10_000, burst=10_000, thread_seconds=1_000))
    tool = EffectTool(tmp_path / "effects.log")
    tool.hold = asyncio.Event()
    async with open_world(tmp_path, tool=tool, go=False) as world, on_walls(world, {"wall": wall}) as chats:
        plan = await planned(world, "do first", A)
        await world.vote(plan)
        await tool.started.wait()
        await seen(wall, lambda: wall.kinds(A) == ["started"])
        [attempt] = await world.sayso.store.find(Attempt, {"plan_id": plan.id})
        writes = len(wall.calls)
        for done in range(50):
            chats.threads.progressed(Progress(attempt.id, done, 50, "copying"))
            await asyncio.sleep(0)
        assert len(wall.calls) == writes
        await asked(world, "pizza", A)
        await seen(wall, lambda: wall.kinds(A) == ["started", "refused"])
        tool.hold.set()
        await seen(wall, lambda: wall.kinds(A) == ["started", "refused", "ended"])
        assert card_of(wall, A, "completed")()


async def test_progress_is_shown_as_it_is_last(tmp_path: Path) -> None:
    """Of many steps the newest is shown, with how far it is."""
    wall = Wall(pace=Pace(per_second=10_000, burst=10_000, thread_seconds=0.05))
    tool = EffectTool(tmp_path / "effects.log")
    tool.hold = asyncio.Event()
    async with open_world(tmp_path, tool=tool, go=False) as world, on_walls(world, {"wall": wall}) as chats:
        plan = await planned(world, "do first", A)
        await world.vote(plan)
        await tool.started.wait()
        [attempt] = await world.sayso.store.find(Attempt, {"plan_id": plan.id})
        for done in range(51):
            chats.threads.progressed(Progress(attempt.id, done, 50, "copying"))
        await seen(wall, lambda: [card.tasks[0].doing for card in wall.cards(A)] == ["50 of 50  copying"])
        assert wall.cards(A)[0].tasks[0].part == 1.0
        assert len(wall.calls) <= 5
        tool.hold.set()
        await seen(wall, lambda: "ended" in wall.kinds(A))


async def test_a_failure_comes_before_the_end(tmp_path: Path) -> None:
    """A task that fails is told at once, though the rest of its plan goes on."""
    wall = Wall(pace=Pace(per_second=10_000, burst=10_000, thread_seconds=1_000))
    tool = EffectTool(tmp_path / "effects.log", {"first": [ToolResult("failed", 1, "", "no disk")]})
    async with open_world(tmp_path, tool=tool, go=False) as world, on_walls(world, {"wall": wall}):
        await world.vote(await planned(world, "do first", A))
        await seen(wall, lambda: wall.kinds(A) == ["started", "failed", "ended"])


# -------------------------------------------------------------------------------------------------- questions


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_what_became_of_a_task_is_asked_until_somebody_says(tmp_path: Path, is_restarted: bool) -> None:
    """Then the question says who said what, in every thread that has it, and offers nothing more to press."""
    wall, tool, owner = Wall(), EffectTool(tmp_path / "effects.log"), Owner()
    owner.catalogue["operations"]["first"]["effect"] = "at_most_once"
    tool.hold = asyncio.Event()
    async with open_world(tmp_path, owner, tool=tool, go=False) as world, on_walls(world, {"wall": wall}) as chats:
        plan = await planned(world, "do first", A)
        await chats.threads.show(plan.id, B, AT)
        await world.vote(plan)
        await tool.started.wait()
    async with AsyncExitStack() as stack:
        for _ in range(2 if is_restarted else 1):
            await stack.aclose()
            world = await stack.enter_async_context(open_world(tmp_path, owner, go=False))
            await stack.enter_async_context(on_walls(world, {"wall": wall}))
            await seen(wall, lambda: wall.kinds(A) == wall.kinds(B) == ["started", "unknown"])
        [task] = (await world.view(plan)).tasks
        wall.before[A] = [SendLater(0.01)]
        await world.sayso.orchestrator.resolve(task.id, "done", Voice("ben"))
        await seen(wall, lambda: wall.kinds(A) == wall.kinds(B) == ["started", "decided", "ended"])
        asked = wall.notes(A)[1]
        assert asked.lines[0].endswith("Ben looked and said: it took effect.")
        assert asked.buttons == ()


async def test_a_question_that_was_answered_meanwhile_is_not_asked(tmp_path: Path) -> None:
    """What was answered before it could be shown, and what was asked anew, is not shown any more."""
    wall = Wall(gates={A: asyncio.Event()})
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}):
        await planned(world, "do first", A)  # its card is under way, and holds the thread
        await until(lambda: wall.in_flight[A] == 1, lambda: "nothing was sent")
        question = await asked(world, "tune the engine", A)
        asking = world.sayso.orchestrator.asking
        answered = await asking.answer(question.request_id, Ask("7", Voice("ana"), "again", {}, A))
        assert answered is not None
        assert answered.plan is not None
        wall.gates[A].set()
        await seen(wall, lambda: len(wall.cards(A)) == 2)
        assert wall.kinds(A) == []
        [outgoing] = await world.sayso.store.find(Outgoing, {"lane": "chat"})
        assert outgoing.status == "withdrawn"


async def test_an_edit_is_told_with_its_author(tmp_path: Path) -> None:
    """A new revision says whose it is, and that votes and buttons of the old one are void."""
    wall = Wall()
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}):
        plan = await planned(world, "do first and do second", A)
        edit = Edit(frozenset([2]), {})
        await world.sayso.orchestrator.asking.edit(Shown(plan.id, 1, plan.digest), Voice("cem"), edit)
        await seen(wall, lambda: wall.kinds(A) == ["changed"])
        assert wall.notes(A)[0].lines[0].startswith(f"Cem changed {plan.code}: this is revision 2")
        assert wall.cards(A)[0].revision == 2


# ------------------------------------------------------------------------------------------------------ many


@pytest.mark.slow
async def test_five_hundred_plans_keep_within_the_pace(tmp_path: Path) -> None:
    """However much happens, no more is written than the platform takes, and every end is shown."""
    pace = Pace(per_second=100, burst=50, thread_seconds=1, reserved=20)
    wall, owner = Wall(pace=pace), Owner()
    owner.policy["limits"] = {"requests_per_minute": 1_000}
    async with open_world(tmp_path, owner, go=False) as world, on_walls(world, {"wall": wall}) as chats:
        began = asyncio.get_running_loop().time()
        for number in range(500):
            await planned(world, "look around", f"wall:{number}")
        await until(
            lambda: sum(call.post.kind == "ended" for call in wall.calls if isinstance(call.post, Note)) == 500,
            lambda: f"{chats.threads.waiting} threads wait",
            60,
        )
        await until(lambda: not chats.threads.waiting, lambda: f"{chats.threads.waiting} threads wait", 60)
        seconds = asyncio.get_running_loop().time() - began
        assert len(wall.calls) <= pace.burst + pace.per_second * seconds + 1
        for number in range(500):
            assert card_of(wall, f"wall:{number}", "completed")()
            assert wall.kinds(f"wall:{number}") == ["ended"]
