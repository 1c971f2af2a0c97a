"""The journeys, one definition for every platform. Each `yield` is a point where Sayso may be restarted.

What a journey waits for is what people see; what it checks beside that is what was done and what is on the record.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from orchestration.canonical import parse
from orchestration.ports import ToolResult
from orchestration.records import EvidenceRecord
from tests.support.stage import Stage, newest

Story = Callable[[Stage], AsyncIterator[None]]
OTHER = "other"


async def asked_back_and_answered_by_button(stage: Stage) -> AsyncIterator[None]:
    """«deploy it» is asked back, and a button answers it."""
    await stage.say("ana", "deploy it")
    await stage.sees("Deploy Uptime Kuma", "Deploy Grafana")
    yield
    await stage.press("ana", "Deploy Grafana")
    await stage.sees("Deploy Grafana", "Approve", "Needs one of operators")
    yield
    await stage.press("ben", "Approve")
    await stage.sees("Approved by Ben", "PASS")
    yield
    assert stage.world.tool.effects() == ["deploy_grafana"]


async def asked_back_and_answered_in_words(stage: Stage) -> AsyncIterator[None]:
    """«deploy it» is asked back, and so is what is missing; words answer both."""
    await stage.say("ana", "back up a volume")
    await stage.sees("Which volume should be backed up?")
    yield
    await stage.reply("ana", "the photos")
    await stage.sees("volume photos", "Approve")
    yield
    await stage.press("cem", "Approve")
    await stage.sees("Approved by Cem", "PASS")
    yield
    assert stage.world.tool.effects() == ["back_up"]


async def a_typo(stage: Stage) -> AsyncIterator[None]:
    """«depoly kuma» is either understood or asked back; nothing else is ever planned."""
    await stage.say("ana", "depoly kuma")
    await stage.sees("Deploy Uptime Kuma")
    yield
    if "Approve" not in stage.read():
        await stage.reply("ana", "yes")
    await stage.sees("Deploy Uptime Kuma", "Approve")
    plan = await newest(stage)
    assert [task.operation for task in (await stage.world.view(plan)).tasks] == ["deploy_kuma"]
    yield


async def a_correction_in_the_thread(stage: Stage) -> AsyncIterator[None]:
    """«use port 3005» makes a new revision; a button of the old one is dead, and the corrected plan runs."""
    await stage.say("ana", "deploy kuma")
    await stage.sees("port 3001", "Approve")
    old = await stage.aim("Approve")
    yield
    await stage.reply("ana", "use port 3005")
    await stage.sees("port 3005", "revision 2", "Ana changed")
    yield
    await stage.hit("ben", old)
    await stage.told("ben", "revision 2")
    assert stage.world.tool.effects() == []
    yield
    await stage.press("ben", "Approve")
    await stage.sees("PASS")
    view = await stage.world.view(await newest(stage))
    assert view.content.task(1).parameters == {"port": 3005}
    yield


async def an_edit_by_a_form(stage: Stage) -> AsyncIterator[None]:
    """The form behind Edit makes a new revision, and its editor cannot approve it alone."""
    await stage.say("ana", "deploy kuma")
    await stage.sees("port 3001")
    yield
    await stage.press("ben", "Edit", **{"1.port": "3007"})
    await stage.sees("port 3007", "Ben changed")
    yield
    await stage.press("ben", "Approve")
    await stage.told("ben", "can't approve")
    await stage.press("cem", "Approve")
    await stage.sees("Approved by Cem", "PASS")
    yield


async def a_pizza(stage: Stage) -> AsyncIterator[None]:
    """What nobody here can do is said so, and nothing is made of it."""
    await stage.say("ana", "order a pizza")
    await stage.sees("I have no operation for", "Nothing was changed")
    yield
    assert await stage.world.sayso.orchestrator.views.plans(1) == []


async def a_rejected_plan(stage: Stage) -> AsyncIterator[None]:
    """A no with its reason is shown, nothing runs, and the buttons are dead."""
    await stage.say("ana", "deploy kuma")
    approve = await stage.aim("Approve")
    yield
    await stage.press("ben", "Reject", reason="not on a Friday")
    await stage.sees("Rejected by Ben", "not on a Friday")
    yield
    await stage.hit("cem", approve)
    await stage.told("cem", "already rejected")
    assert stage.world.tool.effects() == []
    yield


async def an_expired_plan(stage: Stage) -> AsyncIterator[None]:
    """A plan that nobody decided in time says so, and a late yes counts for nothing."""
    await stage.say("ana", "deploy kuma")
    approve = await stage.aim("Approve")
    yield
    stage.world.clock.moved += timedelta(days=2)
    await stage.world.sayso.orchestrator.expire_due()
    await stage.sees("has expired")
    yield
    await stage.hit("ben", approve)
    await stage.told("ben", "expired")
    assert stage.world.tool.effects() == []
    yield


async def a_cancel_in_the_middle(stage: Stage) -> AsyncIterator[None]:
    """What runs is stopped, the rest never starts, and who stopped it stands there."""
    stage.world.tool.hold = asyncio.Event()
    await stage.say("ana", "deploy kuma and restart kuma")
    await stage.press("ben", "Approve")
    await stage.world.tool.started.wait()
    yield
    await stage.press("ana", "Cancel")
    await stage.sees("was cancelled by Ana")
    view = await stage.world.end(await newest(stage))
    assert (view.plan.status, stage.world.tool.effects()) == ("cancelled", [])
    yield


async def a_failure_and_its_retry(stage: Stage) -> AsyncIterator[None]:
    """What failed is told with what it said, and tried again as a plan of its own, approved anew."""
    stage.world.tool.results["restart_kuma"] = [ToolResult("failed", 3, "no space left", "disk full", 5)]
    await stage.say("ana", "deploy kuma and restart kuma")
    await stage.press("ben", "Approve")
    await stage.sees("disk full", "no space left", "FAIL")
    yield
    failed = await newest(stage)
    await stage.press("ana", "Retry what failed")
    await stage.press("ben", "Approve")
    await stage.sees("PASS")
    yield
    again = await newest(stage)
    assert (again.origin, stage.world.tool.effects()) == (failed.id, ["deploy_kuma", "restart_kuma", "restart_kuma"])


async def a_failure_and_its_undo(stage: Stage) -> AsyncIterator[None]:
    """What was done before the failure is undone as a plan of its own, approved anew."""
    stage.world.tool.results["restart_kuma"] = [ToolResult("failed", 3, "", "disk full", 5)]
    await stage.say("ana", "deploy kuma and restart kuma")
    await stage.press("ben", "Approve")
    await stage.sees("FAIL")
    yield
    failed = await newest(stage)
    await stage.press("ana", "Undo what was done")
    await stage.sees("Remove Uptime Kuma")
    await stage.press("ben", "Approve")
    await stage.sees("PASS")
    yield
    undone = await newest(stage)
    assert (undone.origin, stage.world.tool.effects()[-1]) == (failed.id, "remove_kuma")


async def _unknown(stage: Stage) -> None:
    """Come to a plan whose only task ended nobody knows how."""
    stage.world.tool.results["back_up"] = [ToolResult("timeout", error_message="It ran out of time.")]
    await stage.say("ana", "back up photos")
    await stage.press("ben", "Approve")
    await stage.sees("is not known")


async def an_unknown_outcome_that_was_done(stage: Stage) -> AsyncIterator[None]:
    """A person looks and says that it took effect; it is not run again."""
    await _unknown(stage)
    yield
    await stage.press("ana", "Done")
    await stage.sees("PASS")
    yield
    assert stage.world.tool.effects() == ["back_up"]


async def an_unknown_outcome_that_is_retried(stage: Stage) -> AsyncIterator[None]:
    """A person looks and has it run once more."""
    await _unknown(stage)
    yield
    await stage.press("ben", "Retry")
    await stage.sees("PASS")
    yield
    assert stage.world.tool.effects() == ["back_up", "back_up"]


async def an_unknown_outcome_that_is_given_up(stage: Stage) -> AsyncIterator[None]:
    """A person gives it up."""
    await _unknown(stage)
    yield
    await stage.press("ana", "Abort")
    await stage.sees("FAIL", "stayed unknown")
    yield
    assert stage.world.tool.effects() == ["back_up"]


async def killed_in_the_middle(stage: Stage) -> AsyncIterator[None]:
    """What may run once and died with its process is asked about in the thread where it was asked for."""
    hold = stage.world.tool.hold = asyncio.Event()
    await stage.say("ana", "back up photos")
    await stage.press("ben", "Approve")
    await stage.world.tool.started.wait()
    await stage.restart()
    await stage.sees("is not known")
    hold.set()
    yield
    await stage.press("ana", "Done")
    await stage.sees("PASS")
    yield


async def two_people_and_one_lock(stage: Stage) -> AsyncIterator[None]:
    """Two plans for one service in two threads: the second waits, its card says for whom, and then it goes on."""
    hold = stage.world.tool.hold = asyncio.Event()
    await stage.say("ana", "deploy kuma")
    await stage.press("ben", "Approve")
    await stage.world.tool.started.wait()
    first = await newest(stage)
    await stage.say("dia", "deploy kuma on port 4001", thread=OTHER)
    await stage.press("cem", "Approve", thread=OTHER)
    await stage.sees("waits for service:kuma", first.code, thread=OTHER)
    yield
    hold.set()
    await stage.sees("PASS")
    await stage.sees("PASS", thread=OTHER)
    assert stage.world.tool.effects() == ["deploy_kuma", "deploy_kuma"]
    yield


async def commands(stage: Stage) -> AsyncIterator[None]:
    """help, plans, show, status, agents and cancel are answered to whoever asks."""
    await stage.say("ana", "help")
    await stage.told("ana", "Say what you want done", "Deploy Uptime Kuma")
    await stage.say("ana", "plans")
    await stage.told("ana", "No plans yet")
    yield
    await stage.say("ana", "deploy kuma")
    await stage.sees("Approve")
    plan = await newest(stage)
    await stage.say("dia", "plans")
    await stage.told("dia", plan.code, "pending approval", "Ana")
    await stage.say("ana", "status")
    await stage.told("ana", plan.code, "Deploy Uptime Kuma: pending")
    yield
    await stage.say("dia", f"show {plan.code}", thread=OTHER)
    await stage.sees(plan.code, "Needs one of operators", "Approve", thread=OTHER)
    await stage.say("ana", "agents")
    await stage.told("ana", "infra-1", "online")
    yield
    await stage.say("dia", f"cancel {plan.code}", thread=OTHER)
    await stage.told("dia", "may not cancel")
    await stage.say("ana", "cancel")
    await stage.sees("was cancelled by Ana")
    await stage.sees("was cancelled by Ana", thread=OTHER)
    yield


async def what_is_looked_at_runs_at_once(stage: Stage) -> AsyncIterator[None]:
    """«show status» is the owner's operation and no command; it needs nobody's yes and shows what it saw."""
    await stage.say("ana", "show status")
    await stage.sees("did show_status", "PASS")
    yield


async def the_requester_cannot_approve(stage: Stage) -> AsyncIterator[None]:
    """Who asked is told who can instead, and only they; the refusal is on the record."""
    await stage.say("ben", "deploy kuma")
    await stage.press("ben", "Approve")
    await stage.told("ben", "can't approve", "Cem can", "Nothing was changed")
    yield
    await stage.press("dia", "Approve")
    await stage.told("dia", "can't approve")
    assert "access.denied" in await stage.world.event_names(await newest(stage))
    yield
    await stage.press("cem", "Approve")
    await stage.sees("PASS")
    yield


async def two_approvers_of_a_critical_plan(stage: Stage) -> AsyncIterator[None]:
    """One yes is shown and is not enough; the second, by somebody else, decides."""
    await stage.say("ana", "wipe the disk")
    await stage.sees("critical risk", "Needs two of operators")
    yield
    await stage.press("ben", "Approve")
    await stage.sees("Ben said yes")
    await stage.told("ben", "still needs somebody else")
    assert stage.world.tool.effects() == []
    yield
    await stage.press("cem", "Approve")
    await stage.sees("Approved by Ben and Cem", "PASS")
    yield


async def too_much_at_once(stage: Stage) -> AsyncIterator[None]:
    """Whoever asks too often is told so, and when to ask again; others are heard."""
    limit = stage.world.sayso.setting.rules.policy.limits.requests_per_minute
    for _ in range(limit):
        await stage.say("ana", "show status")
    await stage.say("ana", "deploy kuma")
    await stage.told("ana", f"You have asked {limit} times within a minute", "Ask again in")
    await stage.say("dia", "deploy grafana", thread=OTHER)
    await stage.sees("Approve", thread=OTHER)
    assert (await newest(stage)).person == "dia"
    yield


async def too_many_pending(stage: Stage) -> AsyncIterator[None]:
    """Approvers never have more than so many plans of one person before them."""
    limit = stage.world.sayso.setting.rules.policy.limits.pending_per_person
    for _ in range(limit):
        await stage.say("ana", "deploy kuma")
    await stage.say("ana", "deploy grafana")
    await stage.told("ana", f"{limit} plans of yours wait")
    plans = await stage.world.sayso.orchestrator.views.plans(limit + 10)
    assert len(plans) == limit
    yield


async def the_homelab(stage: Stage) -> AsyncIterator[None]:
    """The shipped example with its real tools: previewed, approved, done, proven; done again it changes nothing."""
    await stage.say("ana", "Deploy Kuma and add existing portals to config")
    await stage.sees("Deploy Uptime Kuma", "Add existing portals to Kuma", "port 3001", "portals.yml")
    await stage.sees("+ kuma/compose.yml", "remove_kuma")
    yield
    await stage.press("ben", "Approve")
    await stage.sees("Approved by Ben", "PASS")
    plan = await newest(stage)
    assert [task.status for task in (await stage.world.view(plan)).tasks] == ["completed", "completed"]
    yield
    workspace = stage.world.sayso.supervised.workspace
    before = {path: path.read_bytes() for path in workspace.rglob("*") if path.is_file()}
    assert workspace / "kuma" / "monitors.yml" in before
    await stage.say("ana", "Deploy Kuma and add existing portals to config", thread=OTHER)
    await stage.press("ben", "Approve", thread=OTHER)
    await stage.sees("PASS", thread=OTHER)
    assert {path: path.read_bytes() for path in workspace.rglob("*") if path.is_file()} == before
    yield


async def a_model_answers(stage: Stage) -> AsyncIterator[None]:
    """A question to a model is asked, approved as anything else, and answered; the answer is evidence."""
    await stage.say("ana", "evaluate alternatives to grafana for dashboards")
    await stage.sees("Evaluate alternatives", "subject grafana", "purpose dashboards", "asks a language model")
    yield
    await stage.press("ben", "Approve")
    await stage.sees("Approved by Ben", "Keep Grafana.", "Written by external-model", "PASS")
    yield
    [answer] = stage.world.home.attempts.glob("*/answer.md")
    assert answer.read_text(encoding="utf-8").startswith("Keep Grafana.")
    [evidence] = await stage.world.sayso.store.find(EvidenceRecord, {})
    assert [used["model"] for used in parse(evidence.document)["external_ai_used"]] == ["external-model"]


async def a_budget_is_spent(stage: Stage) -> AsyncIterator[None]:
    """When the month's budget is spent the plan pauses and says until when; with the new month it goes on by itself."""
    await stage.say("ana", "suggest improvements for kuma")
    await stage.press("ben", "Approve")
    await stage.sees("PASS")
    yield
    await stage.say("ana", "suggest improvements for grafana", thread=OTHER)
    await stage.press("ben", "Approve", thread=OTHER)
    await stage.sees("is paused", "budget for external models is spent", "goes on by itself then", thread=OTHER)
    yield
    assert (await stage.world.view(await newest(stage))).plan.status == "paused"
    stage.world.clock.moved = timedelta(days=32)
    yield
    await stage.world.sayso.retries.retry_due()
    await stage.sees("goes on.", "PASS", thread=OTHER)
    yield


STORIES: tuple[Story, ...] = (
    asked_back_and_answered_by_button,
    asked_back_and_answered_in_words,
    a_typo,
    a_correction_in_the_thread,
    an_edit_by_a_form,
    a_pizza,
    a_rejected_plan,
    an_expired_plan,
    a_cancel_in_the_middle,
    a_failure_and_its_retry,
    a_failure_and_its_undo,
    an_unknown_outcome_that_was_done,
    an_unknown_outcome_that_is_retried,
    an_unknown_outcome_that_is_given_up,
    killed_in_the_middle,
    two_people_and_one_lock,
    commands,
    what_is_looked_at_runs_at_once,
    the_requester_cannot_approve,
    two_approvers_of_a_critical_plan,
)
"""Those that a small owner and a tool in this process are enough for."""
