"""What `/metrics` says of models: nothing where there is none, else calls, tokens, cost, breaker and budgets."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.serve.metrics import Chatting, metrics
from adapters.serve.verification import Verifying
from orchestration.errors import ModelFailed
from orchestration.models.work import Work
from orchestration.ports import Model, Prompt, Tier, timestamp
from orchestration.records import Usage
from tests.support.models.scripted import ScriptedModel, failing
from tests.support.world import Owner, World, open_world

BUDGETS: dict[str, Any] = {
    "local_tokens_per_day": 1000,
    "external_per_month": 20,
    "external_per_person": 5,
    "external_per_team": {"operators": 10},
}
PRICES = {"as_of": "2026-11-01", "per_million": {"claude-x": {"input": 4, "output": 20}}}


def used(number: int, tier: Tier, person: str, **changes: Any) -> Usage:
    """Return a call of just now, of 250 tokens."""
    plain = {"at": timestamp(datetime.now(UTC)), "purpose": "reading", "error": None, "cost_usd": None} | changes
    return Usage(
        id=f"{number:08}", person=person, request_id=None, plan_id=None, task_id=None, tier=tier, model=f"{tier}-model",
        input_tokens=150, output_tokens=50, cache_read_tokens=40, cache_written_tokens=10, milliseconds=1, **plain,
    )  # fmt: skip


async def told(world: World, rows: Sequence[Usage] = ()) -> dict[str, float]:
    """Return the samples about models once these calls have been written down."""
    await world.sayso.store.tx("test", lambda tx: [tx.insert(row) for row in rows])
    lines = (await metrics(world.sayso, Verifying(), Chatting())).splitlines()
    samples = (line.rpartition(" ") for line in lines if line.startswith("sayso_model"))
    return {name: float(value) for name, _, value in samples}


def owner() -> Owner:
    """Return an owner with every kind of budget."""
    found = Owner()
    found.policy |= {"budgets": BUDGETS, "prices": PRICES}
    return found


async def test_without_a_model_nothing_is_said_of_models(tmp_path: Path) -> None:
    """Whoever has none sees the metrics that they always saw."""
    async with open_world(tmp_path, owner()) as world:
        assert await told(world, [used(1, "local", "ana")]) == {}


async def test_calls_tokens_cost_and_budgets(tmp_path: Path) -> None:
    """By tier and by what came of them; money of this month only, tokens of today only, the poorest person counts."""
    models: dict[Tier, Model] = {"local": ScriptedModel("local"), "external": ScriptedModel("external")}
    last_year = "2025-11-21T12:00:00.000Z"
    rows = [
        used(1, "local", "ana"),
        used(2, "local", "ana", error="unusable"),
        used(3, "external", "ana", cost_usd=1.0),
        used(4, "external", "ben", cost_usd=3.5),
        used(5, "external", "ben", cost_usd=9.0, at=last_year),
        used(6, "local", "cem", at=last_year),
    ]
    async with open_world(tmp_path, owner(), models=models) as world:
        found = await told(world, rows)
    assert {name.removeprefix("sayso_model_"): value for name, value in found.items()} == {
        'calls_total{tier="local",outcome="used"}': 2,
        'calls_total{tier="local",outcome="unusable"}': 1,
        'calls_total{tier="external",outcome="used"}': 3,
        'tokens_total{tier="local"}': 750,
        'tokens_total{tier="external"}': 750,
        "cost_month_usd": 4.5,
        'available{tier="local"}': 1,
        'available{tier="external"}': 1,
        'budget_left{budget="local_tokens_per_day"}': 0.5,
        'budget_left{budget="external_per_month"}': 0.775,
        'budget_left{budget="external_per_person"}': 0.3,
        'budget_left{budget="external_per_team.operators"}': 0.65,
    }


async def test_a_model_that_is_left_alone_is_told(tmp_path: Path) -> None:
    """After it has said that there is no money left, it is not asked for a while."""
    models: dict[Tier, Model] = {"local": ScriptedModel("local", [failing("spend_limit")])}
    async with open_world(tmp_path, models=models) as world:
        prompt = Prompt("Say yes.", "{}", None, 10)
        try:
            await world.sayso.models.ask(Work("research", "ana", "simple"), prompt, str)
        except ModelFailed:
            found = await told(world)
    assert found['sayso_model_available{tier="local"}'] == 0
