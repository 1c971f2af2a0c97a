"""Requests to the shipped homelab, and the values that are read in them: sure, or asked."""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.workspace import Workspace
from orchestration.intake.request import clean_text
from orchestration.people import load_people
from orchestration.planning.declared import Declared
from orchestration.planning.planner import Planner, Unclear
from orchestration.policy import Rules, load_policy
from tests.support.homelab import SHIPPED, catalogue, read

Tasks = list[tuple[str, dict[str, Any]]]
DECLARED = Declared(catalogue())


@pytest.fixture
def planned(tmp_path: Path) -> Callable[[str], Awaitable[Tasks | str]]:
    """Return what becomes of a request: (operation, parameters) of each task, or what is asked or refused."""
    workspace = tmp_path / "workspace"
    shutil.copytree(SHIPPED / "workspace", workspace)
    for volume in ("photos", "recipes"):
        (workspace / "volumes" / volume).mkdir(exist_ok=True)
    people = load_people(read("people.yml"))
    rules = Rules(load_policy(read("policy.yml"), people, set(DECLARED.catalogue.operations)), people)
    planner = Planner(DECLARED, rules, Workspace(workspace), str(workspace))

    async def outcome(text: str) -> Tasks | str:
        found = await planner.decompose(clean_text(text))
        if found.out_of_scope or found.questions:
            return " / ".join((*found.out_of_scope, *(question.text for question in found.questions)))
        try:
            content = await planner.plan("p", 1, planner.read(found.subtasks))
        except Unclear as error:
            return str(error)
        return [(task.operation, dict(task.parameters)) for task in content.tasks]

    return outcome


Planned = Callable[[str], Awaitable[Tasks | str]]


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("deploy grafana on port four thousand", 4000),
        ("install grafana on thirty one hundred please", 3100),
        ("set up grafana on port three thousand and one", 3001),
        ("grafana on eighty eighty please", 8080),
        ("set up grafana, port: four thousand", 4000),
        ("make it port forty one hundred: deploy grafana", 4100),
        ("port 4100. deploy grafana", 4100),
        ("deploy grafana on port 4000, on port 3000 there is something else", 4000),
    ],
)
async def test_a_number_in_words(planned: Planned, text: str, port: int) -> None:
    """A number in words is read wherever one in digits is."""
    assert await planned(text) == [("deploy_grafana", {"port": port})]


async def test_numbers_in_words_of_two_tasks(planned: Planned) -> None:
    """Each of two tasks has its own number."""
    found = await planned("deploy kuma on port four thousand and grafana on port five thousand")
    assert found == [("deploy_kuma", {"port": 4000}), ("deploy_grafana", {"port": 5000})]


@pytest.mark.parametrize(
    "text",
    ["deploy kuma on port thirty one two", "deploy kuma on any port but four thousand",
     "deploy kuma on ports four thousand and five thousand", "deploy kuma with two thousand monitors",
     "deploy kuma on port 3001, port 3005"],
)  # fmt: skip
async def test_a_number_in_words_that_is_not_sure(planned: Planned, text: str) -> None:
    """What is no one number, one of several, or a number of something else is asked about."""
    assert isinstance(await planned(text), str)


@pytest.mark.parametrize(
    ("text", "suite"),
    [
        ("run the tests, the full suite", "all"),
        ("test run pls but the full one not just the sample", "all"),
        ("run all the tests, not only the sample ones", "all"),
        ("run the sample tests, not all of them", "sample"),
        ("run tests: the entire suite please", "all"),
        ("run tests but only the failing", "with_failure"),
        ("run all the tests, the full suite", "all"),
    ],
)
async def test_one_of_several_values(planned: Planned, text: str, suite: str) -> None:
    """A value may stand apart from its wish; one of which it is said that it is not meant does not count."""
    assert await planned(text) == [("run_tests", {"suite": suite})]


@pytest.mark.parametrize("text", ["run all tests that fail", "restart both services, kuma first", "restart both"])
async def test_values_that_are_not_sure(planned: Planned, text: str) -> None:
    """Two values where one is wanted, and one where two are, are asked about: no default is taken."""
    assert isinstance(await planned(text), str)


@pytest.mark.parametrize(
    ("text", "volumes"),
    [
        ("please make one backup of volume media", ["media"]),
        ("back up the volume called media", ["media"]),
        ("need a backup of the photos folder", ["photos"]),
        ("back up volume notes and volume media", ["notes", "media"]),
        ("back up both volumes, notes first and media after", ["notes", "media"]),
        ("back up all of these: notes, media and photos", ["notes", "media", "photos"]),
        ("can you back up photos and notes before i swap the disk tonight? thx", ["photos", "notes"]),
        ("my recipes are precious to me. nobody else has them. please back them up", ["recipes"]),
    ],
)
async def test_names_and_their_kind(planned: Planned, text: str, volumes: list[str]) -> None:
    """The word for what a thing is is no part of its name, and each of several things is a task."""
    assert await planned(text) == [("back_up_volume", {"volume": volume}) for volume in volumes]


@pytest.mark.parametrize(
    "text", ["back up three volumes: notes and media", "back up both volumes", "back up the media server"]
)
async def test_names_that_are_not_sure(planned: Planned, text: str) -> None:
    """Fewer names than were announced, none, or one that is not known are asked about."""
    assert isinstance(await planned(text), str)


@pytest.mark.parametrize(
    ("text", "operation", "parameters"),
    [
        ("fail on purpose with the message disk full", "fail", {"error_message": "disk full"}),
        ("fail with message 'out of disk' please", "fail", {"error_message": "out of disk"}),
        ("Echo back: maintenance starts at 22:00", "echo", {"message": "maintenance starts at 22:00"}),
        ("echo the message hello world", "echo", {"message": "hello world"}),
        ("echo the message is lost", "echo", {"message": "the message is lost"}),
        ("echo this: the cake is a lie", "echo", {"message": "the cake is a lie"}),
        ("echo this message back to me: all good", "echo", {"message": "all good"}),
        ('fail please, with the message "no more space"', "fail", {"error_message": "no more space"}),
        ("echo two hundred and three", "echo", {"message": "two hundred and three"}),
        ("echo hello for me", "echo", {"message": "hello"}),
        ("can you say hello to everyone? thanks", "echo", {"message": "hello to everyone"}),
    ],
)
async def test_free_text(planned: Planned, text: str, operation: str, parameters: dict[str, str]) -> None:
    """A text is taken as it was said, without the words that only say what it is."""
    assert await planned(text) == [(operation, parameters)]


@pytest.mark.parametrize("text", ["can you echo a message for me?", "say something", "echo it"])
async def test_a_text_that_nobody_said(planned: Planned, text: str) -> None:
    """What only says that there is to be a text is not the text."""
    assert await planned(text) == "What should be echoed?"


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("what could we use instead of grafana? i only need it for a few graphs", {"purpose": "a few graphs"}),
        ("what could replace grafana? We only need it to look at cpu and disk", {"purpose": "look at cpu and disk"}),
        ("compare alternatives to plex please, they want money for everything now", {"subject": "plex"}),
        ("Kuma is eating my RAM. Compare the alternatives to it for me", {"subject": "Kuma"}),
        ("i need alternatives to plex for watching films", {"subject": "plex", "purpose": "watching films"}),
    ],
)  # fmt: skip
async def test_what_research_is_about(planned: Planned, text: str, parameters: dict[str, str]) -> None:
    """The subject ends where the owner's phrases go on; what it is needed for may stand apart."""
    found = await planned(text)
    assert isinstance(found, list)
    assert [key for key, _ in found] == ["evaluate_alternatives"]
    assert found[0][1].items() >= parameters.items()


async def test_a_subject_that_nobody_named_is_asked(planned: Planned) -> None:
    """A word that points to what nobody knows is no subject."""
    assert await planned("we use plex a lot. what are the alternatives to it?") == "Alternatives to what?"


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("what did plan 4MQ7TZ do? show me its log", ("show_logs", {"plan": "4MQ7TZ"})),
        ("is everything up and running? i am back and want to check", ("show_status", {"service": "all"})),
        ("is uptime kuma up? i want to know if kuma is running", ("show_status", {"service": "kuma"})),
        ("review the kuma role and suggest improvements", ("generate_improvements", {"service": "kuma"})),
        ("did plan 7K2MQ4 work? show its output", ("show_logs", {"plan": "7K2MQ4"})),
        ("why did plan 7K2MQ4 fail? show me the log", ("show_logs", {"plan": "7K2MQ4"})),
    ],
)  # fmt: skip
async def test_the_same_look_in_other_words_is_one_task(planned: Planned, text: str, task: tuple[str, Any]) -> None:
    """Who asks twice to see the same thing sees it once."""
    assert await planned(text) == [task]


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        (
            "status of kuma and of grafana",
            [("show_status", {"service": "kuma"}), ("show_status", {"service": "grafana"})],
        ),
        (
            "show logs for plan 7K2MQ4 and plan 5TRW8C",
            [("show_logs", {"plan": "7K2MQ4"}), ("show_logs", {"plan": "5TRW8C"})],
        ),
    ],
)
async def test_a_look_at_another_thing(planned: Planned, text: str, tasks: Tasks) -> None:
    """Who asks to see two things sees both."""
    assert await planned(text) == tasks


async def test_a_second_look_is_a_second_task(planned: Planned) -> None:
    """The same words twice, or with something done between, are two looks."""
    found = await planned("show status, restart kuma, show status")
    assert isinstance(found, list)
    assert [operation for operation, _ in found] == ["show_status", "restart_service", "show_status"]


@pytest.mark.parametrize(
    ("text", "operation"),
    [("rm kuma", "remove_kuma"), ("del grafana", "remove_grafana"), ("redeploy grafana", "deploy_grafana"),
     ("i want kuma back", "deploy_kuma"), ("nuke grafana", "remove_grafana"), ("spin up kuma", "deploy_kuma")],
)  # fmt: skip
async def test_short_forms(planned: Planned, text: str, operation: str) -> None:
    """What operators call an action in short is that action."""
    found = await planned(text)
    assert isinstance(found, list)
    assert [key for key, _ in found] == [operation]


async def test_a_word_of_every_day_is_no_misspelt_action(planned: Planned) -> None:
    """«wife» is not «wipe»."""
    found = await planned("my wife is worried about the photos. back them up")
    assert found == [("back_up_volume", {"volume": "photos"})]


async def test_the_value_of_an_earlier_wish_is_no_second_wish(planned: Planned) -> None:
    """«Deploy kuma and grafana, kuma on 3005» is two tasks, and none of them twice."""
    found = await planned("deploy kuma and grafana, kuma on 3005")
    assert found == [("deploy_kuma", {"port": 3005}), ("deploy_grafana", {"port": 3000})]
