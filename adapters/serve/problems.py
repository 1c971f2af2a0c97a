"""Errors as RFC 9457 problem documents, and back: a command that attaches raises what the server raised."""

from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

from adapters import log
from orchestration.errors import (
    ConfigurationError,
    Conflict,
    InvalidRequest,
    InvariantBroken,
    NotAllowed,
    NotFound,
    Problem,
    SaysoError,
    Unavailable,
)

TYPE = "urn:sayso:error:"
"""What `type` begins with; the name of the error's class follows."""
CONTENT_TYPE = "application/problem+json"
STATUS: tuple[tuple[type[SaysoError], int], ...] = (
    (InvalidRequest, 422),
    (ConfigurationError, 422),
    (NotFound, 404),
    (NotAllowed, 403),
    (Conflict, 409),
    (Unavailable, 503),
)
"""The status of each kind of error; what is not listed is a fault of ours, 500."""


def document(error: SaysoError) -> dict[str, Any]:
    """Return the problem document of an error."""
    found: dict[str, Any] = {
        "type": TYPE + type(error).__name__,
        "title": (type(error).__doc__ or "").split("\n", 1)[0],
        "status": status_of(error),
        "detail": str(error),
    }
    if isinstance(error, ConfigurationError):
        shown = Problem.__slots__
        found["problems"] = [{name: getattr(problem, name) for name in shown} for problem in error.problems]
    return found


def status_of(error: SaysoError) -> int:
    """Return the HTTP status of an error."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def error_of(problem: Mapping[str, Any]) -> SaysoError:
    """Return the error that a problem document tells of."""
    name = str(problem.get("type", "")).removeprefix(TYPE)
    detail = str(problem.get("detail") or problem.get("title") or "sayso serve refused this without a reason.")
    if name == ConfigurationError.__name__:
        return ConfigurationError([Problem(**fault) for fault in problem["problems"]])
    kind = next((kind for kind in _kinds(SaysoError) if kind.__name__ == name), Unavailable)
    return kind(detail)


def _kinds(base: type[SaysoError]) -> Iterator[type[SaysoError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)


def response(error: SaysoError) -> web.Response:
    """Return an error as a response."""
    return web.json_response(document(error), status=status_of(error), content_type=CONTENT_TYPE)


def plain(status: int, title: str, detail: str, **headers: str) -> web.Response:
    """Return a problem that no error of ours stands for."""
    found = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return web.json_response(found, status=status, content_type=CONTENT_TYPE, headers=headers)


@web.middleware
async def as_problems(request: web.Request, handler: Any) -> web.StreamResponse:
    """Answer every error with a problem document."""
    try:
        answer: web.StreamResponse = await handler(request)
    except SaysoError as error:
        return response(error)
    except web.HTTPException as refusal:
        return plain(refusal.status, refusal.reason, f"{request.method} {request.path}: {refusal.reason}.")
    except Exception:  # noqa: BLE001 (whoever asked gets an answer, the operator the traceback)
        log.Log().error("request.failed", method=request.method, path=request.path, exc_info=True)
        return response(InvariantBroken("Something is wrong inside Sayso; its log says what. Nothing was run."))
    return answer
