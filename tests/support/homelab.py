"""The shipped homelab example in a folder of a test, with the tools that carry its operations out."""

import copy
import shutil
import uuid
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

import adapters.homelab
from adapters.tools.ansible_playbook import AnsiblePlaybookTool
from adapters.tools.command import CommandTool
from adapters.tools.pytest_suite import PytestTool
from adapters.tools.secret_source import SecretSource
from adapters.tools.supervised import Supervised
from adapters.workspace import Workspace
from orchestration.intake.catalogue import Catalogue, Operation, load_catalogue
from orchestration.intake.instructions import filled
from orchestration.ports import Job, Progress, Tool, ToolResult

SHIPPED = Path(adapters.homelab.__file__).parent
TRICK = "{{ lookup('ansible.builtin.pipe', 'touch MARK') }}"
"""A value that would run a program, were it ever evaluated."""


def read(name: str) -> Any:
    """Return the data of one of the shipped files, to be changed at will."""
    return copy.deepcopy(_parsed(name))


@cache
def _parsed(name: str) -> Any:
    return yaml.safe_load((SHIPPED / name).read_text())


def catalogue() -> Catalogue:
    """Return the shipped catalogue."""
    return load_catalogue(read("catalogue.yml"))


@dataclass
class Homelab:
    """A home with a copy of the shipped workspace."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    steps: list[tuple[int, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.workspace = self.home / "workspace"
        self.attempts = self.home / "attempts"
        shutil.copytree(SHIPPED / "workspace", self.workspace)
        source = SecretSource(self.home, self.environment)
        supervised = Supervised(self.attempts, self.workspace, source)
        self.playbooks = AnsiblePlaybookTool(supervised)
        self.tools: dict[str, Tool] = {
            "ansible_playbook": self.playbooks,
            "command": CommandTool(supervised),
            "pytest": PytestTool(supervised),
        }
        self.catalogue = catalogue()

    async def job(self, name: str, kind: Literal["run", "preview"] = "run", **said: Any) -> Job:
        """Return the job of an operation, with what is said in place of defaults and data."""
        operation = self.catalogue.operation(name)
        template = operation.preview_with if kind == "preview" and operation.preview_with else operation.with_
        values = {**self._values(operation), **said, "workspace": str(self.workspace)}
        files = await Workspace(self.workspace).fingerprint(operation.files)
        instructions = filled(operation.tool, template, values, files)
        return self.plain_job(name, kind=kind, instructions=instructions, files=files)

    def plain_job(self, name: str, **changes: Any) -> Job:
        """Return a job of an attempt that never was."""
        plain: dict[str, Any] = {
            "attempt_id": str(uuid.uuid4()),
            "plan_id": "plan",
            "task_id": "task",
            "number": 1,
            "operation": name,
            "kind": "run",
            "instructions": {},
            "files": {},
            "secrets": {},
            "timeout_seconds": 60.0,
        }
        return Job(**{**plain, **changes})

    async def play(self, text: str, **changes: Any) -> ToolResult:
        """Run a playbook with this text; `changes` are of the job, and `with_` of its instructions."""
        (self.workspace / "playbooks/try.yml").write_text(text)
        files = await Workspace(self.workspace).fingerprint(["playbooks/try.yml"])
        instructions = {"playbook": "playbooks/try.yml", **changes.pop("with_", {})}
        return await self.carry_out(self.plain_job("try_it", instructions=instructions, files=files, **changes))

    async def run(self, name: str, kind: Literal["run", "preview"] = "run", **said: Any) -> ToolResult:
        """Carry an operation out."""
        return await self.carry_out(await self.job(name, kind, **said))

    async def carry_out(self, job: Job) -> ToolResult:
        """Carry a job out by the tool of its operation; of a playbook when there is no such operation."""
        declared = self.catalogue.operations.get(job.operation)
        return await self.tools[declared.tool if declared else "ansible_playbook"].run(job, self._progressed)

    def files(self) -> dict[str, bytes]:
        """Return every file of the workspace by its path."""
        found = [path for path in self.workspace.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.workspace)): path.read_bytes() for path in found}

    def _values(self, operation: Operation) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, parameter in operation.parameters.items():
            if parameter.data:
                values[name] = yaml.safe_load((self.workspace / parameter.data.file).read_text())[parameter.data.key]
            elif parameter.default is not None:
                values[name] = parameter.default
        return values

    def _progressed(self, progress: Progress) -> None:
        self.steps.append((progress.done, progress.total, progress.step))
