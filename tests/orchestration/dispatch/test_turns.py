"""Who runs next: one at a time on a target, as many as there are slots, whoever has waited longest first."""

import json
from pathlib import Path
from typing import Any

from orchestration.approval.decision import Voice
from orchestration.dispatch.agents import Resources
from orchestration.dispatch.queue import waits_for
from orchestration.records import Plan, Task
from tests.support.gates import TARGETS, GateTool, agent, owner
from tests.support.world import World, open_world, operation


async def approved(world: World, text: str) -> Plan:
    """Ask and approve."""
    plan = await world.plan(text)
    await world.vote(plan)
    return plan


async def order_of_starts(world: World, tool: GateTool) -> dict[str, list[str]]:
    """Return the plans by target, as their tasks began."""
    found: dict[str, list[str]] = {}
    for job in tool.begun:
        found.setdefault(job.operation, []).append(job.plan_id)
    return found


async def test_forty_plans_on_four_targets_with_two_slots_end_fairly(tmp_path: Path) -> None:
    """Two run at once, one on each target, and no plan overtakes an older one on the same target."""
    tool = GateTool(tmp_path / "effects.log")
    async with open_world(tmp_path, owner(), tool=tool, agents=[agent(slots=2)], go=False) as world:
        plans = [await approved(world, f"touch {TARGETS[number % 4]}") for number in range(40)]
        ready = {plan.id: (await world.view(plan)).tasks[0] for plan in plans}
        await world.sayso.go()
        for plan in plans:
            assert (await world.end(plan)).plan.verdict == "PASS"
    assert tool.most[""] == 2
    assert all(tool.most[f"touch_{name}"] == 1 for name in TARGETS)
    for began in (await order_of_starts(world, tool)).values():
        assert began == sorted(began, key=lambda plan_id: (ready[plan_id].ready_at, plan_id))


async def test_the_queue_of_a_target_outlives_a_restart(tmp_path: Path) -> None:
    """After a restart the plans on one target still go in the order they came in, also before newer ones."""
    async with open_world(tmp_path, owner(), go=False) as world:
        plans = [await approved(world, "touch alpha") for _ in range(5)]
    tool = GateTool(tmp_path / "effects.log")
    async with open_world(tmp_path, owner(), tool=tool, go=False) as world:
        plans.append(await approved(world, "touch alpha"))
        await world.sayso.go()
        for plan in plans:
            await world.end(plan)
    assert [job.plan_id for job in tool.begun] == [plan.id for plan in plans]


async def test_branches_run_at_once_and_dependants_after_them(tmp_path: Path) -> None:
    """Two tasks that do not wait for each other are under way together; the third waits for both."""
    files = owner()
    joined = operation(title="Join", says=["join them"], after=["touch_alpha", "touch_beta"])
    files.catalogue["operations"]["join"] = joined
    tool = GateTool(tmp_path / "effects.log")
    tool.close("touch_alpha", "touch_beta")
    async with open_world(tmp_path, files, tool=tool) as world:
        plan = await approved(world, "touch alpha, touch beta and join them")
        await tool.begins(2)
        tool.open("touch_beta")
        await world.until(plan, lambda view: sum(task.status == "completed" for task in view.tasks) == 1)
        assert [job.operation for job in tool.begun[2:]] == []
        tool.open("touch_alpha")
        assert (await world.end(plan)).plan.verdict == "PASS"
    assert tool.effects() == ["touch_beta", "touch_alpha", "join"]


async def test_the_commit_that_frees_a_slot_dispatches_the_next(tmp_path: Path) -> None:
    """With one slot the second plan waits, and its dispatch stands in the same commit as the end of the first."""
    tool = GateTool(tmp_path / "effects.log")
    tool.close("touch_alpha")
    async with open_world(tmp_path, owner(), tool=tool, agents=[agent(slots=1)]) as world:
        one, two = await approved(world, "touch alpha"), await approved(world, "touch beta")
        await tool.begins(1)
        waiting = (await world.view(two)).tasks[0]
        assert (waiting.status, waiting.ready_at is not None) == ("approved", True)
        heard = world.hear()
        tool.open("touch_alpha")
        await world.end(two)
    commit = next(news for news in heard if any(event.name == "plan.finished" for event in news.events))
    assert [event.chain for event in commit.events if event.name == "task.dispatched"] == [two.id]
    assert one.id in {event.chain for event in commit.events}


async def test_a_slot_is_freed_by_a_cancel_as_well(tmp_path: Path) -> None:
    """What was handed to an agent and taken back unclaimed leaves its room to the next."""
    async with open_world(tmp_path, owner(), agents=[agent(slots=1)], go=False) as world:
        one, two = await approved(world, "touch alpha"), await approved(world, "touch beta")
        await world.sayso.orchestrator.cancel(one.id, Voice("ana"))
        assert (await world.view(two)).tasks[0].status == "dispatched"


async def test_who_waits_for_a_resource_is_passed_only_by_who_needs_none_of_it(tmp_path: Path) -> None:
    """A task that waits for all cores keeps smaller ones behind it; one that needs none goes on."""
    files = owner()
    for name, cores in (("wide", 2), ("none", 0)):
        files.catalogue["operations"][name] = operation(
            title=name.title(), says=[f"make {name}"], needs={"cpu_cores": cores}
        )
    tool = GateTool(tmp_path / "effects.log")
    tool.close("touch_alpha")
    room = agent(resources=Resources(slots=8, cpu_cores=2))
    async with open_world(tmp_path, files, tool=tool, agents=[room]) as world:
        await approved(world, "touch alpha")
        wide, small = await approved(world, "make wide"), await approved(world, "touch beta")
        await world.end(await approved(world, "make none"))
        assert {(await world.view(plan)).tasks[0].status for plan in (wide, small)} == {"approved"}
        tool.open("touch_alpha")
        await world.end(wide)
        await world.end(small)
    assert tool.effects() == ["none", "touch_alpha", "wide", "touch_beta"]


async def test_two_kinds_of_work_share_a_slot_in_the_order_they_came(tmp_path: Path) -> None:
    """Who waits longest is next, though another kind of work has been waiting for longer as a whole."""
    files = owner()
    files.catalogue["operations"]["touch_beta"]["needs"] = {"cpu_cores": 2}
    tool = GateTool(tmp_path / "effects.log")
    tool.close("touch_delta")
    async with open_world(tmp_path, files, tool=tool, agents=[agent(slots=1, resources=Resources(1, 2))]) as world:
        for name in ("delta", "alpha", "beta", "gamma"):
            last = await approved(world, f"touch {name}")
        tool.open("touch_delta")
        await world.end(last)
    assert tool.effects() == ["touch_delta", "touch_alpha", "touch_beta", "touch_gamma"]


async def test_nobody_takes_a_target_before_who_waits_for_it_and_for_room(tmp_path: Path) -> None:
    """An older plan without a free agent keeps its turn at the target; a younger one with an idle agent waits."""
    tool = GateTool(tmp_path / "effects.log")
    tool.close("touch_beta")
    agents = [agent(slots=1), agent("research-1")]
    async with open_world(tmp_path, owner(), tool=tool, agents=agents) as world:
        await approved(world, "touch beta")
        older, younger = await approved(world, "touch alpha"), await approved(world, "ask alpha")
        await world.end(await approved(world, "ask around"))
        assert {(await world.view(plan)).tasks[0].status for plan in (older, younger)} == {"approved"}
        tool.open("touch_beta")
        await world.end(younger)
    assert tool.effects() == ["ask_around", "touch_beta", "touch_alpha", "ask_alpha"]


async def test_a_card_can_say_what_a_task_waits_for(tmp_path: Path) -> None:
    """Who holds the target, how many are before, whether the holder's outcome is unknown; or only room is missing."""
    tool = GateTool(tmp_path / "effects.log")
    tool.close("touch_alpha")
    async with open_world(tmp_path, owner(), tool=tool, agents=[agent(slots=2)]) as world:
        plans = [await approved(world, "touch alpha") for _ in range(3)]
        await tool.begins(1)
        tool.close("touch_beta")
        others = [await approved(world, "touch beta"), await approved(world, "touch gamma")]
        tasks = [(await world.view(plan)).tasks[0] for plan in (*plans, *others)]
        found = [await waits_for(world.sayso.store, task) for task in tasks]
        assert [waiting and (waiting.target, waiting.ahead) for waiting in found] == [
            None, ("service:alpha", 0), ("service:alpha", 1), None, ("", 0)
        ]  # fmt: skip
        last = found[2]
        assert last is not None
        assert last.holder is not None
        assert (last.holder.id, last.is_unknown) == (tasks[0].id, False)
        tool.open("touch_alpha")
        tool.open("touch_beta")
        for plan in (*plans, *others):
            await world.end(plan)


async def test_a_place_in_a_long_queue_is_counted_and_not_read(tmp_path: Path) -> None:
    """Hundreds of plans on one target, each with its card, cost no more rows for each than a few."""
    tool = GateTool(tmp_path / "effects.log")
    tool.close("touch_alpha")
    read: list[int] = []

    class Counting:
        async def find(self, *args: Any, **more: Any) -> list[Any]:
            rows = await world.sayso.store.find(*args, **more)
            read.append(len(rows))
            return rows

        async def tally(self, *args: Any, **more: Any) -> dict[str, int]:
            return await world.sayso.store.tally(*args, **more)

    async with open_world(tmp_path, owner(), tool=tool) as world:
        plans = [await approved(world, "touch alpha") for _ in range(40)]
        tasks = [(await world.view(plan)).tasks[0] for plan in plans]
        found = [await waits_for(Counting(), task) for task in tasks]
        assert [waiting and waiting.ahead for waiting in found] == [None, *range(39)]
        assert sum(read) <= 4 * len(tasks)
        tool.open("touch_alpha")
        for plan in plans:
            await world.end(plan)


async def test_every_dispatch_stores_why_it_went_where(tmp_path: Path) -> None:
    """The score with its components and the reason are written with the attempt, with plan and task."""
    special = agent("infra-2", specializations=frozenset({"echo"}))
    async with open_world(tmp_path, owner(), agents=[agent(), special]) as world:
        plan = await approved(world, "touch alpha")
        view = await world.end(plan)
    assert view.attempts[0].agent_id == "infra-2"
    assert json.loads(view.attempts[0].routing or "") == {
        "score": 50,
        "components": {"load": 10, "recent_context": 0, "specialization": 20, "success_rate": 20},
        "reason": "Selected based on specialization match",
    }


async def test_a_long_line_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    """A plan for an idle agent is dispatched at once beside a hundred that wait for a busy one; all end in order."""
    files = owner()
    files.policy["limits"] = {"requests_per_minute": 1000, "pending_per_person": 1000}
    files.catalogue["operations"]["first"]["target"] = ""
    tool = GateTool(tmp_path / "effects.log")
    tool.close("first")
    agents = [agent(slots=1), agent("research-1", slots=1)]
    async with open_world(tmp_path, files, tool=tool, agents=agents) as world:
        plans = [await approved(world, "do first") for _ in range(100)]
        assert (await world.end(await approved(world, "ask around"))).plan.verdict == "PASS"
        tool.open("first")
        for plan in plans:
            assert (await world.end(plan)).plan.verdict == "PASS"
        waiting = await world.sayso.store.find(Task, {"status": "approved"})
    assert waiting == []
    began = [job.plan_id for job in tool.begun if job.operation == "first"]
    assert began == [plan.id for plan in plans]
