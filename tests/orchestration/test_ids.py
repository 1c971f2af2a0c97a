"""Identifiers that sort by time, and codes that people can say."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.ids import ALPHABET, is_id, new_code, new_id, read_code

MILLISECONDS = st.integers(0, 2**48 - 1)


@given(MILLISECONDS)
def test_an_id_is_a_uuid_of_version_7_that_tells_its_time(milliseconds: int) -> None:
    """Version and variant are those of RFC 9562, and the first 48 bits are the Unix time in milliseconds."""
    found = uuid.UUID(new_id(milliseconds))
    assert (found.version, found.variant) == (7, uuid.RFC_4122)
    assert found.int >> 80 == milliseconds


@given(MILLISECONDS, MILLISECONDS)
def test_later_ids_sort_later(one: int, other: int) -> None:
    """The order of texts is the order of times, a millisecond apart or more."""
    if one != other:
        assert (new_id(one) < new_id(other)) == (one < other)


def test_no_two_ids_are_alike() -> None:
    """Ids of one millisecond differ, in bits all over the part that is random."""
    made = [uuid.UUID(new_id(1)).int for _ in range(1000)]
    assert len(set(made)) == 1000
    union, common = 0, -1
    for value in made:
        union, common = union | value, common & value
    assert (union & ~common).bit_count() == 74


def test_a_code_can_be_said() -> None:
    """A code has six characters, none of which is taken for another."""
    codes = [new_code() for _ in range(1000)]
    assert {len(code) for code in codes} == {6}
    assert set("".join(codes)) == set(ALPHABET)
    assert not set("ILOU") & set(ALPHABET)
    assert len(set(codes)) > 990


@given(st.text(ALPHABET, min_size=6, max_size=6))
def test_a_code_is_read_back(code: str) -> None:
    """What was shown is understood in any case and with spaces around."""
    assert read_code(f" {code.lower()}\n") == read_code(code) == code


@pytest.mark.parametrize(
    ("typed", "meant"), [("7k2mq4", "7K2MQ4"), ("oOiIlL", "001111"), ("UuV000", "VVV000"), ("abcdef", "ABCDEF")]
)
def test_misread_letters_are_forgiven(typed: str, meant: str) -> None:
    """I and L are read as 1, O as 0, U as V."""
    assert read_code(typed) == meant


@pytest.mark.parametrize("text", ["", "7K2MQ", "7K2MQ44", "7K2-Q4", "7K 2Q4", "ÄÖÜ123", "1234567890", "7K2MQ4/1"])
def test_what_is_no_code_is_none(text: str) -> None:
    """Six characters of the alphabet make a code, and nothing else does."""
    assert read_code(text) is None


def test_what_an_id_looks_like() -> None:
    """A UUID counts in its usual spelling, in any case; other spellings and codes do not."""
    found = new_id(1)
    assert is_id(found)
    assert is_id(found.upper())
    for text in ("", "7K2MQ4", found.replace("-", ""), f"{{{found}}}", f"urn:uuid:{found}", found[:-1], f" {found}"):
        assert not is_id(text)
