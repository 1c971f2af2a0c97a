"""What a failure stops: with `stop` everything that has not started, with `continue` only what depends on it."""

from pathlib import Path

import pytest

from orchestration.approval.decision import Voice
from orchestration.ports import ToolResult
from orchestration.records import Plan
from tests.support.gates import GateTool, Post, agent, owner
from tests.support.world import Owner, World, open_world

FAILED = ToolResult("failed", 1, error_message="no")
TIMED_OUT = ToolResult("timeout", error_message="took too long")


def failing_alpha(on_failure: str) -> Owner:
    """Return an owner whose `touch_alpha` fails, with what that stops; `touch_gamma` depends on it."""
    files = owner()
    files.catalogue["operations"]["touch_alpha"]["on_failure"] = on_failure
    files.catalogue["operations"]["touch_gamma"]["after"] = ["touch_alpha"]
    return files


@pytest.mark.parametrize(("on_failure", "waiting"), [("stop", "skipped"), ("continue", "completed")])
async def test_running_ones_finish_and_waiting_ones_do_as_declared(
    tmp_path: Path, on_failure: str, waiting: str
) -> None:
    """`beta` runs when `alpha` fails and completes either way; `delta`, which waits for a slot, depends on the word."""
    tool = GateTool(tmp_path / "effects.log", {"touch_alpha": [FAILED]})
    tool.close("touch_alpha", "touch_beta")
    async with open_world(tmp_path, failing_alpha(on_failure), tool=tool, agents=[agent(slots=2)]) as world:
        plan = await world.plan("touch alpha, touch beta, touch delta and touch gamma")
        await world.vote(plan)
        await tool.begins(2)
        tool.open("touch_alpha")
        await world.until(plan, lambda view: view.tasks[0].status == "failed")
        tool.open("touch_beta")
        view = await world.end(plan)
    became = {task.operation: task.status for task in view.tasks}
    assert became == {
        "touch_alpha": "failed", "touch_beta": "completed", "touch_delta": waiting, "touch_gamma": "skipped"
    }  # fmt: skip
    assert (view.plan.status, view.plan.verdict) == ("failed", "FAIL")


async def test_a_failure_that_is_tried_again_stops_nothing(tmp_path: Path) -> None:
    """Only the last failure counts as one."""
    files = failing_alpha("stop")
    files.catalogue["operations"]["touch_alpha"]["retries"] = 1
    tool = GateTool(tmp_path / "effects.log", {"touch_alpha": [FAILED]})
    async with open_world(tmp_path, files, tool=tool, agents=[agent(slots=1)]) as world:
        plan = await world.plan("touch alpha, touch beta and touch gamma")
        await world.vote(plan)
        assert (await world.end(plan)).plan.verdict == "PASS"


async def test_what_a_stop_skips_lets_go_of_its_place(tmp_path: Path) -> None:
    """A plan that waited behind a skipped task, which never had the target, has its turn."""
    tool = GateTool(tmp_path / "effects.log", {"touch_alpha": [FAILED]})
    tool.close("touch_alpha")
    agents = [agent(slots=1), agent("research-1")]
    async with open_world(tmp_path, failing_alpha("stop"), tool=tool, agents=agents) as world:
        stops, behind = await world.plan("touch alpha and touch delta"), await world.plan("ask delta")
        for plan in (stops, behind):
            await world.vote(plan)
        await tool.begins(1)
        assert (await world.view(behind)).tasks[0].status == "approved"
        tool.open("touch_alpha")
        assert [task.status for task in (await world.end(stops)).tasks] == ["failed", "skipped"]
        assert (await world.end(behind)).plan.verdict == "PASS"


async def test_what_was_handed_out_and_not_claimed_is_taken_back(tmp_path: Path) -> None:
    """Only what an agent has begun may finish; an assignment that comes too late is nobody's any more."""
    tool = GateTool(tmp_path / "effects.log", {"touch_alpha": [FAILED]})
    async with open_world(tmp_path, failing_alpha("stop"), tool=tool) as world:
        post = world.sayso.relay._transport = Post(world.sayso.transport, is_slow=True)
        plan = await world.plan("touch alpha and touch beta")
        await world.vote(plan)
        assert [task.status for task in (await world.view(plan)).tasks] == ["dispatched", "dispatched"]
        first, second = post.waiting
        await post.real.send(first)
        assert [task.status for task in (await world.end(plan)).tasks] == ["failed", "skipped"]
        await post.real.send(second)
        await world.sayso.transport.idle()
        assert tool.effects() == ["touch_alpha"]
        assert "task.withdrawn" in await world.event_names(plan)


@pytest.mark.parametrize(("word", "becomes"), [("done", "completed"), ("abort", "skipped"), ("retry", "completed")])
async def test_what_stops_with_a_failure_waits_while_it_may_be_one(tmp_path: Path, word: str, becomes: str) -> None:
    """While the outcome of a task with `stop` is unknown nothing else begins; what a person says of it decides."""
    files = failing_alpha("stop")
    files.catalogue["operations"]["touch_alpha"]["effect"] = "at_most_once"
    tool = GateTool(tmp_path / "effects.log", {"touch_alpha": [TIMED_OUT]})
    async with open_world(tmp_path, files, tool=tool, agents=[agent(slots=1)]) as world:
        plan = await world.plan("touch alpha and touch beta")
        await world.vote(plan)
        view = await world.until(plan, lambda view: view.plan.needs_person)
        assert [task.status for task in view.tasks] == ["unknown", "approved"]
        await world.end(await approved_other(world))
        await world.sayso.orchestrator.resolve(view.tasks[0].id, word, Voice("ben"))  # type: ignore[arg-type]
        assert (await world.end(plan)).tasks[1].status == becomes
    times = {"done": 1, "abort": 1, "retry": 2}
    assert tool.effects().count("touch_alpha") == times[word]


async def approved_other(world: World) -> Plan:
    """Return another plan on the target that waits here: nobody has to wait behind it."""
    other = await world.plan("touch beta")
    await world.vote(other)
    return other
