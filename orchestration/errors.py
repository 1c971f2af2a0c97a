"""Every error the core raises. An edge renders it once; the message says what is wrong and what to do.

SaysoError
├── InvalidRequest          what was typed cannot be taken
├── ConfigurationError      one or more faults in settings, catalogue, policy or people
├── NotFound                no such plan, task or operation
├── NotAllowed              this person may not do this
├── Conflict                the thing has moved on
│   ├── StaleRevision       something else is current than what was shown
│   ├── NotPending          it was decided, cancelled or has expired
│   └── ChangedSinceApproval  a file is not what was approved
├── Unavailable             the store or a tool cannot be used just now
│   ├── HomeBusy            another process owns this home
│   ├── TooMany             one person has asked for too much at once
│   ├── ModelFailed         a model gave no answer that can be used
│   └── BudgetSpent         what models may cost is spent until some time
└── InvariantBroken         stored data contradicts itself; nothing runs
"""

from dataclasses import dataclass
from typing import Literal


class SaysoError(Exception):
    """Sayso could not do this."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").split("\n", 1)[0])


class InvalidRequest(SaysoError):
    """This request cannot be taken."""


class NotFound(SaysoError):
    """There is no such thing here."""


class NotAllowed(SaysoError):
    """You may not do this. Nothing was changed."""


class Conflict(SaysoError):
    """This has moved on since it was shown."""


class StaleRevision(Conflict):
    """What was shown is no longer current. Look at the plan again."""


class NotPending(Conflict):
    """This plan is no longer open for a decision."""


class ChangedSinceApproval(Conflict):
    """A file is not what was approved. Nothing was run; ask again to plan with what is there now."""


class Unavailable(SaysoError):
    """This cannot be done just now. Nothing was changed."""


class HomeBusy(Unavailable):
    """Another Sayso process owns this home."""


class TooMany(Unavailable):
    """You have asked for too much at once. Nothing was changed."""


ModelTrouble = Literal[
    "timeout",  # no answer within its time
    "unreachable",  # nothing listens, or the connection broke
    "rate_limited",
    "overloaded",
    "spend_limit",  # the provider itself has no more money for us
    "unauthorised",
    "no_model",  # there is no such model, or it cannot do what is asked
    "rejected",  # the provider says that the request is wrong
    "broken",  # what came back is no answer by the provider's protocol
    "cut",  # the answer ended before its end
    "refused",  # the model does not want to answer
    "unusable",  # an answer by the protocol, but not what was asked for
]


class ModelFailed(Unavailable):
    """A model gave no answer that can be used."""

    def __init__(
        self, trouble: ModelTrouble, message: str, retry_after_seconds: float | None = None, may_cost: bool = False
    ) -> None:
        """`may_cost` says that it was asked, and perhaps answered, before its answer was lost."""
        super().__init__(message)
        self.trouble = trouble
        self.retry_after_seconds = retry_after_seconds
        self.may_cost = may_cost or trouble == "timeout"


class BudgetSpent(Unavailable):
    """What models may cost is spent."""

    def __init__(self, message: str, until: str) -> None:
        super().__init__(message)
        self.until = until
        """RFC 3339: when there is a new budget."""


class InvariantBroken(SaysoError):
    """Stored data contradicts itself. Nothing was run."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a file or setting, in the words its owner needs."""

    where: str
    """File name, or the name of a setting."""
    line: int | None
    """1-based line in the file."""
    key: str
    """Dotted path of the faulty key; empty for the file as a whole."""
    message: str
    """What is wrong and what to write instead."""

    def __str__(self) -> str:
        place = f"{self.where}:{self.line}" if self.line else self.where
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ConfigurationError(SaysoError):
    """The configuration has faults; nothing was started."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
