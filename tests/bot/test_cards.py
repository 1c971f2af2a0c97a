"""A card shows all of a plan: every value in full, who may decide until when, and what became of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.cli import render
from bot.cards import Card, Eyes, card
from bot.details import details
from bot.previews import change_line
from orchestration.approval.decision import Shown, Voice
from orchestration.canonical import canonical
from orchestration.people import load_people
from orchestration.planning.edit import Edit
from orchestration.planning.plan import short
from orchestration.ports import Change, ToolResult, moment
from orchestration.records import Plan, Usage
from orchestration.views import View
from tests.support.world import PEOPLE, EffectTool, Owner, World, open_world, operation

WIDTH = 100
LONG = "word " * 150 + "end"


def shown(view: View, viewer: str | None = "ana", people: dict[str, Any] = PEOPLE) -> Card:
    """Return the card as somebody sees it the moment it was made or decided."""
    now = moment(view.decision.at if view.decision else view.plan.created_at)
    return card(view, Eyes(load_people(people), "UTC", now, viewer))


def printed(view: View, viewer: str | None = "ana") -> str:
    """Return the card as a terminal prints it."""
    return "\n".join(line.plain for line in render.card(shown(view, viewer), WIDTH))


@pytest.fixture
def owner(tmp_path: Path) -> Owner:
    """An owner with an operation of each kind of parameter."""
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace/items.yml").write_text(
        "".join(f"- {{name: item-{n}, url: 'https://host-{n}/?q=1', tags: [a, b]}}\n" for n in range(60))
    )
    found = Owner()
    tags = {"type": "array", "items": {"type": "string"}}
    item = {"type": "object", "properties": {"name": {"type": "string"}, "url": {"type": "string"}, "tags": tags}}
    found.catalogue["operations"]["fill"] = operation(
        title="Fill in",
        says=["fill in {text}"],
        target="file:{text}",
        undo="first",
        parameters={
            "text": {"type": "string"},
            "count": {"type": "integer", "default": 3},
            "force": {"type": "boolean", "default": False},
            "items": {"type": "array", "items": item, "data": {"file": "items.yml"}},
        },
        secrets={"API_KEY": "api_key"},
        **{"with": {"argv": ["true", "--", "{text}", "{count}", "{force}"]}},
    )
    return found


# ------------------------------------------------------------------------------------------------- in full


async def test_every_value_is_shown_in_full(tmp_path: Path, owner: Owner) -> None:
    """Each parameter stands with its value, to the last item and the last letter, and with where it came from."""
    async with open_world(tmp_path, owner) as world:
        view = await world.view(await world.plan(f"fill in {LONG}"))
    [task] = shown(view).tasks
    found = {parameter.name: (parameter.lines, parameter.source) for parameter in task.parameters}
    assert found["text"] == ((LONG,), "said")
    assert found["count"] == (("3",), "default")
    assert found["force"] == (("no",), "default")
    lines, source = found["items"]
    assert source == "from items.yml"
    assert len(lines) == 60
    text = printed(view)
    assert LONG in text
    for number in range(60):
        assert lines[number] == f'name item-{number}  tags ["a", "b"]  url https://host-{number}/?q=1'
        assert lines[number] in text
    assert "items: 60 items (from items.yml)" in text
    assert "count 3 (default)" in text


async def test_a_card_says_what_it_touches_and_needs(tmp_path: Path, owner: Owner) -> None:
    """Target, order, undo, secrets by name and the agent stand beside the name of the task."""
    async with open_world(tmp_path, owner) as world:
        view = await world.view(await world.plan("fill in x, then inspect it"))
    text = printed(view)
    assert "Fill in  infra" in text
    assert "changes file:x" in text
    assert "uses the secret API_KEY" in text
    assert "api_key" not in text
    assert "Undo     1 first" in text
    assert "Inspect  infra" in text
    assert "changes nothing   after 1" in text


async def test_hidden_characters_of_values_become_visible(tmp_path: Path, owner: Owner) -> None:
    """A value that hides something, or breaks the line, shows it."""
    async with open_world(tmp_path, owner) as world:
        view = await world.view(await world.plan("fill in a\u200bb\nc"))
    assert "text a\\u{200b}b\\nc" in printed(view)
    assert len([line for line in printed(view).splitlines() if "a\\u{200b}b" in line]) == 1


async def test_details_hold_everything_that_runs(tmp_path: Path, owner: Owner) -> None:
    """Behind the card stand the request, the full digest, every value as it is stored and the filled argv."""
    async with open_world(tmp_path, owner) as world:
        view = await world.view(await world.plan(f"fill in {LONG}"))
    text = "\n".join(details(view))
    assert view.plan.digest in text
    assert f"Asked: fill in {LONG}" in text
    assert f'text = "{LONG}"' in text
    assert f'"argv":["true","--","{LONG}",3,false]' in text
    assert "API_KEY is the secret «api_key»" in text


# ------------------------------------------------------------------------------------------------- the head


async def test_the_head_names_the_plan(tmp_path: Path) -> None:
    """Code, number of tasks, estimate, risk and the short digest stand in the first line."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first and do second")
        view = await world.view(plan)
    head, *_ = printed(view).splitlines()
    assert head.startswith(f"Plan {plan.code} · 2 tasks · about 2 minutes · medium risk")
    assert head.endswith(f"digest {short(plan.digest)}")
    assert "revision" not in head


async def test_the_highest_risk_counts_and_says_why(tmp_path: Path) -> None:
    """A word that raises the risk is named, at the task and in the head."""
    async with open_world(tmp_path) as world:
        view = await world.view(await world.plan('inspect it and tune the engine, speed 5, "production"'))
    found = shown(view)
    assert found.facts[-1] == "high risk"
    assert {task.risk for task in found.tasks} == {"high"}
    assert "risk raised by production" in printed(view)


# -------------------------------------------------------------------------------------------- who may decide


@pytest.mark.parametrize(
    ("text", "viewer", "needs"),
    [
        ("do first", "ana", "Needs one of operators (Ben, Cem), not you."),
        ("do first", "ben", "Needs one of operators (Ben, Cem)."),
        ("do first", None, "Needs one of operators (Ben, Cem)."),
        ("wipe everything", "ben", "Needs two of operators (Ben, Cem)."),
        ("do first and wipe everything", "cem",
         "Needs one of operators (Ben, Cem) and two of operators (Ben, Cem)."),
        ("closed thing", "ben", "Nobody can approve this: no rule of the policy covers closed."),
    ],
)  # fmt: skip
async def test_a_card_says_who_may_approve(tmp_path: Path, text: str, viewer: str | None, needs: str) -> None:
    """How many of whom have to say yes, by name, as the reader stands to it, and until when."""
    async with open_world(tmp_path) as world:
        view = await world.view(await world.plan(text))
    last = printed(view, viewer).splitlines()[-1].strip()
    assert last.startswith(needs)
    assert "Open until tomorrow" in last


async def test_the_requester_is_not_offered_as_approver(tmp_path: Path) -> None:
    """Whoever asked does not count, and the card does not name them."""
    async with open_world(tmp_path) as world:
        view = await world.view(await world.plan("do first", person="ben"))
    assert shown(view, "ben").needs == ("Needs one of operators (Cem), not you",)


async def test_what_is_still_missing_is_said_after_a_vote(tmp_path: Path) -> None:
    """After the first of two votes the card asks for one more, by those who are left."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("wipe everything")
        await world.vote(plan, "ben")
        view = await world.view(plan)
    assert shown(view, "cem").needs == ("Needs one of operators (Cem)",)


# ------------------------------------------------------------------------------------------ what became of it


async def ended(world: World, text: str, yes: bool = True, reason: str = "") -> View:
    """Return a plan that was decided so, when it has ended."""
    plan: Plan = await world.plan(text)
    await world.vote(plan, "ben", yes, reason)
    return await world.end(plan)


async def test_a_decision_is_told_with_its_reason(tmp_path: Path) -> None:
    """Who decided, when, and why, instead of who could."""
    async with open_world(tmp_path) as world:
        view = await ended(world, "do first", yes=False, reason="not\u200b today")
    found = shown(view)
    assert found.needs == ()
    assert found.decided.startswith("Rejected by Ben today ")
    assert found.decided.endswith(": not\\u{200b} today")
    assert not found.is_open


async def test_the_policy_is_named_where_nobody_had_to(tmp_path: Path) -> None:
    """A plan that needed nobody says so."""
    async with open_world(tmp_path) as world:
        view = await world.end(await world.plan("look around"))
    assert shown(view).decided.startswith("Approved by the policy (read-only and low risk) today")


async def test_the_end_shows_what_was_printed_and_the_verdict(tmp_path: Path) -> None:
    """A failure shows its last lines and why; the verdict counts the tasks and names the evidence."""
    output = "\n".join(f"line {number}" for number in range(30)) + "\n\x1b[31mred"
    result = ToolResult("failed", 3, output, "no disk", 1234)
    async with open_world(tmp_path, tool=EffectTool(tmp_path / "effects.log", {"first": [result]})) as world:
        view = await ended(world, "do first and do second")
    found = shown(view)
    assert [task.status for task in found.tasks] == ["failed", "skipped"]
    assert found.tasks[0].milliseconds == 1234
    assert len(found.tasks[0].output) == 20
    assert found.tasks[0].output[-1] == "\\u{1b}[31mred"
    lines = [line.plain for line in render.result(found, "evidence.json")]
    assert "FAIL · 0 of 2 tasks · 1.2 s · evidence evidence.json" in lines
    assert "no disk" in lines[-1]
    assert render.progress_line(found.tasks[0]).plain.startswith("  1 ✗ First  1.2 s")
    assert "no disk" in render.progress_line(found.tasks[0]).plain


async def test_a_success_of_a_change_is_quiet(tmp_path: Path) -> None:
    """What only looked shows what it saw; what changed something shows that it is done."""
    async with open_world(tmp_path) as world:
        changed = shown(await ended(world, "do first"))
        looked = shown(await world.end(await world.plan("look around")))
    assert [line.plain for line in render.result(changed, "e")] == ["PASS · 1 of 1 task · 0.0 s · evidence e"]
    assert next(render.result(looked, "e")).plain == "     did look"


@pytest.mark.parametrize(
    ("runs", "milliseconds"),
    [
        ([], 0),
        ([("12:00:00.000", 5_000), ("12:00:00.100", 5_000)], 5_100),
        ([("12:00:00.000", 5_000), ("12:00:01.000", 1_000)], 5_000),
        ([("12:00:00.000", 5_000), ("13:00:00.000", 2_000)], 7_000),
    ],
)
async def test_what_ran_side_by_side_counts_once(
    tmp_path: Path, runs: list[tuple[str, int]], milliseconds: int
) -> None:
    """How long a plan took is how long anything of it ran: not the sum, and not the time that it waited."""
    async with open_world(tmp_path) as world:
        view = await ended(world, "do first")
    [attempt] = view.attempts
    tried = [
        replace(attempt, started_at=f"2026-11-21T{at}Z", result=canonical({"duration_ms": took})) for at, took in runs
    ]
    assert shown(replace(view, attempts=tuple(tried))).milliseconds == milliseconds


async def test_what_was_stopped_counts_until_then(tmp_path: Path) -> None:
    """A tool that was stopped does not say how long it ran; of one that died nobody knows."""
    async with open_world(tmp_path) as world:
        view = await ended(world, "do first")
    stopped = replace(
        view.attempts[0], status="cancelled", result="{}",
        started_at="2026-11-21T12:00:00.000Z", finished_at="2026-11-21T12:01:03.000Z",
    )  # fmt: skip
    assert shown(replace(view, attempts=(stopped,))).milliseconds == 63_000
    assert shown(replace(view, attempts=(replace(stopped, status="unknown"),))).milliseconds == 0


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (Change("kuma/compose.yml", "+", 14, 0), "+ kuma/compose.yml 14 lines"),
        (Change("a", "+", 1, 0), "+ a 1 line"),
        (Change("kuma/monitors.yml", "~", 6, 2), "~ kuma/monitors.yml +6 -2"),
        (Change("a", "~", 6, 0), "~ a +6"),
        (Change("a", "~", 0, 0), "~ a"),
        (Change("a\nb", "~", 0, 2), "~ a\\nb -2"),
        (Change("a", "-", 0, 3), "- a 3 lines"),
        (Change("a", "-", 0, 0), "- a"),
        (Change("a/", "+", 0, 0), "+ a/"),
    ],
)
def test_changes_have_a_line(change: Change, line: str) -> None:
    """What a preview would change is a sign, a path and how much."""
    assert change_line(change) == line


async def test_a_card_is_a_function_of_the_stored_plan(tmp_path: Path) -> None:
    """The same plan at the same time is the same card, after a restart too."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first and do second")
        before = shown(await world.view(plan))
    async with open_world(tmp_path) as world:
        assert shown(await world.view(plan)) == before


def call(number: int, **changes: Any) -> Usage:
    """Return a call of a model for a plan, of 1,010 tokens."""
    plain = {"purpose": "reading", "tier": "local", "model": "tiny:1b", "cost_usd": None, "error": None} | changes
    return Usage(
        id=str(number), at="2026-11-21T12:00:00.000Z", person="ana", request_id=None, plan_id=None, task_id=None,
        input_tokens=1000, output_tokens=10, cache_read_tokens=0, cache_written_tokens=0, milliseconds=1, **plain,
    )  # fmt: skip


async def test_details_say_which_models_helped(tmp_path: Path) -> None:
    """What each took and cost, repairs included; one that gave nothing usable is told as such."""
    external = {"model": "claude-x", "tier": "external"}
    usage = [
        call(1, **external, error="timeout"),
        call(2, error="unusable"),
        call(3),
        call(4, purpose="research", **external, cost_usd=0.0125),
        call(5, **external, error="timeout"),
        call(6, **external, error="overloaded"),
    ]
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first")
        assert await world.sayso.orchestrator.views.usage(plan) == []
        lines = list(details(await world.view(plan), usage))
    assert lines[2:5] == [
        "No help from claude-x (external): timeout and overloaded",
        "Read with the help of tiny:1b (local, 2,020 tokens)",
        "Research by claude-x (external, 1,010 tokens, 0.0125 USD)",
    ]


async def test_calls_of_a_plan_are_those_of_its_request_and_its_tasks(tmp_path: Path) -> None:
    """Reading comes before there is a plan, research after; what others asked is not among them."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first")
        mine = [replace(call(1), request_id=plan.request_id), replace(call(2, purpose="research"), plan_id=plan.id)]
        await world.sayso.store.tx("test", lambda tx: [tx.insert(row) for row in [*mine, call(3)]])
        assert await world.sayso.orchestrator.views.usage(plan) == mine


async def test_what_was_taken_for_a_remark_stands_on_the_card(tmp_path: Path) -> None:
    """Nothing that was said is left out unseen, also after a correction; courtesies are not repeated."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("Hello there! do first, then do second. I had it on my old server. Thank you very much")
        first = await world.view(plan)
        assert first.content.passed_over == ("I had it on my old server",)
        assert "nothing is done about it: «I had it on my old server»." in printed(first)
        shown_now = Shown(plan.id, plan.revision, plan.digest)
        changed = await world.sayso.orchestrator.asking.edit(shown_now, Voice("ana"), Edit(frozenset([2]), {}))
        assert "«I had it on my old server»" in printed(await world.view(changed))
