"""Discord's markdown as its readers see it: what is text, and what is a mention, a link or something else that acts."""

import re

ACTS = {
    "time": r"<t:-?\d+(?::[tTdDfFR])?>",
    "mention": r"<@[!&]?\d+>|<#\d+>|<id:\w+>|</[^>\n]+:\d+>|@everyone|@here",
    "emoji": r"<a?:\w+:\d+>",
    "link": r"<?(?:https?|steam|discord)://[^\s<]+|<(?:mailto|tel|sms):[^>\s]+>|<\+\d[^>]*>|<[^\s@>]+@[^\s>]+>",
    "masked link": r"\[[^\]\n]*\]\([^)\n]+\)",
    "invitation": r"discord(?:app)?\.(?:gg|com/invite)/\w+",
    "code": r"`+[^`]+`+",
    "spoiler": r"\|\|.+?\|\|",
}
_ACTS = re.compile("|".join(f"(?P<{name.replace(' ', '_')}>{pattern})" for name, pattern in ACTS.items()), re.DOTALL)
_ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
_LINE = re.compile(r"(?P<heading>#{1,3} )|(?P<small>-# )|(?P<quote>>>> |> )|(?P<item>[ ]*(?:[-*+]|\d+\.) )")


def read(markdown: str) -> str:
    """Return what a reader sees, without emphasis and escapes."""
    return "".join(text for text, _ in _pieces(markdown)).replace("**", "")


def acting(markdown: str) -> list[tuple[str, str]]:
    """Return everything that is more than text, as kind and source."""
    return [(kind, text) for text, kind in _pieces(markdown) if kind]


def lines(markdown: str) -> list[str]:
    """Return the kind of every line: `heading`, `small`, `quote`, `item`, or empty."""
    found = [_LINE.match(line) for line in markdown.split("\n")]
    return [one.lastgroup or "" if one else "" for one in found]


def _pieces(markdown: str) -> list[tuple[str, str]]:
    found, place = [], 0
    while place < len(markdown):
        if escape := _ESCAPE.match(markdown, place):
            found.append((escape[1], ""))
            place = escape.end()
        elif acts := _ACTS.match(markdown, place):
            found.append((acts[0], str(acts.lastgroup)))
            place = acts.end()
        else:
            found.append((markdown[place], ""))
            place += 1
    return found
