"""The route for a Slack that delivers over HTTP. Verifies by itself, and only then hands anything to Bolt."""

import asyncio
import time
from collections.abc import Mapping, Sequence

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from adapters.chat.slack import incoming
from adapters.chat.slack.signature import Signed, is_from_slack
from adapters.log import Log

PATH = "/slack/events"
MOST_BYTES = 1024 * 1024
BODY_SECONDS = 10.0
"""How long a body may take to arrive; Slack itself has given up long before."""


class HttpEndpoint:
    """Answers Slack's requests; 503 until somebody listens."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._app: AsyncApp | None = None

    def hand_to(self, app: AsyncApp | None) -> None:
        """Hand what comes from now on to this app."""
        self._app = app

    async def is_ready(self) -> bool:
        """Whether somebody listens."""
        return self._app is not None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(request)
        except TimeoutError:
            return web.Response(status=408, text="too slow")
        except (web.RequestPayloadError, ConnectionError):
            return web.Response(status=400, text="not a body")
        if body is None:
            return web.Response(status=413, text="too large")
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not is_from_slack(self._secret, Signed(timestamp, signature, body), time.time()):
            return web.Response(status=401, text="not from Slack")
        if self._app is None:
            return web.Response(status=503, text="not ready")
        return await self._dispatched(self._app, request, body)

    async def _dispatched(self, app: AsyncApp, request: web.Request, body: bytes) -> web.StreamResponse:
        content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        try:
            text = body.decode()
            found = incoming.read_body(content_type, text)
        except ValueError:
            return web.Response(status=400, text="not a payload of Slack's")
        if found.get("type") == "url_verification":
            return web.json_response({"challenge": str(found.get("challenge", ""))})
        try:
            taken = AsyncBoltRequest(body=text, headers=_headers(request.headers))
            return await to_aiohttp_response(await app.async_dispatch(taken))
        except incoming.ODD as error:
            Log().warning("slack.odd_payload", problem=repr(error)[:200])
            return web.Response(status=400, text="not a payload of Slack's")


async def _read(request: web.Request) -> bytes | None:
    """Return a body; None when it is larger than anything that Slack sends."""
    if (request.content_length or 0) > MOST_BYTES:
        return None
    found = b""
    async for chunk in request.content.iter_chunked(64 * 1024):
        found += chunk
        if len(found) > MOST_BYTES:
            return None
    return found


def _headers(headers: Mapping[str, str]) -> dict[str, str | Sequence[str]]:
    return {
        name: headers[name] for name in ("Content-Type", "X-Slack-Retry-Num", "X-Slack-Retry-Reason") if name in headers
    }
