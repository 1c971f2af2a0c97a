"""A real `sayso serve` on the home of a test's terminal."""

import json
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.terminal import PROGRAM, SECONDS, Terminal


@dataclass
class Serve:
    """A running serve."""

    terminal: Terminal
    process: "subprocess.Popen[str]"
    url: str

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(SECONDS)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, Any, Mapping[str, str]]:
        """Return (status, body, headers) of a page; JSON as data."""
        request = urllib.request.Request(self.url + path, headers=dict(headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:
                return response.status, _body(response), response.headers
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, _body(refused), refused.headers

    def token(self) -> str:
        """Return the token of the metrics."""
        return (self.terminal.home / "keys" / "metrics.token").read_text().strip()


def _body(response: Any) -> Any:
    read = response.read().decode()
    return json.loads(read) if "json" in response.headers["Content-Type"] else read


def start(terminal: Terminal, **settings: str) -> "subprocess.Popen[str]":
    """Start a serve on a port that is free; the caller waits for it and ends it."""
    return subprocess.Popen(
        [PROGRAM, "serve", "--json"],
        cwd=terminal.folder,
        env={**terminal.environment(), "SAYSO_HTTP_LISTEN": "127.0.0.1:0", **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


@contextmanager
def serving(terminal: Terminal, **settings: str) -> Iterator[Serve]:
    """Run a serve for the time of a `with`."""
    with start(terminal, **settings) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                raise AssertionError(process.communicate(timeout=SECONDS))
            yield Serve(terminal, process, json.loads(line)["url"])
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=SECONDS)
