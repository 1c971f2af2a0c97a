"""Slack's rate limits: a budget a minute for each method, and about one message a second for each channel."""

import math
import time
from dataclasses import dataclass, field

from tests.support.slack.refusals import Refused

TIER_PER_MINUTE = {1: 1.0, 2: 20.0, 3: 50.0, 4: 100.0, 0: 600.0}
"""Calls a minute by tier; tier 0 stands for Slack's *special* limits."""
TIER_ONE_BURST = 10.0
"""Calls of a tier 1 method that pass at once: an app opens all its ten connections when it starts."""
POST = "chat.postMessage"


@dataclass
class Bucket:
    """Calls that may be made now, and how fast more may be."""

    burst: float
    per_second: float
    left: float = -1.0
    at: float = 0.0

    def wait(self, now: float) -> float:
        """Take one call; return 0, or the seconds until there is one to take."""
        grown = self.burst if self.left < 0 else min(self.burst, self.left + (now - self.at) * self.per_second)
        self.at = now
        self.left = grown - 1 if grown >= 1 else grown
        return 0.0 if grown >= 1 else (1 - grown) / self.per_second


@dataclass
class Storm:
    """A time during which calls are refused. `retry_after` is the header as sent; None counts the seconds left."""

    until: float
    methods: tuple[str, ...]
    retry_after: str | None


@dataclass
class Limits:
    """The limits in force; change the fields to change them, or set `enabled` to False."""

    enabled: bool = True
    per_minute: dict[str, float] = field(default_factory=dict)
    """Budgets a minute that replace a method's tier."""
    posts_per_second: float = 1.0
    post_burst: float = 4.0
    refused: int = 0
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _storm: Storm | None = None

    def storm(self, seconds: float, *methods: str, retry_after: str | None = None) -> None:
        """Refuse calls (of these methods, or all) for some seconds, with any Retry-After header, garbage too."""
        self._storm = Storm(time.monotonic() + seconds, methods, retry_after)

    def calm(self) -> None:
        """End a storm."""
        self._storm = None

    def admit(self, method: str, tier: int, channel: str) -> None:
        """Let a call pass or raise Refused with status 429."""
        now = time.monotonic()
        self._weather(method, now)
        if not self.enabled:
            return
        minute = self.per_minute.get(method, TIER_PER_MINUTE[tier])
        burst = TIER_ONE_BURST if tier == 1 and method not in self.per_minute else minute
        wait = self._bucket(method, burst, minute / 60).wait(now)
        if not wait and method == POST and channel:
            wait = self._bucket(f"{method} {channel}", self.post_burst, self.posts_per_second).wait(now)
        if wait:
            self._refuse(str(max(1, math.ceil(wait))))

    def _bucket(self, name: str, burst: float, per_second: float) -> Bucket:
        known = self._buckets.get(name)
        if known is None or (known.burst, known.per_second) != (burst, per_second):
            known = self._buckets[name] = Bucket(burst, per_second)
        return known

    def _weather(self, method: str, now: float) -> None:
        storm = self._storm
        if storm is None or now >= storm.until or (storm.methods and method not in storm.methods):
            return
        self._refuse(storm.retry_after if storm.retry_after is not None else str(math.ceil(storm.until - now)))

    def _refuse(self, retry_after: str) -> None:
        self.refused += 1
        raise Refused("ratelimited", status=429, headers={"Retry-After": retry_after})
