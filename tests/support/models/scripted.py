"""An embedded implementation of the port `Model`: a model in this process that answers by a script."""

import asyncio
from collections import deque
from collections.abc import Sequence

from orchestration.errors import ModelFailed, ModelTrouble
from orchestration.ports import Completion, Prompt, Tier, Tokens

Step = str | Completion | ModelFailed
"""A text is an answer; a failure is raised."""
GOOD = "good"


def failing(trouble: ModelTrouble, retry_after: float | None = None) -> ModelFailed:
    """Return how a model fails."""
    return ModelFailed(trouble, f"It said {trouble}.", retry_after)


class ScriptedModel:
    """Takes the steps of a script in their order, then answers `good` for ever.

    `asked` has every prompt with the seconds it was given. With a `hold`, an answer waits until that is set.
    """

    def __init__(self, tier: Tier, steps: Sequence[Step] = (), *, name: str = "", tokens: Tokens | None = None) -> None:
        self._tier = tier
        self._name = name or f"{tier}-model"
        self._steps = deque(steps)
        self._tokens = tokens or Tokens(10, 10)
        self.left: float | None = None
        self.hold: asyncio.Event | None = None
        self.began = asyncio.Event()
        self.asked: list[tuple[Prompt, float]] = []

    @property
    def name(self) -> str:
        """Return its name."""
        return self._name

    @property
    def tier(self) -> Tier:
        """Return where it pretends to run."""
        return self._tier

    @property
    def thinking_tokens(self) -> int:
        """Return 0: it says what it was told to."""
        return 0

    def remaining(self) -> float | None:
        """Return what the test says is left."""
        return self.left

    async def complete(self, prompt: Prompt, seconds: float) -> Completion:
        """Take the next step."""
        self.asked.append((prompt, seconds))
        self.began.set()
        if self.hold is not None:
            await self.hold.wait()
        step = self._steps.popleft() if self._steps else GOOD
        if isinstance(step, ModelFailed):
            raise step
        return step if isinstance(step, Completion) else Completion(step, self._name, self._tokens)

    async def missing(self) -> str | None:
        """Nothing is missing."""
        return None

    def then(self, *steps: Step) -> None:
        """Take these steps next."""
        self._steps.extend(steps)
