"""Why a plan does not go on just now, in sentences: it is paused, or a task of it waits for a new budget.

Called for cards in a thread, and by the commands that show or follow a plan.
"""

from bot import wording
from bot.escaping import visible
from orchestration.records import Task
from orchestration.views import View


def standstill(view: View) -> list[str]:
    """Return why a plan does not go on; nothing when it does, or has ended."""
    postponed = [task for task in view.tasks if _is_postponed(task)]
    if view.plan.status == "paused":
        return [wording.paused(visible(view.plan.reason or ""), bool(postponed))]
    return [wording.postponed(task.position, visible(task.name), visible(task.postponed or "")) for task in postponed]


def _is_postponed(task: Task) -> bool:
    return task.status == "approved" and task.postponed is not None and task.ready_at is None
