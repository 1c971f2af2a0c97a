"""The log: lines for machines, redacted, and nothing that costs a command that has nothing to log."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from adapters import log
from orchestration.redaction import Redactor


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture(autouse=True)
def _leave_logging_as_it_was() -> Iterator[None]:
    """Undo what a test configures."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    log.configure("warning", Redactor(()))
    root.handlers[:] = handlers
    root.setLevel(level)


def started(level: str = "info", *secrets: str) -> io.StringIO:
    """Configure the log with secrets, and return where it goes."""
    stream = io.StringIO()
    log.configure(level, Redactor(secrets), stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Return what was written, each line parsed."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_its_time_and_level() -> None:
    """What is not a terminal gets one JSON object a line, in UTC."""
    stream = started()
    log.Log(plan="7K2MQ4").bind(task=1).info("task.finished", seconds=3, files=("a", "b"))
    (line,) = lines(stream)
    assert line.pop("at").endswith("Z")
    assert line == {
        "plan": "7K2MQ4",
        "task": 1,
        "seconds": 3,
        "files": ["a", "b"],
        "event": "task.finished",
        "level": "info",
    }


@pytest.mark.parametrize(
    ("level", "events"),
    [
        ("debug", "debug info warning error"),
        ("info", "info warning error"),
        ("warning", "warning error"),
        ("error", "error"),
    ],
)
def test_only_lines_of_the_level_and_above_are_written(level: str, events: str) -> None:
    """An operator reads as much as they asked for."""
    stream = started(level)
    logger = log.Log()
    for name in log.LEVELS:
        getattr(logger, name)(name)
    assert [line["event"] for line in lines(stream)] == events.split()


def test_no_secret_is_written_wherever_it_is() -> None:
    """In texts, keys and values, lists, objects, exceptions and lines of libraries, a secret is blackened."""
    stream = started("debug", "hunter2-and-more")

    class Client:
        def __repr__(self) -> str:
            return "Client(key='hunter2-and-more')"

    logger = log.Log(bound="hunter2-and-more")
    logger.info(
        "hunter2-and-more", a=["x hunter2-and-more"], b={"hunter2-and-more": {"c": "1\nhunter2-and-more"}}, d=Client()
    )
    try:
        raise ValueError("hunter2-and-more")
    except ValueError:
        logger.error("failed", exc_info=True)
        logging.getLogger("library").exception("what about %s", "hunter2-and-more")
    assert "hunter2-and-more" not in stream.getvalue()
    assert len(lines(stream)) == 3
    assert stream.getvalue().count("ValueError: [redacted]") == 2


def test_a_key_that_tells_of_a_secret_hides_its_value() -> None:
    """A value that nobody told us about is hidden when its name says what it is."""
    stream = started()
    log.Log().info("connected", password="correct horse", token=123456, url="amqp://sayso:battery@host/", user="ana")
    (line,) = lines(stream)
    assert (line["password"], line["token"]) == ("[redacted]", "[redacted]")
    assert "battery" not in line["url"]
    assert line["user"] == "ana"


def test_a_terminal_gets_readable_lines_that_cannot_move_its_cursor() -> None:
    """Whatever is logged, a terminal shows it as text."""
    stream = Terminal()
    log.configure("info", Redactor(()), stream)
    log.Log().info("request.received", text="\x1b[2Jgone\r\x9b1A")
    assert "request.received" in stream.getvalue()
    assert "\\x1b[2Jgone\\x0d\\x9b1A" in stream.getvalue()


def test_an_exception_at_a_terminal_shows_no_variables() -> None:
    """Local variables hold what the redactor was never told about."""
    stream = Terminal()
    log.configure("info", Redactor(()), stream)
    try:
        local = "what only this frame knows"
        raise ValueError(len(local))
    except ValueError:
        log.Log().error("failed", exc_info=True)
    assert "ValueError: 26" in stream.getvalue()
    assert stream.getvalue().count("what only this frame knows") <= 1  # the line of source, never a dump of locals


def test_lines_of_libraries_come_the_same_way() -> None:
    """What a library logs has its name, and the level that was asked for."""
    stream = started("warning")
    logging.getLogger("asyncio").warning("slow %s", "callback")
    logging.getLogger("asyncio").info("not asked for")
    (line,) = lines(stream)
    assert (line["logger"], line["event"], line["level"]) == ("asyncio", "slow callback", "warning")


def test_configuring_again_does_not_double_lines() -> None:
    """A reload leaves one handler."""
    started()
    stream = started()
    logging.getLogger("library").warning("once")
    assert len(lines(stream)) == 1


def test_a_stream_that_is_gone_stops_nobody() -> None:
    """Work goes on when nobody reads the log any more."""
    stream = started()
    stream.close()
    log.Log().error("failed")
    assert stream.closed


def test_what_is_not_written_imports_nothing() -> None:
    """A command without a line to log does not wait for structlog."""
    code = (
        "import sys; from adapters import log; from orchestration.redaction import Redactor\n"
        "log.configure('warning', Redactor(())); log.Log().info('x'); assert 'structlog' not in sys.modules\n"
        "log.Log().error('x'); assert 'structlog' in sys.modules"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stderr)["event"] == "x"
