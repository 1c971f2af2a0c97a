"""Which phrases can be added without anything else being read differently. Called by `sayso suggest`.

Every request that was ever made and every case of the owner's is tried with the catalogue as it is and as it would be.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.cases.trial import Response, Trial
from orchestration.intake.catalogue import Catalogue, load_catalogue
from orchestration.intake.decomposition import decompose
from orchestration.intake.matching import Matcher
from orchestration.learning.lessons import Lesson
from orchestration.policy import RISKS
from orchestration.validation import InvalidData


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that somebody said, or that a case has somebody say."""

    text: str
    person: str
    answers: tuple[tuple[str, str], ...] = ()
    """(what a question was about, the answer)."""
    is_case: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """A lesson, and why it should not be taken; empty when it can be."""

    lesson: Lesson
    problem: str = ""


class Effects:
    """Tries lessons on one catalogue."""

    def __init__(self, data: Mapping[str, Any], heard: Sequence[Heard], trial_of: Callable[[Catalogue], Trial]) -> None:
        """`data` is the catalogue file; `trial_of` returns what tries things said on another catalogue."""
        self._data = data
        self._catalogue = load_catalogue(data)
        self._trial_of = trial_of
        self._heard = list(dict.fromkeys(heard))
        self._before: dict[Heard, Response] = {}
        self._because: dict[Lesson, str] = {}

    async def judged(self, lessons: Sequence[Lesson]) -> list[Judged]:
        """Return each lesson with what speaks against it, in their order."""
        calm = [lesson for lesson in lessons if not self._is_risky(lesson)]
        trial = self._trial_of(self._catalogue)
        self._before = {heard: await self._response(trial, heard) for heard in self._heard}
        kept = await self._kept([], calm)
        return [Judged(lesson, "" if lesson in kept else self._problem(lesson)) for lesson in lessons]

    async def _kept(self, others: list[Lesson], lessons: list[Lesson]) -> list[Lesson]:
        """Return those of some lessons that change nothing else, beside others that are taken already.

        Most change nothing: all are tried at once, and only where something changes by halves.
        """
        problem = await self._changed([*others, *lessons]) if lessons else ""
        if not problem:
            return lessons
        if len(lessons) == 1:
            self._because[lessons[0]] = problem
            return []
        half = len(lessons) // 2
        first = await self._kept(others, lessons[:half])
        return [*first, *await self._kept([*others, *first], lessons[half:])]

    async def _changed(self, lessons: Sequence[Lesson]) -> str:
        """Return what these lessons would change beside what they are for; empty when nothing."""
        try:
            catalogue = load_catalogue(with_phrases(self._data, lessons))
        except InvalidData as error:
            return str(error)
        matcher = Matcher(catalogue)
        for lesson in lessons:
            if any(not _is_understood(lesson, text, catalogue, matcher) for text in lesson.texts):
                return "it would still be asked what is meant"
        intended = {text for lesson in lessons for text in lesson.texts}
        trial = self._trial_of(catalogue)
        for place, heard in enumerate(self._heard):
            is_meant = heard.text in intended and not heard.is_case
            if not is_meant and await self._response(trial, heard) != self._before[heard]:
                self._heard.insert(0, self._heard.pop(place))  # what has shown a change shows the next one soonest
                return f"«{heard.text}» would be read differently"
        return ""

    async def _response(self, trial: Trial, heard: Heard) -> Response:
        return await trial.respond(heard.text, heard.person, dict(heard.answers))

    def _is_risky(self, lesson: Lesson) -> bool:
        risk = self._catalogue.operation(lesson.operation).risk
        return RISKS.index(risk) > RISKS.index("medium")

    def _problem(self, lesson: Lesson) -> str:
        risk = self._catalogue.operation(lesson.operation).risk
        return self._because.get(lesson) or f"{lesson.operation} is of {risk} risk: add it by hand if you mean it"


def with_phrases(data: Mapping[str, Any], lessons: Iterable[Lesson]) -> dict[str, Any]:
    """Return the data of a catalogue file with more phrases."""
    operations = dict(data["operations"])
    for lesson in lessons:
        declared = operations[lesson.operation]
        says = declared["says"] if isinstance(declared["says"], list) else [declared["says"]]
        operations[lesson.operation] = {**declared, "says": [*says, lesson.phrase]}
    return {**data, "operations": operations}


def _is_understood(lesson: Lesson, text: str, catalogue: Catalogue, matcher: Matcher) -> bool:
    return any(one.intent == lesson.operation for one in decompose(text, catalogue, matcher).subtasks)
