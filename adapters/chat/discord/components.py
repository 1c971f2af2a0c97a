"""Buttons, selects and messages as components of Discord; each render makes them anew, so that none outlives it.

What a component does stands in its custom id, so that it works after a restart and for as long as its message is
there: `v1:approve:…` counts at once, `?v1:reject:…` opens a form first, `=v1:answer:…` takes what was chosen.
"""

import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, Self

import discord
from discord import ui

from adapters.chat.discord.markup import cut
from adapters.chat.discord.pages import PLAIN, Page, Paged
from bot import wording
from bot.buttons import read_action
from bot.chat import Button, Form, Note

OPENS, CHOOSES = "?", "="
ALL_OF_IT = "all-of-it.txt"
STYLES = {
    "plain": discord.ButtonStyle.secondary,
    "primary": discord.ButtonStyle.success,
    "danger": discord.ButtonStyle.danger,
}
LABEL, OPTION, PLACEHOLDER, OPTIONS, ROW = 80, 100, 150, 25, 5
COMPONENTS = 40
"""In one message, whatever they are in."""
SELECTS, CHOSEN = 18, 5
"""How many selects a message takes, and how many fields the modal behind them."""
CUSTOM_ID = r"(?P<mark>[?=]?)(?P<value>v\d+:[^#]{1,90})(?P<part>#\d+)?"


class Presses(Protocol):
    """Whoever takes what was pressed."""

    async def pressed(self, interaction: discord.Interaction[Any], custom_id: str, values: Sequence[str]) -> None:
        """Take a button, or what was chosen in a select; answers the interaction and raises nothing."""


class Pressed(ui.DynamicItem[ui.Item[Any]], template=CUSTOM_ID):
    """Every button and select of ours, on every message, of this process or an earlier one."""

    @classmethod
    async def from_custom_id(
        cls,
        _interaction: discord.Interaction[Any],
        item: ui.Item[Any],
        _match: re.Match[str],
        /,
    ) -> Self:
        """Return the component that was used."""
        return cls(item)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand over what was pressed."""
        values = self.item.values if isinstance(self.item, ui.Select) else []
        presses: Presses | None = interaction.client.presses
        if presses is not None:
            await presses.pressed(interaction, self.custom_id, values)


def layouts(paged: Paged, key: str = "", files: Sequence[str] = ()) -> list[ui.LayoutView]:
    """Return a post as messages, what can be done about it at their end; `key` makes each findable by `marker`."""

    def begin() -> ui.Container[Any]:
        mark = marker(key, len(found)) if key else None
        found.append(ui.Container(accent_colour=paged.colour, id=mark))
        return found[-1]

    found: list[ui.Container[Any]] = []
    for page in paged.pages[:-1]:
        _add_text(begin(), page, [])
    last, buttons = begin(), list(paged.buttons)
    _add_text(last, paged.pages[-1], buttons)
    groups = _groups(_rows(buttons), COMPONENTS - 1 - sum(1 for _ in last.walk_children()) - len(files))
    for number, rows in enumerate(groups):
        last = begin() if number else last
        for name in files if number == len(groups) - 1 else ():
            last.add_item(ui.File(f"attachment://{name}"))
        for row in rows:
            last.add_item(row)
    return list(map(_layout, found))


def _groups(rows: Iterable[ui.ActionRow[Any]], room: int) -> list[list[ui.ActionRow[Any]]]:
    """Return rows together as far as there is room for so many components; at least one group."""
    groups: list[list[ui.ActionRow[Any]]] = [[]]
    left = room
    for row in rows:
        left -= 1 + len(row.children)
        if left < 0:
            groups.append([])
            left = room - 1 - len(row.children)
        groups[-1].append(row)
    return groups


def all_of_it(note: Note, shown: Paged) -> list[discord.File]:
    """Return a note as a file, where it is too long to be shown in full."""
    return [discord.File(io.BytesIO("\n".join(note.lines).encode()), ALL_OF_IT)] if shown.is_cut else []


def text(markdown: str) -> ui.LayoutView:
    """Return a short message."""
    return layouts(Paged((Page("", markdown),), colour=PLAIN))[0]


def marker(key: str, number: int) -> int:
    """Return the id of the component that a page of a post is in: what tells it from all others of its thread."""
    return int.from_bytes(hashlib.blake2b(f"{key} {number}".encode(), digest_size=4).digest(), "big") % 2**30 + 2**30


def choose_fields(form: Form) -> ui.LayoutView:
    """Return a message in which is chosen what of a long form is filled in."""
    container: ui.Container[Any] = ui.Container(ui.TextDisplay(wording.WHAT_TO_CHANGE), accent_colour=PLAIN)
    for part, fields in enumerate(_by(OPTIONS, form.fields[: OPTIONS * SELECTS]), start=1):
        options = [(cut(field.label, OPTION), field.name) for field in fields]
        custom_id = f"{OPENS}{form.button}#{part}"
        container.add_item(_select(custom_id, form.title, options, at_most=min(CHOSEN, len(options))))
    return _layout(container)


def _layout(container: ui.Container[Any]) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None).add_item(container)
    view.stop()  # the SDK keeps none that is stopped; with one of those it keeps, `Pressed` would go for all messages
    return view


def _add_text(container: ui.Container[Any], page: Page, buttons: list[Button]) -> None:
    """Add the text; Details stands beside the head where there is one."""
    if page.head:
        head: ui.TextDisplay[Any] = ui.TextDisplay(page.head)
        details = next((button for button in buttons if read_action(button.value).verb == "details"), None)
        if details is not None:
            buttons.remove(details)
            container.add_item(ui.Section(head, accessory=_button(details)))
        else:
            container.add_item(head)
    container.add_item(ui.TextDisplay(page.body))


def _rows(buttons: Sequence[Button]) -> Iterator[ui.ActionRow[Any]]:
    """Yield rows: choices of a question as one select, everything else as buttons."""
    questions: dict[tuple[str, int], list[Button]] = {}
    others = []
    for button in buttons:
        action = read_action(button.value)
        if action.verb == "answer":
            questions.setdefault((action.subject, action.choice.question), []).append(button)
        else:
            others.append(button)
    for number, choices in enumerate(questions.values(), start=1):
        yield from _choices(choices, f"Answer {number}" if len(questions) > 1 else "Choose")
    for some in _by(ROW, others):
        yield ui.ActionRow(*map(_button, some))


def _choices(choices: Sequence[Button], placeholder: str) -> Iterator[ui.ActionRow[Any]]:
    for part, some in enumerate(_by(OPTIONS, choices), start=1):
        options = [(cut(button.label, OPTION), button.value) for button in some]
        yield _select(f"{CHOOSES}{some[0].value}#{part}", placeholder, options, at_most=1)


def _select(custom_id: str, placeholder: str, options: Sequence[tuple[str, str]], at_most: int) -> ui.ActionRow[Any]:
    found = [discord.SelectOption(label=label, value=value) for label, value in options]
    select: ui.Select[Any] = ui.Select(
        custom_id=custom_id, placeholder=cut(placeholder, PLACEHOLDER), options=found, max_values=at_most
    )
    return ui.ActionRow(Pressed(select))


def _button(button: Button) -> Pressed:
    opens = button.form or button.confirm or read_action(button.value).verb == "details"
    custom_id = f"{OPENS if opens else ''}{button.value}"
    return Pressed(ui.Button(label=cut(button.label, LABEL), style=STYLES[button.style], custom_id=custom_id))


def _by(number: int, items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + number] for start in range(0, len(items), number))
