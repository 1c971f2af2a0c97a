"""Ask a model what the rules leave open in a request, once, and take from its answer what can count.

Called by the use cases of whoever asks (`orchestration.asking`) and by trials, when there is something open. Without a
model, or when none gives an answer that can be used, everything is as the rules say: nothing depends on this.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchestration.assistance.parts import Part, open_parts
from orchestration.assistance.prompt import prompt
from orchestration.assistance.reply import read_reply
from orchestration.errors import BudgetSpent, ModelFailed
from orchestration.intake.decomposition import Decomposition, Question, Subtask
from orchestration.intake.suggestion import Suggestion
from orchestration.models.chain import Models
from orchestration.models.choice import Complexity
from orchestration.models.work import Work
from orchestration.planning.complexity import COMPLEX_WORK, MEDIUM_ABOVE
from orchestration.planning.declared import Declared, Reading
from orchestration.policy import Rules
from orchestration.redaction import Redactor

READING_SECONDS = 45.0
"""For all models together; somebody waits for the card."""


@dataclass(frozen=True, slots=True)
class Open:
    """A request in which something is open."""

    text: str
    person: str
    request_id: str | None
    read: Decomposition
    """By the rules alone."""
    questions: tuple[Question, ...]
    """What the person would be asked now."""


class Assistant:
    """Reads with the help of whatever models there are."""

    def __init__(
        self,
        models: Models,
        declared: Declared,
        rules: Rules,
        redactor: Callable[[], Redactor] = lambda: Redactor([]),
    ) -> None:
        """`redactor` returns a new one, which takes out of a request what must not leave this machine."""
        self._models = models
        self._declared = declared
        self._rules = rules
        self._redactor = redactor

    async def suggest(self, open_: Open) -> Suggestion | None:
        """Return what a model read in the open parts of a request; None when there is none to ask, or no use in it."""
        if not self._models.is_there:
            return None
        reading = self._declared.now
        parts = open_parts(open_.read, open_.questions, reading)
        if not parts:
            return None
        work = Work("reading", open_.person, _complexity(open_.read.subtasks, parts, reading), open_.request_id,
                    seconds=READING_SECONDS)  # fmt: skip
        try:
            found = await self._models.ask(
                work,
                prompt(open_.text, parts, reading.catalogue, self._redactor()),
                lambda text: read_reply(text, open_.text, parts, reading.catalogue),
            )
        except (ModelFailed, BudgetSpent):
            return None
        tasks, asks = found.value
        trusted = self._rules.policy.models.trusted_up_to
        return Suggestion(found.model, tasks, asks, trusted) if tasks or asks else None


def _complexity(subtasks: Sequence[Subtask], parts: Sequence[Part], reading: Reading) -> Complexity:
    """Return how involved a request is, as far as it was read: by its likeliest operations, and how many they are."""
    likeliest = {*(subtask.intent for subtask in subtasks), *(part.operations[0] for part in parts)}
    if any(reading.catalogue.operation(key).work_type in COMPLEX_WORK for key in likeliest):
        return "complex"
    return "medium" if len(likeliest) > MEDIUM_ABOVE else "simple"
