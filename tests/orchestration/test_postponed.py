"""A task whose budget is spent waits for a new one: it has not failed, its plan says why, and goes on by itself."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.waiting import standstill
from orchestration.approval.decision import Voice
from orchestration.canonical import parse
from orchestration.ports import ToolResult, moment, timestamp
from orchestration.records import Event, EvidenceRecord, Performance, Plan
from orchestration.views import View
from tests.orchestration.test_operating import reload
from tests.support.gates import GateTool, agent, owner
from tests.support.world import Owner, TestClock, World, open_world

WHY = "The month's budget is spent. It begins anew on 2099-01-01 (UTC)."
LATER = timedelta(days=3)
BY_ITSELF = "The plan goes on by itself then."


def postponed(until: timedelta = LATER) -> ToolResult:
    """Return the result of a tool that could not afford it."""
    return ToolResult("postponed", error_message=WHY, until=timestamp(datetime.now(UTC) + until))


def tool(folder: Path, *results: ToolResult, operation: str = "touch_alpha") -> GateTool:
    """Return a tool that ends so, then well."""
    return GateTool(folder / "effects.log", {operation: list(results)})


def is_paused(view: View) -> bool:
    """Whether a plan is paused."""
    return view.plan.status == "paused"


async def pauses(world: World, text: str = "touch alpha") -> View:
    """Ask for something, approve it, and return its plan once it is paused."""
    plan = await world.plan(text)
    await world.vote(plan)
    return await world.until(plan, is_paused)


def bodies(events: Sequence[Event], name: str) -> list[dict[str, Any]]:
    """Return what events of a name say."""
    return [parse(event.body) for event in events if event.name == name]


async def test_the_plan_pauses_and_says_why(tmp_path: Path) -> None:
    """The task is approved again for later, the plan paused with the reason, and whoever looks reads it."""
    async with open_world(tmp_path, owner(), tool=tool(tmp_path, postponed())) as world:
        view = await pauses(world)
        task = view.tasks[0]
        assert (task.status, task.postponed, task.error_message, view.plan.reason) == ("approved", WHY, None, WHY)
        assert standstill(view) == [f"Paused: {WHY} {BY_ITSELF}"]
        events = await world.sayso.orchestrator.views.events(view.plan.id)
        [paused] = bodies(events, "plan.paused")
        assert (paused["reason"], paused["until"]) == (WHY, task.not_before)
        [finished] = bodies(events, "task.finished")
        assert (finished["status"], finished["postponed"]) == ("approved", True)


async def test_it_goes_on_by_itself_when_its_time_has_come(tmp_path: Path) -> None:
    """Nothing runs before; then it runs, and the evidence knows of one attempt and no retry."""
    held = tool(tmp_path, postponed())
    async with open_world(tmp_path, owner(), tool=held) as world:
        plan = (await pauses(world)).plan
        world.clock.moved = LATER - timedelta(hours=1)
        await world.sayso.retries.retry_due()
        assert (len(held.begun), (await world.view(plan)).plan.status) == (1, "paused")
        world.clock.moved = LATER + timedelta(seconds=5)
        await world.sayso.retries.retry_due()
        view = await world.end(plan)
        [stored] = await world.sayso.store.find(EvidenceRecord, {})
        names = await world.event_names(plan)
    assert (view.plan.verdict, view.plan.reason) == ("PASS", "1 of 1 succeeded.")
    assert (names.count("plan.paused"), names.count("plan.resumed")) == (1, 1)
    budget = parse(stored.document)["governance"]["budget"]
    assert (budget["attempts_total"], budget["retries_used_total"]) == (1, 0)


async def test_the_timer_wakes_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to ask: a time that is over by then is waited for as long as any retry, and no longer."""
    monkeypatch.setattr("orchestration.dispatch.outcome.LONGEST_SECONDS", 0.05)
    async with open_world(tmp_path, owner(), tool=tool(tmp_path, postponed(-LATER), postponed(-LATER))) as world:
        plan = await world.plan("touch alpha")
        await world.vote(plan)
        view = await world.end(plan)
    assert (view.plan.verdict, view.tasks[0].attempts) == ("PASS", 3)


async def test_a_time_that_is_over_does_not_make_it_spin(tmp_path: Path) -> None:
    """It waits for a minute at least."""
    async with open_world(tmp_path, owner(), tool=tool(tmp_path, postponed(-LATER))) as world:
        view = await pauses(world)
    waits = moment(view.tasks[0].not_before or "") - moment(view.attempts[0].finished_at or "")
    assert waits == timedelta(minutes=1)


async def test_the_wait_outlives_a_restart(tmp_path: Path) -> None:
    """A restart before the time does not try again; one after it does."""
    async with open_world(tmp_path, owner(), tool=tool(tmp_path, postponed())) as world:
        plan = (await pauses(world)).plan
    again = tool(tmp_path)
    async with open_world(tmp_path, owner(), tool=again) as world:
        assert is_paused(await world.view(plan))
        assert again.begun == []
    async with open_world(tmp_path, owner(), tool=again, clock=TestClock(LATER + timedelta(minutes=1))) as world:
        assert (await world.end(plan)).plan.verdict == "PASS"


async def test_it_counts_neither_as_a_failure_nor_against_its_agent(tmp_path: Path) -> None:
    """Retries are for failures: one that was postponed between two of them uses up none, and no agent is avoided."""
    files = owner()
    files.catalogue["operations"]["touch_alpha"]["retries"] = 1
    failed = ToolResult("failed", 1)
    held = tool(tmp_path, postponed(), failed, failed)
    async with open_world(tmp_path, files, tool=held, agents=[agent("infra-1"), agent("infra-2")]) as world:
        view = await pauses(world)
        assert (view.tasks[0].agent_id, await world.sayso.store.find(Performance, {"failed": 1})) == (None, [])
        world.clock.moved = LATER + timedelta(seconds=5)
        await world.sayso.retries.retry_due()
        view = await world.end(view.plan)
    assert [attempt.status for attempt in view.attempts] == ["cancelled", "failed", "failed"]
    assert (view.plan.verdict, view.attempts[1].agent_id != view.attempts[2].agent_id) == ("FAIL", True)


async def test_what_may_run_once_has_not_run(tmp_path: Path) -> None:
    """A task that may run once at most is tried again too: when it was postponed, nothing was done."""
    async with open_world(tmp_path, owner(), tool=tool(tmp_path, postponed(), operation="shoot")) as world:
        plan = (await pauses(world, "shoot arrows")).plan
        world.clock.moved = LATER + timedelta(seconds=5)
        await world.sayso.retries.retry_due()
        assert (await world.end(plan)).plan.verdict == "PASS"


async def test_the_rest_of_the_plan_goes_on_first(tmp_path: Path) -> None:
    """A plan pauses when nothing of it moves; until then its card says which task waits."""
    held = tool(tmp_path, postponed())
    held.close("touch_beta")
    async with open_world(tmp_path, owner(), tool=held) as world:
        plan = await world.plan("touch alpha and touch beta")
        await world.vote(plan)
        view = await world.until(plan, lambda view: bool(standstill(view)))
        assert standstill(view) == [f"1 Touch alpha waits: {WHY} {BY_ITSELF}"]
        assert (await world.view(plan)).plan.status == "executing"
        held.open("touch_beta")
        view = await world.until(plan, is_paused)
        assert [task.status for task in view.tasks] == ["approved", "completed"]


async def test_its_target_is_free_meanwhile(tmp_path: Path) -> None:
    """Another plan changes the same thing while the first one waits."""
    async with open_world(tmp_path, owner(), tool=tool(tmp_path, postponed())) as world:
        await pauses(world)
        other = await world.plan("touch alpha")
        await world.vote(other)
        assert (await world.end(other)).plan.verdict == "PASS"


async def test_another_policy_lets_it_try_again(tmp_path: Path) -> None:
    """A reload may bring a bigger budget, so it does not wait for the month to end."""
    files = Owner()
    bigger = Owner()
    bigger.policy["limits"] = {"pending_per_person": 9}
    async with open_world(tmp_path, files, tool=tool(tmp_path, postponed(), operation="first")) as world:
        plan = (await pauses(world, "do first")).plan
        await reload(world, bigger)
        view = await world.end(plan)
    assert (view.plan.verdict, view.tasks[0].postponed, view.tasks[0].not_before) == ("PASS", None, None)


async def test_another_catalogue_does_not(tmp_path: Path) -> None:
    """It has no budget in it, and nobody is to read of a pause that ended and began."""
    other = Owner()
    other.catalogue["operations"]["second"]["title"] = "Other"
    async with open_world(tmp_path, tool=tool(tmp_path, postponed(), operation="first")) as world:
        plan = (await pauses(world, "do first")).plan
        await reload(world, other)
        assert is_paused(await world.view(plan))
        assert (await world.event_names(plan)).count("plan.resumed") == 0


async def test_it_can_be_cancelled_while_it_waits(tmp_path: Path) -> None:
    """It ends at once, and its time finds nothing to do."""
    held = tool(tmp_path, postponed())
    async with open_world(tmp_path, owner(), tool=held) as world:
        plan = (await pauses(world)).plan
        await world.sayso.orchestrator.cancel(plan.id, Voice("ana"))
        view = await world.view(plan)
        assert (view.plan.status, view.tasks[0].error_message) == ("cancelled", "Cancelled before it ran.")
        world.clock.moved = LATER * 2
        await world.sayso.retries.retry_due()
        assert len(held.begun) == 1
        assert standstill(view) == []


async def test_a_cancel_that_meets_the_end_of_the_budget_wins(tmp_path: Path) -> None:
    """What was stopped while it ran, and then had no budget, is not tried again."""
    held = tool(tmp_path, postponed())
    held.close("touch_alpha")
    async with open_world(tmp_path, owner(), tool=held) as world:
        plan = await world.plan("touch alpha")
        await world.vote(plan)
        await held.begins(1)
        cancelled = {"cancelled_by": "ana"}
        await world.sayso.store.tx("test", lambda tx: tx.change(Plan, {"id": plan.id}, cancelled))
        held.open("touch_alpha")
        assert (await world.end(plan)).plan.status == "cancelled"
