"""Slack's rules for blocks in messages, modals and the Home tab. What is not modelled here is refused."""

import copy
import json
import secrets
from typing import Any

from tests.support.slack.elements import (
    ID,
    IN_ACTIONS_UNIQUE,
    IN_CONTEXT,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    plain,
    text,
)
from tests.support.slack.rich_text import CELL, ONE_PART, RICH_TEXT
from tests.support.slack.shapes import (
    Check,
    Problems,
    array,
    both,
    choice,
    flag,
    one_of_keys,
    record,
    string,
    typed,
    unique,
    url,
)
from tests.support.slack.workspace import JSON

MESSAGE, MODAL, HOME = "message", "modal", "home"
MOST_BLOCKS, MOST_VIEW_BLOCKS = 50, 100
MOST_TEXT = 13_000
"""Characters of all text in a message's blocks; observed, not documented."""
MOST_VIEW_BYTES = 250_000
HAS_ID: dict[str, Check] = {"block_id": ID}


def block(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    """Return the check of a block with these keys."""
    return record(required, {**HAS_ID, **(optional or {})})


TASK: dict[str, Check] = {
    "type": choice("task_card"),
    "details": ONE_PART,
    "output": ONE_PART,
    "sources": array(typed({"url": record({"url": url, "text": string(3000)})}), 50),
    "status": choice("pending", "in_progress", "complete", "error"),
}
TASK_CARD = block({"task_id": ID, "title": string(256)}, TASK)
ANYWHERE: dict[str, Check] = {
    "divider": block({}),
    "header": block({"text": plain(150)}),
    "section": both(
        block({}, {"text": text(3000), "fields": array(text(2000), 10), "accessory": IN_SECTION, "expand": flag}),
        one_of_keys("text", "fields"),
    ),
    "context": block({"elements": IN_CONTEXT}),
    "actions": block({"elements": IN_ACTIONS_UNIQUE}),
    "image": block({"alt_text": string(2000), "image_url": url}, {"title": plain(2000)}),
    "rich_text": RICH_TEXT,
    "input": block(
        {"label": plain(2000), "element": IN_INPUT}, {"hint": plain(2000), "optional": flag, "dispatch_action": flag}
    ),
}
MESSAGES_ONLY: dict[str, Check] = {
    "markdown": block({"text": string(12_000)}),
    "context_actions": block({"elements": IN_CONTEXT_ACTIONS}),
    "task_card": TASK_CARD,
    "plan": block({"title": string(3000)}, {"tasks": both(array(TASK_CARD, 50, 0), unique("task_id"))}),
    "table": block(
        {"rows": array(array(CELL, 20), 100)},
        {"column_settings": array(record({}, {"align": choice("left", "center", "right"), "is_wrapped": flag}), 20)},
    ),
}
CONTAINER = block(
    {"title": plain(150), "child_blocks": array(typed(ANYWHERE), 10)},
    {
        "subtitle": plain(150),
        "width": choice("narrow", "standard", "wide", "full"),
        "is_collapsible": flag,
        "default_collapsed": flag,
    },
)
BLOCKS: dict[str, Check] = {
    MESSAGE: typed({**ANYWHERE, **MESSAGES_ONLY, "container": CONTAINER}),
    MODAL: typed(
        {
            **ANYWHERE,
            "alert": block({"text": text(3000)}, {"level": choice("default", "info", "warning", "error", "success")}),
        }
    ),
    HOME: typed(ANYWHERE),
}
VIEW: dict[str, Check] = {"private_metadata": string(3000, 0), "callback_id": ID, "external_id": ID}
VIEWS = {
    MODAL: record(
        {"title": plain(24), "blocks": array(BLOCKS[MODAL], MOST_VIEW_BLOCKS)},
        {**VIEW, "submit": plain(24), "close": plain(24), "clear_on_close": flag, "notify_on_close": flag},
    ),
    HOME: record({"blocks": array(BLOCKS[HOME], MOST_VIEW_BLOCKS, 0)}, VIEW),
}


def message_problems(blocks: Any) -> list[str]:
    """Return why Slack would refuse these blocks in a message."""
    problems = Problems()
    both(array(BLOCKS[MESSAGE], MOST_BLOCKS), unique("block_id"))(blocks, "/blocks", problems)
    kinds = [one.get("type") for one in blocks if isinstance(one, dict)] if isinstance(blocks, list) else []
    if "plan" in kinds and "task_card" in kinds:
        problems.add("plan and task_card blocks cannot be used together", "/blocks")
    if kinds.count("table") > 1:
        problems.add("only one table block allowed", "/blocks")
    return problems.found


def too_much_text(blocks: list[JSON]) -> bool:
    """Return whether all the text of a message's blocks together is more than Slack takes."""
    return _length(blocks) > MOST_TEXT


def _length(value: Any) -> int:
    if isinstance(value, list):
        return sum(_length(item) for item in value)
    if isinstance(value, dict):
        return sum(
            len(item) if key in {"text", "title"} and isinstance(item, str) else _length(item)
            for key, item in value.items()
        )
    return 0


def view_problems(view: Any, allowed: tuple[str, ...]) -> list[str]:
    """Return why Slack would refuse a view where only views of some types may be shown."""
    problems = Problems()
    typed({kind: VIEWS[kind] for kind in allowed})(view, "/view", problems)
    if isinstance(view, dict) and isinstance(view.get("blocks"), list):
        unique("block_id")(view["blocks"], "/view/blocks", problems)
        if view.get("type") == MODAL and "submit" not in view and _has_inputs(view["blocks"]):
            problems.add("`submit` is required if an input block is within blocks", "/view")
    return problems.found


def _has_inputs(blocks: list[Any]) -> bool:
    return any(isinstance(one, dict) and one.get("type") == "input" for one in blocks)


def view_too_large(view: JSON) -> bool:
    """Return whether a view is larger than Slack takes."""
    return len(json.dumps(view).encode()) > MOST_VIEW_BYTES


def with_ids(blocks: list[JSON]) -> list[JSON]:
    """Return blocks as Slack keeps them: every block and every interactive element has an id."""
    kept = copy.deepcopy(blocks)
    for one in kept:
        one.setdefault("block_id", secrets.token_urlsafe(4))
        inside = [*one.get("elements", []), one.get("accessory"), one.get("element")]
        for element in inside:
            if isinstance(element, dict) and one["type"] in {"actions", "section", "input", "context_actions"}:
                _with_action_id(element)
        if "child_blocks" in one:
            one["child_blocks"] = with_ids(one["child_blocks"])
    return kept


def _with_action_id(element: JSON) -> None:
    if element.get("type") not in {"image", "plain_text", "mrkdwn"}:
        element.setdefault("action_id", secrets.token_urlsafe(4))
