"""A correction in words becomes a revision whose tasks run in the order that was said."""

from pathlib import Path

from orchestration.approval.decision import Shown, Voice
from orchestration.asking import Ask
from tests.support.world import World, open_world


async def amended(world: World, text: str, correction: str) -> list[tuple[str, tuple[int, ...]]]:
    """Ask, correct, and return (operation, what it waits for) of each task in order."""
    plan = await world.plan(text)
    shown = Shown(plan.id, plan.revision, plan.digest)
    answer = await world.sayso.orchestrator.asking.amend(shown, Ask(correction, Voice("ana"), "", {"platform": "test"}))
    assert answer is not None
    assert answer.plan is not None, answer
    view = await world.view(answer.plan)
    return [(task.operation, task.depends_on) for task in view.content.tasks]


async def test_what_is_added_comes_after(tmp_path: Path) -> None:
    """What is asked for in addition stands behind the plan's tasks, and waits for none of them by itself."""
    async with open_world(tmp_path) as world:
        assert await amended(world, "inspect it", "also do second") == [("inspect", ()), ("second", ())]


async def test_what_comes_first_is_waited_for(tmp_path: Path) -> None:
    """«… first» puts the addition before the plan's tasks, which wait for it."""
    async with open_world(tmp_path) as world:
        found = await amended(world, "inspect it", "but do second first")
    assert found == [("second", ()), ("inspect", (1,))]


async def test_what_is_left_out_is_waited_for_by_nobody(tmp_path: Path) -> None:
    """A task that waited for one that is left out no longer waits."""
    async with open_world(tmp_path) as world:
        assert await amended(world, "inspect it, then do second", "skip the first") == [("second", ())]
