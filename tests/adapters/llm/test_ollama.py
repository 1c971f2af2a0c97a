"""The local model by its protocol, over real HTTP on loopback."""

import asyncio
import json
import logging
import socket
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from ollama import AsyncClient

from adapters.llm.ollama import OllamaModel
from orchestration.errors import ModelFailed
from orchestration.ports import Completion, Model, Prompt, Tokens
from tests.support.models.behaviour import Behaviour
from tests.support.models.ollama_server import BEHAVIOURS, MODEL, OllamaServer

CANARY = "canary-5d1f"
ANSWER = '{"summary": "restart it"}'
SCHEMA = {
    "type": "object",
    "properties": {
        "summary": {"type": ["string", "null"], "enum": ["restart it", None]},
        "port": {"anyOf": [{"const": None}, {"type": "integer", "minimum": 1, "default": None}]},
    },
    "required": ["summary"],
    "additionalProperties": False,
}
PROMPT = Prompt("Choose.", json.dumps({"request": CANARY}), SCHEMA, 400)
PATIENT = 30.0
BRIEF = 0.3
ENDLESS = {"hang", "hang_in_body", "dripping_body"}


@asynccontextmanager
async def asking(server: OllamaServer, name: str = MODEL, **settings: str) -> AsyncIterator[OllamaModel]:
    model = OllamaModel(name, server.url, **settings)
    try:
        yield model
    finally:
        await model.close()


@pytest.fixture
async def server() -> AsyncIterator[OllamaServer]:
    async with OllamaServer(lambda _: ANSWER) as running:
        yield running


@pytest.fixture
def unused_address() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def _patience(behaviour: Behaviour) -> float:
    return BRIEF if behaviour.name in ENDLESS else PATIENT


async def _outcome(model: OllamaModel, seconds: float) -> Completion | ModelFailed:
    try:
        return await model.complete(PROMPT, seconds)
    except ModelFailed as failure:
        return failure


@pytest.mark.parametrize("behaviour", BEHAVIOURS, ids=lambda one: one.name)
async def test_every_behaviour_comes_out_as_a_completion_or_as_model_failed(behaviour: Behaviour) -> None:
    """However Ollama behaves, there is a completion, marked when it is none that is whole, or ModelFailed."""
    async with OllamaServer(lambda _: ANSWER) as server, asking(server) as model:
        server.script.play(behaviour.name)
        outcome = await _outcome(model, _patience(behaviour))
    assert outcome.trouble == behaviour.trouble
    if isinstance(outcome, ModelFailed):
        assert behaviour.gives == "failure"
        assert str(outcome).endswith(".")
    else:
        assert behaviour.gives != "failure"
        assert (outcome.text == ANSWER, outcome.model) == (behaviour.answers, MODEL)
        outcome.text.encode()


@pytest.mark.parametrize("behaviour", [one for one in BEHAVIOURS if one.gives == "failure"], ids=lambda one: one.name)
async def test_a_failure_holds_nothing_of_what_was_asked(
    server: OllamaServer, behaviour: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the failure, nor what led to it, nor the log holds words of the prompt, the answer or the key."""
    caplog.set_level(logging.DEBUG)
    server.script.play(behaviour.name)
    async with asking(server, api_key="key-77aa") as model:
        with pytest.raises(ModelFailed) as caught:
            await model.complete(PROMPT, _patience(behaviour))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    told = "\n".join([*traceback.format_exception(caught.value), repr(caught.value), repr(model), caplog.text])
    assert not [word for word in (CANARY, ANSWER, "key-77aa") if word in told]


def test_it_is_a_model_that_runs_here() -> None:
    """It is a Model of the local tier, whose limits nobody knows."""
    model: Model = OllamaModel(MODEL)
    assert (model.name, model.tier, model.remaining()) == (MODEL, "local", None)


async def test_the_schema_arrives_whole_in_the_format_and_in_the_instructions(server: OllamaServer) -> None:
    """Ollama gets every word of the schema, and the model reads it; tools are never offered."""
    async with asking(server) as model:
        await model.complete(PROMPT, PATIENT)
    [asked] = server.asked
    assert asked.schema == SCHEMA
    assert asked.instructions.startswith(PROMPT.instructions)
    assert json.dumps(SCHEMA) in asked.instructions
    assert asked.data == PROMPT.data
    assert not asked.body.get("tools")


async def test_the_same_question_gets_the_same_answer(server: OllamaServer) -> None:
    """Temperature and seed are fixed, thinking is off, the answer has an end, and the model stays loaded."""
    async with asking(server) as model:
        await model.complete(PROMPT, PATIENT)
        await model.complete(PROMPT, PATIENT)
    first, second = server.asked
    assert first.raw == second.raw
    assert first.body["options"] == {"temperature": 0, "seed": 1, "num_ctx": 4096, "num_predict": 400}
    assert (first.body["think"], first.body["keep_alive"], first.body["stream"]) == (False, "10m", True)


async def test_without_a_schema_the_answer_is_prose(server: OllamaServer) -> None:
    """A prompt without a schema asks for no format, and the instructions stand alone."""
    async with asking(server) as model:
        await model.complete(Prompt("Tell.", "{}", None, 100), PATIENT)
    [asked] = server.asked
    assert (asked.schema, asked.instructions) == (None, "Tell.")


@pytest.mark.parametrize("words", ["restart the server ", "перезапусти ", "サーバーを再起動する", "🔁"])
@pytest.mark.parametrize("size", [10, 12_000, 20_000])
async def test_the_context_holds_the_prompt(server: OllamaServer, words: str, size: int) -> None:
    """The model sees all of a prompt, however long and in whatever script; Ollama's usual context would cut it."""
    data = (words * size)[:size]
    async with asking(server) as model:
        await model.complete(Prompt("Choose.", data, SCHEMA, 400), PATIENT)
    [asked] = server.asked
    assert asked.data == data
    context = asked.body["options"]["num_ctx"]
    assert context & (context - 1) == 0


async def test_the_local_ollama_cuts_a_prompt_unsaid_as_the_real_one_does(server: OllamaServer) -> None:
    """Without `num_ctx` the beginning of a long prompt is lost and nothing tells."""
    client = AsyncClient(host=server.url)
    await client.chat(MODEL, [{"role": "user", "content": f"{CANARY}{'x' * 20_000}"}])
    await client.close()
    assert CANARY not in server.asked[0].data


async def test_a_prompt_that_no_context_holds_is_not_sent(server: OllamaServer) -> None:
    """What would be cut is turned down before it is sent, with what to do."""
    async with asking(server) as model:
        with pytest.raises(ModelFailed, match="less at once") as caught:
            await model.complete(Prompt("Choose.", "x" * 200_000, SCHEMA, 400), PATIENT)
    assert caught.value.trouble == "rejected"
    assert server.asked == []


async def test_half_a_character_in_a_request_does_not_stop_it(server: OllamaServer) -> None:
    """What UTF-8 cannot hold is sent as a question mark."""
    async with asking(server) as model:
        await model.complete(Prompt("Choose.", "restart \ud83d", SCHEMA, 400), PATIENT)
    assert server.asked[0].data == "restart ?"


async def test_a_model_without_thinking_is_told_so_once(server: OllamaServer) -> None:
    """Where Ollama says that a model knows no thinking, it is asked again without, and ever after."""
    server.script.always("knows_no_thinking")
    async with asking(server) as model:
        assert [(await model.complete(PROMPT, PATIENT)).text for _ in range(2)] == [ANSWER] * 2
    assert ["think" in asked.body for asked in server.asked] == [True, False, False]


async def test_tokens_are_counted_as_ollama_counts_them(server: OllamaServer) -> None:
    """The counts of the last object are those of the call; without a count that can be, it is 0."""
    server.script.play("ok", "usage_wrong", "usage_missing")
    async with asking(server) as model:
        counted = [(await model.complete(PROMPT, PATIENT)).tokens for _ in range(3)]
    asked = server.asked[0]
    assert counted == [Tokens((len(asked.instructions) + len(asked.data)) // 4, 7), Tokens(), Tokens()]


async def test_a_cut_answer_is_paid_for(server: OllamaServer) -> None:
    """An answer that ran into its limit comes with its text and its tokens."""
    server.script.play("repeated_tokens")
    async with asking(server) as model:
        completion = await model.complete(PROMPT, PATIENT)
    assert (completion.trouble, completion.tokens.output) == ("cut", PROMPT.max_tokens)


async def test_many_questions_at_once(server: OllamaServer) -> None:
    """Questions at the same time, the first ones among them, each get their own answer."""
    server.script.play("prose", "ok", "cut", "dropped_before_headers")
    async with asking(server) as model:
        outcomes = await asyncio.gather(*(_outcome(model, PATIENT) for _ in range(8)))
    assert sorted(str(outcome.trouble) for outcome in outcomes) == [*["None"] * 6, "cut", "unreachable"]


async def test_nobody_there(unused_address: str) -> None:
    """Where nothing listens the failure says how to start Ollama; so does the check."""
    model = OllamaModel(MODEL, unused_address)
    with pytest.raises(ModelFailed, match="ollama serve") as caught:
        await model.complete(PROMPT, PATIENT)
    assert caught.value.trouble == "unreachable"
    assert "ollama serve" in (await model.missing() or "")
    await model.close()


@pytest.mark.parametrize("host", ["http://[::1", "http://localhost:port", "ftp://127.0.0.1", "http://\x00", "a b"])
async def test_an_address_that_is_none(host: str) -> None:
    """An address that no client takes is a failure that names the setting."""
    model = OllamaModel(MODEL, host)
    with pytest.raises(ModelFailed, match="OLLAMA_HOST") as caught:
        await model.complete(PROMPT, PATIENT)
    assert caught.value.trouble == "unreachable"
    await model.close()


@pytest.mark.parametrize("key", ["ключ", "a\r\nX-Other: b"])
async def test_a_key_that_cannot_be_sent(server: OllamaServer, key: str) -> None:
    """A key that no header holds is a failure that names the setting."""
    async with asking(server, api_key=key) as model:
        with pytest.raises(ModelFailed, match="OLLAMA_API_KEY"):
            await model.complete(PROMPT, PATIENT)
        assert "OLLAMA_API_KEY" in (await model.missing() or "")


async def test_a_key_is_sent_as_a_bearer(server: OllamaServer) -> None:
    """Where there is a key it goes with each request."""
    async with asking(server, api_key="key-77aa") as model:
        await model.complete(PROMPT, PATIENT)
    assert server.asked[0].headers["authorization"] == "Bearer key-77aa"


async def test_no_proxy_sees_what_is_asked(
    server: OllamaServer, unused_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes to a model here does not go to the proxy for the world outside."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, unused_address)
    async with asking(server) as model:
        assert (await model.complete(PROMPT, PATIENT)).text == ANSWER


async def test_a_cancelled_question_is_cancelled(server: OllamaServer) -> None:
    """Cancelling is no failure of the model: it goes through, and leaves a model that can be asked again."""
    server.script.play("hang_in_body")
    async with asking(server) as model:
        question = asyncio.create_task(model.complete(PROMPT, PATIENT))
        await server.reached.wait()
        question.cancel()
        with pytest.raises(asyncio.CancelledError):
            await question
        assert (await model.complete(PROMPT, PATIENT)).text == ANSWER


async def test_nothing_is_missing(server: OllamaServer) -> None:
    """A model that is pulled and can answer lacks nothing, and finding out asks it nothing."""
    async with asking(server) as model:
        assert await model.missing() is None
    assert server.asked == []


async def test_a_model_that_is_not_pulled_is_missing(server: OllamaServer) -> None:
    """The sentence says which models are there and how to get this one."""
    async with asking(server, "large:70b") as model:
        said = await model.missing() or ""
        with pytest.raises(ModelFailed, match="ollama pull large:70b"):
            await model.complete(PROMPT, PATIENT)
    assert "`ollama pull large:70b`" in said
    assert MODEL in said


async def test_an_ollama_without_models_says_so(server: OllamaServer) -> None:
    """Where nothing is pulled yet the sentence says that."""
    server.abilities.clear()
    async with asking(server) as model:
        assert "none yet" in (await model.missing() or "")


async def test_a_model_that_cannot_answer_is_missing(server: OllamaServer) -> None:
    """A model for embeddings is none to be asked."""
    async with asking(server, "embedding:1b") as model:
        assert "ollama pull" in (await model.missing() or "")


async def test_closing_twice_and_asking_again(server: OllamaServer) -> None:
    """Closing lets go of the connections, may be done twice or without a question, and a question opens new ones."""
    async with asking(server) as model:
        await model.close()
        await model.complete(PROMPT, PATIENT)
        await model.close()
        await model.close()
        assert (await model.complete(PROMPT, PATIENT)).text == ANSWER


def test_the_client_is_imported_with_the_first_question() -> None:
    """Whoever does not ask does not wait for the client, nor keeps it in memory."""
    program = "import sys, adapters.llm.ollama; sys.exit(bool({'ollama', 'httpx'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def test_the_local_ollama_takes_no_field_that_the_real_one_does_not_know() -> None:
    """A request with a field that is not of the protocol is turned down, and told when the server is left."""
    with pytest.raises(AssertionError, match="temperature"):
        await _ask_with_an_unknown_field()


async def _ask_with_an_unknown_field() -> None:
    async with OllamaServer() as server, httpx.AsyncClient() as client:
        body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi."}], "temperature": 0}
        assert (await client.post(f"{server.url}/api/chat", json=body)).status_code == 400


async def test_the_local_ollama_also_answers_in_one_object_and_lists_what_it_has(server: OllamaServer) -> None:
    """The official client finds the rest of the protocol there too."""
    async with AsyncClient(host=server.url) as client:
        answer = await client.chat(MODEL, [{"role": "user", "content": "Hi."}])
        assert (answer.message.content, answer.done_reason) == (ANSWER, "stop")
        assert [one.model for one in (await client.list()).models] == [MODEL, "embedding:1b"]
        assert [one.model for one in (await client.ps()).models] == [MODEL]
        assert (await client.show(MODEL)).capabilities == ["completion"]
