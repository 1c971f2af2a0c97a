"""A button says one thing, says it in a hundred characters, and anything else is refused."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.buttons import Action, Verb, answers, of_choice, of_plan, read_action
from orchestration.errors import InvalidRequest, NotFound
from orchestration.ids import new_code, new_id
from orchestration.intake.outcome import Chosen, Outcome
from orchestration.intake.questions import Choice, Question
from orchestration.records import Plan, Task

LIMIT = 100
"""Characters; what the narrowest platform takes."""


def plan(revision: int = 1) -> Plan:
    """Return a plan that is nowhere stored."""
    status, at = "pending_approval", "2026-03-29T00:29:00.000Z"
    return Plan(new_id(0), new_code(), new_id(0), "ana", status, revision, "3fa9c2d107be" * 5 + "aaaa", at, at)


def task(of: Plan, position: int, attempts: int) -> Task:
    """Return a task that is nowhere stored."""
    row = Task(new_id(0), of.id, of.revision, position, "", "", "", "", "", "", "", "[]", "unknown")
    return replace(row, attempts=attempts)


@pytest.mark.parametrize("verb", get_args(Verb))
@pytest.mark.parametrize("position", [None, 1, 50])
def test_a_button_of_a_plan_is_read_as_it_was_made(verb: Verb, position: int | None) -> None:
    """Verb, plan, task, attempt, revision and the first digits of the digest come back."""
    found = plan(revision=12)
    value = of_plan(verb, found, None if position is None else task(found, position, 3))
    assert len(value) <= LIMIT
    subject = found.code if position is None else f"{found.code}/{position}/3"
    if position is not None:
        assert read_action(value).attempt == (f"{found.code}/{position}", 3)
    assert read_action(value) == Action(verb, subject, 12, "3fa9c2d107be")
    assert read_action(value).value() == value


@given(st.integers(0, 9), st.integers(0, 200), st.integers(0, 16**7 - 1))
def test_an_answer_is_read_as_it_was_made(question: int, choice: int, mark: int) -> None:
    """Request, question, choice and what was asked come back."""
    request_id = new_id(0)
    value = of_choice(request_id, Chosen(question, choice, mark))
    assert len(value) <= LIMIT
    action = read_action(value)
    assert (action.verb, action.subject, action.choice) == ("answer", request_id, (question, choice, mark))


FOREIGN = [
    "", "v1", "v2:approve:7K2MQ4:1:3fa9", "v1:explode:7K2MQ4:1:3fa9", "v1:approve:7K2MQ4:-1:3fa9",
    "v1:approve:7K2MQ4:1:", "v1:approve:7K2MQ4:1:xyz", "v1:approve:7K2MQ4:1:3fa9:more", "v1:approve::1:3fa9",
    "v1:approve:7K2MQ4:1:3fa9\n", " v1:approve:7K2MQ4:1:3fa9", "v1:approve:7K2MQ4:9999999999:3fa9",
    "v1:approve:../../x:1:3fa9", "V1:APPROVE:7K2MQ4:1:3FA9", "v1:page:7K2MQ4:1:3fa9",
]  # fmt: skip


@pytest.mark.parametrize("value", FOREIGN)
def test_a_foreign_value_is_refused(value: str) -> None:
    """What is not one of ours, to the last character, is no button."""
    with pytest.raises(InvalidRequest, match="another version"):
        read_action(value)


@given(st.text(max_size=120))
def test_any_text_is_refused_or_read(text: str) -> None:
    """No text breaks the reading."""
    try:
        assert read_action(text).value() == text
    except InvalidRequest:
        return


@pytest.mark.parametrize("rest", ["0", "0.", ".", "1.2.3", ".1", "a..b"])
def test_an_answer_without_its_places_is_refused(rest: str) -> None:
    """Places that cannot be read choose nothing."""
    action = read_action(f"v1:answer:{new_id(0)}:0:{rest}")
    with pytest.raises(InvalidRequest):
        assert action.choice


SERVICES = Question("Which service?", "restart.service", (Choice("Uptime Kuma", "kuma"), Choice("Grafana", "grafana")))
VOLUMES = Question("Which volume?", "back_up.volume", (Choice("photos", "photos"), Choice("music", "music")))


def test_every_choice_of_every_question_has_its_button() -> None:
    """Each leads back to the question and the choice that it names."""
    outcome = Outcome((SERVICES, VOLUMES))
    found = {button.label: outcome.choice(read_action(button.value).choice) for button in answers(new_id(0), outcome)}
    assert found == {
        "Uptime Kuma": (SERVICES, SERVICES.choices[0]),
        "Grafana": (SERVICES, SERVICES.choices[1]),
        "photos": (VOLUMES, VOLUMES.choices[0]),
        "music": (VOLUMES, VOLUMES.choices[1]),
    }


def test_a_button_answers_only_what_it_was_shown_with() -> None:
    """When something else is asked by now, an old button chooses nothing, though the places fit."""
    [old, *_] = answers(new_id(0), Outcome((SERVICES,)))
    with pytest.raises(NotFound, match="asked by now"):
        Outcome((VOLUMES,), {"restart.service": "kuma"}).choice(read_action(old.value).choice)


@pytest.mark.parametrize(("question", "choice"), [(2, 0), (0, 2), (15, 15)])
def test_a_place_that_was_never_offered_chooses_nothing(question: int, choice: int) -> None:
    """A value with made-up places is refused."""
    outcome = Outcome((SERVICES, VOLUMES))
    with pytest.raises(NotFound):
        outcome.choice(Chosen(question, choice, outcome.mark))


@pytest.mark.parametrize("subject", ["7K2MQ4", "7K2MQ4/1", "7K2MQ4/1/x", "7K2MQ4/1/"])
def test_a_question_of_an_attempt_names_it(subject: str) -> None:
    """Plan, task and number: with less than that it is no button of ours."""
    with pytest.raises(InvalidRequest, match="another version"):
        _ = Action("done", subject, 1, "3fa9c2d107be").attempt
