"""What has happened so far while one piece of work was brought to models, and how to tell it. Kept by the chain."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from orchestration.errors import BudgetSpent, ModelFailed
from orchestration.models import choice as rule
from orchestration.models.breaker import LeftAlone
from orchestration.models.work import Work
from orchestration.ports import Prompt, Tier
from orchestration.records import Usage

T = TypeVar("T")
Failure = ModelFailed | BudgetSpent
Reason = rule.Reason | Literal["budget_spent", "claude_failed"]
NAMES: dict[Tier, str] = {"external": "Claude", "local": "Ollama"}


@dataclass(slots=True)
class Inquiry(Generic[T]):
    """One piece of work, the calls made for it, and what stood in the way."""

    work: Work
    prompt: Prompt
    read: Callable[[str], T]
    choice: rule.Choice
    deadline: float
    """By the chain's own clock, in seconds."""
    calls: list[Usage] = field(default_factory=list)
    failures: dict[Tier, Failure] = field(default_factory=dict)
    """Why each model that it came to gave no answer."""

    @property
    def reason(self) -> Reason:
        """Return why it came to the model that answered, or to none."""
        external = self.failures.get("external")
        if isinstance(external, BudgetSpent):
            return "budget_spent"
        return "claude_failed" if external else self.choice.reason

    @property
    def troubles(self) -> list[str]:
        """Return one word for each failure."""
        return [error.trouble if isinstance(error, ModelFailed) else "budget_spent" for error in self.failures.values()]

    @property
    def told(self) -> str:
        """Return what stood in the way, in sentences; empty when nothing did."""
        unknown = [self.choice.error] if self.choice.error else []
        return " ".join([*unknown, *(f"{tier}: {error}" for tier, error in self.failures.items())])

    def error(self) -> Failure:
        """Return what to raise when no model answered: a spent budget when it alone stood in the way."""
        failed = [error for error in self.failures.values() if isinstance(error, ModelFailed)]
        if not failed:
            return next(iter(self.failures.values()))
        return ModelFailed(failed[-1].trouble, self._sentence(), failed[-1].retry_after_seconds)

    def _sentence(self) -> str:
        asked = [name for tier, name in NAMES.items() if tier in self.failures and not _was_left(self.failures[tier])]
        left = [str(error) for error in self.failures.values() if _was_left(error)]
        if not asked:
            return " ".join([f"No model can be asked for {self.work}.", *left])
        subject = "Both " * (len(asked) > 1) + " and ".join(asked)
        return " ".join([f"{subject} failed for {self.work}. See logs for details.", *left])


def _was_left(error: Failure) -> bool:
    return isinstance(error, LeftAlone | BudgetSpent)
