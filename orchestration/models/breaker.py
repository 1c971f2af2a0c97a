"""Keeps a model that does not answer from being asked over and over. One for each model, in memory only."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orchestration.errors import ModelFailed, ModelTrouble

FAILURES = 3
"""In a row."""
SHORTEST_SECONDS, LONGEST_SECONDS = 30.0, 300.0
UNWELL: tuple[ModelTrouble, ...] = ("timeout", "unreachable", "rate_limited", "overloaded", "no_model", "broken")
CLOSED_TO_US: tuple[ModelTrouble, ...] = ("spend_limit", "unauthorised")
"""What only a person can mend: asking again soon is of no use."""


class LeftAlone(ModelFailed):
    """A model was not even asked."""


class Breaker:
    """Leaves a model alone for a while, and then lets one call through, which decides.

    After three failures in a row for 30 s, then twice as long each time, up to five minutes; when it says itself how
    long, for at least that, up to five minutes; for five minutes when it has no more money or no access for us.
    """

    def __init__(self, name: str, now: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._now = now
        self._failures = 0
        self._seconds = SHORTEST_SECONDS
        self._until: float | None = None
        self._trouble: ModelTrouble = "unreachable"
        self._is_trying = False

    @property
    def is_open(self) -> bool:
        """Whether the model is left alone just now."""
        return self._until is not None and self._until > self._now()

    @contextmanager
    def call(self) -> Iterator[None]:
        """Go round a call, and learn from how it ends; raises LeftAlone when none may be made now."""
        is_trial = self._admit()
        try:
            yield
        except ModelFailed as error:
            self._failed(error, is_trial)
            raise
        else:
            self._answered()
        finally:
            self._is_trying = self._is_trying and not is_trial

    def _admit(self) -> bool:
        """Return whether this is the one call that decides; raises LeftAlone when there may be none."""
        if self._until is None:
            return False
        left = self._until - self._now()
        if left > 0 or self._is_trying:
            seconds = max(left, 1.0)
            message = f"{self._name} has failed ({self._trouble}) and is not asked again for {seconds:.0f} s."
            raise LeftAlone(self._trouble, message, seconds)
        self._is_trying = True
        return True

    def _answered(self) -> None:
        self._failures, self._seconds, self._until = 0, SHORTEST_SECONDS, None

    def _failed(self, error: ModelFailed, is_trial: bool) -> None:
        if error.trouble not in UNWELL + CLOSED_TO_US:
            self._answered()  # it is there, if only to say no
        elif is_trial or self._until is None:  # those that were under way when it was opened say nothing new
            self._failures += 1
            self._trouble = error.trouble
            if seconds := self._rest(error):
                self._until = self._now() + seconds

    def _rest(self, error: ModelFailed) -> float:
        """Return for how long it is left alone, in seconds; 0 for not at all."""
        if error.trouble in CLOSED_TO_US:
            return LONGEST_SECONDS
        seconds = error.retry_after_seconds or 0.0
        if self._failures >= FAILURES:
            seconds = max(seconds, self._seconds)
            self._seconds = min(self._seconds * 2, LONGEST_SECONDS)
        return min(seconds, LONGEST_SECONDS)
