"""Make what a thread shows of a plan or a request: from what is stored, and nothing else. Used by `threads`.

A card is made of the stored revision alone; a line of the log is made of one event of the plan's chain.
"""

import hashlib
from collections.abc import Mapping

from bot import buttons, wording
from bot.cards import Card, CardTask, Eyes, Situation, card
from bot.chat import Attachment, Button, Note, Post, ShownCard
from bot.escaping import one_line, visible
from bot.waiting import notice
from orchestration.canonical import parse
from orchestration.intake.outcome import read_outcome
from orchestration.planning.again import NOT_DONE
from orchestration.policy import Rules
from orchestration.ports import Clock, Progress
from orchestration.records import PLAN_ENDED, Event, Request
from orchestration.views import View, Views

TOLD = (
    "task.finished", "decision.made",
    "plan.revised", "plan.paused", "plan.resumed", "plan.expired", "plan.cancelled", "plan.finished",
)  # fmt: skip
"""Events that the log may say something of."""
UNDO = "Undo what was done"
OUTPUT_LINES = 12
"""Of what a task printed, in a note."""


class Posts:
    """Makes cards, log lines and answers."""

    def __init__(self, views: Views, rules: Rules, clock: Clock) -> None:
        self._views = views
        self._rules = rules
        self._clock = clock

    async def shown(self, view: View, progress: Mapping[str, Progress]) -> ShownCard:
        """Return a plan's card, for everybody in its thread."""
        return ShownCard(await self.card(view, progress), _buttons(view))

    async def card(self, view: View, progress: Mapping[str, Progress]) -> Card:
        """Return the same without what can be done about it."""
        found = tuple(await notice(view, self._views, self._rules.people))
        return card(view, self._eyes(), Situation(progress, found))

    def note(self, event: Event, view: View) -> Note | None:
        """Return what the log says of an event; None when the card says enough."""
        body = parse(event.body)
        is_current = body.get("revision", view.plan.revision) == view.plan.revision
        if event.name not in TOLD or not is_current:
            return None
        seen = card(view, self._eyes())
        match event.name:
            case "task.finished":
                return _finished(body, view, seen)
            case "decision.made" if body["outcome"] == "rejected":
                return Note("decided", (f"{seen.code}: {seen.decided}.",))
            case "decision.made":
                return Note("started", (wording.started(seen.code, seen.decided),)) if view.votes else None
            case "plan.revised":
                return Note("changed", (self._revised(view, body),))
            case "plan.finished":
                after = _after(view)
                stays = _not_undone(seen) if any(button.label == UNDO for button in after) else []
                return Note("ended", (*_end(seen), *stays), after, _evidence(view))
        by = self._rules.people.name(view.plan.cancelled_by) if view.plan.cancelled_by else ""
        why = visible(str(body.get("reason", "")))
        return Note("changed", (wording.changed(event.name, seen.code, why, by, "until" in body),))

    async def asked(self, resolved: Event) -> Event | None:
        """Return the event after which was asked what became of a task, by the event of the answer."""
        position = parse(resolved.body)["position"]
        asked = None
        for event in await self._views.events(resolved.chain):
            body = parse(event.body)
            is_asked = event.name == "task.finished" and body["status"] == "unknown" and body["position"] == position
            if is_asked and event.number < resolved.number:
                asked = event
        return asked

    async def settled(self, resolved: Event, view: View) -> Note:
        """Return what such a question says once it was answered."""
        body = parse(resolved.body)
        position = int(body["position"])
        person = await self._views.behind(body["person"])
        by = self._rules.people.name(person) if person else wording.SOMEBODY
        name = visible(view.content.task(position).name)
        return Note("decided", (wording.resolved(view.plan.code, position, name, by, body["outcome"]),))

    def answer(self, request: Request) -> Note:
        """Return what is asked back, or what cannot be done and what comes nearest."""
        outcome = read_outcome(request.outcome)
        if outcome.out_of_scope:
            lines = wording.out_of_scope(outcome.out_of_scope, [choice.label for choice in outcome.nearest])
            return Note("refused", tuple(lines))
        asked = tuple(one_line(question.text) for question in outcome.questions)
        return Note("question", asked, buttons.answers(request.id, outcome))

    def _revised(self, view: View, body: Mapping[str, object]) -> str:
        if body.get("asked_again"):
            return wording.asked_again(view.plan.code, view.plan.revision)
        return wording.revised(view.plan.code, view.plan.revision, self._rules.people.name(view.revision.author))

    def _eyes(self) -> Eyes:
        return Eyes(self._rules.people, self._rules.policy.timezone, self._clock.now())


def rendering(post: Post) -> str:
    """Return a short hash of everything that a post shows; a vote remembers which one was clicked."""
    return hashlib.sha256(repr(post).encode()).hexdigest()[:12]


def _buttons(view: View) -> tuple[Button, ...]:
    plan = view.plan
    details = Button("Details", buttons.of_plan("details", plan))
    if plan.status == "pending_approval":
        grave = {risk.risk for risk in view.risks} & {"high", "critical"}
        confirm = wording.confirm_approval(plan.code, len(view.tasks)) if grave else ""
        return (
            Button("Approve", buttons.of_plan("approve", plan), "primary", confirm),
            Button("Reject", buttons.of_plan("reject", plan), "danger", form="reject"),
            Button("Edit", buttons.of_plan("edit", plan), form="edit"),
            details,
        )
    if plan.status in PLAN_ENDED:
        return (details,)
    return (
        Button("Cancel", buttons.of_plan("cancel", plan), "danger", wording.confirm_cancel(plan.code)),
        details,
    )


def _finished(body: Mapping[str, object], view: View, seen: Card) -> Note | None:
    position = int(str(body["position"]))
    task, row = seen.tasks[position - 1], view.tasks[position - 1]
    if body["status"] == "failed":
        return Note("failed", tuple(_failure(task, seen.code)))
    if body["status"] == row.status == "unknown" and body.get("attempt") == row.attempts:
        plan = view.plan
        asked = (
            Button("Done", buttons.of_plan("done", plan, row)),
            Button("Retry", buttons.of_plan("retry", plan, row)),
            Button("Abort", buttons.of_plan("abort", plan, row)),
        )
        return Note("unknown", tuple(wording.what_became(seen.code, position, task.name)), asked)
    return None


def _failure(task: CardTask, code: str) -> list[str]:
    return [wording.task_failed(code, task.position, task.name, task.problem), *task.output[-OUTPUT_LINES:]]


def _end(seen: Card) -> list[str]:
    """Return the verdict, and before it what was asked to be looked at."""
    lines = [
        line
        for task in seen.tasks
        if task.effect == "read_only" and task.status == "completed"
        for line in task.output[-OUTPUT_LINES:]
    ]
    done = sum(task.status == "completed" for task in seen.tasks)
    lines.append(wording.ended(seen.verdict, seen.code, done, len(seen.tasks), seen.milliseconds))
    if seen.verdict != "PASS" and seen.reason:
        lines.append(seen.reason)
    return lines


def _not_undone(seen: Card) -> list[str]:
    """Return what stays as it is when the rest is undone."""
    changed = [task for task in seen.tasks if task.status == "completed" and task.effect != "read_only"]
    kept = [f"{task.position} {task.name}" for task in changed if not task.undo]
    return [wording.not_undone(kept)] if kept else []


def _after(view: View) -> tuple[Button, ...]:
    """Return what an ended plan offers: its failed tasks once more, and undoing what it did."""
    failed = any(task.status in ("failed", "skipped") for task in view.tasks)
    is_done_in_part = any(task.status in NOT_DONE for task in view.tasks)
    pairs = zip(view.tasks, view.content.tasks, strict=True)
    undoable = any(task.status == "completed" and planned.undo for task, planned in pairs)
    offered = []
    if failed:
        offered.append(Button("Retry what failed", buttons.of_plan("again", view.plan)))
    if is_done_in_part and undoable:
        offered.append(Button(UNDO, buttons.of_plan("undo", view.plan)))
    return tuple(offered)


def _evidence(view: View) -> tuple[Attachment, ...]:
    return (Attachment(f"evidence-{view.plan.code}.json", f"{view.plan.id}/evidence.json", "application/json"),)
