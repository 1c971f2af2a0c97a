"""Folders of attempts go when the owner has said so, and never one that is still of use."""

import os
from datetime import timedelta
from pathlib import Path

from adapters.old_attempts import OldAttempts
from adapters.tools.attempt_folder import AttemptFolder
from orchestration.records import Plan
from tests.support.gates import GateTool, owner
from tests.support.world import World, open_world

KEEP = timedelta(days=30)


def lay_down(world: World, attempt_id: str) -> Path:
    """Make what an attempt leaves."""
    folder = AttemptFolder(str(world.home.attempts / attempt_id))
    folder.make()
    folder.write("result.json", {"status": "success"})
    return Path(folder.path)


async def left_by(world: World, plan: Plan) -> Path:
    """Lay down the folder of a plan's only attempt."""
    return lay_down(world, (await world.view(plan)).attempts[0].id)


async def test_only_what_ended_long_ago_goes(tmp_path: Path) -> None:
    """A plan that ended lately, one that runs, one that is alive in spite of its row, and what is not ours, stay."""
    tool = GateTool(tmp_path / "effects.log")
    tool.close("touch_beta")
    async with open_world(tmp_path, owner(), tool=tool) as world:
        old = OldAttempts(world.sayso.store, world.clock, world.home.attempts, KEEP)
        plans = {text: await world.plan(text) for text in ("touch alpha", "touch gamma", "touch beta")}
        for plan in plans.values():
            await world.vote(plan)
        folders = {}
        for text in ("touch alpha", "touch gamma"):
            await world.end(plans[text])
        for text, plan in plans.items():
            folders[text] = await left_by(world, plan)
        (world.home.attempts / "notes").mkdir()
        alive = AttemptFolder(str(folders["touch gamma"])).lock()
        assert await old.remove() == 0
        world.clock.moved += KEEP
        lately = await world.plan("touch delta")
        await world.vote(lately)
        await world.end(lately)
        folders["touch delta"] = await left_by(world, lately)
        world.clock.moved += timedelta(minutes=1)
        assert await old.remove() == 1
        assert [text for text, folder in folders.items() if not folder.exists()] == ["touch alpha"]
        assert (world.home.attempts / "notes").exists()
        assert alive is not None
        os.close(alive)
        assert await old.remove() == 1
        tool.open("touch_beta")


async def test_a_folder_that_cannot_be_removed_keeps_no_other(tmp_path: Path) -> None:
    """What is not a folder any more, or is not ours to remove, stays; those behind it go all the same."""
    async with open_world(tmp_path, owner()) as world:
        plans = [await world.plan(text) for text in ("touch alpha", "touch beta")]
        for plan in plans:
            await world.vote(plan)
            await world.end(plan)
        first, second = sorted([(await world.view(plan)).attempts[0].id for plan in plans])
        (world.home.attempts / first).write_text("in the way")
        behind = lay_down(world, second)
        world.clock.moved += KEEP + timedelta(minutes=1)
        assert await OldAttempts(world.sayso.store, world.clock, world.home.attempts, KEEP).remove() == 1
        assert not behind.exists()
