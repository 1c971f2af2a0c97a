"""The tool `http_call` asks the declared host and nobody else, keeps secrets to itself, and knows what it knows."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from adapters.tools.http_call import HttpCallTool
from adapters.tools.http_request import KEPT_BYTES
from orchestration.errors import InvalidRequest
from orchestration.ports import Job, Progress, Tool, ToolResult
from tests.support.attempts import Bench, job, until_in_loop

SECRET = "correct-horse-battery"


class Site(ThreadingHTTPServer):
    """A web server on this machine that remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[tuple[str, str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.elsewhere = ""
        self.go_on = threading.Event()


class Handler(BaseHTTPRequestHandler):
    """Answers by path."""

    server: Site

    def do_GET(self) -> None:
        """Answer any method."""
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length).decode()
        self.server.asked.append((self.command, self.path, body))
        self.server.headers.append(dict(self.headers))
        getattr(self, f"answer_{self.path.strip('/').split('/')[0].split('?')[0]}", self.answer_plain)()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server wants these names

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send an answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_plain(self) -> None:
        """Answer 200."""
        self.send(200, b"all is well\n")

    def answer_down(self) -> None:
        """Answer that it is down."""
        self.send(503, b"come back later\n")

    def answer_echo(self) -> None:
        """Say the headers back."""
        self.send(200, json.dumps(dict(self.headers)).encode())

    def answer_big(self) -> None:
        """Answer more than is kept."""
        self.send(200, (b"x" * 79 + b"\n") * 20_000)

    def answer_picture(self) -> None:
        """Answer what is no text."""
        self.send(200, b"\x89PNG\0\xff", **{"Content-Type": "image/png"})

    def answer_moved(self) -> None:
        """Point to another place here."""
        self.send(302, Location="/well")

    def answer_circle(self) -> None:
        """Point to itself."""
        self.send(302, Location="/circle")

    def answer_away(self) -> None:
        """Point to another host."""
        self.send(302, Location=f"{self.server.elsewhere}/stolen?token=abc")

    def answer_cut(self) -> None:
        """Promise more than comes."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"ffff\r\nhello")
        self.close_connection = True

    def answer_short(self) -> None:
        """Announce more than comes."""
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"hello")
        self.close_connection = True

    def answer_hang(self) -> None:
        """Take the request and hang up without an answer."""
        self.close_connection = True

    def answer_wait(self) -> None:
        """Answer when told to."""
        self.server.go_on.wait(60)
        self.send(200)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server."""
    with Site() as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield server
        server.go_on.set()
        server.shutdown()
        serving.join()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A home with a secret."""
    return Bench(tmp_path, {"SAYSO_SECRET_DOOR": SECRET})


def call(url: str, method: str = "GET", expect_status: Any = 200, **changes: Any) -> Job:
    """Return a job that makes this request."""
    request = {"method": method, "url": url, "expect_status": expect_status, **changes.pop("with_", {})}
    return job(**{"instructions": request, **changes})


async def run(bench: Bench, this: Job, told: list[Progress] | None = None) -> ToolResult:
    """Run a job by the tool."""
    tool: Tool = HttpCallTool(bench.supervised)
    return await tool.run(this, (told if told is not None else []).append)


async def test_an_answer_as_expected_is_a_success(bench: Bench, site: Site) -> None:
    """The declared request is made once; its answer is the output and a report in the evidence."""
    told: list[Progress] = []
    result = await run(bench, call(f"{site.url}/well?q=a%20b"), told)
    assert (result.status, result.exit_code, result.error_message) == ("success", 0, "")
    assert sorted(result.output.splitlines()) == ["It answered 200 OK.", "all is well"]
    assert [(artifact.type, artifact.path) for artifact in result.artifacts] == [
        ("report", "a1/stdout.log"),
        ("log", "a1/stderr.log"),
    ]
    assert site.asked == [("GET", "/well?q=a%20b", "")]
    assert [news.step for news in told] == [f"GET {site.url}/well?q=a%20b"]


async def test_another_status_is_a_failure(bench: Bench, site: Site) -> None:
    """An answer with a status that was not declared fails, says both, and is shown."""
    result = await run(bench, call(f"{site.url}/down", expect_status=[200, 204]))
    assert result.status == "failed"
    assert result.error_message == "It answered 503 Service Unavailable, and 200 or 204 was expected."
    assert result.output.strip() == "come back later"
    assert result.metrics == {}


async def test_what_is_sent_is_what_was_declared(bench: Bench, site: Site) -> None:
    """JSON goes with its type, a text as it is, and headers as they were declared."""
    sent = {"json": {"name": 'a"b', "port": 3001}, "headers": {"X-Reason": "trying"}}
    await run(bench, call(f"{site.url}/one", "POST", with_=sent))
    await run(bench, call(f"{site.url}/two", "PUT", with_={"body": "plain"}, attempt_id="a2"))
    await run(bench, call(f"{site.url}/three", "DELETE", attempt_id="a3"))
    assert [(method, path) for method, path, _ in site.asked] == [
        ("POST", "/one"),
        ("PUT", "/two"),
        ("DELETE", "/three"),
    ]
    assert json.loads(site.asked[0][2]) == sent["json"]
    assert (site.headers[0]["Content-Type"], site.headers[0]["X-Reason"]) == ("application/json", "trying")
    assert site.asked[1][2] == "plain"


async def test_a_secret_reaches_its_host_and_nothing_else(bench: Bench, site: Site) -> None:
    """A secret stands in its header on the way, and never on disk, in the output or in what is told."""
    told: list[Progress] = []
    with_ = {"secret_headers": {"Authorization": "Bearer ${DOOR_KEY}"}}
    result = await run(bench, call(f"{site.url}/echo", with_=with_, secrets={"DOOR_KEY": "door"}), told)
    assert site.headers[0]["Authorization"] == f"Bearer {SECRET}"
    assert "[redacted]" in result.output
    assert SECRET not in f"{result} {told}"
    assert SECRET.encode() not in bench.seen_on_disk()


async def test_what_people_say_never_becomes_a_secret(bench: Bench, site: Site) -> None:
    """A value that looks like the name of a secret stays what it is."""
    with_ = {"headers": {"X-Note": "${DOOR_KEY}"}, "json": {"note": "${DOOR_KEY}"}}
    await run(bench, call(f"{site.url}/one", "POST", with_=with_, secrets={"DOOR_KEY": "door"}))
    assert site.headers[0]["X-Note"] == "${DOOR_KEY}"
    assert json.loads(site.asked[0][2]) == {"note": "${DOOR_KEY}"}


async def test_a_redirect_on_the_same_host_is_followed(bench: Bench, site: Site) -> None:
    """A GET goes where its host points to on itself, three times at most; a status that was declared is the end."""
    assert (await run(bench, call(f"{site.url}/moved"))).status == "success"
    assert [path for _, path, _ in site.asked] == ["/moved", "/well"]
    circle = await run(bench, call(f"{site.url}/circle", attempt_id="a2"))
    assert circle.error_message == "It was redirected more than 3 times."
    assert len(site.asked) == 2 + 4
    assert (await run(bench, call(f"{site.url}/moved", expect_status=302, attempt_id="a3"))).status == "success"


@pytest.mark.parametrize(
    "elsewhere", ["http://127.0.0.2:1", "https://127.0.0.1", "http://a@127.0.0.1", "http://[", "//x"]
)
async def test_a_redirect_elsewhere_is_not_followed(bench: Bench, site: Site, elsewhere: str) -> None:
    """Another host, port or scheme is not asked; the sentence says where it was, without what may be secret."""
    site.elsewhere = elsewhere
    result = await run(bench, call(f"{site.url}/away"))
    assert result.status == "failed"
    assert "which is elsewhere. That is not followed." in result.error_message
    assert "token" not in result.error_message
    assert len(site.asked) == 1


async def test_a_request_that_changes_something_is_not_sent_twice(bench: Bench, site: Site) -> None:
    """A redirect of a POST ends it."""
    result = await run(bench, call(f"{site.url}/moved", "POST"))
    assert result.error_message == "It answered 302 Found: POST is not sent again."
    assert len(site.asked) == 1


async def test_a_long_answer_is_cut(bench: Bench, site: Site) -> None:
    """Of a long answer the beginning is kept, and it says that there is more."""
    result = await run(bench, call(f"{site.url}/big"))
    assert result.status == "success"
    assert "[the rest is left out]" in result.output
    [kept] = [artifact.size for artifact in result.artifacts if artifact.type == "report"]
    assert KEPT_BYTES < kept < KEPT_BYTES + 100


async def test_what_is_no_text_is_counted(bench: Bench, site: Site) -> None:
    """A picture is not printed; how large it is and what it says to be is."""
    result = await run(bench, call(f"{site.url}/picture"))
    assert "[6 bytes of image/png, which is no text]" in result.output


async def test_nothing_sent_is_known_to_be_nothing(bench: Bench, site: Site) -> None:
    """A host that cannot be reached has got nothing: a failure, and no unknown outcome."""
    site.server_close()
    result = await run(bench, call(f"{site.url}/one", "POST"))
    assert result.status == "failed"
    assert result.error_message.startswith("127.0.0.1 cannot be reached (")
    assert result.error_message.endswith("Nothing was sent.")
    assert "outcome_unknown" not in result.metrics


@pytest.mark.parametrize("path", ["hang", "cut", "short"])
async def test_no_whole_answer_is_an_unknown_outcome(bench: Bench, site: Site, path: str) -> None:
    """Where the request was sent and no whole answer came, nobody pretends to know what it did."""
    result = await run(bench, call(f"{site.url}/{path}", "POST"))
    assert (result.status, result.metrics) == ("failed", {"outcome_unknown": 1})
    assert result.error_message.startswith("The request was sent, and no whole answer came (")


async def test_a_host_that_does_not_answer_is_given_up(bench: Bench, site: Site) -> None:
    """The attempt's time limit ends the waiting."""
    result = await run(bench, call(f"{site.url}/wait", timeout_seconds=1.0))
    assert result.status == "timeout"


async def test_cancelling_ends_the_request(bench: Bench, site: Site) -> None:
    """A cancelled request is dead, and settling it says so."""
    tool = HttpCallTool(bench.supervised)
    this = call(f"{site.url}/wait")
    running = asyncio.ensure_future(tool.run(this, lambda _news: None))
    await until_in_loop(lambda: bool(site.asked))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    remains = await tool.settle(this)
    assert remains.result is not None
    assert (remains.state, remains.result.status) == ("ended", "cancelled")


async def test_a_request_of_an_earlier_process_is_told_the_same(bench: Bench, site: Site) -> None:
    """Whoever settles a request that ended says what `run` said; it is not made again."""
    this = call(f"{site.url}/hang", "POST")
    result = await run(bench, this)
    remains = await HttpCallTool(bench.supervised).settle(this)
    assert (remains.state, remains.result) == ("ended", result)
    assert len(site.asked) == 1


async def test_half_a_request_is_refused(bench: Bench) -> None:
    """A request that lacks a part is refused before anything starts."""
    with pytest.raises(InvalidRequest, match="has no «url»"):
        await run(bench, job(instructions={"method": "GET", "expect_status": 200}))
    assert HttpCallTool(bench.supervised).missing() is None
