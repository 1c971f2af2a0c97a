"""A request is read as the things that are wanted, in their order, or as what has to be asked back."""

import time

import pytest

from orchestration.intake.decomposition import MAX_CHOICES, MAX_SUBTASKS, Decomposition, decompose
from orchestration.intake.matching import Matcher
from tests.support.homelab import catalogue

HOMELAB = catalogue()
MATCHER = Matcher(HOMELAB)
DEPLOYS = {"deploy_kuma", "deploy_grafana"}


def read(text: str) -> Decomposition:
    """Read a request against the shipped catalogue."""
    return decompose(text, HOMELAB, MATCHER)


def wanted(text: str) -> list[str]:
    """Return the operations that a request is read as; fails when anything is asked back."""
    found = read(text)
    assert (found.questions, found.out_of_scope) == ((), ())
    return [subtask.intent for subtask in found.subtasks]


# ---------------------------------------------------------------------------------------- everyday requests

UNDERSTOOD: dict[str, list[str]] = {
    "Deploy Kuma and add existing portals to config": ["deploy_kuma", "add_portals_to_config"],
    "Hi, can you deploy uptime kuma? Thanks!": ["deploy_kuma"],
    "set up grafana dashboards please": ["deploy_grafana"],
    "I'd like you to install kuma on port 3005": ["deploy_kuma"],
    "First deploy kuma, then add the portals to kuma": ["deploy_kuma", "add_portals_to_config"],
    "Deploy kuma. After that add portals to config.": ["deploy_kuma", "add_portals_to_config"],
    "deploy kuma; deploy grafana; show status": ["deploy_kuma", "deploy_grafana", "show_status"],
    "deploy kuma & deploy grafana": ["deploy_kuma", "deploy_grafana"],
    "please tear down grafana": ["remove_grafana"],
    "restart kuma please": ["restart_service"],
    "bounce the dashboards": ["restart_service"],
    "turn kuma off and on again": ["restart_service"],
    "back up my notes volume": ["back_up_volume"],
    "can you back up the notes volume, please": ["back_up_volume"],
    "make a backup of media": ["back_up_volume"],
    "wipe the media volume please": ["delete_volume"],
    "delete the media volume and remove kuma": ["delete_volume", "remove_kuma"],
    "monitor the existing portals": ["add_portals_to_config"],
    "stop monitoring the portals": ["remove_portals_from_config"],
    "status": ["show_status"],
    "what's running?": ["show_status"],
    "which services are deployed?": ["show_status"],
    "show me the status of kuma": ["show_status"],
    "echo salt and pepper": ["echo"],
    "say hello then show status": ["echo", "show_status"],
    'echo "deploy kuma and remove grafana"': ["echo"],
    "simulate a failure": ["fail"],
    "delete kuma": ["remove_kuma"],
    "deploy kuma and grafana": ["deploy_kuma", "deploy_grafana"],
    "back up notes, media": ["back_up_volume", "back_up_volume"],
    "delete the notes and media volumes": ["delete_volume", "delete_volume"],
    "spin grafana up, then take it down": ["deploy_grafana", "remove_grafana"],
    "please give kuma a kick": ["restart_service"],
    "kuma is stuck. Could you bounce it?": ["restart_service"],
    "the notes are to be backed up": ["back_up_volume"],
    "is grafana alive?": ["show_status"],
    "depoly kuma": ["deploy_kuma"],
    "shwo the statsu": ["show_status"],
}
ASKED: dict[str, set[str]] = {
    "deploy it": DEPLOYS,
    "deploy a service": DEPLOYS,
    "kuma": {"deploy_kuma", "remove_kuma"},
    "portals": {"add_portals_to_config", "remove_portals_from_config"},
    "upgrade kuma": {"deploy_kuma"},
    "delete everything": {"delete_volume"},
    "remove it": {"remove_kuma", "remove_grafana", "delete_volume"},
    "should I remove kuma?": {"remove_kuma"},
    "what happens if I delete volume media?": {"delete_volume"},
    "undo deploy kuma": {"deploy_kuma"},
    "why did kuma fail": {"fail"},
    "remvoe kuma": {"remove_kuma"},
    "restart kuma every night": {"restart_service"},
    "in case grafana is down, restart it": {"restart_service"},
    "restart kuma... no wait": {"restart_service"},
    "could we remove kuma tomorrow": {"remove_kuma"},
    "I removed kuma yesterday": {"remove_kuma"},
}
OUT_OF_SCOPE = [
    "order a pizza", "make coffee", "sudo rm -rf /", "drop table users", "hello", "...", "🚀",
    "install docker", "reboot the server", "add a dns record", "mail the notes to bob",
    "write a blog post about how to deploy kuma", "削除",
]  # fmt: skip


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_everyday_requests_are_understood(text: str) -> None:
    """What people type is read as the operations they mean."""
    assert wanted(text) == UNDERSTOOD[text]


@pytest.mark.parametrize("text", ASKED)
def test_what_may_mean_several_things_is_asked(text: str) -> None:
    """What is open, or said the other way round, becomes a question with the likeliest operations as choices."""
    found = read(text)
    assert found.subtasks == ()
    [question] = found.questions
    assert {choice.value for choice in question.choices} >= ASKED[text]
    assert question.about == text.rstrip("?") or question.about in text


@pytest.mark.parametrize("text", OUT_OF_SCOPE)
def test_what_nothing_can_do_is_out_of_scope(text: str) -> None:
    """What has nothing to do with the catalogue is said to be so, and nothing is planned."""
    found = read(text)
    assert (found.subtasks, found.questions) == ((), ())
    assert found.out_of_scope


def test_every_phrase_of_the_catalogue_means_its_operation() -> None:
    """What an owner declared that people say is understood as declared, by the operation it stands under."""
    values = {
        "port": "3100",
        "service": "kuma",
        "volume": "notes",
        "message": "x",
        "error_message": "x",
        "subject": "traefik",
        "purpose": "certificates",
        "suite": "all",
        "plan": "7K2MQ4",
    }
    for key, operation in HOMELAB.operations.items():
        for phrase in operation.says:
            assert wanted(phrase.format(**values)) == [key], phrase


# ------------------------------------------------------------------------------------------------- clauses


@pytest.mark.parametrize("separator", [" and ", ", ", "; ", ". ", "? ", "\n", " \n\n ", " & ", ", and "])
def test_clauses_are_taken_apart_without_an_order(separator: str) -> None:
    """Commas, full stops, lines and «and» part things that wait for nothing."""
    found = read(f"deploy kuma{separator}deploy grafana")
    assert [(task.order, task.intent, task.depends_on) for task in found.subtasks] == [
        (1, "deploy_kuma", ()), (2, "deploy_grafana", ()),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "separator", [" then ", " and then ", ", then ", ". Then ", ", and after that ", "\nafterwards, ", "; finally "]
)
def test_words_of_sequence_make_one_wait_for_the_other(separator: str) -> None:
    """«then» and its like make a thing depend on the one said before it."""
    found = read(f"deploy kuma{separator}deploy grafana, show status")
    assert [task.depends_on for task in found.subtasks] == [(), (1,), ()]


def test_order_is_that_of_the_clauses() -> None:
    """A thing depends on the clause before it, also where a greeting went first."""
    found = read("Hello! deploy kuma, then restart kuma and then show status")
    assert [(task.order, task.depends_on) for task in found.subtasks] == [(1, ()), (2, (1,)), (3, (2,))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("echo salt and pepper", "salt and pepper"),
        ("echo salt, pepper and  vinegar", "salt, pepper and  vinegar"),
        ("echo one; two. three", "one; two. three"),
        ("echo hello, thanks", "hello"),
        ("say it then breathe", "it then breathe"),
        ("echo a\nb", "a\nb"),
        ('say "one, two" and three', '"one, two" and three'),
    ],
)
def test_what_is_no_thing_of_its_own_belongs_to_the_clause_before(text: str, message: str) -> None:
    """Words that mean nothing to the catalogue are the end of a message, with what stood between."""
    [task] = read(text).subtasks
    assert (task.intent, task.parameters) == ("echo", {"message": message})


def test_a_clause_that_explains_nothing_is_not_swallowed() -> None:
    """A wish nobody can fulfil stays visible beside one that somebody can; no plan is made of half a request."""
    found = read("deploy kuma and order a pizza")
    assert found.out_of_scope == ("order a pizza",)
    assert read("deploy kuma, 删除 media").out_of_scope == ("删除 media",)


def test_quoted_text_is_never_taken_apart() -> None:
    """What stands in quotes is one value, whatever it says; an apostrophe is no quote."""
    [task] = read("say 'deploy kuma, then remove grafana'").subtasks
    assert task.intent == "echo"
    assert len(read("the team's wish is to deploy kuma and the boss's to deploy grafana").questions) <= 2
    assert wanted("let's deploy kuma and let's deploy grafana") == ["deploy_kuma", "deploy_grafana"]


# ------------------------------------------------------------------------------------- questions and limits


def test_choices_are_told_by_title_and_the_harmless_first() -> None:
    """A choice shows the title and stands for the operation; what could do more harm comes later."""
    [question] = read("kuma").questions
    assert [(choice.label, choice.value) for choice in question.choices] == [
        ("Deploy Uptime Kuma", "deploy_kuma"), ("Remove Uptime Kuma", "remove_kuma"),
    ]  # fmt: skip


def test_a_question_does_not_hide_what_was_clear() -> None:
    """The clear part of a request is kept beside the question about the rest."""
    found = read("deploy kuma and remove it or grafana")
    assert [task.intent for task in found.subtasks] == ["deploy_kuma"]
    assert [question.about for question in found.questions] == ["remove it or grafana"]


def test_risk_asks_sooner() -> None:
    """A half-understood wish to remove something is asked about where one to deploy it would be planned."""
    assert [task.intent for task in read("deploy kuma today").subtasks] == ["deploy_kuma"]
    assert [question.about for question in read("remove kuma today").questions] == ["remove kuma today"]


def test_out_of_scope_names_what_is_nearest() -> None:
    """What cannot be done comes with what comes closest, each once and not too many."""
    found = read("install docker and add a printer, make cake")
    assert found.out_of_scope == ("install docker", "add a printer", "make cake")
    near = [choice.value for choice in found.nearest]
    assert {"deploy_kuma", "deploy_grafana", "add_portals_to_config"} <= set(near)
    assert len(near) == len(set(near)) <= MAX_CHOICES
    assert len(read("write about deploy, remove, portals, volumes, status and kuma").nearest) <= MAX_CHOICES


def test_too_many_things_are_a_question() -> None:
    """More than ten things at once are asked about, with the number and the limit."""
    assert len(read("show status. " * MAX_SUBTASKS).subtasks) == MAX_SUBTASKS
    [question] = read("show status. " * (MAX_SUBTASKS + 1)).questions
    assert question.text == "That is 11 things at once; the limit is 10. Which come first?"


@pytest.mark.parametrize(
    "text",
    [
        "a" + " " * 9_998 + "b", "echo " + "a," * 4_900 + "b", "echo " + "a, " * 98 + "b" * 9_000,
        "deploy kuma. " * 760, "and " * 2_500, "\n \n " * 2_000 + "a", ("a" + " " * 90) * 100, "' " * 4_900,
        "echo " + "a" * 9_000 + " and b" * 100, "," * 10_000, "deploy kuma on port " + "1" * 9_900,
    ],
    ids=lambda text: text[:12].strip(),
)  # fmt: skip
def test_no_request_takes_long(text: str) -> None:
    """A request of the greatest length is read in a moment, whatever it repeats."""
    started = time.process_time()
    read(text)
    assert time.process_time() - started < 1
