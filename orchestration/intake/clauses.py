"""Take a request apart into clauses, each with how it is tied to the others: *then*, *but first*, *after …*.

Called by `decomposition.py`, which joins again what was no thing of its own. Nothing here knows the catalogue.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from orchestration.intake.numerals import LONG_SPELT, SPELT
from orchestration.intake.phrases import QUOTED

Tie = Literal["", "then", "first", "after", "before", "if"]
"""How a clause is tied: *then* waits for what was said before it; *first* goes before that; *after X* and *before X*
say what the clause beside X waits for, or has to wait for it; *if X* holds for the clause beside X."""

_SETTLED = (
    r"(?:that|this|it|they|those|these|all|everything)"
    r"(?:(?:['’](?:s|re)|\s++(?:is|are|has|have|was|were))\s++(?:all\s++)?+(?:been\s++)?+"
    r"(?:done|finished|completed?|over|through|settled|successful|gone\s++(?:well|fine|through))|"
    r"\s++(?:works?|worked|succeeds?|succeeded|pass(?:es|ed)?|finish(?:es|ed)|completes?|completed|"
    r"(?:goes|went)\s++(?:well|fine|ok|okay|through)))"
)
"""What says that the thing before was done, without naming it: «that worked», «it's finished»."""
_THEN_WITHIN = (
    rf"(?:once|when|after|as\s++soon\s++as)\s++{_SETTLED}|(?:with\s++)?+that\s++done|"
    r"(?:once|when|as\s++soon\s++as)\s++(?:(?:you|we)(?:['’]re|\s++are)\s++)?+(?:done|finished)"
    r"(?:\s++with\s++(?:that|this|it))?+(?!\s++(?:\w+ing|with)\b)|"
    r"after\s++(?:that|this|which|it|them)(?!['’]|\s++(?:is|are|has|have|was|were|gets?|got|comes?|came|runs?|ran)\b)|"
    r"and\s++then|then|afterwards?|(?<!\bi\s)(?<!\bwe\s)finally|lastly|subsequently|followed\s++by|at\s++the\s++end"
)
_THEN = rf"{_THEN_WITHIN}|next(?!\s++(?:time|week|month|year|weekend|\w++day)\b)"
_BEFORE_ALL = (
    r"before\s++(?:that|this|(?:(?:you|we|i)\s++(?:\w++\s++){1,2}?|\w+ing\s++)?"
    r"(?:anything|any\s++of\s++(?:that|this|it))(?:\s++else)?+)"
)
_FIRST = rf"{_BEFORE_ALL}|beforehand|first\s++of\s++all|firstly|first\s++thing|first"
_REASON_NEXT = r"\s++(?:so|because|cos|please|pls)\b"
_AFTER = (
    r"(?:but\s++)?+(?:not\s++(?:before|until|till)|only\s++(?:after|once|when))|"
    rf"(?:right\s++|directly\s++|immediately\s++)?+after(?!{_REASON_NEXT})|once(?!\s*+[,.;:)])|as\s++soon\s++as|when(?!\s++(?:can|could|will|would|do|does|did|should|shall|may|might|is|are|was|were)\s++(?:i|we|you|they|it|one)\b)"
)
_BEFORE = r"(?:right\s++)?+before|prior\s++to"
_IF = r"(?:only\s++)?+if|unless|in\s++case|provided|assuming|suppose|supposing|whether|should(?!\s++(?:i|we)\b)"
_IF_SETTLED = re.compile(rf"(?:only\s++)?+if\s++{_SETTLED}(?![\w'’])[\s,:]*+(?:then\s++)?+", re.IGNORECASE)
_AND = (
    r"(?:and\s++)?+while\s++(?:you|we)(?:['’]?re|\s++are)\s++(?:at|on)\s++it|"
    r"and|&|\+|but|plus|also|as\s++well\s++as|so(?!\s++that\b)"
)
_TIES: tuple[tuple[Tie, str], ...] = (
    ("then", _THEN), ("first", _FIRST), ("after", _AFTER), ("before", _BEFORE), ("", _AND),
)  # fmt: skip
_ANY = "|".join(f"(?:{pattern})" for _, pattern in _TIES)
_LINK = rf"(?:{_ANY})(?![\w'’])[\s,:]*+"
_AFTER_SPACE = "|".join(
    (_AFTER, _BEFORE, _THEN_WITHIN, _BEFORE_ALL,
     r"(?:and|&|\+|(?<!\bnothing\s)(?<!\banything\s)but|plus|as\s++well\s++as)",
     r"without(?=\s++\w+ing\b)", r"no\s++wait|(?:sorry\s++)?+i\s++meant?(?=\s++\w)|scratch\s++that",
     r"as\s++(?:i|we)\s++(?:am|are|have|can['’]?t|cannot|don['’]?t)",
     r"(?<!\bam\s)(?<!['’]m\s)(?<!\bis\s)(?<!\bare\s)(?<!\bnot\s)"
     r"so(?!\s++(?:that|kind|nice|good|far|much|many|as|to|i|we|it|they|he|she|people)\b)",
     r"because|cos|since|so\s++(?:that|i|we|they|it|he|she)\b|in\s++order\s++to", rf"(?:only\s++)?+if\s++{_SETTLED}")
)  # fmt: skip
# Possessive, and begun only where a run of spaces begins, so that no text takes longer than its length allows.
_SPLIT = re.compile(
    rf"(?:\s?+[,;:(](?=\s)\s*+|\s\(|\)\s*+|;\s*+|[.!?…]++\s++|(?<!\s)[^\S\n]*+\n\s*+|\s[-–—]+\s|(?<!\s)\s++(?=(?:{_AFTER_SPACE})(?![\w'’])))"
    rf"(?:{_LINK})*+",
    re.IGNORECASE,
)
_TYING = re.compile(rf"(?<![\w'’])(?:{_ANY})(?![\w'’])", re.IGNORECASE)
_LEADING = re.compile(rf"\s*+(?:(?:please|so|ok|hey|hi)\b[\s,]*+)?+(?:{_LINK})++", re.IGNORECASE)
_CONDITION = re.compile(rf"(?:{_IF})\b", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:(?<=\s)|^)(?P<number>[1-9])[.)]\s++")
"""The number of an item in a list of steps: «1. back up photos 2. deploy kuma»."""
_ORDERED = re.compile(
    r"(?:exactly\s++)?+in\s++(?:exactly\s++)?+(?:that|this|the\s++(?:given|same))\s++(?:exact\s++)?+(?:order|sequence)|"
    r"one\s++(?:after|by)\s++(?:the\s++other|another|one)",
    re.IGNORECASE,
)
"""What says that things are to be done in the order they were said."""
_DANGLING: dict[Tie, Tie] = {"before": "first", "after": "then"}
"""What a tie means that stands behind its clause: «back up photos before»."""
_DOER = re.compile(
    r"(?:you|we)(?P<has>['’](?:ve|re)|\s++(?:have|are|had|get|got))?+\s++"
    r"(?:(?:all|both|just|first|finally|successfully|managed\s++to)\s++)*+"
    r"(?:(?:done|finish|finished|through|complete|completed)\s++(?:with\s++)?+)?+",
    re.IGNORECASE,
)
"""Who is to do what another waits for: «once *you have finished* backing up photos». What somebody else does is not
begun with this."""
_ENDS_SENTENCE = re.compile(r"[.!?;\n]")
_TRAILING = re.compile(
    rf"(?<!\bthe)(?<!\bonly)[\s,]++(?:(?P<first>first|beforehand|{_BEFORE_ALL}|before(?:\s++that)?+)|(?P<then>afterwards|after(?:\s++that)?+|at\s++the\s++end|last))$",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"(?<![\w'’])(?:if\s++(?:you|u)\s++(?:can|could|would|please|like|want|don['’]?t\s++mind|have\s++time|get\s++(?:a\s++)?+chance)|"
    r"if\s++possible|if\s++it(?:['’]s|\s++is)\s++(?:not\s++too\s++much\s++trouble|possible)|"
    r"when(?:ever)?+\s++(?:you|u)\s++(?:can|like|have\s++(?:a\s++)?+(?:minute|moment|sec|second|time)|get\s++(?:a\s++)?+chance)|"
    r"at\s++your\s++(?:earliest\s++)?+(?:convenience|leisure)|just\s++in\s++case|to\s++be\s++(?:safe|sure)|"
    r"or\s++(?:is\s++it\s++just\s++me|what|something))(?=\s*+(?:[,.;!?]|$|please))|"
    r"(?<![\w'’])(?:is\s++possible|would\s++it\s++be\s++possible\s++(?:for\s++you\s++)?+to)\b(?=\s++\w)|"
    r"(?<![\w'’])(?:(?:i|we)(?:['’]d|\s++would)\s++(?:really\s++)?+appreciate\s++it|(?:it(?:['’]d|\s++would)|would)\s++be\s++"
    r"(?:great|nice|good|cool|lovely|awesome|kind|fantastic|helpful|amazing|super|perfect|wonderful|appreciated)|"
    r"(?:i|we)\s++(?:was|were|am|are)\s++wondering)\s++if\s++(?:you|u|we)\s++(?:could|would|can)\b|^@[\w.-]++[,:]?+|"
    r"^(?:(?:dear|hi|hello|hey|good\s++\w++)\s++)(?:team|all|folks|everyone|everybody|sayso|bot|there|guys|friends?|colleagues)\s*+[,!.]|"
    r"^dear\s++\w++(?:\s++\w++)?+\s*+[,!]|"
    r"(?<![\w'’])(?:(?:(?:best|kind|warm|many)\s++)(?:regards|wishes|thanks)|regards|sincerely|cheers)(?:\s*+[,!\n]\s*+\w++)?+[\s.!]*+$",
    re.IGNORECASE,
)
"""Words of condition that are mere courtesy: «if you can», «just in case», «or is it just me»."""
_TOGETHER = re.compile(
    r"\b(?:up\s++and\s++running|off\s++and\s++(?:back\s++)?+on|down\s++and\s++up|"
    r"one\s++after\s++(?:the\s++other|another))\b",
    re.IGNORECASE,
)
"""Words with an «and» between that are one."""
_SHORT_FORM = re.compile(r"\([A-Z][A-Z0-9]{1,6}s?\)")
"""What a thing is called in short, «(CAGR)»: no clause."""
_SPELT = re.compile(LONG_SPELT, re.IGNORECASE)
_AMOUNT = re.compile(rf"[0-9]|{SPELT}", re.IGNORECASE)
_KINDS = re.compile(
    r"(?<![\w'’])(?:" + "|".join(f"(?P<{tie}>{pattern})" for tie, pattern in _TIES[:4]) + r")(?![\w'’])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a request between two separators."""

    text: str
    separator: str
    """What stands before it."""
    tie: Tie
    is_new_sentence: bool
    is_heading: bool = False
    """Whether a colon follows it."""
    is_settled: bool = False
    """Whether it only holds if what was to be done before it was done: «if that worked»."""


def pieces_of(text: str, whole: re.Pattern[str] | None = None) -> list[Piece]:
    """Return the parts of a text, leaving whole what is quoted and what `whole` finds."""
    text = _with_steps(text)
    shielded = _TOGETHER.sub(_shield, _SHORT_FORM.sub(_shield, QUOTED.sub(_shield, text)))
    shielded = _SPELT.sub(_shield, shielded)
    for polite in _POLITE.finditer(shielded):
        text, shielded = (_blanked(one, *polite.span()) for one in (text, shielded))
    if whole is not None:
        shielded = whole.sub(_shield, shielded)
    start, separator = 0, ""
    if leading := _LEADING.match(shielded):
        start, separator = leading.end(), leading[0]
    pieces: list[Piece] = []
    for found in _SPLIT.finditer(shielded, start):
        _add(pieces, (text, shielded), (start, found.start()), separator)
        if pieces and ":" in found[0]:
            pieces[-1] = replace(pieces[-1], is_heading=True)
        start = found.end()
        separator = (separator if not pieces else "") + text[found.start() : start]
    _add(pieces, (text, shielded), (start, len(text)), separator)
    return _in_order(_without_settled(_with_values(pieces)))


def _with_steps(text: str) -> str:
    """Return a text with «1. … 2. …» in words: each step is to follow the one before."""
    numbers = list(_NUMBERED.finditer(QUOTED.sub(_shield, text)))
    if len(numbers) < 2 or [int(one["number"]) for one in numbers] != list(range(1, len(numbers) + 1)):
        return text
    ends = [*(one.start() for one in numbers[1:]), len(text)]
    steps = (text[one.end() : end].strip(" \n.,;") for one, end in zip(numbers, ends, strict=True))
    return text[: numbers[0].start()] + "; then ".join(steps)


def _with_values(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with «port: 3005» as one."""
    result: list[Piece] = []
    for piece in pieces:
        last = result[-1] if len(result) > 1 else None
        if last and last.is_heading and _AMOUNT.match(piece.text) and len(last.text.split()) < 3:
            result[-1] = replace(last, text=last.text + piece.separator + piece.text, is_heading=piece.is_heading)
        else:
            result.append(piece)
    return result


def _without_settled(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with «if that worked» as the tie of what it holds for, where something was to be done before.

    What did not work stops what waits for it, so that this is *then*, and no condition.
    """
    result: list[Piece] = []
    settled: Piece | None = None
    for piece in pieces:
        if settled:
            is_new = settled.is_new_sentence
            piece = replace(piece, tie=piece.tie or "then", is_new_sentence=is_new, is_settled=True)
            settled = None
        found = _IF_SETTLED.match(piece.text) if result and piece.tie == "if" else None
        if found and not piece.text[found.end() :]:
            settled = piece
        else:
            rest = piece.text[found.end() :] if found else ""
            result.append(replace(piece, text=rest, tie="then", is_settled=True) if found else piece)
    if settled and len(result) > 1 and not (settled.is_new_sentence or result[-1].is_new_sentence):
        result[-1] = replace(result[-1], tie=result[-1].tie or "then", is_settled=True)
    elif settled:
        result.append(settled)
    return result


def _in_order(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces of a sentence that ends in «in that order» each to follow the one before."""
    result: list[Piece] = []
    for piece in pieces:
        if not result or not _ORDERED.fullmatch(piece.text):
            result.append(piece)
            continue
        first = max(place for place, one in enumerate(result) if one.is_new_sentence)
        result[first + 1 :] = [replace(one, tie=one.tie or "then") for one in result[first + 1 :]]
    return result


def is_tying(words: str) -> bool:
    """Whether there is a word in some words that would tie two clauses."""
    return bool(_TYING.search(words))


def _blanked(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _shield(found: re.Match[str]) -> str:
    return "\x00" * len(found[0])


def _add(pieces: list[Piece], texts: tuple[str, str], span: tuple[int, int], separator: str) -> None:
    """Add the piece at a span of (text, shielded text); words at its end may give it its tie."""
    text, shielded = (one[slice(*span)] for one in texts)
    tie = _tie(separator)
    if not text.strip(" .!?"):
        if pieces and tie and not pieces[-1].tie:
            pieces[-1] = replace(pieces[-1], tie=_DANGLING.get(tie, tie))
        return
    if (found := _TRAILING.search(shielded.rstrip(" .!?"))) and not tie:
        text, tie = text[: found.start()], "first" if found["first"] else "then"
    if _CONDITION.match(text.lstrip()):
        tie = "if"
    if tie in ("after", "before") and (found := _DOER.match(text)) and text[found.end() :].strip(" .!?"):
        text = f"{'have ' if found['has'] else ''}{text[found.end() :]}"
    is_new = not pieces or bool(_ENDS_SENTENCE.search(separator))
    pieces.append(Piece(text.strip(" .!?"), separator, tie, is_new))


def _tie(separator: str) -> Tie:
    kinds = [found.lastgroup for found in _KINDS.finditer(separator)]
    for tie in ("before", "after", "then", "first"):
        if tie in kinds:
            return tie
    return ""
