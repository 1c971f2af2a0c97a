"""Questions about operations, the answers to them, and which choice a reply means."""

import pytest

from orchestration.intake.decomposition import Choice, Question, decompose, read_choice
from orchestration.intake.matching import Matcher
from tests.support.homelab import catalogue

HOMELAB = catalogue()
MATCHER = Matcher(HOMELAB)
WHICH = Question(
    "Which service?",
    "deploy it",
    (Choice("Deploy Uptime Kuma", "deploy_kuma"), Choice("Deploy Grafana", "deploy_grafana")),
)
DID_YOU_MEAN = Question(
    "Did you mean «Remove Uptime Kuma»?", "remvoe kuma", (Choice("Remove Uptime Kuma", "remove_kuma"),)
)


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("kuma", "deploy_kuma"), ("Uptime Kuma, please", "deploy_kuma"), ("the first", "deploy_kuma"), ("1",
        "deploy_kuma"),
        ("option 2", "deploy_grafana"), ("the second one", "deploy_grafana"), ("the last one", "deploy_grafana"),
        ("deploy grafana", "deploy_grafana"), ("deploy_grafana", "deploy_grafana"), ("grafna", "deploy_grafana"),
        ("I meant kuma", "deploy_kuma"), ("GRAFANA!", "deploy_grafana"),
    ],
)  # fmt: skip
def test_a_choice_is_read(reply: str, value: str) -> None:
    """A name, a part that tells, a place or a slip means its choice."""
    choice = read_choice(reply, WHICH)
    assert choice is not None
    assert choice.value == value


@pytest.mark.parametrize(
    "reply",
    ["", "deploy", "both", "kuma and grafana", "not kuma", "neither", "no", "3", "the third", "yes", "restart kuma",
     "kuma on 3005",
     "order a pizza", "delete the photos volume", "kuma " * 50, "remove kuma", "1 2", "don't"],
)  # fmt: skip
def test_what_is_not_certain_is_no_choice(reply: str) -> None:
    """Two at once, none, a refusal or a wish of its own chooses nothing."""
    assert read_choice(reply, WHICH) is None


def test_yes_chooses_where_there_is_one() -> None:
    """«Did you mean …?» can be answered by yes, and by nothing that says no."""
    for reply in ("yes", "Yes please", "yep", "ok"):
        assert read_choice(reply, DID_YOU_MEAN) == DID_YOU_MEAN.choices[0]
    for reply in ("no", "yes no", "never", "no thanks"):
        assert read_choice(reply, DID_YOU_MEAN) is None


def test_a_question_that_only_one_word_would_answer_asks_for_that() -> None:
    """Rivals that do the same to things of one kind are asked for the thing."""
    assert decompose("deploy it", HOMELAB, MATCHER).questions == (WHICH,)
    [question] = decompose("kuma", HOMELAB, MATCHER).questions
    assert question.text == "What do you mean by «kuma»?"


def test_a_misspelt_word_that_could_do_harm_is_asked() -> None:
    """What had to be spelt right first is planned only where a slip cannot have turned the wish round."""
    assert decompose("remvoe kuma", HOMELAB, MATCHER).questions == (DID_YOU_MEAN,)
    assert [task.intent for task in decompose("remove kumma", HOMELAB, MATCHER).subtasks] == ["remove_kuma"]
    for text in ("ndeploy kuma", "uninstal kuma", "uinstall kuma", "delte volume media"):
        found = decompose(text, HOMELAB, MATCHER)
        assert found.subtasks == ()
        assert found.questions


def test_an_answer_decides_its_clause_and_nothing_else() -> None:
    """The same text with the answer gives the plan, again and again; other keys and clauses count for nothing."""
    text = "deploy it on port 3005 and restart kuma"
    about = decompose(text, HOMELAB, MATCHER).questions[0].about
    for _ in range(2):
        found = decompose(text, HOMELAB, MATCHER, {about: "deploy_grafana", "x": "wipe"})
        assert [task.intent for task in found.subtasks] == ["deploy_grafana", "restart_service"]
        assert found.questions == ()
    assert decompose(text, HOMELAB, MATCHER, {about: "rm -rf /"}).questions
