"""Reads what Anthropic says of its limits in the headers of a response: what is left, and when to come again.

Called by `anthropic` for every response, those of errors too. A header that makes no sense is as good as none.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_KINDS = ("requests", "tokens", "input-tokens", "output-tokens")
_WINDOW = timedelta(minutes=1)
"""How long a figure without a time of reset is believed: their limits are counted by the minute."""
_LONGEST = timedelta(hours=1)
"""No figure is believed for longer, whatever its time of reset: a wrong one would keep us away for good."""


class Limits:
    """The share of each limit that is left by the last response."""

    def __init__(self) -> None:
        self._left: list[tuple[float, datetime]] = []

    def note(self, headers: Mapping[str, str]) -> None:
        """Take what a response says; it replaces what was known."""
        now = datetime.now(UTC)
        shares = [(_share(headers, kind), _until(headers, kind, now)) for kind in _KINDS]
        self._left = [(share, until) for share, until in shares if share is not None]

    def remaining(self) -> float | None:
        """Return the least share, 0 to 1, among those that have not been reset since; None when there is none."""
        now = datetime.now(UTC)
        return min((share for share, until in self._left if now < until), default=None)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait that a response asks for, however many; None when it asks for none."""
    text = headers.get("retry-after", "")
    seconds = _number(text)
    return _until_date(text) if seconds is None else seconds


def _number(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until_date(text: str) -> float | None:
    try:
        at = parsedate_to_datetime(text)
        return max((at - datetime.now(UTC)).total_seconds(), 0.0) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _share(headers: Mapping[str, str], kind: str) -> float | None:
    limit, remaining = (
        _count(headers.get(f"anthropic-ratelimit-{kind}-{part}", "")) for part in ("limit", "remaining")
    )
    return min(remaining / limit, 1.0) if limit and remaining is not None else None


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _until(headers: Mapping[str, str], kind: str, now: datetime) -> datetime:
    try:
        reset = datetime.fromisoformat(headers.get(f"anthropic-ratelimit-{kind}-reset", ""))
    except ValueError:
        return now + _WINDOW
    return min(reset, now + _LONGEST) if reset.tzinfo else now + _WINDOW
