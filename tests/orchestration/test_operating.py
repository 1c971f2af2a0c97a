"""Hold, release and reload: who may, what then counts, and what stands on the record."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from orchestration.approval.decision import Voice
from orchestration.errors import NotAllowed, StaleRevision, Unavailable
from orchestration.events import SYSTEM
from orchestration.operating import Declarations
from orchestration.owner_files import Difference, Kind, Loaded, difference
from orchestration.records import Event, PrivateText, Snapshot
from tests.support.world import CATALOGUE, PEOPLE, POLICY, Owner, World, open_world, operation

HELD = ("dispatch.held", "dispatch.released")
STRICTER = {"match": {"operation": "second"}, "need": 2, "from": ["operators"]}


def loaded(kind: Kind, before: Any, after: Any) -> Loaded:
    """Return a file as it is taken."""
    text = json.dumps(after)
    return Loaded(kind, f"{hash(text):064x}"[-64:].replace("-", "0"), text, difference(kind, before, after))


async def reload(world: World, owner: Owner, person: str = "ben") -> None:
    """Go by the files of an owner."""
    found = owner.configuration()
    files = [
        loaded(kind, before, after)
        for kind, before, after in (
            ("catalogue", CATALOGUE, owner.catalogue),
            ("policy", POLICY, owner.policy),
            ("people", PEOPLE, owner.people),
        )
        if before != after
    ]
    declarations = Declarations(found.catalogue, found.policy, found.people)
    await world.sayso.operating.reload(declarations, files, Voice(person, "root"))


async def system_events(world: World, name: str) -> list[dict[str, Any]]:
    """Return the bodies of the events of this name that belong to no plan."""
    found = await world.sayso.store.find(Event, {"chain": SYSTEM, "name": name}, order_by="seq")
    return [json.loads(event.body) for event in found]


async def test_a_stricter_policy_counts_before_the_first_claim(tmp_path: Path) -> None:
    """What was approved and has not begun is asked for again, and two votes then do."""
    owner = Owner()
    owner.policy["approvals"].insert(0, STRICTER)
    async with open_world(tmp_path, go=False) as world:
        plan = await world.plan("do second")
        await world.vote(plan)
        await reload(world, owner)
        await world.sayso.go()
        view = await world.until(plan, lambda view: view.plan.status == "pending_approval")
        assert (view.plan.revision, world.tool.effects()) == (2, [])
        assert (await world.vote(view.plan)).state == "open"
        assert (await world.vote(view.plan, "cem")).state == "approved"
        assert (await world.end(plan)).plan.verdict == "PASS"


async def test_another_declaration_stops_what_was_approved(tmp_path: Path) -> None:
    """A task whose operation is declared otherwise by now is not run, and what waits cannot be approved."""
    owner = Owner()
    owner.catalogue["operations"]["second"]["retries"] = 1
    async with open_world(tmp_path, go=False) as world:
        approved, waiting = await world.plan("do second"), await world.plan("do second")
        await world.vote(approved)
        await reload(world, owner)
        with pytest.raises(StaleRevision, match="declaration of second has changed"):
            await world.vote(waiting)
        await world.sayso.go()
        view = await world.end(approved)
        assert view.plan.status == "failed"
        assert "has changed since this was approved" in (view.tasks[0].error_message or "")
        assert world.tool.effects() == []


async def test_what_is_new_can_be_asked_for(tmp_path: Path) -> None:
    """Operations and people count from the reload on, in everything that reads them."""
    owner = Owner()
    owner.catalogue["operations"]["polish"] = operation(title="Polish", says=["polish the silver"])
    owner.people["people"]["dan"] = {"name": "Dan", "groups": ["everyone"]}
    async with open_world(tmp_path) as world:
        with pytest.raises(NotAllowed):
            await world.ask("polish the silver", "dan")
        await reload(world, owner)
        plan = await world.plan("polish the silver", "dan")
        await world.vote(plan)
        assert (await world.end(plan)).plan.verdict == "PASS"
        del owner.people["people"]["dan"]
        await reload(world, owner)
        with pytest.raises(NotAllowed):
            await world.ask("polish the silver", "dan")


async def test_a_reload_is_on_the_record(tmp_path: Path) -> None:
    """Who had it done, and what is another by name; people stand there as hashes that can be forgotten."""
    owner = Owner()
    del owner.catalogue["operations"]["closed"]
    owner.catalogue["operations"]["look"]["title"] = "Look about"
    owner.policy["timezone"] = "Europe/Berlin"
    owner.people["people"]["dan"] = {"name": "Dan", "groups": ["operators"]}
    async with open_world(tmp_path) as world:
        await reload(world, owner)
        [catalogue] = await system_events(world, "catalogue.loaded")
        [policy] = await system_events(world, "policy.loaded")
        [people] = await system_events(world, "people.loaded")
        names = {row.hash: row.person for row in await world.sayso.store.find(PrivateText, {"kind": "name"})}
        assert (catalogue["removed"], catalogue["changed"]) == (["closed"], ["look"])
        assert (policy["added"], "removed" in policy) == (["timezone"], False)
        assert [names[one] for one in people["added"]] == ["dan"]
        assert "dan" not in json.dumps(people)
        assert {names[policy["person"]], names[policy["asserted_by"]]} == {"ben", "user root"}
        stored = {row.hash for row in await world.sayso.store.find(Snapshot, {})}
        assert {catalogue["sha256"], policy["sha256"], people["sha256"]} == stored


async def test_only_who_manages_may(tmp_path: Path) -> None:
    """Nobody else holds, releases or reloads, and their attempt is on the record."""
    async with open_world(tmp_path) as world:
        with pytest.raises(NotAllowed, match=r"«manage» these may: Ben, Cem\. Nothing was changed"):
            await world.sayso.operating.hold(Voice("ana"))
        with pytest.raises(NotAllowed):
            await world.sayso.operating.release(Voice("ana"))
        with pytest.raises(NotAllowed):
            await reload(world, Owner(), "ana")
        assert [one["what"] for one in await system_events(world, "access.denied")] == ["pause", "resume", "reload"]


async def test_a_reload_that_cannot_be_stored_did_not_happen(tmp_path: Path) -> None:
    """When the commit fails, everything goes by the old files, as if nobody had asked."""
    owner = Owner()
    owner.policy["approvals"] = [STRICTER]
    owner.catalogue["operations"] = {"second": operation(title="Second", says=["do second"])}
    del owner.people["people"]["cem"]
    owner.people["people"]["dan"] = {"name": "Dan", "groups": ["everyone", "operators"]}

    def full_disk(label: str) -> None:
        if label == "rules.reload.before_commit":
            raise sqlite3.OperationalError("database or disk is full")

    async with open_world(tmp_path, hook=full_disk) as world:
        with pytest.raises(Unavailable, match="disk is full"):
            await reload(world, owner)
        plan = await world.plan("inspect it")
        await world.vote(plan, "cem")
        assert (await world.end(plan)).plan.verdict == "PASS"
        assert await system_events(world, "policy.loaded") == []


async def test_a_hold_keeps_what_is_new_from_starting(tmp_path: Path) -> None:
    """What was approved waits until the release, also over a restart, and then runs."""
    async with open_world(tmp_path) as world:
        assert await world.sayso.operating.hold(Voice("ben", "root"))
        assert not await world.sayso.operating.hold(Voice("cem"))
        plan = await world.plan("inspect it")
        await world.vote(plan)
        assert (await world.view(plan)).tasks[0].status == "approved"
    async with open_world(tmp_path) as world:
        assert world.tool.effects() == []
        assert await world.sayso.operating.release(Voice("cem"))
        assert not await world.sayso.operating.release(Voice("cem"))
        assert ["asserted_by" in (await system_events(world, name))[0] for name in HELD] == [True, False]
        assert (await world.end(plan)).plan.verdict == "PASS"


@pytest.mark.parametrize(
    ("kind", "before", "after", "found"),
    [
        ("policy", None, {"ask": []}, Difference(added=("ask",))),
        ("policy", {"ask": [1], "manage": []}, {"ask": [2]}, Difference(removed=("manage",), changed=("ask",))),
        ("people", {"people": {"a": 1}}, {"people": {"a": 1}, "groups": {"g": {}}}, Difference(added=("group g",))),
        ("people", {"people": {"a": 1}, "groups": None}, {"people": {"a": 2}}, Difference(changed=("a",))),
        ("catalogue", {"operations": {"x": 1}}, {"operations": {"y": 1}}, Difference(("y",), ("x",))),
    ],
)
def test_a_difference_is_told_by_name(kind: Kind, before: Any, after: Any, found: Difference) -> None:
    """Of each file the names that its owner gave: operations, keys of the policy, people and groups."""
    assert difference(kind, before, after) == found
