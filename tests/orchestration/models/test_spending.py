"""What models may cost: for a month, a person and a team, whatever is under way at the same time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import BudgetSpent, ModelFailed, Unavailable
from orchestration.models.chain import Models
from orchestration.people import load_people
from orchestration.ports import Tokens
from tests.support.models.bench import COST, MOST, PRICES, Bench, FailingStore, ask, open_bench, policy
from tests.support.models.scripted import ScriptedModel, failing
from tests.support.world import PEOPLE

AT = datetime(2030, 12, 31, 23, 0, tzinfo=UTC)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Two models, on the last evening of a year."""
    async with open_bench(tmp_path) as opened:
        opened.clock.moved = AT - datetime.now(UTC)
        yield opened


async def answers(models: Models, person: str = "ana") -> str:
    """Return which model answers complex work of a person."""
    return (await ask(models, complexity="complex", person=person)).tier


@pytest.mark.parametrize(
    ("budgets", "whose", "used"),
    [
        ({"external_per_month": 5}, "The month's budget", "3.90 of 5.00"),
        ({"external_per_month": 50, "external_per_person": 5}, "The budget of Ana", "3.90 of 5.00"),
        ({"external_per_team": {"everyone": "5.00"}}, "The budget of the group everyone", "3.90 of 5.00"),
        ({"external_per_month": 0}, "The month's budget", "3.90 of 0.00"),
    ],
)
async def test_a_spent_budget_is_told(bench: Bench, budgets: dict[str, Any], whose: str, used: str) -> None:
    """Without another model, whoever asked hears whose budget it is and when there is a new one; nothing is asked."""
    bench.rule(budgets=budgets)
    await bench.used("external", 1, 3.9)
    with pytest.raises(BudgetSpent) as spent:
        await ask(bench.models("external"))
    told = f"{whose} for external models is spent: {used} USD are used. It begins anew on 2031-01-01 (UTC)."
    assert (str(spent.value), spent.value.until) == (told, "2031-01-01T00:00:00.000Z")
    assert bench.external.asked == []
    decision = await bench.decision()
    assert (decision.decision, decision.reason, decision.fallback_tier) == ("no_fallback", "budget_spent", 2)
    assert decision.error_message == f"external: {told}"
    assert (decision.tokens_used, decision.cost_usd) == (None, None)


async def test_with_a_spent_budget_the_local_model_answers(bench: Bench) -> None:
    """Work that the rule would have paid for stays local, and the record says why."""
    bench.rule(budgets={"external_per_month": 5})
    await bench.used("external", 1, 4.5)
    assert await answers(bench.models()) == "local"
    decision = await bench.decision()
    assert (decision.decision, decision.reason, decision.fallback_tier) == ("use_ollama", "budget_spent", 0)


async def test_with_a_spent_budget_and_no_local_answer_both_are_told(bench: Bench) -> None:
    """A spent budget is not said to be a failure of the external model."""
    bench.rule(budgets={"external_per_month": 0})
    bench.local.then(failing("unreachable"))
    with pytest.raises(ModelFailed, match=r"^Ollama failed for .* See logs .* The month's budget .* is spent"):
        await ask(bench.models())


@pytest.mark.parametrize(("budget", "calls"), [("1.11", 0), ("1.12", 1), ("3.31", 2), ("3.32", 3)])
@pytest.mark.parametrize("is_restarted", [False, True])
async def test_calls_go_on_while_the_most_that_one_may_cost_is_left(
    bench: Bench, budget: str, calls: int, is_restarted: bool
) -> None:
    """To the cent, and the same whether or not the process was restarted between them."""
    bench.rule(budgets={"external_per_month": budget})
    models = bench.models()
    found = [await answers(bench.models() if is_restarted else models) for _ in range(4)]
    assert found == ["external"] * calls + ["local"] * (4 - calls)


async def test_a_persons_budget_is_their_own(bench: Bench) -> None:
    """What one person has spent leaves the others theirs."""
    bench.rule(budgets={"external_per_person": 2})
    models = bench.models()
    assert [await answers(models, person) for person in ("ana", "ana", "ben")] == ["external", "local", "external"]


async def test_a_teams_budget_is_that_of_all_its_members(bench: Bench) -> None:
    """Members of a group use up one budget together; who is not in it has none to keep to."""
    bench.rule(budgets={"external_per_team": {"operators": 3}})
    models = bench.models()
    order = ["ben", "cem", "ben", "cem", "ana", "ana", "ana"]
    assert [await answers(models, person) for person in order] == ["external"] * 2 + ["local"] * 2 + ["external"] * 3


async def test_the_groups_of_now_count(bench: Bench) -> None:
    """Somebody who joins a team brings what they have spent, and is bound by its budget from then on."""
    bench.rule(budgets={"external_per_team": {"operators": 3}})
    models = bench.models()
    assert [await answers(models, "ana") for _ in range(3)] == ["external"] * 3
    people = load_people({**PEOPLE, "people": {**PEOPLE["people"], "ana": {"name": "Ana", "groups": ["operators"]}}})
    bench.rules.go_by(bench.rules.policy, people)
    assert await answers(models, "ben") == "local"


async def test_a_new_month_has_a_new_budget(bench: Bench) -> None:
    """From the first of the month, UTC, all is there again, in a process that ran on and in a new one."""
    bench.rule(budgets={"external_per_month": "1.50"})
    models = bench.models()
    assert [await answers(models) for _ in range(2)] == ["external", "local"]
    bench.clock.moved += timedelta(hours=2)
    assert await answers(models) == "external"
    assert await answers(bench.models()) == "local"


async def test_a_clock_put_back_gives_nothing_back(bench: Bench) -> None:
    """A process that has seen a month does not forget it for one before."""
    bench.rule(budgets={"external_per_month": "1.50"})
    models = bench.models()
    bench.clock.moved += timedelta(hours=2)
    assert await answers(models) == "external"
    bench.clock.moved -= timedelta(hours=2)
    assert await answers(models) == "local"


async def test_calls_at_the_same_time_cannot_overspend_together(bench: Bench) -> None:
    """What a call may cost is held back while it is under way; that is not told as a spent budget."""
    bench.rule(budgets={"external_per_person": 3})
    bench.external.hold = asyncio.Event()
    models = bench.models("external")
    asking = [asyncio.create_task(ask(models)) for _ in range(5)]
    done, waiting = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    while len(done) < 3:
        more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        done |= more
    assert len(bench.external.asked) == 2
    for refused in done:
        with pytest.raises(ModelFailed, match="The budget of Ana for external models is held back by calls"):
            refused.result()
    bench.external.hold.set()
    assert [(await one).tier for one in waiting] == ["external", "external"]
    assert sum(row.cost_usd or 0 for row in await bench.usage()) == 2 * COST
    with pytest.raises(BudgetSpent):
        await ask(models)


async def test_what_is_held_back_is_free_again_after_a_failure(bench: Bench) -> None:
    """A call that the provider did not take costs nothing; one that was not waited for counts with the most."""
    bench.rule(budgets={"external_per_month": "2.25"})
    bench.external.then(failing("overloaded"), failing("rejected"), failing("timeout"))
    models = bench.models()
    for _ in range(3):
        assert await answers(models) == "local"
    assert sorted(row.cost_usd or 0 for row in await bench.usage() if row.tier == "external") == [0, 0, MOST]
    assert [await answers(models) for _ in range(2)] == ["external", "local"]


async def test_repairs_keep_to_the_budget_too(bench: Bench) -> None:
    """When the money is spent by an answer that cannot be used, the model is not asked to mend it."""
    bench.rule(budgets={"external_per_month": 2})
    bench.external.then("bad")
    assert await answers(bench.models()) == "local"
    assert len(bench.external.asked) == 1
    assert (await bench.decision()).reason == "claude_failed"


async def test_local_calls_cost_nothing_of_it(bench: Bench) -> None:
    """Local models are asked however little money is left, and have no cost on record."""
    bench.rule(budgets={"external_per_month": 0})
    assert (await ask(bench.models())).tier == "local"
    assert [row.cost_usd for row in await bench.usage()] == [None]


async def test_without_a_budget_nothing_is_held(bench: Bench) -> None:
    """An owner who sets no budget and no price pays what the provider asks; the cost is not known then."""
    bench.rules.go_by(policy(prices=None), bench.rules.people)
    assert await answers(bench.models()) == "external"
    assert [row.cost_usd for row in await bench.usage()] == [None]


async def test_a_budget_without_a_price_forbids(bench: Bench) -> None:
    """A reload that takes the price out leaves a model that could cost anything: it is not asked."""
    bench.rules.go_by(policy(budgets={"external_per_month": 5}, prices=None), bench.rules.people)
    with pytest.raises(ModelFailed, match="no price for «external-model»: add it under «prices: per_million:»"):
        await ask(bench.models("external"))
    assert bench.external.asked == []


async def test_a_budget_that_cannot_be_looked_up_forbids(bench: Bench) -> None:
    """When nobody knows what was spent, nothing is: neither the first choice nor the fallback costs money."""
    bench.rule(budgets={"external_per_month": 5})
    bench.local.then(failing("timeout"))
    store = FailingStore(bench.store, reads=False)
    models = bench.models(store=store)
    with pytest.raises(ModelFailed, match="external-model has cost so far cannot be read"):
        await ask(models)
    assert bench.external.asked == []
    store.reads = True
    assert await answers(models) == "external"


async def test_money_that_could_not_be_written_down_is_counted(bench: Bench) -> None:
    """Paid is paid: an answer thrown away because the disk was full leaves that much less."""
    bench.rule(budgets={"external_per_month": 2})
    store = FailingStore(bench.store, writes=False)
    models = bench.models(store=store)
    with pytest.raises(Unavailable, match="The disk is full"):
        await answers(models)
    store.writes = True
    assert await answers(models) == "local"


async def test_the_price_of_now_counts(bench: Bench) -> None:
    """Kept input has its own price, and another table holds from the next call on."""
    bench.external = ScriptedModel("external", tokens=Tokens(1000, 100, 2000, 500))
    models = bench.models()
    for price in ({"input": 4, "output": 20, "cache_read": "0.40", "cache_written": 5}, {"input": 2, "output": 10}):
        bench.rule(prices={**PRICES, "per_million": {"external-model": price}})
        await answers(models)
    found = sorted(row.cost_usd or 0 for row in await bench.usage())
    assert found == [0.008, 0.0093]


@pytest.mark.parametrize(("may_cost", "cost"), [(True, MOST), (False, 0)])
async def test_an_answer_that_was_lost_on_its_way_counts(bench: Bench, may_cost: bool, cost: float) -> None:
    """What was asked for and lost may have to be paid, however it was lost; what was never asked costs nothing."""
    bench.external.then(ModelFailed("unreachable", "It was cut off.", may_cost=may_cost))
    await answers(bench.models())
    assert [row.cost_usd for row in await bench.usage() if row.tier == "external"] == [cost]
