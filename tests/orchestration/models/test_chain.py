"""From one model to the other, within one deadline, and what is said when neither answers."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestration.canonical import parse
from orchestration.errors import ModelFailed, ModelTrouble, Unavailable
from orchestration.models.breaker import LONGEST_SECONDS
from orchestration.models.chain import Models
from orchestration.models.seat import Seat
from orchestration.ports import Completion, Prompt, Tokens
from orchestration.records import Event, FallbackDecision
from tests.support.models.bench import MOST, PROMPT, Bench, FailingStore, ask, open_bench
from tests.support.models.scripted import ScriptedModel, failing

TROUBLES: list[ModelTrouble] = [
    "timeout", "unreachable", "rate_limited", "overloaded", "spend_limit", "unauthorised", "no_model", "rejected",
    "broken",
]  # fmt: skip


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Two models that answer."""
    async with open_bench(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_the_local_model_answers_for_the_external_one(bench: Bench, trouble: ModelTrouble) -> None:
    """Whatever is wrong with the external model, it is asked once and the local one answers."""
    bench.external.then(failing(trouble))
    answered = await ask(bench.models(), complexity="complex")
    assert (answered.value, answered.model, answered.tier) == ("GOOD", "local-model", "local")
    assert len(bench.external.asked) == 1
    decision = await bench.decision()
    assert (decision.decision, decision.reason, decision.fallback_tier) == ("use_ollama", "claude_failed", 1)
    assert decision.error_message == f"external: It said {trouble}."
    assert {(row.tier, row.error) for row in await bench.usage()} == {("external", trouble), ("local", None)}


async def test_the_external_model_answers_for_the_local_one(bench: Bench) -> None:
    """When the local model was to do and cannot, the other is asked; the record has the rule's reason and the error."""
    bench.local.then(failing("unreachable"))
    assert (await ask(bench.models())).tier == "external"
    decision = await bench.decision()
    assert (decision.decision, decision.reason, decision.fallback_tier) == ("use_claude", "local_sufficient", 1)
    assert decision.error_message == "local: It said unreachable."


async def test_when_both_fail_the_message_names_the_work(bench: Bench) -> None:
    """Whoever asked is told which models failed for what, and the record says that none answered."""
    bench.external.then(failing("overloaded"))
    bench.local.then(failing("unreachable"))
    with pytest.raises(ModelFailed) as failed:
        await ask(bench.models(), complexity="complex", purpose="research", plan_id="p7", task_id="t1")
    assert str(failed.value) == "Both Claude and Ollama failed for task t1 (research). See logs for details."
    assert failed.value.trouble == "unreachable"
    decision = await bench.decision()
    assert (decision.decision, decision.fallback_tier, decision.model_used) == ("no_fallback", 2, "")
    assert (decision.task_id, decision.plan_id) == ("p7", "p7")
    assert decision.error_message == "external: It said overloaded. local: It said unreachable."


async def test_only_those_that_were_asked_are_said_to_have_failed(bench: Bench) -> None:
    """With one model, or with one that is left alone, the other is not blamed."""
    bench.local.then(failing("unauthorised"), failing("broken"))
    models = bench.models("local")
    with pytest.raises(ModelFailed, match=r"^Ollama failed for request r1 \(reading\)\. See logs for details\.$"):
        await ask(models, request_id="r1")
    with pytest.raises(ModelFailed) as failed:
        await ask(models, request_id="r1")
    alone = "local-model has failed (unauthorised) and is not asked again for 300 s."
    assert str(failed.value) == f"No model can be asked for request r1 (reading). {alone}"
    assert failed.value.retry_after_seconds == LONGEST_SECONDS
    assert len(bench.local.asked) == 1


async def test_without_models_nothing_is_asked_or_written(bench: Bench) -> None:
    """An owner who has set up no model is told so; the database does not grow."""
    assert bench.models("local").is_there
    models = Models(bench.store, bench.clock, bench.rules, {})
    assert not models.is_there
    with pytest.raises(ModelFailed, match="There is no model"):
        await ask(models)
    assert bench.store.commits == 0


class SlowModel(ScriptedModel):
    """A scripted model that takes so long by the bench's clock."""

    def __init__(self, bench: Bench, model: ScriptedModel, takes: float) -> None:
        super().__init__(model.tier)
        self._bench = bench
        self._takes = takes

    async def complete(self, prompt: Prompt, seconds: float) -> Completion:
        """Answer in time, or fail when that has come."""
        self._bench.time += min(self._takes, seconds)
        if self._takes > seconds:
            self.asked.append((prompt, seconds))
            raise failing("timeout")
        return await super().complete(prompt, seconds)


def times(model: ScriptedModel) -> list[float]:
    """Return how long each call might take."""
    return [seconds for _, seconds in model.asked]


async def test_each_call_has_its_own_time_out(bench: Bench) -> None:
    """The external model gets 30 s, then the local one 15 s, or what the policy says."""
    bench.external, bench.local = SlowModel(bench, bench.external, 99), SlowModel(bench, bench.local, 10)
    assert (await ask(bench.models(), complexity="complex")).tier == "local"
    assert (times(bench.external), times(bench.local)) == ([30.0], [15.0])
    bench.rule(models={"external_seconds": 7, "local_seconds": 12})
    await ask(bench.models(), complexity="complex")
    assert (times(bench.external)[1:], times(bench.local)[1:]) == ([7.0], [12.0])


async def test_one_deadline_holds_for_all_tries(bench: Bench) -> None:
    """A call gets no more than what is left, repairs too, and with less than a second left none is begun."""
    bench.external, bench.local = SlowModel(bench, bench.external, 8), SlowModel(bench, bench.local, 99)
    bench.external.then("bad 1", "bad 2", "bad 3")
    with pytest.raises(ModelFailed, match="Both Claude and Ollama failed"):
        await ask(bench.models(), complexity="complex", seconds=27.5)
    assert (times(bench.external), times(bench.local)) == ([27.5, 19.5, 11.5], [3.5])
    bench.external, bench.local = SlowModel(bench, bench.external, 8), SlowModel(bench, bench.local, 1)
    bench.external.then("bad 1", "bad 2")
    with pytest.raises(ModelFailed) as failed:
        await ask(bench.models(), complexity="complex", seconds=16.5)
    assert (times(bench.external), times(bench.local)) == ([16.5, 8.5], [])
    told = "Claude failed for a request (reading). See logs for details. There was no time left to ask local-model."
    assert str(failed.value) == told


async def test_research_may_take_all_that_is_left_but_for_the_other_model(bench: Bench) -> None:
    """The first gets the time of the work without what the second may take; the second all that is left then."""
    bench.external, bench.local = SlowModel(bench, bench.external, 500), SlowModel(bench, bench.local, 10)
    await ask(bench.models(), complexity="complex", purpose="research", seconds=120)
    assert (times(bench.external), times(bench.local)) == ([105.0], [15.0])


async def test_research_with_one_model_may_take_all(bench: Bench) -> None:
    """Nothing is kept back for a model that is not there."""
    await ask(bench.models("local"), purpose="research", seconds=120)
    assert times(bench.local) == [120.0]


async def test_a_model_that_says_nothing_in_time_is_not_waited_for(bench: Bench) -> None:
    """Also one that breaks its promise to fail by itself is given up soon after its time."""
    bench.external.hold = asyncio.Event()
    with pytest.raises(ModelFailed, match="external-model did not answer within 0 s") as failed:
        await Seat(bench.external, time.monotonic).complete(PROMPT, 0.01)
    assert failed.value.trouble == "timeout"


async def test_nonsense_of_a_provider_does_no_harm(bench: Bench) -> None:
    """Half characters, endless names and impossible counts are made writable; nothing is taken off what was spent."""
    nonsense = Completion("bad \ud800", "m\udfff" * 500, Tokens(-5, 2**70, -1, 0))
    bench.external.then(nonsense, ModelFailed("broken", "It said \ud800."))
    assert (await ask(bench.models(), complexity="complex")).tier == "local"
    found = next(row for row in await bench.usage() if row.error == "unusable")
    assert (len(found.model), found.input_tokens, found.output_tokens) == (100, 0, 10**9)
    assert found.cost_usd == 10**9 / 10
    assert (await bench.decision()).error_message == "external: It said ?."


async def test_nearly_at_the_limits_the_other_is_asked(bench: Bench) -> None:
    """A provider that says that its limits are reached is left for the other, until that is no news any more."""
    models = bench.models()
    bench.external.left = 0.0
    assert (await ask(models, complexity="complex")).tier == "local"
    bench.external.left = 0.5
    assert (await ask(models, complexity="complex")).tier == "external"
    bench.external.left = 0.01
    bench.time += 61
    assert (await ask(models, complexity="complex")).tier == "external"
    found = await bench.store.find(FallbackDecision, {"reason": "claude_failed"})
    assert [row.error_message for row in found] == [
        "external: external-model is nearly at its provider's limits just now."
    ]


async def test_nearly_at_its_limits_the_only_model_is_asked_all_the_same(bench: Bench) -> None:
    """What is left of the limits may be enough, and nobody else could answer."""
    bench.external.left = 0.0
    assert (await ask(bench.models("external"))).tier == "external"


@pytest.mark.parametrize("label", ["model.used", "model.decided"])
async def test_an_answer_that_cannot_be_written_down_is_not_used(bench: Bench, label: str) -> None:
    """Without a record there is no answer, and no other model is asked."""

    class Full(FailingStore):
        async def tx(self, label_: str, use_case):  # type: ignore[no-untyped-def]
            self.writes = label_ != label
            return await super().tx(label_, use_case)

    with pytest.raises(Unavailable, match="The disk is full"):
        await ask(bench.models(store=Full(bench.store)))
    assert (len(bench.local.asked), len(bench.external.asked)) == (1, 0)


async def test_what_each_call_took_is_written_down(bench: Bench) -> None:
    """A row for each call has its purpose, person, tokens and price; the decision has their sums."""
    bench.external = ScriptedModel("external", ["bad"], tokens=Tokens(100, 10, 50, 40))
    work = {"person": "ben", "request_id": "r", "plan_id": "p", "task_id": "t", "complexity": "complex"}
    await ask(bench.models(), purpose="research", **work)
    first, second = sorted(await bench.usage(), key=lambda row: row.error or "")
    assert (first.error, second.error) == (None, "unusable")
    assert (first.purpose, first.person, first.tier, first.model) == ("research", "ben", "external", "external-model")
    assert (first.request_id, first.plan_id, first.task_id) == ("r", "p", "t")
    spent = (first.input_tokens, first.output_tokens, first.cache_read_tokens, first.cache_written_tokens)
    assert spent == (100, 10, 50, 40)
    assert first.cost_usd == second.cost_usd == 2.9
    decision = await bench.decision()
    assert (decision.tokens_used, decision.cost_usd) == (400, 5.8)


async def test_the_event_stands_in_the_chain_of_the_plan(bench: Bench) -> None:
    """The audit record has whole numbers only, money in millionths, and nobody's name or words."""
    bench.local.then(failing("timeout"))
    await ask(bench.models(), plan_id="p", person="ben")
    (event,) = await bench.store.find(Event, {"name": "model.used"})
    body = parse(event.body)
    assert event.chain == "p"
    assert len(body.pop("person")) == 64
    assert body == {
        "plan_id": "p", "purpose": "reading", "tier": "external", "model": "external-model", "tokens": 20,
        "cost_micro_usd": 1_100_000, "reason": "local_sufficient", "error": "timeout",
    }  # fmt: skip


async def test_before_there_is_a_plan_the_event_stands_in_the_chain_of_the_system(bench: Bench) -> None:
    """A request that was not planned yet is named in it."""
    await ask(bench.models(), request_id="r")
    (event,) = await bench.store.find(Event, {"name": "model.used"})
    assert event.chain == "system"
    assert parse(event.body)["request_id"] == "r"


async def test_a_call_that_is_given_up_is_written_down(bench: Bench) -> None:
    """Whoever stops waiting may have to pay: the call counts with the most that it can cost, and is no answer."""
    bench.external.hold = asyncio.Event()
    asking = asyncio.create_task(ask(bench.models(), complexity="complex"))
    await bench.external.began.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    (row,) = await bench.usage()
    assert (row.error, row.input_tokens, row.cost_usd) == ("cancelled", 0, MOST)
    assert await bench.store.find(FallbackDecision, {}) == []
