"""Read what was said or answered into the typed parameters of one operation. Called by the planner.

What is not taken, and what nobody said, becomes a question with the values that would be taken.
"""

from typing import Any

from orchestration.intake.catalogue import Operation
from orchestration.intake.declaration import Parameter
from orchestration.intake.decomposition import Choice, Question
from orchestration.intake.parameters import check_value, read_value, unquoted
from orchestration.intake.values import BadValue
from orchestration.planning.finding import is_forgiving
from orchestration.planning.plan import Provenance

MAX_CHOICES = 25
"""As many as every chat can list."""


class Filling:
    """The parameters of one operation while they are filled."""

    def __init__(self, key: str, operation: Operation, mark: str = "") -> None:
        self.key = key
        self.operation = operation
        self._mark = mark
        self.values: dict[str, Any] = {}
        self.provenance: dict[str, Provenance] = {}
        self.questions: list[Question] = []

    def about(self, name: str) -> str:
        """Return what a question for this parameter is about, which is what its answer is filed under."""
        return f"{self.key}.{name}{self._mark}"

    def put(self, name: str, value: Any, provenance: Provenance) -> None:
        """Note a value and where it came from."""
        self.values[name] = value
        self.provenance[name] = provenance

    def keep(self, name: str, parameter: Parameter, value: Any, provenance: Provenance) -> None:
        """Note a typed value; one that the declaration, as it is now, does not take becomes a question."""
        try:
            self.put(name, check_value(parameter, value), provenance)
        except BadValue as error:
            self.ask(name, parameter, f"{name} {error}.")

    def take(self, name: str, text: str, provenance: Provenance) -> None:
        """Read a text as the value of a parameter; one that is not taken becomes a question.

        A name that the workspace lists stays as it was written until the planner has looked it up.
        """
        parameter = self.operation.parameters[name]
        if parameter.one_of is not None:
            self.put(name, unquoted(text), provenance)
        else:
            self.read(name, parameter, text, provenance)

    def read(self, name: str, parameter: Parameter, text: str, provenance: Provenance) -> None:
        """Read a text as the value of a parameter whose values are known."""
        try:
            self.put(name, read_value(parameter, text, is_forgiving(self.operation)), provenance)
        except BadValue as error:
            self.ask(name, parameter, f"{name} {error}.")

    def ask(self, name: str, parameter: Parameter, problem: str = "") -> None:
        """Add the question for a parameter, what was wrong with its value in front."""
        ask = parameter.ask or f"Which {name.replace('_', ' ')} for «{self.operation.title}»?"
        values = ["yes", "no"] if parameter.type == "boolean" else (parameter.enum or [])[:MAX_CHOICES]
        choices = tuple(Choice(str(value), str(value)) for value in values)
        self.questions.append(Question(f"{problem} {ask}".strip(), self.about(name), choices))

    def withdraw(self, name: str) -> None:
        """Take back the question for a parameter: there is another reading of it."""
        self.questions = [question for question in self.questions if question.about != self.about(name)]

    def ask_missing(self) -> None:
        """Add the questions for what was not said, as far as that needs no look at the workspace."""
        asked = {question.about for question in self.questions}
        for name, parameter in self.operation.parameters.items():
            is_open = name not in self.values and self.about(name) not in asked
            if is_open and parameter.is_asked() and parameter.one_of is None:
                self.ask(name, parameter)
