"""Plans as they stand, for everybody who only looks. Needs nothing but reads, so it works beside another owner."""

import json
import re
from dataclasses import dataclass
from typing import TypeVar

from orchestration.approval.decision import Standing, said, standing
from orchestration.approval.risk import AssessedTask, assess
from orchestration.dispatch.queue import Finder, Waiting, waits_for
from orchestration.errors import NotFound
from orchestration.ids import is_id, read_code
from orchestration.planning.plan import PlanContent, open_content
from orchestration.policy import Rules
from orchestration.ports import Above
from orchestration.records import (
    Attempt,
    Decision,
    Event,
    Hold,
    Plan,
    PrivateText,
    Record,
    Request,
    Revision,
    Showing,
    Task,
    Usage,
    Vote,
)

R = TypeVar("R", bound=Record)
LOOKED_BACK = 20
"""Messages of a thread that say what it is about."""


@dataclass(frozen=True, slots=True)
class View:
    """A plan as it stands, read once: all that a card shows."""

    plan: Plan
    request: Request
    said: str
    """What it was asked for with, and every answer and correction since."""
    revision: Revision
    content: PlanContent
    tasks: tuple[Task, ...]
    risks: tuple[AssessedTask, ...]
    """One for each task, with the risk that counts now."""
    standing: Standing
    votes: tuple[Vote, ...]
    decision: Decision | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """A task that waits for something outside of its plan."""

    task: Task
    waiting: Waiting
    holder: Plan | None
    """The plan whose task has the target."""


@dataclass(frozen=True, slots=True)
class Here:
    """What a chat thread is about."""

    plan: Plan | None
    asked: Request | None
    """A request whose questions are open."""


class Views:
    """Looks at plans."""

    def __init__(self, finder: Finder, rules: Rules) -> None:
        self._finder = finder
        self._rules = rules

    async def find_plan(self, code_or_id: str) -> Plan:
        """Return a plan by its code or id; raises NotFound."""
        where = {"id": code_or_id.lower()} if is_id(code_or_id) else {"code": read_code(code_or_id)}
        found = await self._finder.find(Plan, where) if all(where.values()) else []
        if not found:
            raise NotFound(f"There is no plan «{code_or_id}»; `plans` lists those there are.")
        return found[0]

    async def find_task(self, code_or_id: str) -> Task:
        """Return a task by its id, or as PLAN/NUMBER; raises NotFound."""
        name, _, position = code_or_id.partition("/")
        where: dict[str, str | int] = {"id": code_or_id.lower()} if is_id(code_or_id) else {}
        if re.fullmatch(r"[0-9]{1,4}", position):
            plan = await self.find_plan(name)
            where = {"plan_id": plan.id, "revision": plan.revision, "position": int(position)}
        found = await self._finder.find(Task, where) if where else []
        if not found:
            raise NotFound(f"There is no task «{code_or_id}». Name it as PLAN/NUMBER, such as 7K2MQ4/1.")
        return found[0]

    async def plans(self, limit: int) -> list[Plan]:
        """Return the newest plans first."""
        return await self._finder.find(Plan, {}, order_by="-id", limit=limit)

    async def events(self, plan_id: str, after: int = 0) -> list[Event]:
        """Return everything that happened to a plan after its n-th event, in order."""
        return await self._finder.find(Event, {"chain": plan_id, "number": Above(after)}, order_by="number")

    async def usage(self, plan: Plan) -> list[Usage]:
        """Return every call of a model for a plan, or for the request that became it, in order."""
        reading = await self._finder.find(Usage, {"request_id": plan.request_id}, order_by="id")
        working = await self._finder.find(Usage, {"plan_id": plan.id}, order_by="id")
        return sorted({row.id: row for row in (*reading, *working)}.values(), key=lambda row: row.id)

    async def waits(self, view: View) -> list[Wait]:
        """Return which tasks of a plan could run but for something outside of it."""
        found = []
        for task in view.tasks:
            waiting = await waits_for(self._finder, task) if view.plan.status in ("approved", "executing") else None
            if waiting is not None and (waiting.holder is None or waiting.holder.plan_id != view.plan.id):
                holder = waiting.holder
                plans = await self._finder.find(Plan, {"id": holder.plan_id}) if holder else []
                found.append(Wait(task, waiting, plans[0] if plans else None))
        return found

    async def hold(self) -> Hold | None:
        """Return the hold that keeps every new task from starting; None when there is none."""
        return next(iter(await self._finder.find(Hold, {"name": "dispatch", "is_on": True})), None)

    async def was_heard(self, dedupe_key: str) -> bool:
        """Whether this very message took effect before."""
        return bool(await self._finder.find(Request, {"dedupe_key": dedupe_key}, limit=1))

    async def in_thread(self, thread: str) -> Here:
        """Return what a thread is about: the plan last asked for or shown there, and what was asked back after that."""
        said = await self._finder.find(Request, {"thread": thread}, order_by="-id", limit=LOOKED_BACK)
        plans = [(request.created_at, request.plan_id) for request in said if request.plan_id][:1]
        asked_to_see = {"thread": thread, "asked_at": Above("")}
        shown = await self._finder.find(Showing, asked_to_see, order_by="-asked_at", limit=1)
        # Nothing was asked for below the card of a plan that was announced.
        shown = shown if shown or plans else await self._finder.find(Showing, {"thread": thread}, "-plan_id", 1)
        plans += [(showing.asked_at or "", showing.plan_id) for showing in shown]
        found = await self._finder.find(Plan, {"id": max(plans)[1]}) if plans else []
        asked = None
        for request in said:
            if request.plan_id or request.status == "requires_clarification":
                asked = request if request.status == "requires_clarification" else None
                break
        return Here(found[0] if found else None, asked)

    async def behind(self, pseudonym: str) -> str | None:
        """Return the person that an event names by a hash; None when they were forgotten."""
        found = await self._finder.find(PrivateText, {"kind": "name", "hash": pseudonym}, limit=1)
        return found[0].person if found else None

    async def blocked_by(self, view: View) -> Task | None:
        """Return the task of unknown outcome, of another plan, whose target a task of this plan waits for."""
        for task in view.tasks:
            if task.status == "approved" and task.target:
                holders = await self._finder.find(Task, {"target": task.target, "status": "unknown"})
                if other := next((holder for holder in holders if holder.plan_id != view.plan.id), None):
                    return other
        return None

    async def view(self, plan_id: str) -> View:
        """Return a plan as it stands; raises NotFound, or InvariantBroken when its digest no longer fits."""
        plan = next(iter(await self._finder.find(Plan, {"id": plan_id})), None)
        if plan is None:
            raise NotFound(f"There is no plan «{plan_id}».")
        of_revision = {"plan_id": plan.id, "revision": plan.revision}
        requests = await self._finder.find(Request, {"plan_id": plan.id}, order_by="id")
        revision = (await self._finder.find(Revision, of_revision))[0]
        content = open_content(revision.content, plan.digest)
        risks = tuple(assess(task, said(requests), self._rules.policy) for task in content.tasks)
        votes = tuple(await self._finder.find(Vote, of_revision, order_by="at"))
        yes = [vote.person for vote in votes if vote.yes]
        decisions = await self._finder.find(Decision, of_revision)
        return View(
            plan=plan,
            request=next(request for request in requests if request.id == plan.request_id),
            said=said(requests),
            revision=revision,
            content=content,
            tasks=tuple(await self._finder.find(Task, of_revision, order_by="position")),
            risks=risks,
            standing=standing(self._rules, risks, yes, json.loads(revision.excluded)),
            votes=votes,
            decision=decisions[0] if decisions else None,
            attempts=tuple(await self._finder.find(Attempt, {"plan_id": plan.id}, order_by="id")),
        )
