"""The plan in a few plain lines, for programs that show text."""

from collections.abc import Sequence

from orchestration.planning.complexity import estimate_seconds
from orchestration.planning.plan import PlannedTask

GPU_WORTH_A_NOTE_MB = 4_000


def duration(seconds: int) -> str:
    """Return `45 seconds`, `~1 minute` for exactly one, `~3 minutes` (rounded down) beyond."""
    if seconds < 60:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return "~1 minute" if seconds == 60 else f"~{seconds // 60} minute{'s' if seconds >= 120 else ''}"


def summary(tasks: Sequence[PlannedTask]) -> str:
    """Return one line a task, the total, and a note where a large GPU is needed."""
    if not tasks:
        return "No tasks to execute."
    lines = [f"{task.position}. {task.name} (estimated {duration(task.estimate_seconds)})" for task in tasks]
    lines += ["", f"Total estimated time: {duration(estimate_seconds(tasks))}"]
    if any(task.gpu_vram_mb > GPU_WORTH_A_NOTE_MB for task in tasks):
        lines.append("Needs a GPU with much memory.")
    return "\n".join(lines)
