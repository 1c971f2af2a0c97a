"""From a request to its verdict, on the embedded parts."""

from pathlib import Path

import pytest

from orchestration import execution
from orchestration.ports import ToolResult
from tests.support.world import EffectTool, Owner, open_world, operation


async def test_an_approved_plan_runs_in_dependency_order_and_passes(tmp_path: Path) -> None:
    """Tasks run one after the other where one waits for the other, whatever order they were said in."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do once, do second and do first")
        assert [task.operation for task in (await world.view(plan)).tasks] == ["first", "second", "once"]
        await world.vote(plan)
        view = await world.end(plan)
        assert world.tool.effects() == ["first", "second", "once"]
        assert (view.plan.status, view.plan.verdict) == ("completed", "PASS")


async def test_nothing_runs_before_a_decision(tmp_path: Path) -> None:
    """A pending plan has no effect and no attempt."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first")
        view = await world.view(plan)
        assert view.plan.status == "pending_approval"
        assert (view.attempts, world.tool.effects()) == ((), [])


async def test_read_only_low_risk_runs_by_policy(tmp_path: Path) -> None:
    """What only looks and risks little needs nobody; the decision is the policy's and on the record."""
    async with open_world(tmp_path) as world:
        view = await world.end(await world.plan("look around"))
        assert view.decision is not None
        assert (view.decision.by, view.plan.verdict) == ("policy", "PASS")


async def test_a_failed_task_stops_what_depends_on_it_and_fails_the_plan(tmp_path: Path) -> None:
    """Dependants are skipped, the verdict is FAIL, and the reason names what failed."""
    tool = EffectTool(tmp_path / "effects.log", {"first": [ToolResult("failed", 1, error_message="no disk")]})
    async with open_world(tmp_path, tool=tool) as world:
        plan = await world.plan("do first and do second")
        await world.vote(plan)
        view = await world.end(plan)
        assert [task.status for task in view.tasks] == ["failed", "skipped"]
        assert view.plan.verdict == "FAIL"
        assert "no disk" in (view.plan.reason or "")


async def test_independent_tasks_go_on_after_a_failure(tmp_path: Path) -> None:
    """Below high risk a failure stops only what depends on it."""
    tool = EffectTool(tmp_path / "effects.log", {"first": [ToolResult("failed", 1)]})
    async with open_world(tmp_path, tool=tool) as world:
        plan = await world.plan("do first and inspect it")
        await world.vote(plan)
        assert [task.status for task in (await world.end(plan)).tasks] == ["failed", "completed"]


async def test_a_high_risk_failure_stops_the_rest(tmp_path: Path) -> None:
    """From high risk up, tasks that have not started are skipped when one fails."""
    owner = Owner()
    owner.catalogue["operations"]["risky"] = operation(title="Risky", says=["do risky"], risk="high", target="t")
    owner.catalogue["operations"]["later"] = operation(title="Later", says=["do later"], target="t")
    tool = EffectTool(tmp_path / "effects.log", {"risky": [ToolResult("failed", 1)]})
    async with open_world(tmp_path, owner, tool=tool) as world:
        plan = await world.plan("do risky and do later")
        await world.vote(plan)
        assert [task.status for task in (await world.end(plan)).tasks] == ["failed", "skipped"]


async def test_what_may_be_repeated_is_tried_again_as_often_as_declared(tmp_path: Path) -> None:
    """An idempotent task with one retry succeeds at its second attempt."""
    owner = Owner()
    owner.catalogue["operations"]["first"]["retries"] = 1
    tool = EffectTool(tmp_path / "effects.log", {"first": [ToolResult("failed", 1)]})
    async with open_world(tmp_path, owner, tool=tool) as world:
        plan = await world.plan("do first")
        await world.vote(plan)
        view = await world.end(plan)
        assert (view.tasks[0].attempts, view.plan.verdict) == (2, "PASS")
        assert [attempt.status for attempt in view.attempts] == ["failed", "completed"]


async def test_two_plans_never_touch_one_target_at_once(tmp_path: Path) -> None:
    """The second plan waits for the target, and starts by itself when it is free."""
    import asyncio

    tool = EffectTool(tmp_path / "effects.log")
    tool.hold = asyncio.Event()
    async with open_world(tmp_path, tool=tool) as world:
        one, two = await world.plan("do second"), await world.plan("do second")
        await world.vote(one)
        await tool.started.wait()
        await world.vote(two)
        assert (await world.view(two)).tasks[0].status == "approved"
        tool.hold.set()
        assert (await world.end(two)).plan.verdict == "PASS"


async def test_a_message_delivered_again_is_one_request(tmp_path: Path) -> None:
    """However often a platform delivers a message, there is one plan."""
    async with open_world(tmp_path) as world:
        answers = [await world.ask("do first", key="slack:T1:C1:17.5") for _ in range(3)]
        assert len({answer.plan.id for answer in answers if answer.plan}) == 1
        assert len(await world.sayso.orchestrator.views.plans(10)) == 1


async def test_the_evidence_names_every_attempt_and_is_hashed_into_the_record(tmp_path: Path) -> None:
    """The document of a run lies beside its artifacts and its hash stands in the plan's last event."""
    import hashlib
    import json

    async with open_world(tmp_path) as world:
        plan = await world.plan("do first")
        await world.vote(plan)
        await world.end(plan)
        last = (await world.sayso.orchestrator.views.events(plan.id))[-1]
        home = world.home
    document = (home.artifacts / plan.id / "evidence.json").read_text().rstrip("\n")
    found = json.loads(document)
    assert hashlib.sha256(document.encode()).hexdigest() == json.loads(last.body)["evidence"]
    assert [call["operation"] for call in found["tool_calls"]] == ["first"]
    assert found["plan_digest"] == plan.digest


async def test_what_is_remembered_of_plans_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that runs for years does not grow by what it ran, and a plan it has forgotten still goes on."""
    monkeypatch.setattr(execution, "REMEMBERED", 2)
    async with open_world(tmp_path) as world:
        plans = [await world.plan("do first and do second") for _ in range(6)]
        for plan in plans:
            await world.vote(plan)
        for plan in plans:
            assert (await world.end(plan)).plan.verdict == "PASS"
            assert len(world.sayso.execution._satisfied) <= 2
        assert world.sayso.execution._claimed == {}
