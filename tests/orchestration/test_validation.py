"""Every fault at once, each with the path of its key and a sentence that says what to write instead."""

from datetime import timedelta

import pytest
from pydantic import Field

from orchestration.validation import (
    Choice,
    Duration,
    Fault,
    InvalidData,
    Pattern,
    Strict,
    Strings,
    entries,
    faults_in,
    names,
    suggestion,
    validated,
)


class Wheel(Strict):
    """A part."""

    size: int = Field(ge=1, le=40)
    from_: Strings = Field(alias="from", min_length=1, default=["here"])
    is_spare: bool = False
    choices: list[Choice] = []


class Car(Strict):
    """A whole."""

    version: int = 1
    label: str = Field(min_length=1, max_length=5, default="x")
    wheels: dict[str, Wheel] = {}
    rest: Duration = timedelta(minutes=1)
    pattern: Pattern | None = None


def fault(data: object) -> Fault:
    """Return the only fault of a car."""
    (found,) = faults_in(Car, data)
    return found


def wheel(**values: object) -> dict[str, object]:
    """Return a car with one wheel."""
    return {"wheels": {"left": {"size": 3, **values}}}


LEFT = ("wheels", "left")


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        ([1], (), "must be keys and values, not a list"),
        (None, (), "must be keys and values, not nothing"),
        ("x" * 99, (), f"must be keys and values, not «{'x' * 80}…»"),
        ({"wheels": {"left": {}}}, (*LEFT, "size"), "is missing: add «size:»"),
        (wheel(size=0), (*LEFT, "size"), "must be at least 1, not 0"),
        (wheel(size=41), (*LEFT, "size"), "must be at most 40, not 41"),
        (wheel(size="3"), (*LEFT, "size"), "must be a whole number, not «3»"),
        (wheel(size=True), (*LEFT, "size"), "must be a whole number, not true"),
        (wheel(is_spare="no"), (*LEFT, "is_spare"), "must be true or false, not «no»"),
        (wheel(choices=[1, "a", True]), (*LEFT, "choices", 2), "must be a text or a whole number, not true"),
        ({"label": 400}, ("label",), 'must be a text, not 400: put it in quotes, "400"'),
        ({"label": ""}, ("label",), "must not be empty, not «»"),
        ({"label": "too long"}, ("label",), "must have at most 5 characters, not «too long»"),
        ({"label": {"name": None}}, ("label",), 'must be a text, not keys and values: a slot wants quotes, "{name}"'),
        ({"wheels": []}, ("wheels",), "must be keys and values, not an empty list"),
        ({"wheels": {"left": 3}}, LEFT, "must be keys and values, not 3"),
        (
            {"pattern": "(a"},
            ("pattern",),
            "is not a regular expression: missing ), unterminated subpattern at position 0",
        ),
        (wheel(**{"from": []}), (*LEFT, "from"), "must not be empty, not an empty list"),
        (wheel(**{"from": {"a": 1}}), (*LEFT, "from"), "must be a list, such as [one, two], not keys and values"),
        (
            wheel(from_="x"),
            (*LEFT, "from_"),
            "is not a key here. Did you mean «from»? Known keys: choices, from, is_spare, size.",
        ),
        (
            {"wheel": {}},
            ("wheel",),
            "is not a key here. Did you mean «wheels»? Known keys: label, pattern, rest, version, wheels.",
        ),
    ],
)
def test_a_fault_names_its_key_and_says_what_to_write(data: object, path: tuple[str | int, ...], message: str) -> None:
    """Whatever is wrong, the owner hears where it is and what would be right."""
    assert fault(data) == Fault(path, message)


def test_all_faults_come_at_once() -> None:
    """Correcting a file never uncovers a fault that could have been told before."""
    data = {"labl": "x", "rest": "soon", "wheels": {"left": {"size": 99}, "right": {}}}
    paths = {found.path for found in faults_in(Car, data)}
    assert paths == {("labl",), ("rest",), (*LEFT, "size"), ("wheels", "right", "size")}


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("24 h", 86400), (" 7d ", 604800)])
def test_a_duration_has_a_unit(text: str, seconds: int) -> None:
    """Seconds, minutes, hours and days are read as people write them."""
    assert validated(Car, {"rest": text}).rest == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["90", 90, "1.5h", "-1s", "1w", "", None, "9999999d"])
def test_a_duration_without_a_unit_is_refused(value: object) -> None:
    """A number alone could be seconds or minutes, so nothing is guessed."""
    assert fault({"rest": value}).message.startswith("must be a duration with its unit, such as 90s, 10m, 24h or 7d")


def test_a_duration_is_written_as_it_is_read() -> None:
    """What is dumped for a digest or a snapshot can be read again."""
    dumped = Car(rest=timedelta(hours=2)).model_dump(mode="json")
    assert dumped["rest"] == "7200s"
    assert validated(Car, {"rest": dumped["rest"]}).rest == timedelta(hours=2)


def test_one_value_stands_for_a_list_of_one() -> None:
    """An owner need not write brackets around a single name."""
    assert validated(Wheel, {"size": 1, "from": "there"}).from_ == ["there"]


def test_entries_go_on_past_a_faulty_one() -> None:
    """A check of every entry does not end at the first that cannot be read."""
    data = {"wheels": {"left": {"size": "big"}, "right": {"size": 2}}}
    assert [(key, one.size) for key, one in entries(Wheel, data, "wheels")] == [("right", 2)]
    assert names(data, "wheels") == {"left", "right"}


@pytest.mark.parametrize("data", [None, [], "x", {"wheels": 3}, {}])
def test_entries_of_nothing_are_none(data: object) -> None:
    """A section that is missing or of another kind has no entries; that is told elsewhere."""
    assert list(entries(Wheel, data, "wheels")) == []
    assert names(data, "wheels") == set()


def test_faults_found_elsewhere_refuse_too() -> None:
    """A file is valid only when nobody has found a fault in it."""
    with pytest.raises(InvalidData) as refused:
        validated(Car, {"label": "ok"}, [Fault(("label",), "is taken")])
    assert str(refused.value) == "label: is taken"


def test_a_suggestion_is_made_only_when_something_is_near() -> None:
    """A far-fetched guess would mislead."""
    assert suggestion("deplot", ["deploy", "remove"]) == " Did you mean «deploy»?"
    assert suggestion("zzz", ["deploy", "remove"]) == ""
