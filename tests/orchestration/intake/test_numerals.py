"""Numbers in words: one number, taken as a whole, or none."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.intake.numerals import LONG_SPELT, NUMBER_WORDS, SCALES, SPELT, read_spelt


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("two", 2), ("zero", 0), ("twenty-five", 25), ("four thousand", 4000), ("thirty one hundred", 3100),
        ("thirty-one hundred", 3100), ("three thousand and one", 3001), ("a hundred", 100), ("a million", 1_000_000),
        ("three thousand five hundred", 3500), ("one hundred and five", 105), ("eighty eighty", 8080),
        ("three zero zero one", 3001), ("nineteen eighty four", 1984),
        ("two hundred thousand three hundred and twelve", 200_312),
    ],
)  # fmt: skip
def test_a_run_of_words_is_one_number(text: str, number: int) -> None:
    """Scales, tens with ones, halves and single digits are read as people say them."""
    assert read_spelt(text) == number
    assert [found[0] for found in re.finditer(SPELT, f"on port {text}, please")] == [text]


@pytest.mark.parametrize(
    "text", ["thirty one two", "one one", "hundred", "thousand and one", "and", "a", "an", "", "kuma"]
)
def test_what_is_no_one_number_is_none(text: str) -> None:
    """Of a run that makes no number, no part is taken."""
    assert read_spelt(text) is None


@pytest.mark.parametrize("text", ["one", "two", "a", "sevens", "one-off", "thousands of"])
def test_one_word_alone_is_no_long_number(text: str) -> None:
    """Only a run of two words is surely meant as a number wherever it stands."""
    assert re.search(LONG_SPELT, text) is None


@given(st.lists(st.sampled_from([*NUMBER_WORDS, *SCALES, "and", "a"]), max_size=8).map(" ".join))
def test_any_run_is_a_number_or_none(text: str) -> None:
    """No order of such words raises."""
    number = read_spelt(text)
    assert number is None or number >= 0
