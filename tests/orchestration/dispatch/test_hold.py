"""A person holds everything new; what runs finishes, and afterwards all goes on in its order."""

from pathlib import Path

from orchestration.approval.decision import Voice
from orchestration.records import Event, Hold
from orchestration.views import View
from tests.support.gates import GateTool, agent, owner
from tests.support.world import open_world


def status_of(view: View) -> tuple[str, str]:
    """Return the status of a plan and of its first task."""
    return view.plan.status, view.tasks[0].status


async def test_a_hold_lets_finish_what_runs_and_starts_nothing(tmp_path: Path) -> None:
    """The running task ends, its dependant does not start, a new plan waits; nothing of it counts as paused."""
    tool = GateTool(tmp_path / "effects.log")
    tool.close("first")
    async with open_world(tmp_path, owner(), tool=tool) as world:
        runs, new = await world.plan("do first and do second"), await world.plan("touch alpha")
        await world.vote(runs)
        await tool.begins(1)
        assert await world.sayso.execution.hold(Voice("ben"), True)
        await world.vote(new)
        tool.open("first")
        view = await world.until(runs, lambda view: view.tasks[0].status == "completed")
        assert (view.plan.status, view.tasks[1].status) == ("executing", "approved")
        assert status_of(await world.view(new)) == ("approved", "approved")
        assert await world.sayso.execution.hold(Voice("ben"), False)
        for plan in (runs, new):
            assert (await world.end(plan)).plan.verdict == "PASS"


async def test_what_was_handed_out_and_not_claimed_is_taken_back(tmp_path: Path) -> None:
    """It is approved again, keeps its place, and runs once after the hold."""
    async with open_world(tmp_path, owner(), agents=[agent(slots=1)], go=False) as world:
        one, two = await world.plan("touch alpha"), await world.plan("touch alpha")
        for plan in (one, two):
            await world.vote(plan)
        assert status_of(await world.view(one)) == ("approved", "dispatched")
        await world.sayso.execution.hold(Voice("ben"), True)
        assert status_of(await world.view(one)) == ("approved", "approved")
        await world.sayso.go()
        assert world.tool.effects() == []
        await world.sayso.execution.hold(Voice("ben"), False)
        for plan in (one, two):
            assert (await world.end(plan)).plan.verdict == "PASS"
        ended = [(await world.view(plan)).tasks[0].finished_at or "" for plan in (one, two)]
        assert ended == sorted(ended)
        assert "task.withdrawn" in await world.event_names(one)


async def test_a_hold_outlives_a_restart(tmp_path: Path) -> None:
    """Until somebody releases it, a new process starts nothing either."""
    async with open_world(tmp_path, owner(), go=False) as world:
        plan = await world.plan("touch alpha")
        await world.vote(plan)
        await world.sayso.execution.hold(Voice("ben"), True)
    async with open_world(tmp_path, owner()) as world:
        assert status_of(await world.view(plan)) == ("approved", "approved")
        await world.sayso.execution.hold(Voice("cem"), False)
        assert (await world.end(plan)).plan.verdict == "PASS"
        assert world.tool.effects() == ["touch_alpha"]


async def test_a_hold_is_on_the_record_once(tmp_path: Path) -> None:
    """Holding twice says so and changes nothing; who did it stands in the row and, hashed, in the event."""
    async with open_world(tmp_path, owner()) as world:
        assert not await world.sayso.execution.hold(Voice("ben"), False)
        assert [await world.sayso.execution.hold(Voice("ben"), True) for _ in range(2)] == [True, False]
        assert await world.sayso.execution.hold(Voice("cem"), False)
        row = (await world.sayso.store.find(Hold, {}))[0]
        assert (row.name, row.is_on, row.person) == ("dispatch", False, "cem")
        names = [event.name for event in await world.sayso.store.find(Event, {"chain": "system"}, order_by="number")]
        assert [name for name in names if name.startswith("dispatch.")] == ["dispatch.held", "dispatch.released"]


async def test_a_held_plan_can_be_cancelled_and_frees_its_place(tmp_path: Path) -> None:
    """Nothing of it runs after the hold, and whoever waited behind it does."""
    async with open_world(tmp_path, owner()) as world:
        await world.sayso.execution.hold(Voice("ben"), True)
        one, two = await world.plan("touch alpha"), await world.plan("touch alpha")
        for plan in (one, two):
            await world.vote(plan)
        await world.sayso.orchestrator.cancel(one.id, Voice("ana"))
        assert (await world.view(one)).plan.status == "cancelled"
        await world.sayso.execution.hold(Voice("ben"), False)
        assert (await world.end(two)).plan.verdict == "PASS"
        assert world.tool.effects() == ["touch_alpha"]
