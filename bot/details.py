"""What stands behind a card: where values come from, what runs, what a preview or a run printed."""

from collections.abc import Iterator

from bot import wording
from bot.escaping import visible
from orchestration.canonical import canonical, parse
from orchestration.records import Attempt
from orchestration.views import View


def details(view: View) -> Iterator[str]:
    """Yield the lines."""
    yield f"Plan {view.plan.id}, revision {view.plan.revision}, digest {view.plan.digest}"
    yield f"Asked: {visible(view.request.text)}"
    for row, task in zip(view.tasks, view.content.tasks, strict=True):
        yield ""
        kind = f"{task.operation}, {task.effect}, {task.risk} risk, by {task.tool}"
        yield f"{task.position} {visible(task.name)} — {kind}"
        for name, value in task.parameters.items():
            came_from = task.provenance[name]
            yield f"    {name} = {visible(canonical(value))}   {came_from.source} {visible(came_from.text)}".rstrip()
        yield f"    runs {visible(canonical(task.instructions))}"
        yield from (f"    {name} is the secret «{reference}»" for name, reference in task.secrets.items())
        yield from (f"    reads {visible(path)}  sha256 {sha256[:12]}" for path, sha256 in task.files.items())
        retries = wording.count(task.retries, "retry", "retries")
        yield f"    at most {wording.took(task.timeout_seconds * 1000)}, {retries}"
        for attempt in view.attempts:
            if attempt.task_id == row.id:
                yield from _attempt(attempt)


def _attempt(attempt: Attempt) -> Iterator[str]:
    result = parse(attempt.result)
    yield f"    {attempt.kind} {attempt.number}: {attempt.status}, {attempt.agent_id}, attempt {attempt.id}"
    output = str(result.get("output", "")).strip()
    yield from (f"      │ {visible(line)}" for line in output.splitlines())
    if result.get("error_message"):
        yield f"      {visible(str(result['error_message']))}"
    artifacts = result.get("artifacts")
    for artifact in artifacts if isinstance(artifacts, list) else []:
        yield f"      {artifact['path']}  {artifact['size']} bytes  sha256 {artifact['sha256'][:12]}"
