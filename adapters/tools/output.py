"""What the launcher does with a tool's output: into lines, redacted, into a log of limited size.

Whatever a tool prints, memory stays bounded and nothing unredacted reaches the disk. Used by `launcher.py` only.
"""

import codecs
import hashlib
import os
from collections import deque

from orchestration.redaction import Redactor

LONGEST_LINE = 65536
"""Characters; a longer line is cut into pieces."""


class Lines:
    """Makes redacted lines of the bytes of one stream."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes, final: bool = False) -> list[str]:
        """Return the lines that these bytes complete, without their ends; the unfinished one too at the end."""
        text = self._rest + self._decoder.decode(data, final).replace("\0", "\ufffd")
        *whole, self._rest = text.split("\n")
        lines = [piece for line in whole for piece in self._pieces(line)]
        while len(self._rest) > LONGEST_LINE + self._redactor.window:
            piece, self._rest = self._cut(self._rest)
            lines.append(piece)
        if final and self._rest:
            lines += self._pieces(self._rest)
            self._rest = ""
        return lines

    def _pieces(self, line: str) -> list[str]:
        pieces = []
        while len(line) > LONGEST_LINE:
            piece, line = self._cut(line)
            pieces.append(piece)
        return [*pieces, self._redactor.line(line.removesuffix("\r"))]

    def _cut(self, line: str) -> tuple[str, str]:
        at = self._redactor.cut(line, LONGEST_LINE)
        return self._redactor.line(line[:at]), line[at:]


class Log:
    """The log file of one stream: its first `head` bytes and its last `tail` bytes, and how much lies between."""

    def __init__(self, path: str, head: int, tail: int) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._room, self._most = head, tail
        self._hash = hashlib.sha256()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._left_out = 0
        self.size = 0
        self.fault = ""
        """Why the log ends early, when the disk would not take it."""

    @property
    def full(self) -> bool:
        """Whether the head is written, so that lines may yet be left out."""
        return self._room <= 0

    def write(self, line: str) -> None:
        """Add a redacted line."""
        data = line.encode() + b"\n"
        if self._room >= len(data):
            self._room -= len(data)
            self._put(data)
            return
        self._room = 0
        self._tail.append(data)
        self._tail_size += len(data)
        while self._tail_size > self._most and len(self._tail) > 1:
            dropped = len(self._tail.popleft())
            self._tail_size -= dropped
            self._left_out += dropped

    def close(self) -> None:
        """Write what is kept of the end, durably."""
        if self._left_out:
            self._put(f"[sayso] {self._left_out} bytes are left out here\n".encode())
        for data in self._tail:
            self._put(data)
        if self.size:
            os.fsync(self._file)
        os.close(self._file)

    def summary(self) -> dict[str, object]:
        """Return size in bytes and SHA-256 of the file, and how many bytes it lacks."""
        return {"size": self.size, "sha256": self._hash.hexdigest(), "left_out": self._left_out, "fault": self.fault}

    def _put(self, data: bytes) -> None:
        if self.fault:
            return
        try:
            written = os.write(self._file, data)
        except OSError as error:
            self.fault = error.strerror or "error"
            return
        self._hash.update(data[:written])
        self.size += written
        if written < len(data):
            self.fault = "the disk is full"
