"""Read a typed line as a button that is on the screen. What is none of them is a message. Called by `sayso chat`."""

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.buttons import read_action
from bot.chat import Button, Post, ShownCard
from orchestration.errors import InvalidRequest
from orchestration.records import PLAN_ENDED

EDIT_HELP = "edit 1 port=3005   sets a parameter of task 1;   edit drop 2   drops task 2"
_AS = re.compile(r"as\s+(?P<person>[\w.-]+)(?:\s+|$)")
_CODE = re.compile(r"[0-9A-Za-z]{6}(/\d+)?")
_DECIDE = ("approve", "reject")


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button, as whom, and what was typed into the form behind it."""

    button: Button
    person: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def read_line(line: str, posts: Iterable[Post]) -> Pressed | None:
    """Return the button that a line presses, of the newest of these posts that has it; None for a message.

    `approve`, `approve 7K2MQ4`, `approve as ben`, `reject too early`, `edit 1 port=3005`, or any button's words, or the
    first of them.
    Raises InvalidRequest for a decision that is not quite one: nothing is decided by half.
    """
    newest = list(reversed(list(posts)))
    if line.lower() == "cancel" and (pending := _pending_first(newest)):
        return Pressed(pending)
    for words in (_all_of_it, _first_word):
        for button, code in _buttons(newest):
            rest = _after(line, words(button))
            if rest is not None and (pressed := _pressed(button, rest, code)):
                return pressed
    if line.lower().split()[0] in _DECIDE:
        raise InvalidRequest("Nothing here waits for that. `plans` lists what does, `show PLAN` shows it.")
    return None


def _buttons(newest: list[Post]) -> Iterable[tuple[Button, str]]:
    """Yield each button with what it is about: a plan's code, or CODE/POSITION. A question is answered in words."""
    for post in newest:
        for button in post.buttons:
            action = read_action(button.value)
            if action.verb != "answer":
                yield button, "/".join(action.subject.split("/")[:2])


def _pending_first(newest: list[Post]) -> Button | None:
    """Return what cancels the plan that is newest, where it waits for votes: its card has no button for that.

    Else the word would be about a plan further up that runs.
    """
    going_on = (post for post in newest if isinstance(post, ShownCard) and post.card.status not in PLAN_ENDED)
    post = next(going_on, None)
    if post is None or not post.card.is_open:
        return None
    return Button("Cancel", replace(read_action(post.buttons[0].value), verb="cancel").value(), "danger")


def _all_of_it(button: Button) -> str:
    return button.label


def _first_word(button: Button) -> str:
    """Return what is enough of «Undo what was done», where no other button is called so."""
    return button.label.split()[0]


def _after(line: str, label: str) -> str | None:
    """Return what stands after a button's words; None when the line does not begin with them."""
    begins = line[: len(label)].lower() == label.lower()
    return line[len(label) :].strip() if begins and line[len(label) : len(label) + 1] in ("", " ") else None


def _pressed(button: Button, rest: str, code: str) -> Pressed | None:
    named = rest.split(" ", 1)
    if _CODE.fullmatch(named[0]) and any(digit.isdigit() or digit.isupper() for digit in named[0]):
        if named[0].upper() not in (code, code.partition("/")[0]):
            return None
        rest = named[1].strip() if len(named) > 1 else ""
    if button.form == "edit":
        return Pressed(button, None, _edit(rest))
    found = _AS.match(rest)
    person, words = (found["person"], rest[found.end() :].strip()) if found else (None, rest)
    if button.form == "reject":
        return Pressed(button, person, {"reason": words})
    if not words:
        return Pressed(button, person)
    if button.label.lower() in _DECIDE:
        raise InvalidRequest(
            f"Nothing was decided. To approve, type: approve   or   approve {code}   or   approve as NAME"
        )
    return None


def _edit(rest: str) -> dict[str, str]:
    try:
        words = shlex.split(rest)
    except ValueError:
        words = []
    if len(words) == 2 and words[0] == "drop" and words[1].isdecimal():
        return {f"{words[1]}.": "no"}
    pairs = [word.partition("=") for word in words[1:]]
    if not pairs or not words[0].isdecimal() or not all(sign for _, sign, _ in pairs):
        raise InvalidRequest(f"Say what to edit:   {EDIT_HELP}")
    return {f"{words[0]}.{name}": value for name, _, value in pairs}
