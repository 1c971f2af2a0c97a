"""The log: what operators read on standard error. Configured once, by the wiring; used by every adapter.

JSON lines, or readable text at a terminal. Every line is redacted, those of libraries too. structlog takes about a
tenth of a second to import, so it is imported with the first line that is written: a command that has nothing to log
does not wait for it.
"""

import contextlib
import logging
import sys
from collections.abc import Mapping
from typing import Any, Protocol, TextIO

from orchestration.redaction import REDACTED, Redactor

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}
"""What could move a terminal's cursor is shown as its code."""
_SAMPLE = "x0y1z2x3y4"
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Redacts(Protocol):
    """Takes secrets out of a line of text, as `Redactor` does."""

    def line(self, text: str) -> str:
        """Return the line without them."""


class Log:
    """A logger. An event is a past-tense name (`plan.finished`, as in the audit), the rest are keys and values."""

    def __init__(self, **context: Any) -> None:
        self._context = context

    def bind(self, **context: Any) -> "Log":
        """Return a logger that adds these keys to each of its lines."""
        return Log(**self._context, **context)

    def debug(self, event: str, **values: Any) -> None:
        """Note what helps to find a fault."""
        _output.write("debug", event, {**self._context, **values})

    def info(self, event: str, **values: Any) -> None:
        """Note what went as it should."""
        _output.write("info", event, {**self._context, **values})

    def warning(self, event: str, **values: Any) -> None:
        """Note what somebody should look at."""
        _output.write("warning", event, {**self._context, **values})

    def error(self, event: str, **values: Any) -> None:
        """Note what went wrong; `exc_info=True` adds the exception at hand."""
        _output.write("error", event, {**self._context, **values})


def configure(level: str, redactor: Redacts, stream: TextIO | None = None) -> None:
    """Write lines of this level and above (a key of `LEVELS`) to a stream, standard error by default."""
    _output.set(level, redactor, stream)
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _FromLibraries)]:
        root.removeHandler(handler)
    root.addHandler(_FromLibraries())
    # What libraries only note is for whoever looks for a fault.
    root.setLevel(LEVELS[level] if level == "debug" else max(LEVELS[level], logging.WARNING))


class _Output:
    """Where lines go, how they look and which are written."""

    def __init__(self) -> None:
        self.set("warning", Redactor(()), None)

    def set(self, level: str, redactor: Redacts, stream: TextIO | None) -> None:
        """Take new settings; the next line makes use of them."""
        self._level = LEVELS[level]
        self._redactor = redactor
        self._stream = stream
        self._logger: Any = None

    def write(self, level: str, event: str, values: Mapping[str, Any]) -> None:
        """Write one line. A stream that is gone is no reason to stop working."""
        if LEVELS[level] < self._level:
            return
        with contextlib.suppress(OSError, ValueError):
            self._logger = self._logger or self._start()
            getattr(self._logger, level)(event, **values)

    def _start(self) -> Any:
        import structlog

        stream = self._stream or sys.stderr
        look: Any = structlog.processors.JSONRenderer()
        if stream.isatty():
            look = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        processors = [
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.format_exc_info,
            self._redact,
            look,
        ]
        return structlog.wrap_logger(structlog.WriteLogger(stream), processors, structlog.BoundLogger)

    def _redact(self, _logger: Any, _method: str, event: Mapping[str, Any]) -> dict[str, Any]:
        return {key: self._without_secrets(key, value) for key, value in event.items()}

    def _without_secrets(self, key: str, value: Any) -> Any:
        match value:
            case None | bool():
                return value
            case Mapping():
                return {self._text(str(name)): self._without_secrets(str(name), item) for name, item in value.items()}
            case list() | tuple() | set() | frozenset():
                return [self._without_secrets(key, item) for item in value]
        if _SAMPLE not in self._redactor.line(f"{key}={_SAMPLE}"):
            return REDACTED  # the name of the value says what it is
        return value if isinstance(value, int | float) else self._text(value if isinstance(value, str) else repr(value))

    def _text(self, text: str) -> str:
        return "\n".join(map(self._redactor.line, text.split("\n"))).translate(_CONTROL)


class _FromLibraries(logging.Handler):
    """Takes what libraries log by Python's own means."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a library's record as one of our lines."""
        level = next(name for name in reversed(LEVELS) if LEVELS[name] <= max(record.levelno, logging.DEBUG))
        extra = {"exc_info": record.exc_info} if record.exc_info else {}
        _output.write(level, record.getMessage(), {"logger": record.name, **extra})


_output = _Output()
