"""Socket Mode: tickets, connections, and each envelope brought to exactly one of them."""

import asyncio
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from aiohttp import WSMsgType, web

from tests.support.slack.delivery import COMMAND, INTERACTIVE, Attempt, Retry
from tests.support.slack.ledger import PATIENCE
from tests.support.slack.workspace import JSON

MOST_CONNECTIONS = 10


@dataclass(eq=False)
class Connection:
    """One open connection of the app. A leaving one gets no new envelopes."""

    name: str
    socket: web.WebSocketResponse
    request: web.Request
    waiting: dict[str, "asyncio.Future[JSON | None]"] = field(default_factory=dict)
    leaving: bool = False


class Sockets:
    """The app's connections. `envelopes` holds every envelope sent, with the connection it went to."""

    def __init__(self, app_id: str) -> None:
        self.app_id = app_id
        self.ack_seconds = 3.0
        self.connections: list[Connection] = []
        self.envelopes: list[tuple[str, JSON]] = []
        self.acks: list[tuple[str, JSON]] = []
        self.late: list[str] = []
        """Ids of envelopes acknowledged when nobody waited for it any more, or that were never sent."""
        self._tickets: set[str] = set()
        self._turn = count()
        self._changed = asyncio.Event()

    def ticket(self) -> str:
        """Return leave to open one connection."""
        ticket = secrets.token_urlsafe(12)
        self._tickets.add(ticket)
        return ticket

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=408, text="the ticket is unknown or was used")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self.connections) >= MOST_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        await self._serve(Connection(uuid.uuid4().hex[:8], socket, request))
        return socket

    async def wait_connected(self, number: int = 1, seconds: float = PATIENCE) -> None:
        """Wait until the app has so many connections that take envelopes. Raises TimeoutError."""
        await self.until(lambda: len(self.ready) >= number, seconds)

    async def until(self, question: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Wait until a question about the connections is answered yes. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not question():
                await self._changed.wait()

    @property
    def ready(self) -> list[Connection]:
        """Return the connections that take envelopes."""
        return [one for one in self.connections if not one.leaving and not one.socket.closed]

    async def offer(self, kind: str, payload: JSON, retry: Retry | None) -> Attempt:
        """Send one envelope to one connection and wait for its ack."""
        deadline = time.monotonic() + self.ack_seconds
        connection = await self._choose()
        if connection is None:
            return Attempt(acked=False, reason="no_connection")
        envelope = _envelope(kind, payload, retry)
        answer: asyncio.Future[JSON | None] = asyncio.get_running_loop().create_future()
        connection.waiting[envelope["envelope_id"]] = answer
        await self._send(connection, envelope)
        return await self._await(connection, envelope["envelope_id"], deadline)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Ask every connection to leave: warning, refresh_requested or link_disabled."""
        for connection in list(self.connections):
            connection.leaving = reason != "warning"
            note = {"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}}
            await connection.socket.send_json(note)

    def drop(self, number: int | None = None) -> None:
        """Cut the first connections (or all) without a word."""
        for connection in self.connections[:number]:
            if connection.request.transport is not None:
                connection.request.transport.abort()

    async def close(self) -> None:
        """End every connection."""
        for connection in list(self.connections):
            await connection.socket.close()

    async def _choose(self) -> Connection | None:
        try:
            await self.wait_connected(1, self.ack_seconds)
        except TimeoutError:
            return None
        ready = self.ready
        return ready[next(self._turn) % len(ready)]

    async def _send(self, connection: Connection, envelope: JSON) -> None:
        self.envelopes.append((connection.name, envelope))
        try:
            await connection.socket.send_json(envelope)
        except ConnectionError:
            _forget(connection)

    async def _await(self, connection: Connection, envelope_id: str, deadline: float) -> Attempt:
        answer = connection.waiting[envelope_id]
        await asyncio.wait([answer], timeout=max(0.0, deadline - time.monotonic()))
        connection.waiting.pop(envelope_id, None)
        if not answer.done():
            return Attempt(acked=False, reason="timeout", carrier=connection.name)
        ack = answer.result()
        if ack is None:
            return Attempt(acked=False, reason="connection_failed", carrier=connection.name)
        return Attempt(acked=True, ack=ack.get("payload"), carrier=connection.name)

    async def _serve(self, connection: Connection) -> None:
        self.connections.append(connection)
        try:
            await connection.socket.send_json(self._hello())
            self._touch()
            async for message in connection.socket:
                if message.type == WSMsgType.TEXT:
                    self._read(connection, message.json())
        except ConnectionError:
            pass
        finally:
            self.connections.remove(connection)
            _forget(connection)
            self._touch()

    def _touch(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _hello(self) -> JSON:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {"host": "local", "build_number": 1, "approximate_connection_time": 3600},
            "connection_info": {"app_id": self.app_id},
        }

    def _read(self, connection: Connection, ack: JSON) -> None:
        self.acks.append((connection.name, ack))
        answer = connection.waiting.get(str(ack.get("envelope_id")))
        if answer is None or answer.done():
            self.late.append(str(ack.get("envelope_id")))
        else:
            answer.set_result(ack)


def _envelope(kind: str, payload: JSON, retry: Retry | None) -> JSON:
    envelope: JSON = {
        "envelope_id": str(uuid.uuid4()),
        "type": kind,
        "payload": payload,
        "accepts_response_payload": kind == COMMAND or (kind == INTERACTIVE and payload["type"] == "view_submission"),
    }
    if retry is not None:
        envelope |= {"retry_attempt": retry.number, "retry_reason": retry.reason}
    return envelope


def _forget(connection: Connection) -> None:
    for answer in connection.waiting.values():
        if not answer.done():
            answer.set_result(None)
