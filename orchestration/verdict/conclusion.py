"""Close a plan whose tasks have all ended: evidence, gate, verdict and the last event, in the caller's transaction."""

import hashlib
from collections.abc import Mapping, Sequence

from orchestration import events
from orchestration.approval.decision import ApprovedPlan
from orchestration.approval.proposal import withdraw
from orchestration.planning.complexity import asks_model
from orchestration.policy import Policy
from orchestration.ports import Transaction
from orchestration.records import Attempt, EvidenceRecord, Plan, Task, Usage
from orchestration.verdict.evidence import collect
from orchestration.verdict.gate import GateResult, judge

RUNNING = ("approved", "executing", "paused")


def conclude(
    tx: Transaction, approved: ApprovedPlan, tasks: Sequence[Task], policy: Policy, world: Mapping[str, str], at: str
) -> None:
    """Write evidence and verdict of a plan; does nothing when it has been closed before."""
    plan = tx.find(Plan, {"id": approved.plan_id})[0]
    handed_out = tx.find(Attempt, {"plan_id": plan.id, "kind": "run"}, order_by="id")
    attempts = [attempt for attempt in handed_out if attempt.started_at]  # what was taken back unclaimed is none
    evidence = collect(plan, approved.content, tasks, attempts, world, at, _usage(tx, approved))
    verdict = _verdict(tasks, judge(evidence, policy))
    status = _status(tasks)
    document = evidence.document()
    sha256 = hashlib.sha256(document.encode()).hexdigest()
    ended = {"status": status, "finished_at": at, "verdict": verdict.decision, "reason": verdict.reason}
    if not tx.change(Plan, {"id": plan.id, "status": RUNNING}, {**ended, "needs_person": False}):
        return
    tx.insert(EvidenceRecord(plan.id, sha256, document, at))
    events.record(
        tx, "plan.finished", at, plan_id=plan.id, status=status, verdict=verdict.decision,
        rules=list(verdict.triggered_rules), evidence=sha256, artifacts=len(evidence.artifacts),
    )  # fmt: skip


def quarantine(tx: Transaction, plan_id: str, reason: str, at: str) -> None:
    """End a plan whose stored content is not what was approved: nothing more of it runs, and the record says so."""
    ended = {"status": "failed", "finished_at": at, "verdict": "FAIL", "reason": reason, "needs_person": False}
    if not tx.change(Plan, {"id": plan_id, "status": RUNNING}, ended):
        return
    withdraw(tx, plan_id)
    # What runs by now was as approved when it was claimed; it reports, or is settled at the next start.
    unfinished = {"plan_id": plan_id, "status": ("approved", "dispatched")}
    tx.change(Task, unfinished, {"status": "failed", "finished_at": at, "error_message": reason})
    events.record(
        tx, "plan.finished", at, plan_id=plan_id, status="failed", verdict="FAIL", rules=["stored_plan_changed"]
    )


def _usage(tx: Transaction, approved: ApprovedPlan) -> list[Usage]:
    """Return what the plan's tasks asked of models; a plan that asks none costs no look."""
    is_asking = asks_model(approved.content.tasks)
    return tx.find(Usage, {"plan_id": approved.plan_id}, order_by="id") if is_asking else []


def _status(tasks: Sequence[Task]) -> str:
    statuses = {task.status for task in tasks}
    if statuses == {"completed"}:
        return "completed"
    return "cancelled" if "cancelled" in statuses and "failed" not in statuses else "failed"


def _verdict(tasks: Sequence[Task], gate: GateResult) -> GateResult:
    """Return the gate's verdict, unless a task did not complete."""
    open_ends = [task for task in tasks if task.status != "completed"]
    if not open_ends or gate.decision == "FAIL":
        return gate
    named = "; ".join(f"{task.position} {task.name}: {task.error_message or task.status}" for task in open_ends)
    return GateResult("FAIL", f"{len(open_ends)} of {len(tasks)} did not complete: {named}", ("task_not_completed",))
