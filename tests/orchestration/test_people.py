"""The people file: one bad example of each kind, and who is who in a good one."""

from typing import Any

import pytest

from orchestration.people import load_people
from orchestration.policy import Policy, Rules
from orchestration.validation import Fault, InvalidData

GOOD: dict[str, Any] = {
    "version": 1,
    "people": {
        "ana": {"name": "Ana", "terminal": "ana", "slack": "T1/U7", "discord": "400", "groups": ["everyone"]},
        "ben": {"name": "Ben", "slack": ["T1/U8", "T2/U9"], "groups": ["everyone", "operators"]},
    },
    "groups": {"operators": {"slack_usergroup": "S1"}, "on-call": {}},
}


def with_ana(**values: object) -> dict[str, Any]:
    """Return the good file with another Ana."""
    return {**GOOD, "people": {**GOOD["people"], "ana": {**GOOD["people"]["ana"], **values}}}


def test_people_are_found_by_their_groups_and_accounts() -> None:
    """A person is the same by group, by system user and by name."""
    people = load_people(GOOD)
    assert people.members(["operators", "on-call"]) == ["ben"]
    assert people.known_groups() == {"everyone", "operators", "on-call"}
    assert people.by_terminal("ana") == "ana"
    assert people.by_terminal("root") is None
    assert (people.name("ben"), people.name("eve")) == ("Ben", "eve")


def test_members_that_a_platform_names_count_beside_those_of_the_file() -> None:
    """What a platform says replaces what it said before; an account of nobody's counts for nobody."""
    people = load_people(GOOD)
    joined = people.with_members({"slack": {"operators": frozenset({"T1/U7", "T1/U99"}), "on-call": frozenset()}})
    assert joined.members(["operators"]) == ["ana", "ben"]
    assert joined.members(["on-call"]) == []
    assert joined.with_members({"discord": {"operators": frozenset({"400"})}}).members(["operators"]) == ["ana", "ben"]
    assert joined.with_members({}).members(["operators"]) == people.members(["operators"]) == ["ben"]


def test_members_survive_other_files() -> None:
    """A reload keeps what the platforms said, and reads it by the accounts of the new file."""
    people, policy = load_people(GOOD), Policy(version="1", ask=[], approvals=[])
    rules = Rules(policy, people)
    rules.join("slack", {"operators": frozenset({"T1/U7"})})
    rules.join("discord", {"on-call": frozenset({"400"})})
    assert rules.people.members(["on-call"]) == ["ana"]
    rules.go_by(policy, load_people(with_ana(slack="T1/U70")))
    assert rules.people.members(["operators"]) == ["ben"]
    rules.go_by(policy, load_people(GOOD))
    assert rules.people.members(["operators"]) == ["ana", "ben"]


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        ({**GOOD, "version": 2}, ("version",), "must be 1, not 2"),
        ({**GOOD, "people": {}}, ("people",), "must not be empty, not keys and values"),
        (with_ana(nam="x"), ("people", "ana", "nam"), "is not a key here. Did you mean «name»?"),
        (with_ana(name=""), ("people", "ana", "name"), "must not be empty, not «»"),
        (with_ana(slack="U7"), ("people", "ana", "slack"), "«U7» is not team and user, such as T024BE7LD/U7"),
        (with_ana(discord="ana#1"), ("people", "ana", "discord"), "«ana#1» is not the number of the user, in quotes"),
        (with_ana(discord=400), ("people", "ana", "discord", 0), 'must be a text, not 400: put it in quotes, "400"'),
        (
            with_ana(slack="T1/U8"),
            ("people", "ben", "slack"),
            "«T1/U8» is already ana's; one account belongs to one person",
        ),
        (with_ana(groups=["*"]), ("people", "ana", "groups", 0), "«*» cannot be a group: name a group of yours"),
        (with_ana(groups=["On Call"]), ("people", "ana", "groups", 0), "«On Call» cannot be a group: use a-z"),
        (
            {**GOOD, "groups": {"*": {}}},
            ("groups", "*"),
            "«*» cannot be a name here: use a-z, 0-9, _ . and -, such as on-call",
        ),
        (
            {**GOOD, "people": {**GOOD["people"], "policy": {"name": "P"}}},
            ("people", "policy"),
            "means the policy itself in every record: give this person another key",
        ),
    ],
)
def test_a_bad_people_file_is_refused(data: object, path: tuple[str | int, ...], message: str) -> None:
    """Every mistake that would give an account to the wrong person, or to nobody, stops the start."""
    with pytest.raises(InvalidData) as refused:
        load_people(data)
    (fault,) = refused.value.faults
    assert fault.path == path
    assert fault.message.startswith(message)


def test_all_faults_of_a_people_file_come_at_once() -> None:
    """A wrong key in one person does not hide a stolen account of another."""
    data = with_ana(groups=["*"])
    data["people"]["eve"] = {"nickname": "Eve"}
    with pytest.raises(InvalidData) as refused:
        load_people(data)
    assert Fault(("people", "eve", "name"), "is missing: add «name:»") in refused.value.faults
    assert {fault.path for fault in refused.value.faults} == {
        ("people", "eve", "name"),
        ("people", "eve", "nickname"),
        ("people", "ana", "groups", 0),
    }
