"""What has to be so at every moment, held against rows, memory and record. Used by `machine.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.sealing import HeadFile
from adapters.signing import FileSigner
from orchestration import audit
from orchestration.canonical import parse
from orchestration.dispatch.agents import Agent, need_of
from orchestration.dispatch.dispatcher import Dispatcher
from orchestration.dispatch.queue import HOLDS_TARGET, needs_target, place
from orchestration.planning.plan import PlanContent, open_content
from orchestration.records import (
    PLAN_ENDED,
    TASK_ENDED,
    Attempt,
    Decision,
    Event,
    EvidenceRecord,
    Plan,
    Revision,
    Seal,
    Task,
)
from tests.support.world import World


@dataclass(slots=True)
class Rows:
    """What is stored, at one moment."""

    plans: dict[str, Plan]
    tasks: list[Task]
    attempts: list[Attempt]
    contents: dict[tuple[str, int], PlanContent]

    def of(self, plan: Plan) -> list[Task]:
        """Return the tasks of the current revision."""
        mine = [task for task in self.tasks if (task.plan_id, task.revision) == (plan.id, plan.revision)]
        return sorted(mine, key=lambda task: task.position)

    def runs(self, *statuses: str) -> list[Attempt]:
        """Return attempts at running, by status."""
        return [attempt for attempt in self.attempts if attempt.kind == "run" and attempt.status in statuses]

    def ended(self) -> dict[str, str]:
        """Return what plans and tasks have ended as, by id."""
        plans = {plan.id: plan.status for plan in self.plans.values() if plan.status in PLAN_ENDED}
        return plans | {task.id: task.status for task in self.tasks if task.status in TASK_ENDED}


def look(tx: Any) -> Rows:
    """Read the rows in one transaction."""
    contents = {
        (stored.plan_id, stored.revision): open_content(stored.content, stored.digest)
        for stored in tx.find(Revision, {})
    }
    plans = {plan.id: plan for plan in tx.find(Plan, {}, order_by="id")}
    return Rows(plans, tx.find(Task, {}, order_by="id"), tx.find(Attempt, {}, order_by="id"), contents)


def rows_agree(rows: Rows) -> None:
    """Plans stand as their tasks do, and nobody shares a target."""
    for target in {task.target for task in rows.tasks if task.target}:
        holders = [task for task in rows.tasks if task.target == target and task.status in HOLDS_TARGET]
        assert sum(map(needs_target, holders)) <= 1, holders
    for plan in rows.plans.values():
        tasks = rows.of(plan)
        assert plan.needs_person == any(task.status == "unknown" for task in tasks), plan
        if plan.status in PLAN_ENDED:
            assert all(task.status in TASK_ENDED for task in tasks), (plan, tasks)


def nothing_ended_moves(before: dict[str, str], after: dict[str, str]) -> None:
    """What has ended stays as it ended."""
    for what, status in before.items():
        assert after.get(what) == status, (what, status, after.get(what))


def memory_is_as_the_rows(rows: Rows, agents: Sequence[Agent]) -> None:
    """What agents are busy with is what was handed to them and has not ended."""
    here = {one.id for one in agents}
    handed_out = {one.id for one in rows.runs("dispatched", "running") if one.agent_id in here}
    assert {attempt for one in agents for attempt in one.in_flight} == handed_out
    for one in agents:
        assert len(one.in_flight) <= one.resources.slots


def everything_goes_on(rows: Rows, dispatcher: Dispatcher, now: str) -> None:
    """Nothing that was approved waits for nothing."""
    for plan in rows.plans.values():
        if plan.status in ("approved", "executing", "paused"):
            tasks = rows.of(plan)
            assert not all(task.status in TASK_ENDED for task in tasks), (plan, tasks)
            _goes_on(rows, plan, dispatcher, now)


def _goes_on(rows: Rows, plan: Plan, dispatcher: Dispatcher, now: str) -> None:
    """A task that is ready waits for what is not there; and a plan that cannot go on says so."""
    tasks, content = rows.of(plan), rows.contents[plan.id, plan.revision]
    moves = any(task.status in HOLDS_TARGET for task in tasks)
    is_blocked = False
    for task in _ready(tasks, content):
        if task.not_before and not task.ready_at:
            if task.not_before <= now:
                return  # the timer has not come to it yet
            moves = True
            continue
        failed_by = task.agent_id if task.attempts else None
        able = dispatcher.registry.able(need_of(content.task(task.position), failed_by))
        if not able:
            is_blocked = True
            continue
        moves = True
        has_room = any(len(one.in_flight) < one.resources.slots for one in able)
        waits = _waits_for_its_target(rows, task) or not has_room or dispatcher.is_held
        assert waits, f"{task} waits for nothing at {now}"
    assert (plan.status == "paused") == (is_blocked and not moves), (plan, tasks)


def _ready(tasks: Sequence[Task], content: PlanContent) -> list[Task]:
    """Return the tasks of which nothing of their own plan is missing."""
    stops = {task.position for task in content.tasks if task.on_failure == "stop"}
    if any(task.status == "unknown" and task.position in stops for task in tasks):
        return []
    done = {task.position for task in tasks if task.status == "completed"}
    return [task for task in tasks if task.status == "approved" and done.issuperset(parse(task.depends_on))]


def _waits_for_its_target(rows: Rows, task: Task) -> bool:
    """Whether somebody has the target of a task, or was there before it."""
    others = [other for other in rows.tasks if other.id != task.id and other.target == task.target]
    return needs_target(task) and any(
        needs_target(other) and (other.status in HOLDS_TARGET or _is_before(other, task)) for other in others
    )


def _is_before(other: Task, task: Task) -> bool:
    return other.status == "approved" and other.ready_at is not None and place(other) < place(task)


async def record_is_whole(world: World, rows: Rows) -> None:
    """Every end is told once, with its evidence; there is one decision a revision; chains and seals hold."""
    store = world.sayso.store
    events = await store.find(Event, {}, order_by="seq")
    told = [parse(event.body)["plan_id"] for event in events if event.name == "plan.finished"]
    made = [parse(event.body) for event in events if event.name == "decision.made"]
    decided = [(one.plan_id, one.revision) for one in await store.find(Decision, {})]
    assert sorted(decided) == sorted((one["plan_id"], one["revision"]) for one in made)
    ran = sorted(plan.id for plan in rows.plans.values() if plan.status in PLAN_ENDED and plan.verdict)
    assert sorted(told) == ran
    assert sorted(one.plan_id for one in await store.find(EvidenceRecord, {})) == ran
    signer = FileSigner(world.home.keys / "seal.key", make=False)
    head, faults = HeadFile(world.home.path / "audit-head.jsonl").read()
    found = audit.verify(events, await store.find(Seal, {}, order_by="number"), head, signer)
    assert (faults, found.faults) == ([], [])
