"""The tool `command`: one program with its arguments, each by itself; there is no shell.

Carries out operations whose `with` (or `preview_with`) is `{argv: […]}`. The planner has already refused values that
a program would take for options, see `orchestration/intake/arguments.py`.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from adapters.tools.supervised import Command, Supervised
from orchestration.errors import InvalidRequest
from orchestration.ports import Job, Progress, Remains, ToolResult

_STEP_CHARACTERS = 200
_BETWEEN_STEPS = 0.1
"""Seconds; whoever prints faster than that is not read anyway."""


class CommandTool:
    """Runs declared commands in the workspace."""

    def __init__(self, supervised: Supervised) -> None:
        self._supervised = supervised

    def missing(self) -> str | None:
        """Return None: what it takes is here. Whether a program is there shows when it is run."""
        return None

    async def run(self, job: Job, progress: Callable[[Progress], None]) -> ToolResult:
        """Run the job's argv; what it prints is its progress."""
        arguments = _arguments(job)
        frozen = await self._supervised.freeze(job)
        workspace = self._supervised.workspace
        argv = tuple(_frozen_or_same(argument, job, workspace, frozen) for argument in arguments)
        keys = {"SAYSO_ATTEMPT_KEY": f"{job.task_id}:{job.number}", "SAYSO_TASK_KEY": job.task_id}
        return await self._supervised.run(job, Command(argv, keys, workspace), _Steps(job, progress).line)

    async def settle(self, job: Job) -> Remains:
        """Find out what became of an attempt of an earlier process."""
        return await self._supervised.settle(job)


class _Steps:
    """Tells of lines as they come, not more often than people read."""

    def __init__(self, job: Job, progress: Callable[[Progress], None]) -> None:
        self._attempt_id = job.attempt_id
        self._progress = progress
        self._next = 0.0

    def line(self, stream: str, text: str) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._next and (step := text.strip()):
            self._next = now + _BETWEEN_STEPS
            self._progress(Progress(self._attempt_id, 0, 0, step[:_STEP_CHARACTERS]))


def _arguments(job: Job) -> Sequence[str]:
    argv = job.instructions.get("argv")
    if not isinstance(argv, list | tuple) or not argv:
        raise InvalidRequest(f"{job.operation} has no «argv» to run. Nothing was run.")
    arguments = [str(element) for element in argv]
    if any("\0" in argument for argument in arguments):
        raise InvalidRequest(f"An argument of {job.operation} has a NUL character in it. Nothing was run.")
    return arguments


def _frozen_or_same(argument: str, job: Job, workspace: Path, frozen: Path) -> str:
    """Return the approved copy's path where an argument names an approved file, in any of its spellings."""
    name = argument.removeprefix(f"{workspace}/").removeprefix("./")
    return str(frozen / name) if name in job.files else argument
