"""How involved a plan is: a word for people, and for the choice of a model."""

from collections.abc import Sequence

from orchestration.models.choice import Complexity
from orchestration.planning.plan import PlannedTask

COMPLEX_WORK = frozenset({"research_task", "code_generation", "architecture_review"})
MEDIUM_ABOVE = 3
"""Tasks."""


def complexity(tasks: Sequence[PlannedTask]) -> Complexity:
    """Return `complex` for thinking work, `medium` above three tasks, else `simple`."""
    if any(task.work_type in COMPLEX_WORK for task in tasks) or asks_model(tasks):
        return "complex"
    return "medium" if len(tasks) > MEDIUM_ABOVE else "simple"


def asks_model(tasks: Sequence[PlannedTask]) -> bool:
    """Whether a task hands its words and files to a language model when it runs."""
    return any(task.tool == "research" for task in tasks)


def estimate_seconds(tasks: Sequence[PlannedTask]) -> int:
    """Return the estimated duration in seconds, one task after the other."""
    return sum(task.estimate_seconds for task in tasks)
