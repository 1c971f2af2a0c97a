"""Why a plan does not go on just now, in sentences: a pause, a target that another plan has, a hold, a spent budget.

Called for cards in a thread, and by the commands that show or follow a plan.
"""

from bot import wording
from bot.escaping import visible
from orchestration.people import People
from orchestration.records import PLAN_ENDED, Task
from orchestration.views import View, Views


async def notice(view: View, views: Views, people: People) -> list[str]:
    """Return why a plan that was approved does not go on; nothing when it does."""
    if view.plan.status in PLAN_ENDED or view.plan.status == "pending_approval":
        return []
    lines = standstill(view)
    if view.plan.status == "paused":
        return lines
    hold, waits = await views.hold(), await views.waits(view)
    if hold is None:
        return [*lines, *map(wording.waits, waits)]
    # A free agent would change nothing while nothing may start.
    held_up = [wording.waits(wait) for wait in waits if wait.waiting.target]
    return [*lines, *held_up, wording.on_hold(people.name(hold.person))]


def standstill(view: View) -> list[str]:
    """Return why a plan pauses, or what of it waits for a time; nothing when it goes on, or has ended."""
    postponed = [task for task in view.tasks if _is_postponed(task)]
    if view.plan.status == "paused":
        return [wording.paused(visible(view.plan.reason or ""), bool(postponed))]
    lines = [wording.postponed(task.position, visible(task.name), visible(task.postponed or "")) for task in postponed]
    again = [task for task in view.tasks if _is_tried_again(task)]
    lines += [wording.tried_again(task.position, visible(task.name)) for task in again]
    asked = [task for task in view.tasks if task.status == "unknown" and _stops_all(view, task)]
    is_waiting = any(task.status == "approved" for task in view.tasks)
    return [*lines, *[wording.nothing_before(task.position, visible(task.name)) for task in asked if is_waiting]]


def _is_postponed(task: Task) -> bool:
    return task.status == "approved" and task.postponed is not None and task.ready_at is None


def _stops_all(view: View, task: Task) -> bool:
    return view.content.task(task.position).on_failure == "stop"


def _is_tried_again(task: Task) -> bool:
    waits = task.status == "approved" and task.not_before is not None and task.ready_at is None
    return waits and task.postponed is None
