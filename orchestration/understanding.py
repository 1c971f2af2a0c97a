"""What a request comes to: a plan's content, or what has to be asked back or cannot be done.

The rules read it. Where they leave something open, a model is asked once what it reads there, and the rules decide
what of that counts. Called by `asking.py` and by trials.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from orchestration.assistance.assistant import Assistant, Open
from orchestration.intake.decomposition import Decomposition
from orchestration.intake.outcome import Outcome
from orchestration.intake.suggestion import NOTHING, Suggestion
from orchestration.planning.plan import PlanContent
from orchestration.planning.planner import Planner, Unclear, Wanted

Check = Callable[[Sequence[Wanted]], None]
"""Raises what keeps these operations from being done at all."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A request as far as it is said by now."""

    text: str
    """Clean."""
    person: str
    plan_id: str
    """For the plan that may come of it."""
    request_id: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    """By what each question was about."""
    suggestion: Suggestion = NOTHING
    """What a model read in it before."""


class Understanding:
    """Reads requests by the rules and, for what they leave open, with a model's help."""

    def __init__(self, planner: Planner, assistant: Assistant | None, check: Check = lambda _: None) -> None:
        self._planner = planner
        self._assistant = assistant
        self._check = check

    async def understand(self, spoken: Spoken) -> PlanContent | Outcome:
        """Read a request as it was said for the first time; raises as `by_rules` does."""
        read = await self._planner.decompose(spoken.text, spoken.answers, spoken.suggestion)
        found = await self._planned(spoken, read)
        if self._assistant is None or isinstance(found, PlanContent):
            return found
        open_ = Open(spoken.text, spoken.person, spoken.request_id, read, found.questions)
        suggestion = await self._assistant.suggest(open_)
        return await self.by_rules(replace(spoken, suggestion=suggestion)) if suggestion else found

    async def by_rules(self, spoken: Spoken) -> PlanContent | Outcome:
        """Read a request without asking a model (again); raises InvalidRequest or Unavailable."""
        read = await self._planner.decompose(spoken.text, spoken.answers, spoken.suggestion)
        return await self._planned(spoken, read)

    async def _planned(self, spoken: Spoken, read: Decomposition) -> PlanContent | Outcome:
        if read.out_of_scope or read.questions:
            return Outcome(read.questions, spoken.answers, read.out_of_scope, read.nearest, spoken.suggestion)
        try:
            wanted = self._planner.read(read.subtasks, spoken.answers)
            self._check(wanted)
            content = await self._planner.plan(spoken.plan_id, 1, wanted)
        except Unclear as unclear:
            return Outcome(tuple(unclear.questions), spoken.answers, suggestion=spoken.suggestion)
        return content.model_copy(update={"passed_over": read.passed_over})
