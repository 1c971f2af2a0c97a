"""The tool `http_call`: one declared HTTP request to one declared host.

Carries out operations whose `with` (or `preview_with`) is `{method, url, expect_status, headers, secret_headers,
json, body}`. The request is made by a program of its own (`http_request.py`) under a launcher, like any other attempt,
so that what became of it is known or known to be unknown. The planner has encoded the values in the URL.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapters.tools.attempt_folder import AttemptFolder
from adapters.tools.http_request import NEVER_SENT, UNEXPECTED
from adapters.tools.supervised import Command, Supervised
from orchestration.errors import InvalidRequest
from orchestration.ports import Artifact, Job, Progress, Remains, ToolResult

_REQUEST = "request.json"
_LONGEST_SENTENCE = 2000


class HttpCallTool:
    """Makes declared requests."""

    def __init__(self, supervised: Supervised) -> None:
        self._supervised = supervised

    def missing(self) -> str | None:
        """Return None: what it takes is here. Whether the host is there shows when it is asked."""
        return None

    async def run(self, job: Job, progress: Callable[[Progress], None]) -> ToolResult:
        """Make the request; its answer is the output, and a report in the evidence."""
        request = _request(job)
        await self._supervised.freeze(job)
        folder = self._supervised.folder(job)
        await asyncio.to_thread(AttemptFolder(str(folder)).write, _REQUEST, request, False)
        argv = (sys.executable, "-I", "-m", "adapters.tools.http_request", str(folder / _REQUEST))
        progress(Progress(job.attempt_id, 0, 0, f"{request['method']} {request['url']}"))
        result = await self._supervised.run(job, Command(argv, {}, self._supervised.workspace), lambda *_line: None)
        return await asyncio.to_thread(self._told, job, result)

    async def settle(self, job: Job) -> Remains:
        """Find out what became of an attempt of an earlier process, and tell it as `run` would have."""
        remains = await self._supervised.settle(job)
        if remains.state != "ended" or remains.result is None:
            return remains
        return replace(remains, result=await asyncio.to_thread(self._told, job, remains.result))

    def _told(self, job: Job, result: ToolResult) -> ToolResult:
        """Return the result with what the program said of it."""
        was_run = result.status == "failed" and result.exit_code is not None
        said = _last_line(self._supervised.folder(job) / "stderr.log") if was_run else ""
        unknown = {"outcome_unknown": 1} if was_run and result.exit_code not in (UNEXPECTED, NEVER_SENT) else {}
        return replace(
            result,
            output="\n".join(line for line in result.output.splitlines() if line != said),
            error_message=said or result.error_message,
            artifacts=tuple(map(_as_report, result.artifacts)),
            metrics={**result.metrics, **unknown},
        )


def _request(job: Job) -> dict[str, Any]:
    """Return what the program is told. Nothing of it is secret: secrets are named, and go by the environment."""
    given = job.instructions
    try:
        expected, body = given["expect_status"], given.get("body")
        as_json = {"Content-Type": "application/json"} if "json" in given else {}
        return {
            "method": given["method"],
            "url": given["url"],
            "expect_status": expected if isinstance(expected, list | tuple) else [expected],
            "headers": {**as_json, **{name: str(value) for name, value in given.get("headers", {}).items()}},
            "secret_headers": dict(given.get("secret_headers", {})),
            "body": json.dumps(given["json"]) if "json" in given else body,
        }
    except KeyError as missing:
        raise InvalidRequest(f"The request of {job.operation} has no «{missing.args[0]}». Nothing was run.") from None


def _as_report(artifact: Artifact) -> Artifact:
    return replace(artifact, type="report") if artifact.path.endswith("/stdout.log") else artifact


def _last_line(log: Path) -> str:
    if not log.is_file():
        return ""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:_LONGEST_SENTENCE] if lines else ""
