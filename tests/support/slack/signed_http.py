"""HTTP mode: Slack's signed requests to the app's address."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp

from tests.support.slack.delivery import COMMAND, EVENT, Attempt, Retry
from tests.support.slack.workspace import JSON


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what Slack puts in X-Slack-Signature."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def signed_headers(secret: str, body: bytes, content_type: str, age: float = 0.0) -> dict[str, str]:
    """Return the headers of a request that Slack signed `age` seconds ago."""
    timestamp = str(int(time.time() - age))
    return {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(secret, timestamp, body),
    }


def encoded(kind: str, payload: JSON) -> tuple[bytes, str]:
    """Return the body and content type in which Slack sends a payload."""
    if kind == EVENT:
        return json.dumps(payload).encode(), "application/json"
    fields = payload if kind == COMMAND else {"payload": json.dumps(payload)}
    return urlencode(fields).encode(), "application/x-www-form-urlencoded"


@dataclass
class SignedHttp:
    """The way to an app that listens at `url` and shares a signing secret."""

    url: str
    secret: str
    ack_seconds: float = 3.0
    statuses: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._session = aiohttp.ClientSession()

    async def offer(self, kind: str, payload: JSON, retry: Retry | None) -> Attempt:
        """Post one request and take its answer for the ack."""
        body, content_type = encoded(kind, payload)
        headers = signed_headers(self.secret, body, content_type)
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry.number), "X-Slack-Retry-Reason": retry.reason}
        return await self.send(body, headers)

    async def send(self, body: bytes, headers: dict[str, str]) -> Attempt:
        """Post any bytes with any headers."""
        limit = aiohttp.ClientTimeout(total=self.ack_seconds)
        try:
            async with self._session.post(self.url, data=body, headers=headers, timeout=limit) as answer:
                return self._judged(answer, await answer.read())
        except TimeoutError:
            return Attempt(acked=False, reason="http_timeout")
        except aiohttp.ClientError:
            return Attempt(acked=False, reason="connection_failed")

    async def verify_url(self) -> str:
        """Make the url_verification handshake and return what came back."""
        body = json.dumps({"type": "url_verification", "token": "old", "challenge": "c4"}).encode()
        attempt = await self.send(body, signed_headers(self.secret, body, "application/json"))
        return str((attempt.ack or {}).get("challenge") or (attempt.ack or {}).get("text"))

    async def close(self) -> None:
        """Give the connections back."""
        await self._session.close()

    def _judged(self, answer: aiohttp.ClientResponse, body: bytes) -> Attempt:
        self.statuses.append(answer.status)
        stop = answer.headers.get("X-Slack-No-Retry") == "1"
        if not 200 <= answer.status < 300:
            return Attempt(acked=False, reason="http_error", status=answer.status, stop=stop)
        return Attempt(acked=True, ack=_ack(body, answer.content_type), status=answer.status)


def _ack(body: bytes, content_type: str) -> JSON | None:
    if not body:
        return None
    if content_type == "application/json":
        return dict(json.loads(body))
    return {"text": body.decode(errors="replace")}
