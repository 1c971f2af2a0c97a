"""Nothing that was approved waits for ever, whatever became of what it waited for; and no damage spreads."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.storage.store import open_store
from orchestration.approval.decision import Shown, Voice
from orchestration.errors import HomeBusy
from orchestration.planning.edit import Edit
from orchestration.ports import Committed, ToolResult
from orchestration.records import Plan
from tests.support.world import EffectTool, Owner, TestClock, World, open_world, operation


def owner() -> Owner:
    """Return an owner with one operation on a target that two plans want."""
    files = Owner()
    files.catalogue["operations"]["turn"] = operation(title="Turn", says=["turn it"], target="service:x")
    return files


async def one_holds_one_waits(world: World) -> tuple[Plan, Plan]:
    """Approve two plans for one target; the first is dispatched, the second waits."""
    holder, waiter = await world.plan("turn it"), await world.plan("turn it")
    await world.vote(holder)
    await world.vote(waiter)
    assert (await world.view(waiter)).tasks[0].status == "approved"
    return holder, waiter


async def cancel(world: World, holder: Plan) -> None:
    """Cancel the plan that holds the target."""
    await world.sayso.orchestrator.cancel(holder.id, Voice("ana"))


async def damage(world: World, holder: Plan) -> None:
    """Change a byte of what is stored of the plan that holds the target."""
    with closing(sqlite3.connect(world.home.database)) as database:
        database.execute("UPDATE plans SET digest = 'x' || substr(digest, 2) WHERE id = ?", (holder.id,))
        database.commit()


@pytest.mark.parametrize("trouble", [cancel, damage])
async def test_a_target_that_is_let_go_wakes_who_waits(tmp_path: Path, trouble: Callable[..., object]) -> None:
    """Cancelled before it was claimed, or damaged in the database: the next in line goes on."""
    async with open_world(tmp_path, owner(), go=False) as world:
        holder, waiter = await one_holds_one_waits(world)
        await trouble(world, holder)  # type: ignore[misc]
        await world.sayso.go()
        assert (await world.end(waiter)).plan.verdict == "PASS"
        assert world.tool.effects() == ["turn"]


async def test_a_damaged_plan_that_waits_costs_nobody_else_a_result(tmp_path: Path) -> None:
    """The plan before it ends as it should, the damaged one fails, and the next start works."""
    async with open_world(tmp_path, owner(), go=False) as world:
        holder, waiter = await one_holds_one_waits(world)
        await damage(world, waiter)
        await world.sayso.go()
        assert (await world.end(holder)).plan.verdict == "PASS"
    async with open_world(tmp_path, owner()) as world:
        stored = await world.sayso.store.find(Plan, {"id": waiter.id})
        assert (stored[0].status, world.tool.effects()) == ("failed", ["turn"])


async def test_an_approval_that_was_not_used_in_time_has_to_be_given_again(tmp_path: Path) -> None:
    """Expiry is looked at once more when the first task is claimed."""
    async with open_world(tmp_path, go=False) as world:
        plan = await world.plan("do first")
        await world.vote(plan)
    async with open_world(tmp_path, clock=TestClock(timedelta(days=30))) as world:
        view = await world.until(plan, lambda view: view.plan.revision == 2)
        assert (view.plan.status, world.tool.effects()) == ("pending_approval", [])


async def test_a_result_that_cannot_be_stored_still_ends_its_task(tmp_path: Path) -> None:
    """A tool that reports nonsense fails its own plan and keeps nothing waiting."""
    nonsense = ToolResult("success", metrics={"huge": 2**60})
    tool = EffectTool(tmp_path / "effects.log", {"first": [nonsense]})
    async with open_world(tmp_path, tool=tool) as world:
        plan = await world.plan("do first")
        await world.vote(plan)
        view = await world.end(plan)
        assert view.plan.verdict == "FAIL"
        assert "could not be taken" in (view.tasks[0].error_message or "")


async def test_what_may_still_be_alive_is_not_started_beside_itself(tmp_path: Path) -> None:
    """An idempotent task whose end could not be confirmed is unknown, not tried again."""
    files = Owner()
    files.catalogue["operations"]["first"]["retries"] = 3
    unconfirmed = ToolResult("failed", metrics={"outcome_unknown": 1, "unconfirmed": 1})
    tool = EffectTool(tmp_path / "effects.log", {"first": [unconfirmed]})
    async with open_world(tmp_path, files, tool=tool) as world:
        plan = await world.plan("do first")
        await world.vote(plan)
        view = await world.until(plan, lambda view: view.plan.needs_person)
        assert (view.tasks[0].status, world.tool.effects()) == ("unknown", ["first"])


async def test_two_tasks_of_one_operation_each_keep_their_own_rule(tmp_path: Path) -> None:
    """What one target needs is not lost because another target of the same operation needs less."""
    files = Owner()
    where = {"type": "string", "enum": ["prod", "dev"]}
    files.catalogue["operations"]["bounce"] = operation(
        title="Bounce", says=["bounce {where}"], target="service:{where}", parameters={"where": where},
        **{"with": {"argv": ["true", "--", "{where}"]}},
    )  # fmt: skip
    strict = {"match": {"target": "service:prod"}, "need": 2, "from": ["operators"]}
    files.policy["approvals"].insert(0, strict)
    async with open_world(tmp_path, files) as world:
        for text in ("bounce prod and bounce dev", "bounce dev and bounce prod"):
            plan = await world.plan(text)
            assert (await world.vote(plan, "ben")).state == "open"
        assert world.tool.effects() == []


async def test_an_edit_down_to_what_needs_nobody_runs(tmp_path: Path) -> None:
    """A plan that is left with nothing but looking does not wait for a yes that nobody can give."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first and look around")
        shown = Shown(plan.id, 1, plan.digest)
        await world.sayso.orchestrator.asking.edit(shown, Voice("ana"), Edit(frozenset([1]), {}))
        assert (await world.end(plan)).plan.verdict == "PASS"
        assert world.tool.effects() == ["look"]


async def test_two_homes_cannot_share_one_database(tmp_path: Path) -> None:
    """A second process on the same database would take the first one's running tasks for orphans."""
    path = tmp_path / "shared.db"
    async with open_store(path):
        with pytest.raises(HomeBusy, match="in use by another Sayso"):
            async with open_store(path):
                pass


async def test_a_watcher_that_fails_keeps_nobody_else_from_hearing(tmp_path: Path, caplog: object) -> None:
    """A broken pipe in one listener neither stops the caller's answer nor the dispatch."""

    def broken(_news: Committed) -> None:
        raise BrokenPipeError

    async with open_world(tmp_path, go=False) as world:
        world.sayso.store.watch(broken)
        await world.sayso.go()
        plan = await world.plan("do first")
        await asyncio.wait_for(world.vote(plan), 5)
        assert (await world.end(plan)).plan.verdict == "PASS"
