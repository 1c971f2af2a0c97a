"""A message of the local Slack as an HTML page, close enough to Slack's looks for a screenshot in the README."""

import html
import re
from typing import Any

from tests.support.slack.ledger import Message
from tests.support.slack.workspace import JSON

STYLE = """
body{margin:0;background:#fff;font:15px/1.47 Lato,"Helvetica Neue",Arial,sans-serif;color:#1d1c1d}
.message{display:flex;gap:8px;padding:16px 20px;max-width:680px}
.face{width:36px;height:36px;border-radius:8px;background:#4a154b}
.face{color:#fff;font-weight:900;text-align:center;line-height:36px}
.body{flex:1;min-width:0}.name{font-weight:900}
.app{font-size:10px;background:#e8e8e8;border-radius:2px;padding:1px 3px;color:#616061}
.time{font-size:12px;color:#616061}
.block{margin:8px 0}.header{font-size:18px;font-weight:900}
.fields{display:grid;grid-template-columns:1fr 1fr;gap:8px 16px}
.row{display:flex;gap:16px;justify-content:space-between}
.context{font-size:13px;color:#616061}.context span{margin-right:8px}
hr{border:0;border-top:1px solid #dddddd;margin:12px 0}
.buttons{display:flex;flex-wrap:wrap;gap:8px}
.button{border:1px solid #bbbabb;border-radius:8px;padding:4px 12px;font-weight:700;background:#fff;font-size:14px}
.primary{background:#007a5a;border-color:#007a5a;color:#fff}.danger{background:#e01e5a;border-color:#e01e5a;color:#fff}
.plan{border:1px solid #dddddd;border-radius:12px;padding:12px 16px}.plan>b{display:block;margin-bottom:6px}
.task{display:flex;gap:10px;padding:5px 0}.mark{width:18px;flex:none;text-align:center;font-weight:900}
.pending{color:#868686}.in_progress{color:#1264a3}.complete{color:#007a5a}.error{color:#e01e5a}
.rich{white-space:pre-wrap}
.more{font-size:13px;color:#616061;white-space:pre-wrap}
code,pre{font:12px/1.5 Monaco,Menlo,monospace;background:#f8f8f8;border:1px solid #e0e0e0;border-radius:4px}
code{color:#c01343;padding:1px 3px}pre{padding:8px;white-space:pre-wrap}
table{border-collapse:collapse}td{border:1px solid #dddddd;padding:4px 8px}
a{color:#1264a3;text-decoration:none}.user{background:#e8f5fa;color:#1264a3;border-radius:3px;padding:0 2px}
"""
MARKS = {"pending": "○", "in_progress": "◐", "complete": "✓", "error": "✕"}


def render_html(message: Message, name: str = "Sayso", time: str = "9:41 AM") -> str:
    """Return a whole page that shows a message."""
    blocks = "".join(_block(one) for one in message.blocks) or _mrkdwn(message.text)
    head = (
        f'<span class="name">{_safe(name)}</span> <span class="app">APP</span> <span class="time">{_safe(time)}</span>'
    )
    body = f'<div class="message"><div class="face">S</div><div class="body">{head}{blocks}</div></div>'
    return f'<!doctype html><meta charset="utf-8"><title>Slack</title><style>{STYLE}</style>{body}'


def _block(block: JSON) -> str:
    draw = DRAWN.get(block["type"])
    return f'<div class="block">{draw(block)}</div>' if draw is not None else ""


def _section(block: JSON) -> str:
    text = _text(block["text"]) if "text" in block else ""
    fields = "".join(f"<div>{_text(one)}</div>" for one in block.get("fields", []))
    grid = f'<div class="fields">{fields}</div>' if fields else ""
    beside = _element(block["accessory"]) if "accessory" in block else ""
    return f'<div class="row"><div>{text}{grid}</div>{beside}</div>'


def _plan(block: JSON) -> str:
    tasks = "".join(_task(one) for one in block.get("tasks", []))
    return f'<div class="plan"><b>{_safe(block["title"])}</b>{tasks}</div>'


def _task(task: JSON) -> str:
    status = task.get("status", "pending")
    more = "".join(f'<div class="more">{_rich(task[part])}</div>' for part in ("details", "output") if part in task)
    mark = f'<span class="mark {status}">{MARKS[status]}</span>'
    return f'<div class="task">{mark}<div><span>{_safe(task["title"])}</span>{more}</div></div>'


def _rich(value: JSON) -> str:
    return "".join(_part(one) for one in value.get("elements", []))


def _part(part: JSON) -> str:
    inside = "".join(_inline(one) for one in part.get("elements", []))
    if part["type"] == "rich_text_preformatted":
        return f"<pre>{inside}</pre>"
    if part["type"] == "rich_text_list":
        items = "".join(f"<li>{_part(one)}</li>" for one in part["elements"])
        return f"<ul>{items}</ul>"
    return f'<div class="rich">{inside}</div>'


def _inline(element: JSON) -> str:
    known = (element.get(key) for key in ("text", "fallback", "url", "name", "user_id"))
    shown = _safe(next(filter(None, known), ""))
    style = element.get("style", {})
    for name, tag in (("bold", "b"), ("italic", "i"), ("strike", "s"), ("code", "code")):
        shown = f"<{tag}>{shown}</{tag}>" if style.get(name) else shown
    return shown


def _table(block: JSON) -> str:
    rows = ("".join(f"<td>{_cell(cell)}</td>" for cell in row) for row in block["rows"])
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _cell(cell: JSON) -> str:
    return _rich(cell) if cell["type"] == "rich_text" else _safe(cell.get("text", cell.get("value", "")))


def _element(element: JSON) -> str:
    label = element.get("text") or element.get("placeholder") or {"text": ""}
    if element["type"] in {"plain_text", "mrkdwn"}:
        return f"<span>{_text(element)}</span>"
    down = "" if element["type"] == "button" else " ▾"
    return f'<span class="button {element.get("style", "")}">{_safe(label["text"])}{down}</span>'


def _text(text: JSON) -> str:
    return _mrkdwn(text["text"]) if text["type"] == "mrkdwn" else _safe(text["text"]).replace("\n", "<br>")


def _mrkdwn(text: str) -> str:
    shown = _safe(html.unescape(re.sub(r"<([^<>|]+)(?:\|([^<>]+))?>", _token, text)))
    shown = shown.replace("\x02", "<span class='user'>").replace("\x03", "</span>")
    shown = re.sub(r"```\n?(.+?)```", r"<pre>\1</pre>", shown, flags=re.DOTALL)
    shown = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", shown)
    for mark, tag in (("*", "b"), ("_", "i"), ("~", "s")):
        sign = re.escape(mark)
        shown = re.sub(rf"(?<![\w{sign}]){sign}([^{sign}\n]+){sign}(?![\w{sign}])", rf"<{tag}>\1</{tag}>", shown)
    return shown.replace("\n", "<br>")


def _token(token: "re.Match[str]") -> str:
    return f"\x02{token.group(2) or token.group(1)}\x03"


def _safe(text: Any) -> str:
    return html.escape(str(text), quote=False)


DRAWN = {
    "header": lambda block: f'<div class="header">{_text(block["text"])}</div>',
    "section": _section,
    "divider": lambda block: "<hr>",
    "context": lambda block: f'<div class="context">{"".join(_element(one) for one in block["elements"])}</div>',
    "actions": lambda block: f'<div class="buttons">{"".join(_element(one) for one in block["elements"])}</div>',
    "markdown": lambda block: _mrkdwn(re.sub(r"\*\*(.+?)\*\*", r"*\1*", block["text"])),
    "rich_text": _rich,
    "plan": _plan,
    "task_card": lambda block: f'<div class="plan">{_task(block)}</div>',
    "table": _table,
}
