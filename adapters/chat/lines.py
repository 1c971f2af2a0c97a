"""A post as lines of text, for chats that show nothing but text."""

from collections.abc import Iterator

from rich.text import Text

from adapters.cli import render
from bot.chat import Button, Note, NoteKind, Post, ShownCard

SAID_BY_CARD: frozenset[NoteKind] = frozenset({"started", "decided"})
"""Kinds of notes that say what the card says right above, where what changes is printed anew."""


def lines(post: Post, width: int) -> Iterator[Text]:
    """Yield a post whole."""
    if isinstance(post, Note):
        yield from (Text(line) for line in post.lines)
    elif post.card.is_open:
        yield from render.card(post.card, width)
    else:
        yield from _later(post, width)
    if post.buttons:
        yield button_line(post.buttons)


def _later(post: ShownCard, width: int) -> Iterator[Text]:
    """Yield a card that is no longer open: how far it is, instead of what it says in full."""
    shown = post.card
    yield from render.head(shown, width)
    yield Text(f"{render.INDENT}{shown.decided or shown.status.replace('_', ' ').capitalize()}.")
    yield from (Text(f"{render.INDENT}{line}") for line in shown.notice)
    yield from (render.progress_line(task, task.doing) for task in shown.tasks)


def button_line(buttons: tuple[Button, ...]) -> Text:
    """Return `[Approve] [Reject] [Edit] [Details]`."""
    return Text(render.INDENT + " ".join(f"[{button.label}]" for button in buttons))
