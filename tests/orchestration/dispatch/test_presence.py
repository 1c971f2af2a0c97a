"""Agents announce themselves, fall silent and come back; plans that nobody can take wait for them, and say so."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.storage.transaction import SqliteTransaction
from orchestration.approval.decision import Voice
from orchestration.dispatch.agents import Agent, Resources
from orchestration.errors import Unavailable
from orchestration.ports import Transaction
from orchestration.records import AgentRecord, Event, Plan
from tests.support.gates import GateTool, agent, owner
from tests.support.world import TestClock, World, open_world


async def system_events(world: World, *names: str) -> list[str]:
    """Return the named events of the system chain, as they happened."""
    found = await world.sayso.store.find(Event, {"chain": "system"}, order_by="number")
    return [event.name for event in found if event.name in names]


async def fall_silent(world: World, *but: Agent) -> None:
    """Let a hundred seconds pass in which only some agents are heard of."""
    for _ in range(4):
        world.clock.moved += timedelta(seconds=25)
        for one in but:
            await world.sayso.presence.beat(one.id)
        await world.sayso.presence.sweep()


async def test_an_agent_is_registered_once_while_it_announces_the_same(tmp_path: Path) -> None:
    """A restart adds no event; a tool or a core more does."""
    for resources, count in ((Resources(1, 1), 1), (Resources(1, 1), 1), (Resources(1, 2), 2)):
        async with open_world(tmp_path, owner(), agents=[agent(resources=resources)]) as world:
            assert len(await system_events(world, "agent.registered")) == count
            row = (await world.sayso.store.find(AgentRecord, {"id": "infra-1"}))[0]
            assert (row.type, row.status, row.tools) == ("infra", "online", '["command"]')


async def test_an_agent_that_is_not_there_after_a_restart_is_lost(tmp_path: Path) -> None:
    """Its row says offline, and what was handed to it goes to another one."""
    async with open_world(tmp_path, owner(), agents=[agent("infra-old")], go=False) as world:
        plan = await world.plan("touch alpha")
        await world.vote(plan)
    async with open_world(tmp_path, owner(), agents=[agent("infra-new")]) as world:
        view = await world.end(plan)
        assert [attempt.agent_id for attempt in view.attempts] == ["infra-old", "infra-new"]
        rows = await world.sayso.store.find(AgentRecord, {}, order_by="id")
        assert [(row.id, row.status) for row in rows] == [("infra-new", "online"), ("infra-old", "offline")]
        assert await system_events(world, "agent.lost") == ["agent.lost"]


async def test_heartbeats_are_written_down_together(tmp_path: Path) -> None:
    """One sweep is one commit, whatever the number of agents."""
    agents = [agent(f"infra-{number}") for number in range(5)]
    async with open_world(tmp_path, owner(), agents=agents) as world:
        before = world.sayso.store.commits
        await fall_silent(world, *agents)
        assert world.sayso.store.commits - before == 4
        rows = await world.sayso.store.find(AgentRecord, {"status": "online"})
        assert len(rows) == 5


async def test_the_plan_pauses_when_the_only_agent_falls_silent_and_goes_on_when_it_is_back(tmp_path: Path) -> None:
    """The running task ends; then the plan is paused and says who is missing; the agent's next beat resumes it."""
    tool = GateTool(tmp_path / "effects.log")
    tool.close("first")
    agents = [agent("infra-1"), agent("code-1")]
    async with open_world(tmp_path, owner(), tool=tool, agents=agents) as world:
        plan = await world.plan("do first and do second")
        await world.vote(plan)
        await tool.begins(1)
        await fall_silent(world, agents[1])
        assert (await world.view(plan)).plan.status == "executing"
        tool.open("first")
        view = await world.until(plan, lambda view: view.plan.status == "paused")
        assert view.plan.reason == "No infra agent with command is online."
        assert [task.status for task in view.tasks] == ["completed", "approved"]
        await world.sayso.presence.beat("infra-1")
        view = await world.end(plan)
        assert (view.plan.verdict, tool.effects()) == ("PASS", ["first", "second"])
        names = await world.event_names(plan)
        assert (names.count("plan.paused"), names.count("plan.resumed")) == (1, 1)
        assert await system_events(world, "agent.lost", "agent.registered") == [
            "agent.registered", "agent.registered", "agent.lost", "agent.registered"
        ]  # fmt: skip


async def test_what_a_silent_agent_did_not_claim_goes_to_another(tmp_path: Path) -> None:
    """Only the claim makes it the agent's; until then it is taken back."""
    agents = [agent("infra-1"), agent("infra-2")]
    async with open_world(tmp_path, owner(), agents=agents, go=False) as world:
        plan = await world.plan("touch alpha")
        await world.vote(plan)
        await fall_silent(world, agents[1])
        view = await world.view(plan)
        assert (view.tasks[0].status, view.tasks[0].agent_id) == ("dispatched", "infra-2")
        await world.sayso.go()
        assert (await world.end(plan)).plan.verdict == "PASS"
        assert world.tool.effects() == ["touch_alpha"]


async def test_a_plan_that_nobody_is_registered_for_pauses(tmp_path: Path) -> None:
    """It does not fail: it says what is missing and goes on when a start brings such an agent."""
    async with open_world(tmp_path, owner(), agents=[agent()]) as world:
        plan = await world.plan("ask around")
        await world.vote(plan)
        view = await world.view(plan)
        assert (view.plan.status, view.plan.reason) == ("paused", "No research agent with command is online.")
    async with open_world(tmp_path, owner(), agents=[agent(), agent("research-1")]) as world:
        view = await world.end(plan)
        assert (view.plan.verdict, view.plan.status) == ("PASS", "completed")


async def test_an_approval_that_was_paused_too_long_is_asked_for_again(tmp_path: Path) -> None:
    """A plan of which nothing has begun takes its last look at time and policy after the pause, not before it."""
    async with open_world(tmp_path, owner(), agents=[agent()]) as world:
        plan = await world.plan("ask around")
        await world.vote(plan)
    late = TestClock(timedelta(days=30))
    async with open_world(tmp_path, owner(), agents=[agent("research-1")], clock=late) as world:
        view = await world.until(plan, lambda view: view.plan.revision == 2)
        assert (view.plan.status, world.tool.effects()) == ("pending_approval", [])


async def test_the_rest_of_a_plan_goes_on_before_it_pauses(tmp_path: Path) -> None:
    """A plan pauses when nothing of it can move, not when one of its tasks cannot."""
    tool = GateTool(tmp_path / "effects.log")
    tool.close("touch_alpha")
    async with open_world(tmp_path, owner(), tool=tool, agents=[agent()]) as world:
        plan = await world.plan("ask around and touch alpha")
        await world.vote(plan)
        await tool.begins(1)
        assert (await world.view(plan)).plan.status == "executing"
        tool.open("touch_alpha")
        view = await world.until(plan, lambda view: view.plan.status == "paused")
        assert sorted(task.status for task in view.tasks) == ["approved", "completed"]


async def test_a_paused_plan_keeps_nobody_from_its_target(tmp_path: Path) -> None:
    """What nobody can take does not stand in the queue of its target."""
    async with open_world(tmp_path, owner(), agents=[agent()]) as world:
        paused, other = await world.plan("ask alpha"), await world.plan("touch alpha")
        await world.vote(paused)
        await world.vote(other)
        assert (await world.end(other)).plan.verdict == "PASS"
        assert (await world.view(paused)).plan.status == "paused"


async def test_who_waits_behind_a_plan_that_pauses_goes_on(tmp_path: Path) -> None:
    """When the agent of the first in line falls silent, the next in line has its turn at the target."""
    tool = GateTool(tmp_path / "effects.log")
    tool.close("touch_alpha")
    agents = [agent("infra-1"), agent("research-1")]
    async with open_world(tmp_path, owner(), tool=tool, agents=agents) as world:
        plans = [await world.plan(text) for text in ("touch alpha", "ask alpha", "touch alpha")]
        for plan in plans:
            await world.vote(plan)
        await tool.begins(1)
        await fall_silent(world, agents[0])
        tool.open("touch_alpha")
        assert (await world.end(plans[2])).plan.verdict == "PASS"
        assert (await world.view(plans[1])).plan.status == "paused"


async def test_a_paused_plan_can_be_cancelled(tmp_path: Path) -> None:
    """It ends at once, and nothing of it runs when the agent comes."""
    async with open_world(tmp_path, owner(), agents=[agent()]) as world:
        plan = await world.plan("ask around")
        await world.vote(plan)
        await world.sayso.orchestrator.cancel(plan.id, Voice("ana"))
        assert (await world.view(plan)).plan.status == "cancelled"


async def test_a_clock_that_jumps_or_a_process_that_slept_loses_nobody(tmp_path: Path) -> None:
    """A sweep that comes late cannot tell silence from sleep, and a clock set back makes nobody silent."""
    async with open_world(tmp_path, owner(), agents=[agent()]) as world:
        for jump in (timedelta(hours=5), timedelta(hours=-9)):
            world.clock.moved += jump
            await world.sayso.presence.sweep()
        assert await system_events(world, "agent.lost") == []
        plan = await world.plan("touch alpha")
        await world.vote(plan)
        assert (await world.end(plan)).plan.verdict == "PASS"


async def test_the_reason_names_what_is_short(tmp_path: Path) -> None:
    """An agent with the tool that is too small, or does not take this work, is told apart from none at all."""
    files = owner()
    files.catalogue["operations"]["touch_alpha"]["needs"] = {"cpu_cores": 16, "gpu_vram_mb": 512}
    picky = agent(work_types=frozenset({"deploy"}))
    expected = {
        "touch alpha": "No infra agent with command and 16 CPU cores and 512 MB of GPU memory is online.",
        "touch beta": "No infra agent with command and work of the type echo is online.",
    }
    for text, one in (("touch alpha", agent()), ("touch beta", picky)):
        async with open_world(tmp_path / text.split()[1], files, agents=[one]) as world:
            plan: Plan = await world.plan(text)
            await world.vote(plan)
            assert (await world.view(plan)).plan.reason == expected[text]


async def test_a_look_that_could_not_be_finished_is_made_good(tmp_path: Path) -> None:
    """When the disk was full just as plans were to be paused, the next sweep pauses them and says so."""
    tool = GateTool(tmp_path / "effects.log")
    tool.close("ask_around")
    agents, faults = [agent(), agent("research-1", slots=1)], [0]

    def disk(label: str) -> None:
        if label == "plan.go_on.before_commit" and faults[0]:
            faults[0] -= 1
            raise sqlite3.OperationalError("database or disk is full")

    async with open_world(tmp_path, owner(), tool=tool, agents=agents, hook=disk) as world:
        running, waiting = await world.plan("ask around"), await world.plan("ask around")
        for plan in (running, waiting):
            await world.vote(plan)
        await tool.begins(1)
        faults[0] = 1
        with pytest.raises(Unavailable):
            await fall_silent(world, agents[0])
        assert (await world.view(waiting)).plan.status == "approved"
        await world.sayso.presence.beat("infra-1")
        await world.sayso.presence.sweep()
        assert (await world.view(waiting)).plan.status == "paused"
        await world.sayso.presence.beat("research-1")
        tool.open("ask_around")
        for plan in (running, waiting):
            assert (await world.end(plan)).plan.verdict == "PASS"


async def test_looking_at_a_paused_plan_writes_nothing(tmp_path: Path) -> None:
    """Plans that wait for an agent, however many, cost no write at each look."""
    async with open_world(tmp_path, owner(), agents=[agent()]) as world:
        plan = await world.plan("ask around")
        await world.vote(plan)
        assert (await world.view(plan)).plan.status == "paused"
        written: list[int] = []

        def changes(tx: Transaction) -> None:
            assert isinstance(tx, SqliteTransaction)
            written.append(tx._connection.total_changes)

        await world.sayso.store.tx("test", changes)
        for _ in range(5):
            await world.sayso.execution.take_further(plan.id)
        await world.sayso.store.tx("test", changes)
        assert written[0] == written[1]
