"""One model as the chain asks it: behind its breaker, never for longer than it may take, with an eye on its limits."""

import asyncio
from collections.abc import Callable

from orchestration.errors import ModelFailed
from orchestration.models.breaker import Breaker
from orchestration.ports import Completion, Model, Prompt, Tokens

LATE_SECONDS = 1.0
"""How much later than it promised a model may fail by itself."""
NEARLY_NOTHING = 0.02
LIMITS_HOLD_SECONDS = 60.0
"""Providers count by the minute: what they said of their limits before that tells nothing."""
LONGEST_NAME = 100
"""Characters of the name that a model gives itself."""
MOST_TOKENS = 10**9
"""More than any call can take; a provider that counts on is not believed."""


class Seat:
    """A model and what is remembered of it."""

    def __init__(self, model: Model, now: Callable[[], float]) -> None:
        self.model = model
        self._breaker = Breaker(model.name, now)
        self._now = now
        self._answered_at = now()

    @property
    def is_left_alone(self) -> bool:
        """Return whether it is not asked just now, since it has failed."""
        return self._breaker.is_open

    @property
    def is_short(self) -> bool:
        """Return whether its provider's limits are nearly reached just now."""
        left = self.model.remaining()
        is_news = self._now() - self._answered_at < LIMITS_HOLD_SECONDS
        return left is not None and left < NEARLY_NOTHING and is_news

    async def complete(self, prompt: Prompt, seconds: float) -> Completion:
        """Ask once; raises ModelFailed, LeftAlone when it is not to be asked now."""
        with self._breaker.call():
            try:
                found = await asyncio.wait_for(self.model.complete(prompt, seconds), seconds + LATE_SECONDS)
                return Completion(
                    writable(found.text), writable(found.model)[:LONGEST_NAME], _bounded(found.tokens), found.trouble
                )
            except TimeoutError:
                message = f"{self.model.name} did not answer within {seconds:.0f} s."
                raise ModelFailed("timeout", message) from None
            finally:
                self._answered_at = self._now()


def writable(text: str) -> str:
    """Return a text without half characters, which no database and no provider takes."""
    return text.encode("utf-8", "replace").decode()


def _bounded(tokens: Tokens) -> Tokens:
    counts = (tokens.input, tokens.output, tokens.cache_read, tokens.cache_written)
    return Tokens(*(min(max(0, count), MOST_TOKENS) for count in counts))
