"""What a button's value says: which verb, of which plan, in exactly which version.

`v1:approve:7K2MQ4:2:3fa9c2d107be`. At most 100 characters, so that it fits into any platform's button. A value proves
nothing by itself: who pressed it and whether it still is current is checked by the use case behind it.
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from bot.chat import Button
from bot.escaping import one_line
from orchestration.errors import InvalidRequest
from orchestration.intake.outcome import Chosen, Outcome
from orchestration.planning.plan import SHORT_DIGEST
from orchestration.records import Plan, Task

Verb = Literal["approve", "reject", "edit", "details", "cancel", "done", "retry", "abort", "again", "undo", "answer"]
FOREIGN = "This button is of another version of Sayso. Ask for the plan anew: show PLAN."
_VALUE = re.compile(r"v1:(?P<verb>[a-z]+):(?P<subject>[A-Za-z0-9/-]+):(?P<revision>\d{1,9}):(?P<rest>[0-9a-f.]{1,40})")


@dataclass(frozen=True, slots=True)
class Action:
    """A button's value, read."""

    verb: Verb
    subject: str
    """A plan's code, an attempt at a task as CODE/POSITION/NUMBER, or a request's id."""
    revision: int
    """Of the plan; of an answer the mark of what was asked."""
    rest: str
    """The first digits of the plan's digest; of an answer the 0-based places of question and choice, as `0.1`."""

    def value(self) -> str:
        """Return what the button carries."""
        return f"v1:{self.verb}:{self.subject}:{self.revision}:{self.rest}"

    @property
    def attempt(self) -> tuple[str, int]:
        """The task as CODE/POSITION and the number of the attempt at it; raises InvalidRequest for another subject."""
        task, _, number = self.subject.rpartition("/")
        if "/" not in task or not number.isdecimal():
            raise InvalidRequest(FOREIGN)
        return task, int(number)

    @property
    def choice(self) -> Chosen:
        """What an answer chooses; raises InvalidRequest when the value is not one of ours."""
        question, _, choice = self.rest.partition(".")
        try:
            return Chosen(int(question, 16), int(choice, 16), self.revision)
        except ValueError:
            raise InvalidRequest(FOREIGN) from None


def read_action(value: str) -> Action:
    """Read a button's value; raises InvalidRequest for one of another version."""
    found = _VALUE.fullmatch(value)
    if not found or found["verb"] not in get_args(Verb):
        raise InvalidRequest(FOREIGN)
    verb: Verb = found["verb"]  # type: ignore[assignment]  # it is one of them
    return Action(verb, found["subject"], int(found["revision"]), found["rest"])


def of_plan(verb: Verb, plan: Plan, task: Task | None = None) -> str:
    """Return the value of a button on a plan's card, or about the last attempt at one of its tasks."""
    subject = plan.code if task is None else f"{plan.code}/{task.position}/{task.attempts}"
    return Action(verb, subject, plan.revision, plan.digest[:SHORT_DIGEST]).value()


def of_choice(request_id: str, chosen: Chosen) -> str:
    """Return the value of a button that answers a question."""
    return Action("answer", request_id, chosen.mark, f"{chosen.question:x}.{chosen.choice:x}").value()


def answers(request_id: str, outcome: Outcome) -> tuple[Button, ...]:
    """Return a button for every choice of every question."""
    return tuple(
        Button(one_line(choice.label), of_choice(request_id, Chosen(place, number, outcome.mark)))
        for place, question in enumerate(outcome.questions)
        for number, choice in enumerate(question.choices)
    )
