"""What a model made of the clauses that the rules leave open. The rules decide what becomes of it.

Made by `orchestration.assistance`, which has checked it against the words of the request and the operations that were
asked about; used by `decomposition.py` and the planner. It is stored with what is asked back, so that an answer has
the same words read in the same way.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from orchestration.intake.catalogue import Catalogue
from orchestration.intake.laying import Match
from orchestration.policy import RISKS, Risk


@dataclass(frozen=True, slots=True)
class Suggested:
    """One operation that a model read in a clause."""

    clause: str
    """As the rules took the request apart."""
    words: str
    """Those of the request that ask for it."""
    operation: str
    values: Mapping[str, str] = field(default_factory=dict)
    """The words for the values of parameters, copied from the request; one of the declared values of an enum."""
    waits: bool = False
    """Whether it is to wait for the one before it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What one model read in one request."""

    model: str
    tasks: tuple[Suggested, ...]
    asks: Mapping[str, str] = field(default_factory=dict)
    """By clause, how it would ask what is meant."""
    trusted_up_to: Risk = "low"
    """The highest risk of an operation that is planned because the model chose it; above that it is asked about."""

    def of(self, clause: str) -> tuple[Suggested, ...]:
        """Return what it read in a clause."""
        return tuple(task for task in self.tasks if task.clause == clause)

    def named(self, words: str) -> Suggested | None:
        """Return what it read in these words, or in a clause of which it made one task."""
        return next((task for task in self.tasks if words in (task.words, task.clause)), None)

    def is_trusted(self, operation: str, catalogue: Catalogue) -> bool:
        """Whether a choice of this operation is planned without asking back."""
        return RISKS.index(catalogue.operation(operation).risk) <= RISKS.index(self.trusted_up_to)

    def as_data(self) -> dict[str, Any]:
        """Return the stored form."""
        return asdict(self)


NOTHING = Suggestion("", ())
"""What is suggested when no model was asked."""


def read_suggestion(data: dict[str, Any]) -> Suggestion:
    """Read what `as_data` returned."""
    return Suggestion(**{**data, "tasks": tuple(Suggested(**task) for task in data["tasks"])})


def with_first(operation: str, rivals: list[Match]) -> list[Match]:
    """Return what a clause may mean, with what a model read in it in front."""
    first = next((match for match in rivals if match.operation == operation), Match(operation, 0.0, {}, is_guess=True))
    return [first, *(match for match in rivals if match.operation != operation)]
