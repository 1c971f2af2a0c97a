"""How far a wish goes: all of a kind, a part of what it does anyway, what is laid down again, another value."""

import pytest

from tests.support.reading import NAMES, planned, read


@pytest.mark.parametrize(
    "text",
    [
        "back up all volumes",
        "please back up every volume",
        "back up all four volumes",
        "make a backup of all the volumes",
        "backup all my volumes, the disk is dying",
    ],
)
def test_all_of_a_kind_is_one_task_each(text: str) -> None:
    """Each thing that the workspace lists is a task of its own, and all of them are on the card."""
    assert [task.parameters["volume"] for task in read(text).subtasks] == sorted(NAMES)


def test_what_waits_for_all_of_a_kind_waits_for_each() -> None:
    """«then» behind all volumes comes after the last of them."""
    assert read("back up all volumes, then remove grafana").subtasks[-1].depends_on == (1, 2, 3, 4)


@pytest.mark.parametrize(
    "text",
    [
        "delete all volumes",
        "back up all three volumes",
        "back up both volumes",
        "back up all volumes except media",
        "back up all volumes but not media",
        "back up all but the media volume",
    ],
)
def test_all_of_a_kind_is_asked_where_it_is_not_sure_or_harms(text: str) -> None:
    """Another count, an exception and a deletion name no volumes."""
    found = read(text)
    assert found.questions or {} in [task.parameters for task in found.subtasks]


def test_all_of_a_kind_is_asked_where_a_name_is_two_things() -> None:
    """A volume that is called as a role is would be left out."""
    [task] = read("back up all volumes", {**NAMES, "kuma": ""}).subtasks
    assert task.parameters == {}


@pytest.mark.parametrize(
    "text",
    [
        "get rid of grafana. its folder can go too.",
        "remove grafana, its folder too",
        "uninstall grafana. Its folder should go as well",
    ],
)
def test_what_a_wish_does_anyway_is_part_of_it(text: str) -> None:
    """The description of an operation says what it takes with it."""
    assert planned(text) == ["remove_grafana"]


def test_what_a_wish_does_not_do_is_no_part_of_it() -> None:
    """A volume is not removed with a service, so that it is no part of that."""
    found = read("remove grafana. its volume can go too")
    assert found.questions or found.out_of_scope or len(found.subtasks) == 2


@pytest.mark.parametrize(
    "text",
    [
        "remove grafana and then put it back on 3100",
        "remove grafana, then set it up again",
        "uninstall grafana and put grafana back",
        "remove grafana. Put it back on port 3100",
    ],
)
def test_what_is_removed_can_be_laid_down_again(text: str) -> None:
    """Behind a removal «put it back» is the operation that it undoes, and waits for it."""
    found = read(text)
    assert (found.questions, [task.intent for task in found.subtasks]) == ((), ["remove_grafana", "deploy_grafana"])
    assert found.subtasks[1].depends_on == (1,)


@pytest.mark.parametrize(
    "text",
    [
        "put grafana back",
        "remove grafana and put it back if it fails",
        "restart grafana and put it back",
        "remove kuma and grafana, then put them back",
    ],
)
def test_nothing_is_laid_down_again_that_was_not_removed(text: str) -> None:
    """Alone, on a condition, or behind anything else, «put it back» is asked or refused."""
    found = read(text)
    assert found.questions or found.out_of_scope


@pytest.mark.parametrize(
    "text",
    [
        "run the sample tests then all of them",
        "run the sample tests, then all the tests",
        "run the sample tests and after that everything",
    ],
)
def test_another_value_is_the_wish_once_more(text: str) -> None:
    """«then all of them» is a second run, behind the first."""
    assert planned(text) == ["run_tests", "run_tests"]


@pytest.mark.parametrize(
    "text",
    [
        "kuma and grafana should be deployed",
        "both kuma and grafana should be deployed",
        "both kuma and grafana must be installed",
    ],
)
def test_what_is_said_of_two_is_done_to_both(text: str) -> None:
    """The subject of a sentence may be two things."""
    assert planned(text) == ["deploy_kuma", "deploy_grafana"]


@pytest.mark.parametrize(
    "text",
    [
        "give me a rundown of kuma: port, monitors, restarts",
        "which port is kuma on again",
        "status of kuma: port and restarts",
        "how many monitors does kuma have",
        "what port does kuma listen on",
    ],
)
def test_what_a_look_shows_is_asked_for_by_its_name(text: str) -> None:
    """Port, monitors and restarts are what the status prints; listed behind a colon they are no wishes."""
    assert planned(text) == ["show_status"]


@pytest.mark.parametrize(
    "text",
    ["which port should I use for grafana", "how can I change the port of kuma", "which service should I restart"],
)
def test_advice_is_no_look(text: str) -> None:
    """What somebody should do is not what the status shows."""
    assert not read(text).subtasks


@pytest.mark.parametrize(
    "text",
    [
        "if kuma is up restart it, otherwise deploy it",
        "is kuma up? if not restart it",
        "when the tests are green deploy kuma, otherwise remove it",
    ],
)
def test_otherwise_is_a_condition(text: str) -> None:
    """Nothing that holds on a condition is planned without a question."""
    found = read(text)
    assert found.questions or found.out_of_scope


@pytest.mark.parametrize(
    "text",
    [
        "Give me the admin password of Grafana",
        "Can you give Priya admin rights in Grafana?",
        "upgrade grafana to the latest version",
        "show me the api token of kuma",
    ],
)
def test_secrets_rights_and_versions_are_refused(text: str) -> None:
    """What no operation speaks of is no question about the service that was named."""
    found = read(text)
    assert (found.subtasks, found.questions) == ((), ())


def test_what_describes_a_thing_is_no_part_of_its_name() -> None:
    """A relative clause behind what is to be replaced, and a reason behind a quote, are cut off."""
    [task] = read("any alternatives to uptime kuma that are lighter?").subtasks
    assert task.parameters == {"subject": "uptime kuma"}
    [task] = read("fail with 'red light' so i can check my alert").subtasks
    assert task.parameters == {"error_message": "'red light'"}


@pytest.mark.parametrize(
    "text", ["run the tests, want to check the report looks right", "run the tests, I want to see whether my fix works"]
)
def test_what_the_speaker_will_look_at_is_no_wish(text: str) -> None:
    """A look at what is not known here is the speaker's own."""
    assert planned(text) == ["run_tests"]
    assert planned("run the tests, want to check the status of kuma") == ["run_tests", "show_status"]
