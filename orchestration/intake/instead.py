"""What people say in place of what they said before: «restart grafana… sorry, I meant kuma», «on 3001, no wait, 3005».

Called by `reading.py` for each piece, before it is read as anything else.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from orchestration.intake.belonging import Belonging
from orchestration.intake.clauses import Piece
from orchestration.intake.parameters import find_number, find_said
from orchestration.intake.phrases import read_clause
from orchestration.intake.said import Lookup, Said, reads
from orchestration.intake.words import VAGUE, words, words_in
from orchestration.policy import RISKS

_ALONE = r"(?=\s*(?:[,.:;]|$|(?:no|wait|sorry|actually|i\s+mean|rather|make)\b))"
_SURE = rf"no{_ALONE}|nope|no\s+wait|correction|i\s+meant?(?:\s+to\s+(?:say|write|type))?|scratch\s+that"
_MEANT = re.compile(
    rf"(?:(?:{_SURE}|but|oh|ah|hm+|er+m?|uh+|um+|ok|oops|wait|actually|sorry|or\s+rather|rather|make\s+(?:that|it)|(?:the\s+)?wrong\s+(?:one|name)|typo|my\s+(?:bad|mistake))\b[\s,:]*)+",
    re.IGNORECASE,
)
_MEANT_BEFORE = re.compile(r"(?<![\s,])[\s,]++(?:is\s+what\s+)?i\s+meant?$", re.IGNORECASE)
_SURELY = re.compile(rf"\b(?:{_SURE})\b", re.IGNORECASE)
_AS_WELL = frozenset("too also and well".split())  # noqa: SIM905
MAX_WORDS = 3
"""Words that carry meaning in what is said in place of a value."""


class Found(NamedTuple):
    """What pieces say in place of something."""

    clause: Said
    """The clause as it was meant; doubted where that has to be asked."""
    pieces: int
    """How many say it."""


class Instead:
    """Finds what is said in place of something, for one request."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._parts = Belonging(lookup)

    def found(self, pieces: Sequence[Piece], before: Said) -> Found | None:
        """Return what the first of these pieces, with those behind, say in place of a part of the clause before."""
        count, said, is_sure = _said_instead(pieces)
        if not words(said) or not self._lookup.is_clear(before) or len(words(said)) > MAX_WORDS:
            return None
        if is_sure and self._is_the_same(before, said):
            return Found(before, count)
        if _AS_WELL & {*words_in(said)} or not (
            meant := self._value(before, said) or self._name(before, said, is_sure)
        ):
            return None
        about = before.about + "".join(piece.separator + piece.text for piece in pieces[:count])
        is_asked = max(map(self._risk, (before, meant))) > RISKS.index("medium") or not self._lookup.is_clear(meant)
        meant = replace(meant, about=about, is_corrected=True)
        return Found(meant.doubted(meant.text) if is_asked else meant, count)

    def _is_the_same(self, before: Said, said: str) -> bool:
        """Whether what is said in place of a wish only says it in other words: «I mean uninstall the whole thing»."""
        units = [unit for unit in read_clause(said).units if not unit.is_silent]
        done = self._lookup.matcher.index.entries[before.best.operation].main_actions if before.best else set()
        actions = [unit.action for unit in units if unit.action]
        named = {raw for unit in units if not unit.action for raw in unit.raws}
        return bool(actions) and done.issuperset(actions) and VAGUE | {*words_in(before.text)} >= named

    def _value(self, before: Said, said: str) -> Said | None:
        """Return the clause with another value for one of its parameters: «3005» for «3001»."""
        operation = self._lookup.operation(before)
        for name, parameter in operation.parameters.items() if operation else ():
            old, new = (
                find_said(name, parameter, text) or find_number(parameter, text) for text in (before.text, said)
            )
            if operation and old and new and reads(operation, name, new[0]):
                text = before.text.replace(old[0], new[0])
                return replace(before, text=text, matches=self._lookup.matches(text))
        return None

    def _name(self, before: Said, said: str, is_sure: bool) -> Said | None:
        """Return the clause about another thing: «grafana» for «kuma». What nobody knows must surely be meant."""
        if not (is_sure or any(map(self._lookup.matcher.index.names, words_in(said)))):
            return None
        more = self._parts.more_of(Said(said, said, "", False, matches=self._lookup.matches(said)), before)
        if not more:
            return None
        meant = replace(before, text=more.text, matches=more.matches)
        kept = [word for word in words_in(before.text) if word.isdigit()]
        return meant if {*kept} <= {*words_in(meant.text)} else meant.doubted(meant.text)

    def _risk(self, one: Said) -> int:
        operation = self._lookup.operation(one)
        return RISKS.index(operation.risk) if operation else 0


def _said_instead(pieces: Sequence[Piece]) -> tuple[int, str, bool]:
    """Return how many pieces say something in place of another, what they say, and whether they surely do."""
    is_sure = False
    for count, piece in enumerate(pieces):
        if count and (piece.is_new_sentence or piece.tie):
            break
        found = _MEANT.match(piece.text)
        is_sure = is_sure or bool(found and _SURELY.search(found[0]))
        rest = piece.text[found.end() :] if found else piece.text
        if (behind := _MEANT_BEFORE.search(rest)) and rest[: behind.start()]:
            rest, is_sure, found = rest[: behind.start()], True, behind
        if rest and (found or count):
            return count + 1, rest, is_sure
        if not found:
            break
    return 0, "", False
