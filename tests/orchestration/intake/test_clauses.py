"""A request taken apart, and how its parts are tied."""

import time

import pytest

from orchestration.intake.clauses import pieces_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a and b", [("a", ""), ("b", "")]),
        ("a, then b", [("a", ""), ("b", "then")]),
        ("first a, then b", [("a", "first"), ("b", "then")]),
        ("a but b first", [("a", ""), ("b", "first")]),
        ("a, but first b", [("a", ""), ("b", "first")]),
        ("a, before that b", [("a", ""), ("b", "first")]),
        ("after a, b", [("a", "after"), ("b", "")]),
        ("a after b", [("a", ""), ("b", "after")]),
        ("a once b is done", [("a", ""), ("b is done", "after")]),
        ("a, but not before b", [("a", ""), ("b", "after")]),
        ("before a, b", [("a", "before"), ("b", "")]),
        ("a and restart b afterwards", [("a", ""), ("restart b", "then")]),
        ("a; once that's done, b", [("a", ""), ("b", "then")]),
        ("if a, b", [("if a", "if"), ("b", "")]),
        ("should a happen, b", [("should a happen", "if"), ("b", "")]),
        ("should we do a", [("should we do a", "")]),
        ("the first", [("the first", "")]),
        ("a. once that works, b", [("a", ""), ("b", "then")]),
        ("a and after it b", [("a", ""), ("b", "then")]),
        ("a, and when you're done with that, b", [("a", ""), ("b", "then")]),
        ("a and if that's done b", [("a", ""), ("b", "then")]),
        ("a, b if that worked", [("a", ""), ("b", "then")]),
        ("a. b if that worked", [("a", ""), ("b", ""), ("if that worked", "if")]),
        ("if that's done, a", [("if that's done", "if"), ("a", "")]),
        ("a if it works", [("a", ""), ("if it works", "if")]),
        ("after it is up a", [("it is up a", "after")]),
        ("when can we a", [("when can we a", "")]),
        ("a, if you can", [("a", "")]),
        ("I'd appreciate it if you could a", [("a", "")]),
        ("did a crash or is it just me?", [("did a crash", "")]),
        ("a, port: 3005", [("a", ""), ("port: 3005", "")]),
        ("get a up and running", [("get a up and running", "")]),
        ("x is taken so use b", [("x is taken", ""), ("use b", "")]),
        ("so that a", [("so that a", "")]),
        ("a once you've done b", [("a", ""), ("have b", "after")]),
        ("a when you're done restarting b", [("a", ""), ("have restarting b", "after")]),
        ("before you do anything, b", [("b", "first")]),
        ("a before anything else", [("a", "first")]),
        ("a but b before", [("a", ""), ("b", "first")]),
        ("1. a 2. b\n3. c", [("a", ""), ("b", "then"), ("c", "then")]),
        ("version 2. a", [("version 2", ""), ("a", "")]),
        ("back up a, just in case", [("back up a", "")]),
        ("Dear all, a. Best regards, Ana", [("a", "")]),
        ('say "a, then b" and c', [('say "a, then b"', ""), ("c", "")]),
        ("the team's a and the boss's b", [("the team's a", ""), ("the boss's b", "")]),
        ("a (b) c", [("a", ""), ("b", ""), ("c", "")]),
        ("", []),
        ("then and, after that", []),
    ],
)
def test_pieces_and_their_ties(text: str, expected: list[tuple[str, str]]) -> None:
    """Each part comes without the words that tie it."""
    assert [(piece.text, piece.tie) for piece in pieces_of(text)] == expected


def test_sentences_and_headings_are_marked() -> None:
    """A full stop or a line begins anew; a colon makes a heading of what stands before it."""
    found = pieces_of("plan: a, b. c\nd")
    assert [piece.is_new_sentence for piece in found] == [True, False, False, True, True]
    assert [piece.is_heading for piece in found] == [True, False, False, False, False]


@pytest.mark.parametrize(
    "text", ["and " * 2_500, "a" + " " * 9_998 + "b", ", then " * 1_400, "\n \n " * 2_000, "once that is " * 700]
)
def test_taking_apart_takes_no_longer_than_the_text(text: str) -> None:
    """Nothing that repeats takes long."""
    started = time.process_time()
    pieces_of(text)
    assert time.process_time() - started < 0.5
