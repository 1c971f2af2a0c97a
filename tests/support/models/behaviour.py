"""What the loopback servers of both providers share: how they may behave, what they were asked, what comes next.

`anthropic_server` and `ollama_server` each offer a list `BEHAVIOURS`; tests of the whole product run against all.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from orchestration.errors import ModelTrouble


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One way in which a provider answers or does not."""

    name: str
    gives: Literal["answer", "text", "trouble", "failure"] = "failure"
    """What an adapter makes of it: the `answer` asked for, a `text` that is whole but not what was asked for,
    a completion with `trouble` (paid for), or ModelFailed (`failure`)."""
    trouble: ModelTrouble | None = None
    """Of the completion or of the ModelFailed."""

    @property
    def answers(self) -> bool:
        """Return whether an answer that can be used can come of it."""
        return self.gives == "answer"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for a completion, as it came over the wire."""

    model: str
    instructions: str
    data: str
    schema: Mapping[str, Any] | None
    """As the provider would enforce it."""
    body: Mapping[str, Any]
    raw: bytes
    headers: Mapping[str, str]
    """Names in lower case."""


Answering = Callable[[Asked], str]
"""What a model that understands says to a request."""


class Script:
    """Which behaviour comes next: those of `play` in their order, then always the one of `always`."""

    def __init__(self, behaviours: Sequence[Behaviour], usual: str) -> None:
        self._known = {one.name: one for one in behaviours}
        self._next: deque[Behaviour] = deque()
        self._usual = self._known[usual]

    def play(self, *names: str) -> None:
        """Behave like this for the next requests, one each."""
        self._next.extend(self._known[name] for name in names)

    def always(self, name: str) -> None:
        """Behave like this from now on, once `play` has run out."""
        self._usual = self._known[name]

    def take(self) -> Behaviour:
        """Return how to behave to the request that has just come."""
        return self._next.popleft() if self._next else self._usual
