"""What a reader of a Slack message sees, and what in it mentions somebody or links somewhere.

Strict on purpose: what Slack might turn into a mention or a link counts as one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ANGLES = re.compile(r"<([^<>\n]+)>")
BARE_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*://|mailto:|www\.)[^\s<>|]+", re.IGNORECASE)
BARE_BROADCAST = re.compile(r"(?<![\w@])@(here|channel|everyone)\b")
MASKED_LINK = re.compile(r"!?\[[^\]\n]*\]\(\s*([^)\s]+)")
INLINE = {"user": "user_id", "usergroup": "usergroup_id", "channel": "channel_id", "broadcast": "range", "link": "url"}
READABLE = ("text", "title", "subtitle", "label", "hint", "placeholder", "alt_text", "description")
RUNS = ("rich_text_section", "rich_text_preformatted", "rich_text_quote")


@dataclass(frozen=True)
class Mention:
    """Something in a text that pings or links: `kind` is user, group, channel, broadcast, link or image."""

    kind: str
    target: str
    where: str = ""


def escaped(text: str) -> str:
    """Return text as Slack puts it on the wire when a person types it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str) -> str:
    """Return what a person typed, as Slack sends it to apps: escaped, with links in angle brackets."""
    return BARE_LINK.sub(lambda link: f"<{link.group()}>", escaped(text))


def unescaped(text: str) -> str:
    """Return wire text as a reader sees it."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def in_mrkdwn(text: str, where: str, verbatim: bool = False) -> Iterator[Mention]:
    """Find what Slack's own markup in a text pings or links."""
    for token in ANGLES.finditer(text):
        yield _angle(token.group(1), where)
    if verbatim:
        return
    rest = ANGLES.sub(" ", text)
    for link in BARE_LINK.finditer(rest):
        yield Mention("link", link.group(), where)
    for broadcast in BARE_BROADCAST.finditer(rest):
        yield Mention("broadcast", broadcast.group(1), where)


def _angle(token: str, where: str) -> Mention:
    target = token.partition("|")[0]
    if target.startswith("!subteam^"):
        return Mention("group", target.removeprefix("!subteam^"), where)
    kinds = {"@": "user", "#": "channel", "!": "broadcast"}
    if target[0] in kinds:
        return Mention(kinds[target[0]], target[1:], where)
    return Mention("link", target, where)


def in_blocks(value: Any, where: str = "/blocks") -> Iterator[Mention]:
    """Find every mention and link in blocks, elements or a view."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from in_blocks(item, f"{where}/{number}")
    if isinstance(value, dict):
        yield from _own(value, where)
        for key, item in value.items():
            yield from in_blocks(item, f"{where}/{key}")


def _own(value: dict[str, Any], where: str) -> Iterator[Mention]:
    kind = str(value.get("type"))
    if kind == "mrkdwn":
        yield from in_mrkdwn(str(value.get("text", "")), where, bool(value.get("verbatim")))
    elif kind == "markdown":
        yield from _in_markdown(str(value.get("text", "")), where)
    elif kind in INLINE:
        yield Mention({"usergroup": "group"}.get(kind, kind), str(value.get(INLINE[kind])), where)
    elif kind in {"button", "url"} and value.get("url"):
        yield Mention("link", str(value["url"]), where)
    elif kind == "image":
        yield Mention("image", str(value.get("image_url")), where)


def _in_markdown(text: str, where: str) -> Iterator[Mention]:
    for link in MASKED_LINK.finditer(text):
        yield Mention("link", link.group(1), where)
    yield from in_mrkdwn(MASKED_LINK.sub(" ", text), where)


def readable(value: Any) -> str:
    """Return the text a person reads in blocks or a view, a line for each piece, in order; button values are unseen."""
    return "\n".join(unescaped(piece) for piece in _pieces(value) if piece)


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _pieces(item)
    if isinstance(value, dict):
        yield from _pieces_of(value)


def _pieces_of(value: dict[str, Any]) -> Iterator[str]:
    if value.get("type") in RUNS:
        yield "".join(_inline(element) for element in value.get("elements", []))
        return
    for key, item in value.items():
        if isinstance(item, dict | list):
            yield from _pieces(item)
        elif key in READABLE or (key == "status" and "task_id" in value):
            yield str(item)


def _inline(element: dict[str, Any]) -> str:
    kind = element.get("type")
    if kind == "text":
        return str(element.get("text", ""))
    if kind == "link":
        return str(element.get("text") or element.get("url"))
    if kind == "date":
        return str(element.get("fallback") or element.get("timestamp"))
    return f"<{element.get(INLINE.get(str(kind), 'name'))}>"
