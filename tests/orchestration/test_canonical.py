"""One byte string per meaning, whatever the spelling; what has two spellings is refused."""

import hashlib
import json
import random
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.canonical import MAX_INTEGER, canonical, digest, parse
from orchestration.errors import InvalidRequest

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
LEAVES = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXTS


def normal(value: Any) -> Any:
    """Return a value with its texts in NFC and every tuple a list: what it means."""
    match value:
        case str():
            return unicodedata.normalize("NFC", value)
        case dict():
            return {normal(key): normal(item) for key, item in value.items()}
        case list() | tuple():
            return [normal(item) for item in value]
        case _:
            return value


def distinct(value: dict[str, Any]) -> bool:
    """Whether no two keys mean the same."""
    return len({normal(key) for key in value}) == len(value)


VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4).filter(distinct),
    max_leaves=12,
)


def shuffled(value: Any, chance: random.Random) -> Any:
    """Return the same value with every mapping's keys in another order."""
    match value:
        case dict():
            items = [(key, shuffled(item, chance)) for key, item in value.items()]
            return dict(chance.sample(items, len(items)))
        case list():
            return [shuffled(item, chance) for item in value]
        case _:
            return value


def same(one: Any, other: Any) -> bool:
    """Whether two values mean the same; unlike `==`, which takes True for 1."""
    return bool(typed(normal(one)) == typed(normal(other)))


def typed(value: Any) -> Any:
    """Return a value with the type of every part beside it."""
    match value:
        case dict():
            return {key: typed(item) for key, item in value.items()}
        case list():
            return [typed(item) for item in value]
        case _:
            return type(value).__name__, value


@given(VALUES, st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(value: Any, chance: random.Random) -> None:
    """The same meaning has the same bytes, whatever order its keys were written in."""
    assert canonical(shuffled(value, chance)) == canonical(value)


@given(VALUES)
def test_the_composition_of_letters_does_not_matter(value: Any) -> None:
    """A letter and the same letter made of two characters are one meaning, in values and in keys."""
    assert canonical(normal(value)) == canonical(value)
    decomposed = json.loads(unicodedata.normalize("NFD", json.dumps(value, ensure_ascii=False)))
    assert canonical(decomposed) == canonical(value)


@given(VALUES, VALUES)
def test_different_values_have_different_bytes(one: Any, other: Any) -> None:
    """Two values have one spelling if and only if they mean the same."""
    assert (canonical(one) == canonical(other)) == same(one, other)


@given(VALUES)
def test_what_was_written_is_what_is_read(value: Any) -> None:
    """Reading the canonical form gives the meaning back, and writing that gives the same bytes."""
    text = canonical(value)
    assert same(parse(text), value)
    assert canonical(parse(text)) == text


@pytest.mark.parametrize(
    ("one", "other"), [(True, 1), (False, 0), (None, False), ("1", 1), ("", None), ([], {}), ([1], 1), ("true", True)]
)
def test_likenesses_are_distinct(one: Any, other: Any) -> None:
    """What Python or a reader may take for the same is not the same bytes."""
    assert canonical({"a": one}) != canonical({"a": other})


def test_the_spelling_is_that_of_rfc_8785() -> None:
    """Keys in the order of their UTF-16 code units, no spaces, text as it is, controls as short as can be."""
    assert canonical({"b": [1, True, None], "a": 'ä\n\x01"\\/'}) == '{"a":"ä\\n\\u0001\\"\\\\/","b":[1,true,null]}'
    assert canonical({"\uff21": 1, "\U0001f600": 2, "é": 3}) == '{"é":3,"😀":2,"\uff21":1}'
    assert canonical((1, 2)) == canonical([1, 2]) == "[1,2]"


def test_the_order_is_that_of_the_keys_as_written() -> None:
    """A decomposed key stands where its composed spelling belongs, not where its first letter would."""
    assert canonical({"e\u0301": 1, "f": 2}) == canonical({"é": 1, "f": 2}) == '{"f":2,"é":1}'


def test_two_spellings_of_one_key_are_refused() -> None:
    """A mapping whose keys become one would lose a value without a word."""
    with pytest.raises(InvalidRequest, match="spelt differently"):
        canonical({"é": 1, "e\u0301": 2})


@pytest.mark.parametrize("value", [1.0, float("nan"), float("inf"), b"bytes", {1, 2}, object()])
def test_what_cannot_be_written_exactly_is_refused(value: object) -> None:
    """Floats, bytes and everything else without one spelling stop before they are hashed."""
    with pytest.raises(InvalidRequest, match=type(value).__name__):
        canonical([value])


@pytest.mark.parametrize("key", [1, True, None, ("a",)])
def test_a_key_is_a_text(key: object) -> None:
    """A key that JSON would silently turn into a text is refused."""
    with pytest.raises(InvalidRequest, match="is not a text"):
        canonical({key: 1})


def test_integers_have_a_bound() -> None:
    """An integer that a program with floats could not hold is refused, in writing and in reading."""
    assert parse(canonical([MAX_INTEGER, -MAX_INTEGER])) == [MAX_INTEGER, -MAX_INTEGER]
    for value in (2**53, -(2**53), 10**30):
        with pytest.raises(InvalidRequest, match=r"2\^53"):
            canonical(value)
        with pytest.raises(InvalidRequest, match=r"2\^53"):
            parse(f"[{value}]")
    with pytest.raises(InvalidRequest, match=r"2\^53"):
        parse("9" * 5000)


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "ä\udc80"])
def test_half_a_character_is_refused(text: str) -> None:
    """A lone surrogate has no bytes in UTF-8, as a value or as a key."""
    with pytest.raises(InvalidRequest, match="surrogate"):
        canonical(text)
    with pytest.raises(InvalidRequest, match="surrogate"):
        canonical({text: 1})


@pytest.mark.parametrize("text", ["1.0", "1e3", "NaN", "-Infinity", '{"a":1,"a":1}', '[{"b":{"c":1,"c":2}}]'])
def test_reading_is_as_strict_as_writing(text: str) -> None:
    """JSON with a float, a number that is none, or a key named twice is not read."""
    with pytest.raises(InvalidRequest):
        parse(text)


def test_a_bottomless_value_is_refused() -> None:
    """A value nested deeper than can be followed is an error with a sentence, not a crash."""
    value: Any = []
    for _ in range(10_000):
        value = [value]
    with pytest.raises(InvalidRequest, match="nested too deeply"):
        canonical(value)


def test_a_digest_belongs_to_its_domain() -> None:
    """The same text under two domains has two digests, so that one kind of thing never passes for another."""
    assert digest("sayso/plan/v1", "x") != digest("sayso/event/v1", "x")
    assert digest("sayso/plan/v1", "x") == hashlib.sha256(b"sayso/plan/v1\nx").hexdigest()
