"""Takes in what a tool prints: into its logs, to the bot, and the last of it into the result.

Used by `launcher.py` only; it is where the launcher waits, for output and for signals alike.
"""

import os
import select
import time
from collections import deque

from adapters.tools.attempt_folder import LOGS, AttemptFolder
from adapters.tools.live_feed import LiveFeed
from adapters.tools.output import Lines, Log
from orchestration.redaction import Redactor

_CHUNK = 65536
_LAST_READ = 5.0
"""Seconds for what is left in the pipes when all of the attempt is dead."""
_TAIL_CHARACTERS = 4000


class Stream:
    """One stream of the tool."""

    def __init__(self, name: str, log: Log, lines: Lines) -> None:
        self.name = name
        self.log = log
        self.lines = lines


class Capture:
    """All that a tool prints."""

    def __init__(self, feed: LiveFeed, wakeup: int) -> None:
        self._feed = feed
        self._wakeup = wakeup
        self._open: dict[int, Stream] = {}
        self._all: list[Stream] = []
        self._tail: deque[str] = deque()
        self._tail_size = 0
        self._poll = select.poll()
        self._poll.register(wakeup, select.POLLIN)

    def add(self, name: str, pipe: int, log: Log, redactor: Redactor) -> None:
        """Take in this pipe."""
        stream = Stream(name, log, Lines(redactor))
        self._all.append(stream)
        self._open[pipe] = stream
        os.set_blocking(pipe, False)
        self._poll.register(pipe, select.POLLIN)

    def wait(self, seconds: float) -> None:
        """Wait for output or a signal, and take in what is there."""
        self._feed.push()
        for descriptor, _ in self._poll.poll(seconds * 1000):
            if descriptor == self._wakeup:
                os.read(descriptor, _CHUNK)
            else:
                self._take(descriptor)

    def finish(self) -> None:
        """Take in what is left, close the logs, and pass the last lines on."""
        give_up = time.monotonic() + _LAST_READ
        while self._open and (left := give_up - time.monotonic()) > 0:
            self.wait(left)
        for stream in self._open.values():
            self._keep(stream, b"")
        for stream in self._all:
            stream.log.close()
        self._feed.finish()

    def summary(self) -> dict[str, object]:
        """Return what the result says about the output."""
        logs = {stream.name: stream.log.summary() for stream in self._all}
        return {**logs, "output_tail": "\n".join(self._tail)[-_TAIL_CHARACTERS:]}

    def _take(self, pipe: int) -> None:
        try:
            data = os.read(pipe, _CHUNK)
        except BlockingIOError:
            return
        self._keep(self._open[pipe], data)
        if not data:
            self._poll.unregister(pipe)
            os.close(pipe)
            del self._open[pipe]

    def _keep(self, stream: Stream, data: bytes) -> None:
        for line in stream.lines.feed(data, final=not data):
            stream.log.write(line)
            self._feed.line(stream.name, line, sample=stream.log.full)
            self._remember(line[-_TAIL_CHARACTERS:])

    def _remember(self, line: str) -> None:
        self._tail.append(line)
        self._tail_size += len(line) + 1
        while self._tail_size - len(self._tail[0]) - 1 >= _TAIL_CHARACTERS:
            self._tail_size -= len(self._tail.popleft()) + 1


def open_log(folder: AttemptFolder, name: str, limits: tuple[int, int]) -> Log:
    """Open the log of one stream; limits are bytes kept of its beginning and of its end."""
    return Log(folder.file(LOGS[name]), *limits)
