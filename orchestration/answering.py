"""What a message in answer to a question answers, and whether it asks for something of its own. Used by `asking.py`."""

from orchestration.errors import SaysoError
from orchestration.intake.decomposition import read_choice
from orchestration.intake.outcome import Outcome
from orchestration.planning.planner import Planner
from orchestration.understanding import Spoken, Understanding


def read_answer(text: str, outcome: Outcome) -> dict[str, str]:
    """Return what words answer: a choice of any question, else the first question that takes free words."""
    for question in outcome.questions:
        if choice := read_choice(text, question):
            return {question.about: choice.value}
    return {question.about: text.strip() for question in outcome.in_words[:1]}


class Answering:
    """Tells answers from requests, by the rules alone."""

    def __init__(self, planner: Planner, understanding: Understanding) -> None:
        self._planner = planner
        self._understanding = understanding

    async def is_own_request(self, text: str, asked: Spoken, outcome: Outcome) -> bool:
        """Whether a message leaves open what was asked, and asks for something by itself.

        `asked` is the request with what the message would answer, `outcome` what was asked back.
        """
        still = await self._still_asked(asked)
        if still is not None and still < {question.about for question in outcome.questions}:
            return False
        own = await self._planner.decompose(text, {})
        return bool(own.subtasks) and not own.questions

    async def _still_asked(self, asked: Spoken) -> set[str] | None:
        """Return what is asked about once these answers count; None when nothing can come of the request."""
        try:
            found = await self._understanding.by_rules(asked)
        except SaysoError:
            return None
        if not isinstance(found, Outcome):
            return set()
        return {question.about for question in found.questions} or None
