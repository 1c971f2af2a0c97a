"""The local Anthropic: Messages and Models of its API over real HTTP on a loopback port, as strict as the real one.

Tests open it with `async with AnthropicServer() as claude:` and point the product at `claude.url` (ANTHROPIC_BASE_URL)
with `KEY`. What it answers is `answering`; how it behaves is said beforehand, one of `BEHAVIOURS` for each request.
"""

import asyncio
import copy
import inspect
import json
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.support.models.anthropic_behaviours import BEHAVIOURS, RESPONSES, Exchange
from tests.support.models.anthropic_request import Wrong, check_body, check_headers
from tests.support.models.behaviour import Answering, Asked, Script

__all__ = ["BEHAVIOURS", "KEY", "MODEL", "AnthropicServer"]

KEY = "sk-ant-canary-5f1e9c"
MODEL = "claude-opus-5-5"
_CAN = {"supported": True}
_MODEL_INFO: dict[str, Any] = {
    "id": MODEL,
    "type": "model",
    "display_name": "Claude Opus 5.5",
    "created_at": "2026-09-01T00:00:00Z",
    "lifecycle": "active",
    "deprecated_at": None,
    "retires_at": None,
    "max_input_tokens": 1_000_000,
    "max_tokens": 128_000,
    "capabilities": {"structured_outputs": _CAN, "effort": _CAN | {"low": _CAN, "medium": _CAN, "high": _CAN}},
}


class AnthropicServer:
    """Everything a test needs: what was asked, how to behave, what models there are."""

    def __init__(self, answering: Answering = lambda asked: "{}") -> None:
        self.answering = answering
        self.script = Script(BEHAVIOURS, usual="ok")
        self.models: dict[str, dict[str, Any]] = {MODEL: copy.deepcopy(_MODEL_INFO)}
        self.asked: list[Asked] = []
        """Requests for an answer that were as they must be."""
        self.paths: list[str] = []
        """Of every request."""
        self.headers: dict[str, str] = {}
        """Sent with every answer to a question."""
        self.url = ""
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    def model_like(self, name: str, **changes: Any) -> None:
        """Have another model: like the usual one, but for these keys of its description."""
        self.models[name] = copy.deepcopy(_MODEL_INFO) | {"id": name} | changes

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(f"{request.method} {request.path}")
        try:
            check_headers(_lower(request), KEY)
            if request.method == "GET" and request.path.startswith("/v1/models/"):
                return self._describe(request.path.removeprefix("/v1/models/"))
            if (request.method, request.path) != ("POST", "/v1/messages"):
                raise Wrong(f"Not found: {request.path}", 404, "not_found_error")
            return await self._answer(request)
        except Wrong as wrong:
            return _exchange_of(self, request).error(wrong.status, wrong.kind, str(wrong))

    def _describe(self, name: str) -> web.Response:
        if name not in self.models:
            raise Wrong(f"model: {name}", 404, "not_found_error")
        return web.json_response(self.models[name])

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw)
        check_body(body, self.models)
        asked = _asked(body, raw, _lower(request))
        self.asked.append(asked)
        exchange = _exchange_of(self, request, asked)
        response = RESPONSES[self.script.take().name](exchange)
        return await response if inspect.isawaitable(response) else response


def _exchange_of(server: AnthropicServer, request: web.Request, asked: Asked | None = None) -> Exchange:
    answer = server.answering(asked) if asked else ""
    return Exchange(request, asked.model if asked else "", answer, dict(server.headers), server._closing)


def _asked(body: dict[str, Any], raw: bytes, headers: dict[str, str]) -> Asked:
    form = body.get("output_config", {}).get("format", {})
    instructions, data = _text(body.get("system", "")), _text(body["messages"][-1]["content"])
    return Asked(body["model"], instructions, data, form.get("schema"), body, raw, headers)


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(block["text"] for block in content)


def _lower(request: web.Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}
