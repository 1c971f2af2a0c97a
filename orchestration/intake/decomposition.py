"""Read a request: which things are wanted, in which order, or what has to be asked back. Rules only, no model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestration.intake.catalogue import Catalogue
from orchestration.intake.matching import Match, Matcher

MIN_CONFIDENCE = 0.60
"""Below this a best guess is a question."""
MIN_RELATED = 0.30
"""Below this a clause has nothing to do with the catalogue."""
SAME = 0.08
"""Two operations closer than this cannot be told apart."""
MAX_SUBTASKS = 10
MAX_CHOICES = 5

_SPLIT = re.compile(
    r"\s*(?:[,;]\s*(?:and\s+)?(?:then\s+|after\s+that\s+)?|\s+and\s+then\s+|\s+then\s+|\s+and\s+|\.\s+|\n+)\s*", re.I
)
_SEQUENCE = re.compile(r"\b(?:then|after\s+that)\b", re.I)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


@dataclass(frozen=True, slots=True)
class Subtask:
    """One thing wanted, as it was read."""

    order: int
    """1, 2, 3 … as said."""
    intent: str
    """The key of the operation."""
    confidence: float
    text: str
    parameters: dict[str, str]
    """What slots of a phrase captured, not yet typed."""
    depends_on: tuple[int, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A request as it was read. With questions or out-of-scope clauses there is no plan."""

    subtasks: tuple[Subtask, ...] = ()
    questions: tuple[Question, ...] = ()
    out_of_scope: tuple[str, ...] = ()
    """Clauses that nothing in the catalogue can do."""
    nearest: tuple[Choice, ...] = field(default=())
    """What comes closest to them."""


def decompose(text: str, catalogue: Catalogue, matcher: Matcher) -> Decomposition:
    """Read a clean text against a catalogue."""
    subtasks: list[Subtask] = []
    questions: list[Question] = []
    out_of_scope: list[str] = []
    nearest: list[Choice] = []
    clauses = _clauses(text, matcher)
    for number, (clause, in_sequence) in enumerate(clauses, start=1):
        matches = matcher.best(clause)
        if not matches or matches[0].score < MIN_RELATED:
            out_of_scope.append(clause)
            nearest += _choices(matches, catalogue)
        elif rivals := _rivals(matches):
            questions.append(Question(f"What do you mean by «{clause}»?", clause, _choices(rivals, catalogue)))
        else:
            depends_on = (number - 1,) if in_sequence and number > 1 else ()
            best = matches[0]
            subtasks.append(Subtask(number, best.operation, best.score, clause, best.captured, depends_on))
    if len(clauses) > MAX_SUBTASKS:
        message = f"That is {len(clauses)} things at once; the limit is {MAX_SUBTASKS}. Which come first?"
        questions.append(Question(message, text))
    return Decomposition(tuple(subtasks), tuple(questions), tuple(out_of_scope), tuple(nearest[:MAX_CHOICES]))


def _rivals(matches: Sequence[Match]) -> list[Match]:
    """Return the operations that cannot be told apart or are not sure; none when the best one is clear."""
    close = [match for match in matches if matches[0].score - match.score < SAME]
    if len(close) > 1:
        return close[:MAX_CHOICES]
    sure = matches[0].score >= MIN_CONFIDENCE
    return [] if sure else [match for match in matches if match.score >= MIN_RELATED][:MAX_CHOICES]


def _choices(matches: Sequence[Match], catalogue: Catalogue) -> tuple[Choice, ...]:
    return tuple(Choice(catalogue.operation(match.operation).title, match.operation) for match in matches[:MAX_CHOICES])


def _clauses(text: str, matcher: Matcher) -> list[tuple[str, bool]]:
    """Return (clause, whether it comes after the one before), joining again what was not a thing of its own.

    «echo salt and pepper» is one clause: «pepper» means nothing to the catalogue.
    """
    clauses: list[tuple[str, bool]] = []
    for piece, separator in _pieces(text):
        is_own = _relevance(piece, matcher) >= MIN_RELATED
        if clauses and not is_own and _relevance(clauses[-1][0] + separator + piece, matcher) >= MIN_CONFIDENCE:
            clauses[-1] = (clauses[-1][0] + separator + piece, clauses[-1][1])
        else:
            clauses.append((piece, bool(_SEQUENCE.search(separator))))
    return clauses


def _relevance(clause: str, matcher: Matcher) -> float:
    return next((match.score for match in matcher.best(clause)), 0.0)


def _pieces(text: str) -> list[tuple[str, str]]:
    """Return (piece, the separator before it), leaving quoted text whole."""
    shielded = _QUOTED.sub(lambda found: "\x00" * len(found[0]), text)
    pieces, start, separator = [], 0, ""
    for found in _SPLIT.finditer(shielded):
        pieces.append((text[start : found.start()], separator))
        start, separator = found.end(), text[found.start() : found.end()]
    pieces.append((text[start:], separator))
    return [(piece.strip(" .!?"), separator) for piece, separator in pieces if piece.strip(" .!?")]
