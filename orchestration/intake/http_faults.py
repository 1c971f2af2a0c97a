"""What is wrong with a declared HTTP request: whom it reaches, and with what, must not depend on anybody's words.

Called by `tool_faults.py` when a catalogue is loaded.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from orchestration.intake.declaration import COMPOUND
from orchestration.intake.templates import SLOT, slots
from orchestration.validation import Fault, Path, key_faults

if TYPE_CHECKING:
    from orchestration.intake.catalogue import Operation

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
LOOKING = ("GET", "HEAD")
"""Methods that change nothing by what they mean."""
SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""How a value of `secret_headers` names a secret, by its environment name."""
_KEYS = {"method", "url", "expect_status", "headers", "secret_headers", "json", "body"}
_ORIGIN = re.compile(r"(https?)://([^/?#]*)")
_PRINTABLE = re.compile(r"[!-\[\]-~]+")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_OURS = {"host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect"}
_BEAR_SECRETS = {"authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token"}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def http_faults(operation: "Operation") -> Iterator[Fault]:
    """Yield the faults of an `http_call`, and of what it does for a preview."""
    yield from _request_faults(("with",), operation, operation.with_)
    method = operation.with_.get("method")
    if operation.effect == "read_only" and method in METHODS and method not in LOOKING:
        yield Fault(("effect",), f"{method} may change something: say idempotent or at_most_once")
    if (preview := operation.preview_with) is not None:
        yield from _request_faults(("preview_with",), operation, preview)
        yield from _preview_faults(preview)
    elif operation.preview:
        advice = "add «preview_with:» with a GET that shows what there is"
        yield Fault(("preview",), f"a request needs its own dry run: {advice}")


def _preview_faults(preview: Mapping[str, Any]) -> Iterator[Fault]:
    if preview.get("method") not in LOOKING:
        yield Fault(("preview_with", "method"), "must be GET or HEAD: a preview changes nothing")
    if "secret_headers" in preview:
        yield Fault(("preview_with", "secret_headers"), "previews get no secrets: take it out")


def _request_faults(at: Path, operation: "Operation", request: Mapping[str, Any]) -> Iterator[Fault]:
    yield from key_faults(at, request, _KEYS)
    if request.get("method") not in METHODS:
        yield Fault((*at, "method"), f"must be one of {', '.join(METHODS)}")
    yield from _url_faults((*at, "url"), request.get("url"))
    yield from _status_faults((*at, "expect_status"), request.get("expect_status"))
    yield from _header_faults((*at, "headers"), request.get("headers", {}))
    yield from _secret_faults((*at, "secret_headers"), operation, request)
    yield from _body_faults(at, request)
    compound = {name for name, parameter in operation.parameters.items() if parameter.type in COMPOUND}
    for path, name in slots({key: request.get(key) for key in ("url", "headers")}, at):
        if name in compound:
            yield Fault(path, f"{{{name}}} is not one value and can stand in «json:» only")


def _url_faults(at: Path, url: object) -> Iterator[Fault]:
    origin = _ORIGIN.match(url) if isinstance(url, str) else None
    if not isinstance(url, str) or origin is None:
        yield Fault(at, "must be a text that begins with https:// or http:// and names the host")
    elif SLOT.search(origin[2]):
        yield Fault(at, "has a slot in its host: whom it reaches is the owner's to say; slots stand in path and query")
    elif "@" in origin[2]:
        yield Fault(at, "has a name or password in it: put them under «secret_headers:», by the name of a secret")
    elif not _PRINTABLE.fullmatch(url) or "#" in url:
        yield Fault(at, "has a «#», a backslash, a space or a character that is not ASCII: write it percent-encoded")
    elif _split(url) is None:
        yield Fault(at, f"«{origin[2]}» is no host, or no host with a port")
    elif {".", ".."} & set(url.partition("?")[0].split("/")):
        yield Fault(at, "has «.» or «..» in its path: write where it really leads")


def _split(url: str) -> SplitResult | None:
    """Return a URL in its parts; None when its host or port is none."""
    try:
        parts = urlsplit(SLOT.sub("x", url))
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def _status_faults(at: Path, expected: object) -> Iterator[Fault]:
    known = expected if isinstance(expected, list) else [expected]
    if not known or not all(type(status) is int and 200 <= status <= 599 for status in known):
        yield Fault(at, "must say with which status it went well, such as 200 or [200, 201]")


def _header_faults(at: Path, headers: object) -> Iterator[Fault]:
    if not isinstance(headers, dict):
        yield Fault(at, "must be names and texts")
        return
    for name, value in headers.items():
        yield from _name_faults((*at, name), str(name))
        if not isinstance(value, str) or not value.isascii() or not value.isprintable():
            yield Fault((*at, name), "must be one line of plain ASCII characters, in quotes")
        elif str(name).lower() in _BEAR_SECRETS or "${" in value:
            yield Fault((*at, name), "would hold a secret: write it under «secret_headers:», as «${NAME}»")


def _name_faults(at: Path, name: str) -> Iterator[Fault]:
    if not _HEADER_NAME.fullmatch(name):
        yield Fault(at, f"«{name}» cannot be the name of a header")
    elif name.lower() in _OURS:
        yield Fault(at, f"{name} is set by Sayso: take it out")


def _secret_faults(at: Path, operation: "Operation", request: Mapping[str, Any]) -> Iterator[Fault]:
    headers = request.get("secret_headers", {})
    if not isinstance(headers, dict):
        yield Fault(at, "must be names and texts")
        return
    for name, value in headers.items():
        yield from _name_faults((*at, name), str(name))
        text = value if isinstance(value, str) and value.isascii() and value.isprintable() else ""
        found = SECRET.findall(text)
        if not found:
            yield Fault((*at, name), 'must name a secret, such as "Bearer ${API_TOKEN}"')
        if SLOT.search(SECRET.sub("", text)):
            yield Fault((*at, name), "cannot have a slot: what people say has no place beside a secret")
        for secret in found:
            yield from _named_faults((*at, name), secret, operation)
    parts = _split(str(request.get("url")))
    if headers and parts and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        yield Fault(at, "would travel in the clear: use https")


def _named_faults(at: Path, secret: str, operation: "Operation") -> Iterator[Fault]:
    if secret not in operation.secrets:
        yield Fault(at, f"there is no «{secret}» under «secrets:»: add «{secret}: reference» there")
    elif secret.islower():
        yield Fault(at, f"«{secret}» looks like a slot here: write the environment name in capitals")


def _body_faults(at: Path, request: Mapping[str, Any]) -> Iterator[Fault]:
    body = request.get("body")
    if body is not None and "json" in request:
        yield Fault((*at, "body"), "cannot stand beside «json:»: take one of them out")
    if body is not None and (not isinstance(body, str) or SLOT.search(body)):
        yield Fault((*at, "body"), "must be a text without slots; values have their place in «json:»")
    if request.get("method") in LOOKING and (body is not None or "json" in request):
        yield Fault((*at, "method"), f"{request['method']} sends nothing: take «json:» or «body:» out")
