"""The local Slack refuses blocks and views that Slack refuses, and takes those that are just within its limits."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.slack import message_problems, render_html, small_workspace, view_problems
from tests.support.slack.ledger import Message


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(label: str = "Go", **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(label), "action_id": more.pop("action_id", label), **more}


def actions(*elements: Any, **more: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements), **more}


def rich(text: str) -> dict[str, Any]:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}],
    }


def task(name: str = "t1", **more: Any) -> dict[str, Any]:
    return {"task_id": name, "title": "Do it", "status": "pending", **more}


def plan(*tasks: Any) -> dict[str, Any]:
    return {"type": "plan", "title": "Plan", "tasks": list(tasks)}


def select(count: int, length: int = 5) -> dict[str, Any]:
    options = [{"text": plain(f"o{number}"), "value": str(number).rjust(length, "v")} for number in range(count)]
    return {"type": "static_select", "action_id": "s", "options": options}


def modal(*blocks: Any, **more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain("Reason"), "blocks": list(blocks), **more}


WRITTEN = {"type": "input", "label": plain("Why"), "element": {"type": "plain_text_input", "action_id": "why"}}
DIVIDER = {"type": "divider"}
KINDS = ["section", "actions", "plan", "context", "input", "rich_text", "table", "container", "header"]
KEYS = ["type", "text", "elements", "element", "fields", "options", "option_groups", "initial_option", "tasks", "title"]
MRKDWN = {"type": "mrkdwn", "text": "x"}


@pytest.mark.parametrize(
    "blocks",
    [
        [DIVIDER] * 50,
        [{"type": "header", "text": plain("x" * 150)}],
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}, "expand": True}],
        [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2000}] * 10}],
        [{"type": "context", "elements": [MRKDWN] * 10}],
        [actions(*(button(str(number)) for number in range(25)))],
        [actions(button("x" * 75, value="v" * 2000, action_id="a" * 255, style="danger"))],
        [actions(select(100, 150))],
        [actions(button()), actions(button())],
        [plan(*(task(f"t{number}", details=rich("x")) for number in range(50)))],
        [plan({"type": "task_card", **task(status="complete", output=rich("done"))})],
        [{"type": "markdown", "text": "x" * 12_000}],
        [{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]] * 100}],
        [{"type": "container", "title": plain("Log"), "child_blocks": [DIVIDER] * 10}],
    ],
)
def test_blocks_within_the_limits_are_taken(blocks: list[Any]) -> None:
    """The very last character, element and block that Slack takes are taken."""
    assert message_problems(blocks) == []


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([DIVIDER] * 51, "no more than 50 items allowed"),
        ([{"type": "header", "text": plain("x" * 151)}], "must be less than 151 characters"),
        ([{"type": "header", "text": MRKDWN}], "unsupported type: mrkdwn"),
        ([{"type": "header", "text": plain("")}], "must be more than 0 characters"),
        ([{"type": "header", "text": "x"}], "missing required field: type"),
        ([{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}], "must be less than 3001 characters"),
        ([{"type": "section"}], "must define either `text` or `fields`"),
        ([{"type": "section", "fields": [MRKDWN] * 11}], "no more than 10 items allowed"),
        ([{"type": "section", "fields": [{**MRKDWN, "text": "x" * 2001}]}], "must be less than 2001 characters"),
        ([{"type": "section", "text": MRKDWN, "colour": "red"}], "invalid additional property: colour"),
        ([{"type": "context", "elements": [MRKDWN] * 11}], "no more than 10 items allowed"),
        ([actions(*(button(str(number)) for number in range(26)))], "no more than 25 items allowed"),
        ([actions()], "no fewer than 1 items required"),
        ([actions(button("x" * 76))], "must be less than 76 characters"),
        ([actions(button(value="v" * 2001))], "must be less than 2001 characters"),
        ([actions(button(action_id="a" * 256))], "must be less than 256 characters"),
        ([actions(button(style="default"))], "must be one of: primary, danger"),
        ([actions(button(), button())], "`action_id`: Go already exists"),
        ([actions(select(101))], "no more than 100 items allowed"),
        ([actions(select(1, 151))], "must be less than 151 characters"),
        ([actions({**select(1), "initial_option": {"text": plain("z"), "value": "z"}})], "initial option must be one"),
        ([actions(button(), block_id="b"), actions(button(), block_id="b")], "`block_id`: b already exists"),
        ([plan(task(status="completed"))], "must be one of: pending, in_progress, complete, error"),
        ([plan(*(task(f"t{number}") for number in range(51)))], "no more than 50 items allowed"),
        ([plan(task(), task())], "`task_id`: t1 already exists"),
        ([plan(task(details="text"))], "missing required field: type"),
        ([plan(task()), {"type": "task_card", **task()}], "cannot be used together"),
        ([{"type": "alert", "text": MRKDWN}], "unsupported type: alert"),
        ([{"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]] * 101}], "no more than 100 items allowed"),
        ([{"type": "sektion"}], "unsupported type: sektion"),
        ([{}], "missing required field: type"),
        ("blocks", "must provide an array"),
    ],
)
def test_blocks_over_the_limits_are_refused(blocks: Any, problem: str) -> None:
    """The first character, element or block too many is refused, and so is every unknown or missing key."""
    assert any(problem in one for one in message_problems(blocks))


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        (modal(DIVIDER), ""),
        (modal(*[DIVIDER] * 100, private_metadata="x" * 3000), ""),
        (modal(WRITTEN, submit=plain("Send")), ""),
        (modal({"type": "alert", "text": MRKDWN, "level": "warning"}), ""),
        (modal(*[DIVIDER] * 101), "no more than 100 items allowed"),
        (modal(DIVIDER, private_metadata="x" * 3001), "must be less than 3001 characters"),
        (modal(DIVIDER, title=plain("x" * 25)), "must be less than 25 characters"),
        (modal(DIVIDER, callback_id="x" * 256), "must be less than 256 characters"),
        (modal(WRITTEN), "`submit` is required"),
        (modal(plan(task())), "unsupported type: plan"),
        (modal(DIVIDER, submit_disabled=True), "invalid additional property: submit_disabled"),
        (modal({**DIVIDER, "block_id": "b"}, {**DIVIDER, "block_id": "b"}), "`block_id`: b already exists"),
        ({"type": "home", "blocks": []}, "unsupported type: home"),
    ],
)
def test_modals_follow_their_own_limits(view: dict[str, Any], problem: str) -> None:
    """A modal holds 100 blocks and 3000 characters of its own, and needs a button to send inputs with."""
    found = view_problems(view, ("modal",))
    assert any(problem in one for one in found) if problem else found == []


NAMES = st.sampled_from(KEYS)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(NAMES, inside, max_size=4),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.sampled_from(KINDS), st.dictionaries(NAMES, JUNK), st.dictionaries(NAMES, JUNK))
def test_garbage_is_refused_and_never_breaks_the_checks(kind: str, block: dict[str, Any], part: dict[str, Any]) -> None:
    """Whatever is sent as a block gets problems or passes, in a message and in a view."""
    given_block = {**block, "type": kind, "elements": [{**part, "type": "static_select"}], "tasks": [part]}
    assert isinstance(message_problems([given_block]), list)
    assert isinstance(view_problems({"type": "modal", "blocks": [given_block, block]}, ("modal", "home")), list)


def test_a_message_can_be_drawn() -> None:
    """The page shows every block's text, and no markup of the text becomes markup of the page."""
    workspace = small_workspace()
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": plain("Restart <b>dev</b>")},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Risk*\nhigh &lt;i&gt;"}]},
        plan(task(status="complete", details=rich("service: web"))),
        actions(button("Approve", style="primary"), button("Reject", style="danger")),
    ]
    page = render_html(Message("C1", "1.0", workspace.bot_user_id, "x", blocks))
    for words in (
        "Restart &lt;b&gt;dev",
        "<b>Risk</b>",
        "&lt;i&gt;",
        "service: web",
        'primary">Approve',
        'danger">Reject',
    ):
        assert words in page
