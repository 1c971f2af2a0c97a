"""`/health` and `/metrics` of a real serve: who may see them, and what they say."""

import re
import resource
import socket
import time
from collections.abc import Iterator

import pytest

from tests.support.serving import Serve, serving
from tests.support.terminal import SECONDS, Terminal

pytestmark = pytest.mark.slow
HELP = re.compile(r"# HELP (?P<name>sayso_[a-z_]+) [^\\\n]+\.")
TYPE = re.compile(r"# TYPE (?P<name>[a-z_]+) (?P<kind>gauge|counter)")
LABEL = r'[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"(?P<name>[a-z_]+)(?:\{{{LABEL}(?:,{LABEL})*\}})? (?P<value>-?\d+(?:\.\d+)?(?:e[+-]\d+)?)")


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A serve with one plan that waits and one that has run."""
    with serving(Terminal(tmp_path_factory.mktemp("pages")), SAYSO_PUBLIC_URL="https://sayso.example.org") as found:
        found.terminal.plan("back up the notes volume")
        found.terminal.say("run", "show_status")
        yield found


def metrics(serve: Serve) -> dict[str, float]:
    """Return every sample by its name and labels, after a strict look at the format."""
    status, text, headers = serve.get("/metrics", {"Authorization": f"Bearer {serve.token()}"})
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert text.endswith("\n")
    families = [block.splitlines() for block in re.split(r"^(?=# HELP )", text, flags=re.MULTILINE) if block]
    names = [samples_of(lines) for lines in families]
    assert len(set(names)) == len(names), "a name is there twice"
    samples = [line.rpartition(" ") for lines in families for line in lines[2:]]
    found = {sample: float(value) for sample, _, value in samples}
    assert len(found) == len(samples), "a sample is there twice"
    return found


def samples_of(lines: list[str]) -> str:
    """Return the name of a family of samples, each of which is of that name and none of which says it otherwise."""
    described, typed = HELP.fullmatch(lines[0]), TYPE.fullmatch(lines[1])
    assert described, lines
    assert typed, lines
    assert described["name"] == typed["name"]
    assert (typed["kind"] == "counter") == typed["name"].endswith("_total"), lines
    for line in lines[2:]:
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        assert sample["name"] == typed["name"]
    return typed["name"]


def test_health_is_open(serve: Serve) -> None:
    """It says that all is well, of what and in which version, to anybody."""
    status, page, headers = serve.get("/health")
    assert (status, page["status"], page["service"]) == (200, "healthy", "sayso")
    assert page["version"]
    assert page["chats"] == {}
    assert "Access-Control-Allow-Origin" not in headers


def test_metrics_count_what_is_there(serve: Serve) -> None:
    """Plans, tasks, outbox, agents and the writer, and the record once it has been verified."""
    found = metrics(serve)
    assert found['sayso_plans{status="pending_approval"}'] == 1
    assert found['sayso_plans{status="completed"}'] == 1
    assert found["sayso_oldest_pending_seconds"] > 0
    assert found["sayso_tasks_unknown"] == found["sayso_tasks_running"] == found["sayso_writer_queue"] == 0
    assert found["sayso_on_hold"] == 0
    for lane in ("agent", "chat"):
        assert found[f'sayso_outbox_waiting{{lane="{lane}"}}'] == 0
        assert found[f'sayso_outbox_lag_seconds{{lane="{lane}"}}'] == 0
    assert found['sayso_agents{status="online"}'] == 4
    assert found["sayso_commits_total"] > 0
    assert found["sayso_chat_threads_waiting"] == found["sayso_chat_threads_parked_total"] == 0
    ends = time.monotonic() + SECONDS
    while "sayso_audit_intact" not in found:
        assert time.monotonic() < ends
        time.sleep(0.1)
        found = metrics(serve)
    assert found["sayso_audit_intact"] == 1
    assert abs(found["sayso_audit_verified_timestamp_seconds"] - time.time()) < SECONDS


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x", "Basic {token}", "Bearer {token}x", "Bearer \xff"])
def test_metrics_need_their_token(serve: Serve, header: str | None) -> None:
    """Without it, or with another, there is a problem document and no number."""
    headers = {"Authorization": header.format(token=serve.token())} if header else {}
    status, problem, answered = serve.get("/metrics", headers)
    assert (status, problem["status"], problem["title"]) == (401, 401, "Unauthorized")
    assert answered["Content-Type"].startswith("application/problem+json")
    assert answered["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost:1"}, 200),
        ({"Host": "[::1]:8080"}, 200),
        ({"Host": "sayso.example.org"}, 200),
        ({"Host": "SAYSO.example.org:443"}, 200),
        ({"Host": "evil.example.org"}, 403),
        ({"Host": "127.0.0.1.evil.example.org"}, 403),
        ({"Host": "10.0.0.1"}, 403),
        ({"Host": "[::1"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example.org"}, 403),
        ({"Origin": "http://localhost:8080"}, 200),
    ],
)
def test_foreign_names_are_refused(serve: Serve, headers: dict[str, str], status: int) -> None:
    """A page that has its own name point at this address, or calls from elsewhere, sees nothing."""
    assert serve.get("/health", headers)[0] == status


def test_an_unknown_page_is_a_problem_document(serve: Serve) -> None:
    """Also what only the socket has, and what nothing has."""
    for path in ("/", "/api/v1/serving", "/health/x"):
        status, problem, headers = serve.get(path)
        assert (status, problem["status"]) == (404, 404)
        assert headers["Content-Type"].startswith("application/problem+json")


def test_a_broken_request_is_an_answer(serve: Serve) -> None:
    """What is no HTTP ends with a status, and the serve goes on."""
    host, port = serve.url.removeprefix("http://").split(":")
    for sent in (b"\x00\x01\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"):
        with socket.create_connection((host, int(port)), SECONDS) as connection:
            connection.sendall(sent)
            assert connection.recv(100).startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
    assert serve.get("/health")[0] == 200


def test_a_full_disk_is_no_good_health(serve: Serve) -> None:
    """While nothing can be written `/health` and the log say so, and once it can again all is well by itself."""
    limit = resource.prlimit(serve.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(serve.process.pid, resource.RLIMIT_FSIZE, (1, limit[1]))
    try:
        assert "could not be written" in serve.terminal.say("ask", "echo x").err
        status, page, _ = serve.get("/health")
        assert (status, page["status"]) == (503, "unhealthy")
        assert "could not be written" in page["reasons"][0]
    finally:
        resource.prlimit(serve.process.pid, resource.RLIMIT_FSIZE, limit)
    assert serve.terminal.say("ask", "echo x").code == 0
    assert serve.get("/health")[0] == 200
