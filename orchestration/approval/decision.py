"""Votes become a decision: who still has to say yes, and the one transaction in which a revision is closed.

Every change is a compare-and-set on what was shown: plan, revision, digest, still pending, not expired. Nothing
is read first and written later; when the compare-and-set is lost, what stands there now explains why.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from orchestration import events
from orchestration.approval.risk import AssessedTask, assess
from orchestration.errors import InvariantBroken, NotAllowed, NotFound, NotPending, StaleRevision
from orchestration.people import People
from orchestration.planning.plan import SHORT_DIGEST, PlanContent, open_content, short
from orchestration.policy import BY_POLICY, Requirement, Rules, may, requirement
from orchestration.ports import Above, Transaction
from orchestration.records import Decision, Plan, Request, Revision, Task, Vote

State = Literal["open", "approved", "rejected"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the person had before their eyes when they said yes or no."""

    plan_id: str
    revision: int
    digest: str
    """The full digest, or the digits that the button carried."""
    rendering: str = ""


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks, and for whom."""

    person: str
    asserted_by: str | None = None
    """The system user, where they speak as somebody else."""


@dataclass(frozen=True, slots=True)
class ApprovedPlan:
    """A plan that may run. Only a decision makes one, so that what was not decided cannot be dispatched."""

    plan_id: str
    digest: str
    content: PlanContent


@dataclass(frozen=True, slots=True)
class Missing:
    """A requirement that is not fulfilled yet."""

    needed: int
    """How many more people."""
    groups: tuple[str, ...]
    candidates: tuple[str, ...]
    """People whose yes would count."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a revision stands under the policy as it is now."""

    missing: tuple[Missing, ...]
    forbidden: tuple[str, ...]
    """Operations that no rule covers; nobody can approve them."""
    counted: tuple[str, ...]
    """People whose yes counts for something."""

    @property
    def satisfied(self) -> bool:
        """Whether nothing more is needed."""
        return not self.missing and not self.forbidden


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a vote led to."""

    state: State
    standing: Standing
    approved: ApprovedPlan | None = None


def standing(rules: Rules, tasks: Sequence[AssessedTask], yes: Sequence[str], excluded: Sequence[str]) -> Standing:
    """Return what a revision still needs, given who said yes and whose vote does not count by themselves."""
    needed = [(task.operation, requirement(rules.policy, task)) for task in tasks]
    distinct = {need for _, need in needed if need is not None}
    forbidden = tuple(dict.fromkeys(operation for operation, need in needed if need is None))
    checked = [_check(rules.people, need, yes, excluded) for need in sorted(distinct, key=lambda need: need.rule)]
    counted = tuple(person for person in yes if any(person in names for _, names in checked))
    return Standing(tuple(missing for missing, _ in checked if missing), forbidden, counted)


def _check(
    people: People, need: Requirement, yes: Sequence[str], excluded: Sequence[str]
) -> tuple[Missing | None, list[str]]:
    able = eligible(people, need, excluded)
    said_yes = [person for person in yes if person in able]
    lacking = need.need - len(said_yes)
    if lacking <= 0:
        return None, said_yes
    return Missing(lacking, need.groups, tuple(key for key in able if key not in yes)), said_yes


def eligible(people: People, need: Requirement, excluded: Sequence[str]) -> list[str]:
    """Return the people whose yes counts for a requirement."""
    return [key for key in people.members(list(need.groups)) if need.self_counts or key not in excluded]


@dataclass(frozen=True, slots=True)
class Ballot:
    """One revision as it stands before a vote."""

    rules: Rules
    plan: Plan
    content: PlanContent
    tasks: tuple[AssessedTask, ...]
    yes: tuple[str, ...]
    """Who said yes so far."""
    excluded: tuple[str, ...]

    def standing(self, also: str | None = None) -> Standing:
        """Return what is still needed, with one more yes if given."""
        return standing(self.rules, self.tasks, [*self.yes, *([also] if also else [])], self.excluded)

    def authorise(self, person: str, yes: bool) -> None:
        """Let pass who may vote: approvers whose yes counts; for a no also the requester, who withdraws it."""
        needs = [need for task in self.tasks if (need := requirement(self.rules.policy, task))]
        groups = sorted({group for need in needs for group in need.groups})
        is_approver = person in self.rules.people.members(groups)
        if not yes and (is_approver or person == self.plan.person):
            return
        if yes and not all(
            may(self.rules.policy.ask, self.rules.people, self.plan.person, task) for task in self.tasks
        ):
            raise NotAllowed(f"{self.plan.person}, who asked for {self.plan.code}, may no longer ask for it.")
        forbidden = self.standing().forbidden
        if forbidden and is_approver:
            raise NotAllowed(f"No rule of the policy lets anybody approve {', '.join(forbidden)}. Nothing was changed.")
        able = list(dict.fromkeys(key for need in needs for key in eligible(self.rules.people, need, self.excluded)))
        if person not in able:
            names = [self.rules.people.name(key) for key in able if key not in self.yes]
            raise NotAllowed(refusal(self.plan.code, is_approver, groups, names))


def vote(tx: Transaction, rules: Rules, shown: Shown, voice: Voice, yes: bool, reason: str, now: str) -> Outcome:
    """Count one person's yes or no on exactly what was shown, and close the revision when that decides it.

    Raises NotAllowed, StaleRevision or NotPending; then nothing has changed. Saying again what one said before
    is no error and counts once.
    """
    ballot = ballot_on(tx, rules, shown, now)
    plan = ballot.plan
    try:
        ballot.authorise(voice.person, yes)
    except NotAllowed:
        if plan.status != "pending_approval":
            raise explain(plan, shown, now) from None
        raise
    after = ballot.standing(voice.person if yes and voice.person not in ballot.yes else None)
    state: State = "rejected" if not yes else "approved" if after.satisfied else "open"
    cast = Vote(plan.id, plan.revision, voice.person, yes, reason, now, shown.rendering, voice.asserted_by)
    if not _compare_and_set(tx, plan, state, now, reason):
        return _replayed(tx, ballot, cast, shown)
    if tx.insert(cast):
        events.record(
            tx, "vote.cast", now, plan_id=plan.id, person=voice.person, text=reason, yes=yes,
            revision=plan.revision, digest=plan.digest, asserted_by=voice.asserted_by,
        )  # fmt: skip
    approved = _close(tx, ballot, state, voice.person, reason, now) if state != "open" else None
    return Outcome(state, after, approved)


def ballot_on(tx: Transaction, rules: Rules, shown: Shown, now: str) -> Ballot:
    """Return the ballot on what was shown; raises StaleRevision or NotPending when something else is current."""
    plan = next(iter(tx.find(Plan, {"id": shown.plan_id})), None)
    if plan is None:
        raise NotFound(f"There is no plan «{shown.plan_id}».")
    if not is_current(plan, shown):
        raise explain(plan, shown, now)
    return _ballot(tx, rules, plan)


def _ballot(tx: Transaction, rules: Rules, plan: Plan) -> Ballot:
    revision = tx.find(Revision, {"plan_id": plan.id, "revision": plan.revision})[0]
    content = open_content(revision.content, plan.digest)
    words = said(tx.find(Request, {"plan_id": plan.id}, order_by="id"))
    cast = tx.find(Vote, {"plan_id": plan.id, "revision": plan.revision, "yes": True}, order_by="at")
    tasks = tuple(assess(task, words, rules.policy) for task in content.tasks)
    excluded = tuple(json.loads(revision.excluded))
    return Ballot(rules, plan, content, tasks, tuple(vote.person for vote in cast), excluded)


def said(requests: Sequence[Request]) -> str:
    """Return all that was said for one plan; the owner's words raise its risk wherever they stand."""
    return "\n".join(request.text for request in requests)


def approve_by_policy(tx: Transaction, rules: Rules, plan: Plan, content: PlanContent, now: str) -> ApprovedPlan | None:
    """Approve a new plan that the policy lets run without anybody, read-only and low risk throughout; else None."""
    if not all(task.effect == "read_only" and task.risk == "low" for task in content.tasks):
        return None
    words = said(tx.find(Request, {"plan_id": plan.id}, order_by="id"))
    tasks = tuple(assess(task, words, rules.policy) for task in content.tasks)  # what was said can only raise a risk
    ballot = Ballot(rules, plan, content, tasks, (), ())
    if any(task.risk != "low" for task in tasks) or not ballot.standing().satisfied:
        return None
    if not _compare_and_set(tx, plan, "approved", now, ""):
        raise explain(tx.find(Plan, {"id": plan.id})[0], Shown(plan.id, plan.revision, plan.digest), now)
    return _close(tx, ballot, "approved", BY_POLICY, "", now)


def reopen(tx: Transaction, plan: Plan) -> ApprovedPlan:
    """Return the approved plan behind a decision that was made before, its digest recomputed."""
    decided = tx.find(Decision, {"plan_id": plan.id, "revision": plan.revision, "outcome": "approved"})
    if not decided or decided[0].digest != plan.digest:
        raise InvariantBroken(f"Plan {plan.code} has no approval for what it says now. Nothing more of it is run.")
    stored = tx.find(Revision, {"plan_id": plan.id, "revision": plan.revision})[0]
    return ApprovedPlan(plan.id, plan.digest, open_content(stored.content, decided[0].digest))


def still_satisfied(tx: Transaction, rules: Rules, plan: Plan) -> bool:
    """Whether the votes that approved this revision would approve it under the policy as it is now."""
    return _ballot(tx, rules, plan).standing().satisfied


def explain(plan: Plan, shown: Shown, now: str) -> StaleRevision | NotPending:
    """Return why what was shown can no longer be decided."""
    if plan.status == "expired" or (plan.status == "pending_approval" and plan.expires_at <= now):
        return NotPending(f"Plan {plan.code} has expired: nobody decided in time. Ask again for a new plan.")
    if not is_current(plan, shown):
        return StaleRevision(
            f"Plan {plan.code} has changed: revision {plan.revision} ({short(plan.digest)}) is current, "
            f"you were shown revision {shown.revision}. Look at it again."
        )
    return NotPending(f"Plan {plan.code} is already {plan.status.replace('_', ' ')}.")


def is_current(plan: Plan, shown: Shown) -> bool:
    """Whether what was shown is the current revision; fewer than the digits people compare prove nothing."""
    is_enough = len(shown.digest) >= SHORT_DIGEST
    return is_enough and plan.revision == shown.revision and plan.digest.startswith(shown.digest)


def refusal(code: str, is_own: bool, groups: Sequence[str], names: Sequence[str]) -> str:
    """Return the sentence for somebody whose vote does not count."""
    who = f"{' and '.join(names)} can." if names else "Nobody else can at the moment."
    why = "you asked for it or changed it" if is_own else f"it needs one of {', '.join(groups)}"
    return f"You can't approve {code}: {why}. {who} Nothing was changed."


def _compare_and_set(tx: Transaction, plan: Plan, state: State, now: str, reason: str) -> bool:
    """Close the plan, or let it be, if and only if it still is what was shown, pending and in time."""
    expected = {
        "id": plan.id,
        "status": "pending_approval",
        "revision": plan.revision,
        "digest": plan.digest,
        "expires_at": Above(now),
    }
    values: dict[State, dict[str, str]] = {
        "open": {"status": "pending_approval"},
        "approved": {"status": "approved", "approved_at": now},
        "rejected": {"status": "rejected", "finished_at": now, "reason": reason},
    }
    return tx.change(Plan, expected, values[state]) == 1


def _replayed(tx: Transaction, ballot: Ballot, cast: Vote, shown: Shown) -> Outcome:
    """Answer a lost compare-and-set: with the decision to whoever voted for it before, else with why it was lost."""
    plan = tx.find(Plan, {"id": ballot.plan.id})[0]
    mine = tx.find(Vote, {"plan_id": plan.id, "revision": cast.revision, "person": cast.person, "yes": cast.yes})
    decided = tx.find(Decision, {"plan_id": plan.id, "revision": cast.revision})
    if mine and decided and (decided[0].outcome == "approved") == cast.yes:
        return Outcome("approved" if cast.yes else "rejected", ballot.standing())
    raise explain(plan, shown, cast.at)


def _close(tx: Transaction, ballot: Ballot, state: State, person: str, reason: str, now: str) -> ApprovedPlan | None:
    plan = ballot.plan
    if not tx.insert(Decision(plan.id, plan.revision, state, person, plan.digest, reason, now)):
        raise NotPending(f"Plan {plan.code} has been decided already.")
    of_revision = {"plan_id": plan.id, "revision": plan.revision}
    tx.change(Revision, {**of_revision, "status": "current"}, {"status": "decided"})
    tx.change(Task, {**of_revision, "status": "pending"}, {"status": state})
    events.record(
        tx, "decision.made", now, plan_id=plan.id, person=person, outcome=state, revision=plan.revision,
        digest=plan.digest,
    )  # fmt: skip
    return ApprovedPlan(plan.id, plan.digest, ballot.content) if state == "approved" else None
