"""The world of random courses, and the tool in it that knows what it should never be asked to do.

It looks at the database beside Sayso, so that it takes nobody's word. Used by `machine.py`.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from orchestration.planning.plan import open_content
from orchestration.ports import Job, Progress, Remains, ToolResult
from orchestration.records import PLAN_ENDED, Plan, Task
from tests.support.gates import owner
from tests.support.world import EffectTool, Owner, operation

T = TypeVar("T", Plan, Task)
UNCONFIRMED = {"outcome_unknown": 1, "unconfirmed": 1}
ENDS: dict[str, ToolResult] = {
    "success": ToolResult("success", 0),
    "failed": ToolResult("failed", 1, error_message="no"),
    "timeout": ToolResult("timeout", error_message="took too long"),
    "maybe": ToolResult("failed", error_message="the line went dead", metrics={"outcome_unknown": 1}),
    "alive": ToolResult("failed", error_message="it does not end", metrics=UNCONFIRMED),
    "nonsense": ToolResult("success", metrics={"huge": 2**60}),
}
REMAINS: dict[str, Remains | None] = {
    "killed": Remains("killed"),
    "never_started": Remains("never_started"),
    "unconfirmed": Remains("unconfirmed"),
    "nobody can say": None,
    "ended": Remains("ended", ENDS["success"]),
    "ended badly": Remains("ended", ENDS["failed"]),
}
OPERATIONS = (
    "touch alpha", "touch beta", "touch gamma", "touch delta", "ask alpha", "ask around", "shoot arrows", "fell trees",
    "watch alpha", "do first", "do second",
)  # fmt: skip


def files(is_strict: bool) -> Owner:
    """Return an owner with every kind of operation; a strict one wants two people for each."""
    made = owner()
    declared = made.catalogue["operations"]
    declared["touch_alpha"].update(retries=1, undo="touch_beta", on_failure="stop")
    declared["touch_beta"].update(undo="touch_alpha")
    declared["fell"] = operation(title="Fell", says=["fell trees"], effect="at_most_once", risk="high", target="forest")
    declared["watch"] = operation(title="Watch", says=["watch alpha"], effect="read_only", target="service:alpha")
    made.policy["limits"] = {"requests_per_minute": 10_000, "pending_per_person": 1_000}
    if is_strict:
        made.policy["approvals"][1]["need"] = 2
    return made


@dataclass(slots=True)
class Run:
    """What a tool was told to do."""

    job: Job
    end: asyncio.Future[ToolResult]


class Oracle(EffectTool):
    """A tool that ends when it is told to, and writes down whatever it should never have been asked to do."""

    def __init__(self, database: Path, is_held: Callable[[], bool]) -> None:
        super().__init__(database.with_name("effects.log"))
        self._database = database
        self._is_held = is_held
        self.runs: dict[str, Run] = {}
        """Under way, by attempt."""
        self.starts: list[Job] = []
        self.fates: dict[str, Remains | None] = {}
        """What is left of attempts whose process died; None: the tool breaks when it is asked."""
        self.allowed: dict[str, int] = {}
        """By task: how often what runs at most once may have been started, since a person said «retry»."""
        self.cancelled: set[str] = set()
        """Plans of which nothing may start any more."""
        self.faults: list[str] = []

    async def run(self, job: Job, progress: Callable[[Progress], None]) -> ToolResult:
        """End as the machine says."""
        try:
            fault = self.objection(job)
        except Exception as error:  # noqa: BLE001 (which the worker would take for a fault of the tool)
            fault = repr(error)
        self.faults += [f"{job.operation} {job.attempt_id}: {fault}"] if fault else []
        self.starts.append(job)
        run = self.runs[job.attempt_id] = Run(job, asyncio.get_running_loop().create_future())
        try:
            return await run.end
        finally:
            del self.runs[job.attempt_id]

    async def settle(self, job: Job) -> Remains:
        """Say what became of it as the machine says."""
        fate = self.fates.get(job.attempt_id, REMAINS["killed"])
        if fate is None:
            raise OSError("the folder cannot be read")
        return fate

    def objection(self, job: Job) -> str | None:
        """Return why this must not start now."""
        task = self._row(Task, "tasks", job.task_id)
        plan = self._row(Plan, "plans", task.plan_id)
        of_revision = (plan.id, task.revision)
        status = dict(self._find("SELECT position, status FROM tasks WHERE plan_id = ? AND revision = ?", *of_revision))
        decided = self._find("SELECT outcome, digest FROM decisions WHERE plan_id = ? AND revision = ?", *of_revision)
        stored = self._find("SELECT content, digest FROM revisions WHERE plan_id = ? AND revision = ?", *of_revision)
        content = open_content(*stored[0])
        planned = content.task(task.position)
        starts = [start for start in self.starts if start.task_id == job.task_id]
        others = [one for one in content.tasks if one.position != task.position]
        faults = {
            "nobody approved it": decided != [("approved", plan.digest)] or plan.revision != task.revision,
            "it is not what was approved": (job.operation, job.instructions)
            != (planned.operation, planned.instructions),
            "its plan was cancelled": plan.id in self.cancelled,
            "its plan has ended": plan.status in PLAN_ENDED,
            "this attempt was started before": any(start.attempt_id == job.attempt_id for start in starts),
            "it may run once": task.effect == "at_most_once" and len(starts) >= self.allowed.get(task.id, 1),
            "what it depends on is not done": any(status[position] != "completed" for position in planned.depends_on),
            "a task with which everything stops has failed": any(
                one.on_failure == "stop" and status[one.position] in ("failed", "unknown") for one in others
            ),
            "everything new is held": self._is_held(),
            "somebody has its target": self._changes(job.task_id) in map(self._changes, self._running()),
        }
        return "; ".join(name for name, is_so in faults.items() if is_so) or None

    def _running(self) -> list[str]:
        """Return the tasks under way that need their target for themselves."""
        return [run.job.task_id for run in self.runs.values() if self._changes(run.job.task_id)]

    def _changes(self, task_id: str) -> str:
        """Return the target that a task needs for itself, if any."""
        task = self._row(Task, "tasks", task_id)
        return "" if task.effect == "read_only" else task.target

    def _row(self, kind: type[T], table: str, row_id: str) -> T:
        return kind(*self._find(f"SELECT * FROM {table} WHERE id = ?", row_id)[0])

    def _find(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._database)) as database:
            return database.execute(statement, values).fetchall()
