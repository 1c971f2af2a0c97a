"""The tool `pytest`: runs the tests of the workspace, or lists those that would run, and reads their report.

Carries out operations whose `with` is `{path, only, markers}`. The tests run from the approved copies, with the
approved `conftest.py` and settings and nothing else: no settings of a folder above, no plugin that merely is installed.
What they are counted to be goes into the evidence, by which the gate judges.
"""

import asyncio
import contextlib
import importlib.util
import os
import re
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from adapters.tools.artifact_file import write_artifact
from adapters.tools.junit import LARGEST, BadReport, JUnit, read_junit
from adapters.tools.supervised import Command, Supervised
from orchestration.errors import SaysoError
from orchestration.intake.instructions import suite_path
from orchestration.ports import Job, Progress, Remains, ToolResult

_RAW, _REPORT = "report.xml", "junit.xml"
_SETTINGS = ("pytest.toml", "pytest.ini", "pyproject.toml")
_OPTIONS = ("-v", "--no-header", "--color=no", "--tb=short", "--override-ini=console_output_style=count")
_TOLD = re.compile(r"(\S.*?) +(?:PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b.*\[ *(\d+)/(\d+)\]")
_NAMED = 3
_WHY = {
    2: "The tests could not be read, so they did not run",
    3: "pytest itself broke",
    4: "pytest does not take what the operation asks of it",
    5: "No test was found",
}
"""What pytest means by an exit code; 1 is a test that failed."""


class PytestTool:
    """Runs and lists tests."""

    def __init__(self, supervised: Supervised) -> None:
        self._supervised = supervised

    def missing(self) -> str | None:
        """Return why tests cannot be run here, as a sentence with what to do; None when they can."""
        if importlib.util.find_spec("pytest"):
            return None
        return "pytest is not installed beside Sayso: install it with «pip install pytest»."

    async def run(self, job: Job, progress: Callable[[Progress], None]) -> ToolResult:
        """Run the tests, or list them for a preview; progress counts those that are done."""
        command = await self._command(job)

        def on_line(stream: str, line: str) -> None:
            if stream == "stdout" and (found := _TOLD.fullmatch(line)):
                progress(Progress(job.attempt_id, int(found[2]), int(found[3]), found[1]))

        result = await self._supervised.run(job, command, on_line)
        return await asyncio.to_thread(self._told, job, result)

    async def settle(self, job: Job) -> Remains:
        """Find out what became of an attempt of an earlier process, and read its report as `run` would have."""
        remains = await self._supervised.settle(job)
        if remains.state != "ended" or remains.result is None:
            self._discard_raw(job)
            return remains
        return replace(remains, result=await asyncio.to_thread(self._told, job, remains.result))

    async def _command(self, job: Job) -> Command:
        path = suite_path(job.instructions, job.files)
        markers = job.instructions.get("markers")
        frozen = await self._supervised.freeze(job)
        settings = next((str(frozen / name) for name in _SETTINGS if name in job.files), os.devnull)
        what = ("--collect-only", "-q") if job.kind == "preview" else _OPTIONS
        options = [*what, "-p", "no:cacheprovider", "-c", settings, f"--rootdir={frozen}", f"--confcutdir={frozen}"]
        options += [f"--junitxml={self._supervised.folder(job) / _RAW}"] if job.kind == "run" else []
        options += [f"-m{markers}"] if markers else []
        environment = {
            "COLUMNS": "120",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "SAYSO_WORKSPACE": str(self._supervised.workspace),
        }
        return Command((sys.executable, "-m", "pytest", *options, path), environment, frozen)

    def _told(self, job: Job, result: ToolResult) -> ToolResult:
        """Return the result with what the report says, and take away the report as pytest wrote it: unredacted."""
        try:
            return self._judged(job, result)
        finally:
            self._discard_raw(job)

    def _discard_raw(self, job: Job) -> None:
        with contextlib.suppress(OSError):
            (self._supervised.folder(job) / _RAW).unlink()

    def _judged(self, job: Job, result: ToolResult) -> ToolResult:
        if result.status not in ("success", "failed"):
            return result
        if job.kind == "preview" or result.exit_code not in (0, 1):
            return replace(result, error_message=_why(result) or result.error_message)
        try:
            report = self._report(job)
        except BadReport as error:
            return replace(result, status="failed", error_message=f"pytest ended, but its report {error}.")
        document = write_artifact(
            self._supervised.folder(job), _REPORT, report.document, "application/xml", "junit_xml"
        )
        failing = _failing(report)
        return replace(
            result,
            status="failed" if failing else result.status,
            error_message=failing or result.error_message,
            artifacts=(document, *result.artifacts),
            metrics={**result.metrics, **report.counts},
        )

    def _report(self, job: Job) -> JUnit:
        """Read the report that pytest wrote, or the one that an earlier process made of it."""
        folder = self._supervised.folder(job)
        made = folder / _REPORT
        try:
            redactor = self._supervised.redactor(job)
        except SaysoError as error:
            raise BadReport(f"cannot be redacted: {error}") from None
        return read_junit(_content(made if made.is_file() else folder / _RAW), redactor.line)


def _content(path: Path) -> bytes:
    """Return the first bytes of a plain file, one more than are read of a report."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BadReport(f"is not there ({error.strerror})") from None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BadReport("is no plain file")
        return file.read(LARGEST + 1)


def _why(result: ToolResult) -> str:
    sentence = _WHY.get(result.exit_code or 0)
    return f"{sentence} (exit code {result.exit_code})." if sentence else ""


def _failing(report: JUnit) -> str:
    """Return how many tests failed, and the first of them; empty when none did."""
    bad = report.counts["failures"] + report.counts["errors"]
    if not bad:
        return ""
    names = ", ".join(report.failing[:_NAMED])
    more = f" and {len(report.failing) - _NAMED} more" if len(report.failing) > _NAMED else ""
    return f"{bad} of {report.counts['tests']} tests failed: {names}{more}."
