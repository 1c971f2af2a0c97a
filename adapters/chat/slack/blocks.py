"""Slack's blocks, as far as this adapter uses them. Text from people, tools and files stands in `rich_text` and
`plain_text` alone, where Slack reads no markup: nothing in it can mention, link or format.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from typing import Any

from orchestration.ports import moment

JSON = dict[str, Any]

MOST_TEXT = 11_000
"""Characters of text in one message; Slack refuses somewhere above 13,000, without saying where."""
MOST_BLOCKS = 45
"""Blocks of one message; Slack takes 50."""
LONGEST_RUN = 2_800
"""Characters in one piece of text."""
LONGEST_LABEL = 75
DATE = "{date_short_pretty} at {time}"

Line = list[JSON]
"""The elements of one line of rich text."""


def words(text: str, *styles: str) -> JSON:
    """Return a piece of literal text: `bold`, `italic`, `code`."""
    piece: JSON = {"type": "text", "text": text}
    return {**piece, "style": dict.fromkeys(styles, True)} if styles else piece


def date(at: str, fallback: str) -> JSON:
    """Return a stored time as each reader's own; `fallback` is for where that cannot be shown."""
    return {
        "type": "date",
        "timestamp": int(moment(at).astimezone(UTC).timestamp()),
        "format": DATE,
        "fallback": fallback or at,
    }


def rich(lines: Iterable[Line]) -> JSON:
    """Return lines as one block."""
    return {"type": "rich_text", "elements": [section(lines)]}


def section(lines: Iterable[Line]) -> JSON:
    """Return lines as one part of rich text."""
    elements: list[JSON] = []
    for line in lines:
        elements += [words("\n")] if elements else []
        elements += line or [words(" ")]
    return {"type": "rich_text_section", "elements": elements or [words(" ")]}


def preformatted(text: str) -> JSON:
    """Return a block of text as a tool printed it."""
    return {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [words(text or " ")]}]}


def split(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the same lines, with those that are too long for one block in several."""
    for line in lines:
        yield from _pieces(line) if length(line) > LONGEST_RUN else [line]


def grouped(lines: Iterable[Line], most: int = LONGEST_RUN) -> Iterator[list[Line]]:
    """Yield lines in groups that fit into one block each."""
    group: list[Line] = []
    taken = 0
    for line in split(lines):
        size = length([line])
        if group and taken + size > most:
            yield group
            group, taken = [], 0
        group.append(line)
        taken += size
    if group:
        yield group


def length(value: object) -> int:
    """Return how many characters of text there are, as Slack may count them at the most."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-16-le", "surrogatepass")) // 2
    if isinstance(value, list):
        return sum(length(item) for item in value) + len(value)
    if isinstance(value, dict):
        return sum(length(item) for key, item in value.items() if key in _COUNTED)
    return 0


_COUNTED = {"text", "title", "fallback", "elements", "details", "output", "tasks", "label", "hint", "placeholder"}


def fits(blocks: Sequence[JSON]) -> bool:
    """Whether Slack takes these blocks as one message."""
    return len(blocks) <= MOST_BLOCKS and length(list(blocks)) <= MOST_TEXT


def shortened(text: str, longest: int) -> str:
    """Return a text that fits, its end taken away visibly."""
    if length(text) <= longest:
        return text
    return text.encode("utf-16-le", "surrogatepass")[: 2 * (longest - 1)].decode("utf-16-le", "ignore") + "…"


def plain_text(text: str, longest: int) -> JSON:
    """Return text without markup, for labels and titles."""
    return {"type": "plain_text", "text": shortened(text, longest) or " ", "emoji": False}


def button(label: str, action_id: str, value: str, style: str = "plain", confirm: str = "") -> JSON:
    """Return a button; `confirm` is asked before it counts."""
    made: JSON = {"type": "button", "text": plain_text(label, LONGEST_LABEL), "action_id": action_id, "value": value}
    if style in ("primary", "danger"):
        made["style"] = style
    if confirm:
        made["confirm"] = {
            "title": plain_text(label, 100),
            "text": plain_text(confirm, 300),
            "confirm": plain_text(label, 30),
            "deny": plain_text("Not now", 30),
        }
    return made


def actions(elements: Sequence[JSON]) -> JSON:
    """Return a row of buttons, 25 at most."""
    return {"type": "actions", "elements": list(elements)}


def _pieces(line: Line) -> Iterator[Line]:
    """Yield a long line piece by piece; joined, they are the line."""
    piece: Line = []
    for element in line:
        for part in _parts(element):
            if piece and length([*piece, part]) > LONGEST_RUN:
                yield piece
                piece = []
            piece.append(part)
    if piece:
        yield piece


def _parts(element: JSON) -> Iterator[JSON]:
    text = element.get("text", "")
    step = LONGEST_RUN // 2
    if len(text) <= step:
        yield element
        return
    for start in range(0, len(text), step):
        yield {**element, "text": text[start : start + step]}
