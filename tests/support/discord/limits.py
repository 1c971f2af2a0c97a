"""What Discord refuses of a message or a modal, beyond what its description says."""

from collections.abc import Iterator
from typing import Any

JSON = dict[str, Any]
V2, EPHEMERAL, LOADING = 1 << 15, 1 << 6, 1 << 7
ROW, BUTTON, SELECT, TEXT_INPUT, SECTION, TEXT, FILE, SEPARATOR, CONTAINER, LABEL = 1, 2, 3, 4, 9, 10, 13, 14, 17, 18
TOP_LEVEL = {ROW, SECTION, TEXT, FILE, SEPARATOR, CONTAINER}
MODAL_ITEMS = 5
"""As many as discord.py takes."""


def walk(components: list[JSON]) -> Iterator[JSON]:
    """Yield every component, those inside others too."""
    for component in components:
        yield component
        for key in ("accessory", "component"):
            if key in component:
                yield from walk([component[key]])
        yield from walk(component.get("components", []))


def message_faults(payload: JSON) -> Iterator[str]:
    """Yield what is wrong with a message."""
    components = list(walk(payload.get("components") or []))
    if not payload.get("flags", 0) & V2:
        if not payload.get("content") and not payload.get("attachments"):
            yield "Cannot send an empty message"
        return
    if payload.get("content") or payload.get("embeds"):
        yield "content and embeds do not go with components of version 2"
    if not components:
        yield "a message of components needs one"
    yield from _component_faults(components)
    if any(component["type"] not in TOP_LEVEL for component in payload["components"]):
        yield "not a component that stands by itself"
    if sum(_size(component.get("content", "")) for component in components) > 4000:
        yield "more than 4000 characters of text"


def _component_faults(components: list[JSON]) -> Iterator[str]:
    if len(components) > 40:
        yield "more than 40 components"
    named = [component["custom_id"] for component in components if component.get("custom_id")]
    if len(set(named)) < len(named):
        yield "a custom_id is there twice"
    numbered = [component["id"] for component in components if component.get("id")]
    if len(set(numbered)) < len(numbered):
        yield "an id is there twice"
    for component in components:
        yield from _one(component)


def _one(component: JSON) -> Iterator[str]:
    kind = component["type"]
    if kind == ROW and len(component["components"]) > (1 if component["components"][0]["type"] == SELECT else 5):
        yield "too many components in a row"
    if kind == SELECT:
        yield from _select_faults(component)
    if kind == SECTION and not 1 <= len(component["components"]) <= 3:
        yield "a section has one to three texts"
    if kind == BUTTON and _size(component.get("label") or "") > 80:
        yield "a label of more than 80 characters"
    if kind == TEXT and not component["content"].strip():
        yield "a text without anything in it"
    if len(component.get("custom_id") or "") > 100:
        yield "a custom_id of more than 100 characters"


def _select_faults(component: JSON) -> Iterator[str]:
    options = component.get("options", [])
    if not 1 <= len(options) <= 25:
        yield "a select has one to 25 options"
    if len({option["value"] for option in options}) < len(options):
        yield "an option's value is there twice"
    if any(_size(option["label"]) > 100 or len(option["value"]) > 100 for option in options):
        yield "an option of more than 100 characters"
    if component.get("max_values", 1) > len(options):
        yield "more values than options"


def modal_faults(data: JSON) -> Iterator[str]:
    """Yield what is wrong with a modal."""
    if len(data["components"]) > MODAL_ITEMS:
        yield "too many components in a modal"
    if _size(data["title"]) > 45:
        yield "a title of more than 45 characters"
    components = list(walk(data["components"]))
    named = [component["custom_id"] for component in components if component.get("custom_id")]
    if len(set(named)) < len(named):
        yield "a custom_id is there twice"
    if any(_size(component.get("label") or "") > 45 for component in components if component["type"] == LABEL):
        yield "a label of more than 45 characters"


def _size(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
