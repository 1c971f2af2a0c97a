"""What cannot be known is said to be unknown, holds its target, and waits for a person's word."""

import asyncio
from pathlib import Path

import pytest

from orchestration.approval.decision import Voice
from orchestration.errors import Conflict, NotAllowed
from orchestration.ports import ToolResult
from orchestration.records import Plan
from orchestration.views import View
from tests.support.world import EffectTool, Owner, World, open_world, operation


def needs_person(view: View) -> bool:
    """Whether a task's outcome is unknown."""
    return view.plan.needs_person


def owner() -> Owner:
    """Return an owner with a task that may run once at most, and one that follows it."""
    files = Owner()
    files.catalogue["operations"]["backup"] = operation(
        title="Back up", says=["back up"], effect="at_most_once", target="volume:x"
    )
    files.catalogue["operations"]["after"] = operation(title="After", says=["do after"], after=["backup"])
    return files


async def killed_while_running(folder: Path) -> Plan:
    """Start a plan and end the process in the middle of its first task."""
    tool = EffectTool(folder / "effects.log")
    tool.hold = asyncio.Event()
    async with open_world(folder, owner(), tool=tool) as world:
        plan = await world.plan("back up and do after")
        await world.vote(plan)
        await tool.started.wait()
    return plan


async def resolved(world: World, plan: Plan, outcome: str, person: str = "ben") -> View:
    """Say what became of the first task, and return the plan at its end."""
    view = await world.until(plan, needs_person)
    await world.sayso.orchestrator.resolve(view.tasks[0].id, outcome, Voice(person))  # type: ignore[arg-type]
    return await world.end(plan)


async def test_a_task_that_may_run_once_is_unknown_after_a_kill(tmp_path: Path) -> None:
    """It is not tried again; its dependants wait; the plan says that it needs a person."""
    plan = await killed_while_running(tmp_path)
    async with open_world(tmp_path, owner()) as world:
        view = await world.until(plan, needs_person)
        assert [task.status for task in view.tasks] == ["unknown", "approved"]
        assert (view.plan.status, world.tool.effects()) == ("executing", [])


async def test_done_goes_on_with_what_waited(tmp_path: Path) -> None:
    """`done` completes the task without running it, and its dependants run."""
    plan = await killed_while_running(tmp_path)
    async with open_world(tmp_path, owner()) as world:
        view = await resolved(world, plan, "done")
        assert (view.plan.verdict, world.tool.effects()) == ("PASS", ["after"])
        assert "task.resolved" in await world.event_names(plan)


async def test_retry_runs_it_again_as_a_new_attempt(tmp_path: Path) -> None:
    """`retry` is a person's decision to run it once more."""
    plan = await killed_while_running(tmp_path)
    async with open_world(tmp_path, owner()) as world:
        view = await resolved(world, plan, "retry")
        assert (view.plan.verdict, view.tasks[0].attempts) == ("PASS", 2)
        assert world.tool.effects() == ["backup", "after"]


async def test_abort_fails_the_task_and_skips_what_waited(tmp_path: Path) -> None:
    """`abort` gives it up."""
    plan = await killed_while_running(tmp_path)
    async with open_world(tmp_path, owner()) as world:
        view = await resolved(world, plan, "abort")
        assert ([task.status for task in view.tasks], view.plan.verdict) == (["failed", "skipped"], "FAIL")
        assert world.tool.effects() == []


async def test_only_the_requester_and_managers_may_resolve_and_only_once(tmp_path: Path) -> None:
    """A stranger's word does not count, and a resolved task cannot be resolved again."""
    plan = await killed_while_running(tmp_path)
    async with open_world(tmp_path, owner()) as world:
        with pytest.raises(NotAllowed):
            await resolved(world, plan, "done", "eve")
        view = await resolved(world, plan, "done")
        with pytest.raises(Conflict, match="not unknown"):
            await world.sayso.orchestrator.resolve(view.tasks[0].id, "retry", Voice("ben"))


async def test_an_unknown_outcome_holds_its_target(tmp_path: Path) -> None:
    """Nothing else touches a target while it is not known what happened to it."""
    plan = await killed_while_running(tmp_path)
    async with open_world(tmp_path, owner()) as world:
        await world.until(plan, needs_person)
        other = await world.plan("back up")
        await world.vote(other)
        assert (await world.view(other)).tasks[0].status == "approved"
        await resolved(world, plan, "abort")
        assert (await world.end(other)).plan.verdict == "PASS"


async def test_what_may_be_repeated_is_repeated_after_a_kill(tmp_path: Path) -> None:
    """An idempotent task that died with its process runs again by itself, as a new attempt with a new fence."""
    tool = EffectTool(tmp_path / "effects.log")
    tool.hold = asyncio.Event()
    async with open_world(tmp_path, tool=tool) as world:
        plan = await world.plan("do first")
        await world.vote(plan)
        await tool.started.wait()
    async with open_world(tmp_path) as world:
        view = await world.end(plan)
        assert (view.plan.verdict, world.tool.effects()) == ("PASS", ["first"])
        assert [(attempt.number, attempt.epoch, attempt.status) for attempt in view.attempts] == [
            (1, 1, "lost"),
            (2, 2, "completed"),
        ]


async def test_a_task_that_kills_its_process_every_time_fails_in_the_end(tmp_path: Path) -> None:
    """A poisonous task is given up after four deaths and does not keep Sayso from starting."""
    plan: Plan | None = None
    for _ in range(4):
        tool = EffectTool(tmp_path / "effects.log")
        tool.hold = asyncio.Event()
        async with open_world(tmp_path, tool=tool) as world:
            if plan is None:
                plan = await world.plan("do first")
                await world.vote(plan)
            await asyncio.wait_for(tool.started.wait(), 10)
    assert plan is not None
    async with open_world(tmp_path) as world:
        view = await world.end(plan)
        assert (view.plan.verdict, view.tasks[0].error_message) == ("FAIL", "Its process died 4 times.")


async def test_a_timeout_of_what_may_run_once_is_unknown(tmp_path: Path) -> None:
    """Killed at its time limit, nobody can say how far it came."""
    tool = EffectTool(tmp_path / "effects.log", {"backup": [ToolResult("timeout", error_message="took too long")]})
    async with open_world(tmp_path, owner(), tool=tool) as world:
        plan = await world.plan("back up")
        await world.vote(plan)
        assert (await world.until(plan, needs_person)).tasks[0].status == "unknown"


async def test_cancel_stops_what_has_not_started_and_what_runs(tmp_path: Path) -> None:
    """A running task is stopped, the rest never starts, the plan is cancelled."""
    tool = EffectTool(tmp_path / "effects.log")
    tool.hold = asyncio.Event()
    async with open_world(tmp_path, tool=tool) as world:
        plan = await world.plan("do first and do second")
        await world.vote(plan)
        await tool.started.wait()
        await world.sayso.orchestrator.cancel(plan.id, Voice("ana"))
        view = await world.end(plan)
        assert [task.status for task in view.tasks] == ["cancelled", "cancelled"]
        assert (view.plan.status, world.tool.effects()) == ("cancelled", [])


async def test_a_cancelled_plan_stays_cancelled_over_a_restart(tmp_path: Path) -> None:
    """What a kill left running is not started again when its plan was cancelled meanwhile."""
    tool = EffectTool(tmp_path / "effects.log")
    tool.hold = asyncio.Event()
    async with open_world(tmp_path, tool=tool) as world:
        plan = await world.plan("do first and do second")
        await world.vote(plan)
        await tool.started.wait()
    async with open_world(tmp_path, go=False) as world:
        await world.sayso.orchestrator.cancel(plan.id, Voice("ana"))
        await world.sayso.go()
        view = await world.end(plan)
        assert (view.plan.status, world.tool.effects()) == ("cancelled", [])
