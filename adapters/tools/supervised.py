"""Runs a tool's command under a launcher of its own, so that no attempt is ever lost, doubled or left behind.

Every tool that starts a process (`command.py`, `ansible_playbook.py`, `pytest_suite.py`, `http_call.py`) is built on
this. An attempt is a folder
`<attempts>/<attempt_id>/`; whoever holds its lock is the attempt, see `attempt_folder.py`.
"""

import asyncio
import os
import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.tools.attempt_folder import FILES, RESULT, SETTLED, STARTED, AttemptFolder
from adapters.tools.attempt_result import recorded, unrecorded
from adapters.tools.frozen_files import freeze
from adapters.tools.launch import Launch, spawn
from adapters.tools.remains import MARK, AttemptProcesses, mark_of
from adapters.tools.secret_source import SecretSource
from orchestration.errors import Conflict, InvalidRequest
from orchestration.ports import Job, Remains, ToolResult
from orchestration.redaction import Redactor

KEPT_BYTES = (1 << 20, 65536)
"""How much of each stream its log keeps, of its beginning and of its end."""
_ATTEMPT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_KILLED_WITHIN = 15.0
"""Seconds for a launcher that was told to end; it takes two and what SIGKILL takes."""
_PASSED_ON = ("PATH", "HOME", "TZ")


@dataclass(frozen=True, slots=True)
class Command:
    """What a tool wants run."""

    argv: tuple[str, ...]
    """The program (looked up in PATH when it has no slash) and its arguments."""
    env: Mapping[str, str]
    """Added to a minimal environment: PATH, HOME, LANG, LC_ALL, TZ. The bot's own is never passed on."""
    cwd: Path


class Supervised:
    """Starts, follows, stops and settles attempts."""

    def __init__(
        self,
        attempts: Path,
        workspace: Path,
        secrets: SecretSource,
        hook: Callable[[str], None] = lambda _label: None,
    ) -> None:
        self.attempts = attempts.absolute()
        self.workspace = workspace.resolve()
        self._secrets = secrets
        self._hook = hook
        self._detached = False

    def folder(self, job: Job) -> Path:
        """Return the attempt's folder, made if need be (0700)."""
        return Path(self._folder(job).path)

    def redactor(self, job: Job) -> Redactor:
        """Return what takes this job's secrets out of a text; raises a SaysoError when one of them cannot be had."""
        return Redactor([self._secrets.resolve(reference) for reference in job.secrets.values()])

    def redactor_of_all(self) -> Redactor:
        """Return what takes every secret of this machine out of a text that is to leave it."""
        return Redactor(self._secrets.all_known())

    async def freeze(self, job: Job) -> Path:
        """Copy `job.files` from the workspace to `<attempt>/files` and return that folder.

        Raises ChangedSinceApproval, naming the file, when one is missing or its bytes are not what was approved, and
        InvalidRequest when a path leaves the workspace. Files that were not approved are not copied.
        """
        folder = self._folder(job)
        target = Path(folder.file(FILES))
        lock = _claim(folder)
        try:
            await asyncio.to_thread(freeze, self.workspace, job.files, target)
        finally:
            os.close(lock)
        return target

    async def run(self, job: Job, command: Command, on_line: Callable[[str, str], None]) -> ToolResult:
        """Run the command to its end; `on_line("stdout" | "stderr", redacted line without its end)` as it prints.

        `on_line` gets every line of the first MiB of a stream, and a sample of at most 50 a second after that.
        Artifacts of the result are `<attempt_id>/stdout.log` and `<attempt_id>/stderr.log`, relative to `attempts`.
        Raises a SaysoError only when nothing was started. Cancelling kills all of it and confirms it dead (after which
        `settle` tells what came of it), unless `detach` was called.
        """
        folder = self._folder(job)
        launch = self._spawn(job, command, folder)
        try:
            await launch.follow(on_line)
        except BaseException:
            if not self._detached:
                await self._stop(folder, launch)
            raise
        finally:
            launch.release()
        self._hook("effect.after_exit")
        return recorded(folder) or await self._unrecorded(folder, launch.last_words)

    def detach(self) -> None:
        """From now on a cancelled `run` leaves its tool running; the next start adopts the result by `settle`."""
        self._detached = True

    async def settle(self, job: Job) -> Remains:
        """Find out what became of an attempt of an earlier process; kill what still runs, and confirm.

        Whatever the answer, the attempt cannot start afterwards, except that of `unconfirmed` something may be alive.
        """
        was_there = (self.attempts / job.attempt_id).is_dir()
        folder = self._folder(job)
        before = recorded(folder)
        lock = await AttemptProcesses(folder).end()
        if lock is None:
            return Remains("unconfirmed")
        try:
            folder.write(SETTLED, {})
            # Without its folder nobody can say that it never began: somebody may have cleaned up, or restored.
            return _remains(folder, before) if was_there else Remains("killed")
        finally:
            os.close(lock)

    def _folder(self, job: Job) -> AttemptFolder:
        if not _ATTEMPT_ID.fullmatch(job.attempt_id):
            raise InvalidRequest(f"«{job.attempt_id}» is not the id of an attempt.")
        folder = AttemptFolder(str(self.attempts / job.attempt_id))
        folder.make()
        return folder

    def _order(self, job: Job, command: Command, folder: AttemptFolder) -> dict[str, Any]:
        """Return what the launcher is told."""
        secrets = {name: self._secrets.resolve(reference) for name, reference in job.secrets.items()}
        base = {"PATH": os.defpath, "HOME": "/"} | {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        env = {**base, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", **command.env, **secrets, MARK: mark_of(folder)}
        return {
            "folder": folder.path,
            "argv": list(command.argv),
            "env": env,
            "cwd": str(command.cwd),
            "timeout": job.timeout_seconds,
            "limits": KEPT_BYTES,
            "secrets": list(secrets.values()),
        }

    def _spawn(self, job: Job, command: Command, folder: AttemptFolder) -> Launch:
        """Start the launcher with the lock; from here on the lock is its, whatever becomes of us."""
        lock = _claim(folder)
        try:
            order = self._order(job, command, folder)
            self._hook("effect.before_spawn")
            launch = spawn(order, lock)
        finally:
            os.close(lock)
        self._hook("effect.after_spawn")
        return launch

    async def _stop(self, folder: AttemptFolder, launch: Launch) -> None:
        """Have it all killed; raises when that cannot be confirmed, because then nobody may believe it."""
        launch.send(signal.SIGTERM)
        try:
            await asyncio.wait_for(launch.gone(), _KILLED_WITHIN)
        except TimeoutError:
            launch.send(signal.SIGKILL)
        lock = await AttemptProcesses(folder).end()
        if lock is None:
            raise ProcessLookupError("it was told to stop, and it cannot be confirmed that it did")
        os.close(lock)

    async def _unrecorded(self, folder: AttemptFolder, last_words: str) -> ToolResult:
        lock = await AttemptProcesses(folder).end()
        if lock is not None:
            os.close(lock)
        return unrecorded(folder, folder.has(STARTED), lock is not None, last_words)


def _claim(folder: AttemptFolder) -> int:
    """Take the lock of an attempt that has not begun; raises Conflict when it has, or never may."""
    lock = folder.lock()
    if lock is None:
        raise Conflict("This attempt is running already. It was not started again.")
    if any(folder.has(name) for name in (STARTED, RESULT, SETTLED)):
        os.close(lock)
        raise Conflict("This attempt was started or given up before. It was not started again.")
    return lock


def _remains(folder: AttemptFolder, before: ToolResult | None) -> Remains:
    """Say what became of an attempt that is confirmed dead."""
    result = recorded(folder)
    if result is None:
        return Remains("killed" if folder.has(STARTED) else "never_started")
    was_us = before is None and result.status == "cancelled"
    return Remains("killed" if was_us else "ended", result)
