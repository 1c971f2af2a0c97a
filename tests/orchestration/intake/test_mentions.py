"""What a clause mentions that may be a value, whoever's it is."""

import time

import pytest

from orchestration.intake.mentions import MAX_MENTIONS, mentions_in


def found(clause: str) -> list[tuple[str, str]]:
    """Return (kind, text) of every mention."""
    return [(one.kind, one.text) for one in mentions_in(clause)]


@pytest.mark.parametrize(
    ("clause", "mentions"),
    [
        ("invite Ada Lovelace to the channel", [("name", "Ada Lovelace")]),
        ("Ada is in the office", []),
        ("ask Ada's team", [("name", "Ada")]),
        ("the notes of J. Patrick McNamara, please", [("name", "J. Patrick McNamara")]),
        ("the Tower of London at noon", [("name", "Tower of London"), ("time", "noon")]),
        ("a mirror in Boston, MA", [("name", "Boston, MA")]),
        ("send it to 12 Park Street today", [("name", "12 Park Street")]),
        ("copy 'mine' and \"his\" over", [("quote", "mine"), ("quote", "his"), ("list", "'mine' and \"his\"")]),
        ("it's Ada's", [("name", "Ada")]),
        ("ticket AB-123, version 2.1.3", [("code", "AB-123"), ("code", "2.1.3")]),
        ("write to ada@example.org", [("email", "ada@example.org")]),
        ("on 2026-12-01 at 14:30", [("date", "2026-12-01"), ("time", "14:30")]),
        ("5 kg at 20 m/s and 3%", [("number", "5"), ("number", "20"), ("number", "3"), ("list", "20 m/s and 3%")]),
        ("rooms 2, 3 and 4", [("number", "2"), ("number", "3"), ("number", "4"), ("list", "2, 3 and 4")]),
        ("sort [3, 1, 2]", [("list", "3, 1, 2")]),
        ("two of them", [("number", "two")]),
        ("two of the 12", [("number", "12")]),
        ("the rate (CAGR) of it", []),
        ("play at 80 BPM", [("number", "80")]),
        ("what is in /srv/data", [("code", "/srv/data")]),
    ],
)  # fmt: skip
def test_what_may_be_a_value(clause: str, mentions: list[tuple[str, str]]) -> None:
    """Quotes, names, numbers, codes and dates may be values; the first word of a sentence is no name."""
    assert found(clause) == mentions


def test_words_stand_with_the_mention_that_they_are_about() -> None:
    """What follows a number up to a comma or «and» is of that number, and not of the next one."""
    three, two = mentions_in("a house with 3 bedrooms, 2 bathrooms")[:2]
    assert (three.after, two.before) == (("bedrooms",), ())
    assert two.after == ("bathrooms",)


def test_between_leads_to_both_ends() -> None:
    """The second of «between A and B» is told from the first."""
    low, high = mentions_in("between 50 and 150")[:2]
    assert (low.before[0], high.before[0]) == ("between", "and-between")


def test_too_much_is_not_looked_at() -> None:
    """Where so much is mentioned, nobody can tell what is whose."""
    assert mentions_in(" ".join(f"{n}," for n in range(MAX_MENTIONS + 1))) == []


@pytest.mark.parametrize(
    "part", ["a", "A ", "1 ", "1,", "a.", "'", "[", "a@", "/", "1e", "$ ", "Of of the ", "# ", "a_"]
)
def test_long_texts_take_no_long_time(part: str) -> None:
    """The longest request is read in a fraction of a second, whatever it repeats."""
    started = time.perf_counter()
    mentions_in((part * 10_000)[:10_000])
    assert time.perf_counter() - started < 2
