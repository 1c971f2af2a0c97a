"""Buttons and menus, and what their ids say: what Sayso does when one is pressed."""

from collections.abc import Sequence

from adapters.chat.slack.blocks import JSON, LONGEST_LABEL, actions, button, plain_text
from bot.buttons import read_action
from bot.chat import Button
from orchestration.errors import InvalidRequest

PRESS, OPEN = "press", "open"
"""Beginnings of action ids: what is pressed counts at once, or opens something first."""
MOST_BUTTONS = 5
MOST_OPTIONS = 100
NONE_OF_IT = "Choose …"


def press_row(shown: Sequence[Button]) -> JSON:
    """Return buttons as one row."""
    return actions([_pressable(one, number) for number, one in enumerate(shown)])


def choices(shown: Sequence[Button]) -> list[JSON]:
    """Return the answers to questions: for each question a row of a few buttons, or a menu of many."""
    questions: dict[int, list[Button]] = {}
    for one in shown:
        questions.setdefault(read_action(one.value).choice[0], []).append(one)
    return [press_row(one) if len(one) <= MOST_BUTTONS else _menu(one, number) for number, one in questions.items()]


def opens(action_id: str) -> bool:
    """Whether something opens behind a button before it counts."""
    return action_id.partition(".")[0] == OPEN


def _pressable(one: Button, number: int) -> JSON:
    kind = OPEN if one.form or _is_look(one) else PRESS
    return button(one.label, f"{kind}.{number}", one.value, one.style, one.confirm)


def _menu(shown: Sequence[Button], number: int) -> JSON:
    options = [{"text": plain_text(one.label, LONGEST_LABEL), "value": one.value} for one in shown[:MOST_OPTIONS]]
    menu = {"type": "static_select", "action_id": f"{PRESS}.{number}", "placeholder": plain_text(NONE_OF_IT, 150)}
    return actions([{**menu, "options": options}])


def _is_look(one: Button) -> bool:
    try:
        return read_action(one.value).verb == "details"
    except InvalidRequest:
        return False
