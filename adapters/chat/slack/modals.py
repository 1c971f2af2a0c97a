"""What opens in front of somebody: forms, and the pages of details. Pure functions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.chat.slack.blocks import JSON, actions, button, grouped, length, plain_text, preformatted, words
from bot.chat import Click, Field, Form

FORM, PAGES = "form", "pages"
TURN = "turn"
MOST_INPUTS = 95
LONGEST_INPUT = 3000
BLOCKS_A_PAGE = 6
KEPT_ELSEWHERE = "Some values are too long to be changed here; they stay as they are."
TOO_MANY = "Not all values fit here; say in the thread what else to change."


@dataclass(frozen=True, slots=True)
class Behind:
    """What a modal belongs to: a button, where it was pressed."""

    button: str
    thread: str
    message: str = ""


def behind(click: Click, button_value: str) -> str:
    """Return what a modal carries with it."""
    return json.dumps([button_value, click.thread, click.message])


def read_behind(metadata: str) -> Behind:
    """Return what a modal carried; raises ValueError for anything else."""
    found = json.loads(metadata)
    if not isinstance(found, list) or not all(isinstance(part, str) for part in found):
        raise ValueError("not a modal of ours")
    return Behind(*found)


def form(shown: Form, click: Click) -> JSON:
    """Return the modal of a form."""
    possible = [field for field in shown.fields if length(field.value) <= LONGEST_INPUT]
    blocks = [_input(field) for field in possible[:MOST_INPUTS]]
    if len(possible) < len(shown.fields):
        blocks.append(_remark(KEPT_ELSEWHERE))
    if len(possible) > MOST_INPUTS:
        blocks.append(_remark(TOO_MANY))
    return {
        "type": "modal",
        "callback_id": FORM,
        "title": plain_text(shown.title, 24),
        "submit": plain_text(shown.submit, 24),
        "close": plain_text("Back", 24),
        "private_metadata": behind(click, shown.button),
        "blocks": blocks or [_remark(KEPT_ELSEWHERE)],
    }


def typed(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, str]:
    """Return what was filled in, by the names of the fields."""
    return {name: _value(next(iter(one.values()), {})) for name, one in values.items()}


def pages(lines: Sequence[str], click: Click, page: int, title: str = "Details") -> JSON:
    """Return one page of a modal of lines, with buttons to the others."""
    groups = list(grouped([[words(line)] for line in lines])) or [[[words(" ")]]]
    last = (len(groups) - 1) // BLOCKS_A_PAGE
    page = max(0, min(page, last))
    shown = groups[page * BLOCKS_A_PAGE : (page + 1) * BLOCKS_A_PAGE]
    blocks = [preformatted("\n".join("".join(run["text"] for run in line) for line in group)) for group in shown]
    if last:
        blocks.append(actions(_turns(page, last)))
    return {
        "type": "modal",
        "callback_id": PAGES,
        "title": plain_text(title, 24),
        "close": plain_text("Close", 24),
        "private_metadata": behind(click, click.button),
        "blocks": blocks,
    }


def _turns(page: int, last: int) -> list[JSON]:
    before = [button("Earlier", f"{TURN}.earlier", str(page - 1))] if page else []
    after = [button(f"Later ({page + 1} of {last + 1})", f"{TURN}.later", str(page + 1))] if page < last else []
    return [*before, *after]


def _input(field: Field) -> JSON:
    made: JSON = {
        "type": "input",
        "block_id": field.name,
        "label": plain_text(field.label, 2000),
        "optional": not field.required,
        "element": _element(field),
    }
    return {**made, "hint": plain_text(field.hint, 2000)} if field.hint else made


def _element(field: Field) -> JSON:
    if field.kind == "check":
        option = {"text": plain_text("Keep it", 75), "value": "yes"}
        chosen = {"initial_options": [option]} if field.value == "yes" else {}
        return {"type": "checkboxes", "action_id": "value", "options": [option], **chosen}
    element: JSON = {
        "type": "plain_text_input",
        "action_id": "value",
        "multiline": field.kind == "lines" or "\n" in field.value,
    }
    return {**element, "max_length": LONGEST_INPUT, **({"initial_value": field.value} if field.value else {})}


def _value(state: Mapping[str, Any]) -> str:
    if state.get("type") == "checkboxes":
        return "yes" if state.get("selected_options") else "no"
    return str(state.get("value") or "")


def _remark(text: str) -> JSON:
    return {"type": "context", "elements": [plain_text(text, 2000)]}
