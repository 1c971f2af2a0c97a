"""Words: taken apart, stemmed, and spelt right only where one known word fits."""

import pytest

from orchestration.intake.words import Spelling, slips, stem, words, words_in

KNOWN = Spelling(
    ["deploy", "undeploy", "install", "uninstall", "delete", "restart", "status", "grafana", "volume", "kuma"]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deploy_kuma", ["deploy", "kuma"]),
        ("deployKuma", ["deploy", "kuma"]),
        ("GitHub", ["github"]),
        ("back-up", ["back", "up"]),
        ("dеplоy", ["deploy"]),
        ("", []),
    ],
)
def test_names_are_taken_apart(text: str, expected: list[str]) -> None:
    """Identifiers are words joined; a brand with capitals in it is one word."""
    assert words_in(text) == expected


@pytest.mark.parametrize(
    "family",
    ["deploy deploys deployed deploying", "remove removes removed removing", "stop stops stopped stopping",
     "install installs installed installing", "copy copies copied copying", "service services", "watch watches",
     "movie movies", "city cities"],
)  # fmt: skip
def test_forms_of_a_word_meet(family: str) -> None:
    """Endings do not matter."""
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize("word", ["status", "sing", "red", "bus", "is", "класс", "speed"])
def test_what_only_looks_like_an_ending_stays(word: str) -> None:
    """Short words, and other alphabets, are left as they are."""
    assert stem(word) == word


def test_courtesies_carry_no_meaning() -> None:
    """Articles, courtesies and small words are left out."""
    assert words("Hi, could you please deploy the kuma for me? Thanks!") == ["deploy", "kuma"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("depoly", "deploy"), ("delpoy", "deploy"), ("statsu", "status"), ("graphana", "grafana"), ("restrat", "restart"),
     ("volumn", "volume")],
)  # fmt: skip
def test_slips_are_mended(typed: str, meant: str) -> None:
    """One letter too many, too few, wrong or swapped; two in a long word."""
    assert KNOWN.mend(typed) == meant


@pytest.mark.parametrize("typed", ["kum", "dog", "portugal", "eploy", "a" * 25, "kuma1", "12345", "", "k u m a"])
def test_what_is_not_near_is_left_alone(typed: str) -> None:
    """Short words, words of digits, other first letters and words too far off are not touched."""
    assert KNOWN.mend(typed) is None


def test_two_that_are_as_near_are_none() -> None:
    """What might be one word or another stays what it is."""
    assert Spelling(["fast", "fact"]).mend("fagt") is None
    assert Spelling(["deploy", "deploys"]).mend("deplooy") == "deploy"


def test_slips_are_counted() -> None:
    """A swap of neighbours is one slip."""
    assert [slips("ab", other) for other in ("ab", "ba", "abc", "xb", "xyz")] == [0, 1, 1, 1, 3]
