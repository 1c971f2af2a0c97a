"""What a failure stops: with `stop` everything that has not started, with `continue` only what depends on it."""

from pathlib import Path

import pytest

from orchestration.ports import ToolResult
from tests.support.gates import GateTool, agent, owner
from tests.support.world import Owner, open_world

FAILED = ToolResult("failed", 1, error_message="no")


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
