"""Where a serve listens: the socket of its home, and the address of its pages."""

import errno
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from adapters.serve.socket_file import bound
from orchestration.errors import ConfigurationError, Problem

SECONDS_TO_END = 1.0
"""How long connections may take to end once everything else has."""


def _in_a_line(record: logging.LogRecord) -> bool:
    """Say in a line what somebody sent that is no HTTP: our own faults are answered, and logged, by the routes."""
    if record.exc_info and record.exc_info[1]:
        record.msg, record.args = "%s: %s", (record.getMessage(), type(record.exc_info[1]).__name__)
        record.exc_info = None
    return True


_PROTOCOL = logging.getLogger("aiohttp.server.sayso")
_PROTOCOL.addFilter(_in_a_line)


@asynccontextmanager
async def _runner(app: web.Application) -> AsyncIterator[web.AppRunner]:
    # A stream ends when its reader has gone; what changes something shields itself (`api.py`).
    runner = web.AppRunner(
        app, handler_cancellation=True, access_log=None, shutdown_timeout=SECONDS_TO_END, logger=_PROTOCOL
    )
    await runner.setup()
    try:
        yield runner
    finally:
        await runner.cleanup()


@asynccontextmanager
async def on_socket(app: web.Application, home: Path) -> AsyncIterator[None]:
    """Serve routes on the socket of a home that the caller owns."""
    with bound(home) as listener:
        async with _runner(app) as runner:
            await web.SockSite(runner, listener).start()
            yield


@asynccontextmanager
async def on_address(app: web.Application, address: tuple[str, int]) -> AsyncIterator[str]:
    """Serve routes on an address; yield their URL. Raises ConfigurationError when it cannot be had."""
    host, port = address
    async with _runner(app) as runner:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise _refused(host, port, error) from None
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{runner.addresses[0][1]}"


def _refused(host: str, port: int, error: OSError) -> ConfigurationError:
    taken = "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be had ({error.strerror})"
    advice = "set it to another address, such as 127.0.0.1:8081, or to off"
    return ConfigurationError([Problem("SAYSO_HTTP_LISTEN", None, "", f"{host}:{port} {taken}: {advice}")])
