"""How involved a plan is, in a word."""

from pathlib import Path
from typing import Any

import pytest

from adapters.workspace import Workspace
from orchestration.approval.decision import Rules
from orchestration.intake.catalogue import load_catalogue
from orchestration.people import load_people
from orchestration.planning.complexity import COMPLEX_WORK, complexity
from orchestration.planning.declared import Declared
from orchestration.planning.plan import PlannedTask
from orchestration.planning.planner import Planner, Wanted
from orchestration.policy import load_policy
from tests.support.world import PEOPLE, POLICY, operation


async def planned(folder: Path, *work_types: str) -> tuple[PlannedTask, ...]:
    """Return the tasks of a plan with these work types."""
    operations: dict[str, Any] = {kind: operation(work_type=kind) for kind in {*work_types, "echo"}}
    catalogue, people = load_catalogue({"version": 1, "operations": operations}), load_people(PEOPLE)
    rules = Rules(load_policy(POLICY, people, set(operations)), people)
    planner = Planner(Declared(catalogue), rules, Workspace(folder), str(folder))
    return (await planner.plan("p", 1, [Wanted(kind, {}, {}) for kind in work_types])).tasks


@pytest.mark.parametrize(("count", "word"), [(1, "simple"), (3, "simple"), (4, "medium"), (10, "medium")])
async def test_many_tasks_are_medium(tmp_path: Path, count: int, word: str) -> None:
    """Up to three tasks are simple, more are medium."""
    assert complexity(await planned(tmp_path, *["echo"] * count)) == word


@pytest.mark.parametrize("kind", sorted(COMPLEX_WORK))
async def test_thinking_work_is_complex(tmp_path: Path, kind: str) -> None:
    """One task of thinking work makes a plan complex, however many stand beside it."""
    assert complexity(await planned(tmp_path, kind)) == "complex"
    assert complexity(await planned(tmp_path, "echo", "echo", "echo", "echo", kind)) == "complex"
