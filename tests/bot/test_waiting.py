"""Why a plan does not go on just now: what cards and commands say of it."""

from datetime import timedelta
from pathlib import Path

from bot.waiting import notice
from orchestration.approval.decision import Voice
from orchestration.ports import ToolResult
from tests.support.gates import agent, owner
from tests.support.world import EffectTool, open_world


async def test_a_task_that_is_tried_again_says_so(tmp_path: Path) -> None:
    """Between two tries the card tells that there will be another; before and after it there is nothing to tell."""
    files = owner()
    files.catalogue["operations"]["touch_alpha"]["retries"] = 1
    tool = EffectTool(tmp_path / "effects.log", {"touch_alpha": [ToolResult("failed", 1, error_message="no")]})
    async with open_world(tmp_path, files, tool=tool, agents=[agent()], backoff_seconds=60.0) as world:
        views, people = world.sayso.orchestrator.views, world.sayso.setting.rules.people
        plan = await world.plan("touch alpha")
        await world.vote(plan)
        view = await world.until(plan, lambda view: view.tasks[0].not_before is not None)
        assert await notice(view, views, people) == ["1 Touch alpha failed, and is tried again within a minute."]
        world.clock.moved += timedelta(minutes=2)
        await world.sayso.retries.retry_due()
        assert await notice(await world.end(plan), views, people) == []


async def test_what_waits_for_a_word_on_a_risky_task_says_so(tmp_path: Path) -> None:
    """A plan that a failure would stop tells that it waits while the outcome is unknown, and no longer."""
    files = owner()
    files.catalogue["operations"]["touch_alpha"].update(effect="at_most_once", on_failure="stop")
    tool = EffectTool(tmp_path / "effects.log", {"touch_alpha": [ToolResult("timeout", error_message="too long")]})
    async with open_world(tmp_path, files, tool=tool, agents=[agent(slots=1)]) as world:
        views, people = world.sayso.orchestrator.views, world.sayso.setting.rules.people
        plan = await world.plan("touch alpha and touch beta")
        await world.vote(plan)
        view = await world.until(plan, lambda view: view.plan.needs_person)
        told = "Nothing more of this starts before somebody has said what became of 1 Touch alpha."
        assert await notice(view, views, people) == [told]
        await world.sayso.orchestrator.resolve(view.tasks[0].id, "done", Voice("ben"))
        assert await notice(await world.end(plan), views, people) == []
