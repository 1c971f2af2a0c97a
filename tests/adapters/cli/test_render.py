"""How a card's lines stand on a terminal."""

import pytest
from rich.console import Console
from rich.text import Text

from adapters.cli import render


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("short", ["short"]),
        ("words that are more than fit", ["words that are more", "than fit"]),
        ("  1  Deploy   changes service:kuma", ["  1  Deploy   changes", "     service:kuma"]),
        ("     two words   then more", ["     two words", "     then more"]),
        (
            "     two words   that do not fit on one line",
            ["     two words   that", "     do not fit on", "     one line"],
        ),
        ("     an indented line of words", ["     an indented line", "     of words"]),
        ("https://home.arpa/a/long/path", ["https://home.arpa/a/l", "ong/path"]),
    ],
)
def test_a_long_line_goes_on_under_its_beginning(line: str, shown: list[str]) -> None:
    """A terminal shows whole parts and words in its width, and no line's rest looks like a line of its own."""
    console = Console(width=21, force_terminal=True)
    assert [each.rstrip() for each in render.folded(Text(line), console).plain.splitlines()] == shown


def test_a_pipe_gets_lines_as_they_are() -> None:
    """What a program reads is not broken anywhere."""
    line = Text("words that are more than fit")
    assert render.folded(line, Console(width=10, force_terminal=False)) is line
