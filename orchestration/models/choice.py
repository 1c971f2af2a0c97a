"""Which model a piece of work goes to: the rule, before budgets and failures are looked at. Called by the chain."""

from dataclasses import dataclass
from typing import Literal

from orchestration.ports import Tier

Complexity = Literal["simple", "medium", "complex"]
Reason = Literal["quota_critical", "high_complexity", "local_sufficient"]
CRITICAL_QUOTA = 0.20
"""Below this share the local models are kept for others; at it they are not."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the rule says."""

    tier: Tier
    reason: Reason
    quota: float
    """Share of the local models' daily tokens that is left, 0 to 1."""
    error: str | None = None
    """Why the quota is not known; it counts as whole then."""


def choose(complexity: Complexity, quota: float) -> Choice:
    """Return the external model when local ones are nearly used up or the work is complex, else the local one."""
    if quota < CRITICAL_QUOTA:
        return Choice("external", "quota_critical", quota)
    if complexity == "complex":
        return Choice("external", "high_complexity", quota)
    return Choice("local", "local_sufficient", quota)


def quota_unknown(error: Exception) -> Choice:
    """Return the local model: nothing is spent on the strength of a figure that could not be read."""
    return Choice("local", "local_sufficient", 1.0, f"{type(error).__name__}: {error}")
