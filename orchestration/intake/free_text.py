"""What a text that may be anything is, of the words in which somebody said it: «the message 'out of disk'».

Called by `planning/finding.py` and by who needs to know whether such a text was said at all.
"""

import re

from orchestration.intake.catalogue import Operation
from orchestration.intake.entries import is_free
from orchestration.intake.parameters import unquoted
from orchestration.intake.phrases import COURTESY_AT_END
from orchestration.intake.request import fold
from orchestration.intake.templates import SLOT
from orchestration.intake.words import SILENT

_ARTICLE = r"(?:the|this|following|an?)\s++"
_SAYING = (
    r"(?:(?:\s++back)?+(?:\s++to\s++(?:me|us))?+\s*+:|\s++(?:saying|that\s++(?:says|reads)|reading|that\s++goes)\b:?)"
)
_GOES_ON = r"(?!(?:is|are|was|were|has|have|will|of|from|to|for|that|in|on|at|with|about|and)\b)"
"""What shows that the word before it is of the text itself: «the message is lost»."""
_NOTHING = r"(?:it|this|that|them|something|anything|stuff)"
_AT_END = r"(?:\s++(?:for\s++(?:me|us)|to\s++(?:me|us)|back|please|here|now))*+"
_POINTING = re.compile(rf"{_NOTHING}{_AT_END}", re.IGNORECASE)


def points(text: str) -> bool:
    """Whether a text only points to something, or leaves open what: «it», «something for me»."""
    return bool(_POINTING.fullmatch(text.strip()))


def without_name(name: str, text: str) -> str:
    """Return a text without the words that only say what it is; nothing when there is nothing else: «a message»."""
    heads = _heads(name)
    if points(text) or re.fullmatch(rf"(?:{_ARTICLE}|some\s++|any\s++)?+(?:{heads}){_AT_END}", text, re.IGNORECASE):
        return ""
    named = (
        rf"(?:{_ARTICLE})+(?:{heads})(?:{_SAYING}\s++|\s++{_GOES_ON})"
        rf"|(?:{heads})(?:{_SAYING}\s++|\s++(?=[\"']))|(?:this|the\s++following)\s*+:\s++"
    )
    found = re.match(named, text, re.IGNORECASE)
    return unquoted(text[found.end() :]) if found else text


def find_rest(name: str, operation: Operation, clause: str) -> tuple[str, str] | None:
    """Return (text, the words it was read from) behind «with the message …», of a text that ends a phrase."""
    free = [other for other, parameter in operation.parameters.items() if is_free(parameter)]
    if free != [name] or not any(say.endswith(f"{{{name}}}") for say in operation.says):
        return None
    named = rf"\bwith\s++(?:{_ARTICLE})*+(?:{_heads(name)})(?:{_SAYING})?+\s++(?P<text>\S.*)$"
    found = re.search(named, clause.strip(" .!?"), re.IGNORECASE)
    return (unquoted(COURTESY_AT_END.sub("", found["text"])), found[0]) if found else None


def announces_text(name: str, clause: str) -> bool:
    """Whether a clause ends in what a text is called, so that the text is to follow: «… with this message»."""
    return bool(re.search(rf"\bwith\s++(?:{_ARTICLE})*+(?:{_heads(name)})$", clause, re.IGNORECASE))


def is_bounded(name: str, operation: Operation) -> bool:
    """Whether a text ends where the owner's own phrases go on with another value: «alternatives to {x} for {y}»."""
    return any(name in SLOT.findall(say)[:-1] for say in operation.says)


def _heads(name: str) -> str:
    """Return an expression for what a parameter is called: in full, or by its last word."""
    words = name.split("_")
    heads = {fold(" ".join(words)), fold(words[-1])} - SILENT
    return "|".join(re.escape(head) for head in sorted(heads, key=lambda head: -len(head)))
