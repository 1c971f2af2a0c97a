"""Asking again when an answer cannot be used: how often, and with what."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestration.errors import ModelFailed, ModelTrouble
from orchestration.models.repair import MOST_TOKENS, QUOTED, Rejected, again
from orchestration.ports import Completion, Prompt, Tokens
from tests.support.models.bench import PROMPT, Bench, ask, open_bench
from tests.support.models.scripted import ScriptedModel, Step


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Two models that answer."""
    async with open_bench(tmp_path) as opened:
        yield opened


def ended(trouble: ModelTrouble) -> Completion:
    """Return an answer that is not whole."""
    return Completion("some", "m", Tokens(1, 1), trouble)


def prompts(model: ScriptedModel) -> list[Prompt]:
    """Return what it was asked."""
    return [prompt for prompt, _ in model.asked]


@pytest.mark.parametrize(
    ("steps", "local_calls", "answered"),
    [
        (["bad"], 2, "local"),
        (["bad", "bad"], 3, "local"),
        (["bad", "bad", "bad"], 3, "external"),
        ([ended("broken"), "bad"], 3, "local"),
        ([ended("cut")], 2, "local"),
        ([ended("cut"), "bad"], 3, "local"),
        ([ended("cut"), ended("cut")], 2, "external"),
        ([ended("refused")], 1, "external"),
        (["bad", ended("refused")], 2, "external"),
    ],
)
async def test_how_often_one_model_is_asked(bench: Bench, steps: list[Step], local_calls: int, answered: str) -> None:
    """At most twice more; once more when the answer was cut; not again when the model refuses."""
    bench.local.then(*steps)
    assert (await ask(bench.models())).tier == answered
    assert len(bench.local.asked) == local_calls
    errors = [row.error for row in await bench.usage() if row.tier == "local"]
    assert sum(error is not None for error in errors) == len(steps)


async def test_what_was_wrong_is_said_as_data(bench: Bench) -> None:
    """The instructions stay as they are; beside the data stand the answer before and what was wrong with it."""
    bench.local.then("bad " + "x" * 5000, "bad again")
    await ask(bench.models())
    first, second, third = prompts(bench.local)
    assert {one.instructions for one in (first, second, third)} == {PROMPT.instructions}
    data = json.loads(second.data)
    assert data["seen"] == "a cat"
    assert len(data["earlier_answer"]) == QUOTED
    assert data["wrong_with_it"].startswith("«bad xxx")
    assert json.loads(third.data) == {
        "seen": "a cat", "earlier_answer": "bad again", "wrong_with_it": "«bad again» will not do.",
    }  # fmt: skip
    assert {one.max_tokens for one in (first, second, third)} == {PROMPT.max_tokens}


async def test_a_cut_answer_gets_twice_the_room(bench: Bench) -> None:
    """Nothing was wrong with it but its end, so that only the room is another."""
    bench.local.then(ended("cut"))
    await ask(bench.models())
    first, second = prompts(bench.local)
    assert (second.max_tokens, second.data) == (2 * first.max_tokens, first.data)


def test_room_has_a_bound() -> None:
    """An answer that was cut at the bound is not asked for again."""
    wide = Prompt("i", "[1]", None, MOST_TOKENS - 1)
    cut = ModelFailed("cut", "It was cut.")
    wider = again(wide, Rejected(wide, "", cut))
    assert wider.max_tokens == MOST_TOKENS
    with pytest.raises(ModelFailed, match="It was cut"):
        again(wide, Rejected(wider, "", cut))


def test_data_that_is_a_list_keeps_its_place() -> None:
    """What is no mapping stands under a name beside what was wrong."""
    prompt = Prompt("i", "[1]", None, 5)
    repaired = again(prompt, Rejected(prompt, "x", ModelFailed("unusable", "It is no y.")))
    assert json.loads(repaired.data) == {"data": [1], "earlier_answer": "x", "wrong_with_it": "It is no y."}


async def test_unusable_answers_do_not_count_as_failures_of_the_model(bench: Bench) -> None:
    """A model that answers nonsense is there: it is asked again for the next piece of work."""
    bench.local.then(*["bad"] * 9)
    models = bench.models()
    for _ in range(4):
        await ask(models)
    assert len(bench.local.asked) == 10
