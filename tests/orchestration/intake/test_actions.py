"""Words for actions: one or several, around their object, and as nouns."""

import pytest

from orchestration.intake.actions import find_actions
from orchestration.intake.words import stem


def actions(text: str) -> list[tuple[str, str]]:
    """Return (action, its words)."""
    raws = text.split()
    found = find_actions([stem(raw) for raw in raws], raws)
    return [(action, " ".join(raws[place] for place in places)) for action, places in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deploy it", [("create", "deploy")]),
        ("spin the dashboards up", [("create", "spin up")]),
        ("get rid of it", [("destroy", "get rid of")]),
        ("turn it off and on again", [("restart", "turn off and on again")]),
        ("turn it off", [("stop", "turn off")]),
        ("take a backup of it", [("backup", "take a backup")]),
        ("they are backed up", [("backup", "backed up")]),
        ("deploying one and removing another", [("create", "deploying"), ("destroy", "removing")]),
        ("order a pizza", [("order", "order")]),
        ("hello there", []),
        ("shut it down for good", [("destroy", "shut down for good")]),
        ("turn it off permanently", [("destroy", "turn off")]),
        ("it has to go", [("destroy", "has to go")]),
        ("it has to go on port 80", []),
        ("put the names from the list into it", [("add", "put into")]),
        ("take the names out of the backup", [("destroy", "take out")]),
        ("start the tests", [("test", "start the tests")]),
        ("kick off the tests", [("", "kick off"), ("test", "tests")]),
        ("keep an eye on it", [("watch", "keep an eye on")]),
    ],
)
def test_actions_are_found(text: str, expected: list[tuple[str, str]]) -> None:
    """The longest way to say it counts, with its object in the middle and its light verb."""
    assert actions(text) == expected


def test_opposites_are_never_the_same_action() -> None:
    """What makes and what destroys, what starts and what stops, have no word in common."""
    pairs = [
        ("deploy", "undeploy"),
        ("install", "uninstall"),
        ("start", "stop"),
        ("backup", "restore"),
        ("add", "remove"),
    ]
    for one, other in pairs:
        assert actions(one)[0][0] != actions(other)[0][0]
