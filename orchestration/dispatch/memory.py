"""What the dispatcher keeps in memory, taken up from the rows at a start; nothing is changed and nothing dispatched.

Called before any use case runs, so that what was approved long ago is not overtaken by what is approved now.
"""

from orchestration.dispatch.agents import Need, need_of
from orchestration.dispatch.dispatcher import Dispatcher
from orchestration.dispatch.line import Waiter
from orchestration.errors import InvariantBroken
from orchestration.planning.plan import PlanContent, open_content
from orchestration.ports import Transaction
from orchestration.records import Attempt, Hold, Performance, Plan, Revision, Task

HOLD = "dispatch"
"""The name of the hold on everything new."""


def take_up(tx: Transaction, dispatcher: Dispatcher) -> None:
    """Fill the memory of a dispatcher that has none yet."""
    held = tx.find(Hold, {"name": HOLD})
    dispatcher.set_held(tx, bool(held) and held[0].is_on)
    dispatcher.router.remember(tx.find(Performance, {}))
    for attempt in tx.find(Attempt, {"kind": "run", "status": ("dispatched", "running")}):
        if dispatcher.registry.get(attempt.agent_id):
            need = _need(tx, tx.find(Task, {"id": attempt.task_id})[0])
            dispatcher.registry.take(tx, attempt.agent_id, attempt.id, need)
    for plan in tx.find(Plan, {"status": ("approved", "executing")}):
        for task in tx.find(Task, {"plan_id": plan.id, "revision": plan.revision, "status": "approved"}):
            if task.ready_at:
                dispatcher.line.add(tx, Waiter(task.ready_at, task, _need(tx, task)))


def _need(tx: Transaction, task: Task) -> Need:
    """Return what a task asks of its agent; of a damaged plan as much as its row says."""
    stored = tx.find(Revision, {"plan_id": task.plan_id, "revision": task.revision})[0]
    try:
        content: PlanContent = open_content(stored.content, stored.digest)
    except InvariantBroken:
        return Need(task.agent_type, "", task.work_type)
    return need_of(content.task(task.position), task.agent_id if task.attempts else None)
