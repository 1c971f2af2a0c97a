"""What dry runs said of a plan, for its card: made of the stored attempts alone. Called by `cards`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot import wording
from bot.escaping import one_line
from orchestration.canonical import parse
from orchestration.ports import Change
from orchestration.records import Attempt
from orchestration.views import View

SHOWN_LINES = 5
"""Of a dry run that says in words what it would do."""


@dataclass(frozen=True, slots=True)
class CardPreview:
    """What a dry run of one task said; never the thing that is approved."""

    position: int
    changes: tuple[str, ...]
    problem: str
    note: str
    """When it was made, and before which tasks, since those could change what it would do."""


def is_coming(view: View) -> bool:
    """Whether a dry run is under way for a plan that waits for votes."""
    is_open = view.plan.status == "pending_approval"
    return is_open and any(attempt.kind == "preview" and attempt.status == "running" for attempt in view.attempts)


def previews(view: View, at_time: Callable[[str], str]) -> tuple[CardPreview, ...]:
    """Return the newest of each task; `at_time` says a stored time as readers do."""
    rows = {task.id: task.position for task in view.tasks}
    last: dict[int, Attempt] = {}
    for attempt in view.attempts:
        if attempt.kind == "preview" and attempt.status in ("completed", "failed") and attempt.task_id in rows:
            last[rows[attempt.task_id]] = attempt
    return tuple(_preview(position, attempt, view, at_time) for position, attempt in sorted(last.items()))


def _preview(position: int, attempt: Attempt, view: View, at_time: Callable[[str], str]) -> CardPreview:
    result = parse(attempt.result)
    raw = result.get("changes")
    changes = [Change(**item) for item in raw] if isinstance(raw, list) else []
    problem = "" if result.get("status") == "success" else str(result.get("error_message") or "It failed.")
    after = view.content.task(position).depends_on
    return CardPreview(
        position=position,
        changes=tuple(map(change_line, changes)) if changes or _counts(result) else _said(result),
        problem=one_line(problem),
        note=wording.previewed(at_time(attempt.finished_at or attempt.dispatched_at), after),
    )


def _counts(result: Mapping[str, object]) -> bool:
    """Whether a tool that found nothing to change knows that."""
    metrics = result.get("metrics")
    return isinstance(metrics, dict) and "changed" in metrics


def _said(result: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(map(one_line, str(result.get("output", "")).strip().splitlines()[-SHOWN_LINES:]))


def change_line(change: Change) -> str:
    """Return `+ kuma/compose.yml 14 lines` or `~ kuma/monitors.yml +6 -2`; no amount where none is known."""
    path = f"{change.sign} {one_line(change.path)}"
    if change.sign == "~":
        amounts = [f"+{change.added}"] * bool(change.added) + [f"-{change.removed}"] * bool(change.removed)
        return " ".join([path, *amounts])
    lines = change.added if change.sign == "+" else change.removed
    return f"{path} {wording.count(lines, 'line')}" if lines else path
