"""`approve`, `reject`, `cancel` and `resolve`."""

from dataclasses import dataclass

from adapters.cli.conversation import Say, Talk
from adapters.cli.output import Output
from adapters.cli.session import load_context, running
from orchestration.errors import StaleRevision
from orchestration.execution import Resolution
from orchestration.planning.plan import short
from orchestration.views import View


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the command says, and whether it stays."""

    yes: bool
    reason: str = ""
    wait: bool = True


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


async def decide(plan: str, as_person: str | None, pinned: Pinned, verdict: Verdict, output: Output) -> int:
    """Vote on a plan as it stands; return the exit code."""
    context = load_context()
    voice = context.voice(as_person)
    async with running(context) as desk:
        view = await desk.views.view((await desk.views.find_plan(plan)).id)
        pinned.check(view)
        say = Say(voice, verdict.yes, verdict.reason, verdict.wait)
        return await Talk(desk, context, output, voice).decide(view, say)


async def cancel(plan: str, as_person: str | None, output: Output) -> int:
    """Cancel a plan; return the exit code."""
    context = load_context()
    voice = context.voice(as_person)
    async with running(context) as desk:
        view = await desk.views.view((await desk.views.find_plan(plan)).id)
        talk = Talk(desk, context, output, voice)
        follower = talk.follower(view)
        await follower.so_far(quietly=True)
        await desk.cancel(view.plan.id, voice)
        output.say(f"Cancelled {view.plan.code}.")
        # What runs, or was left running by an earlier process, is stopped and confirmed before this command ends.
        return await talk.follow(follower)


async def resolve(task: str, outcome: Resolution, as_person: str | None, output: Output) -> int:
    """Say what became of a task; go on with its plan; return the exit code."""
    context = load_context()
    voice = context.voice(as_person)
    async with running(context) as desk:
        found = await desk.views.find_task(task)
        view = await desk.views.view(found.plan_id)
        talk = Talk(desk, context, output, voice)
        follower = talk.follower(view)
        await follower.so_far(quietly=True)
        await desk.resolve(found.id, outcome, voice)
        output.say(f"Task {found.position} of {view.plan.code}: {outcome}.")
        return await talk.follow(follower)
