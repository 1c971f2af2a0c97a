"""The local Ollama. `async with OllamaServer() as ollama:` and point the product at `ollama.url`."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from pydantic import ValidationError

from tests.support.models.behaviour import Answering, Asked, Script
from tests.support.models.ollama_behaviours import ACTS, BEHAVIOURS
from tests.support.models.ollama_exchange import Exchange
from tests.support.models.ollama_protocol import ChatRequest

__all__ = ["BEHAVIOURS", "MODEL", "OllamaServer"]

MODEL = "tiny:1b"
_DETAILS = {"format": "gguf", "family": "tiny", "families": ["tiny"], "parameter_size": "1B"}
_AT = "2026-11-01T09:00:00.5+01:00"


class OllamaServer:
    """An Ollama with a model that says what `answering` says, when it is not made to behave in another way.

    Leaving it fails when a request was not by the protocol.
    """

    def __init__(self, answering: Answering = lambda _: '{"summary": "done"}') -> None:
        self.url = ""
        self.script = Script(BEHAVIOURS, usual="ok")
        self.asked: list[Asked] = []
        self.reached = asyncio.Event()
        """Set by the first question."""
        self.abilities = {MODEL: ["completion"], "embedding:1b": ["embedding"]}
        """Of each model that is pulled."""
        self.violations: list[str] = []
        self.answering = answering
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/api/chat", self._chat)
        app.router.add_post("/api/show", self._show)
        app.router.add_get("/api/tags", self._tags)
        app.router.add_get("/api/ps", self._ps)
        app.router.add_get("/api/version", self._version)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()
        if error is None:
            assert self.violations == [], self.violations

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        try:
            body = ChatRequest.model_validate_json(raw)
        except ValidationError as fault:
            self.violations.append(str(fault))
            return web.json_response({"error": str(fault)}, status=400)
        if body.model not in self.abilities:
            return _not_found(body.model)
        exchange = self._exchange(request, body, raw)
        with suppress(ConnectionError):
            return await ACTS[self.script.take()](exchange)
        return web.Response()

    def _exchange(self, request: web.Request, body: ChatRequest, raw: bytes) -> Exchange:
        headers = {name.lower(): value for name, value in request.headers.items()}
        sent = body.model_dump(exclude_unset=True)
        asked = Asked(body.model, body.instructions, body.data, body.schema_asked_for, sent, raw, headers)
        self.asked.append(asked)
        self.reached.set()
        return Exchange(request, asked, self.answering(asked), body.prompt_tokens)

    async def _show(self, request: web.Request) -> web.Response:
        name = (await request.json())["model"]
        if name not in self.abilities:
            return _not_found(name)
        info = {"general.architecture": "tiny", "tiny.context_length": 32768}
        return web.json_response(
            {"details": _DETAILS, "model_info": info, "capabilities": self.abilities[name], "modified_at": _AT}
        )

    async def _tags(self, _: web.Request) -> web.Response:
        return web.json_response({"models": [_card(name) for name in self.abilities]})

    async def _ps(self, _: web.Request) -> web.Response:
        loaded = {asked.model for asked in self.asked}
        return web.json_response({"models": [{**_card(name), "context_length": 4096} for name in sorted(loaded)]})

    async def _version(self, _: web.Request) -> web.Response:
        return web.json_response({"version": "0.35.1"})


def _card(name: str) -> dict[str, Any]:
    return {"name": name, "model": name, "modified_at": _AT, "size": 1_000_000, "digest": "c0ffee", "details": _DETAILS}


def _not_found(name: str) -> web.Response:
    return web.json_response({"error": f"model '{name}' not found"}, status=404)
