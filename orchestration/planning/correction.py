"""Read a follow-up in a plan's thread as a correction of the plan. Called by the use case that amends it.

A follow-up says what to leave out («without the portals»), what to take instead («not kuma, grafana»), another value
(«port 3005 instead») or what comes in addition («and back up the photos first»). What is none of these is a request
of its own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from orchestration.intake.catalogue import Catalogue
from orchestration.intake.clauses import Piece, pieces_of
from orchestration.intake.decomposition import Choice, Question, Subtask, decompose
from orchestration.intake.matching import Matcher
from orchestration.intake.phrases import read_clause
from orchestration.intake.words import NEGATIONS, stem, words_in
from orchestration.planning.follow_up import (
    IN_ADDITION,
    LEAVE_OUT,
    MARK,
    ONLY,
    REMOVE,
)
from orchestration.planning.new_values import NewValues
from orchestration.planning.plan import PlanContent, PlannedTask
from orchestration.planning.siblings import Siblings
from orchestration.planning.telling import Telling, stems_of

MAX_LENGTH = 400
"""Characters; who writes more asks for something of its own."""


_ALL_BUT = re.compile(r"\b(?:everything|all(?:\s+of\s+(?:it|them))?)\s+(?:but|except)\b", re.IGNORECASE)
_INSTEAD_OF = re.compile(r"(?P<but>.+?)\s+instead\s+of\s+(?P<not>.+)", re.IGNORECASE)
_THING = re.compile(r"(?:the|my|our|task|step|number)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Correction:
    """What a follow-up changes."""

    drop: frozenset[int] = frozenset()
    """Positions of tasks to leave out."""
    parameters: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """Position to parameter to value, as it was written."""
    added: tuple[Subtask, ...] = ()
    """What comes in addition. Orders go on behind the plan's positions; `depends_on` may name those too."""
    before: frozenset[int] = frozenset()
    """Positions of tasks that have to wait for all that is added: «… and back up the photos first»."""
    questions: tuple[Question, ...] = ()


def read_correction(text: str, content: PlanContent, catalogue: Catalogue, matcher: Matcher) -> Correction | None:
    """Return what a clean text changes of a pending plan; None when it is no correction of it."""
    if len(text) > MAX_LENGTH:
        return None
    return _Reader(content, catalogue, matcher).read(text)


class _NoCorrection(Exception):
    """A part of the text changes nothing that is planned."""


class _Reader:
    def __init__(self, content: PlanContent, catalogue: Catalogue, matcher: Matcher) -> None:
        self._tasks = [task for task in content.tasks if task.operation in catalogue.operations]
        self._count = len(content.tasks)
        self._catalogue = catalogue
        self._matcher = matcher
        self._siblings = Siblings(self._tasks, catalogue, matcher)
        self._new = NewValues(catalogue, matcher)
        self._told = Telling(self._tasks, self._count, catalogue)
        self._drop: set[int] = set()
        self._values: dict[int, dict[str, str]] = {}
        self._added: list[Subtask] = []
        self._before: set[int] = set()
        self._questions: list[Question] = []
        self._is_marked = False
        self._is_leaving_out = False

    def read(self, text: str) -> Correction | None:
        text = _ALL_BUT.sub("without", re.sub(r":\s", " ", text))
        pieces = _rejected_first(pieces_of(text, self._matcher.index.whole))
        try:
            done = 0
            while done < len(pieces):
                done += self._take(pieces[done:])
        except _NoCorrection:
            return None
        if not (self._drop or self._values or self._added or self._questions):
            return None
        asked = {f"{task.operation}.{name}" for task in self._tasks for name in self._values.get(task.position, ())}
        self._questions = [question for question in self._questions if question.about not in asked]
        return Correction(
            frozenset(self._drop), self._values, tuple(self._added), frozenset(self._before - self._drop),
            tuple(self._questions),
        )  # fmt: skip

    def _take(self, pieces: Sequence[Piece]) -> int:
        """Read the next piece; return how many were used up."""
        piece = pieces[0]
        text = self._unmarked(piece.text)
        is_added = bool(IN_ADDITION.search(text) or re.match(r"\s*(?:and|plus|also)\b", piece.separator, re.IGNORECASE))
        if not text:
            return 1
        if (found := ONLY.match(text)) and (kept := self._told.told(found["what"])):
            self._drop |= {task.position for task in self._tasks} - {kept}
        elif found := LEAVE_OUT.match(text):
            return self._leave_out(found["what"], pieces)
        elif self._is_leaving_out and (_THING.match(text) or not _acts(text)) and (told := self._told.told(text)):
            self._drop.add(told)
        elif self._changes(text, is_added):
            pass
        elif (is_added or piece.tie or self._added) and self._adds(pieces):
            return len(pieces)
        elif not self._swaps(text, self._tasks) and not self._asks_whether_to_leave_out(text):
            raise _NoCorrection
        return 1

    def _changes(self, text: str, is_added: bool) -> bool:
        """Set a value, or ask for it; what comes in addition and is a request of its own sets none."""
        if is_added and _acts(text):
            return False
        return (is_added and self._adds_alike(text)) or self._sets(text, self._tasks) or self._asks_for_value(text)

    def _adds_alike(self, text: str) -> bool:
        """Add what a task does to something else, done to what a bare name tells: «and grafana too»."""
        more = self._siblings.more(IN_ADDITION.sub("", text).strip(" ,"))
        if more:
            self._added.append(replace(more, order=self._count + len(self._added) + 1))
        return more is not None

    def _asks_whether_to_leave_out(self, text: str) -> bool:
        """Ask where «remove the portals» may mean a task of the plan, or to undo what is there."""
        found = REMOVE.fullmatch(text)
        position = self._told.told(found["what"]) if found else 0
        if not position:
            return False
        self._questions.append(
            Question(
                f"Should task {position} be left out of this plan? Then say «skip {position}». "
                "If something is to be removed, ask for it outside this thread.",
                text,
            )
        )
        return True

    def _unmarked(self, text: str) -> str:
        while found := MARK.match(text):
            self._is_marked = True
            text = text[found.end() :]
        if found := re.search(r"[\s,]+(?:instead|actually|please|then|rather|thanks)$", text, re.IGNORECASE):
            self._is_marked |= found[0].strip(" ,").lower() != "please"
            text = text[: found.start()]
        return text.strip(" .!?,")

    # --------------------------------------------------------------------------------------------- leaving out

    def _leave_out(self, what: str, pieces: Sequence[Piece]) -> int:
        """Drop what is named; where a name follows that a sibling has, take that instead: «not kuma, grafana»."""
        what, _, instead = re.sub(r"\bbut\b", "\0", what, count=1, flags=re.IGNORECASE).partition("\0")
        following = instead.strip() or (pieces[1].text if len(pieces) > 1 else "")
        told = [task for task in self._tasks if self._told.fits(task, what)]
        self._is_marked = True
        if following and told and self._sets(self._unmarked(following), told):
            return 1 if instead else 2
        if following and self._swaps(self._unmarked(following), told or self._tasks, what):
            return 1 if instead else 2
        self._is_leaving_out = True
        if self._told.is_all(what):
            self._drop |= {task.position for task in self._tasks}
        elif position := self._told.told(what):
            self._drop.add(position)
        elif len(told) > 1 and self._told.best(what) > 1:
            self._ask(f"Which of them without {what.strip()}?", what, told)
        else:
            raise _NoCorrection
        return 1

    def _ask(self, text: str, about: str, tasks: Sequence[PlannedTask]) -> None:
        choices = tuple(Choice(f"{task.position} {task.name}", str(task.position)) for task in tasks)
        self._questions.append(Question(text, about.strip(), choices))

    # ------------------------------------------------------------------------------------------------- values

    def _sets(self, text: str, tasks: Sequence[PlannedTask]) -> bool:
        """Set a parameter; ask when it may be of several tasks. False when the text names no value."""
        found = [
            (task, name, value) for task in tasks for name, value in self._new.values_in(task, text, self._is_marked)
        ]
        told = self._told.those_told(text, [task for task, _, _ in found])
        fits = [item for item in found if item[0].position in told]
        if len({task.position for task, _, _ in fits}) > 1:
            name = fits[0][1]
            self._ask(f"Which task's {name.replace('_', ' ')}?", text, [task for task, _, _ in fits])
            return True
        for task, name, value in fits:
            self._values.setdefault(task.position, {})[name] = value
        return bool(fits)

    def _asks_for_value(self, text: str) -> bool:
        """Ask for the value where only a parameter is named: «change the port»."""
        if not re.search(r"\b(?:change|set|adjust|another|other|different|wrong|use)\b", text, re.IGNORECASE):
            return False
        said = {stem(word) for word in words_in(text)}
        found = [
            (task, name)
            for task in self._tasks
            for name in self._catalogue.operation(task.operation).parameters
            if stems_of(name) <= said and self._new.is_about(task, text)
        ]
        if len(found) == 1:
            task, name = found[0]
            self._questions.append(
                Question(f"Which {name.replace('_', ' ')} for «{task.name}»?", f"{task.operation}.{name}")
            )
        elif found:
            self._ask(
                f"Which task's {found[0][1].replace('_', ' ')}, and what should it be?",
                text,
                [task for task, _ in found],
            )
        return bool(found)

    # ------------------------------------------------------------------------------------- instead and in addition

    def _swaps(self, text: str, tasks: Sequence[PlannedTask], instead_of: str = "") -> bool:
        """Take the sibling that a bare name tells: «actually grafana», where Kuma was to be deployed."""
        text, _, named = re.sub(r"\binstead\s+of\b", "\0", text, flags=re.IGNORECASE).partition("\0")
        text = re.sub(r"^(?:make|use|take|do|go\s+with|it|that|to|with)\b\s*", "", text.strip(), flags=re.IGNORECASE)
        if not (self._is_marked or instead_of or named) or not words_in(text):
            return False
        found = [(task, sibling) for task in tasks for sibling in self._siblings.of(task, text)]
        if named.strip():
            found = [(task, sibling) for task, sibling in found if self._told.fits(task, named)]
        if len(found) == 1:
            task, sibling = found[0]
            self._drop.add(task.position)
            self._added.append(replace(sibling, order=self._count + len(self._added) + 1, depends_on=task.depends_on))
        elif found:
            self._ask(f"Which of them should be {text.strip()}?", text, [task for task, _ in found])
        return bool(found)

    def _adds(self, pieces: Sequence[Piece]) -> bool:
        """Add what the rest of the text asks for."""
        text = "".join((piece.separator if number else "") + piece.text for number, piece in enumerate(pieces))
        read = decompose(IN_ADDITION.sub("", self._unmarked(text)).strip(" ,") or text, self._catalogue, self._matcher)
        is_refusal = not read.subtasks and any(word in NEGATIONS for word in words_in(text))
        if read.out_of_scope or is_refusal:
            return False
        self._questions += read.questions
        if not read.subtasks:
            return bool(read.questions)
        first = self._count + len(self._added)
        tie = pieces[0].tie
        positions = {task.position for task in self._tasks} - self._drop
        for subtask in read.subtasks:
            depends_on = tuple(sorted(first + order for order in subtask.depends_on))
            if tie == "then":
                depends_on = (*sorted(positions), *depends_on)
            self._added.append(replace(subtask, order=first + subtask.order, depends_on=depends_on))
        if tie == "first":
            self._before |= positions
        return True


def _acts(text: str) -> bool:
    return any(unit.action for unit in read_clause(text).units)


def _rejected_first(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces of «media, not notes» and of «media instead of notes» as those of «not notes, media»."""
    if len(pieces) == 1 and (found := _INSTEAD_OF.fullmatch(pieces[0].text)):
        return [replace(pieces[0], text=f"not {found['not']}"), replace(pieces[0], text=found["but"])]
    if len(pieces) == 2 and re.match(r"not\s", pieces[1].text, re.IGNORECASE):
        return [pieces[1], pieces[0]]
    return pieces
