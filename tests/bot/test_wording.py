"""Sentences: numbers, names and times as people say them, and what to do next."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot import wording
from orchestration.dispatch.queue import Waiting
from orchestration.intake.decomposition import Choice, Question
from orchestration.records import Plan, Task
from orchestration.views import Wait

NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (wording.count(0, "task"), "0 tasks"), (wording.count(1, "task"), "1 task"),
        (wording.count(1, "person", "people"), "1 person"), (wording.count(2, "person", "people"), "2 people"),
        (wording.joined([]), ""), (wording.joined(["a"]), "a"), (wording.joined(["a", "b"]), "a and b"),
        (wording.joined(["a", "b", "c"], "or"), "a, b or c"),
        (wording.about(1), "about 1 second"), (wording.about(89), "about 89 seconds"),
        (wording.about(90), "about 2 minutes"), (wording.about(240), "about 4 minutes"),
        (wording.took(0), "0 s"), (wording.took(400), "0.4 s"), (wording.took(5_000), "5 s"),
        (wording.took(41_200), "41 s"), (wording.took(119_000), "119 s"), (wording.took(185_000), "3 min 05 s"),
    ],
)  # fmt: skip
def test_numbers_as_people_say_them(found: str, words: str) -> None:
    """Counts have their plural, lists their last word, and times the precision that matters."""
    assert found == words


@pytest.mark.parametrize(
    ("text", "zone", "words"),
    [
        ("2026-03-29T00:29:00.000Z", "UTC", "today 00:29 UTC"),
        ("2026-03-30T23:59:00.000Z", "UTC", "tomorrow 23:59 UTC"),
        ("2026-03-28T00:00:00.000Z", "UTC", "yesterday 00:00 UTC"),
        ("2026-03-31T00:00:00.000Z", "UTC", "2026-03-31 00:00 UTC"),
        ("2026-03-27T12:00:00.000Z", "UTC", "2026-03-27 12:00 UTC"),
        ("2026-03-28T22:59:00.000Z", "Europe/Berlin", "yesterday 23:59 CET"),
        ("2026-03-28T23:00:00.000Z", "Europe/Berlin", "today 00:00 CET"),
        ("2026-03-29T01:00:00.000Z", "Europe/Berlin", "today 03:00 CEST"),
        ("2026-03-29T12:00:00.000Z", "America/New_York", "tomorrow 08:00 EDT"),
    ],
)
def test_times_are_those_of_the_reader(text: str, zone: str, words: str) -> None:
    """A stored time is told by the reader's day and clock, across midnight and the change to summer time."""
    assert wording.at_time(text, zone, NOW) == words


@pytest.mark.parametrize(
    ("number", "groups", "names", "excluded", "first", "words"),
    [
        (1, ["operators"], ["Ben", "Cem"], True, True, "Needs one of operators (Ben, Cem), not you"),
        (2, ["operators"], ["Ben", "Cem"], False, True, "Needs two of operators (Ben, Cem)"),
        (1, ["security", "owners"], ["Eve"], False, False, "and one of security or owners (Eve)"),
        (4, ["all"], [], False, True, "Needs 4 of all (nobody is in it)"),
    ],
)
def test_who_has_to_say_yes(
    number: int, groups: list[str], names: list[str], excluded: bool, first: bool, words: str
) -> None:
    """How many of whom, by name, and whether the reader is one of them."""
    assert wording.needs(number, groups, names, excluded, first) == words


def test_questions_come_with_their_choices() -> None:
    """Each question is a line with what can be answered."""
    questions = [
        Question("Which service?", "restart.service", (Choice("Uptime Kuma", "kuma"), Choice("Grafana", "grafana"))),
        Question("What?", "echo.message"),
    ]
    assert wording.asked_back(questions) == ["Which service? [Uptime Kuma] [Grafana]", "What?"]


def test_out_of_scope_is_said_without_blame() -> None:
    """What cannot be done is quoted, with what comes near and who can change it."""
    assert wording.out_of_scope(["order a pizza"], ["Fail on purpose"]) == [
        "I have no operation for «order a pizza». Nothing was changed.",
        "Nearest: Fail on purpose.",
        "The catalogue says what can be done; its owner can add to it.",
    ]
    assert len(wording.out_of_scope(["a", "b"], [])) == 2


def test_who_wants_nothing_done_is_told_so() -> None:
    """What is to be left alone needs no operation, so that none is named."""
    assert wording.out_of_scope(["don't restart kuma"], ["Restart a service"]) == [
        "You ask for nothing to be done: «don't restart kuma». Nothing was changed."
    ]


def test_what_people_said_is_quoted_visibly() -> None:
    """Words of a request are shown on one line and with nothing hidden in them."""
    assert "«a\\nb\\u{200b}»" in wording.out_of_scope(["a\nb\u200b"], [])[0]
    assert wording.asked_back([Question("What do you mean by «a\u200e»?", "a")]) == [
        "What do you mean by «a\\u{200e}»?"
    ]


@pytest.mark.parametrize(
    ("event", "why", "name", "words"),
    [
        ("plan.paused", "No agent can do this.", "", "7K2MQ4 is paused: No agent can do this. It goes on by itself"),
        ("plan.paused", "", "", "7K2MQ4 is paused. It goes on by itself"),
        ("plan.resumed", "", "", "7K2MQ4 goes on."),
        ("plan.expired", "", "", "7K2MQ4 has expired: nobody decided in time."),
        ("plan.cancelled", "", "Ana", "7K2MQ4 was cancelled by Ana."),
        ("plan.cancelled", "", "", "7K2MQ4 was cancelled."),
    ],
)
def test_a_change_is_told_with_its_cause(event: str, why: str, name: str, words: str) -> None:
    """Who or why, where that is known, without a doubled full stop."""
    assert wording.changed(event, "7K2MQ4", why, name).startswith(words)


def waiting(target: str, status: str | None, ahead: int) -> Wait:
    """Return a task that waits for a target, its holder with a status."""
    at = "2026-03-29T00:29:00.000Z"
    task = Task(
        "t", "p", 1, 2, "Add\u200b portals", "add", "w", "infra", "idempotent", "low", target, "[]", "approved",
        ready_at=at,
    )  # fmt: skip
    holder = replace(task, id="h", plan_id="q", status=status) if status else None
    plan = Plan("q", "7K2MQ4", "r", "ana", "executing", 1, "d", at, at) if holder else None
    return Wait(task, Waiting(target, holder, ahead), plan)


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (waiting("", None, 0), "waits for an agent with room."),
        (waiting("service:x", "running", 0), "waits for service:x, which 7K2MQ4 has."),
        (waiting("service:x", "running", 2), "waits for service:x, which 7K2MQ4 has (2 others before it)."),
        (waiting("service:x", None, 1), "waits for service:x, which was let go of just now (1 other before it)."),
        (waiting("service:x", "unknown", 0),
         "waits for service:x, which 7K2MQ4 has; what became of it there is not known, so somebody has to say first "
         "(`show 7K2MQ4`)."),
    ],
)  # fmt: skip
def test_who_waits_is_told_for_what(wait: Wait, words: str) -> None:
    """Task, target, whose it is now, and who comes before; nothing hidden in any of it."""
    assert wording.waits(wait) == f"2 Add\\u{{200b}} portals {words}"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (["1.prot"], "There is no prot of task 1 to edit here."),
        (["3."], "There is no task 3 to edit here."),
        (["1.a", "2.b"], "There is no a of task 1 or b of task 2 to edit here."),
    ],
)
def test_what_cannot_be_edited_is_named(fields: list[str], words: str) -> None:
    """Each field that is not there, as a person would call it."""
    assert wording.not_editable(fields) == f"{words} Nothing was changed."


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (wording.task_failed("A", 1, "X", ""), "✗ A/1 X failed: it did not say why."),
        (wording.task_line(1, "X", "failed", "no disk"), "1 X: failed. no disk"),
        (wording.task_line(1, "X", "running", ""), "1 X: running"),
        (wording.forbidden(["a", "b"]), "Nobody can approve this: no rule of the policy covers a and b."),
        (wording.needed(["Needs one of a (Ana), not you", "and one of b (Ben)"], "today 14:02 UTC"),
         "Needs one of a (Ana), not you and one of b (Ben). Open until today 14:02 UTC."),
        (wording.needed([wording.forbidden(["first"])], "today 14:02 UTC"),
         "Nobody can approve this: no rule of the policy covers first. Open until today 14:02 UTC."),
        (wording.previewed("today 14:02 UTC", []), "today 14:02 UTC"),
        (wording.previewed("today 14:02 UTC", [1, 3]), "today 14:02 UTC, before 1 and 3"),
        (wording.not_undone(["2 Restart", "3 Back up"]), "Nothing undoes 2 Restart and 3 Back up."),
        (wording.confirm_approval("A", 1), "This is risky. Approve A, 1 task, exactly as shown?"),
    ],
)  # fmt: skip
def test_sentences_bend_to_their_numbers(found: str, words: str) -> None:
    """One or many, something or nothing."""
    assert found == words


@pytest.mark.parametrize(
    ("remarks", "words"),
    [
        ([], ""),
        (["ram is full"], "Taken as a remark, nothing is done about it: «ram is full»"),
        (["a b", "c d"], "Taken as a remark, nothing is done about it: «a b» and «c d»"),
        (list("abcde"), "Taken as a remark, nothing is done about it: «a», «b», «c» and 2 more remarks"),
        (["x" * 90], f"Taken as a remark, nothing is done about it: «{'x' * 80}…»"),
    ],
)
def test_remarks_are_quoted_in_short(remarks: list[str], words: str) -> None:
    """A few are quoted, long ones shortened, and the rest counted."""
    assert wording.passed_over(remarks) == words
