"""One question to the local Ollama, and the ways to put an answer on the wire. Used by its behaviours."""

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.support.models.behaviour import Asked

_NDJSON = "application/x-ndjson"
_AT = "2026-11-21T10:00:00.123456789Z"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request to `/api/chat` that the protocol allows, and what the model says to it."""

    request: web.Request
    asked: Asked
    """Its data are what the model sees, cut to its context."""
    said: str
    prompt_tokens: int

    @property
    def num_predict(self) -> int:
        """Return how many tokens may be written; Ollama knows no limit by itself, this server does."""
        return int(self.asked.body.get("options", {}).get("num_predict", 10_000))

    def part(self, content: str = "", **more: Any) -> dict[str, Any]:
        """Return an object of a stream."""
        message = {"role": "assistant", "content": content}
        return {"model": self.asked.model, "created_at": _AT, "message": message, "done": False, **more}

    def last(self, content: str = "", **more: Any) -> dict[str, Any]:
        """Return the object that ends an answer."""
        times = {"total_duration": 5_000_000, "load_duration": 1, "prompt_eval_duration": 1, "eval_duration": 1}
        counts = {"prompt_eval_count": self.prompt_tokens, "eval_count": 7}
        return self.part(content, **({"done": True, "done_reason": "stop"} | times | counts | more))

    async def say(self, text: str, **more: Any) -> web.StreamResponse:
        """Answer by the protocol, in one object or in many."""
        if not self.asked.body.get("stream", True):
            return web.json_response(self.last(text, **more))
        parts = [self.part(piece) for piece in _pieces(text)]
        return await self.send(*map(line, [*parts, self.last(**more)]))

    async def send(self, *chunks: bytes, **headers: str) -> web.StreamResponse:
        """Send a body with status 200, whatever it is."""
        response = await self.begin(**headers)
        for chunk in chunks:
            await response.write(chunk)
        await response.write_eof()
        return response

    async def begin(self, **headers: str) -> web.StreamResponse:
        """Send the head of a response."""
        response = web.StreamResponse(headers={"Content-Type": _NDJSON} | headers)
        await response.prepare(self.request)
        return response

    def drop(self) -> None:
        """Break the connection."""
        assert self.request.transport is not None
        self.request.transport.abort()


def line(part: Any) -> bytes:
    """Return an object as it goes over the wire."""
    return json.dumps(part).encode() + b"\n"


def _pieces(text: str) -> list[str]:
    size = max(20, len(text) // 100)
    return [text[at : at + size] for at in range(0, len(text), size)]
