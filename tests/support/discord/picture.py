"""A message of the local Discord as an HTML page, close enough to Discord's looks for a screenshot in the README."""

import html
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tests.support.discord.guild import Message
from tests.support.discord.limits import BUTTON, CONTAINER, FILE, ROW, SECTION, SELECT, TEXT

JSON = dict[str, Any]
STYLE = """
body{margin:0;background:#313338;font:15px/1.4 "gg sans","Noto Sans","Helvetica Neue",Arial,sans-serif;color:#dbdee1}
.message{display:flex;gap:16px;padding:16px 20px;max-width:680px}
.face{width:40px;height:40px;flex:none;border-radius:50%;background:#5865f2}
.face{color:#fff;font-weight:700;text-align:center;line-height:40px}
.body{flex:1;min-width:0}.name{font-weight:600;color:#f2f3f5}
.app{font-size:10px;font-weight:600;background:#5865f2;border-radius:3px;padding:2px 4px;color:#fff}
.time{font-size:12px;color:#949ba4}
.container{margin-top:6px;background:#2b2d31;border:1px solid #3f4147;border-left:4px solid;border-radius:8px}
.container{display:flex;flex-direction:column;gap:8px;padding:14px 16px}
.section{display:flex;gap:16px;justify-content:space-between;align-items:flex-start}
.line{white-space:pre-wrap;overflow-wrap:break-word;min-height:.7em}
.heading{font-size:16px;font-weight:700;color:#f2f3f5}.small{font-size:13px;color:#949ba4}
.item,.deep{position:relative;margin-left:18px}.deep{margin-left:36px}
.item:before,.deep:before{content:"•";position:absolute;left:-14px}.deep:before{content:"◦"}
.row{display:flex;flex-wrap:wrap;gap:8px;padding-top:2px}
.button{border-radius:8px;padding:6px 16px;font-size:14px;font-weight:500;color:#fff;background:#4e5058;flex:none}
.style1{background:#5865f2}.style3{background:#248046}.style4{background:#da373c}
.select{border:1px solid #1e1f22;border-radius:8px;padding:8px 12px;background:#1e1f22;color:#949ba4;width:360px}
.file{border:1px solid #3f4147;border-radius:8px;padding:10px 14px;color:#00a8fc}
code{font:13px/1.4 Consolas,Menlo,monospace;background:#1e1f22;border-radius:4px;padding:1px 4px}
.moment{background:#3c3e44;border-radius:3px;padding:0 2px}
"""
LINE = re.compile(r"(?P<heading>#{1,3} )|(?P<small>-# )|(?P<deep> +- )|(?P<item>- )")
INLINE = re.compile(
    r"\\(?P<escaped>[^0-9A-Za-z\s])|<t:(?P<moment>\d+):(?P<style>\w)>|\*\*(?P<bold>(?:\\.|[^\\])+?)\*\*|`(?P<code>[^`]+)`"
)


def render_html(message: Message, name: str = "Sayso", time: str = "Today at 09:41") -> str:
    """Return a whole page that shows a message."""
    head = (
        f'<span class="name">{_safe(name)}</span> <span class="app">APP</span> <span class="time">{_safe(time)}</span>'
    )
    shown = _markdown(message.payload["content"]) + _drawn(message.payload["components"])
    body = f'<div class="message"><div class="face">S</div><div class="body">{head}{shown}</div></div>'
    return f'<!doctype html><meta charset="utf-8"><title>Discord</title><style>{STYLE}</style>{body}'


def _drawn(components: Iterable[JSON]) -> str:
    return "".join(DRAWN[one["type"]](one) for one in components)


def _container(container: JSON) -> str:
    colour = f"#{container['accent_color']:06x}"
    return f'<div class="container" style="border-left-color:{colour}">{_drawn(container["components"])}</div>'


def _section(section: JSON) -> str:
    return f'<div class="section"><div>{_drawn(section["components"])}</div>{_drawn([section["accessory"]])}</div>'


def _button(button: JSON) -> str:
    return f'<span class="button style{button["style"]}">{_safe(button["label"])}</span>'


def _markdown(text: str) -> str:
    return "".join(map(_line, text.split("\n"))) if text else ""


def _line(line: str) -> str:
    found = LINE.match(line)
    if found is None:
        return f'<div class="line">{_inline(line)}</div>'
    kind = str(found.lastgroup)
    return f'<div class="line {kind}">{_inline(line[found.end() :])}</div>'


def _inline(text: str) -> str:
    parts, place = [], 0
    for found in INLINE.finditer(text):
        parts += [_safe(text[place : found.start()]), _marked(found)]
        place = found.end()
    return "".join([*parts, _safe(text[place:])])


def _marked(found: "re.Match[str]") -> str:
    if found["escaped"]:
        return _safe(found["escaped"])
    if found["bold"]:
        return f"<b>{_inline(found['bold'])}</b>"
    if found["code"]:
        return f"<code>{_safe(found['code'])}</code>"
    return f'<span class="moment">{_moment(int(found["moment"]), found["style"])}</span>'


def _moment(seconds: int, style: str) -> str:
    """Return a time as its reader sees it: in full, or how far away it is."""
    at = datetime.fromtimestamp(seconds, UTC)
    if style != "R":
        return f"{at.day} {at:%B %Y %H:%M}"
    hours = round((at - datetime.now(UTC)).total_seconds() / 3600)
    return "in a day" if hours >= 22 else f"in {hours} hours"


def _safe(text: Any) -> str:
    return html.escape(str(text), quote=False)


DRAWN = {
    CONTAINER: _container,
    SECTION: _section,
    TEXT: lambda one: f"<div>{_markdown(one['content'])}</div>",
    ROW: lambda one: f'<div class="row">{_drawn(one["components"])}</div>',
    BUTTON: _button,
    SELECT: lambda one: f'<span class="select">{_safe(one["placeholder"])}</span>',
    FILE: lambda one: f'<div class="file">{_safe(one["file"]["url"].partition("//")[2])}</div>',
}
"""By the type of a component; those that Sayso uses."""
