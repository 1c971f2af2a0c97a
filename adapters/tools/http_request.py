"""The program that makes one HTTP request and follows it to its end. Started by `http_call.py`, under a launcher.

`python -I -m adapters.tools.http_request FILE`: FILE is a JSON object as `http_call.py` writes it; secrets are in the
environment. Prints the beginning of the answer to stdout and one sentence to stderr; its exit code says what is known.
No proxy is used, and nobody but the declared host is ever asked.
"""

import http.client
import json
import os
import re
import ssl
import sys
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

EXPECTED, UNEXPECTED, NEVER_SENT, NOT_KNOWN = 0, 3, 4, 5
"""Exit codes: answered as expected; answered otherwise; never reached the host; sent, and no whole answer came."""
KEPT_BYTES = 65536
_MOST_REDIRECTS = 3
_CONNECT_SECONDS = 10.0
_REDIRECTS = (301, 302, 303, 307, 308)
_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Ended(Exception):
    """The request has ended otherwise than it should."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    location: str
    mime: str
    body: bytes
    """Its first bytes, one more than are kept when there are more."""


def main(path: str) -> int:
    """Make the request; return the exit code."""
    request = json.loads(Path(path).read_text(encoding="utf-8"))
    request["headers"] = _headers(request)
    try:
        answer = _follow(request)
    except Ended as ended:
        sys.stderr.write(f"{ended}\n")
        return ended.code
    sys.stdout.write(_shown(answer))
    expected = answer.status in request["expect_status"]
    wanted = "" if expected else f", and {' or '.join(map(str, request['expect_status']))} was expected"
    sys.stderr.write(f"It answered {_named(answer.status)}{wanted}.\n")
    return EXPECTED if expected else UNEXPECTED


def _follow(request: dict[str, Any]) -> Answer:
    """Ask, and go where the host points to on itself; raises Ended."""
    url = request["url"]
    for _ in range(1 + _MOST_REDIRECTS):
        answer = _ask(request, urlsplit(url))
        is_redirect = answer.status in _REDIRECTS and bool(answer.location)
        if not is_redirect or answer.status in request["expect_status"]:
            return answer
        target = _target(url, answer.location)
        if request["method"] not in ("GET", "HEAD"):
            raise Ended(UNEXPECTED, f"It answered {_named(answer.status)}: {request['method']} is not sent again.")
        if _origin(target) != _origin(url):
            place = _printable(target.partition("?")[0])
            raise Ended(UNEXPECTED, f"It was redirected to {place}, which is elsewhere. That is not followed.")
        url = target
    raise Ended(UNEXPECTED, f"It was redirected more than {_MOST_REDIRECTS} times.")


def _ask(request: dict[str, Any], url: SplitResult) -> Answer:
    connection = _connected(url)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    body = None if request["body"] is None else request["body"].encode()
    try:
        connection.request(request["method"], target, body, request["headers"])
        response = connection.getresponse()
        found = response.read(KEPT_BYTES + 1)
        if response.length and len(found) <= KEPT_BYTES:
            raise http.client.IncompleteRead(found, response.length)  # less than it announced: read() says nothing
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = _printable(str(error) or type(error).__name__)
        raise Ended(NOT_KNOWN, f"The request was sent, and no whole answer came ({reason}).") from None
    finally:
        connection.close()
    mime = response.headers.get_content_type()
    return Answer(response.status, response.headers.get("Location", ""), mime, found)


def _connected(url: SplitResult) -> http.client.HTTPConnection:
    """Return an open connection; after this only the attempt's own time limit holds."""
    host = url.hostname or ""
    connection: http.client.HTTPConnection
    try:
        if url.scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(host, url.port, timeout=_CONNECT_SECONDS, context=context)
        else:
            connection = http.client.HTTPConnection(host, url.port, timeout=_CONNECT_SECONDS)
        connection.connect()
        connection.sock.settimeout(None)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = _printable(str(error) or type(error).__name__)
        raise Ended(NEVER_SENT, f"{host} cannot be reached ({reason}). Nothing was sent.") from None
    return connection


def _headers(request: dict[str, Any]) -> dict[str, str]:
    secret = {name: _SECRET.sub(_secret, value) for name, value in request["secret_headers"].items()}
    return {"User-Agent": "sayso", "Accept": "*/*", "Connection": "close", **request["headers"], **secret}


def _secret(found: re.Match[str]) -> str:
    return os.environ[found[1]]


def _target(url: str, location: str) -> str:
    """Return where an answer points to; nowhere when that is no URL."""
    try:
        return urljoin(url, quote(location, safe="!#$%&'()*+,/:;=?@[]~"))
    except ValueError:
        return ""


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Return who is asked; a URL that is none is nobody."""
    try:
        parts = urlsplit(url)
        default = {"http": 80, "https": 443}.get(parts.scheme)
        return ("", None, None) if "@" in parts.netloc else (parts.scheme, parts.hostname, parts.port or default)
    except ValueError:
        return "", None, None


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _shown(answer: Answer) -> str:
    """Return the beginning of the answer as text; of what is none, how much it is."""
    try:
        text = answer.body[:KEPT_BYTES].decode("utf-8", "strict" if len(answer.body) <= KEPT_BYTES else "ignore")
    except UnicodeDecodeError:
        text = "\0"
    size = f"more than {KEPT_BYTES}" if len(answer.body) > KEPT_BYTES else str(len(answer.body))
    if "\0" in text:
        return f"[{size} bytes of {answer.mime}, which is no text]\n"
    return text if len(answer.body) <= KEPT_BYTES else f"{text}\n[the rest is left out]\n"


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)[:300]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
