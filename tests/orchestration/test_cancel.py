"""A plan can be cancelled at any moment; what has not started never does, and whoever waited behind it goes on."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.approval.decision import Voice
from orchestration.errors import Conflict
from orchestration.ports import Job, Remains, ToolResult
from orchestration.records import Plan
from orchestration.views import View
from tests.support.gates import GateTool, agent, owner
from tests.support.world import World, open_world

FAILED = ToolResult("failed", 1)
TIMED_OUT = ToolResult("timeout", error_message="took too long")


@dataclass
class Scene:
    """A world with two slots, in which `first` fails once."""

    world: World
    tool: GateTool

    async def approved(self, text: str) -> Plan:
        """Ask and approve."""
        plan = await self.world.plan(text)
        await self.world.vote(plan)
        return plan

    async def cancelled(self, plan: Plan) -> View:
        """Cancel, and return the plan as it is right after."""
        await self.world.sayso.orchestrator.cancel(plan.id, Voice("ana"))
        return await self.world.view(plan)


async def pending(scene: Scene) -> Plan:
    """Nobody has voted."""
    return await scene.world.plan("touch beta")


async def waits_for_a_target(scene: Scene) -> Plan:
    """Another plan has its target."""
    await scene.approved("touch alpha")
    await scene.tool.begins(1)
    return await scene.approved("touch alpha")


async def waits_for_a_slot(scene: Scene) -> Plan:
    """Both slots are taken."""
    await scene.approved("touch alpha")
    await scene.approved("touch delta")
    await scene.tool.begins(2)
    return await scene.approved("touch beta")


async def waits_to_be_tried_again(scene: Scene) -> Plan:
    """It failed, and its time has not come."""
    plan = await scene.approved("do first")
    await scene.world.until(plan, lambda view: view.tasks[0].not_before is not None)
    return plan


async def is_paused(scene: Scene) -> Plan:
    """Nobody there can take it."""
    plan = await scene.approved("ask around")
    assert (await scene.world.view(plan)).plan.status == "paused"
    return plan


async def is_held(scene: Scene) -> Plan:
    """A person holds everything new."""
    await scene.world.sayso.execution.hold(Voice("ben"), True)
    return await scene.approved("touch beta")


MOMENTS = [pending, waits_for_a_target, waits_for_a_slot, waits_to_be_tried_again, is_paused, is_held]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
async def test_what_does_not_run_is_cancelled_at_once(
    tmp_path: Path, moment: Callable[[Scene], Awaitable[Plan]]
) -> None:
    """The plan has ended when the cancel returns, nothing of it runs later, and all others end as they should."""
    files = owner()
    files.catalogue["operations"]["first"]["retries"] = 1
    tool = GateTool(tmp_path / "effects.log", {"first": [FAILED]})
    tool.close("touch_alpha", "touch_delta")
    async with open_world(tmp_path, files, tool=tool, agents=[agent(slots=2)], backoff_seconds=60.0) as world:
        plan = await moment(Scene(world, tool))
        begun = len(tool.begun)
        view = await Scene(world, tool).cancelled(plan)
        assert ([task.status for task in view.tasks], view.plan.status) == (["cancelled"], "cancelled")
        await world.sayso.execution.hold(Voice("ben"), False)
        tool.open("touch_alpha")
        tool.open("touch_delta")
        after = await Scene(world, tool).approved("touch alpha and touch beta")
        assert (await world.end(after)).plan.verdict == "PASS"
        for other in await world.sayso.orchestrator.views.plans(10):
            await world.end(other)
        assert plan.id not in [job.plan_id for job in tool.begun[begun:]]
        with pytest.raises(Conflict, match="already cancelled"):
            await world.sayso.orchestrator.cancel(plan.id, Voice("ana"))


async def test_handed_out_and_not_claimed_is_as_good_as_not_started(tmp_path: Path) -> None:
    """It is taken back, and whoever waited for its target has it in the same commit."""
    async with open_world(tmp_path, owner(), go=False) as world:
        scene = Scene(world, GateTool(tmp_path / "effects.log"))
        plan, behind = await scene.approved("touch alpha"), await scene.approved("touch alpha")
        assert (await scene.cancelled(plan)).plan.status == "cancelled"
        assert (await world.view(behind)).tasks[0].status == "dispatched"
        await world.sayso.go()
        assert (await world.end(behind)).plan.verdict == "PASS"
        assert world.tool.effects() == ["touch_alpha"]


async def test_what_runs_is_stopped_and_its_dependants_never_start(tmp_path: Path) -> None:
    """The plan ends when the agent has reported; a branch that was done stays done."""
    tool = GateTool(tmp_path / "effects.log")
    tool.close("touch_alpha", "first")
    async with open_world(tmp_path, owner(), tool=tool) as world:
        scene = Scene(world, tool)
        plan = await scene.approved("touch beta, touch alpha, do first and do second")
        await tool.begins(3)
        await world.until(plan, lambda view: any(task.status == "completed" for task in view.tasks))
        await scene.cancelled(plan)
        view = await world.end(plan)
        became = {task.operation: task.status for task in view.tasks}
        assert became == {
            "touch_beta": "completed", "touch_alpha": "cancelled", "first": "cancelled", "second": "cancelled"
        }  # fmt: skip
        assert (view.plan.status, tool.effects()) == ("cancelled", ["touch_beta"])


@pytest.mark.parametrize(("word", "ends_as"), [("done", "cancelled"), ("retry", "cancelled"), ("abort", "failed")])
async def test_an_unknown_outcome_is_still_asked_about(tmp_path: Path, word: str, ends_as: str) -> None:
    """A cancelled plan with an unknown task starts nothing more and stays open until somebody says what happened."""
    tool = GateTool(tmp_path / "effects.log", {"shoot": [TIMED_OUT]})
    tool.close("touch_alpha")
    async with open_world(tmp_path, owner(), tool=tool) as world:
        scene = Scene(world, tool)
        plan = await scene.approved("shoot arrows and touch alpha")
        view = await world.until(plan, lambda view: view.plan.needs_person)
        await scene.cancelled(plan)
        statuses = {"unknown", "cancelled"}
        view = await world.until(plan, lambda view: {task.status for task in view.tasks} == statuses)
        assert (view.plan.status, view.plan.needs_person) == ("executing", True)
        unknown = next(task for task in view.tasks if task.status == "unknown")
        await world.sayso.orchestrator.resolve(unknown.id, word, Voice("ben"))  # type: ignore[arg-type]
        view = await world.end(plan)
        assert (view.plan.status, tool.effects().count("shoot")) == (ends_as, 1)


class Broken(GateTool):
    """A tool that breaks when it is asked what is left of an attempt."""

    async def settle(self, job: Job) -> Remains:
        """Break."""
        raise OSError("the folder cannot be read")


async def test_a_tool_that_breaks_over_a_cancel_leaves_the_outcome_unknown(tmp_path: Path) -> None:
    """Somebody is asked, at the cancel and at a start; the task stays neither running nor in the way of the start."""
    tool = Broken(tmp_path / "effects.log")
    tool.close("touch_alpha", "touch_beta")
    async with open_world(tmp_path, owner(), tool=tool) as world:
        plan, other = [await Scene(world, tool).approved(text) for text in ("touch alpha", "touch beta")]
        await tool.begins(2)
        await Scene(world, tool).cancelled(plan)
        view = await world.until(plan, lambda view: view.plan.needs_person)
        assert view.tasks[0].status == "unknown"
    async with open_world(tmp_path, owner(), tool=tool) as world:
        assert (await world.view(other)).tasks[0].status == "unknown"
        for asked in (plan, other):
            task = (await world.view(asked)).tasks[0]
            await world.sayso.orchestrator.resolve(task.id, "abort", Voice("ben"))
            assert (await world.end(asked)).plan.status == "failed"


async def test_many_cancels_and_a_result_at_once_end_a_plan_once(tmp_path: Path) -> None:
    """Whoever is first, there is one end, and the others are told that it is over."""
    tool = GateTool(tmp_path / "effects.log")
    async with open_world(tmp_path, owner(), tool=tool) as world:
        scene = Scene(world, tool)
        for _ in range(10):
            plan = await scene.approved("touch alpha and touch beta")
            cancels = [world.sayso.orchestrator.cancel(plan.id, Voice("ana")) for _ in range(5)]
            outcomes = await asyncio.gather(*cancels, return_exceptions=True)
            assert all(outcome is None or isinstance(outcome, Conflict) for outcome in outcomes)
            await world.end(plan)
            assert (await world.event_names(plan)).count("plan.finished") == 1
