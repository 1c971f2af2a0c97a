"""What is typed at the prompt decides only when it says so; and a whole conversation at a real terminal."""

import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

import pytest

from adapters.cli.prompt import Typed, understand
from orchestration.errors import InvalidRequest
from tests.support.terminal import PROGRAM, Terminal

PATIENCE = 60
"""Seconds that a terminal is waited for."""


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("approve", Typed("approve")),
        ("  Approve ", Typed("approve")),
        ("a", Typed("approve")),
        ("yes", Typed("approve")),
        ("y", Typed("approve")),
        ("approve as ben", Typed("approve", "ben")),
        ("y as j.doe-2", Typed("approve", "j.doe-2")),
        ("reject", Typed("reject")),
        ("no", Typed("reject")),
        ("n as ben", Typed("reject", "ben")),
        ("reject too risky today", Typed("reject", None, "too risky today")),
        ("reject as ben too risky", Typed("reject", "ben", "too risky")),
        ("details", Typed("details")),
        ("d", Typed("details")),
        ("leave", Typed("leave")),
        ("quit", Typed("leave")),
        ("", Typed("help")),
        ("?", Typed("help")),
        ("edit drop 2", Typed("edit", drop=frozenset([2]))),
        ("edit 1 port=3005", Typed("edit", parameters={1: {"port": "3005"}})),
        ('e 2 a=1 b="two words" c=', Typed("edit", parameters={2: {"a": "1", "b": "two words", "c": ""}})),
    ],
)
def test_what_a_line_means(line: str, meant: Typed) -> None:
    """Each verb has its short form, and what belongs to it."""
    assert understand(line) == meant


@pytest.mark.parametrize(
    "line",
    [
        "a moment please", "yes but change the port", "approve not", "approve as", "approve as ben and cem", "y?",
        "approve 7K2MQ4", "no idea", "n or y", "r u sure", "maybe", "ok", "approved", "as ben",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_decision_decides_nothing(line: str) -> None:
    """A line that says more than a decision, or less, is asked about."""
    with pytest.raises(InvalidRequest, match=r"[Tt]ype"):
        understand(line)


@pytest.mark.parametrize(
    "line", ["edit", "edit 1", "edit port=1", "edit drop", "edit drop ²", "edit ² port=1", "edit 1 port", 'edit 1 a="b',
             "edit drop 99999999999999999999", "edit drop 1 2"],
)  # fmt: skip
def test_an_edit_says_how(line: str) -> None:
    """An edit that cannot be read is told with examples."""
    with pytest.raises(InvalidRequest, match="edit 1 port=3005"):
        understand(line)


class Screen:
    """A `sayso` at a terminal of its own, driven as a person would: look, then type."""

    def __init__(self, terminal: Terminal, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [PROGRAM, *arguments],
            cwd=terminal.folder,
            env={**terminal.environment(), "TERM": "xterm", "LINES": "50"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self._printed = b""
        self._seen = 0

    def until(self, words: str) -> str:
        """Return what was printed up to and with these words, since the last time."""
        ends = time.monotonic() + PATIENCE
        while (place := self._plain().find(words, self._seen)) < 0:
            assert time.monotonic() < ends, f"«{words}» did not come:\n{self._plain()[self._seen :]}"
            if select.select([self._master], [], [], 1)[0]:
                self._read()
        start, self._seen = self._seen, place + len(words)
        return self._plain()[start : self._seen]

    def type(self, line: str) -> None:
        """Type a line, after the prompt is there."""
        os.write(self._master, f"{line}\n".encode())

    def press(self, key: bytes) -> None:
        """Press a key alone."""
        os.write(self._master, key)

    def end(self) -> tuple[str, int]:
        """Return the rest of what was printed, and the exit code."""
        while self._read():
            pass
        code = self.process.wait(PATIENCE)
        os.close(self._master)
        return self._plain()[self._seen :], code

    def _read(self) -> bool:
        """Take what is there; False when the program has closed its end."""
        try:
            read = os.read(self._master, 65536)
        except OSError:
            return False
        self._printed += read
        return bool(read)

    def _plain(self) -> str:
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self._printed.decode("utf-8", "replace"))


@pytest.mark.slow
def test_a_conversation_at_a_terminal(tmp_path: Path) -> None:
    """The card, the dry run, a word that decides nothing, a bad edit, a refusal, and the yes of somebody who may."""
    screen = Screen(Terminal(tmp_path), "ask", "Deploy", "Kuma", "on", "port", "3005")
    card = screen.until("Open until")
    assert re.search(r"Plan [0-9A-Z]{6} · 1 task · about 5 seconds · medium risk", card)
    assert "port 3005" in card
    assert "Needs one of operators (Ben, Cem), not you." in card
    preview = screen.until("approve · reject")
    assert "+ kuma/compose.yml" in preview
    screen.until("> ")
    screen.type("a moment")
    screen.until("Nothing was decided.")
    screen.until("> ")
    screen.type("edit 1 port=80")
    screen.until("port must be between 1024 and 65535, not 80.")
    screen.until("> ")
    screen.type("approve")
    screen.until("Nothing was changed.")
    screen.until("> ")
    screen.type("approve as ben")
    screen.until("Approved by Ben")
    rest, code = screen.end()
    assert code == 0, rest
    assert "✓ Deploy Uptime Kuma" in rest
    assert "PASS · 1 of 1 task" in rest
    assert (tmp_path / ".sayso/homelab/workspace/kuma/state.yml").read_text().count("3005") == 1


@pytest.mark.slow
def test_leaving_leaves_the_plan_pending(tmp_path: Path) -> None:
    """The end of input decides nothing: the plan waits, and how to decide it is said."""
    screen = Screen(Terminal(tmp_path), "ask", "back up the notes volume")
    screen.until("> ")
    screen.press(b"\x04")
    screen.until("Left open. Decide with:")
    _, code = screen.end()
    assert code == 5
