"""What stands beside a wish for an operation that is only described: «…, its sides are 5 units, 4 units and 3 units».

Without phrases, nothing tells which words of a request are values, so that a piece of a sentence may look like a thing
of its own that nobody can do. A piece that wishes for nothing goes with the wish beside it; when no piece means
anything by itself, the request is looked up as a whole. Called by `reading.py` when every piece has been read.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from orchestration.intake.described import Description, Wording
from orchestration.intake.phrases import Clause, read_clause
from orchestration.intake.remarks import WISH
from orchestration.intake.said import MAX_JOINED, Lookup, Said, related

MOSTLY = 0.5
"""How much of a piece an operation must know for it to be about that operation."""
_ASKING = frozenset(
    """find get give provide show tell list search look calculate compute determine convert create generate fetch
    retrieve check help explain recommend suggest return estimate analyze analyse identify""".split()  # noqa: SIM905
)
"""Verbs that ask for something where they begin a piece."""
_ALWAYS_ASKING = frozenset(("what", "how", "why", "when", "whats", "hows"))
"""Words that begin a question; others stand within a sentence as well: «…, which is …», «… and has two rooms»."""
_REQUIRES = re.compile(
    r"(?:it|this|that|they|the\s+\w+)\s+(?:should|must|needs?\s+to|has\s+to|have\s+to|can|will)\b", re.I
)
"""What says how the thing wished for should be."""
_INTEREST = re.compile(
    r"(?:i|we)(?:['’](?:m|re)|\s+(?:am|are))\s+(?:also\s+|really\s+)?(?:interested|curious|looking|searching|wondering|"
    r"in\s+the\s+mood|in\s+need)\b",
    re.IGNORECASE,
)
"""What speaks of a wish as of a state: «I'm interested in …»."""


def gathered(said: Sequence[Said], lookup: Lookup) -> list[Said]:
    """Return the clauses, with what only tells about a described operation made part of the wish for it."""
    if all(_description(one, lookup) is None for one in said):
        return list(said)
    result: list[Said] = []
    for one in (_as_wish(one, lookup) for one in said):
        place = next((n for n in range(len(result) - 1, -1, -1) if not result[n].is_remark), None)
        before = result[place] if place is not None else None
        if place is not None and before and (_tells_of(one, before, lookup) or _tells_of(before, one, lookup)):
            result[place] = _joined(before, one, lookup)
        else:
            result.append(one)
    return result if any(related(one.matches) for one in result if not one.is_remark) else _whole(said, lookup)


def _as_wish(one: Said, lookup: Lookup) -> Said:
    """Return a remark that means a described operation for sure as a wish, so that it is not lost: for certain when it
    speaks of interest, else to be asked about."""
    if not one.is_remark or _description(one, lookup) is None or not lookup.is_clear(one):
        return one
    wish = replace(one, is_remark=False)
    return wish if _INTEREST.match(one.text) else wish.doubted(wish.text)


def _description(one: Said, lookup: Lookup) -> Description | None:
    """Return what is known of the likeliest operation, if that is only a name and a description."""
    return lookup.matcher.index.entries[one.best.operation].description if one.best else None


def _tells_of(one: Said, wish: Said, lookup: Lookup) -> bool:
    """Whether a piece only tells about the wish beside it, for a described operation."""
    description = _description(wish, lookup)
    if description is None or wish.is_remark or one.about in lookup.answers:
        return False
    near, meant = related(one.matches), related(wish.matches)
    if not meant or (near and all(match.operation != meant[0].operation for match in near)):
        return False
    clause = read_clause(one.text)
    if one.is_remark:
        return not clause.is_turned_round
    if near and not one.tie and not lookup.is_clear(one):
        return one.matches[0].operation == meant[0].operation
    return not _wishes(one, clause) or _is_detail(one, clause, wish, description)


def _is_detail(one: Said, clause: Clause, wish: Said, description: Description) -> bool:
    """Whether a piece that asks for something asks for nothing else than the wish: «can you limit it to 10?»."""
    is_other = one.best is not None and one.best.operation != wish.matches[0].operation
    return not (related(one.matches) or one.tie or is_other) and Wording(clause).known(description) >= MOSTLY


def _wishes(one: Said, clause: Clause) -> bool:
    """Whether a piece asks for something, be it for what nobody can do: «order a pizza», «what is …»."""
    first = next((unit for unit in clause.units if unit.raws and (not unit.is_silent or unit.is_article)), None)
    if first is not None and (first.raws[0] in _ASKING or first.action not in ("", "state")):
        return not first.raws[0].endswith(("ing", "ed"))
    if clause.is_question:
        return one.is_new_sentence or clause.raws[0] in _ALWAYS_ASKING
    return bool(WISH.search(clause.text)) and not _REQUIRES.match(clause.text)


def _joined(first: Said, second: Said, lookup: Lookup) -> Said:
    """Return two clauses as one, which means what the clearer one does."""
    text, about = first.text + second.separator + second.text, first.about + second.separator + second.about
    clearer = max(first, second, key=lambda one: (lookup.clarity(one.matches), one.relevance))
    return replace(first, text=text, about=about, matches=clearer.matches)


def _whole(said: Sequence[Said], lookup: Lookup) -> list[Said]:
    """Return all clauses as one, when together they mean what none of them does alone."""
    text = said[0].text + "".join(one.separator + one.text for one in said[1:])
    if len(said) < 2 or len(text) > MAX_JOINED or not related(matches := lookup.matches(text)):
        return list(said)
    return [replace(said[0], text=text, about=text, matches=matches, is_remark=False)]
