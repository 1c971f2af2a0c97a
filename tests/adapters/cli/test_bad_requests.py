"""A request that cannot be taken gets one clear sentence, whatever is wrong with it."""

import pytest

from tests.support.terminal import Terminal


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A folder with a home."""
    terminal = Terminal(tmp_path_factory.mktemp("bad-requests"))
    terminal.say("ask", "upgrade kuma")
    return terminal


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The request is empty. Say what you want done, for example: show status."),
        ("x" * 10_001, "The request has 10,001 characters; the limit is 10,000. Ask for one thing at a time."),
        ("echo a\x1b[31mb", "The request has an invisible control character (U+001B) at position 7. "
         "Type it again without that character."),
        ("echo \u202egpj.exe", "The request has an invisible control character (U+202E) at position 6. "
         "Type it again without that character."),
        (b"echo \xff", "The request has an invisible control character (U+DCFF) at position 6. "
         "Type it again without that character."),
    ],
    ids=["empty", "long", "control", "turned", "broken"],
)  # fmt: skip
def test_a_bad_request_is_one_sentence_and_exit_2(terminal: Terminal, text: str | bytes, sentence: str) -> None:
    """Nothing is planned, nothing is printed but the sentence, and the exit code is that of usage."""
    said = terminal.say("ask", text)
    assert (said.code, said.out, said.err) == (2, "", f"{sentence}\n")


def test_what_was_typed_is_told_visibly(terminal: Terminal) -> None:
    """A sentence that quotes what was typed cannot steer the terminal that shows it."""
    said = terminal.say("show", b"\x1b[31m\xff")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("There is no plan «\\u{1b}[31m\\u{dcff}»;")


@pytest.mark.slow
def test_a_terminal_without_unicode_gets_its_answer(terminal: Terminal) -> None:
    """Signs that a terminal cannot show are written in another way; nothing breaks."""
    said = terminal.say("ask", "upgrade kuma", PYTHONIOENCODING="ascii")
    assert said.code == 4
    assert "upgrade kuma" in said.out
    assert said.out.isascii()


@pytest.mark.slow
def test_the_longest_request_is_taken(terminal: Terminal) -> None:
    """Ten thousand characters are read; they mean nothing here, and that is said."""
    said = terminal.say("ask", "x" * 10_000)
    assert said.code == 4
    assert "I have no operation for" in said.out
