"""Nothing that is shown hides anything or turns the writing round."""

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escaping import MAX_COMBINING, one_line, visible

HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
TEXTS = st.text(st.characters(exclude_categories=[]), max_size=40)
ODD = st.text(
    st.sampled_from("ab \n\t\r\0\x1b\x7f\x85\u00ad\u034f\u061c\u180e\u200b\u200e\u202e\u2066\u2028\u2029\u3164\ufe0f"
                    "\ufeff\ufff9\U000e0041\ud800\ue000é̂"),
    max_size=30,
)  # fmt: skip


@given(TEXTS | ODD)
def test_nothing_hidden_survives(text: str) -> None:
    """No control, format, surrogate, private, unassigned or separating character is left, but line breaks."""
    shown = visible(text)
    assert [c for c in shown if unicodedata.category(c) in HIDDEN and c != "\n"] == []
    assert not any(
        unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI") for c in shown
    )
    assert shown.encode().decode() == shown


@given(TEXTS | ODD)
def test_one_line_is_one_line(text: str) -> None:
    """A text on one line has no line break of any kind."""
    assert len(one_line(text).splitlines()) <= 1
    assert "\n" not in one_line(text)


@given(TEXTS | ODD)
def test_showing_twice_is_showing_once(text: str) -> None:
    """What was made visible is visible: doing it again changes nothing."""
    assert visible(visible(text)) == visible(text)
    assert one_line(one_line(text)) == one_line(text)


@given(st.text(string.ascii_letters + string.digits + string.punctuation + " "))
def test_plain_text_is_left_alone(text: str) -> None:
    """Printable ASCII is shown as it is, backslashes and all."""
    assert visible(text) == one_line(text) == text


@pytest.mark.parametrize(
    "text", ["Grüße", "日本語", "naïve café", "Привет", "שלום", "مرحبا", "नमस्ते", "ที่", "👍", "x\ny"]
)
def test_languages_stay_readable(text: str) -> None:
    """Letters and marks of any writing, in a usual number, are shown as they are."""
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb", "a\\u{9}b"),
        ("\x1b[31mred", "\\u{1b}[31mred"),
        ("safe\u202etxt.exe", "safe\\u{202e}txt.exe"),
        ("pay\u200bpal", "pay\\u{200b}pal"),
        ("a\u034fb", "a\\u{34f}b"),
        ("a\ufe0fb", "a\\u{fe0f}b"),
        ("a\u3164b", "a\\u{3164}b"),
        ("\U000e0041", "\\u{e0041}"),
        ("\ud800", "\\u{d800}"),
        ("a\r\nb", "a\\u{d}\nb"),
    ],
)
def test_what_is_hidden_is_named(text: str, shown: str) -> None:
    """A hidden character stands there by its code point."""
    assert visible(text) == shown


def test_letters_are_composed() -> None:
    """A letter made of two characters is shown as the one that is stored."""
    assert visible("e\u0301") == "é"


@pytest.mark.parametrize("mark", ["\u0335", "\u0489", "\u20dd"])
def test_marks_do_not_pile_up(mark: str) -> None:
    """More marks on one letter than any language has are named instead of drawn over other lines."""
    shown = visible("a" + mark * (MAX_COMBINING + 3))
    assert shown.count(mark) == MAX_COMBINING
    assert shown.count("\\u{") == 3
