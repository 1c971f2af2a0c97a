"""Every state of a plan has its card, its buttons and its line in the log."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import wording
from bot.buttons import read_action
from bot.chat import Note, ShownCard
from bot.posts import Posts, rendering
from orchestration.approval.decision import Shown, Voice
from orchestration.dispatch.agents import Agent, Resources
from orchestration.planning.edit import Edit
from orchestration.ports import Progress, ToolResult
from orchestration.records import Plan, Request
from tests.support.wall import asked
from tests.support.world import EffectTool, Owner, TestClock, World, open_world, operation

PENDING = ["Approve", "Reject", "Edit", "Details"]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A world that dispatches."""
    async with open_world(tmp_path, owner()) as found:
        yield found


def owner() -> Owner:
    """An owner with something that can be undone."""
    files = Owner()
    files.catalogue["operations"]["first"]["undo"] = "second"
    files.catalogue["operations"]["once"]["says"] = ["copy the photos"]
    files.catalogue["operations"]["locked"] = operation(title="Locked", says=["locked thing"], target="service:y")
    return files


def posts(world: World) -> Posts:
    """Return what makes the posts of a world."""
    return Posts(world.sayso.orchestrator.views, world.sayso.setting.rules, world.clock)


async def shown(world: World, plan: Plan) -> ShownCard:
    """Return the card of a plan as it is now."""
    return await posts(world).shown(await world.view(plan), {})


async def log(world: World, plan: Plan) -> list[Note]:
    """Return the whole log of a plan."""
    view = await world.view(plan)
    events = await world.sayso.orchestrator.views.events(plan.id)
    return [note for event in events if (note := posts(world).note(event, view))]


def labels(post: ShownCard | Note) -> list[str]:
    """Return the words on the buttons."""
    return [button.label for button in post.buttons]


async def test_a_pending_plan(world: World) -> None:
    """It can be approved, rejected, edited and looked into, in exactly this version; the log says nothing yet."""
    plan = await world.plan("do first")
    card = await shown(world, plan)
    assert (card.card.status, labels(card)) == ("pending_approval", PENDING)
    assert {(read_action(button.value).subject, read_action(button.value).revision) for button in card.buttons} == {
        (plan.code, 1)
    }
    assert [button.form for button in card.buttons] == ["", "reject", "edit", ""]
    assert await log(world, plan) == []


@pytest.mark.parametrize(
    ("text", "asks"), [("do first", False), ("wipe everything", True), ("do first in production", True)]
)
async def test_a_risky_yes_is_asked_once_more(tmp_path: Path, text: str, asks: bool) -> None:
    """From high risk up the Approve button asks before it counts, whether the operation or a word makes it so."""
    async with open_world(tmp_path, go=False) as world:
        answer = await world.ask(text)
        if answer.plan is None:
            pytest.skip(f"«{text}» is asked back")
        [approve, *_] = (await shown(world, answer.plan)).buttons
    assert bool(approve.confirm) == asks


async def test_a_yes_that_is_not_enough(world: World) -> None:
    """The card names who said yes, and the buttons stay."""
    plan = await world.plan("wipe everything")
    before = rendering(await shown(world, plan))
    await world.vote(plan)
    card = await shown(world, plan)
    assert card.card.votes[0].startswith("Ben said yes today ")
    assert labels(card) == PENDING
    assert rendering(card) != before
    assert await log(world, plan) == []


async def test_a_plan_that_runs(tmp_path: Path) -> None:
    """It can be cancelled, after a question; its progress is on the card, its start in the log."""
    tool = EffectTool(tmp_path / "effects.log")
    tool.hold = asyncio.Event()
    async with open_world(tmp_path, tool=tool) as world:
        plan = await world.plan("do first and do second")
        await world.vote(plan)
        await tool.started.wait()
        view = await world.view(plan)
        progress = {view.attempts[0].id: Progress(view.attempts[0].id, 3, 6, "merging\u200b")}
        card = await posts(world).shown(view, progress)
        assert labels(card) == ["Cancel", "Details"]
        assert card.buttons[0].confirm
        assert [task.status for task in card.card.tasks] == ["running", "approved"]
        assert (card.card.tasks[0].doing, card.card.tasks[0].part) == ("3 of 6  merging\\u{200b}", 0.5)
        [note] = await log(world, plan)
        assert note.kind == "started"
        assert "Approved by Ben" in note.lines[0]
        tool.hold.set()
        await world.end(plan)


async def test_a_plan_that_passed(world: World) -> None:
    """The verdict closes the log, with the evidence; there is nothing to retry or undo."""
    plan = await world.plan("do first")
    await world.vote(plan)
    await world.end(plan)
    started, ended = await log(world, plan)
    assert (started.kind, ended.kind, labels(ended)) == ("started", "ended", [])
    assert ended.lines[-1].startswith(f"PASS · {plan.code} · 1 of 1 task")
    assert [file.path for file in ended.files] == [f"{plan.id}/evidence.json"]
    assert labels(await shown(world, plan)) == ["Details"]


async def test_what_was_looked_at_is_in_the_log(world: World) -> None:
    """A plan that only looks tells what it saw before its verdict, and nobody approved it."""
    [ended] = await log(world, (await world.end(await world.plan("look around"))).plan)
    assert ended.lines[0] == "did look"


async def test_a_plan_that_failed(tmp_path: Path) -> None:
    """The failure with what the tool printed, then the verdict with what can be done about it."""
    output = "\n".join(f"line {number}" for number in range(40)) + "\n\x1b[31mred"
    tool = EffectTool(tmp_path / "effects.log", {"second": [ToolResult("failed", 3, output, "no disk", 1234)]})
    async with open_world(tmp_path, owner(), tool=tool) as world:
        plan = await world.plan("do first and do second")
        await world.vote(plan)
        await world.end(plan)
        _, failed, ended = await log(world, plan)
    assert (failed.kind, len(failed.lines)) == ("failed", 13)
    assert f"✗ {plan.code}/2 Second failed: no disk" in failed.lines[0]
    assert failed.lines[-1] == "\\u{1b}[31mred"
    assert labels(ended) == ["Retry what failed", "Undo what was done"]
    assert any(line.startswith("FAIL") for line in ended.lines)


async def test_nothing_is_offered_to_be_undone_that_cannot_be(tmp_path: Path) -> None:
    """Where nothing completed that has an undo, only the retry is offered."""
    tool = EffectTool(tmp_path / "effects.log", {"first": [ToolResult("failed", 3, "", "no disk", 1234)]})
    async with open_world(tmp_path, owner(), tool=tool) as world:
        plan = await world.plan("do first")
        await world.vote(plan)
        await world.end(plan)
        assert labels((await log(world, plan))[-1]) == ["Retry what failed"]


async def test_what_an_undo_leaves_is_named(tmp_path: Path) -> None:
    """Of what was done, whatever has no undo is told beside the button; what only looked needs none."""
    tool = EffectTool(tmp_path / "effects.log", {"locked": [ToolResult("failed", 3, "", "no disk", 1234)]})
    async with open_world(tmp_path, owner(), tool=tool) as world:
        plan = await world.plan("do first, do second, look around and locked thing")
        await world.vote(plan)
        await world.end(plan)
        ended = (await log(world, plan))[-1]
    assert labels(ended) == ["Retry what failed", "Undo what was done"]
    assert ended.lines[-1] == "Nothing undoes 2 Second."


async def test_an_outcome_that_is_not_known(tmp_path: Path) -> None:
    """Somebody is asked, about that very task; once it is resolved nothing is asked any more."""
    tool = EffectTool(tmp_path / "effects.log", {"once": [ToolResult("timeout", error_message="took too long")]})
    async with open_world(tmp_path, owner(), tool=tool) as world:
        plan = await world.plan("copy the photos")
        await world.vote(plan)
        view = await world.until(plan, lambda view: view.plan.needs_person)
        _, asking = await log(world, plan)
        assert (asking.kind, labels(asking)) == ("unknown", ["Done", "Retry", "Abort"])
        assert {read_action(button.value).subject for button in asking.buttons} == {f"{plan.code}/1/1"}
        await world.sayso.orchestrator.resolve(view.tasks[0].id, "done", Voice("ben"))
        await world.end(plan)
        assert [note.kind for note in await log(world, plan)] == ["started", "ended"]


async def test_a_rejected_plan(world: World) -> None:
    """Who, when and why, with nothing hidden in the reason."""
    plan = await world.plan("do first")
    await world.vote(plan, yes=False, reason="not\u200b today")
    [note] = await log(world, plan)
    assert note.kind == "decided"
    assert note.lines[0].startswith(f"{plan.code}: Rejected by Ben today ")
    assert "not\\u{200b} today" in note.lines[0]
    assert labels(await shown(world, plan)) == ["Details"]


async def test_an_expired_plan(tmp_path: Path) -> None:
    """It says that nobody decided, and what to do."""
    clock = TestClock()
    async with open_world(tmp_path, clock=clock, go=False) as world:
        plan = await world.plan("do first")
        clock.moved = timedelta(days=2)
        await world.sayso.orchestrator.expire_due()
        [note] = await log(world, plan)
        assert "has expired" in note.lines[0]
        assert labels(await shown(world, plan)) == ["Details"]


async def test_a_cancelled_plan(world: World) -> None:
    """Who stopped it."""
    plan = await world.plan("do first")
    await world.sayso.orchestrator.cancel(plan.id, Voice("ana"))
    [note] = await log(world, plan)
    assert "was cancelled by Ana" in note.lines[0]


async def test_a_revised_plan(world: World) -> None:
    """The log tells the newest revision only, and the card says which it is."""
    plan = await world.plan("do first, do second and copy the photos")
    asking = world.sayso.orchestrator.asking
    second = await asking.edit(Shown(plan.id, 1, plan.digest), Voice("cem"), Edit(frozenset([3]), {}))
    await asking.edit(Shown(plan.id, 2, second.digest), Voice("ben"), Edit(frozenset([2]), {}))
    [note] = await log(world, plan)
    assert note.lines[0].startswith(f"Ben changed {plan.code}: this is revision 3")
    assert (await shown(world, plan)).card.revision == 3


async def test_a_plan_that_is_asked_for_again(tmp_path: Path) -> None:
    """An approval that was not used in time is told as that, and nobody is said to have changed anything."""
    async with open_world(tmp_path, go=False) as world:
        plan = await world.plan("do first")
        await world.vote(plan)
    async with open_world(tmp_path, clock=TestClock(timedelta(days=30))) as world:
        await world.until(plan, lambda view: view.plan.revision == 2)
        [note] = await log(world, plan)
        assert "is open again, as revision 2" in note.lines[0]
        assert labels(await shown(world, plan)) == PENDING


async def test_a_plan_that_nobody_can_carry_out_just_now(tmp_path: Path) -> None:
    """It is paused, says why on the card and in the log, and goes on by itself."""
    idle = [Agent("code-1", "code", frozenset({"command"}), Resources(4, 4))]
    async with open_world(tmp_path, agents=idle) as world:
        plan = await world.plan("do first")
        await world.vote(plan)
        await world.until(plan, lambda view: view.plan.status == "paused")
        card = await shown(world, plan)
        assert card.card.notice[0].startswith("Paused: ")
        assert labels(card) == ["Cancel", "Details"]
        _, paused = await log(world, plan)
        assert (paused.kind, f"{plan.code} is paused: " in paused.lines[0]) == ("changed", True)


async def test_a_plan_that_waits_for_a_target(tmp_path: Path) -> None:
    """Its card says for what and for whom."""
    tool = EffectTool(tmp_path / "effects.log")
    tool.hold = asyncio.Event()
    async with open_world(tmp_path, owner(), tool=tool) as world:
        holder, waiter = await world.plan("locked thing"), await world.plan("locked thing")
        await world.vote(holder)
        await world.vote(waiter)
        [notice] = (await shown(world, waiter)).card.notice
        assert "waits for service:y" in notice
        assert holder.code in notice
        assert (await shown(world, holder)).card.notice == ()
        tool.hold.set()
        await world.end(waiter)
        assert (await shown(world, waiter)).card.notice == ()


async def test_a_hold_is_on_every_card_that_it_concerns(tmp_path: Path) -> None:
    """Who keeps everything from starting stands on what was approved, and not on what waits for a yes."""
    async with open_world(tmp_path) as world:
        await world.sayso.operating.hold(Voice("ben"))
        approved, pending = await world.plan("do first"), await world.plan("do second")
        await world.vote(approved)
        assert (await shown(world, approved)).card.notice == (wording.on_hold("Ben"),)
        assert (await shown(world, pending)).card.notice == ()
        await world.sayso.operating.release(Voice("ben"))
        await world.end(approved)


async def test_what_is_asked_back(world: World) -> None:
    """The questions on a line each, the choices as buttons."""
    answer = await asked(world, "tune the engine", "wall:a")
    note = posts(world).answer(await _request(world, answer.request_id))
    assert (note.kind, note.lines) == ("question", ("How fast?",))


async def test_what_cannot_be_done(world: World) -> None:
    """What was said is quoted, and what comes nearest named."""
    answer = await asked(world, "order a pizza\u200b", "wall:a")
    note = posts(world).answer(await _request(world, answer.request_id))
    assert note.kind == "refused"
    assert "Nothing was changed" in note.lines[0]
    assert "\u200b" not in "".join(note.lines)


async def _request(world: World, request_id: str) -> Request:
    return (await world.sayso.store.find(Request, {"id": request_id}))[0]


async def test_the_same_state_is_the_same_post(world: World) -> None:
    """A rendering is a function of what is stored."""
    plan = await world.plan("do first")
    assert rendering(await shown(world, plan)) == rendering(await shown(world, plan))
