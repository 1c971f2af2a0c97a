"""A failed task is tried again: later each time, on another agent when there is one, and over a restart."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from orchestration.approval.decision import Voice
from orchestration.dispatch.backoff import delay
from orchestration.ports import ToolResult, moment
from orchestration.records import Attempt
from tests.support.gates import GateTool, agent, owner
from tests.support.world import Owner, TestClock, World, open_world

FAILED = ToolResult("failed", 1)
FAR = 3600.0
"""Seconds of a backoff that no test waits for."""


def with_retries(number: int) -> Owner:
    """Return an owner whose `touch_alpha` is tried again so many times."""
    files = owner()
    files.catalogue["operations"]["touch_alpha"]["retries"] = number
    return files


def fails(folder: Path, times: int) -> GateTool:
    """Return a tool that fails so many times."""
    return GateTool(folder / "effects.log", {"touch_alpha": [FAILED] * times})


@pytest.mark.parametrize(("failures", "most"), [(1, 2.0), (2, 4.0), (3, 8.0), (5, 32.0), (6, 60.0), (90, 60.0)])
def test_the_delay_doubles_up_to_a_minute(failures: int, most: float) -> None:
    """2, 4, 8 … 60 seconds, up to a quarter shorter, and always the same for the same attempt."""
    seconds = {delay(2.0, failures, f"attempt-{number}").total_seconds() for number in range(50)}
    assert 0.75 * most <= min(seconds) < max(seconds) <= most
    assert delay(2.0, failures, "a") == delay(2.0, failures, "a")


async def test_a_failed_task_waits_for_its_time(tmp_path: Path) -> None:
    """It is approved again with the time it may be tried at, and nothing runs before."""
    tool = fails(tmp_path, 1)
    async with open_world(tmp_path, with_retries(1), tool=tool, backoff_seconds=FAR / 60) as world:
        plan = await world.plan("touch alpha")
        await world.vote(plan)
        view = await world.until(plan, lambda view: view.tasks[0].not_before is not None)
        task = view.tasks[0]
        assert (task.status, task.ready_at) == ("approved", None)
        assert (await world.view(plan)).plan.status == "executing"
        finished = moment(view.attempts[0].finished_at or "")
        assert timedelta(seconds=45) <= moment(task.not_before or "") - finished <= timedelta(seconds=60)
        await world.sayso.retries.retry_due()
        assert len(tool.begun) == 1
        world.clock.moved = timedelta(seconds=60)
        await world.sayso.retries.retry_due()
        assert (await world.end(plan)).plan.verdict == "PASS"


async def test_the_timer_wakes_by_itself(tmp_path: Path) -> None:
    """Nobody has to ask: the task is tried again when its time has come."""
    async with open_world(tmp_path, with_retries(2), tool=fails(tmp_path, 2), backoff_seconds=0.02) as world:
        plan = await world.plan("touch alpha")
        await world.vote(plan)
        view = await world.end(plan)
        assert (view.plan.verdict, view.tasks[0].attempts) == ("PASS", 3)


async def test_the_time_outlives_a_restart(tmp_path: Path) -> None:
    """A restart before the time does not try again; one after it does."""
    async with open_world(tmp_path, with_retries(1), tool=fails(tmp_path, 1), backoff_seconds=60.0) as world:
        plan = await world.plan("touch alpha")
        await world.vote(plan)
        await world.until(plan, lambda view: view.tasks[0].not_before is not None)
    tool = GateTool(tmp_path / "effects.log")
    async with open_world(tmp_path, with_retries(1), tool=tool) as world:
        assert (await world.view(plan)).tasks[0].status == "approved"
        assert tool.begun == []
    async with open_world(tmp_path, with_retries(1), tool=tool, clock=TestClock(timedelta(minutes=2))) as world:
        assert (await world.end(plan)).plan.verdict == "PASS"


async def test_a_target_is_free_while_a_retry_waits(tmp_path: Path) -> None:
    """Another plan uses the target in the meantime, and keeps it when the time has come."""
    tool = fails(tmp_path, 1)
    async with open_world(tmp_path, with_retries(1), tool=tool, backoff_seconds=60.0) as world:
        one, two = await world.plan("touch alpha"), await world.plan("touch alpha")
        await world.vote(one)
        await world.until(one, lambda view: view.tasks[0].not_before is not None)
        tool.close("touch_alpha")
        await world.vote(two)
        await tool.begins(2)
        world.clock.moved = timedelta(seconds=60)
        await world.sayso.retries.retry_due()
        waiting = (await world.view(one)).tasks[0]
        assert (waiting.status, waiting.ready_at) == ("approved", waiting.not_before)
        tool.open("touch_alpha")
        for plan in (one, two):
            assert (await world.end(plan)).plan.verdict == "PASS"
        assert tool.most["touch_alpha"] == 1


async def agents_of(world: World, agents: int) -> list[str]:
    """Return which agents the attempts of a plan that fails twice went to."""
    plan = await world.plan("touch alpha")
    await world.vote(plan)
    view = await world.end(plan)
    assert view.plan.verdict == "PASS"
    return [attempt.agent_id for attempt in view.attempts]


async def test_a_retry_goes_to_another_agent(tmp_path: Path) -> None:
    """The agent that failed is not asked again while another one can do it, and the reason counts the retries."""
    agents = [agent("infra-1"), agent("infra-2")]
    async with open_world(tmp_path, with_retries(2), tool=fails(tmp_path, 2), agents=agents) as world:
        assert await agents_of(world, 2) == ["infra-1", "infra-2", "infra-1"]
        stored = await world.sayso.store.find(Attempt, {})
    reasons = {json.loads(row.routing or "")["reason"] for row in stored}
    assert "Selected based on available and capable (retry #1)" in reasons
    assert "Selected based on recent context (retry #2)" in reasons


async def test_alone_an_agent_tries_again_itself(tmp_path: Path) -> None:
    """With nobody else it falls back to the one that failed."""
    async with open_world(tmp_path, with_retries(1), tool=fails(tmp_path, 1), agents=[agent()]) as world:
        assert await agents_of(world, 1) == ["infra-1", "infra-1"]


async def test_what_was_taken_back_uses_up_no_retry(tmp_path: Path) -> None:
    """An attempt that a hold took back unclaimed does not count as a failure."""
    async with open_world(tmp_path, with_retries(1), tool=fails(tmp_path, 1), go=False) as world:
        plan = await world.plan("touch alpha")
        await world.vote(plan)
        for on in (True, False):
            await world.sayso.execution.hold(Voice("ben"), on)
        await world.sayso.go()
        view = await world.end(plan)
        assert (view.plan.verdict, view.tasks[0].attempts) == ("PASS", 3)
        assert [attempt.status for attempt in view.attempts] == ["cancelled", "failed", "completed"]


async def test_a_result_that_comes_while_the_timer_sleeps_wakes_it(tmp_path: Path) -> None:
    """A shorter wait is noticed though the timer sleeps for a longer one."""
    files = with_retries(1)
    files.catalogue["operations"]["touch_beta"]["retries"] = 1
    results = {"touch_alpha": [FAILED], "touch_beta": [FAILED]}
    async with open_world(tmp_path, files, tool=GateTool(tmp_path / "effects.log", results)) as world:
        world.sayso.setting.dispatcher.backoff.base_seconds = FAR
        long, short = await world.plan("touch alpha"), await world.plan("touch beta")
        await world.vote(long)
        await world.until(long, lambda view: view.tasks[0].not_before is not None)
        await asyncio.sleep(0)
        world.sayso.setting.dispatcher.backoff.base_seconds = 0.02
        await world.vote(short)
        assert (await world.end(short)).plan.verdict == "PASS"
        assert (await world.view(long)).plan.status == "executing"
