"""Typing errors: one letter, one value that near, no digits, and only where it is allowed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.intake.declaration import Parameter
from orchestration.intake.parameters import find_enum, read_value
from orchestration.intake.spelling import is_one_error
from orchestration.intake.values import BadValue

SERVICE = Parameter.model_validate(
    {"type": "string", "enum": ["kuma", "grafana"], "synonyms": {"kuma": ["uptime kuma"], "grafana": ["dashboards"]}}
)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@given(st.text(LETTERS, min_size=1, max_size=12), st.data())
def test_each_kind_of_one_error_is_one(word: str, data: st.DataObject) -> None:
    """A letter left out, doubled, wrong, or two swapped; and the same the other way round."""
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from(LETTERS))
    swapped = word[:place] + word[place : place + 2][::-1] + word[place + 2 :]
    for other in (word[:place] + word[place + 1 :], word[:place] + letter + word[place:], swapped):
        assert is_one_error(word, other) == is_one_error(other, word) == (word != other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("web1", "web2"), ("web1", "web"), ("kuma", "muka"), ("abcd", "badc"), ("kuma", "kuma"), ("a-b", "ab")],
)
def test_what_is_more_than_an_error_is_none(one: str, other: str) -> None:
    """Another digit or sign names another thing, and two errors are no longer a slip."""
    assert not is_one_error(one, other)


@pytest.mark.parametrize(
    ("text", "value"), [("grafna", "grafana"), ("Kumaa", "kuma"), ("uptiem kuma", "kuma"), ("the dashbords", "grafana")]
)
def test_one_error_is_read_over_where_it_is_allowed(text: str, value: str) -> None:
    """A slip in a value or a synonym is forgiven, and refused where it is not to be."""
    assert read_value(SERVICE, text, forgiving=True) == value
    with pytest.raises(BadValue, match="must be one of kuma, grafana, not"):
        read_value(SERVICE, text)


def test_two_values_as_near_are_not_chosen_between() -> None:
    """What could be a slip of either of two is asked back; what is written right is taken."""
    names = Parameter(type="string", enum=["photo", "photos", "Notes", "notes"])
    assert read_value(names, "photo", forgiving=True) == "photo"
    assert read_value(names, "notes", forgiving=True) == "notes"
    for unsure in ("phots", "NOTES"):
        with pytest.raises(BadValue):
            read_value(names, unsure, forgiving=True)


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ("restart the grafna thing", ("grafana", "grafna")),
        ("restart the kumma", ("kuma", "kumma")),
        ("restart the pume", None),
        ("restart grafna and kumma", None),
        ("restart kuma like grafna", ("kuma", "kuma")),
    ],
)
def test_a_mistyped_value_among_other_words(clause: str, found: tuple[str, str] | None) -> None:
    """In running text only longer words can be slips, and one that is written right goes before."""
    assert find_enum(SERVICE, clause, forgiving=True) == found
    assert find_enum(SERVICE, "restart the grafna") is None


def test_synonyms_of_numbers_are_numbers() -> None:
    """A word for a value of another type than text becomes that value."""
    times = Parameter.model_validate({"type": "integer", "enum": [1, 2], "synonyms": {"2": ["twice"]}})
    assert read_value(times, "twice") == 2
