"""A folder for attempts with a workspace and secrets beside it, and a bot that can be killed.

`python -m tests.support.attempts HOME ATTEMPT SCRIPT` is that bot: it runs one script and prints how it ended.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from adapters.tools import processes
from adapters.tools.attempt_folder import AttemptFolder
from adapters.tools.secret_source import SecretSource
from adapters.tools.supervised import Command, Supervised
from orchestration.ports import Job, ToolResult

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0
"""Seconds after which a test gives up on something that takes milliseconds."""


def job(attempt_id: str = "a1", **changes: Any) -> Job:
    """Return a job that says nothing in particular, with changes."""
    plain: dict[str, Any] = {
        "attempt_id": attempt_id,
        "plan_id": "plan-1",
        "task_id": "task-1",
        "number": 1,
        "operation": "try_it",
        "kind": "run",
        "instructions": {},
        "files": {},
        "secrets": {},
        "timeout_seconds": 60.0,
    }
    return Job(**{**plain, **changes})


class Bench:
    """Where attempts are tried."""

    def __init__(self, home: Path, environment: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.workspace = home / "workspace"
        self.secrets = home / "secrets"
        self.attempts = home / "attempts"
        for folder in (self.workspace, self.secrets):
            folder.mkdir(exist_ok=True)
        self.hooks: list[str] = []
        source = SecretSource(self.secrets, environment or {})
        self.supervised = Supervised(self.attempts, self.workspace, source, self.hooks.append)
        self.lines: list[tuple[str, str]] = []

    async def run(self, argv: list[str], this: Job | None = None) -> ToolResult:
        """Run a command in the workspace."""
        command = Command(tuple(argv), {}, self.workspace)
        return await self.supervised.run(this or job(), command, lambda stream, text: self.lines.append((stream, text)))

    async def shell(self, script: str, this: Job | None = None) -> ToolResult:
        """Run a script."""
        return await self.run(["sh", "-c", script], this)

    def folder(self, attempt_id: str = "a1") -> AttemptFolder:
        """Return an attempt's folder."""
        return AttemptFolder(str(self.attempts / attempt_id))

    def seen_on_disk(self) -> bytes:
        """Return everything that was written for attempts, joined."""
        return b"\n".join(path.read_bytes() for path in sorted(self.attempts.rglob("*")) if path.is_file())

    def bot(self, script: str) -> "subprocess.Popen[bytes]":
        """Start a bot of its own that runs a script as attempt `a1`."""
        program = [sys.executable, "-m", "tests.support.attempts", str(self.home), "a1", script]
        return subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE)

    def pid(self, name: str) -> int:
        """Return the process id that a script wrote into a file of the workspace, as soon as it is there."""
        file = self.workspace / name
        until(lambda: file.is_file() and file.read_text().endswith("\n"))
        return int(file.read_text())

    def launcher(self) -> int:
        """Return the launcher's process id."""
        until(lambda: self.folder().has("launcher"))
        return int(str((self.folder().read("launcher") or {})["pid"]))


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so; fail when it never is."""
    give_up = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.01)


async def until_in_loop(is_so: Callable[[], bool]) -> None:
    """Wait until something is so while the event loop goes on."""
    give_up = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < give_up, "it never came"
        await asyncio.sleep(0.01)


def is_dead(pid: int) -> bool:
    """Whether a process has ended."""
    return processes.is_dead(pid)


def kill_bot(bot: "subprocess.Popen[bytes]") -> None:
    """Kill a bot as `kill -9` does."""
    bot.kill()
    bot.wait()
    assert bot.stdout is not None
    bot.stdout.close()


if __name__ == "__main__":
    found = Bench(Path(sys.argv[1]))
    sys.stdout.write(asyncio.run(found.shell(sys.argv[3], job(sys.argv[2]))).status)
    os._exit(0)
