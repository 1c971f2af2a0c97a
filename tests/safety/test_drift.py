"""What was approved is what runs: one changed byte anywhere between showing and running stops it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orchestration.errors import StaleRevision
from orchestration.records import Plan
from tests.support.world import Owner, open_world

FILE = "script.txt"


def owner_with_file() -> Owner:
    """Return an owner whose first operation reads a file."""
    owner = Owner()
    owner.catalogue["operations"]["first"]["files"] = [FILE]
    return owner


def write(folder: Path, text: str) -> None:
    """Write the file that the operation reads."""
    (folder / "workspace").mkdir(exist_ok=True)
    (folder / "workspace" / FILE).write_text(text)


async def proposed(folder: Path, owner: Owner) -> Plan:
    """Ask, and end the process."""
    async with open_world(folder, owner) as world:
        return await world.plan("do first")


async def approved_but_not_started(folder: Path, owner: Owner) -> Plan:
    """Ask and approve, and end the process before anything is dispatched."""
    async with open_world(folder, owner, go=False) as world:
        plan = await world.plan("do first")
        await world.vote(plan)
        return plan


async def test_a_changed_declaration_cannot_be_approved(tmp_path: Path) -> None:
    """After a restart with another catalogue entry, the plan that was shown is stale."""
    plan = await proposed(tmp_path, Owner())
    changed = Owner()
    changed.catalogue["operations"]["first"]["title"] = "First!"
    async with open_world(tmp_path, changed) as world:
        with pytest.raises(StaleRevision, match="declaration of first has changed"):
            await world.vote(plan)
        assert world.tool.effects() == []


async def test_another_operation_may_change_without_touching_a_plan(tmp_path: Path) -> None:
    """A pending plan is bound to the operations it uses, not to the whole catalogue."""
    plan = await proposed(tmp_path, Owner())
    changed = Owner()
    changed.catalogue["operations"]["wipe"]["title"] = "Wipe it all"
    async with open_world(tmp_path, changed) as world:
        await world.vote(plan)
        assert (await world.end(plan)).plan.verdict == "PASS"


async def test_a_changed_file_cannot_be_approved(tmp_path: Path) -> None:
    """One byte of a file that the operation reads makes the plan stale."""
    write(tmp_path, "one")
    plan = await proposed(tmp_path, owner_with_file())
    write(tmp_path, "onE")
    async with open_world(tmp_path, owner_with_file()) as world:
        with pytest.raises(StaleRevision, match=FILE):
            await world.vote(plan)


async def test_a_declaration_changed_after_the_approval_is_not_run(tmp_path: Path) -> None:
    """The last look before the effect refuses; the plan fails and says why."""
    plan = await approved_but_not_started(tmp_path, Owner())
    changed = Owner()
    changed.catalogue["operations"]["first"]["with"]["argv"] = ["true", "--changed"]
    async with open_world(tmp_path, changed) as world:
        view = await world.end(plan)
        assert (view.plan.verdict, world.tool.effects()) == ("FAIL", [])
        assert "has changed since this was approved" in (view.tasks[0].error_message or "")


async def test_a_parameter_changed_in_the_database_is_not_run(tmp_path: Path) -> None:
    """A byte of the stored plan that is not as approved ends the plan before anything runs."""
    plan = await approved_but_not_started(tmp_path, Owner())
    with closing(sqlite3.connect(tmp_path / "home" / "sayso.db")) as database:
        database.execute("UPDATE revisions SET content = replace(content, '\"true\"', '\"rm\"')")
        database.commit()
    async with open_world(tmp_path) as world:
        news = await world.sayso.store.find(Plan, {"id": plan.id})
        while news[0].status not in ("failed", "completed"):
            await world.sayso.orchestrator.expire_due()
            news = await world.sayso.store.find(Plan, {"id": plan.id})
        assert (news[0].status, news[0].verdict, world.tool.effects()) == ("failed", "FAIL", [])
        assert "digest differs" in (news[0].reason or "")


async def test_a_stricter_policy_asks_again_before_anything_starts(tmp_path: Path) -> None:
    """An approved plan that has not started goes back to pending, as a new revision, when one yes is too few now."""
    plan = await approved_but_not_started(tmp_path, Owner())
    stricter = Owner()
    stricter.policy["approvals"][1]["need"] = 2
    async with open_world(tmp_path, stricter) as world:
        view = await world.until(plan, lambda view: view.plan.revision == 2)
        assert (view.plan.status, world.tool.effects()) == ("pending_approval", [])
        assert [missing.needed for missing in view.standing.missing] == [2]
        for person in ("ben", "cem"):
            await world.vote(view.plan, person)
        assert (await world.end(plan)).plan.verdict == "PASS"
        assert world.tool.effects() == ["first"]


async def test_a_laxer_policy_changes_nothing_that_was_decided(tmp_path: Path) -> None:
    """An approval stands when less would do now."""
    plan = await approved_but_not_started(tmp_path, Owner())
    laxer = Owner()
    laxer.policy["approvals"][1]["from"] = ["everyone"]
    async with open_world(tmp_path, laxer) as world:
        assert (await world.end(plan)).plan.verdict == "PASS"
