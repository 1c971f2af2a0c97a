"""Make text from people, tools and files safe to look at: what is invisible or turns writing round becomes visible."""

import re
import unicodedata

from orchestration.intake.request import INVISIBLE

MAX_COMBINING = 4
"""Marks on one letter; more is no language but a way to draw over other lines."""
_SHOWN_CONTROLS = "\n"
_TYPED = re.compile(r"\\(?=[\\n\"]|u\{|[^ -~])")
_PLAIN = re.compile(r"(?![\s\"])(?!.*(?:\s\s|,\s|\s\(|\s$)).+")
"""Nothing in it that could end one value and begin another."""
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def visible(text: str) -> str:
    """Return the text with controls, invisible and direction-turning characters as `\\u{…}`.

    A backslash that somebody typed before what would then read like one of ours is doubled, so that what is shown can
    be read in one way only.
    """
    text = _TYPED.sub(r"\\\\", text)
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text):
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if _is_hidden(character) or marks > MAX_COMBINING:
            shown.append(f"\\u{{{ord(character):x}}}")
        else:
            shown.append(character)
    return "".join(shown)


def one_line(text: str) -> str:
    """Return the text on one line, line breaks visible."""
    return visible(text).replace("\n", "\\n")


def in_a_row(text: str) -> str:
    """Return a text on one line among others: in quotes where it could be taken for more than one of them."""
    shown = one_line(text)
    if _PLAIN.fullmatch(shown):
        return shown
    before_a_quote = one_line(text + '"')[:-1]  # as it reads there: a backslash at its end is not one of ours
    return '"' + before_a_quote.replace('"', '\\"') + '"'


def _is_hidden(character: str) -> bool:
    if character in _SHOWN_CONTROLS:
        return False
    return ord(character) in INVISIBLE or unicodedata.category(character) in _HIDDEN
