"""The bot's end of a launcher: starts it, hears its lines, knows when it is gone.

Not asyncio's own subprocesses, because those are killed with the loop that started them, and a tool must be able to
go on while the bot stops. Used by `supervised.py` only.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from orchestration.errors import Unavailable

_PROGRAM = [sys.executable, "-I", "-m", "adapters.tools.launcher"]
_KEPT = ("PATH", "LD_LIBRARY_PATH")
_LONGEST = 1 << 20


def spawn(order: Mapping[str, Any], lock: int) -> "Launch":
    """Start a launcher that inherits the lock; the order goes through memory, for it holds secrets."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | {"LC_ALL": "C.UTF-8"}
    with os.fdopen(os.memfd_create("sayso-order"), "w+b") as memory:
        memory.write(json.dumps(order).encode())
        memory.seek(0)
        try:
            process = subprocess.Popen(
                _PROGRAM,
                stdin=memory,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=environment,
                pass_fds=(lock,),
                start_new_session=True,
            )
        except OSError as error:
            raise Unavailable(f"No process can be started here ({error.strerror}). Nothing was run.") from None
    try:
        return Launch(process)
    except OSError as error:
        process.kill()
        process.wait()
        # It may have begun: neither a refusal nor a failure, but an outcome that is not known.
        raise ProcessLookupError(f"its launcher could not be watched ({error.strerror})") from None


class Launch:
    """A launcher that was started."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._exit = os.pidfd_open(process.pid)
        self._transport: asyncio.ReadTransport | None = None
        self.last_words = ""
        """What the launcher itself had to say, when something is wrong with it."""

    async def follow(self, on_line: Callable[[str, str], None]) -> None:
        """Hand on lines until the launcher is gone."""
        reader = asyncio.StreamReader(limit=_LONGEST)
        protocol = asyncio.StreamReaderProtocol(reader)
        pipe = self._process.stdout
        self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
        async for line in reader:
            self._hear(line, on_line)
        await self.gone()

    def _hear(self, line: bytes, on_line: Callable[[str, str], None]) -> None:
        try:
            stream, text = json.loads(line)
        except ValueError:
            self.last_words = line.decode("utf-8", "replace").strip() or self.last_words
        else:
            on_line(stream, text)

    async def gone(self) -> None:
        """Wait until the launcher has ended."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        loop.add_reader(self._exit, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._exit)
        self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Signal the launcher, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._exit, number)

    def release(self) -> None:
        """Let go of it, whether it has ended or not."""
        if self._transport:
            self._transport.close()
        elif self._process.stdout:
            self._process.stdout.close()
        os.close(self._exit)
        if self._process.returncode is None:
            self._process.returncode = 0  # it goes on without us: Python must neither warn nor wait
