"""What a clause says for several parameters at once: clear, or asked."""

from typing import Any

import pytest

from orchestration.intake.catalogue import Operation, load_catalogue
from orchestration.intake.decomposition import Subtask
from orchestration.planning.finding import find_all


def operation(risk: str = "medium", title: str = "Do it", **parameters: dict[str, Any]) -> Operation:
    """Return an operation with these parameters."""
    declared = {
        "title": title, "says": ["do it"], "work_type": "x", "agent": "infra", "effect": "idempotent", "risk": risk,
        "parameters": parameters, "tool": "command", "with": {"argv": ["true"]},
    }  # fmt: skip
    return load_catalogue({"version": 1, "operations": {"do_it": declared}}).operation("do_it")


def said(clause: str, wanted: Operation) -> tuple[dict[str, str], set[str]]:
    """Return the texts that a clause has for parameters, and the parameters that are asked about."""
    found = find_all(wanted, Subtask(1, "do_it", 1.0, clause, {}), ())
    return {name: text for name, (text, _) in found.values.items()}, found.open


TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}
NUMBER: dict[str, Any] = {"type": "string", "format": "number"}
LIST: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
YES: dict[str, Any] = {"type": "boolean", "required": False}
MAYBE: dict[str, Any] = {"type": "string", "required": False}


@pytest.mark.parametrize(
    ("parameters", "clause", "values"),
    [
        ({"origin": TEXT, "target": TEXT}, "copy everything from Anna to Ben", {"origin": "Anna", "target": "Ben"}),
        ({"origin": TEXT, "target": TEXT}, "copy it to Ben from Anna", {"origin": "Anna", "target": "Ben"}),
        (
            {"user": TEXT, "channel": TEXT},
            "put Ada Lovelace into the 'random' channel",
            {"user": "Ada Lovelace", "channel": "random"},
        ),
        (
            {"width": WHOLE, "height": WHOLE},
            "a frame with a height of 3 and a width of 4",
            {"width": "4", "height": "3"},
        ),
        (
            {"bedrooms": WHOLE, "floors": WHOLE},
            "a house with 3 bedrooms and 2 floors",
            {"bedrooms": "3", "floors": "2"},
        ),
        (
            {"cores": WHOLE, "memory": {**WHOLE, "description": "Memory in gigabytes."}},
            "give it 8 gigabytes and 2 cores",
            {"cores": "2", "memory": "8"},
        ),
        ({"days": WHOLE, "year": WHOLE}, "the 7 days before, in 2024", {"days": "7", "year": "2024"}),
        ({"side1": WHOLE, "side2": WHOLE}, "sides of 5 and 4", {"side1": "5", "side2": "4"}),
        ({"low": NUMBER, "alpha": NUMBER}, "with an alpha of 0.05 and a low of -2", {"low": "-2", "alpha": "0.05"}),
        ({"reviewers": LIST}, "ask the reviewers 'Ann', 'Ben' and 'Cid'", {"reviewers": "'Ann', 'Ben' and 'Cid'"}),
        ({"rooms": {"type": "array", "items": WHOLE}}, "heat 2, 3 and 4", {"rooms": "2, 3 and 4"}),
        ({"ticket_id": TEXT, "owner": TEXT}, "give AB-123 to Ada", {"ticket_id": "AB-123", "owner": "Ada"}),
        ({"include_hidden": YES}, "show the files, including hidden ones", {"include_hidden": "yes"}),
        ({"include_hidden": YES}, "show the files without the hidden ones", {"include_hidden": "no"}),
        ({"order": {**TEXT, "description": "Can be 'asc' or 'desc'."}}, "sort it desc please", {"order": "desc"}),
        ({"city": TEXT}, "the weather in Boston, MA", {"city": "Boston, MA"}),
        ({"city": TEXT, "country": TEXT}, "the time in London, UK", {"city": "London", "country": "UK"}),
        (
            {"start_year": WHOLE, "end_year": WHOLE},
            "what happened between the years 300 and 400",
            {"start_year": "300", "end_year": "400"},
        ),
    ],
)
def test_values_go_to_the_parameters_that_they_are_of(
    parameters: dict[str, Any], clause: str, values: dict[str, str]
) -> None:
    """Names beside a value, prepositions, units and the order of a series tell whose it is."""
    assert said(clause, operation(**parameters)) == (values, set())


@pytest.mark.parametrize(
    ("parameters", "clause"),
    [
        ({"author": TEXT, "editor": TEXT}, "publish it with Anna and Ben"),
        ({"rows": WHOLE, "columns": WHOLE}, "make a table, 3 by 4"),
        ({"length": WHOLE, "count": WHOLE}, "take 3"),
        ({"heading": TEXT}, "publish the thing"),
    ],
)
def test_what_has_two_readings_is_left_open(parameters: dict[str, Any], clause: str) -> None:
    """No value is given away when it might be another parameter's, or when nothing says what it is."""
    values, _ = said(clause, operation(**parameters))
    assert not values


@pytest.mark.parametrize(
    ("parameters", "clause", "asked"),
    [
        ({"artist": MAYBE, "album": MAYBE}, "play something with Anna in it", {"artist", "album"}),
        ({"dominant_color": MAYBE}, "paint it with red as dominant color", {"dominant_color"}),
        ({"private_visibility": YES}, "pay it, and keep the payment private", {"private_visibility"}),
        ({"start_date": MAYBE}, "book it for tomorrow", {"start_date"}),
        ({"retries": {**WHOLE, "required": False}}, "restart it", set()),
    ],
)
def test_what_was_said_and_is_not_clear_is_asked_even_when_it_need_not_be_said(
    parameters: dict[str, Any], clause: str, asked: set[str]
) -> None:
    """A parameter that may be left out is asked about when the clause speaks of it, or has a value that may be its."""
    assert said(clause, operation(**parameters)) == ({}, asked)


def test_words_that_ask_for_the_operation_are_no_values() -> None:
    """«Slack» in «invite … to Slack» says what to do, and a name is no mail address."""
    wanted = operation(title="Invite to Slack", user=TEXT, user_email=TEXT).model_copy(
        update={"says": ["invite {user} to slack"]}
    )
    assert said("invite Ada to Slack", wanted)[0].get("user_email") is None
    assert said("invite Ada to Slack, ada@example.org", wanted)[0]["user_email"] == "ada@example.org"


def test_what_could_do_much_harm_takes_only_what_is_named() -> None:
    """From high risk on nothing is given away by its place in a clause."""
    parameters = {"origin": TEXT, "target": TEXT}
    assert said("move it from Anna to Ben", operation("high", **parameters)) == ({}, set())
    values, _ = said("move it, origin=Anna target: Ben", operation("high", **parameters))
    assert values == {"origin": "Anna", "target": "Ben"}


@pytest.mark.parametrize(
    ("clause", "value"),
    [("for 3 nights in Rome", "3"), ("stay nights at Rome, 4 nights", "4"), ("nights: many", "many")],
)
def test_what_only_follows_a_name_is_no_value(clause: str, value: str) -> None:
    """«nights in» is no value of nights, while «nights: many» is one that can be asked back."""
    values, _ = said(clause, operation(nights=WHOLE))
    assert values["nights"] == value


@pytest.mark.parametrize(
    ("clause", "values"),
    [
        ("log in as user root", {"user": "root"}),
        ("log in as user root, please", {"user": "root"}),
        ("show the user account settings", {}),
        ("the user name is not known", {}),
        ("the type of user of the machine", {}),
        ('log in with user "the boss"', {"user": "the boss"}),
    ],
)
def test_a_plain_word_behind_a_name_counts_when_it_is_all_of_the_value(clause: str, values: dict[str, str]) -> None:
    """«user root» says who; «user account settings» does not."""
    assert said(clause, operation(user=TEXT))[0] == values


def test_a_misspelt_value_is_no_word_that_the_operation_knows() -> None:
    """«rating» is the name of a parameter, and not «racing» with an error in it."""
    genre = {"type": "string", "enum": ["racing", "puzzle"], "required": False}
    wanted = operation(genre=genre, rating=NUMBER)
    assert said("find one with a rating of 4.5", wanted)[0] == {"rating": "4.5"}
    assert said("find a puzle", wanted)[0] == {"genre": "puzzle"}


@pytest.mark.parametrize(
    "clause",
    [
        "on any port but 3001",
        "on a port above 4000",
        "on ports below 4000",
        "on a port other than 3001",
        "but not on port 3001",
        "anything except 3001",
        "with a port up to 4000",
        "don't use 3001",
        "on ports 3005 and 3006",
        "on port 3005, 3006",
        "with 4096 MB of memory",
        "on 2 cores",
    ],
)
def test_a_number_that_is_the_wrong_one_or_a_bound_is_asked_about(clause: str) -> None:
    """«Any port but 3001» does not say 3001; nor may the default stand in silently for what was said."""
    port = {**WHOLE, "default": 3001, "says": ["port", "on port"]}
    assert said(clause, operation(port=port)) == ({}, {"port"})


@pytest.mark.parametrize(
    ("clause", "values"),
    [
        ("at 192.168.1.5:3005", {"port": "3005"}),
        ("at http://kuma.lan:3005", {"port": "3005"}),
        ("at 10:30", {}),
        ("on port 3005, not 3001", {"port": "3005"}),
    ],
)
def test_the_port_of_an_address_is_a_port(clause: str, values: dict[str, str]) -> None:
    """What stands behind the colon of an address is the port that is meant."""
    assert said(clause, operation(port={**WHOLE, "default": 3001}))[0] == values
