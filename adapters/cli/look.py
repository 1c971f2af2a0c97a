"""`plans` and `show`: read only, also while another process owns the home."""

from datetime import UTC, datetime

from rich.table import Table

from adapters.cli import exits, render
from adapters.cli.details import details
from adapters.cli.output import JsonOutput, Output, TextOutput, program
from adapters.cli.session import Context, load_context, looking
from adapters.storage.migrations.upgrade import schema_version
from bot import wording
from orchestration.errors import InvariantBroken
from orchestration.records import Plan
from orchestration.views import View, Views


async def plans(limit: int, output: Output) -> int:
    """List plans, newest first; return the exit code."""
    context = load_context()
    if schema_version(context.database) is None:
        output.say(wording.NO_PLANS)
        return exits.DONE
    async with looking(context) as (views, _):
        found = await views.plans(limit)
        if not found:
            output.say(wording.NO_PLANS)
        elif isinstance(output, JsonOutput):
            _as_json(found, output)
        elif isinstance(output, TextOutput):
            output.console.print(await _table(found, views, context))
    return exits.DONE


async def show(plan: str, with_details: bool, output: Output) -> int:
    """Show a plan; return its exit code only for `--json` readers' sake: looking succeeds."""
    context = load_context()
    async with looking(context) as (views, _):
        view = await views.view((await views.find_plan(plan)).id)
        _show(view, context, output, with_details)
    return exits.DONE


def _show(view: View, context: Context, output: Output, with_details: bool) -> None:
    card = context.card(view)
    output.card(card)
    if view.plan.status not in ("pending_approval", "expired", "rejected"):
        output.say(*(render.progress_line(task).plain for task in card.tasks))
    for task in view.tasks:
        if task.status == "unknown":
            output.say(*wording.unknown_outcome(view.plan.code, task.position, task.name, program()))
    output.result(view, card, context.evidence(view))
    if with_details:
        output.say("", *details(view))


def _as_json(found: list[Plan], output: JsonOutput) -> None:
    for plan in found:
        shown = ("id", "code", "request_id", "person", "status", "revision", "digest", "verdict", "created_at")
        output.write({"event": "plan", **{name: getattr(plan, name) for name in shown}})


async def _table(found: list[Plan], views: Views, context: Context) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("plan", "status", "asked by", "when", "what"):
        table.add_column(heading, no_wrap=heading != "what")
    now = datetime.now(UTC)
    for plan in found:
        when = wording.at_time(plan.created_at, context.configuration.policy.timezone, now)
        table.add_row(*await _row(plan, when, views, context))
    return table


async def _row(plan: Plan, when: str, views: Views, context: Context) -> tuple[str, ...]:
    try:
        return render.plan_line(context.card(await views.view(plan.id)), when)
    except InvariantBroken:
        return (
            plan.code,
            "damaged",
            context.configuration.people.name(plan.person),
            when,
            "its stored content changed",
        )
