"""Typed values from words: sure, or a sentence about what would be taken."""

from typing import Any

import pytest

from orchestration.canonical import MAX_INTEGER
from orchestration.intake.declaration import Parameter
from orchestration.intake.parameters import (
    DEFAULT_MAX_LENGTH,
    check_value,
    find_before,
    find_enum,
    find_number,
    find_said,
    read_value,
)
from orchestration.intake.values import BadValue


def parameter(type_: str = "string", **declared: Any) -> Parameter:
    """Return a declared parameter, its keys as an owner writes them."""
    return Parameter.model_validate({"type": type_, **declared})


PORT = parameter("integer", minimum=1024, maximum=65535)
SERVICE = parameter(enum=["kuma", "grafana"], synonyms={"kuma": ["uptime kuma", "uptime"], "grafana": "dashboards"})
VOLUME = parameter(pattern="[a-z][a-z0-9_-]{0,62}")
PORTALS = parameter(
    "array",
    items={
        "type": "object",
        "properties": {"name": {"type": "string"}, "url": {"type": "string", "pattern": "https?://.+"}},
    },
    data={"file": "portals.yml"},
)


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        (PORT, "3001", 3001),
        (PORT, " 3001 ", 3001),
        (PORT, "+3001", 3001),
        (PORT, '"3001"', 3001),
        (parameter("integer"), "-5", -5),
        (parameter("integer"), str(MAX_INTEGER), MAX_INTEGER),
        (parameter("boolean"), "Yes", True),
        (parameter("boolean"), "off", False),
        (parameter(), "hello world", "hello world"),
        (parameter(), '"hello world"', "hello world"),
        (parameter(), "'hello'", "hello"),
        (parameter(), "it's 'fine'", "it's 'fine'"),
        (parameter(), '"one" and "two"', '"one" and "two"'),
        (parameter(), 'say "hi"', 'say "hi"'),
        (parameter(), "the end, please", "the end, please"),
        (SERVICE, "kuma", "kuma"),
        (SERVICE, "KUMA", "kuma"),
        (SERVICE, "Uptime Kuma", "kuma"),
        (SERVICE, "dashboards", "grafana"),
        (SERVICE, "the kuma", "kuma"),
        (SERVICE, "kuma, please", "kuma"),
        (VOLUME, "my notes", "notes"),
        (VOLUME, "notes now", "notes"),
    ],
)
def test_words_become_typed_values(declared: Parameter, text: str, value: object) -> None:
    """Quotes that enclose are left out, synonyms are meant, articles and courtesies count only where they can."""
    found = read_value(declared, text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("declared", "text", "message"),
    [
        (PORT, "many", "must be a whole number, not «many»"),
        (PORT, "3.5", "must be a whole number, not «3.5»"),
        (PORT, "3001 or so", "must be a whole number"),
        (PORT, "80", "must be between 1024 and 65535, not 80"),
        (PORT, "65536", "must be between 1024 and 65535, not 65536"),
        (parameter("integer"), str(MAX_INTEGER + 1), "must be between"),
        (parameter("integer"), "9" * 400, "must be a whole number"),
        (parameter("integer", minimum=0), "-1", "must be between 0 and"),
        (parameter("boolean"), "maybe", "must be yes or no, not «maybe»"),
        (SERVICE, "postgres", "must be one of kuma, grafana, not «postgres»"),
        (SERVICE, "everything but kuma", "must be one of kuma, grafana"),
        (VOLUME, "../etc", "does not look right; it must match [a-z]"),
        (VOLUME, "Notes", "must match"),
        (VOLUME, "notes and media", "must match"),
        (parameter(), '""', "must have 1 to 1000 characters, not 0"),
        (parameter(), "x" * (DEFAULT_MAX_LENGTH + 1), "must have 1 to 1000 characters, not 1001"),
        (parameter(maxLength=3), "four", "must have 1 to 3 characters, not 4"),
        (parameter(minLength=3), "ab", "must have 3 to 1000 characters, not 2"),
        (parameter(), "a\0b", "cannot be passed on (NUL)"),
        (PORTALS, "all of them", "cannot be said as text; it is a whole array"),
    ],
)
def test_what_is_not_taken_says_what_would_be(declared: Parameter, text: str, message: str) -> None:
    """A value that its parameter does not take is refused with the type, the bounds or the choices."""
    with pytest.raises(BadValue) as refused:
        read_value(declared, text)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("declared", "value", "message"),
    [
        (parameter("integer"), True, "must be a whole number"),
        (parameter("integer"), "3", "must be a whole number"),
        (parameter("integer"), 3.0, "must be a whole number"),
        (parameter("boolean"), 1, "must be yes or no"),
        (parameter(), 3, "must be a text"),
        (parameter("integer", enum=[1, 2]), 3, "must be one of 1, 2, not «3»"),
        (PORTALS, {"name": "x"}, "must be a list"),
        (PORTALS, ["x"], "item 1 must have names and values"),
        (PORTALS, [{"name": "a", "url": "https://a"}, {"name": "b"}], "item 2 has no «url»"),
        (PORTALS, [{"name": "a", "url": "ftp://a"}], "item 1 url «ftp://a» does not look right"),
        (PORTALS, [{"name": "a", "url": "https://a", "colour": "red"}], "item 1 has «colour», which is not declared"),
    ],
)
def test_values_from_files_are_checked_as_strictly(declared: Parameter, value: object, message: str) -> None:
    """What data says is checked to its last part, and the refusal says where in it."""
    with pytest.raises(BadValue) as refused:
        check_value(declared, value)
    assert message in str(refused.value)


def test_values_that_fit_are_returned_as_they_are() -> None:
    """A check changes nothing."""
    portals = [{"name": "a", "url": "https://a"}, {"url": "http://b", "name": "b"}]
    assert check_value(PORTALS, portals) is portals
    assert check_value(parameter("object"), {"any": ["thing"]}) == {"any": ["thing"]}
    optional = parameter("object", properties={"a": {"type": "integer", "required": False}})
    assert check_value(optional, {}) == {}


@pytest.mark.parametrize(
    ("clause", "value", "words"),
    [
        ("deploy kuma on port 3005", "3005", "port 3005"),
        ("deploy kuma, port=3005", "3005", "port=3005"),
        ("Port: 3005 for kuma", "3005", "Port: 3005"),
        ("with port is 3005", "3005", "port is 3005"),
        ("set its port to 3005", "3005", "port to 3005"),
        ('port "30 05"', "30 05", 'port "30 05"'),
        ("web port 80", "80", "port 80"),
    ],
)
def test_a_named_value_is_found(clause: str, value: str, words: str) -> None:
    """The name of a parameter, or a word for it, introduces its value; what was said is kept beside."""
    assert find_said("port", PORT, clause) == (value, words)


NAMES = parameter("array", items={"type": "string"})
ROOMS = parameter("array", items={"type": "integer", "minimum": 1})


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        (NAMES, "anna, ben and carl", ["anna", "ben", "carl"]),
        (NAMES, "anna, ben, and carl", ["anna", "ben", "carl"]),
        (NAMES, "anna & ben", ["anna", "ben"]),
        (NAMES, "anna", ["anna"]),
        (NAMES, "'salt and pepper', \"oil, virgin\"", ["salt and pepper", "oil, virgin"]),
        (NAMES, "['anna', 'ben']", ["anna", "ben"]),
        (ROOMS, "2, 3 and 4", [2, 3, 4]),
        (ROOMS, "[12, 15]", [12, 15]),
        (ROOMS, "2nd and 3rd", [2, 3]),
        (parameter("array", items={"type": "string", "enum": ["read", "write"]}), "read and write", ["read", "write"]),
    ],
)
def test_lists_of_simple_values_can_be_said(declared: Parameter, text: str, value: list[object]) -> None:
    """Commas, «and» and brackets part a list; what is quoted stays whole, and each item is read as its own type."""
    assert read_value(declared, text) == value


@pytest.mark.parametrize(
    ("declared", "text", "message"),
    [
        (ROOMS, "2 and many", "must be a whole number, not «many»"),
        (ROOMS, "0", "must be between 1 and"),
        (PORTALS, "a, b", "cannot be said as text; it is a whole array"),
    ],
)
def test_a_list_with_a_bad_item_is_refused(declared: Parameter, text: str, message: str) -> None:
    """One item that is not taken refuses the list, and a list of objects cannot be said at all."""
    with pytest.raises(BadValue, match=message):
        read_value(declared, text)


@pytest.mark.parametrize(
    ("clause", "value"),
    [
        ("the host is nas.", "nas"),
        ("host: nas?", "nas"),
        ("host in the rack", None),
        ("which host has it", None),
        ("host above 3", None),
    ],
)
def test_small_words_behind_a_name_are_no_values(clause: str, value: str | None) -> None:
    """What ends a sentence is not of the value, and words such as «in» and «above» are none."""
    found = find_said("host", parameter(), clause)
    assert (found and found[0]) == value


def test_a_value_of_an_enum_may_end_the_sentence() -> None:
    """A full stop behind it does not hide it."""
    assert find_enum(SERVICE, "restart kuma.") == ("kuma", "kuma")


@pytest.mark.parametrize("clause", ["deploy kuma", "import 5 portals", "port", "seaport 5", "my-port 5", ""])
def test_a_name_inside_another_word_introduces_nothing(clause: str) -> None:
    """Only the whole word counts, and only with something after it."""
    assert find_said("port", PORT, clause) is None


def test_other_words_for_a_parameter_introduce_it_too() -> None:
    """The words under `says` count as the name, and an underscore may be a space."""
    assert find_said("web_port", parameter("integer", says=["listening on"]), "listening on 80") == (
        "80", "listening on 80",
    )  # fmt: skip
    assert find_said("web_port", PORT, "the web port 80") == ("80", "web port 80")


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ("restart kuma", ("kuma", "kuma")),
        ("restart UPTIME", ("kuma", "uptime")),
        ("restart the uptime kuma please", ("kuma", "uptime")),
        ("the dashboards, again", ("grafana", "dashboards")),
        ("restart kuma and grafana", None),
        ("restart kumanda", None),
        ("restart it", None),
    ],
)
def test_a_choice_is_found_when_it_is_the_only_one(clause: str, found: tuple[str, str] | None) -> None:
    """One value of an enum in a clause is meant; two, or none, are not guessed between."""
    assert find_enum(SERVICE, clause) == found


def test_only_an_enum_has_choices() -> None:
    """A parameter without an enum finds none."""
    assert find_enum(PORT, "kuma 3001") is None


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ("give it 5", "5"),
        ("5 or 6", None),
        ("v1.5", None),
        ("a5", None),
        ("5-6", None),
        ("five", "five"),
        ("one more", None),
        ("five or 6", "6"),
    ],
)
def test_a_number_is_found_when_it_is_the_only_one(clause: str, found: str | None) -> None:
    """The only whole number of a clause is meant; parts of other things are no numbers."""
    assert find_number(PORT, clause) == (found and (found, found))
    assert find_number(parameter(), clause) is None


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ("is the kuma service running", ("kuma", "kuma")),
        ("the UPTIME KUMA service, please", ("kuma", "uptime kuma")),
        ("the service kuma", None),
        ("kuma and its service", None),
        ("the kuma service like the grafana service", None),
        ("the kuma services", None),
    ],
)
def test_a_value_may_stand_before_the_name(clause: str, found: tuple[str, str] | None) -> None:
    """The only value of the enum, right before the parameter's name, is its value whatever comes behind."""
    declared = parameter(enum=["kuma", "grafana"], synonyms={"kuma": ["uptime kuma"]})
    assert find_before("service", declared, clause) == found
