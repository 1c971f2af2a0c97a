"""What people asked for so far, and the plans that were approved of it. Read from the database for `sayso suggest`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from adapters.storage.reader import Reader
from orchestration.errors import InvariantBroken
from orchestration.intake.catalogue import Catalogue
from orchestration.intake.outcome import read_outcome
from orchestration.learning.lessons import Approved
from orchestration.planning.plan import open_content
from orchestration.policy import BY_POLICY
from orchestration.ports import Above
from orchestration.records import Decision, Plan, Request, Revision

LOOKED_BACK = 2_000
"""Requests, the newest; what was said before that has been learned, or was never said again."""
Version = tuple[str, int]
"""(plan, revision)."""


@dataclass(frozen=True, slots=True)
class SaidBefore:
    """Requests in words, newest first, and those of them that became an approved plan."""

    requests: Sequence[Request]
    approved: Sequence[Approved]


async def said_before(reader: Reader, catalogue: Catalogue) -> SaidBefore:
    """Return what was asked for in words; not what answers, corrects or repeats something, nor `sayso run`."""
    found = await reader.find(Request, {"follows": None}, order_by="-id", limit=LOOKED_BACK)
    requests = [request for request in found if request.text and not _is_run(request.text, catalogue)]
    plans = await reader.find(Plan, {"approved_at": Above("")}, order_by="-id", limit=LOOKED_BACK)
    by_request = {plan.request_id: plan for plan in plans if plan.origin is None}
    decisions = {(one.plan_id, one.revision): one for one in await reader.find(Decision, {"outcome": "approved"})}
    revisions = {(one.plan_id, one.revision): one for one in await reader.find(Revision, {"status": "decided"})}
    return SaidBefore(requests, [*_approved(requests, by_request, decisions, revisions)])


def _approved(
    requests: Sequence[Request],
    plans: Mapping[str, Plan],
    decisions: Mapping[Version, Decision],
    revisions: Mapping[Version, Revision],
) -> Iterator[Approved]:
    for request in requests:
        plan = plans.get(request.id)
        version = (plan.id, plan.revision) if plan else ("", 0)
        if version not in decisions or version not in revisions:
            continue
        decision = decisions[version]
        with suppress(InvariantBroken):  # of a plan that somebody has changed behind our back nothing is learned
            content = open_content(revisions[version].content, decision.digest)
            answers = read_outcome(request.outcome).answers
            yield Approved(request.text, request.person, answers, content.tasks, decision.by != BY_POLICY)


def _is_run(text: str, catalogue: Catalogue) -> bool:
    """Whether a request was typed as `sayso run OPERATION KEY=VALUE …`."""
    first, *rest = text.split()
    return first == "run" and bool(rest) and rest[0] in catalogue.operations and all("=" in word for word in rest[1:])
