"""What is kept in memory beside the rows is put back with them: no slot is lost, none is given twice."""

import sqlite3
from pathlib import Path

import pytest

from orchestration.approval.decision import Shown, Voice, vote
from orchestration.errors import Conflict, Unavailable
from orchestration.ports import Transaction, timestamp
from orchestration.records import Performance, Plan
from tests.support.attempts import until_in_loop
from tests.support.gates import GateTool, agent, owner
from tests.support.world import World, open_world


class Fault:
    """Makes the commit of a use case fail, as a full disk does, so many times."""

    def __init__(self, label: str, times: int) -> None:
        self.label = f"{label}.before_commit"
        self.times = times

    def __call__(self, label: str) -> None:
        if label == self.label and self.times:
            self.times -= 1
            raise sqlite3.OperationalError("database or disk is full")


async def decide_and_fail(world: World, plan: Plan) -> None:
    """Approve a plan and dispatch its task in a use case that then raises."""
    sayso = world.sayso
    at = timestamp(world.clock.now())

    def use_case(tx: Transaction) -> None:
        shown = Shown(plan.id, plan.revision, plan.digest)
        outcome = vote(tx, sayso.setting.rules, shown, Voice("ben"), True, "", at)
        assert outcome.approved is not None
        sayso.execution.start(tx, outcome.approved, at)
        assert only.in_flight
        raise Conflict

    only = sayso.setting.dispatcher.registry.all()[0]
    with pytest.raises(Conflict):
        await sayso.store.tx("test.decide", use_case)


async def test_a_use_case_that_raises_frees_what_it_took(tmp_path: Path) -> None:
    """The only slot is there for the next one, which runs."""
    only = agent(slots=1)
    async with open_world(tmp_path, owner(), agents=[only]) as world:
        plan = await world.plan("touch alpha")
        await decide_and_fail(world, plan)
        assert (only.in_flight, world.sayso.setting.dispatcher.line.heads()) == ({}, [])
        await world.vote(plan)
        assert (await world.end(plan)).plan.verdict == "PASS"
        assert only.in_flight == {}


async def test_a_commit_that_fails_frees_what_it_took(tmp_path: Path) -> None:
    """Nobody was told yes, and the slot is free."""
    only = agent(slots=1)
    async with open_world(tmp_path, owner(), agents=[only], hook=Fault("plan.decide", 1)) as world:
        plan = await world.plan("touch alpha")
        with pytest.raises(Unavailable):
            await world.vote(plan)
        assert only.in_flight == {}
        await world.vote(plan)
        assert (await world.end(plan)).plan.verdict == "PASS"


async def test_a_result_that_is_written_at_the_second_try_counts_once(tmp_path: Path) -> None:
    """The slot is given away once, the next in line gets it, and the agent's record has each run once."""
    only = agent(slots=1)
    tool = GateTool(tmp_path / "effects.log")
    async with open_world(tmp_path, owner(), tool=tool, agents=[only], hook=Fault("task.report", 1)) as world:
        plans = [await world.plan(f"touch {name}") for name in ("alpha", "beta", "gamma")]
        for plan in plans:
            await world.vote(plan)
        for plan in plans:
            assert (await world.end(plan)).plan.verdict == "PASS"
        rows = await world.sayso.store.find(Performance, {})
    assert (tool.most[""], only.in_flight) == (1, {})
    assert [(row.agent_id, row.work_type, row.succeeded, row.failed) for row in rows] == [("infra-1", "echo", 3, 0)]


async def test_a_slot_is_free_when_that_is_durable(tmp_path: Path) -> None:
    """While a result cannot be written nobody else gets the slot; then whoever waits does."""
    only, fault = agent(slots=1), Fault("task.report", 2)
    tool = GateTool(tmp_path / "effects.log")
    tool.close("touch_alpha")
    async with open_world(tmp_path, owner(), tool=tool, agents=[only], hook=fault) as world:
        one, two = await world.plan("touch alpha"), await world.plan("touch beta")
        await world.vote(one)
        await tool.begins(1)
        tool.open("touch_alpha")
        await until_in_loop(lambda: fault.times < 2)
        await world.vote(two)
        assert (await world.view(two)).tasks[0].status == "approved"
        for plan in (one, two):
            assert (await world.end(plan)).plan.verdict == "PASS"


async def test_who_waits_is_not_forgotten_when_a_commit_fails(tmp_path: Path) -> None:
    """A task that was dispatched by a commit that failed is dispatched by the next one."""
    only = agent(slots=1)
    async with open_world(tmp_path, owner(), agents=[only], hook=Fault("dispatch.hold", 2)) as world:
        plans = [await world.plan(f"touch {name}") for name in ("alpha", "beta")]
        with pytest.raises(Unavailable):
            await world.sayso.execution.hold(Voice("ben"), True)
        assert not world.sayso.setting.dispatcher.is_held
        world.sayso.setting.dispatcher.is_held = True
        for plan in plans:
            await world.vote(plan)
        world.sayso.setting.dispatcher.is_held = False
        with pytest.raises(Unavailable):
            await world.sayso.execution.hold(Voice("ben"), True)
        await world.sayso.execution.take_further(plans[0].id)
        for plan in plans:
            assert (await world.end(plan)).plan.verdict == "PASS"


async def test_memory_is_taken_up_from_the_rows(tmp_path: Path) -> None:
    """After a restart what an agent is busy with, its record and the line are what they were."""
    async with open_world(tmp_path, owner(), agents=[agent(slots=2)], go=False) as world:
        plans = [await world.plan(f"touch {name}") for name in ("alpha", "beta", "gamma")]
        for plan in plans:
            await world.vote(plan)
        before = world.sayso.setting.dispatcher
        held = {name: set(one.in_flight) for name, one in ((one.id, one) for one in before.registry.all())}
    async with open_world(tmp_path, owner(), agents=[agent(slots=2)], go=False) as world:
        after = world.sayso.setting.dispatcher
        assert {one.id: set(one.in_flight) for one in after.registry.all()} == held
        assert [waiter.task.plan_id for waiter in after.line.heads()] == [plans[2].id]
        await world.sayso.go()
        for plan in plans:
            assert (await world.end(plan)).plan.verdict == "PASS"
