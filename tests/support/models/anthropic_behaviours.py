"""The ways in which the local Anthropic answers a question, well and badly. Used by `anthropic_server`."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.support.models.behaviour import Behaviour

ORDINARY_USAGE = {
    "input_tokens": 40,
    "output_tokens": 12,
    "cache_read_input_tokens": 300,
    "cache_creation_input_tokens": 0,
    "service_tier": "standard",
}
SPEND_LIMIT = {"error_code": "enforced_spend_limit_reached"}


@dataclass(slots=True)
class Exchange:
    """One request under way: what a model that understands would say, and how to say it."""

    request: web.Request
    model: str
    answer: str
    headers: dict[str, str]
    closing: asyncio.Event = field(repr=False)

    def message(self, text: str | None = None, **changes: Any) -> dict[str, Any]:
        """Return a message of the protocol, with a text and with some of its keys changed."""
        content = [{"type": "text", "text": self.answer if text is None else text, "citations": None}]
        message = {"id": "msg_local", "type": "message", "role": "assistant", "model": self.model, "content": content}
        ending = {"stop_reason": "end_turn", "stop_sequence": None, "usage": ORDINARY_USAGE}
        return message | ending | changes

    def json(self, data: Any, status: int = 200, **headers: str) -> web.Response:
        """Return a JSON response, with the headers of the limits."""
        return self.raw(json.dumps(data).encode(), status, "application/json", **headers)

    def raw(self, body: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> web.Response:
        """Return a response with these bytes. Underscores in names of headers stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, status=status, headers=self.headers | named | {"content-type": kind})

    def error(self, status: int, kind: str, message: str, details: Any = None, **headers: str) -> web.Response:
        """Return an error of the protocol."""
        error = {"type": kind, "message": message} | ({"details": details} if details else {})
        body = {"type": "error", "error": error, "request_id": "req_local"}
        return self.json(body, status, request_id="req_local", **headers)


Respond = Callable[[Exchange], web.StreamResponse | Awaitable[web.StreamResponse]]
RESPONSES: dict[str, Respond] = {}
BEHAVIOURS: list[Behaviour] = []


def _behaves(behaviour: Behaviour) -> Callable[[Respond], Respond]:
    def known(respond: Respond) -> Respond:
        RESPONSES[behaviour.name] = respond
        BEHAVIOURS.append(behaviour)
        return respond

    return known


def _says(behaviour: Behaviour, respond: Respond) -> None:
    _behaves(behaviour)(respond)


def _ok(exchange: Exchange) -> web.Response:
    return exchange.json(exchange.message())


_says(Behaviour("ok", "answer"), _ok)
_says(
    Behaviour("ok_with_limits", "answer"),
    lambda one: one.json(
        one.message(),
        anthropic_ratelimit_requests_limit="50",
        anthropic_ratelimit_requests_remaining="49",
        anthropic_ratelimit_requests_reset="2100-01-01T00:00:00Z",
        anthropic_ratelimit_input_tokens_limit="10000",
        anthropic_ratelimit_input_tokens_remaining="2500",
        anthropic_ratelimit_input_tokens_reset="2100-01-01T00:00:00Z",
    ),
)
_says(
    Behaviour("thought_first", "answer"),
    lambda one: one.json(
        one.message(
            content=[
                {"type": "thinking", "thinking": "hm", "signature": "c2ln"},
                {"type": "text", "text": one.answer[:3]},
                {"type": "text", "text": one.answer[3:]},
            ]
        )
    ),
)
_says(
    Behaviour("keys_of_a_later_version", "answer"),
    lambda one: one.json(one.message(mood="calm", usage=ORDINARY_USAGE | {"carbon": {"grams": 1}})),
)

# ----------------------------------------------------------------- whole texts that are not what was asked for

_says(Behaviour("fenced", "text"), lambda one: one.json(one.message(f"```json\n{one.answer}\n```")))
_says(Behaviour("prose", "text"), lambda one: one.json(one.message("Certainly! I would deploy it.")))
_says(Behaviour("format_ignored", "text"), lambda one: one.json(one.message('{"thoughts": ["deploy"], "x": -1}')))
_says(Behaviour("cut_but_said_whole", "text"), lambda one: one.json(one.message(one.answer[:-1])))
_says(Behaviour("repeated_key_in_answer", "text"), lambda one: one.json(one.message('{"a": 1, "a": 2}')))
_says(Behaviour("deep_answer", "text"), lambda one: one.json(one.message("[" * 50_000)))
_says(Behaviour("long_answer", "text"), lambda one: one.json(one.message('{"a": "' + "a" * 500_000 + '"}')))
_says(Behaviour("control_characters", "text"), lambda one: one.json(one.message("\x00\x1b[2J\u202e{}")))

# --------------------------------------------------------------------------- answers that have been paid for

_says(
    Behaviour("cut", "trouble", "cut"),
    lambda one: one.json(one.message(one.answer[: len(one.answer) // 2], stop_reason="max_tokens")),
)
_says(
    Behaviour("context_full", "trouble", "cut"),
    lambda one: one.json(one.message("", stop_reason="model_context_window_exceeded")),
)
_says(
    Behaviour("refusal", "trouble", "refused"),
    lambda one: one.json(
        one.message("I can't", stop_reason="refusal", stop_details={"type": "refusal", "category": "cyber"})
    ),
)
_says(Behaviour("empty_content", "trouble", "broken"), lambda one: one.json(one.message(content=[])))
_says(Behaviour("blank_text", "trouble", "broken"), lambda one: one.json(one.message(" \n")))
for _reason in ("pause_turn", "tool_use", "stop_sequence", "bored", None):
    _says(
        Behaviour(f"stop_reason_{_reason}", "trouble", "broken"),
        lambda one, reason=_reason: one.json(one.message(stop_reason=reason)),  # type: ignore[misc]
    )

# --------------------------------------------------------------------------------------- errors of the protocol

_says(
    Behaviour("400", trouble="rejected"),
    lambda one: one.error(400, "invalid_request_error", "output_config.format: compiled grammar is too large"),
)
_says(
    Behaviour("400_on_hold", trouble="unauthorised"),
    lambda one: one.error(400, "invalid_request_error", "on hold", {"error_code": "organization_on_hold"}),
)
_says(Behaviour("401", trouble="unauthorised"), lambda one: one.error(401, "authentication_error", "invalid x-api-key"))
_says(Behaviour("402", trouble="spend_limit"), lambda one: one.error(402, "billing_error", "payment required"))
_says(Behaviour("403", trouble="unauthorised"), lambda one: one.error(403, "permission_error", "not allowed"))
_says(Behaviour("404", trouble="no_model"), lambda one: one.error(404, "not_found_error", f"model: {one.model}"))
_says(Behaviour("408", trouble="timeout"), lambda one: one.error(408, "timeout_error", "timed out"))
_says(Behaviour("409", trouble="overloaded"), lambda one: one.error(409, "conflict_error", "conflict"))
_says(Behaviour("413", trouble="rejected"), lambda one: one.error(413, "request_too_large", "too large"))
for _seconds in ("0", "1", "3600", "4233600", "soon", "-5", "nan", "Wed, 21 Oct 2015 07:28:00 GMT"):
    _says(
        Behaviour(f"429_after_{_seconds}", trouble="rate_limited"),
        lambda one, seconds=_seconds: one.error(  # type: ignore[misc]
            429, "rate_limit_error", "slow down", retry_after=seconds, x_should_retry="true"
        ),
    )
_says(Behaviour("429", trouble="rate_limited"), lambda one: one.error(429, "rate_limit_error", "slow down"))
_says(
    Behaviour("429_ramp", trouble="rate_limited"),
    lambda one: one.error(429, "rate_limit_error", "ramp", {"error_code": "ramp_limit_exceeded"}, retry_after="60"),
)
_says(
    Behaviour("429_spend_limit", trouble="spend_limit"),
    lambda one: one.error(429, "rate_limit_error", "spent", SPEND_LIMIT, retry_after="4233600"),
)
_says(Behaviour("500", trouble="overloaded"), lambda one: one.error(500, "api_error", "internal"))
_says(Behaviour("503", trouble="overloaded"), lambda one: one.error(503, "api_error", "unavailable", retry_after="7"))
_says(Behaviour("504", trouble="timeout"), lambda one: one.error(504, "timeout_error", "too slow"))
_says(Behaviour("529", trouble="overloaded"), lambda one: one.error(529, "overloaded_error", "Overloaded"))

# ------------------------------------------------------------------------------------- not by the protocol

_PAGE = b"<html><body><h1>Sign in to the hotel's network</h1></body></html>"
_says(Behaviour("html", trouble="broken"), lambda one: one.raw(_PAGE, kind="text/html"))
_says(
    Behaviour("wrong_content_type", trouble="broken"),
    lambda one: one.raw(json.dumps(one.message()).encode(), kind="text/html"),
)
_says(Behaviour("html_502", trouble="unreachable"), lambda one: one.raw(_PAGE, 502, "text/html"))
_says(Behaviour("html_404", trouble="no_model"), lambda one: one.raw(_PAGE, 404, "text/html"))
_says(Behaviour("error_with_garbage", trouble="overloaded"), lambda one: one.raw(b'{"error": [\xff', 500))
_says(Behaviour("400_in_one_word", trouble="rejected"), lambda one: one.json({"error": "no"}, 400))
_says(
    Behaviour("400_of_wrong_types", trouble="rejected"),
    lambda one: one.json({"error": {"type": [], "message": 7, "details": [{"error_code": {}}]}}, 400),
)
_says(
    Behaviour("redirect", trouble="broken"),
    lambda one: one.raw(b"", 307, location=str(one.request.url.with_path("/elsewhere"))),
)
_says(Behaviour("no_json", trouble="broken"), lambda one: one.raw(b"{"))
_says(Behaviour("empty_body", trouble="broken"), lambda one: one.raw(b""))
_says(Behaviour("array", trouble="broken"), lambda one: one.json([one.message()]))
_says(Behaviour("error_with_200", trouble="broken"), lambda one: one.error(200, "api_error", "internal"))
_says(Behaviour("no_content", trouble="broken"), lambda one: one.raw(b"", 204))
_says(
    Behaviour("invalid_utf8", trouble="broken"),
    lambda one: one.raw(json.dumps(one.message("X")).encode().replace(b'"X"', b'"\xff\xfe"')),
)
_says(Behaviour("lone_surrogate", trouble="broken"), lambda one: one.json(one.message("\ud800")))
_says(Behaviour("deep_body", trouble="broken"), lambda one: one.raw(b"[" * 200_000))
_says(
    Behaviour("repeated_key", trouble="broken"),
    lambda one: one.raw(b'{"stop_reason": "refusal", ' + json.dumps(one.message()).encode()[1:]),
)
_says(
    Behaviour("wrong_type_of_text", trouble="broken"),
    lambda one: one.json(one.message(content=[{"type": "text", "text": 7}])),
)
_says(Behaviour("wrong_type_of_content", trouble="broken"), lambda one: one.json(one.message(content=one.answer)))
_says(Behaviour("wrong_model", trouble="broken"), lambda one: one.json(one.message(model="\x1b[31m")))
for _name, _usage in {
    "words": {"input_tokens": "forty", "output_tokens": 1},
    "digits": {"input_tokens": "40", "output_tokens": 1},
    "negative": {"input_tokens": -40, "output_tokens": 1},
    "vast": {"input_tokens": 10**30, "output_tokens": 1},
    "fraction": {"input_tokens": 1.5, "output_tokens": 1},
    "half": {"input_tokens": 40},
    "null": None,
}.items():
    _says(
        Behaviour(f"usage_{_name}", trouble="broken"),
        lambda one, usage=_usage: one.json(one.message(usage=usage)),  # type: ignore[misc]
    )


@_behaves(Behaviour("usage_missing", trouble="broken"))
def _without_usage(exchange: Exchange) -> web.Response:
    message = exchange.message()
    del message["usage"]
    return exchange.json(message)


@_behaves(Behaviour("huge_body", trouble="broken"))
async def _huge(exchange: Exchange) -> web.StreamResponse:
    before, after = json.dumps(exchange.message("HERE")).encode().split(b"HERE")
    response = await _begun(exchange)
    with contextlib.suppress(ConnectionError):
        for part in (before, *[b"a" * 2**20] * 20, after):
            await response.write(part)
        await response.write_eof()
    return response


@_behaves(Behaviour("packed_body", trouble="broken"))
def _packed(exchange: Exchange) -> web.Response:
    response = exchange.json(exchange.message("a" * 10_000_000))
    response.enable_compression(web.ContentCoding.gzip)
    response._compression_force = web.ContentCoding.gzip
    return response


# ------------------------------------------------------------------------------------------------ the wire


@_behaves(Behaviour("dropped_before_headers", trouble="unreachable"))
def _dropped(exchange: Exchange) -> web.Response:
    _cut(exchange)
    return exchange.json(exchange.message())


@_behaves(Behaviour("dropped_after_headers", trouble="unreachable"))
async def _dropped_after_headers(exchange: Exchange) -> web.StreamResponse:
    response = await _begun(exchange)
    _cut(exchange)
    return response


@_behaves(Behaviour("dropped_in_body", trouble="unreachable"))
async def _dropped_in_body(exchange: Exchange) -> web.StreamResponse:
    body = json.dumps(exchange.message()).encode()
    response = await _begun(exchange, len(body))
    await response.write(body[: len(body) // 2])
    _cut(exchange)
    return response


@_behaves(Behaviour("hang", trouble="timeout"))
async def _hang(exchange: Exchange) -> web.StreamResponse:
    await exchange.closing.wait()
    return exchange.json(exchange.message())


@_behaves(Behaviour("hang_in_body", trouble="timeout"))
async def _hang_in_body(exchange: Exchange) -> web.StreamResponse:
    response = await _begun(exchange)
    await response.write(b'{"type": ')
    await exchange.closing.wait()
    return response


@_behaves(Behaviour("dripping_body", trouble="timeout"))
async def _drip(exchange: Exchange) -> web.StreamResponse:
    response = await _begun(exchange)
    with contextlib.suppress(ConnectionError):
        while not exchange.closing.is_set():
            await response.write(b" ")
            await asyncio.sleep(0.05)
    return response


async def _begun(exchange: Exchange, length: int | None = None) -> web.StreamResponse:
    response = web.StreamResponse(headers=exchange.headers | {"content-type": "application/json"})
    response.content_length = length
    await response.prepare(exchange.request)
    return response


def _cut(exchange: Exchange) -> None:
    if exchange.request.transport is not None:
        exchange.request.transport.abort()
