"""What became of a request that has no plan, as it is stored: what was asked back, and what was answered so far."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from orchestration.canonical import canonical, parse
from orchestration.errors import NotFound
from orchestration.intake.decomposition import Choice, Question
from orchestration.intake.suggestion import NOTHING, Suggestion, read_suggestion

_PARAMETER = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+(#\d+)?")


class Chosen(NamedTuple):
    """A choice that was pressed, by 0-based places in what had been asked then."""

    question: int
    choice: int
    mark: int
    """Of the outcome that was shown."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Questions, or what cannot be done and what comes nearest to it."""

    questions: tuple[Question, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    """By what each question was about."""
    out_of_scope: tuple[str, ...] = ()
    nearest: tuple[Choice, ...] = ()
    suggestion: Suggestion = NOTHING
    """What a model read in the request; it is read the same way when the answers are there."""

    @property
    def mark(self) -> int:
        """What tells these questions from those asked before or after, in at most nine digits."""
        return int(hashlib.sha256(outcome_text(self).encode()).hexdigest()[:7], 16)

    def choice(self, chosen: Chosen) -> tuple[Question, Choice]:
        """Return what was chosen and of which question; raises NotFound when something else is asked by now."""
        if chosen.mark == self.mark and chosen.question < len(self.questions):
            question = self.questions[chosen.question]
            if chosen.choice < len(question.choices):
                return question, question.choices[chosen.choice]
        raise NotFound("Something else is asked by now. Answer the newest question, or answer in words.")

    @property
    def in_words(self) -> tuple[Question, ...]:
        """The questions for the value of a parameter, which can be answered in any words."""
        return tuple(question for question in self.questions if _PARAMETER.fullmatch(question.about))


def outcome_text(outcome: Outcome) -> str:
    """Return the stored form."""
    data = asdict(outcome)
    if outcome.suggestion is NOTHING:
        del data["suggestion"]
    return canonical(data)


def read_outcome(text: str) -> Outcome:
    """Read what `outcome_text` wrote."""
    found = parse(text)
    return Outcome(
        tuple(
            Question(question["text"], question["about"], _choices(question["choices"]))
            for question in found.get("questions", [])
        ),
        found.get("answers", {}),
        tuple(found.get("out_of_scope", [])),
        _choices(found.get("nearest", [])),
        read_suggestion(found["suggestion"]) if "suggestion" in found else NOTHING,
    )


def _choices(found: list[dict[str, str]]) -> tuple[Choice, ...]:
    return tuple(Choice(choice["label"], choice["value"]) for choice in found)
