"""`approve`, `reject`, `cancel` and `resolve`."""

from dataclasses import dataclass

from adapters.cli import exits
from adapters.cli.conversation import Talk
from adapters.cli.output import Output
from adapters.cli.session import load_context, running
from orchestration.approval.decision import Voice
from orchestration.errors import StaleRevision
from orchestration.execution import Resolution
from orchestration.planning.plan import short
from orchestration.views import View


@dataclass(frozen=True, slots=True)
class Pinned:
    """What a script says it was shown."""

    revision: int | None
    digest: str | None

    def check(self, view: View) -> None:
        """Raise StaleRevision when something else is current."""
        plan = view.plan
        wanted = (self.digest or "").replace(" ", "").lower()
        if self.revision not in (None, plan.revision) or not plan.digest.startswith(wanted):
            current = f"revision {plan.revision}, digest {short(plan.digest)}"
            raise StaleRevision(f"Plan {plan.code} has changed: {current} is current. Look at it again.")


async def decide(
    plan: str, as_person: str | None, pinned: Pinned, yes: bool, reason: str, wait: bool, output: Output
) -> int:
    """Vote on a plan as it stands; return the exit code."""
    context = load_context()
    voice = context.voice(as_person)
    async with running(context) as sayso:
        found = await sayso.orchestrator.views.find_plan(plan)
        view = await sayso.orchestrator.views.view(found.id)
        pinned.check(view)
        return await Talk(sayso, context, output, voice).decide(view, yes, reason, wait)


async def cancel(plan: str, as_person: str | None, output: Output) -> int:
    """Cancel a plan; return the exit code."""
    context = load_context()
    voice = context.voice(as_person)
    async with running(context) as sayso:
        found = await sayso.orchestrator.views.find_plan(plan)
        await sayso.orchestrator.cancel(found.id, voice)
        output.say(f"Cancelled {found.code}.")
        talk = Talk(sayso, context, output, voice)
        view = await sayso.orchestrator.views.view(found.id)
        # What an earlier process left running is stopped and confirmed before this command ends.
        return await talk.follow(view)


async def resume(output: Output) -> int:
    """Go on with every plan that was approved and has not ended; return the worst exit code of them."""
    context = load_context()
    codes = [exits.DONE]
    async with running(context) as sayso:
        left = [
            plan for plan in await sayso.orchestrator.views.plans(1_000) if plan.status in ("approved", "executing")
        ]
        if not left:
            output.say("Nothing was interrupted.")
        for plan in reversed(left):
            view = await sayso.orchestrator.views.view(plan.id)
            output.card(context.card(view))
            codes.append(await Talk(sayso, context, output, Voice(plan.person)).follow(view))
    return max(codes)


async def resolve(task: str, outcome: Resolution, as_person: str | None, output: Output) -> int:
    """Say what became of a task; go on with its plan; return the exit code."""
    context = load_context()
    voice = context.voice(as_person)
    async with running(context) as sayso:
        found = await sayso.orchestrator.views.find_task(task)
        await sayso.orchestrator.resolve(found.id, outcome, voice)
        view = await sayso.orchestrator.views.view(found.plan_id)
        output.say(f"Task {found.position} of {view.plan.code}: {outcome}.")
        return await Talk(sayso, context, output, voice).follow(view)
