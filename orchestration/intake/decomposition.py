"""Read a request: which things are wanted, in which order, or what has to be asked back. Rules only, no model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestration.intake.catalogue import Catalogue
from orchestration.intake.matching import QUOTED, Match, Matcher, words
from orchestration.policy import RISKS, Risk

MIN_CONFIDENCE: dict[Risk, float] = {"low": 0.5, "medium": 0.6, "high": 0.8, "critical": 0.8}
"""Below this a best guess is a question; the more harm it could do, the sooner."""
SURE = 0.60
"""From this on a clause is a thing of its own."""
MIN_RELATED = 0.30
"""Below this a clause has nothing to do with the catalogue."""
SAME = 0.08
"""Two operations closer than this cannot be told apart."""
MAX_SUBTASKS = 10
MAX_CHOICES = 5
MAX_PIECES = 100
"""Beyond this nobody means each comma; they are not even looked at."""

# Possessive, and begun only where a run of spaces begins, so that no text takes longer than its length allows.
_LINK = r"(?:and|&|then|after\s++that|afterwards|finally)[\s,]++"
_SPLIT = re.compile(
    rf"(?:[,;]\s*+|[.!?]\s++|(?<!\s)[^\S\n]*+\n\s*+|(?<!\s)\s++(?={_LINK}))(?:{_LINK})*+", re.IGNORECASE
)
_SEQUENCE = re.compile(r"\b(?:then|after\s+that|afterwards|finally)\b", re.IGNORECASE)


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
    pieces = _pieces(text)
    if len(pieces) > MAX_PIECES:
        return Decomposition(questions=(_too_many(len(pieces), text),))
    clauses = _clauses(pieces, matcher)
    found = _Found()
    for number, (clause, in_sequence) in enumerate(clauses, start=1):
        matches = matcher.best(clause)
        if not matches or matches[0].score < MIN_RELATED:
            found.out_of_scope.append(clause)
            found.nearest += _choices(matches, catalogue)
        elif rivals := _rivals(matches, catalogue):
            found.questions.append(Question(f"What do you mean by «{clause}»?", clause, _choices(rivals, catalogue)))
        else:
            depends_on = (number - 1,) if in_sequence and number > 1 else ()
            best = matches[0]
            found.subtasks.append(Subtask(number, best.operation, best.score, clause, best.captured, depends_on))
    if len(clauses) > MAX_SUBTASKS:
        found.questions.append(_too_many(len(clauses), text))
    if not clauses:
        found.out_of_scope.append(text)
    nearest = tuple(dict.fromkeys(found.nearest))[:MAX_CHOICES]
    return Decomposition(tuple(found.subtasks), tuple(found.questions), tuple(found.out_of_scope), nearest)


@dataclass(slots=True)
class _Found:
    subtasks: list[Subtask] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    out_of_scope: list[str] = field(default_factory=list)
    nearest: list[Choice] = field(default_factory=list)


def _too_many(count: int, text: str) -> Question:
    return Question(f"That is {count} things at once; the limit is {MAX_SUBTASKS}. Which come first?", text)


def _rivals(matches: Sequence[Match], catalogue: Catalogue) -> list[Match]:
    """Return the operations that cannot be told apart or are not sure; none when the best one is clear.

    Of those that cannot be told apart, what could do the least harm comes first.
    """

    def risk(match: Match) -> Risk:
        return catalogue.operation(match.operation).risk

    close = [match for match in matches if matches[0].score - match.score < SAME]
    if len(close) == 1 and matches[0].score >= MIN_CONFIDENCE[risk(matches[0])]:
        return []
    others = [match for match in matches[len(close) :] if match.score >= MIN_RELATED and len(close) == 1]
    return [*sorted(close, key=lambda match: RISKS.index(risk(match))), *others][:MAX_CHOICES]


def _choices(matches: Sequence[Match], catalogue: Catalogue) -> tuple[Choice, ...]:
    return tuple(Choice(catalogue.operation(match.operation).title, match.operation) for match in matches[:MAX_CHOICES])


def _clauses(pieces: Sequence[tuple[str, str]], matcher: Matcher) -> list[tuple[str, bool]]:
    """Return (clause, whether it comes after the one before), joining again what was not a thing of its own.

    «echo salt and pepper» is one clause: «pepper» means nothing alone, and something as the end of a message. In
    «deploy kuma and make coffee» it explains nothing, so it stays a clause that nobody can do.
    """
    clauses: list[tuple[str, bool]] = []
    before = 0.0
    for piece, separator in pieces:
        alone = _relevance(piece, matcher)
        joined = clauses[-1][0] + separator + piece if clauses and alone < SURE else ""
        if joined and (together := _relevance(joined, matcher)) >= max(before, SURE):
            clauses[-1], before = (joined, clauses[-1][1]), together
        elif alone or words(piece):
            clauses.append((piece, bool(_SEQUENCE.search(separator))))
            before = alone
    return clauses


def _relevance(clause: str, matcher: Matcher) -> float:
    return next((match.score for match in matcher.best(clause)), 0.0)


def _pieces(text: str) -> list[tuple[str, str]]:
    """Return (piece, the separator before it), leaving quoted text whole."""
    shielded = QUOTED.sub(lambda found: "\x00" * len(found[0]), text)
    pieces, start, separator = [], 0, ""
    for found in _SPLIT.finditer(shielded):
        pieces.append((text[start : found.start()], separator))
        start, separator = found.end(), text[found.start() : found.end()]
    pieces.append((text[start:], separator))
    return [(piece.strip(" .!?"), separator) for piece, separator in pieces if piece.strip(" .!?")]
