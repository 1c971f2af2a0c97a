"""Put a plan forward for approval, replace what it says, or take it back. Each is one transaction of its caller."""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from orchestration import events
from orchestration.approval.decision import Shown, explain, is_current, said
from orchestration.approval.risk import assess
from orchestration.canonical import canonical
from orchestration.errors import InvariantBroken
from orchestration.ids import new_code, new_id
from orchestration.planning.plan import PlanContent, plan_digest
from orchestration.policy import Rules
from orchestration.ports import Above, AtMost, Transaction, timestamp
from orchestration.records import Attempt, Outgoing, Plan, Request, Revision, Task

CODE_TRIES = 20


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who made a revision, and whose own vote does not count on it."""

    author: str
    excluded: tuple[str, ...]
    at: str


def propose(tx: Transaction, rules: Rules, request: Request, content: PlanContent, now: datetime) -> Plan:
    """Store a new plan with its first revision, open for votes until it expires."""
    at = timestamp(now)
    text = content.canonical()
    expires_at = timestamp(now + rules.policy.expire_after)
    plan = Plan(
        content.plan_id,
        new_code(),
        request.id,
        request.person,
        "pending_approval",
        1,
        plan_digest(text),
        at,
        expires_at,
    )
    for _ in range(CODE_TRIES):
        if tx.insert(plan):
            break
        plan = replace(plan, code=new_code())
    else:
        raise InvariantBroken("No free plan code was found.")
    _put_revision(tx, rules, plan, content, text, Authorship(request.person, (request.person,), at))
    events.record(
        tx, "plan.proposed", at, plan_id=plan.id, person=request.person, request_id=request.id, revision=1,
        digest=plan.digest, operations=[task.operation for task in content.tasks],
    )  # fmt: skip
    return plan


def same_again(tx: Transaction, origin: str, message: Request) -> Plan | None:
    """Return the plan that waits and was asked for at an ended one with the same word: retry, or undo."""
    word, _, _ = message.text.partition("\n")
    for plan in tx.find(Plan, {"origin": origin, "status": "pending_approval"}):
        if tx.find(Request, {"id": plan.request_id})[0].text.partition("\n")[0] == word:
            return plan
    return None


def revise(tx: Transaction, rules: Rules, shown: Shown, content: PlanContent, author: str, now: datetime) -> Plan:
    """Replace a pending revision by another one; the old buttons are dead, and the author's own vote will not count."""
    at = timestamp(now)
    plan = tx.find(Plan, {"id": shown.plan_id})[0]
    old = tx.find(Revision, {"plan_id": plan.id, "revision": shown.revision})
    expected = {
        "id": plan.id,
        "status": "pending_approval",
        "revision": shown.revision,
        "digest": plan.digest,
        "expires_at": Above(at),
    }
    if not old or not is_current(plan, shown) or not _move(tx, rules, expected, content, now):
        raise explain(plan, shown, at)
    _supersede(tx, plan, old[0], content, author, rules, at)
    return tx.find(Plan, {"id": plan.id})[0]


def back_to_pending(tx: Transaction, rules: Rules, plan: Plan, content: PlanContent, now: datetime) -> None:
    """Ask again for an approved plan that has not started, because the policy has become stricter since."""
    at = timestamp(now)
    again = content.model_copy(update={"revision": plan.revision + 1})
    old = tx.find(Revision, {"plan_id": plan.id, "revision": plan.revision})[0]
    expected = {"id": plan.id, "status": "approved", "revision": plan.revision, "digest": plan.digest}
    if not _move(tx, rules, expected, again, now):
        return
    withdraw(tx, plan.id)
    tx.change(Plan, {"id": plan.id}, {"status": "pending_approval", "approved_at": None})
    _supersede(tx, plan, old, again, plan.person, rules, at)


def withdraw(tx: Transaction, plan_id: str) -> None:
    """Take back what was handed to agents and not yet claimed."""
    tx.change(Attempt, {"plan_id": plan_id, "status": "dispatched"}, {"status": "cancelled"})
    tx.change(Outgoing, {"plan_id": plan_id, "lane": "agent", "status": "waiting"}, {"status": "withdrawn"})


def expire_due(tx: Transaction, at: str) -> list[str]:
    """Close every pending plan whose time is over; return their ids."""
    due = tx.find(Plan, {"status": "pending_approval", "expires_at": AtMost(at)}, order_by="expires_at")
    return [plan.id for plan in due if _expire(tx, plan, at)]


def _expire(tx: Transaction, plan: Plan, at: str) -> bool:
    expected = {"id": plan.id, "status": "pending_approval", "revision": plan.revision, "expires_at": AtMost(at)}
    if not tx.change(Plan, expected, {"status": "expired", "finished_at": at}):
        return False
    close_revision(tx, plan, "expired", "rejected")
    events.record(tx, "plan.expired", at, plan_id=plan.id, revision=plan.revision)
    return True


def close_revision(tx: Transaction, plan: Plan, status: str, task_status: str) -> None:
    """Give the current revision and its waiting tasks their last status."""
    of_revision = {"plan_id": plan.id, "revision": plan.revision}
    tx.change(Revision, {**of_revision, "status": "current"}, {"status": status})
    tx.change(Task, {**of_revision, "status": ("pending", "approved", "dispatched")}, {"status": task_status})


def _move(tx: Transaction, rules: Rules, expected: dict[str, object], content: PlanContent, now: datetime) -> bool:
    values = {
        "revision": content.revision,
        "digest": plan_digest(content.canonical()),
        "expires_at": timestamp(now + rules.policy.expire_after),
    }
    return tx.change(Plan, expected, values) == 1


def _supersede(
    tx: Transaction, plan: Plan, old: Revision, content: PlanContent, author: str, rules: Rules, at: str
) -> None:
    close_revision(tx, plan, "superseded", "cancelled")
    excluded = tuple(sorted({*json.loads(old.excluded), author}))
    current = tx.find(Plan, {"id": plan.id})[0]
    _put_revision(tx, rules, current, content, content.canonical(), Authorship(author, excluded, at))
    events.record(
        tx, "plan.revised", at, plan_id=plan.id, person=author, revision=current.revision, digest=current.digest,
        operations=[task.operation for task in content.tasks], asked_again=old.status == "decided" or None,
    )  # fmt: skip


def _put_revision(tx: Transaction, rules: Rules, plan: Plan, content: PlanContent, text: str, by: Authorship) -> None:
    # `text` is the content in its stored form, which costs too much to be written twice.
    excluded = canonical(list(by.excluded))
    tx.insert(Revision(plan.id, plan.revision, plan.digest, text, "current", by.author, excluded, by.at))
    milliseconds = int(datetime.fromisoformat(by.at).timestamp() * 1000)
    words = said(tx.find(Request, {"plan_id": plan.id}, order_by="id"))
    for task in content.tasks:
        tx.insert(
            Task(
                id=new_id(milliseconds),
                plan_id=plan.id,
                revision=plan.revision,
                position=task.position,
                name=task.name,
                operation=task.operation,
                work_type=task.work_type,
                agent_type=task.agent_type,
                effect=task.effect,
                risk=assess(task, words, rules.policy).risk,
                target=task.target,
                depends_on=canonical(list(task.depends_on)),
                status="pending",
            )
        )
