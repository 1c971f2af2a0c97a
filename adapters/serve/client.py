"""A command's end of the socket: whether `sayso serve` runs on a home, what it goes by, and calls to it."""

import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from adapters.serve.bodies import PREFIX
from adapters.serve.socket_file import connect, short_path
from orchestration.errors import Unavailable

if TYPE_CHECKING:
    import aiohttp

LONGEST_LINE = 4 * 1024 * 1024
"""Bytes; a plan has 50 tasks at most, so its events are far from it."""
SECONDS_TO_ANSWER = 10.0
"""How long a serve may take to say what it goes by; one that is stopped or hangs is told as such."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a running `sayso serve` goes by."""

    version: str
    pid: int
    database: str
    is_example: bool
    files: Mapping[str, str]
    """The texts of `catalogue`, `policy` and `people` as it took them."""


def look_for(home: Path) -> Served | None:
    """Return what serves this home; None when nothing does. Raises Unavailable when it does not answer."""
    connection = connect(home, SECONDS_TO_ANSWER)
    if connection is None:
        return None
    try:
        served = Served(**_get(connection, f"{PREFIX}/serving"))
    except (OSError, ValueError, TypeError):
        advice = "Look at its log; stop it and start it anew."
        raise Unavailable(f"sayso serve has the socket of {home} and does not answer. {advice}") from None
    if served.version != version("sayso"):
        message = f"sayso serve is of version {served.version}, this command of {version('sayso')}. Start it anew."
        raise Unavailable(message)
    return served


def _get(connection: socket.socket, path: str) -> dict[str, Any]:
    import http.client  # 40 ms that commands without a serve do not pay

    over_socket = http.client.HTTPConnection("localhost")
    over_socket.sock = connection
    try:
        over_socket.request("GET", path)
        found: dict[str, Any] = json.loads(over_socket.getresponse().read())
    except http.client.HTTPException as error:
        raise ValueError("no HTTP") from error
    finally:
        over_socket.close()
    return found


class Client:
    """Calls to one serve. Every failure is raised as the server raised it, or as Unavailable when it is gone."""

    def __init__(self, home: Path) -> None:
        self._home = home

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a call; it is taken to its end, also when this command is interrupted."""
        import aiohttp

        try:
            async with self._session() as session, session.post(f"{PREFIX}/{path}", json=body) as response:
                answer: dict[str, Any] = await response.json(content_type=None)
        except aiohttp.ClientConnectorError:
            raise Unavailable("sayso serve has stopped. Nothing was changed; start it, then again.") from None
        except (aiohttp.ClientError, ValueError):
            message = "sayso serve ended before it answered. Look what became of this: sayso plans"
            raise Unavailable(message) from None
        return answer if response.ok else _raised(answer)

    async def lines(self, path: str) -> AsyncGenerator[dict[str, Any], None]:
        """Yield what a stream says, one object a line; raises Unavailable when the serve ends."""
        import aiohttp

        with suppress(aiohttp.ClientError, ValueError):  # cut off in a line or between two: told in the same words
            async with self._session() as session, session.get(f"{PREFIX}/{path}") as response:
                if not response.ok:
                    _raised(await response.json(content_type=None))
                async for line in response.content:
                    yield json.loads(line)
        raise Unavailable("sayso serve has stopped. Plans go on with its next start; `sayso show` says how far one is.")

    @asynccontextmanager
    async def _session(self) -> "AsyncIterator[aiohttp.ClientSession]":
        import aiohttp  # 0.2 s that commands without a serve do not pay

        with short_path(self._home) as short:
            # A dry run takes half a minute, a stream as long as its plan.
            forever, connector = aiohttp.ClientTimeout(total=None), aiohttp.UnixConnector(short)
            async with aiohttp.ClientSession(
                "http://localhost", connector=connector, timeout=forever, read_bufsize=LONGEST_LINE
            ) as session:
                yield session


def _raised(problem: Mapping[str, Any]) -> NoReturn:
    from adapters.serve.problems import error_of

    raise error_of(problem)
