"""What stands behind a card: where values come from, what runs, what a preview or a run printed."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from bot import wording
from bot.escaping import visible
from orchestration.canonical import canonical, parse
from orchestration.records import Attempt, Usage
from orchestration.views import View


def details(view: View, usage: Sequence[Usage] = ()) -> Iterator[str]:
    """Yield the lines; `usage` are the calls of models for the plan."""
    yield f"Plan {view.plan.id}, revision {view.plan.revision}, digest {view.plan.digest}"
    yield f"Asked: {visible(view.request.text)}"
    yield from _helped(usage)
    for row, task in zip(view.tasks, view.content.tasks, strict=True):
        yield ""
        kind = f"{task.operation}, {task.effect}, {task.risk} risk, by {task.tool}"
        yield f"{task.position} {visible(task.name)} — {kind}"
        if task.chosen_by:
            yield f"    chosen by {visible(task.chosen_by)}, a model"
        for name, value in task.parameters.items():
            came_from = task.provenance[name]
            source = wording.read_by(came_from.source, came_from.model) if came_from.model else came_from.source
            yield f"    {name} = {visible(canonical(value))}   {visible(source)} {visible(came_from.text)}".rstrip()
        yield f"    runs {visible(canonical(task.instructions))}"
        yield from (f"    {name} is the secret «{reference}»" for name, reference in task.secrets.items())
        yield from (f"    reads {visible(path)}  sha256 {sha256[:12]}" for path, sha256 in task.files.items())
        retries = wording.count(task.retries, "retry", "retries")
        yield f"    at most {wording.took(task.timeout_seconds * 1000)}, {retries}"
        for attempt in view.attempts:
            if attempt.task_id == row.id:
                yield from _attempt(attempt)


def _helped(usage: Sequence[Usage]) -> Iterator[str]:
    """Yield which models helped, and which were asked in vain."""
    calls = sorted(usage, key=_whose)  # keeps the order in which one was called
    for (purpose, model, tier), group in groupby(calls, key=_whose):
        rows = list(group)
        if not any(row.error is None for row in rows):
            yield wording.no_help(visible(model), tier, list(dict.fromkeys(row.error or "" for row in rows)))
            continue
        tokens = sum(row.tokens for row in rows)
        costs = [row.cost_usd for row in rows if row.cost_usd is not None]
        yield wording.helped(purpose, visible(model), tier, tokens, sum(costs) if costs else None)


def _whose(row: Usage) -> tuple[str, str, str]:
    return row.purpose, row.model, row.tier


def _attempt(attempt: Attempt) -> Iterator[str]:
    result = parse(attempt.result)
    yield f"    {attempt.kind} {attempt.number}: {attempt.status}, {attempt.agent_id}, attempt {attempt.id}"
    if attempt.routing:
        why = parse(attempt.routing)
        points = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in why["components"].items())
        yield f"      {why['reason']}: {why['score']} of 100 points ({points})"
    output = str(result.get("output", "")).strip()
    yield from (f"      │ {visible(line)}" for line in output.splitlines())
    if result.get("error_message"):
        yield f"      {visible(str(result['error_message']))}"
    artifacts = result.get("artifacts")
    for artifact in artifacts if isinstance(artifacts, list) else []:
        yield f"      {artifact['path']}  {artifact['size']} bytes  sha256 {artifact['sha256'][:12]}"
