"""A clause as tokens: quotes, numbers with their units, dates, codes, words, and what ends a sentence.

Called by `mentions.py`, which makes values of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.intake.formats import FORMATS
from orchestration.intake.numerals import LONG_SPELT
from orchestration.intake.values import NUMBER

_UNIT = r"(?:\s?[A-Za-z]{1,4}(?:[/^·*][A-Za-z0-9]{1,3}){1,3}|[°µ]?[A-Za-z]{1,3}[²³]?|°[CFK]|\s?%)?"
_WORD = (
    r"[^\W\d_][\w'’-]*(?:[#+]{1,2}(?!\w))?(?:\.[A-Za-z](?![a-z]))*"
    r"(?-i:(?:(?<=\b[A-Z])|(?<=\.[A-Z])|(?<=\b(?:Mr|Dr|St))|(?<=\b(?:Inc|Mrs)))\.(?=\s+\S))?"
)
_TOKEN = re.compile(
    r"(?P<quote>\"[^\"]*+\"|“[^”]*+”|«[^»]*+»|`[^`]*+`|(?<!\w)'[^'\n]++'(?!\w))"
    r"|(?P<list>\[[^\[\]]*+\])"
    r"|(?P<url>(?:https?://|www\.)[^\s\"'<>,;]+)"
    r"|(?P<email>(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+)"
    rf"|(?P<date>{FORMATS['date'].found.pattern})"
    rf"|(?P<time>{FORMATS['time'].found.pattern})"
    rf"|(?P<number>(?<![\w./:#-])(?:{NUMBER.pattern})(?:st|nd|rd|th|{_UNIT})(?![\w-])(?![.:/]\w))"
    r"|(?P<path>(?<![\w:/.])/[\w.-][\w./-]*)"
    r"|(?P<code>(?<![\w-])(?=[\w./#+-]{0,80}[0-9_])[A-Za-z0-9_#](?:[\w./#+-]{0,80}[\w+])?(?!\w))"
    rf"|(?P<spelt>{LONG_SPELT})"
    rf"|(?P<word>{_WORD})"
    r"|(?P<stop>[.!?;:\n()])"
    r"|(?P<comma>,)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a clause."""

    kind: str
    """The name of its part of the expression."""
    text: str
    start: int
    end: int
    is_first: bool
    """Whether a sentence begins with it."""

    @property
    def is_capital(self) -> bool:
        """Whether it is a word that begins with a capital letter."""
        return self.kind == "word" and self.text[0].isupper()


def tokens_in(clause: str) -> Iterator[Token]:
    """Yield the tokens of a clause, in its order."""
    is_first = True
    for found in _TOKEN.finditer(clause):
        kind = found.lastgroup or ""
        yield Token(kind, found[0], *found.span(), is_first)
        is_first = kind == "stop" and found[0] not in "()"
