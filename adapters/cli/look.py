"""`plans`, `show` and `agents`: read only, also while another process owns the home."""

from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from adapters.cli import exits, render, sentences
from adapters.cli.output import Output, TextOutput, program
from adapters.cli.session import Context, load_context, looking
from adapters.storage.migrations.upgrade import schema_version
from bot import wording
from bot.details import details
from bot.waiting import notice
from orchestration.canonical import parse
from orchestration.course import RUNS
from orchestration.errors import InvariantBroken
from orchestration.records import AgentRecord, Attempt, Plan
from orchestration.views import View, Views


async def plans(limit: int, output: Output) -> int:
    """List plans, newest first; return the exit code."""
    context = load_context()
    if schema_version(context.database) is None:
        return _no_rows(output, "plans", sentences.NO_PLANS)
    async with looking(context) as (views, _):
        found = await views.plans(limit)
        if not found:
            return _no_rows(output, "plans", sentences.NO_PLANS)
        if isinstance(output, TextOutput):
            output.table(await _table(found, views, context))
    for plan in found:
        output.write(_plan(plan))
    output.write({"event": "result", "plans": len(found)})
    return exits.DONE


async def show(plan: str, with_details: bool, output: Output) -> int:
    """Show a plan; return its exit code only for `--json` readers' sake: looking succeeds."""
    context = load_context()
    async with looking(context) as (views, _):
        view = await views.view((await views.find_plan(plan)).id)
        waits = await notice(view, views, context.configuration.people)
        if view.plan.status in RUNS and context.home.owner() is None:
            waits.append(sentences.interrupted(view.plan.code, program()))
        _show(view, context, output, waits)
        if with_details:
            output.say("", *details(view, await views.usage(view.plan)))
    return exits.DONE


async def agents(output: Output) -> int:
    """List the agents; return the exit code."""
    context = load_context()
    if schema_version(context.database) is None:
        return _no_rows(output, "agents", "No agents yet: they come with the first plan, or with sayso serve.")
    async with looking(context) as (_, reader):
        found = await reader.find(AgentRecord, {}, order_by="id")
        running = await reader.tally(Attempt, "agent_id", {"status": "running", "kind": "run"})
    # They live in the process that owns the home; of one that was killed the rows still say «online».
    is_owned = context.home.owner() is not None
    rows = [_agent(agent, running.get(agent.id, 0), is_owned) for agent in found]
    for row in rows:
        output.write({"event": "agent", **row})
    output.write({"event": "result", "agents": len(rows)})
    if isinstance(output, TextOutput):
        output.table(_agents_table(rows, context))
    return exits.DONE


def _no_rows(output: Output, what: str, sentence: str) -> int:
    output.write({"event": "result", what: 0})
    output.say(sentence)
    return exits.DONE


def _agent(agent: AgentRecord, running: int, is_owned: bool) -> dict[str, Any]:
    return {
        "agent_id": agent.id,
        "agent_type": agent.type,
        "status": agent.status if is_owned else "offline",
        "running": running,
        "slots": parse(agent.resources).get("slots"),
        "tools": parse(agent.tools),
        "last_heartbeat_at": agent.seen_at,
    }


def _agents_table(rows: list[dict[str, Any]], context: Context) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("agent", "type", "status", "running", "heard of", "tools"):
        table.add_column(heading, no_wrap=heading != "tools")
    now = datetime.now(UTC)
    for row in rows:
        heard = wording.at_time(row["last_heartbeat_at"], context.configuration.policy.timezone, now)
        load = f"{row['running']} of {row['slots']}"
        table.add_row(row["agent_id"], row["agent_type"], row["status"], load, heard, ", ".join(row["tools"]))
    return table


def _show(view: View, context: Context, output: Output, waits: list[str]) -> None:
    card = context.card(view)
    output.card(card)
    if view.plan.status not in ("pending_approval", "expired", "rejected"):
        output.say(*(render.progress_line(task).plain for task in card.tasks))
    for task in view.tasks:
        if task.status == "unknown":
            output.say(*sentences.unknown_outcome(view.plan.code, task.position, task.name, program()))
    output.say(*waits)
    output.result(view, card, context.evidence(view))


def _plan(plan: Plan) -> dict[str, Any]:
    shown = ("id", "code", "request_id", "person", "status", "revision", "digest", "verdict", "created_at")
    return {"event": "plan", **{name: getattr(plan, name) for name in shown}}


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
