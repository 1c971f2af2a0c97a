"""A form as a modal, and what was typed into one: read from the interaction alone, since the modal may be gone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import discord
from discord import ui

from adapters.chat.discord.markup import cut, escaped, size
from bot.chat import Field, Form

ITEMS = 5
TITLE, LABEL, DESCRIPTION, TYPED = 45, 45, 100, 4_000
_TEXT_INPUT, _CHECKBOX = 4, 23


def possible(form: Form) -> Form:
    """Return a form with the fields that can be filled in here; what is too long for Discord stays as it is."""
    return replace(form, fields=tuple(field for field in form.fields if size(field.value) <= TYPED))


def fits(form: Form) -> bool:
    """Whether a form can be one modal."""
    return 1 <= len(form.fields) + bool(form.text) <= ITEMS


def modal(form: Form, only: Sequence[str] = ()) -> ui.Modal:
    """Return a form as a modal, with all of its fields or only some of them."""
    found = ui.Modal(title=cut(form.title, TITLE), custom_id=form.button)
    if form.text:
        found.add_item(ui.TextDisplay(escaped(form.text)))
    for field in form.fields:
        if not only or field.name in only:
            found.add_item(_label(field))
    found.stop()  # so that the SDK keeps nothing of it: what is sent is read without it
    return found


def filled_in(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was typed, by the names of the fields."""
    return dict(_values(data.get("components", [])))


def _label(field: Field) -> ui.Label[Any]:
    label, description = cut(field.label, LABEL), cut(field.hint, DESCRIPTION) or None
    return ui.Label(text=label, description=description, component=_input(field))


def _input(field: Field) -> ui.Item[Any]:
    if field.kind == "check":
        return ui.Checkbox(custom_id=field.name, default=field.value == "yes")
    is_long = field.kind == "lines" or "\n" in field.value
    return ui.TextInput(
        custom_id=field.name,
        style=discord.TextStyle.long if is_long else discord.TextStyle.short,
        default=field.value,
        required=field.required,
        max_length=TYPED,
    )


def _values(components: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for component in components:
        yield from _values([component["component"]] if "component" in component else component.get("components", []))
        if component.get("type") == _TEXT_INPUT:
            yield component["custom_id"], component["value"]
        elif component.get("type") == _CHECKBOX:
            yield component["custom_id"], "yes" if component["value"] else "no"
