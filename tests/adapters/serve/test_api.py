"""The routes of the socket: what they take, and what they refuse."""

import asyncio
import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import aclosing, closing
from typing import Any

import pytest

from adapters.serve.client import Client
from adapters.serve.socket_file import connect
from orchestration.errors import InvalidRequest, NotAllowed, NotFound, SaysoError, StaleRevision
from tests.support.serving import Serve, serving
from tests.support.terminal import SECONDS, Terminal

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A serve that tests share."""
    with serving(Terminal(tmp_path_factory.mktemp("api")), SAYSO_HTTP_LISTEN="off") as found:
        yield found


def ask(serve: Serve, method: str, path: str, body: str = "") -> tuple[int, Any]:
    """Return (status, data) of one plain request."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = connect(serve.terminal.home, SECONDS)
    with closing(connection):
        connection.request(method, path, body.encode())
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def test_without_pages_there_is_the_socket_alone(serve: Serve) -> None:
    """`off` opens no port, and the run file says so."""
    assert serve.url is None
    assert json.loads((serve.terminal.home / "run.json").read_text())["url"] is None


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/", "", 404),
        ("GET", "/api/v1/request", "", 405),
        ("POST", "/api/v1/request", "", 422),
        ("POST", "/api/v1/request", "no json", 422),
        ("POST", "/api/v1/request", '{"request": 5}', 422),
        ("POST", "/api/v1/request", '{"request": "echo x", "user": "ben"}', 422),
        ("POST", "/api/v1/request", '{"request": "echo x", "as": "eve"}', 403),
        ("POST", "/api/v1/plan/ZZZZZZ/approve", '{"approved": true, "revision": 1, "digest": "0"}', 404),
        ("POST", "/api/v1/cancel/x", "{}", 404),
        ("POST", "/api/v1/resolve/x", '{"outcome": "perhaps"}', 422),
        ("POST", "/api/v1/reload", '{"as": "ana"}', 403),
        ("GET", "/api/v1/plan/ZZZZZZ/follow", "", 404),
        ("GET", "/api/v1/plan/ZZZZZZ/follow?after=-1", "", 422),
        ("POST", "/api/v1/request", f'{{"request": "{"x" * 2**20}"}}', 413),
    ],
)
def test_what_is_not_right_is_a_problem_document(serve: Serve, method: str, path: str, body: str, status: int) -> None:
    """With its status, and a sentence that says what is wrong."""
    found, problem = ask(serve, method, path, body)
    assert (found, problem["status"]) == (status, status)
    assert problem["detail"]


async def test_calls_raise_what_the_core_raised(serve: Serve) -> None:
    """Somebody who attaches learns of a refusal as somebody who runs the core."""
    client = Client(serve.terminal.home)
    asked = await client.post("request", {"request": "back up the notes volume", "as": "ana"})
    plan_id = asked["plan_id"]
    calls: list[tuple[str, Mapping[str, Any], type[SaysoError]]] = [
        (f"plan/{plan_id}/approve", {"approved": True, "revision": 2, "digest": "0" * 12}, StaleRevision),
        (f"plan/{plan_id}/edit", {"revision": 1, "digest": "0" * 12, "drop": [7]}, InvalidRequest),
        (f"cancel/{plan_id}", {"as": "eve"}, NotAllowed),
        ("cancel/01a1fd46-2d7a-73c2-9be3-2285cfb631f0", {}, NotFound),
    ]
    for path, body, error in calls:
        with pytest.raises(error):
            await client.post(path, {"as": "ben", **body})


async def test_news_begin_where_the_reader_left_off(serve: Serve) -> None:
    """Whatever happened between two looks is told once: first what is there, then what comes."""
    client = Client(serve.terminal.home)
    asked = await client.post("request", {"request": "back up the notes volume", "as": "ana"})
    path = f"plan/{asked['plan_id']}/follow"
    async with aclosing(client.lines(f"{path}?after=1")) as lines:
        first = await anext(lines)
        assert [event["event"] for event in first["events"]] == ["plan.proposed"]
        await client.post(f"cancel/{asked['plan_id']}", {"as": "ben"})
        second = await asyncio.wait_for(anext(lines), SECONDS)
        assert [(event["number"], event["event"]) for event in second["events"]] == [(3, "plan.cancelled")]
    async with aclosing(client.lines(path)) as lines:
        assert [event["number"] for event in (await anext(lines))["events"]] == [1, 2, 3]


async def test_a_message_takes_effect_once(serve: Serve) -> None:
    """Sent again with the same key, it is the same plan."""
    client = Client(serve.terminal.home)
    body = {"request": "back up the notes volume", "as": "ana", "key": "terminal:once"}
    first, second = await client.post("request", body), await client.post("request", body)
    assert first["plan_id"] == second["plan_id"]


async def test_what_was_begun_ends_though_the_caller_has_gone(serve: Serve) -> None:
    """A call that is cut off midway is taken to its end: half of it would be worse than either."""
    client = Client(serve.terminal.home)
    asked = await client.post("request", {"request": "deploy kuma", "as": "ana"})
    path = f"plan/{asked['plan_id']}"
    calling = asyncio.create_task(client.post(f"{path}/preview", {"as": "ana"}))
    names: list[str] = []
    async with aclosing(client.lines(f"{path}/follow")) as lines:
        while "preview.finished" not in names:
            names += [event["event"] for event in (await asyncio.wait_for(anext(lines), SECONDS))["events"]]
            if "preview.started" in names:
                calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
