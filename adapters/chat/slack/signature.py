"""Whether a request over HTTP comes from Slack: verified before anything of it is parsed. A pure function.

Nothing in the headers raises: whatever is not exactly as Slack sends it is not from Slack.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

WINDOW_SECONDS = 300
_TIMESTAMP = re.compile(r"[0-9]{1,15}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it came: two headers, and the bytes of its body."""

    timestamp: str
    signature: str
    body: bytes


def is_from_slack(secret: str, request: Signed, now: float) -> bool:
    """Whether a body was signed with the secret, within the last five minutes."""
    timestamp, signature = request.timestamp, request.signature
    if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
        return False
    if abs(now - int(timestamp)) > WINDOW_SECONDS:
        return False
    signed = b":".join((b"v0", timestamp.encode(), request.body))
    wanted = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={wanted}", signature)
