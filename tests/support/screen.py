"""A `sayso` at a terminal of its own."""

import os
import pty
import re
import select
import subprocess
import time

from tests.support.terminal import PROGRAM, Terminal

PATIENCE = 60
"""Seconds that a terminal is waited for."""


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
