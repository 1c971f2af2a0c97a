"""Claude over the real SDK and real HTTP, against a local Anthropic that behaves in every way it can."""

import asyncio
import logging
import subprocess
import sys
import time
import traceback
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.llm.anthropic import AnthropicModel
from orchestration.errors import ModelFailed
from orchestration.ports import Completion, Prompt, Tokens
from tests.support.models.anthropic_server import BEHAVIOURS, KEY, MODEL, AnthropicServer
from tests.support.models.behaviour import Asked

ANSWER = '{"operation": "deploy_kuma", "words": "kümmert sich"}'
ASKED = "canary-of-the-request"
SCHEMA = {
    "type": "object",
    "properties": {
        "operation": {"type": "string", "pattern": "^[a-z_]+$", "description": "Which one."},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
    },
    "required": ["operation", "count"],
}
PROMPT = Prompt("Choose an operation.", f'{{"request": "{ASKED}"}}', SCHEMA, 100)
LONG, SHORT = 30.0, 0.5
ENDLESS = {"hang", "hang_in_body", "dripping_body"}


def model_of(server: AnthropicServer, name: str = MODEL, key: str = KEY) -> AnthropicModel:
    """Return the adapter under test."""
    return AnthropicModel(name, key, server.url)


async def outcome(model: AnthropicModel, seconds: float = LONG) -> Completion | ModelFailed:
    """Ask, and return what came of it."""
    try:
        return await model.complete(PROMPT, seconds)
    except ModelFailed as failure:
        return failure


def told(result: Completion | ModelFailed) -> tuple[str, str | None]:
    """Return what sort of result this is, as behaviours name it, and the trouble."""
    if isinstance(result, ModelFailed):
        return "failure", result.trouble
    return "trouble" if result.trouble else "text", result.trouble


async def test_every_behaviour_ends_as_the_table_says() -> None:
    """Whatever the provider does, the result is the one that this behaviour stands for, and in time."""
    got, wanted, late = {}, {}, {}
    async with AnthropicServer(lambda asked: ANSWER) as server:
        model = model_of(server)
        for behaviour in BEHAVIOURS:
            server.script.play(behaviour.name)
            seconds = SHORT if behaviour.name in ENDLESS else LONG
            begun = time.monotonic()
            result = await outcome(model, seconds)
            late[behaviour.name] = time.monotonic() - begun > seconds + 5
            got[behaviour.name] = told(result)
            wanted[behaviour.name] = ("text" if behaviour.answers else behaviour.gives, behaviour.trouble)
            if behaviour.answers:
                assert result == Completion(ANSWER, MODEL, Tokens(40, 12, 300, 0)), behaviour.name
        await model.close()
    assert got == wanted
    assert not any(late.values()), late
    assert len(server.asked) == len(BEHAVIOURS), "nothing is asked twice"
    assert "POST /elsewhere" not in server.paths


async def test_an_answer_that_is_lost_on_its_way_may_cost() -> None:
    """A connection that ends behind the question may have cost an answer; one that was never there has not."""
    may_cost = {}
    async with AnthropicServer() as server:
        model = model_of(server)
        for name in ("dropped_before_headers", "dropped_after_headers", "dropped_in_body", "503", "html_502"):
            server.script.play(name)
            failure = await outcome(model)
            assert isinstance(failure, ModelFailed)
            may_cost[name] = failure.may_cost
    failure = await outcome(model)  # nobody listens there any more
    await model.close()
    assert isinstance(failure, ModelFailed)
    assert (failure.trouble, failure.may_cost) == ("unreachable", False)
    assert [name for name, may in may_cost.items() if may] == [
        "dropped_before_headers", "dropped_after_headers", "dropped_in_body",
    ]  # fmt: skip


async def test_a_refusal_to_take_more_names_the_time_to_wait() -> None:
    """`retry-after` is handed on, never waited for, however long; what is no time counts as none said."""
    waits = {}
    async with AnthropicServer() as server:
        model = model_of(server)
        for name in [one.name for one in BEHAVIOURS if one.name.startswith(("429", "503"))]:
            server.script.play(name)
            failure = await outcome(model)
            assert isinstance(failure, ModelFailed)
            waits[name] = failure.retry_after_seconds
        await model.close()
    assert waits == {
        "429": None,
        "429_after_0": 0,
        "429_after_1": 1,
        "429_after_3600": 3600,
        "429_after_4233600": 4233600,
        "429_after_soon": None,
        "429_after_-5": None,
        "429_after_nan": None,
        "429_after_Wed, 21 Oct 2015 07:28:00 GMT": 0,
        "429_ramp": 60,
        "429_spend_limit": 4233600,
        "503": 7,
    }


async def test_what_is_sent() -> None:
    """One request: instructions first and marked to be kept, then the data; low effort, nothing that is not taken."""
    async with AnthropicServer() as server:
        model = model_of(server)
        await model.complete(PROMPT, LONG)
        await model.complete(Prompt("Say it.", "{}", None, 50), LONG)
        await model.close()
    first, second = (asked.body for asked in server.asked)
    assert first["system"] == [{"type": "text", "text": PROMPT.instructions, "cache_control": {"type": "ephemeral"}}]
    assert first["messages"] == [{"role": "user", "content": PROMPT.data}]
    assert first["output_config"]["effort"] == "low"
    assert first.keys() == {"model", "max_tokens", "system", "messages", "output_config"}
    assert first["max_tokens"] >= PROMPT.max_tokens
    assert second["output_config"] == {"effort": "low"}
    assert KEY.encode() not in server.asked[0].raw
    assert [value for value in server.asked[0].headers.values() if KEY in value] == [f"Bearer {KEY}"]


async def test_the_same_question_is_the_same_bytes() -> None:
    """Two prompts whose schemas say the same in another order of keywords are sent alike, so that both are kept."""
    turned = {key: SCHEMA[key] for key in reversed(SCHEMA)} | {"required": ["count", "operation"]}
    async with AnthropicServer() as server:
        model = model_of(server)
        await model.complete(PROMPT, LONG)
        await model.complete(Prompt(PROMPT.instructions, PROMPT.data, turned, PROMPT.max_tokens), LONG)
        await model.close()
    assert server.asked[0].raw == server.asked[1].raw


async def test_an_older_model_is_asked_without_effort() -> None:
    """A model that knows no effort is asked again without it, and from then on without it at once."""
    no = {"supported": False}
    async with AnthropicServer(lambda asked: ANSWER) as server:
        server.model_like("claude-old", capabilities={"structured_outputs": {"supported": True}, "effort": no})
        model = model_of(server, "claude-old")
        for _ in range(2):
            assert (await model.complete(PROMPT, LONG)).text == ANSWER
        looked_first = model_of(server, "claude-old")
        assert await looked_first.missing() is None
        await looked_first.complete(PROMPT, LONG)
        await model.close()
        await looked_first.close()
    assert server.paths.count("POST /v1/messages") == 4
    assert all("effort" not in asked.body["output_config"] for asked in server.asked)


async def test_two_first_questions_at_once() -> None:
    """Both are answered, by one client, each with its own answer."""
    async with AnthropicServer(lambda asked: asked.data) as server:
        model = model_of(server)
        prompts = [Prompt("Repeat.", f'"{number}"', SCHEMA, 10) for number in range(8)]
        found = await asyncio.gather(*(model.complete(prompt, LONG) for prompt in prompts))
        await model.close()
    assert [one.text for one in found] == [prompt.data for prompt in prompts]


async def test_closing_and_asking_again() -> None:
    """A closed model may be closed again, and opens new connections when it is asked once more."""
    async with AnthropicServer(lambda asked: ANSWER) as server:
        model = model_of(server)
        await model.close()
        for _ in range(2):
            assert (await model.complete(PROMPT, LONG)).text == ANSWER
            await model.close()
            await model.close()


async def test_a_cancelled_question_stays_cancelled() -> None:
    """Who waits no longer gets the cancellation, not a failure; the next question is answered."""
    came = asyncio.Event()

    def answering(asked: Asked) -> str:
        came.set()
        return ANSWER

    async with AnthropicServer(answering) as server:
        server.script.play("hang")
        model = model_of(server)
        asking = asyncio.ensure_future(model.complete(PROMPT, LONG))
        await came.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert (await model.complete(PROMPT, LONG)).text == ANSWER
        await model.close()


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "nonsense", "ftp://127.0.0.1", "http://[", "https://127.0.0.1:1"]
)
async def test_an_address_where_nothing_answers(address: str) -> None:
    """It is unreachable, and both the failure and the check say what to look at."""
    model = AnthropicModel(MODEL, KEY, address)
    failure = await outcome(model)
    assert told(failure) == ("failure", "unreachable")
    assert "ANTHROPIC_BASE_URL" in str(failure)
    assert await model.missing() == str(failure)
    await model.close()


@pytest.mark.parametrize("key", ["", "sk-other", "sk\nX-Evil: 1", " sk", "schlüssel", "sk\x00"])
async def test_a_key_that_is_none(key: str) -> None:
    """It is not accepted, and a key that no header can hold is not even sent."""
    async with AnthropicServer() as server:
        model = model_of(server, key=key)
        failure = await outcome(model)
        said = await model.missing()
        await model.close()
    assert told(failure) == ("failure", "unauthorised")
    assert said == str(failure)
    assert "ANTHROPIC_API_KEY" in str(failure)
    assert bool(server.paths) == (key == "sk-other")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, None),
        ({"capabilities": None, "mood": "calm"}, "sent what is no answer"),
        ({"lifecycle": "retired"}, "has retired"),
        ({"lifecycle": "deprecated", "retires_at": "2100-01-01T00:00:00Z"}, None),
        ({"lifecycle": "deprecated", "retires_at": "2026-01-02T00:00:00Z"}, "on 2026-01-02"),
        ({"lifecycle": "deprecated", "retires_at": "soon"}, "sent what is no answer"),
        ({"capabilities": {"structured_outputs": {"supported": False}}}, "in a given form"),
        ({"type": "file"}, "sent what is no answer"),
    ],
)
async def test_what_the_check_says_of_a_model(changes: dict[str, Any], word: str | None) -> None:
    """A model that is not as it must be is named with the reason and what to do; asking costs nothing."""
    async with AnthropicServer() as server:
        server.model_like("claude-it", **changes)
        model = model_of(server, "claude-it")
        said = await model.missing()
        await model.close()
    assert (said is None) if word is None else (said is not None and word in said and "claude-it" in said)
    assert server.paths == ["GET /v1/models/claude-it"]


async def test_the_check_names_a_model_that_is_not_there() -> None:
    """It says which setting to change."""
    async with AnthropicServer() as server:
        model = model_of(server, "claude-nobody")
        said = await model.missing()
        failure = await outcome(model)
        await model.close()
    assert said == str(failure)
    assert "claude-nobody" in str(failure)
    assert "SAYSO_EXTERNAL_MODEL" in str(failure)


async def test_remaining_is_the_least_of_what_the_last_response_says() -> None:
    """Answers and errors tell what is left; what has been reset since, or makes no sense, is not believed."""
    later, earlier = (datetime.now(UTC) + timedelta(minutes=sign) for sign in (1, -1))
    named = "anthropic-ratelimit-{}-{}".format

    def limit(kind: str, remaining: str, most: str, reset: datetime = later) -> dict[str, str]:
        return {
            named(kind, "limit"): most,
            named(kind, "remaining"): remaining,
            named(kind, "reset"): reset.isoformat(),
        }

    cases: list[tuple[dict[str, str], float | None]] = [
        (limit("requests", "50", "100") | limit("tokens", "1", "4") | limit("output-tokens", "9", "10"), 0.25),
        ({}, None),
        (limit("requests", "0", "100"), 0.0),
        (limit("requests", "0", "100", earlier) | limit("input-tokens", "3", "4"), 0.75),
        (limit("requests", "200", "100"), 1.0),
        (limit("requests", "5", "0") | limit("tokens", "many", "9") | limit("input-tokens", "-1", "9"), None),
        ({named("tokens", "limit"): "8", named("tokens", "remaining"): "2", named("tokens", "reset"): "garbage"}, 0.25),
    ]
    async with AnthropicServer() as server:
        model = model_of(server)
        assert model.remaining() is None
        for server.headers, wanted in cases:
            for behaviour in ("ok", "429", "html_502"):
                server.script.play(behaviour)
                await outcome(model)
                assert model.remaining() == wanted, (server.headers, behaviour)
        server.headers = cases[0][0]
        await outcome(model)
        await model.missing()
        assert model.remaining() == 0.25, "the check does not count as a question"
        await model.close()


async def test_neither_key_nor_request_gets_out(caplog: pytest.LogCaptureFixture) -> None:
    """No failure, no repr and no line of the log, at any level, holds the key or what was asked."""
    caplog.set_level(logging.DEBUG)
    seen = []
    async with AnthropicServer() as server:
        model = model_of(server)
        for behaviour in BEHAVIOURS:
            server.script.play(behaviour.name)
            result = await outcome(model, SHORT if behaviour.name in ENDLESS else LONG)
            if isinstance(result, ModelFailed):
                assert result.__cause__ is None
                assert result.__context__ is None
                assert MODEL in str(result)
                seen += [str(result), repr(result), *traceback.format_exception(result)]
        seen += [repr(model), str(model), caplog.text]
        await model.close()
    assert not [one for one in seen if KEY in one or ASKED in one or PROMPT.instructions in one]


def test_the_sdk_is_imported_with_the_first_question_only() -> None:
    """Making a model, and asking it for its name and its limits, loads neither the SDK nor its HTTP library."""
    program = (
        "import sys\n"
        "from adapters.llm.anthropic import AnthropicModel\n"
        "model = AnthropicModel('claude', 'key')\n"
        "assert (model.name, model.tier, model.remaining()) == ('claude', 'external', None)\n"
        "assert not {'anthropic', 'httpx2', 'httpcore2', 'adapters.llm.bounded_body'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
