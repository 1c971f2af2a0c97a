"""What is asked back before there can be a plan, and which choice a typed reply means.

Questions about operations are made by `decomposition.py`; those about parameters by `planning/filling.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration.intake.catalogue import Catalogue
from orchestration.intake.laying import Match
from orchestration.intake.words import ARTICLES, NEGATIONS, SILENT, Spelling, stem, words_in

MAX_CHOICES = 5
_YES = frozenset("y yes yeah yep yup yessir sure ok okay correct right exactly indeed ja that please".split())  # noqa: SIM905
_PLACES = {
    name: place
    for place, names in enumerate(("1 1st first one", "2 2nd second two", "3 3rd third three", "4 4th fourth four",
                                   "5 5th fifth five"))
    for name in names.split()
}  # fmt: skip
_POINTING = SILENT | {"number", "option", "choice", "nr", "prefer", "take", "choose", "pick", "mean", "meant"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question: what is shown, and the operation or value it stands for."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Question:
    """What has to be asked back before there can be a plan."""

    text: str
    about: str
    """The clause, or `operation.parameter`."""
    choices: tuple[Choice, ...] = ()


def choices_of(matches: Sequence[Match], catalogue: Catalogue) -> tuple[Choice, ...]:
    """Return each operation as a choice by its title."""
    return tuple(Choice(catalogue.operation(match.operation).title, match.operation) for match in matches[:MAX_CHOICES])


def question_about(clause: str, rivals: Sequence[Match], catalogue: Catalogue) -> Question:
    """Return the question which of several operations a clause means."""
    choices = choices_of(rivals, catalogue)
    if rivals[0].is_guess and len(choices) == 1:
        return Question(f"Did you mean «{choices[0].label}»?", clause, choices)
    if kind := _kind_in_question(rivals, catalogue):
        return Question(f"Which {kind}?", clause, choices)
    return Question(f"What do you mean by «{clause}»?", clause, choices)


def _kind_in_question(rivals: Sequence[Match], catalogue: Catalogue) -> str:
    """Return what the rivals do the same thing to, where only that tells them apart: `service`."""
    operations = [catalogue.operation(match.operation) for match in rivals]
    targets = [operation.target.partition(":") for operation in operations]
    is_same = (
        len({(kind, operation.work_type) for operation, (kind, _, _) in zip(operations, targets, strict=True)}) == 1
    )
    is_sure = all(match.known for match in rivals)
    return targets[0][0] if len(rivals) > 1 and is_same and is_sure and targets[0][2] else ""


def read_choice(text: str, question: Question) -> Choice | None:
    """Return the choice that a reply means: its name or a part that tells, its number; None when not certain."""
    said = words_in(text)
    if not said or len(said) > 30 or any(word in NEGATIONS - {"no"} for word in said):
        return None
    by_name = _by_name(said, question.choices)
    return by_name or _by_place(said, question.choices) or _by_yes(said, question.choices)


def _by_name(said: list[str], choices: Sequence[Choice]) -> Choice | None:
    names = [_names(choice) for choice in choices]
    mend = Spelling(word for choice in choices for word in words_in(f"{choice.label} {choice.value}")).mend
    every = set().union(*names)
    meant = {word if stem(word) in every else mend(word) or word for word in said if word not in _POINTING}
    stems = {stem(word) for word in meant}
    if not stems or not stems <= every:
        return None
    whole = [choice for choice, known in zip(choices, names, strict=True) if stems == known]
    fits = whole or [choice for choice, known in zip(choices, names, strict=True) if stems <= known]
    return fits[0] if len(fits) == 1 else None


def _names(choice: Choice) -> set[str]:
    return {stem(word) for word in words_in(f"{choice.label} {choice.value}") if word not in ARTICLES}


def _by_place(said: list[str], choices: Sequence[Choice]) -> Choice | None:
    """Return the choice of «2», «the second one», «the last»."""
    told = [word for word in said if word not in _POINTING or (word == "one" and len(said) == 1)]
    if told in (["last"], ["latter"]) and choices:
        return choices[-1]
    if len(told) != 1:
        return None
    place = 0 if told == ["former"] else _PLACES.get(told[0], len(choices))
    return choices[place] if place < len(choices) else None


def _by_yes(said: list[str], choices: Sequence[Choice]) -> Choice | None:
    is_yes = bool(_YES.intersection(said)) and all(word in _YES | SILENT for word in said)
    return choices[0] if is_yes and len(choices) == 1 else None
