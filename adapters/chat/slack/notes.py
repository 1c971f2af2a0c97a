"""Notes as Slack messages: pure functions. A note is no approval; what is too long of it is cut, visibly."""

from adapters.chat.slack import blocks
from adapters.chat.slack.blocks import JSON, Line, words
from adapters.chat.slack.cards import Part
from adapters.chat.slack.markup import escaped
from adapters.chat.slack.presses import choices, press_row
from bot.chat import Note

LONGEST = 8_000
LONGEST_LINE = 1_500
PRINTED = ("failed",)
"""Kinds whose lines after the first were printed by a tool."""


def part(note: Note) -> Part:
    """Return a note as one message."""
    lines = _cut(note.lines)
    made = _failure(lines) if note.kind in PRINTED else [blocks.rich(group) for group in blocks.grouped(_plain(lines))]
    if note.kind == "question":
        made += choices(note.buttons)
    elif note.buttons:
        made.append(press_row(note.buttons))
    return Part(escaped(lines[0] if lines else "Sayso"), made or [blocks.rich([])])


def _plain(lines: list[str]) -> list[Line]:
    return [[words(line)] if line else [] for line in lines]


def _failure(lines: list[str]) -> list[JSON]:
    printed = "\n".join(lines[1:])
    return [blocks.rich([[words(lines[0])]]), *([blocks.preformatted(printed)] if printed else [])]


def _cut(lines: tuple[str, ...]) -> list[str]:
    """Return the lines that fit, the last ones first of all: they say what came of it."""
    kept: list[str] = []
    left = LONGEST
    for line in reversed(lines):
        kept.append(blocks.shortened(line, LONGEST_LINE))
        left -= blocks.length(kept[-1]) + 1
        if left < LONGEST_LINE and len(kept) < len(lines) - 1:
            kept.append("…")
            break
    else:
        return kept[::-1]
    return [blocks.shortened(lines[0], LONGEST_LINE), *kept[::-1]]
