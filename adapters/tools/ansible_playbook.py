"""The tool `ansible_playbook`: runs a declared playbook, or with `--check` shows what it would change.

Carries out operations whose `with` is `{playbook, extra_vars, inventory, limit, tags}`. The playbook, its roles and
templates are the approved copies; what it changes lies below the variable `workspace`. Secrets come by environment
only (`lookup('env', …)`). Without `inventory:` it runs on this machine.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapters.tools import ansible_program
from adapters.tools.ansible_events import Report
from adapters.tools.ansible_variables import write_variables
from adapters.tools.artifact_file import write_artifact
from adapters.tools.supervised import Command, Supervised
from orchestration.errors import InvalidRequest, Unavailable
from orchestration.ports import Job, Progress, Remains, ToolResult

_OURS = Path(__file__).parent / "ansible_callback"
_TAIL_CHARACTERS = 4000
_LOCAL = (
    "--inventory=localhost,",
    "--connection=local",
    "--extra-vars=ansible_python_interpreter={{ ansible_playbook_python }}",
)
_COLLECTIONS = "~/.ansible/collections:/usr/share/ansible/collections"


class AnsiblePlaybookTool:
    """Runs and previews playbooks."""

    def __init__(self, supervised: Supervised) -> None:
        self._supervised = supervised

    def missing(self) -> str | None:
        """Return why playbooks cannot be run here, as a sentence with what to do; None when they can."""
        return ansible_program.missing()

    async def run(self, job: Job, progress: Callable[[Progress], None]) -> ToolResult:
        """Run the playbook, or preview it; progress counts its tasks, and the items of its loops."""
        command = await self._command(job)
        report = Report(self._supervised.workspace)

        def on_line(stream: str, line: str) -> None:
            if stream == "stdout" and report.feed(line):
                progress(Progress(job.attempt_id, *report.position()))

        result = await self._supervised.run(job, command, on_line)
        return await asyncio.to_thread(self._told, job, result)

    async def settle(self, job: Job) -> Remains:
        """Find out what became of an attempt of an earlier process, and read its log as `run` would have."""
        remains = await self._supervised.settle(job)
        if remains.state != "ended" or remains.result is None:
            return remains
        return replace(remains, result=await asyncio.to_thread(self._told, job, remains.result))

    async def _command(self, job: Job) -> Command:
        """Put the approved files and the variables in their places, and return what to start."""
        program = ansible_program.find()
        if program is None:
            raise Unavailable(f"{ansible_program.missing()} Nothing was run.")
        options = _options(job)
        frozen = await self._supervised.freeze(job)
        folder = self._supervised.folder(job)
        variables = folder / "variables.yml"
        workspace = {"workspace": str(self._supervised.workspace)}
        await asyncio.to_thread(write_variables, variables, {**job.instructions.get("extra_vars", {}), **workspace})
        argv = (str(program), *options, f"--extra-vars=@{variables}", str(job.instructions["playbook"]))
        return Command(argv, _environment(folder, frozen), frozen)

    def _told(self, job: Job, result: ToolResult) -> ToolResult:
        """Return the result with all that the log tells."""
        folder = self._supervised.folder(job)
        report = Report(self._supervised.workspace).read(_lines(folder / "stdout.log"))
        doubt = report.doubt() if result.status == "success" else ""
        failed = result.status == "failed"
        error = (report.failure() or _complaint(folder / "stderr.log")) if failed else doubt
        log, patch = "\n".join([*report.log, ""]), report.patch()
        artifacts = [write_artifact(folder, "playbook.log", log)] if report.log else []
        artifacts += [write_artifact(folder, "diff.patch", patch, "text/x-diff", "other")] if patch else []
        return replace(
            result,
            status="failed" if doubt else result.status,
            error_message=error or result.error_message,
            output=log[-_TAIL_CHARACTERS:].rstrip("\n") if report.log else result.output,
            artifacts=(*artifacts, *result.artifacts),
            changes=report.changes(),
            metrics={**result.metrics, **report.metrics},
        )


def _options(job: Job) -> list[str]:
    given = job.instructions
    if given.get("playbook") not in job.files:
        raise InvalidRequest(f"The playbook of {job.operation} is not among its approved files. Nothing was run.")
    if not isinstance(given.get("extra_vars", {}), Mapping):
        raise InvalidRequest(f"The «extra_vars» of {job.operation} must be names and values. Nothing was run.")
    options = [_inventory(job, str(given["inventory"]))] if given.get("inventory") else list(_LOCAL)
    options += [f"--{name}={_joined(given[name])}" for name in ("limit", "tags") if given.get(name)]
    return [*options, "--diff", *(["--check"] if job.kind == "preview" else [])]


def _inventory(job: Job, inventory: str) -> str:
    if inventory not in job.files and "," not in inventory:
        advice = "name it under «files:», or write hosts with a comma after each"
        raise InvalidRequest(f"The inventory «{inventory}» is not among the approved files: {advice}. Nothing was run.")
    return f"--inventory={inventory}"


def _joined(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _environment(folder: Path, frozen: Path) -> dict[str, str]:
    """Keep Ansible to its attempt: nothing of the home's plugins, settings and caches comes in."""
    own = folder / "ansible"
    return {
        "ANSIBLE_CONFIG": str(_OURS / "ansible.cfg"),
        "ANSIBLE_CALLBACK_PLUGINS": str(_OURS),
        "ANSIBLE_ROLES_PATH": str(frozen / "roles"),
        "ANSIBLE_COLLECTIONS_PATH": _COLLECTIONS,
        "ANSIBLE_HOME": str(own),
        "ANSIBLE_LOCAL_TEMP": str(own / "local"),
        "ANSIBLE_REMOTE_TEMP": str(own / "remote"),
    }


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").split("\n")[:-1] if log.is_file() else []


def _complaint(log: Path) -> str:
    """Return Ansible's own first error, for when it did not come to running a task."""
    for line in _lines(log):
        for mark in ("[ERROR]: ", "ERROR! "):
            if line.startswith(mark):
                return line.removeprefix(mark).strip()
    return ""
