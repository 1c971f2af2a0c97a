"""The launcher's line to its bot, for live progress. The bot may be slow, or gone; the tool is not held up.

Used by `launcher.py`; the other end is `launch.py`.
"""

import json
import os
import select
import time

_EVERY = 0.02
"""Seconds between samples once a stream has printed more than its log keeps."""
_MOST_WAITING = 65536
_PATIENCE = 1.0


class LiveFeed:
    """JSON lines to a pipe, without ever waiting for its reader while the tool runs."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._to = descriptor
        self._waiting = bytearray()
        self._sampled = 0.0
        self._gone = False

    def line(self, stream: str, text: str, sample: bool) -> None:
        """Pass on a redacted line; with `sample` only now and then, and only to a reader that keeps up."""
        if self._gone or (sample and not self._due()):
            return
        self._waiting += json.dumps([stream, text], ensure_ascii=False).encode() + b"\n"
        self.push()

    def push(self) -> None:
        """Write what the pipe takes."""
        while self._waiting and not self._gone:
            try:
                written = os.write(self._to, self._waiting[:_MOST_WAITING])
            except BlockingIOError:
                return
            except OSError:
                self._gone = True
                self._waiting.clear()
            else:
                del self._waiting[:written]

    def finish(self) -> None:
        """Write what is left to a reader that still reads."""
        pipe = select.poll()
        pipe.register(self._to, select.POLLOUT)
        while self._waiting and pipe.poll(_PATIENCE * 1000):
            self.push()

    def _due(self) -> bool:
        now = time.monotonic()
        if len(self._waiting) > _MOST_WAITING or now - self._sampled < _EVERY:
            return False
        self._sampled = now
        return True
