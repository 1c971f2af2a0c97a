"""The tool `fetch_logs`: the last lines of what an earlier plan printed, reported and changed.

Carries out operations whose `with` is `{plan, log, limit}`. It reads in this process and starts nothing; what it
reads was redacted when it was written.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from adapters.stored_logs import StoredLog, StoredLogs
from adapters.tools.artifact_file import write_artifact
from adapters.tools.supervised import Supervised
from orchestration.errors import InvalidRequest, NotFound
from orchestration.intake.tool_faults import LOGS, MOST_LINES
from orchestration.ports import Job, Progress, Remains, ToolResult
from orchestration.redaction import Redactor

DEFAULT_LINES = 100
_TAIL_CHARACTERS = 4000
_NAMES = {
    "output": {"stdout.log", "playbook.log"},
    "errors": {"stderr.log"},
    "junit": {"junit.xml"},
    "changes": {"diff.patch"},
}


class FetchLogsTool:
    """Reads what earlier plans left."""

    def __init__(self, supervised: Supervised, logs: StoredLogs) -> None:
        self._supervised = supervised
        self._logs = logs

    def missing(self) -> str | None:
        """Return None: it takes nothing but the home."""
        return None

    async def run(self, job: Job, progress: Callable[[Progress], None]) -> ToolResult:
        """Return the lines; all of them as an artifact, the last of them as output."""
        plan, log, limit = _wanted(job)
        try:
            lines = await asyncio.to_thread(lambda: list(self._read(plan, log, limit)))
        except NotFound as error:
            return ToolResult("failed", error_message=str(error))
        if not lines:
            return ToolResult("failed", error_message=f"Plan {plan} left no {'logs' if log == 'all' else log}.")
        text = "\n".join([*lines, ""])
        artifact = await asyncio.to_thread(write_artifact, self._supervised.folder(job), "fetched.log", text)
        return ToolResult("success", 0, text[-_TAIL_CHARACTERS:].rstrip("\n"), artifacts=(artifact,))

    async def settle(self, job: Job) -> Remains:
        """What read in a process that is gone has done nothing."""
        return Remains("never_started")

    def _read(self, plan: str, log: str, limit: int) -> Iterator[str]:
        for stored in self._logs.of(plan):
            if log == "all" or stored.name in _NAMES[log]:
                yield from self._lines(stored, limit)

    def _lines(self, stored: StoredLog, limit: int) -> Iterator[str]:
        redactor = Redactor([])
        yield f"{stored.operation}: {stored.name}"
        yield from (f"  {redactor.line(line)}" for line in self._logs.last_lines(stored, limit))


def _wanted(job: Job) -> tuple[str, str, int]:
    given: dict[str, Any] = {"log": "all", "limit": DEFAULT_LINES, **job.instructions}
    plan, log, limit = str(given.get("plan", "")), given["log"], given["limit"]
    if log not in LOGS:
        raise InvalidRequest(f"There is no log «{log}»: say one of {', '.join(LOGS)}. Nothing was read.")
    if type(limit) is not int or not 0 < limit <= MOST_LINES:
        raise InvalidRequest(f"«{limit}» is no number of lines from 1 to {MOST_LINES}. Nothing was read.")
    return plan, log, limit
