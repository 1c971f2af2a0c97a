"""A plan in a few plain lines."""

from typing import Any

import pytest

from orchestration.planning.complexity import estimate_seconds
from orchestration.planning.plan import PlannedTask
from orchestration.planning.summary import duration, summary


def task(position: int, **changes: Any) -> PlannedTask:
    """Return a task of which only a few things matter here."""
    plain: dict[str, Any] = {
        "position": position, "name": f"Task {position}", "operation": "x", "definition": "", "work_type": "x",
        "agent_type": "infra", "effect": "idempotent", "risk": "low", "target": "", "parameters": {}, "provenance": {},
        "depends_on": (), "tool": "command", "instructions": {}, "preview": False, "preview_instructions": None,
        "files": {}, "secrets": {}, "timeout_seconds": 1, "estimate_seconds": 30, "retries": 0, "cpu_cores": 1,
        "gpu_vram_mb": 0, "on_failure": "continue", "undo": None,
    }  # fmt: skip
    return PlannedTask(**{**plain, **changes})


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (1, "1 second"), (59, "59 seconds"), (60, "~1 minute"), (61, "~1 minute"), (119, "~1 minute"),
     (120, "~2 minutes"), (239, "~3 minutes"), (3600, "~60 minutes")],
)  # fmt: skip
def test_durations_as_people_say_them(seconds: int, words: str) -> None:
    """Below a minute seconds are said, from there on whole minutes, rounded down."""
    assert duration(seconds) == words


def test_each_task_has_a_line_and_the_total_stands_below() -> None:
    """The lines are numbered as the tasks are, with the estimate of each and of all, one after the other."""
    tasks = [task(1), task(2, name="Add portals", estimate_seconds=60)]
    assert summary(tasks) == (
        "1. Task 1 (estimated 30 seconds)\n2. Add portals (estimated ~1 minute)\n\nTotal estimated time: ~1 minute"
    )
    assert estimate_seconds(tasks) == 90


def test_a_plan_of_nothing_says_so() -> None:
    """Without tasks there is one sentence."""
    assert summary([]) == "No tasks to execute."


@pytest.mark.parametrize(("memory", "noted"), [(0, False), (4_000, False), (4_001, True)])
def test_a_large_gpu_is_worth_a_note(memory: int, noted: bool) -> None:
    """More than four thousand megabytes of graphics memory are mentioned."""
    assert ("Needs a GPU" in summary([task(1), task(2, gpu_vram_mb=memory)])) == noted
