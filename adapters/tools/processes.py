"""What the system knows about processes, read from `/proc`, and signals that cannot hit a stranger.

The launcher uses it to find its orphans, `remains.py` to find what is left of an attempt. A process id may have been
given to somebody else since it was noted: `send` opens the process first, then asks whether it is still the one.
"""

import os
import signal
from collections.abc import Callable, Iterator


def pids() -> Iterator[int]:
    """Yield the ids of all processes."""
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdecimal():
            yield int(name)


def stat(pid: int) -> list[int]:
    """Return the numbers of `/proc/<pid>/stat` from the parent on, see `proc(5)`; empty when it is gone."""
    text = _read(pid, "stat")
    return [int(number) for number in text[text.rfind(b")") + 1 :].split()[1:]]


def is_dead(pid: int) -> bool:
    """Whether it has ended, buried or not."""
    text = _read(pid, "stat")
    return text[text.rfind(b")") + 2 :][:1] in (b"", b"Z", b"X")


def parent(pid: int) -> int:
    """Return the parent's id; 0 when the process is gone."""
    return next(iter(stat(pid)), 0)


def group_and_session(pid: int) -> tuple[int, int]:
    """Return (process group, session); (0, 0) when the process is gone."""
    fields = stat(pid)
    return (fields[1], fields[2]) if fields else (0, 0)


def born(pid: int) -> int:
    """Return when it started, in clock ticks after boot; 0 when it is gone. With its id, who it is."""
    fields = stat(pid)
    return fields[18] if fields else 0


def children(pid: int) -> list[int]:
    """Return the ids of the processes whose parent this is."""
    return [one for one in pids() if parent(one) == pid]


def holds(pid: int, path: str) -> bool:
    """Whether a process of ours has this file open."""
    try:
        wanted = os.stat(path)  # noqa: PTH116
        opened = os.listdir(f"/proc/{pid}/fd")  # noqa: PTH208
    except OSError:
        return False
    return any(_same(f"/proc/{pid}/fd/{name}", wanted) for name in opened)


def has_variable(pid: int, assignment: str) -> bool:
    """Whether a process of ours was started with `NAME=value` in its environment."""
    return assignment.encode() in _read(pid, "environ").split(b"\0")


def send(pid: int, number: signal.Signals, meant: Callable[[int], bool]) -> bool:
    """Signal a process if it is, now that it cannot be mistaken for another, the one that is meant."""
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if not meant(pid):
            return False
        signal.pidfd_send_signal(descriptor, number)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _same(path: str, wanted: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), wanted)  # noqa: PTH116
    except OSError:
        return False


def _read(pid: int, name: str) -> bytes:
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return b""
