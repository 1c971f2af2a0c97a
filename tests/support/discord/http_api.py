"""The HTTP API: every request is held against Discord's description and limits before it does anything."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.support.discord.gateway import Gateway
from tests.support.discord.guild import BOT, GUILD, OTHER_GUILD, THREAD, Member, Message, Model, age_seconds
from tests.support.discord.interactions import MESSAGE, Interactions
from tests.support.discord.limits import message_faults
from tests.support.discord.schema import faults_of_request

JSON = dict[str, Any]
PREFIX = "/api/v10"
OLD_SECONDS, OLD_EDITS = 3600, 3
VIA = {"Via": "1.1 google"}


@dataclass
class Request:
    """One request of the bot."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    files: dict[str, bytes]


class Refusal(Exception):
    """Discord says no."""

    def __init__(self, status: int, code: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"code": code, "message": message, **more}


@dataclass
class Fault:
    """Something that goes wrong with matching requests, so many times."""

    method: str
    path: str
    """A regular expression."""
    times: int
    status: int = 0
    body: JSON = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cuts: bool = False
    """Whether the connection is cut after the request has had its effect."""


Answer = Callable[[Request, re.Match[str]], Awaitable[Any]]


class HttpApi:
    """Serves it."""

    def __init__(self, model: Model, gateway: Gateway, interactions: Interactions, token: str) -> None:
        self.model = model
        self.gateway = gateway
        self.interactions = interactions
        self.token = token
        self.requests: list[Request] = []
        self.violations: list[str] = []
        self.faults: list[Fault] = []
        self.commands: list[JSON] = []
        self.missing_permissions: set[str] = set()
        """Of `threads`, `history`, `send`."""
        self.permissions = 2**31 - 1
        self._old_edits: dict[int, int] = {}
        self._nonces: dict[tuple[int, str], int] = {}
        number, word = r"(\d+)", r"([^/]+)"
        self._routes: list[tuple[str, str, Answer]] = [
            ("GET", "/users/@me", self._me),
            ("GET", "/oauth2/applications/@me", self._application),
            ("GET", "/users/@me/guilds", self._guilds),
            ("PUT", f"/applications/{number}/commands", self._sync),
            ("GET", f"/channels/{number}", self._channel),
            ("GET", f"/channels/{number}/messages", self._history),
            ("POST", f"/channels/{number}/messages", self._send),
            ("PATCH", f"/channels/{number}/messages/{number}", self._edit),
            ("DELETE", f"/channels/{number}/messages/{number}", self._delete),
            ("POST", f"/channels/{number}/messages/{number}/threads", self._thread),
            ("GET", f"/guilds/{number}/members/{number}", self._member),
            ("POST", f"/interactions/{number}/{word}/callback", self._callback),
            ("POST", f"/webhooks/{number}/{word}", self._followup),
        ]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        found = await self._read(request)
        self.requests.append(found)
        fault = self._fault(found)
        if fault is not None and not fault.cuts:
            return _json(fault.body, fault.status, fault.headers)
        try:
            answer = await self._answer(found, request.headers.get("Authorization", ""))
            status = 200 if answer is not None else 204
        except Refusal as refusal:
            answer, status = refusal.body, refusal.status
        if fault is not None:
            assert request.transport is not None
            request.transport.abort()
        headers = VIA if status == 429 else {}
        return _json(answer, status, headers)

    def fail(self, method: str, path: str, times: int = 1, **how: Any) -> Fault:
        """Have matching requests fail."""
        fault = Fault(method, path, times, **how)
        self.faults.append(fault)
        return fault

    def of(self, method: str, path: str) -> list[Request]:
        """Return the matching requests so far."""
        return [one for one in self.requests if one.method == method and re.fullmatch(path, one.path)]

    # --------------------------------------------------------------------------------------------------- common

    async def _read(self, request: web.Request) -> Request:
        body: Any = None
        files: dict[str, bytes] = {}
        if request.content_type == "multipart/form-data":
            fields = await request.post()
            for name, value in fields.items():
                if isinstance(value, web.FileField):
                    files[value.filename] = value.file.read()
                elif name == "payload_json":
                    body = json.loads(str(value))
        elif request.can_read_body:
            body = await request.json()
        return Request(request.method, request.path.removeprefix(PREFIX), dict(request.query), body, files)

    def _fault(self, request: Request) -> Fault | None:
        for fault in self.faults:
            if fault.times and fault.method == request.method and re.fullmatch(fault.path, request.path):
                fault.times -= 1
                return fault
        return None

    async def _answer(self, request: Request, authorization: str) -> Any:
        self._check(request)
        is_by_token = request.path.startswith(("/interactions/", "/webhooks/"))
        if not is_by_token and authorization != f"Bot {self.token}":
            raise Refusal(401, 0, "401: Unauthorized")
        for method, path, answer in self._routes:
            if method == request.method and (found := re.fullmatch(path, request.path)):
                return await answer(request, found)
        self.violations.append(f"{request.method} {request.path} is not known here")
        raise Refusal(404, 0, "404: Not Found")

    def _check(self, request: Request) -> None:
        faults = faults_of_request(request.method, request.path, request.query, request.body)
        if (message := _message_of(request)) is not None:
            faults += list(message_faults(message))
            if message.get("allowed_mentions", {}).get("parse") != []:
                faults.append("a message without allowed_mentions of nobody")
            if request.method == "POST" and request.path.startswith("/channels/") and not message.get("enforce_nonce"):
                faults.append("a message without a nonce that is enforced")
        if faults:
            self.violations += [f"{request.method} {request.path}: {fault}" for fault in faults]
            raise Refusal(400, 50035, "Invalid Form Body", errors={"faults": faults})

    # -------------------------------------------------------------------------------------------------- answers

    async def _me(self, request: Request, found: re.Match[str]) -> Any:
        return {**self.model.bot.user(), "verified": True, "flags": 0}

    async def _application(self, request: Request, found: re.Match[str]) -> Any:
        words = {"name": "sayso", "description": "", "verify_key": "0" * 64, "icon": None}
        return {
            "id": str(BOT),
            **words,
            "bot_public": True,
            "bot_require_code_grant": False,
            "flags": 0,
            "owner": Member(1, "owner").user(),
        }

    async def _guilds(self, request: Request, found: re.Match[str]) -> Any:
        invited = [GUILD, OTHER_GUILD] if self.model.is_bot_invited else []
        permissions = {"permissions": str(self.permissions)}
        return [
            {"id": str(guild), "name": "Homelab", "owner": False, "features": [], **permissions} for guild in invited
        ]

    permissions = 2**31 - 1

    async def _sync(self, request: Request, found: re.Match[str]) -> Any:
        self.commands = request.body
        defaults = {"application_id": str(BOT), "version": "1", "default_member_permissions": None, "nsfw": False}
        return [
            {**defaults, "description": "", **one, "id": str(number + 700)} for number, one in enumerate(request.body)
        ]

    async def _channel(self, request: Request, found: re.Match[str]) -> Any:
        return self._place(found).payload()

    async def _history(self, request: Request, found: re.Match[str]) -> Any:
        if "history" in self.missing_permissions:
            raise Refusal(403, 50013, "Missing Permissions")
        messages = sorted(self._place(found).messages.items(), reverse=True)
        return [message.payload for _, message in messages[: int(request.query.get("limit", 50))]]

    async def _send(self, request: Request, found: re.Match[str]) -> Any:
        place = self._place(found)
        if "send" in self.missing_permissions:
            raise Refusal(403, 50013, "Missing Permissions")
        key = (place.id, str(request.body.get("nonce")))
        if request.body.get("enforce_nonce") and key in self._nonces:
            return place.messages[self._nonces[key]].payload
        message = self.model.write(place.id, self.model.bot, request.body)
        message.files = request.files
        self._nonces[key] = message.id
        return message.payload

    async def _edit(self, request: Request, found: re.Match[str]) -> Any:
        message = self._message(found)
        if age_seconds(message.id) > OLD_SECONDS:
            self._old_edits[message.id] = self._old_edits.get(message.id, 0) + 1
            if self._old_edits[message.id] > OLD_EDITS:
                text = "Maximum number of edits to messages older than 1 hour reached. Try again later"
                raise Refusal(429, 30046, text, retry_after=0.05)
        self.model.change(message, request.body)
        return message.payload

    async def _delete(self, request: Request, found: re.Match[str]) -> Any:
        self._message(found)
        del self._place(found).messages[int(found[2])]

    async def _thread(self, request: Request, found: re.Match[str]) -> Any:
        message = self._message(found)
        if "threads" in self.missing_permissions:
            raise Refusal(403, 50013, "Missing Permissions")
        if self._place(found).type == THREAD:
            raise Refusal(400, 50024, "Cannot execute action on this channel type")
        if message.id in self.model.channels:
            raise Refusal(400, 160004, "A thread has already been created for this message")
        thread = self.model.thread(message.id, request.body["name"], int(found[1]))
        await self.gateway.dispatch("THREAD_CREATE", {**thread.payload(), "newly_created": True})
        return thread.payload()

    async def _member(self, request: Request, found: re.Match[str]) -> Any:
        member = self.model.members.get(int(found[2])) if int(found[1]) == GUILD else None
        if member is None:
            raise Refusal(404, 10007, "Unknown Member")
        return {**member.member(), "user": member.user()}

    async def _callback(self, request: Request, found: re.Match[str]) -> Any:
        refusal = self.interactions.answered(int(found[1]), found[2], request.body)
        self._refuse(refusal)
        return self.interactions.callback(int(found[1])) if request.query.get("with_response") else None

    async def _followup(self, request: Request, found: re.Match[str]) -> Any:
        refusal, message = self.interactions.followed(found[2], request.body, request.files)
        self._refuse(refusal)
        assert message is not None
        return message.payload

    def _refuse(self, refusal: tuple[int, int, str] | None) -> None:
        if refusal is not None:
            self.violations += [f"interaction: {refusal[2]}"] if refusal[0] == 400 else []
            raise Refusal(*refusal)

    def _place(self, found: re.Match[str]) -> Any:
        place = self.model.channels.get(int(found[1]))
        if place is None:
            raise Refusal(404, 10003, "Unknown Channel")
        return place

    def _message(self, found: re.Match[str]) -> Message:
        message: Message | None = self._place(found).messages.get(int(found[2]))
        if message is None:
            raise Refusal(404, 10008, "Unknown Message")
        return message


def _message_of(request: Request) -> JSON | None:
    """Return the message that a request writes; None when it writes none."""
    if re.fullmatch(r"/channels/\d+/messages(/\d+)?|/webhooks/.+", request.path) and request.body is not None:
        return dict(request.body)
    if request.path.endswith("/callback") and request.body["type"] == MESSAGE:
        return dict(request.body["data"])
    return None


def _json(body: Any, status: int, headers: Mapping[str, str]) -> web.Response:
    # discord.py reads JSON only of exactly this type, without a charset
    data = json.dumps(body).encode() if body is not None else b""
    return web.Response(body=data, status=status, headers={"Content-Type": "application/json", **headers})
