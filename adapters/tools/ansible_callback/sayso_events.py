"""Tells what a playbook does, as lines on standard output: a stdout callback plugin of Ansible, 2.19 or newer.

Ansible loads it from this folder; it stands alone, because Ansible may run on an interpreter without our packages.
`adapters/tools/ansible_events.py` reads the lines. A line that begins with `{` is an event, a JSON object:

    {"event": "start", "tasks": 3}
    {"event": "task", "name": "Add each portal", "of": 6}
    {"event": "item", "status": "changed", "label": "NAS", "done": 2, "of": 6}
    {"event": "result", "status": "ok", "name": "Add each portal", "host": "localhost"}
    {"event": "diff", "path": "/home/…/monitors.yml", "sign": "~", "added": 1, "removed": 0}
    {"event": "stats", "hosts": 1, "ok": 3, "changed": 1, "failed": 0, "skipped": 0, "unreachable": 0}

`of` is how many items a loop has, 0 when that is not known. `status` is ok, changed, failed, ignored, skipped or
unreachable. Every other line belongs to the event before it: the
lines of a unified diff, or messages, indented by two blanks so that none begins with `{`. They are lines of their own
and not JSON so that secrets in them are recognised line by line, as in any log.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
from typing import Any

from ansible.plugins.callback import CallbackBase  # type: ignore[import-untyped]

DOCUMENTATION = """
name: sayso_events
type: stdout
short_description: events as lines of JSON
description:
  - Tells what a playbook does, for Sayso.
"""

MOST_LINES, LONGEST_LINE, LONGEST_NAME = 1000, 2000, 300
MOST_FILES = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
TASK_ARGUMENTS = "_sayso_task_arguments"
_HEADER_SUFFIX = re.compile(r" \((?:content|file attributes)\)$")
_TALKATIVE = ("debug", "assert", "fail")
_SUMS = {"ok": "ok", "changed": "changed", "failed": "failures", "skipped": "skipped", "unreachable": "unreachable"}

Result = dict[str, Any]


def visible(line: str) -> str:
    """Return a line of limited length and without control characters."""
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", line)
    return text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}…"


def limited(lines: list[str]) -> list[str]:
    """Return lines made visible, and how many more there were."""
    more = [f" … {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else []
    return [*map(visible, lines[:MOST_LINES]), *more]


def unified(before: str, after: str) -> list[str]:
    """Return the hunks of a unified diff, without headers."""
    lines: list[str] = []
    old, new = (re.findall(r"[^\n]*\n|[^\n]+", text) for text in (before, after))
    for line in list(difflib.unified_diff(old, new))[2:]:
        lines.append(line.removesuffix("\n"))
        if not line.endswith("\n"):
            lines.append("\\ No newline at end of file")
    return lines


def as_text(value: Any) -> str:
    """Return what a module says of a content as text."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n"


class Diff:
    """What a task did, or would do, to one file."""

    def __init__(self, path: str, sign: str, lines: list[str]) -> None:
        self.path, self.sign, self.lines = path, sign, lines

    def event(self) -> dict[str, Any]:
        """Return the event; the lines go after it."""
        hunks = [line[:1] for line in self.lines]
        counts = {"added": hunks.count("+"), "removed": hunks.count("-")}
        return {"event": "diff", "path": self.path, "sign": self.sign, **counts}


def diffs_of(result: Result) -> list[Diff]:
    """Read what a module reports under `diff`, in any of the forms that modules use."""
    reported = result.get("diff") or []
    parts = reported if isinstance(reported, list) else [reported]
    return [diff for part in parts if isinstance(part, dict) for diff in _diffs_of_part(part, result)]


def _diffs_of_part(part: Result, result: Result) -> list[Diff]:
    before, after = part.get("before"), part.get("after")
    if "prepared" in part:
        return [Diff(_path(part, result), "~", as_text(part["prepared"]).splitlines())]
    if isinstance(before, dict) and isinstance(after, dict):
        return _of_attributes(before, after)
    if before is None and after is None:
        hidden = any(key.endswith(("_binary", "_larger")) for key in part)
        return [Diff(_path(part, result), "~", [" (not text, or too large to show)"])] if hidden else []
    if before == after:
        return []
    lines = unified(as_text(before or ""), as_text(after or ""))
    return [Diff(_path(part, result), "~" if before else "+", lines)]


def _of_attributes(before: Result, after: Result) -> list[Diff]:
    """What `file` reports: something appears, goes away, or gets other rights."""
    path = str(after.get("path") or before.get("path") or "")
    if after.get("state") == "absent":
        inside = sorted((before.get("path_content") or {}).get("files") or [])
        gone = inside[:MOST_FILES] or [path + "/" * (before.get("state") == "directory")]
        return [Diff(one, "-", []) for one in gone]
    if before.get("state") == "absent":
        return [Diff(path + "/" * (after.get("state") == "directory"), "+", [])]
    other = [key for key in after if after[key] != before.get(key)]
    return [Diff(path, "~", [f" {key}: {before.get(key)} → {after[key]}" for key in other])] if other else []


def _path(part: Result, result: Result) -> str:
    """Return which file it is; modules say so in different places, and in check mode in fewer of them."""
    header = str(part.get("after_header") or part.get("before_header") or "")
    if _HEADER_SUFFIX.search(header):
        return _HEADER_SUFFIX.sub("", header)
    asked = (result.get("invocation") or {}).get("module_args") or {}
    for source in (result, asked, result.get(TASK_ARGUMENTS) or {}):
        named = source.get("dest") or source.get("path")
        if named and "{{" not in str(named):
            return str(named)
    return header


def messages(result: Result, action: str, failed: bool) -> list[str]:
    """Return what a result has to say to people."""
    said = [result.get("msg")] if failed or action.rsplit(".", 1)[-1] in _TALKATIVE else []
    said += [result.get(key) for key in ("stdout", "stderr", "module_stderr")]
    said += [f"warning: {text}" for text in result.get("warnings") or []]
    return [line for text in said if text for line in as_text(text).splitlines()]


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Prints the events."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "sayso_events"

    def __init__(self) -> None:
        super().__init__()
        self._variables: dict[str, Any] = {}
        self._name = ""
        self._items_done = self._items = 0

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Count the tasks, as far as they are known before."""
        blocks = [block for play in playbook.get_plays() for block in play.compile()]
        tasks = [task for block in blocks for task in block.get_tasks() if not task.implicit]
        self._tell({"event": "start", "tasks": len(tasks)})

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Remember the variables from outside, to know how long a loop over one of them is."""
        self._variables = play.get_variable_manager().extra_vars

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Tell that a task begins."""
        self._name = visible(str(task.name or task.get_name()))[:LONGEST_NAME]
        self._items_done, self._items = 0, self._length(task.loop)
        self._tell({"event": "task", "name": self._name, "of": self._items})

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        """Tell that a handler begins."""
        self.v2_playbook_on_task_start(task, False)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        """Tell of one item of a loop."""
        self._item(result, "changed" if result.result.get("changed") else "ok")

    def v2_runner_item_on_failed(self, result: Any) -> None:
        """Tell of one item of a loop."""
        self._item(result, "failed")

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        """Tell of one item of a loop."""
        self._item(result, "skipped")

    def v2_runner_on_ok(self, result: Any) -> None:
        """Tell how a task ended on a host."""
        self._result(result, "changed" if result.result.get("changed") else "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Tell how a task ended on a host."""
        self._result(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Tell how a task ended on a host."""
        self._result(result, "skipped")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Tell how a task ended on a host."""
        self._result(result, "unreachable")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Tell the sums over all hosts."""
        sums = [stats.summarize(host) for host in stats.processed]
        counts = {ours: sum(one[theirs] for one in sums) for ours, theirs in _SUMS.items()}
        self._tell({"event": "stats", "hosts": len(sums), **counts})

    def _length(self, loop: Any) -> int:
        """Return how many items a loop has, where that is known without evaluating anything; else 0."""
        if isinstance(loop, str) and (found := _VARIABLE.fullmatch(loop.strip())):
            loop = self._variables.get(found[1])
        return len(loop) if isinstance(loop, list) else 0

    def _item(self, result: Any, status: str) -> None:
        self._items_done += 1
        label = visible(str(result.result.get("_ansible_item_label", "")))[:LONGEST_NAME]
        event = {"event": "item", "status": status, "label": label, "done": self._items_done, "of": self._items}
        self._tell(event, messages(result.result, result.task.action, status == "failed"))
        self._diffs(result.result, result.task)

    def _result(self, result: Any, status: str) -> None:
        event = {"event": "result", "status": status, "name": self._name, "host": result.host.get_name()}
        bad = status in ("failed", "ignored", "unreachable")
        said = [] if "results" in result.result else messages(result.result, result.task.action, bad)
        self._tell(event, said)
        if "results" not in result.result:
            self._diffs(result.result, result.task)

    def _diffs(self, result: Result, task: Any) -> None:
        # Since 2.21 a result no longer says what its module was asked for; the task does.
        result = {**result, TASK_ARGUMENTS: dict(task.args or {})}
        for diff in diffs_of(result) if result.get("changed") else []:
            self._write(diff.event(), limited(diff.lines))

    def _tell(self, event: dict[str, Any], said: list[str] | None = None) -> None:
        self._write(event, [f"  {line}" for line in limited(said or [])])

    @staticmethod
    def _write(event: dict[str, Any], lines: list[str]) -> None:
        sys.stdout.write("\n".join([json.dumps(event, ensure_ascii=False, default=str), *lines, ""]))
        sys.stdout.flush()
