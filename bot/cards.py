"""A plan as a card: the platform-neutral message that every chat renders, made from the stored revision alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot import wording
from bot.escaping import in_a_row, one_line, visible
from bot.previews import CardPreview, is_coming, previews
from orchestration.approval.risk import highest
from orchestration.canonical import parse
from orchestration.people import People
from orchestration.planning.complexity import asks_model, estimate_seconds
from orchestration.planning.plan import PlannedTask, short
from orchestration.ports import Progress, moment
from orchestration.records import Attempt, Task
from orchestration.views import View

SIGNS = {
    "running": "▸",
    "completed": "✓",
    "failed": "✗",
    "unknown": "?",
    "cancelled": "–",
    "skipped": "–",
    "rejected": "–",
}
"""What stands before a task by how far it is; `·` before it has started."""
SHOWN_OUTPUT_LINES = 20


@dataclass(frozen=True, slots=True)
class CardParameter:
    """One parameter, in full."""

    name: str
    lines: tuple[str, ...]
    """The value; a list has one line an item."""
    source: str
    """`said`, `default`, or the file it was read from."""


@dataclass(frozen=True, slots=True)
class CardTask:
    """One line of the plan and how far it is."""

    position: int
    name: str
    operation: str
    agent: str
    parameters: tuple[CardParameter, ...]
    touches: str
    effect: str
    risk: str
    raised_by: tuple[str, ...]
    after: tuple[int, ...]
    undo: str | None
    secrets: tuple[str, ...]
    """Names of the environment variables that get a secret."""
    status: str
    attempts: int
    milliseconds: int | None
    problem: str
    output: tuple[str, ...]
    """What it printed, the last lines."""
    doing: str
    """How far it is while it runs: `3 of 6  merging`."""
    part: float | None
    """The same as a part of 1; None when its tool does not say."""
    since: str
    """When it was started, RFC 3339; empty before."""

    @property
    def sign(self) -> str:
        """Return one character for how far it is."""
        return SIGNS.get(self.status, "·")


@dataclass(frozen=True, slots=True)
class Card:
    """All that is shown of a plan."""

    code: str
    plan_id: str
    revision: int
    digest: str
    status: str
    facts: tuple[str, ...]
    """`2 tasks`, `about 4 minutes`, `medium risk`."""
    tasks: tuple[CardTask, ...]
    previews: tuple[CardPreview, ...]
    requester: str
    asked: str
    """What was asked for, on one line."""
    needs: tuple[str, ...]
    until: str
    expires_at: str
    """The same, RFC 3339, for platforms that show a time as each reader's own."""
    votes: tuple[str, ...]
    """Who said yes so far."""
    decided: str
    notice: tuple[str, ...]
    """Why it does not go on just now: a lock, a pause, a hold."""
    preview_coming: bool
    verdict: str
    reason: str
    milliseconds: int = 0
    """How long anything of it ran; what ran side by side counts once."""
    passed_over: str = ""
    """What was said and is not part of the plan; empty when that is nothing."""
    goes_on: bool = False
    """Whether something of it runs, or is about to; what waits for somebody's word may wait for days."""

    @property
    def is_open(self) -> bool:
        """Whether it waits for votes."""
        return self.status == "pending_approval"


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who looks at a card, and when."""

    people: People
    zone: str
    now: datetime
    viewer: str | None = None
    """Whose eyes; None when many people look at the same card."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a stored plan does not say: how far its tools are, and what it waits for."""

    progress: Mapping[str, Progress] = field(default_factory=dict)
    """By attempt."""
    notice: tuple[str, ...] = ()


def card(view: View, eyes: Eyes, situation: Situation | None = None) -> Card:
    """Return the card of a plan as it is seen now."""
    plan, people = view.plan, eyes.people
    situation = situation or Situation()
    tasks = tuple(_task(view, position, situation) for position in range(1, len(view.tasks) + 1))
    facts = (
        wording.count(len(tasks), "task"),
        wording.about(estimate_seconds(view.content.tasks)),
        f"{highest([risk.risk for risk in view.risks])} risk",
        *(wording.read_with(one_line(model)) for model in _models(view)),
        *([wording.ASKS_MODEL] if asks_model(view.content.tasks) else []),
    )
    return Card(
        code=plan.code,
        plan_id=plan.id,
        revision=plan.revision,
        digest=short(plan.digest),
        status=plan.status,
        facts=facts,
        tasks=tasks,
        previews=previews(view, lambda at: wording.at_time(at, eyes.zone, eyes.now)),
        requester=people.name(plan.person),
        asked=one_line(view.request.text),
        needs=tuple(_needs(view, people, eyes.viewer)) if plan.status == "pending_approval" else (),
        until=wording.at_time(plan.expires_at, eyes.zone, eyes.now),
        expires_at=plan.expires_at,
        votes=tuple(wording.voted(people.name(vote.person), vote.at, eyes.zone, eyes.now) for vote in view.votes),
        decided=_decided(view, eyes),
        notice=situation.notice,
        preview_coming=is_coming(view),
        passed_over=wording.passed_over([one_line(text) for text in view.content.passed_over]),
        verdict=plan.verdict or "",
        reason=one_line(plan.reason or ""),
        milliseconds=_worked(view.attempts),
        goes_on=_goes_on(view, situation),
    )


def _models(view: View) -> list[str]:
    """Return the models that helped to read what was asked for."""
    return sorted(set().union(*(task.models for task in view.content.tasks)))


def _goes_on(view: View, situation: Situation) -> bool:
    statuses = {task.status for task in view.tasks}
    if statuses & {"dispatched", "running"}:
        return True
    if view.plan.status not in ("approved", "executing") or "unknown" in statuses:
        return False
    is_tried_again = any(task.status == "approved" and task.not_before and not task.postponed for task in view.tasks)
    return is_tried_again or not situation.notice


def _task(view: View, position: int, situation: Situation) -> CardTask:
    row, planned, risk = view.tasks[position - 1], view.content.task(position), view.risks[position - 1]
    progress = _progress(row, view.attempts, situation) if row.status == "running" else None
    return CardTask(
        position=position,
        name=visible(planned.name),
        operation=planned.operation,
        agent=row.agent_id or planned.agent_type,
        parameters=tuple(_parameter(planned, name) for name in planned.parameters),
        touches=one_line(planned.target),
        effect=planned.effect,
        risk=risk.risk,
        raised_by=risk.raised_by,
        after=planned.depends_on,
        undo=planned.undo,
        secrets=tuple(planned.secrets),
        status=row.status,
        attempts=row.attempts,
        milliseconds=_milliseconds(row, view.attempts),
        problem=one_line(row.error_message or ""),
        output=_output(row, view.attempts),
        doing=_doing(progress),
        part=min(1.0, progress.done / progress.total) if progress and progress.total > 0 else None,
        since=row.started_at or "",
    )


def _progress(row: Task, attempts: Sequence[Attempt], situation: Situation) -> Progress | None:
    running = [attempt.id for attempt in attempts if attempt.task_id == row.id and attempt.status == "running"]
    return situation.progress.get(running[-1]) if running else None


def _doing(progress: Progress | None) -> str:
    if progress is None:
        return ""
    count = f"{progress.done} of {progress.total}" if progress.total > 0 else ""
    return "  ".join(filter(None, [count, one_line(progress.step)]))


def _parameter(planned: PlannedTask, name: str) -> CardParameter:
    value, came_from = planned.parameters[name], planned.provenance[name]
    source = f"from {came_from.text}" if came_from.source == "data" else came_from.source
    if came_from.model:
        source = wording.read_by(source, came_from.model)
    return CardParameter(name, tuple(_value_lines(value)), one_line(source))


def _value_lines(value: object) -> list[str]:
    match value:
        case list():
            return [_flat(item) for item in value]
        case _:
            return [_flat(value)]


def _flat(value: object) -> str:
    match value:
        case str():
            return in_a_row(value)
        case bool():
            return "yes" if value else "no"
        case dict():
            return "  ".join(f"{one_line(str(key))} {_flat(item)}" for key, item in value.items())
        case _:
            return one_line(json.dumps(value, ensure_ascii=False))


def _milliseconds(row: Task, attempts: Sequence[Attempt]) -> int | None:
    milliseconds = _last_result(row, attempts).get("duration_ms")
    return milliseconds if isinstance(milliseconds, int) else None


def _output(row: Task, attempts: Sequence[Attempt]) -> tuple[str, ...]:
    lines = str(_last_result(row, attempts).get("output", "")).rstrip().splitlines()
    return tuple(one_line(line) for line in lines[-SHOWN_OUTPUT_LINES:])


def _last_result(row: Task, attempts: Sequence[Attempt]) -> Mapping[str, object]:
    last = [attempt for attempt in attempts if attempt.task_id == row.id and attempt.kind == "run"]
    found: dict[str, object] = parse(last[-1].result) if last else {}
    return found


def _needs(view: View, people: People, viewer: str | None) -> list[str]:
    if view.standing.forbidden:
        return [wording.forbidden(view.standing.forbidden)]
    sentences = []
    for number, missing in enumerate(view.standing.missing):
        names = [people.name(key) for key in missing.candidates]
        is_kept_out = viewer is not None and viewer not in missing.candidates
        sentences.append(wording.needs(missing.needed, missing.groups, names, is_kept_out, number == 0))
    return sentences


def _decided(view: View, eyes: Eyes) -> str:
    decision, people = view.decision, eyes.people
    if decision is None:
        return ""
    verb = "Approved" if decision.outcome == "approved" else "Rejected"
    voters = [people.name(vote.person) for vote in view.votes if vote.yes == (decision.outcome == "approved")]
    by = wording.joined(voters) if voters else "the policy (read-only and low risk)"
    reason = f": {one_line(decision.reason)}" if decision.reason else ""
    return f"{verb} by {by} {wording.at_time(decision.at, eyes.zone, eyes.now)}{reason}"


def _worked(attempts: Sequence[Attempt]) -> int:
    """Return for how many milliseconds anything ran; what ran side by side counts once."""
    total = until = 0
    for began, ended in sorted(map(_span, attempts)):
        total += max(0, ended - max(began, until))
        until = max(until, ended)
    return total


def _span(attempt: Attempt) -> tuple[int, int]:
    """Return when a run began and ended, in milliseconds; nobody knows how long one took that died."""
    if attempt.kind != "run" or not attempt.started_at or attempt.status in ("unknown", "lost"):
        return 0, 0
    began = round(moment(attempt.started_at).timestamp() * 1000)
    took = parse(attempt.result).get("duration_ms")
    if not took and attempt.finished_at:
        return began, round(moment(attempt.finished_at).timestamp() * 1000)
    return began, began + int(took or 0)
