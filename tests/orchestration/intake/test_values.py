"""Amounts as people write them: one value each, or a refusal; never a guess between two meanings."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.canonical import MAX_INTEGER
from orchestration.intake.numerals import NUMBER_WORDS
from orchestration.intake.values import (
    BadValue,
    read_duration,
    read_number,
    read_size,
    read_whole,
    write_duration,
    write_size,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3000", 3000), ("3,000", 3000), ("1,234,567", 1234567), ("3k", 3000), ("3K", 3000), ("five", 5),
        ("Twenty", 20), ("thirty", 30), ("18th", 18), ("$300,000", 300_000), ("1.2 million", 1_200_000),
        ("$3M", 3_000_000),
        ("-5", -5), ("+5", 5), (" 7 ", 7), ("0", 0), ("８０", 80),
    ],
)  # fmt: skip
def test_whole_numbers(text: str, number: int) -> None:
    """Digits, thousands with commas, money, places, what is counted in and the words to ninety are numbers."""
    assert read_whole(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "3.5", "3.000", "3,00", "30,00", "1,2", "3 000", "3kk", "3.5k", "a", "1e3", "0x10", "5M", "1.23455 thousand"],
)
def test_what_might_be_no_whole_number_is_refused(text: str) -> None:
    """What is a fraction somewhere, or is grouped in another way, is not read as a whole number."""
    with pytest.raises(BadValue, match="must be a whole number, not"):
        read_whole(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", "3"), ("3.50", "3.5"), ("-0.25", "-0.25"), ("+7", "7"), ("1,200.5", "1200.5"), ("0.000", "0"),
        ("-0", "0"), ("1e-9", "0.000000001"), ("2.5e3", "2500"), ("1.2 million", "1200000"),
        ("$1.2M", "1200000"), ("five", "5"), ("100", "100"),
    ],
)  # fmt: skip
def test_decimal_numbers_have_one_spelling(text: str, number: str) -> None:
    """However a number is written, it is stored as plain digits, exactly, so that one number has one digest."""
    assert (read_number(text), read_number(number)) == (number, number)


@pytest.mark.parametrize("text", ["", "a", "1,00", "1.2.3", "5M", "3 000", "0x10", "1e999", "nan", "inf", "12 apples"])
def test_what_is_no_number_is_refused(text: str) -> None:
    """What cannot be read for certain is refused with what would be taken."""
    with pytest.raises(BadValue, match="must be a number such as"):
        read_number(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90), ("10 minutes", 600), ("10min", 600), ("1h30", 5400), ("1h 30", 5400), ("1h30m", 5400),
        ("1 hour 30 minutes", 5400), ("2 days and 4 hours", 187200), ("1 hour, 5 min and 3 secs", 3903),
        ("half an hour", 1800), ("half a minute", 30), ("an hour and a half", 5400), ("two hours and a half", 9000),
        ("1.5 hours", 5400), ("a day", 86400), ("ten minutes", 600), ("1 week", 604800), ("7d", 604800), ("0s", 0),
        ("1,000 seconds", 1000), ("1H", 3600),
    ],
)  # fmt: skip
def test_durations(text: str, seconds: int) -> None:
    """Units by letter or word, parts added up, and the halves that people speak of."""
    assert read_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10", "must be a time with its unit"),
        ("1:30", "must be a time with its unit"),
        ("1h5", "must be a time with its unit"),
        ("2 months", "must be a time with its unit"),
        ("-5 minutes", "must be a time with its unit"),
        ("soon", "must be a time with its unit"),
        ("10m 20m", "must be one time"),
        ("30m 1h", "must be one time"),
        ("0.5s", "must come to whole seconds"),
        ("999999999999999 weeks", "is too large"),
    ],
)
def test_what_is_no_one_duration_is_refused(text: str, message: str) -> None:
    """A number without its unit, months, and what might be two times are asked back."""
    with pytest.raises(BadValue, match=message):
        read_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("2 GB", 2 * 1000**3), ("2gb", 2 * 1000**3), ("512MiB", 512 * 1024**2), ("1.5 kB", 1500), ("0 B", 0),
        ("12 bytes", 12), ("a byte", 1), ("three megabytes", 3_000_000), ("1,024 MiB", 1024**3),
        ("1 tebibyte", 1024**4),
    ],
)  # fmt: skip
def test_sizes(text: str, size: int) -> None:
    """Decimal and binary units mean what they are defined to mean."""
    assert read_size(text) == size


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2G", "can be meant in two ways, «2G»: write GB or GiB"),
        ("512 k", "write kB or KiB"),
        ("10", "must be a size with its unit"),
        ("2 GB and more", "must be a size with its unit"),
        ("1.0001 kB", "must come to whole bytes"),
    ],
)
def test_what_is_no_one_size_is_refused(text: str, message: str) -> None:
    """A letter that stands for 1000 to some and 1024 to others is asked back, as is a number alone."""
    with pytest.raises(BadValue, match=message):
        read_size(text)


@given(st.integers(min_value=0, max_value=MAX_INTEGER))
def test_what_is_written_reads_as_the_same_amount(amount: int) -> None:
    """The stored spelling of an amount means that amount, and is written that way again."""
    assert read_duration(write_duration(amount)) == amount
    assert read_size(write_size(amount)) == amount


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_a_number_reads_as_it_is_printed(number: int) -> None:
    """With or without commas, a printed number is that number."""
    assert read_whole(str(number)) == read_whole(f"{number:,}") == number


SAID = (
    *NUMBER_WORDS,
    "hundred",
    "thousand",
    "half",
    "a",
    "an",
    "and",
    "h",
    "m",
    "hour",
    "GB",
    "kib",
    "12",
    "1,000",
    "0.5",
    ",",
    "-",
)
WORDS = st.lists(st.sampled_from(SAID), max_size=7)


@given(st.one_of(st.text(max_size=40), WORDS.map(" ".join), WORDS.map("".join)))
def test_readers_raise_nothing_else(text: str) -> None:
    """Whatever is typed, a reader returns a number or says what it wants."""
    for read in (read_whole, read_duration, read_size):
        with contextlib.suppress(BadValue):
            assert isinstance(read(text), int)
