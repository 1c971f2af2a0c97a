"""The gateway: sessions whose events are numbered and kept, so that a dropped connection can be resumed."""

import asyncio
import json
import secrets
import zlib
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.support.discord.guild import BOT, GUILD, OTHER_GUILD, Model

JSON = dict[str, Any]
PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, ACKNOWLEDGED = 0, 1, 2, 6, 7, 9, 10, 11
BAD_TOKEN, NOT_ALLOWED_INTENTS = 4004, 4014


@dataclass
class Session:
    """What a bot identified as, and all that was sent to it."""

    id: str
    sent: list[JSON] = field(default_factory=list)
    socket: "Socket | None" = None


class Socket:
    """One connection; its messages are one stream of zlib."""

    def __init__(self, web_socket: web.WebSocketResponse) -> None:
        self.web_socket = web_socket
        self._zlib = zlib.compressobj()
        self._one_at_a_time = asyncio.Lock()

    async def send(self, payload: JSON) -> None:
        """Send one message."""
        async with self._one_at_a_time:
            data = self._zlib.compress(json.dumps(payload).encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
            await self.web_socket.send_bytes(data)


class Gateway:
    """Where the bot listens."""

    def __init__(self, model: Model, token: str) -> None:
        self._model = model
        self.token = token
        self.url = ""
        self.session: Session | None = None
        self.identified: list[JSON] = []
        self.resumed: list[JSON] = []
        self.heartbeats = 0
        self.heartbeat_seconds = 30.0
        self.refuses_intents = False
        self.keeps_sessions = True
        self._sockets: set[web.WebSocketResponse] = set()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection."""
        found = web.WebSocketResponse()
        await found.prepare(request)
        self._sockets.add(found)
        socket = Socket(found)
        await socket.send({"op": HELLO, "d": {"heartbeat_interval": int(self.heartbeat_seconds * 1000)}})
        async for message in found:
            if message.type is WSMsgType.TEXT:
                await self._received(socket, json.loads(message.data))
        self._sockets.discard(found)
        return found

    async def dispatch(self, name: str, data: JSON) -> None:
        """Tell the bot of an event; it is kept for a bot that resumes."""
        if self.session is None:
            return
        event = {"op": DISPATCH, "t": name, "s": len(self.session.sent) + 1, "d": data}
        self.session.sent.append(event)
        if self.session.socket is not None and not self.session.socket.web_socket.closed:
            await self.session.socket.send(event)

    async def drop(self) -> None:
        """Cut the connection without a word."""
        for found in list(self._sockets):
            if found._req is not None and found._req.transport is not None:
                found._req.transport.abort()
        if self.session is not None:
            self.session.socket = None

    async def ask_to_reconnect(self) -> None:
        """Ask the bot to come back, as Discord does now and then."""
        assert self.session is not None
        assert self.session.socket is not None
        await self.session.socket.send({"op": RECONNECT, "d": None})

    async def close(self) -> None:
        """End every connection."""
        for found in list(self._sockets):
            await found.close()

    async def _received(self, socket: Socket, payload: JSON) -> None:
        match payload["op"]:
            case 1:
                self.heartbeats += 1
                await socket.send({"op": ACKNOWLEDGED, "d": None})
            case 2:
                await self._identify(socket, payload["d"])
            case 6:
                await self._resume(socket, payload["d"])

    async def _identify(self, socket: Socket, data: JSON) -> None:
        self.identified.append(data)
        if data["token"] != self.token:
            await socket.web_socket.close(code=BAD_TOKEN)
            return
        if self.refuses_intents or data["intents"] & PRIVILEGED:
            await socket.web_socket.close(code=NOT_ALLOWED_INTENTS)
            return
        self.session = Session(secrets.token_hex(8), socket=socket)
        guilds = [GUILD, OTHER_GUILD] if self._model.is_bot_invited else []
        ready = {
            "v": 10,
            "user": self._model.bot.user(),
            "guilds": [{"id": str(guild), "unavailable": True} for guild in guilds],
            "session_id": self.session.id,
            "resume_gateway_url": self.url,
            "application": {"id": str(BOT), "flags": 0},
        }
        await self.dispatch("READY", ready)
        for guild in guilds:
            await self.dispatch("GUILD_CREATE", self._model.guild(guild))

    async def _resume(self, socket: Socket, data: JSON) -> None:
        self.resumed.append(data)
        if self.session is None or self.session.id != data["session_id"] or not self.keeps_sessions:
            await socket.send({"op": INVALID, "d": False})
            return
        self.session.socket = socket
        for event in self.session.sent[data["seq"] :]:
            await socket.send(event)
        await self.dispatch("RESUMED", {})
