"""Reads what our callback plugin tells of a playbook: how far it is, what it changed, and what went wrong.

The lines are described in `ansible_callback/sayso_events.py`; they are redacted before they get here, and what cannot
be read as an event is text. Used by `ansible_playbook.py` only, on lines as they come and on the log afterwards.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from orchestration.ports import Change

METRICS = ("ok", "changed", "failed", "skipped", "unreachable")
_LONGEST_MESSAGE = 300

Event = dict[str, Any]
Sign = Literal["+", "~", "-"]


@dataclass(slots=True)
class FileDiff:
    """What one task did to one file."""

    path: str
    sign: Sign
    added: int
    removed: int
    lines: list[str] = field(default_factory=list)

    def patch(self) -> list[str]:
        """Return it as a part of a patch; nothing where there is no text."""
        if not any(line.startswith("@@") for line in self.lines):
            return []
        before = "/dev/null" if self.sign == "+" else f"a/{self.path}"
        return [f"--- {before}", f"+++ b/{self.path}", *self.lines]


@dataclass(slots=True)
class Trouble:
    """The first thing that failed."""

    where: str
    said: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        """Say what failed and why."""
        why = " ".join(" ".join(self.said).split())
        why = why if len(why) <= _LONGEST_MESSAGE else f"{why[:_LONGEST_MESSAGE]}…"
        return f"{self.where}: {why}{'' if why.endswith(('.', '…', '!', '?')) else '.'}" if why else f"{self.where}."


class Report:
    """What is known of a playbook's run after some of its lines."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._tasks = self._begun = 0
        self._items = (0, 0)
        self._step = ""
        self._of: Event = {}
        self._suspect: Trouble | None = None
        self._trouble: Trouble | None = None
        self._hosts = -1
        self.diffs: list[FileDiff] = []
        self.metrics: dict[str, int] = {}
        self.log: list[str] = []
        """For people: each task, how it went, what it changed and said."""

    def feed(self, line: str) -> bool:
        """Take in a line; return whether the run got further by it."""
        event = _event(line)
        if event is None:
            self._text(line)
            return False
        self._of = event
        match event["event"]:
            case "start":
                self._tasks = _number(event, "tasks")
            case "task":
                self._begin(event)
            case "item" | "result":
                self._ended(event)
            case "diff":
                self._touched(event)
            case "stats":
                self._hosts = _number(event, "hosts")
                self.metrics = {name: _number(event, name) for name in METRICS}
        return event["event"] in ("start", "task", "item")

    def read(self, lines: Iterable[str]) -> "Report":
        """Take in all of these lines."""
        for line in lines:
            self.feed(line)
        return self

    def position(self) -> tuple[int, int, str]:
        """Return (done, total, step): items while a task goes over a known number of them, else tasks."""
        done, of = self._items
        if of > 1:
            return min(done, of), of, self._step
        return max(0, self._begun - 1), max(self._tasks, self._begun), self._step

    def doubt(self) -> str:
        """Return why a run that reports success cannot be believed; empty when it can."""
        if self._hosts < 0:
            return "ansible-playbook ended without telling what it did."
        if self._hosts == 0:
            return "The playbook's hosts match none of the inventory, so nothing was done."
        return ""

    def failure(self) -> str:
        """Return what failed first and why, as a sentence; empty when nothing did."""
        return self._trouble.sentence() if self._trouble else ""

    def changes(self) -> tuple[Change, ...]:
        """Return one change a file. Folders are named only where no file in them is."""
        found: dict[str, Change] = {}
        for diff in self.diffs:
            before = found.get(diff.path)
            found[diff.path] = _joined(before, diff) if before else _change(diff)
        paths = list(found)
        return tuple(change for path, change in found.items() if not _is_parent(path, paths))

    def patch(self) -> str:
        """Return all text differences as one patch, relative to the workspace; empty when there are none."""
        lines = [line for diff in self.diffs for line in diff.patch()]
        return "\n".join([*lines, ""]) if lines else ""

    def _begin(self, event: Event) -> None:
        self._begun += 1
        self._step = str(event.get("name", ""))
        self._items = (0, _number(event, "of"))
        self._suspect = None
        self.log.append(self._step)

    def _ended(self, event: Event) -> None:
        status, label = str(event.get("status", "")), str(event.get("label", ""))
        host = str(event.get("host", "localhost"))
        if event["event"] == "item":
            self._items = (_number(event, "done"), _number(event, "of"))
        who = label or (host if host != "localhost" else "")
        self.log.append(f"  {status}: {who}" if who else f"  {status}")
        if status in ("failed", "unreachable") and self._suspect is None:
            reason = f"«{self._step}» failed" if status == "failed" else f"«{self._step}» did not reach {host}"
            self._suspect = Trouble(f"{reason} for {label}" if label else reason)
        if event["event"] == "result":
            confirmed = self._suspect if status in ("failed", "unreachable") else None
            self._trouble = self._trouble or confirmed

    def _touched(self, event: Event) -> None:
        sign = event.get("sign")
        diff = FileDiff(
            self._relative(str(event.get("path", ""))),
            cast("Sign", sign) if sign in ("+", "-") else "~",
            _number(event, "added"),
            _number(event, "removed"),
        )
        if diff.path:
            self.diffs.append(diff)
            self.log.append(f"    {diff.sign} {diff.path} +{diff.added} -{diff.removed}")

    def _text(self, line: str) -> None:
        if self._of.get("event") == "diff" and self.diffs:
            self.diffs[-1].lines.append(line)
        else:
            line = line.strip()
            self._blame(line)
        self.log.append(f"    {line}")

    def _blame(self, said: str) -> None:
        if self._of.get("status") in ("failed", "unreachable") and self._suspect:
            self._suspect.said.append(said)

    def _relative(self, path: str) -> str:
        inside = path.removeprefix(f"{self._workspace}/")
        return inside or path


def _event(line: str) -> Event | None:
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def _number(event: Event, key: str) -> int:
    value = event.get(key)
    return value if isinstance(value, int) else 0


def _change(diff: FileDiff) -> Change:
    return Change(diff.path, diff.sign, diff.added, diff.removed)


def _joined(before: Change, diff: FileDiff) -> Change:
    sign: Sign = diff.sign if diff.sign == "-" else before.sign if before.sign == "+" else diff.sign
    return Change(before.path, sign, before.added + diff.added, before.removed + diff.removed)


def _is_parent(path: str, paths: Iterable[str]) -> bool:
    return path.endswith("/") and any(other != path and other.startswith(path) for other in paths)
