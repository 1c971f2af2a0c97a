"""What people type is bounded and has nothing hidden in it; what only looks like Latin is compared as Latin."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.errors import InvalidRequest
from orchestration.intake.request import MAX_LENGTH, clean_text, fold, is_control

TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("raw", ["", "   ", "\n\t \r\n", "\u00a0\u2003", None, 5, ["show status"]])
def test_an_empty_request_is_told_what_to_say(raw: object) -> None:
    """Nothing, blanks, and what is no text at all are refused with an example."""
    with pytest.raises(InvalidRequest, match=r"empty.*for example: show status"):
        clean_text(raw)


def test_the_length_is_bounded_exactly() -> None:
    """Ten thousand characters are taken, one more is refused with both figures."""
    assert len(clean_text("x" * MAX_LENGTH)) == 10_000
    with pytest.raises(InvalidRequest, match=r"10,001 characters; the limit is 10,000\."):
        clean_text("x" * (MAX_LENGTH + 1))


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\x85", "\r", "\v", "\f", *TURNS, "\ud800"])
def test_hidden_characters_are_refused_with_their_place(character: str) -> None:
    """Controls, half characters and what turns the writing round are refused, named by code and position."""
    with pytest.raises(InvalidRequest, match=rf"U\+{ord(character):04X}\) at position 5\. Type it again"):
        clean_text(f"show{character}status")


def test_lines_and_tabs_are_taken() -> None:
    """Line breaks, those of Windows too, and tabs belong to what people type."""
    assert clean_text("  show\r\nstatus\tnow\n ") == "show\nstatus\tnow"


def test_one_spelling() -> None:
    """A letter made of two characters becomes the one character it is."""
    assert clean_text("cafe\u0301") == "café"


@given(st.text(max_size=40))
def test_what_is_taken_is_clean(raw: str) -> None:
    """Whatever is taken has one spelling, no blanks around it and nothing hidden; taking it again changes nothing."""
    try:
        text = clean_text(raw)
    except InvalidRequest:
        assert not raw.strip() or any(is_control(character) for character in raw)
        return
    assert text == text.strip() == unicodedata.normalize("NFC", text) == clean_text(text)
    assert not any(is_control(character) for character in text if character not in "\n\t")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("DELETE", "delete"),
        ("dеlеtе", "delete"),  # Cyrillic е
        ("ԁеӏеtе".replace("ӏ", "l"), "delete"),
        ("ＤＥＬＥＴＥ", "delete"),
        ("𝐝𝐞𝐥𝐞𝐭𝐞", "delete"),
        ("prοductiοn", "production"),  # Greek ο
        ("dele\u200bte", "delete"),  # zero width space
        ("dele\u00adte", "delete"),  # soft hyphen
        ("dele\u034fte", "delete"),  # combining grapheme joiner
        ("dele\ufe0fte", "delete"),  # variation selector
        ("dele\u3164te", "delete"),  # Hangul filler
        ("ﬁle", "file"),
    ],
)
def test_look_alikes_are_compared_as_what_they_look_like(text: str, seen: str) -> None:
    """Letters of other alphabets, other shapes of letters and what shows nothing do not slip past a comparison."""
    assert fold(text) == seen


@pytest.mark.parametrize("text", ["naïve", "größe", "ファイル", "ünïcode_1"])
def test_other_letters_stay_what_they_are(text: str) -> None:
    """What looks like nothing else is left alone but for its case."""
    assert fold(text) == text
