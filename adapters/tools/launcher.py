"""The program that stands between the bot and a tool, so that every attempt ends on record whoever dies.

`python -I -m adapters.tools.launcher`, started by `launch.py` in a session of its own: reads its order from stdin,
runs the tool, writes redacted logs, passes lines on, enforces the time limit, and leaves nothing of the attempt alive.
It goes on when the bot is gone; the tool dies with it when it is killed. Its last act is `result.json`.

The lock that it inherits is held by it and by the tool, with all that the tool starts and that keeps its descriptors.
"""

import contextlib
import json
import os
import signal
import sys
import time
from typing import Any

from adapters.tools import processes
from adapters.tools.attempt_folder import LAUNCHER, RESULT, STARTED, AttemptFolder
from adapters.tools.capture import Capture, open_log
from adapters.tools.exec_tool import Child, adopt_orphans
from adapters.tools.live_feed import LiveFeed
from orchestration.redaction import Redactor

TIMEOUT_GRACE, CANCEL_GRACE = 5.0, 2.0
"""Seconds between SIGTERM and SIGKILL."""
_SWEEP = 30.0
"""Seconds after which a process that SIGKILL does not end is given up; the outcome is then not known."""


class Ending:
    """When and how the tool is to be ended from outside."""

    def __init__(self, timeout: float) -> None:
        self.status = ""
        self._timeout = timeout
        self._asked = False
        self._due = 0.0

    def begin(self) -> None:
        """Let the time limit begin now."""
        self._due = time.monotonic() + self._timeout

    def ask(self) -> None:
        """Somebody wants it ended."""
        self._asked = True

    def wait(self) -> float:
        """Return the seconds until something is due."""
        return min(max(self._due - time.monotonic(), 0.02), 60.0)

    def next_signal(self) -> signal.Signals | None:
        """Return what the tool's group must be sent now, if anything."""
        if self._asked:
            self._asked = False
            return self._politely(self.status or "cancelled", CANCEL_GRACE)
        if time.monotonic() < self._due:
            return None
        return signal.SIGKILL if self.status else self._politely("timeout", TIMEOUT_GRACE)

    def _politely(self, status: str, grace: float) -> signal.Signals:
        at_latest = time.monotonic() + grace
        self._due = min(self._due, at_latest) if self.status else at_latest
        self.status = status
        return signal.SIGTERM


class Launcher:
    """One attempt."""

    def __init__(self, order: dict[str, Any], folder: AttemptFolder, ending: Ending, capture: Capture) -> None:
        self._order = order
        self._folder = folder
        self._ending = ending
        self._capture = capture
        self._exit: int | None = None
        self._started_at, self._began = time.time(), time.monotonic()

    def run(self) -> None:
        """Carry the attempt out and record how it ended."""
        me = os.getpid()
        self._folder.write(LAUNCHER, {"pid": me, "born": processes.born(me)}, durable=False)
        adopt_orphans()
        child = Child(self._order["argv"], self._order["env"], self._order["cwd"])
        fault = self._start(child)
        while self._exit is None:
            self._enforce(child.pid)
            self._capture.wait(self._ending.wait())
            self._reap(child.pid)
        took = time.monotonic() - self._began
        self._sweep()
        self._capture.finish()
        self._record(fault, took)

    def _start(self, child: Child) -> str:
        """Record the start, then let the tool run; return why it could not."""
        for name, pipe in (("stdout", child.stdout), ("stderr", child.stderr)):
            log = open_log(self._folder, name, self._order["limits"])
            self._capture.add(name, pipe, log, Redactor(self._order["secrets"]))
        group, session = processes.group_and_session(child.pid)
        tool = {"pid": child.pid, "born": processes.born(child.pid), "group": group, "session": session}
        try:
            self._folder.write(STARTED, {**tool, "folder": self._folder.identity()})
        except OSError as error:
            child.abandon()
            return f"The start could not be recorded ({error.strerror}), so nothing was run."
        self._started_at, self._began = time.time(), time.monotonic()
        self._ending.begin()
        fault = child.execute()
        return f"It could not be started: {fault}. Nothing was run." if fault else ""

    def _enforce(self, pid: int) -> None:
        if number := self._ending.next_signal():
            # Its id is its own until `_reap`. It may have left its group, or belong to root.
            for send in (os.killpg, os.kill):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    send(pid, number)

    def _reap(self, pid: int) -> None:
        """Note the end of the tool, and bury orphans."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == pid:
                    self._exit = os.waitstatus_to_exitcode(ended[1])

    def _sweep(self) -> None:
        """Kill what the tool left behind; what loses its parent becomes our child, so in the end all of it is."""
        give_up = time.monotonic() + _SWEEP
        while left := _living_children():
            if time.monotonic() > give_up:
                raise TimeoutError(f"processes {left} of this attempt cannot be killed")
            for pid in left:
                with contextlib.suppress(PermissionError):
                    os.kill(pid, signal.SIGKILL)
            self._capture.wait(0.005)

    def _record(self, fault: str, took: float) -> None:
        status = "failed" if fault else self._ending.status or ("failed" if self._exit else "success")
        message = Redactor(self._order["secrets"]).line(fault) or self._message(status)
        outcome = {"status": status, "exit_code": None if fault else self._exit, "error_message": message}
        times = {"started_at": _timestamp(self._started_at), "ended_at": _timestamp(time.time())}
        record = {**outcome, **times, "duration_ms": int(took * 1000), **self._capture.summary()}
        self._folder.write(RESULT, record)

    def _message(self, status: str) -> str:
        if status == "timeout":
            return f"It did not end within {self._order['timeout']:g} s and was stopped."
        if status == "cancelled":
            return "It was stopped."
        if not self._exit:
            return ""
        if self._exit < 0:
            return f"It was ended by signal {-self._exit} ({signal.strsignal(-self._exit)})."
        return f"It ended with exit code {self._exit}."


def _living_children() -> list[int]:
    """Bury the dead; return those that live. Nobody else can bury ours, so their ids are still theirs."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return []
    return processes.children(os.getpid())


def _timestamp(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"


def _listen(ending: Ending) -> int:
    """Let signals wake the launcher; return the descriptor that tells of them."""
    wakeup, write_end = os.pipe()
    for descriptor in (wakeup, write_end):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: ending.ask())
    return wakeup


def main() -> None:
    """Read the order, and put nothing in its place: the tool must not find it."""
    order = json.load(sys.stdin)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())
    os.close(nothing)
    ending = Ending(order["timeout"])
    capture = Capture(LiveFeed(sys.stdout.fileno()), _listen(ending))
    Launcher(order, AttemptFolder(order["folder"]), ending, capture).run()


if __name__ == "__main__":
    main()
