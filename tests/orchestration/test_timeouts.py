"""A task ends at its time limit, also when nobody is there to see it."""

from pathlib import Path

import pytest

from tests.support.attempts import until_in_loop
from tests.support.world import Owner, open_world, operation


@pytest.mark.parametrize(("effect", "status"), [("idempotent", "failed"), ("at_most_once", "unknown")])
async def test_the_limit_holds_over_a_restart(tmp_path: Path, effect: str, status: str) -> None:
    """Left behind by a process that ended, it is stopped in time, and the next start takes that for its end."""
    files = Owner()
    files.catalogue["operations"]["sleep"] = operation(
        title="Sleep", says=["sleep long"], effect=effect, timeout="1s", **{"with": {"argv": ["sleep", "60"]}}
    )
    async with open_world(tmp_path, files, real=True) as world:
        plan = await world.plan("sleep long")
        await world.vote(plan)
        attempts = world.home.attempts
        await until_in_loop(lambda: any(attempts.glob("*/started")))
    await until_in_loop(lambda: any(attempts.glob("*/result.json")))
    async with open_world(tmp_path, files, real=True) as world:
        view = await world.until(plan, lambda view: view.tasks[0].status == status)
        assert "did not end within 1 s" in (view.tasks[0].error_message or "")
