"""Finds everything that is alive of an attempt, kills it, and confirms that by the attempt's lock.

A process is the attempt's when it holds the lock, is in the tool's process group and session, or was started with the
attempt's mark in its environment; so a child that left the group and closed its descriptors is found too.
Called by `supervised.py`, on a cancel, when a launcher died, and after a restart.
"""

import asyncio
import os
import signal
import time

from adapters.tools import processes
from adapters.tools.attempt_folder import LAUNCHER, LOCK, STARTED, AttemptFolder

MARK = "SAYSO_ATTEMPT"
"""The variable in the environment of every tool that names its attempt's folder."""
POLITE_SECONDS, KILL_SECONDS = 5.0, 5.0
"""How long a launcher may take to end by itself, and how long SIGKILL is repeated."""
_PAUSE = 0.02


def mark_of(folder: AttemptFolder) -> str:
    """Return the value of `MARK` for an attempt; another one for the same attempt in a copy of the home."""
    return f"{os.path.basename(folder.path)}@{folder.identity()}"  # noqa: PTH119


class AttemptProcesses:
    """The processes of one attempt."""

    def __init__(self, folder: AttemptFolder) -> None:
        self._folder = folder

    async def end(self) -> int | None:
        """End all of it; return the lock's descriptor as the proof, or None when something may be alive."""
        lock = self._folder.lock()
        if lock is None:
            lock = await self._lock_politely()
        give_up = time.monotonic() + KILL_SECONDS
        while (left := self._kill()) or lock is None:
            if time.monotonic() > give_up:
                break
            await asyncio.sleep(_PAUSE)
            lock = self._folder.lock() if lock is None else lock
        if left and lock is not None:
            os.close(lock)
            return None
        return lock

    async def _lock_politely(self) -> int | None:
        """Let the launcher end the tool and put it on record; it may not have come so far as to say who it is."""
        give_up, asked = time.monotonic() + POLITE_SECONDS, False
        while (lock := self._folder.lock()) is None and time.monotonic() < give_up:
            launcher = self._launcher()
            if launcher == 0:
                return None
            asked = asked or (launcher is not None and processes.send(launcher, signal.SIGTERM, self._is_launcher))
            await asyncio.sleep(_PAUSE)
        return lock

    def _launcher(self) -> int | None:
        """Return the launcher's process id, 0 when it is dead, None when it has not said yet who it is."""
        pid = (self._folder.read(LAUNCHER) or {}).get("pid")
        if not isinstance(pid, int):
            return None
        return pid if self._is_launcher(pid) else 0

    def _is_launcher(self, pid: int) -> bool:
        known = self._folder.read(LAUNCHER) or {}
        return not processes.is_dead(pid) and processes.born(pid) == known.get("born")

    def _kill(self) -> bool:
        """Kill what is alive; return whether there was anything."""
        group, mark = self._group(), mark_of(self._folder)
        found = [pid for pid in processes.pids() if self._is_ours(pid, group, mark)]
        for pid in found:
            processes.send(pid, signal.SIGKILL, lambda one: self._is_ours(one, group, mark))
        return bool(found)

    def _group(self) -> tuple[int, int]:
        """Return the tool's (group, session); zeros when there is none, or the record came here with a copied home."""
        known = self._folder.read(STARTED) or {}
        group, session = known.get("group"), known.get("session")
        is_own = known.get("folder") == self._folder.identity()
        return (group, session) if is_own and isinstance(group, int) and isinstance(session, int) else (0, 0)

    def _is_ours(self, pid: int, group: tuple[int, int], mark: str) -> bool:
        if pid == os.getpid() or processes.is_dead(pid):
            return False
        return (
            (group[0] > 0 and processes.group_and_session(pid) == group)
            or processes.has_variable(pid, f"{MARK}={mark}")
            or processes.holds(pid, self._folder.file(LOCK))
        )
