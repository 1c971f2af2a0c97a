"""What a model is wanted for, and what comes of it. Used by whoever asks one through `Models`."""

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from orchestration.models.choice import Complexity
from orchestration.ports import Tier

T = TypeVar("T")
Purpose = Literal["reading", "research"]


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work for a model."""

    purpose: Purpose
    person: str
    """On whose behalf, and on whose budget."""
    complexity: Complexity
    request_id: str | None = None
    plan_id: str | None = None
    task_id: str | None = None
    seconds: float = 45.0
    """For all tries with all models together."""

    def __str__(self) -> str:
        """Return how to speak of it, such as `task 0198… (research)`."""
        named = (("task", self.task_id), ("plan", self.plan_id), ("request", self.request_id))
        kind = next((f"{kind} {known}" for kind, known in named if known), "a request")
        return f"{kind} ({self.purpose})"


class Unusable(Exception):
    """An answer is not what was asked for; the message tells the model what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """An answer that has passed every check."""

    value: T
    model: str
    """The name under which it answered."""
    tier: Tier
