"""Clauses while they are read, and what the catalogue makes of them.

Called by `reading.py` and `pointing.py`, which read clauses in the light of each other; `decomposition.py` uses the
same measures to decide between a task, a question and a refusal.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from orchestration.intake.actions import GROUPS
from orchestration.intake.catalogue import Catalogue, Operation
from orchestration.intake.clauses import Tie
from orchestration.intake.laying import Match, doubted
from orchestration.intake.matching import OTHER_ACTION, Matcher
from orchestration.intake.parameters import read_value
from orchestration.intake.phrases import read_clause
from orchestration.intake.questions import MAX_CHOICES
from orchestration.intake.request import fold
from orchestration.intake.values import BadValue
from orchestration.policy import RISKS, Risk

MIN_CONFIDENCE: dict[Risk, float] = {"low": 0.5, "medium": 0.6, "high": 0.8, "critical": 0.8}
"""Below this a best guess is a question; the more harm it could do, the sooner."""
SURE = 0.60
"""From this on a clause is a thing of its own."""
MIN_RELATED = 0.25
"""Below this a clause has nothing to do with the catalogue."""
SAME = 0.08
"""Two operations closer than this cannot be told apart."""
MAX_JOINED = 400
"""Characters of a clause to which another is added only when it is a message."""
CERTAIN = 0.85
"""What a clause that somebody did not say in full must score to be taken for what was meant."""
_EXCHANGE = re.compile(
    r"\b(?:swap|replace|exchange|switch|migrate|trade)\s+(?:out\s+|over\s+|from\s+)*(?P<old>.+?)\s+"
    r"(?:(?:out|over)\s+)?(?:for|with|by|to)\s+(?P<new>.+?)(?:\s+please)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """One clause, as it was read."""

    about: str
    """The clause as it was typed."""
    text: str
    """The same with what was added to it; parameters are read from this."""
    tie: Tie
    is_new_sentence: bool
    separator: str = ""
    matches: tuple[Match, ...] = ()
    is_remark: bool = False
    is_kept: bool = False
    """Whether such a remark says what to leave alone."""
    is_heading: bool = False
    is_doubted: bool = False
    """Whether it may be no wish."""
    is_corrected: bool = False
    """Whether a part of it was said in place of another, which counts no more."""
    looks_forward: bool = False
    """Whether «after …» or «before …» is about the clause behind it, not the one before."""
    same_as: str = ""
    """For a condition such as «once it is up»: the earlier clause that it points to."""
    is_cut_out: bool = False
    """Whether a model cut it out of a clause that means nothing for sure; what stood around it may turn it round."""

    @property
    def best(self) -> Match | None:
        """The likeliest operation."""
        return self.matches[0] if self.matches else None

    @property
    def relevance(self) -> float:
        """The score of the likeliest operation."""
        return self.matches[0].score if self.matches else 0.0

    def doubted(self, text: str) -> "Said":
        """Return the clause, now with this text, as one that may be no wish."""
        matches = tuple(replace(match, score=doubted(match.score), literal=0) for match in self.matches)
        return replace(self, text=text, matches=matches, is_doubted=True)

    def again(self, matches: Sequence[Match]) -> "Said":
        """Return the clause with what it means now that its text has changed; a doubt stays."""
        one = replace(self, matches=tuple(matches))
        return one.doubted(one.text) if self.is_doubted else one


@dataclass
class Lookup:
    """Looks clauses of one request up, each text once."""

    catalogue: Catalogue
    matcher: Matcher
    answers: Mapping[str, str]
    """Operations by the clause that was asked about."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Names that only the workspace knows, folded, with what they are: `recipes` is a `volume`; `""` if two things."""
    _found: dict[str, tuple[Match, ...]] = field(default_factory=dict)

    def matches(self, text: str) -> tuple[Match, ...]:
        """Return what a text may mean."""
        if text not in self._found:
            found = tuple(self.matcher.best(text))
            if not related(found):
                found = self._exchanged(text) or (self._with_kind(text) if self.names else ()) or found
            self._found[text] = found
        return self._found[text]

    def _exchanged(self, text: str) -> tuple[Match, ...]:
        """Return both halves of «replace kuma with grafana»: to lay one down, to remove one. Neither is sure."""
        found = _EXCHANGE.search(text)
        halves = (f"install {found['new']}", f"remove {found['old']}") if found else ()
        matches = [near[0] for half in halves if (near := related(self.matcher.best(half))) and self.clarity(near)]
        return tuple(replace(match, score=OTHER_ACTION) for match in matches) if len(matches) == 2 else ()

    def _with_kind(self, text: str) -> tuple[Match, ...]:
        """Return what a text means when it is said what a name in it is: «delete recipes» as «… recipes volume»."""
        for name in text.split():
            if kind := self.names.get(fold(name.strip(".,!?"))):
                matches = tuple(self.matcher.best(text.replace(name, f"{name} {kind}", 1)))
                first = next((unit.action for unit in read_clause(text).units if unit.action), "")
                if related(matches) and first in GROUPS:
                    return matches
        return ()

    def certain(self, text: str) -> tuple[Match, ...]:
        """Return what a text means when that is certain, values and all; nothing when not."""
        matches = self.matches(text)
        if self.clarity(matches) < CERTAIN:
            return ()
        best = related(matches)[0]
        operation = self.catalogue.operation(best.operation)
        return matches if all(reads(operation, name, value) for name, value in best.captured.items()) else ()

    def clarity(self, matches: Sequence[Match]) -> float:
        """Return the score of the operation that is meant for sure; 0 when none is."""
        near = related(matches)
        return near[0].score if near and not rivals_among(near, self.catalogue) else 0.0

    def is_clear(self, one: Said) -> bool:
        """Whether a clause means one operation for sure."""
        return self.clarity(one.matches) > 0

    def operation(self, one: Said) -> Operation | None:
        """Return the operation that was chosen for a clause, or else the likeliest."""
        key = self.answers.get(one.about) or (one.best.operation if one.best else "")
        return self.catalogue.operations.get(key)


def related(matches: Sequence[Match]) -> list[Match]:
    """Return the operations that a clause may be about: those that know something of what it names."""
    return [match for match in matches if match.known and match.score >= MIN_RELATED]


def rivals_among(matches: Sequence[Match], catalogue: Catalogue) -> list[Match]:
    """Return the operations that cannot be told apart or are not sure; none when the best one is clear.

    Of those that cannot be told apart, what could do the least harm comes first.
    """

    def risk(match: Match) -> Risk:
        return catalogue.operation(match.operation).risk

    close = [match for match in matches if matches[0].score - match.score < SAME]
    if len(close) == 1 and matches[0].is_guess and risk(matches[0]) != "low":
        return close
    if len(close) == 1 and matches[0].score >= MIN_CONFIDENCE[risk(matches[0])]:
        return []
    others = [match for match in matches[len(close) :] if match.score >= MIN_RELATED and len(close) == 1]
    return [*sorted(close, key=lambda match: RISKS.index(risk(match))), *others][:MAX_CHOICES]


def reads(operation: Operation, name: str, text: str) -> bool:
    """Whether a parameter takes a text; a name that only the workspace knows must be one word."""
    parameter = operation.parameters[name]
    if parameter.one_of is not None:
        return len(text.split()) == 1
    try:
        read_value(parameter, text)
    except BadValue:
        return False
    return True
