"""Many people at the same instant make one decision; and the same test fails without the compare-and-set."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.storage.transaction import SqliteTransaction
from orchestration.approval.decision import Outcome, Voice
from orchestration.errors import Conflict, SaysoError
from orchestration.ports import Where
from orchestration.records import Plan, Record
from tests.support.world import Owner, World, open_world

CONTENDERS = 64
PLANS = 8


def many_operators() -> Owner:
    """Return an owner with 64 operators."""
    owner = Owner()
    for number in range(CONTENDERS):
        owner.people["people"][f"op{number}"] = {"name": f"Op {number}", "groups": ["everyone", "operators"]}
    return owner


@dataclass
class Tally:
    """What 64 contenders were told and what became of the plan."""

    told: Counter[str]
    decided: int
    """How many were told that their vote started or stopped the plan."""
    status: str
    effects: int


async def race(world: World, plan: Plan, yes: Callable[[int], bool], expire: bool = False) -> Tally:
    """Let 64 people vote at once, and the sweep run among them if asked."""
    effects_before = len(world.tool.effects())

    async def contend(number: int) -> Outcome | SaysoError | list[str]:
        try:
            return await world.vote(plan, f"op{number}", yes(number))
        except Conflict as lost:
            return lost

    contenders: list[Any] = [contend(number) for number in range(CONTENDERS)]
    if expire:
        world.clock.moved = timedelta(hours=24) - timedelta(milliseconds=1)
        contenders.insert(CONTENDERS // 2, late_sweep(world))
    outcomes = await asyncio.gather(*contenders)
    told = Counter(type(outcome).__name__ for outcome in outcomes)
    decided = sum(isinstance(outcome, Outcome) for outcome in outcomes)
    view = await world.view(plan)
    if view.plan.status in ("approved", "executing"):
        view = await world.end(plan)
    return Tally(told, decided, view.plan.status, len(world.tool.effects()) - effects_before)


async def late_sweep(world: World) -> list[str]:
    """Let the time run out while votes are under way."""
    world.clock.moved = timedelta(hours=24, seconds=1)
    return await world.sayso.orchestrator.expire_due()


async def test_64_approvals_make_one_decision_and_one_start(tmp_path: Path) -> None:
    """One yes wins; 63 are told that it is decided; the task starts once."""
    async with open_world(tmp_path, many_operators()) as world:
        for _ in range(PLANS):
            tally = await race(world, await world.plan("do first"), lambda _number: True)
            assert (tally.decided, tally.status, tally.effects) == (1, "completed", 1)
            assert tally.told == {"Outcome": 1, "NotPending": CONTENDERS - 1}


async def test_approvals_against_rejections_make_one_decision(tmp_path: Path) -> None:
    """A plan is approved and runs once, or rejected and never runs; never both."""
    async with open_world(tmp_path, many_operators()) as world:
        for _ in range(PLANS):
            tally = await race(world, await world.plan("do first"), lambda number: number % 2 == 0)
            assert tally.decided == 1
            assert (tally.status, tally.effects) in [("completed", 1), ("rejected", 0)]


async def test_approvals_against_expiry_make_one_decision(tmp_path: Path) -> None:
    """A plan is approved in time and runs once, or expires and never runs."""
    async with open_world(tmp_path, many_operators()) as world:
        for _ in range(PLANS):
            world.clock.moved = timedelta()
            tally = await race(world, await world.plan("do first"), lambda _number: True, expire=True)
            assert (tally.status, tally.effects, tally.decided) in [("completed", 1, 1), ("expired", 0, 0)]


async def test_approvals_against_cancel_and_edit_leave_one_truth(tmp_path: Path) -> None:
    """Whatever wins, the plan runs as one revision that was approved, or not at all."""
    async with open_world(tmp_path, many_operators()) as world:
        for _ in range(PLANS):
            plan = await world.plan("do first")
            votes = [world.vote(plan, f"op{number}") for number in range(CONTENDERS // 2)]
            cancels = [world.sayso.orchestrator.cancel(plan.id, Voice("ana")) for _ in range(4)]
            outcomes = await asyncio.gather(*votes, *cancels, return_exceptions=True)
            unexpected = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
            assert all(isinstance(outcome, Conflict) for outcome in unexpected)
            view = await world.end(plan)
            assert sum(isinstance(outcome, Outcome) for outcome in outcomes) <= 1
            assert world.tool.effects().count("first") <= 1 * PLANS
            assert view.plan.status in ("completed", "cancelled")


async def test_without_compare_and_set_the_same_race_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: drop the conditions and the uniqueness, and many are told that they decided."""
    change, insert = SqliteTransaction.change, SqliteTransaction.insert

    def unconditional(self: SqliteTransaction, kind: type[Record], where: Where, values: Mapping[str, Any]) -> int:
        keys = {name: where[name] for name in ("id", "plan_id", "task_id") if name in where}
        return change(self, kind, keys, values)

    def always(self: SqliteTransaction, record: Record) -> bool:
        insert(self, record)
        return True

    monkeypatch.setattr(SqliteTransaction, "change", unconditional)
    monkeypatch.setattr(SqliteTransaction, "insert", always)
    async with open_world(tmp_path, many_operators(), go=False) as world:
        plan = await world.plan("do first")
        outcomes = await asyncio.gather(
            *(world.vote(plan, f"op{number}") for number in range(CONTENDERS)), return_exceptions=True
        )
        assert sum(isinstance(outcome, Outcome) for outcome in outcomes) > 1
