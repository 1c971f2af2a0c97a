"""The pages of `sayso serve` for machines: `/health`, open, and `/metrics`, with its token. They change nothing.

A page in somebody's browser cannot read them: there is no CORS, and a request that names a foreign host (DNS
rebinding) or comes from a foreign page is refused.
"""

import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from adapters.serve.problems import as_problems, plain

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
METRICS_TYPE = "text/plain; version=0.0.4"


@dataclass(frozen=True, slots=True)
class Pages:
    """What the pages show, and who may see it."""

    troubles: Callable[[], list[str]]
    """Why this Sayso is not healthy; empty when it is."""
    chats: Callable[[], Awaitable[Mapping[str, bool]]]
    """By platform that is configured, whether it is connected; the rest of Sayso works without."""
    metrics: Callable[[], Awaitable[str]]
    token: str = field(repr=False)
    hosts: frozenset[str]
    """The names that this Sayso is called by, beside the loopback's and the address that was connected to."""

    def app(self) -> web.Application:
        """Return the routes."""
        app = web.Application(middlewares=[as_problems, self._by_a_known_name])
        app.router.add_get("/health", self._health)
        app.router.add_get("/metrics", self._metrics)
        return app

    async def _health(self, _request: web.Request) -> web.Response:
        troubles = self.troubles()
        found: dict[str, Any] = {"status": "unhealthy" if troubles else "healthy"}
        found |= {"service": "sayso", "version": version("sayso")}
        chats = await self.chats()
        found["chats"] = {name: "connected" if is_up else "disconnected" for name, is_up in chats.items()}
        found |= {"reasons": troubles} if troubles else {}
        return web.json_response(found, status=503 if troubles else 200)

    async def _metrics(self, request: web.Request) -> web.Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        is_theirs = hmac.compare_digest(token.strip().encode(errors="replace"), self.token.encode())
        if scheme.lower() != "bearer" or not is_theirs:
            advice = "Send «Authorization: Bearer TOKEN» with the content of keys/metrics.token in the home."
            return plain(401, "Unauthorized", advice, **{"WWW-Authenticate": 'Bearer realm="sayso"'})
        return web.Response(text=await self.metrics(), headers={"Content-Type": METRICS_TYPE})

    @web.middleware
    async def _by_a_known_name(self, request: web.Request, handler: Any) -> web.StreamResponse:
        own = {*LOOPBACK_NAMES, *self.hosts, _connected_to(request)}
        origin = request.headers.get("Origin")
        if _host(request.headers.get("Host", "")) not in own or (origin is not None and _origin(origin) not in own):
            advice = "Call it by the name it listens at, or set SAYSO_PUBLIC_URL to the one it has."
            return plain(403, "Forbidden", f"This Sayso is not called that. {advice}")
        found: web.StreamResponse = await handler(request)
        return found


def _host(header: str) -> str:
    """Return the host of a `Host` header, without its port and brackets; empty when it is none."""
    return _origin(f"//{header}")


def _origin(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _connected_to(request: web.Request) -> str:
    """Return the address of ours that was connected to: whoever names it needs no name service, which could lie."""
    assert request.transport is not None
    return str(ipaddress.ip_address(request.transport.get_extra_info("sockname")[0].partition("%")[0]))
