"""Which model a piece of work goes to, by how much of the local models is left and how involved the work is."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.models.choice import Choice, Complexity, choose
from orchestration.ports import Tier
from tests.support.models.bench import Bench, FailingStore, ask, open_bench

A_DAY = 1000


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Models of which the local ones are good for a thousand tokens a day."""
    async with open_bench(tmp_path) as opened:
        opened.rule(budgets={"local_tokens_per_day": A_DAY})
        yield opened


@pytest.mark.parametrize(
    ("quota", "complexity", "tier", "reason"),
    [
        (0.15, "simple", "external", "quota_critical"),
        (0.19, "simple", "external", "quota_critical"),
        (0.19, "complex", "external", "quota_critical"),
        (0.0, "simple", "external", "quota_critical"),
        (0.20, "simple", "local", "local_sufficient"),
        (0.20, "complex", "external", "high_complexity"),
        (0.65, "medium", "local", "local_sufficient"),
        (0.80, "simple", "local", "local_sufficient"),
        (0.80, "complex", "external", "high_complexity"),
        (1.0, "simple", "local", "local_sufficient"),
    ],
)
async def test_the_rule_by_what_is_left(
    bench: Bench, quota: float, complexity: Complexity, tier: Tier, reason: str
) -> None:
    """Less than a fifth left, or complex work, goes to the external model; the rest stays local; each is on record."""
    assert choose(complexity, quota) == Choice(tier, reason, quota)  # type: ignore[arg-type]
    if quota < 1:
        await bench.used("local", round(A_DAY * (1 - quota)))
    answered = await ask(bench.models(), complexity=complexity, request_id="r1")
    assert answered.tier == tier
    decision = await bench.decision()
    assert decision.decision == {"external": "use_claude", "local": "use_ollama"}[tier]
    assert (decision.reason, decision.quota_remaining_percent, decision.complexity_level) == (reason, quota, complexity)
    assert (decision.fallback_tier, decision.model_used, decision.error_message) == (0, f"{tier}-model", None)
    assert (decision.task_id, decision.plan_id, decision.request_id) == ("r1", None, "r1")


async def test_more_than_all_is_nothing_left(bench: Bench) -> None:
    """Tokens beyond the day's budget do not make the quota negative."""
    await bench.used("local", 5 * A_DAY)
    await ask(bench.models())
    assert (await bench.decision()).quota_remaining_percent == 0.0


async def test_only_today_counts(bench: Bench) -> None:
    """What was used until midnight UTC is whole again after it, also in a process that ran meanwhile."""
    bench.clock.moved = datetime(2031, 3, 5, 23, 59, 50, tzinfo=UTC) - datetime.now(UTC)
    await bench.used("local", A_DAY)
    models = bench.models()
    assert (await ask(models)).tier == "external"
    bench.clock.moved += timedelta(hours=1)
    assert (await ask(models)).tier == "local"
    assert (await ask(bench.models())).tier == "local"


async def test_without_a_budget_all_is_left(bench: Bench) -> None:
    """An owner who says nothing of tokens has a quota of one, however much was used."""
    bench.rule()
    await bench.used("local", 1_000_000)
    assert (await ask(bench.models())).tier == "local"
    assert (await bench.decision()).quota_remaining_percent == 1.0


async def test_a_quota_that_cannot_be_read_keeps_work_local(bench: Bench) -> None:
    """When looking up fails, the local model is asked, with a whole quota and the error on record."""
    answered = await ask(bench.models(store=FailingStore(bench.store, reads=False)), complexity="complex")
    assert answered.tier == "local"
    decision = await bench.decision()
    assert (decision.reason, decision.quota_remaining_percent) == ("local_sufficient", 1.0)
    assert decision.error_message == "Unavailable: The disk is gone."


@pytest.mark.parametrize(
    ("tier", "complexity", "decision", "reason"),
    [("local", "complex", "use_ollama", "high_complexity"), ("external", "simple", "use_claude", "local_sufficient")],
)
async def test_the_only_model_is_used(
    bench: Bench, tier: Tier, complexity: Complexity, decision: str, reason: str
) -> None:
    """With one model the rule has nothing to choose; the record says what was used, and what the rule had found."""
    assert (await ask(bench.models(tier), complexity=complexity)).tier == tier
    found = await bench.decision()
    assert (found.decision, found.reason, found.fallback_tier) == (decision, reason, 0)
