"""`pause`, `resume` and `reload`: for whoever runs this Sayso."""

from collections.abc import Sequence

from adapters.cli import exits, sentences
from adapters.cli.attached import AttachedDesk
from adapters.cli.conversation import Talk
from adapters.cli.desk import Desk
from adapters.cli.output import Output, program
from adapters.cli.session import Context, load_context, running
from orchestration.approval.decision import Voice
from orchestration.course import RUNS
from orchestration.owner_files import Difference
from orchestration.records import Plan


async def pause(as_person: str | None, output: Output) -> int:
    """Keep every new task from starting, until somebody resumes; return the exit code."""
    context = load_context()
    voice = context.voice(as_person)
    async with running(context) as desk:
        has_changed = await desk.hold(voice)
    output.write({"event": "result", "on_hold": True, "changed": has_changed})
    output.say(sentences.held(has_changed, program()))
    return exits.DONE


async def resume(as_person: str | None, output: Output) -> int:
    """Let tasks start again, and go on with what was interrupted; return the worst exit code of what this ran."""
    context = load_context()
    async with running(context) as desk:
        is_held = await desk.views.hold() is not None
        if is_held:
            await desk.release(context.voice(as_person))
            output.say(sentences.RELEASED)
        left = [plan for plan in reversed(await desk.views.plans(1_000)) if plan.status in RUNS]
        code = await _go_on(left, desk, context, output)
    codes = [plan.code for plan in left]
    output.write({"event": "result", "on_hold": False, "changed": is_held, "plans": codes})
    return code


async def _go_on(left: Sequence[Plan], desk: Desk, context: Context, output: Output) -> int:
    if desk.is_served:
        output.say(sentences.serve_goes_on([plan.code for plan in left]))
        return exits.DONE
    if not left:
        output.say("Nothing was interrupted.")
    codes = [exits.DONE]
    for plan in left:
        view = await desk.views.view(plan.id)
        output.card(context.card(view))
        talk = Talk(desk, context, output, Voice(plan.person))
        follower = talk.follower(view)
        await follower.so_far(quietly=True)
        codes.append(await talk.follow(follower))
    return max(codes)


async def reload(as_person: str | None, output: Output) -> int:
    """Have a running serve take the three files anew, as a whole or not at all; return the exit code."""
    context = load_context()  # without a serve these are the files, and this raises with every fault
    if context.served:
        async with running(context) as desk:
            if isinstance(desk, AttachedDesk):
                _tell_differences(output, await desk.reload(context.voice(as_person)))
                return exits.DONE
    output.write({"event": "result", "served": False, "changed": []})
    output.say("The three files are sound. No sayso serve runs on this home: the next start takes them.")
    return exits.DONE


def _tell_differences(output: Output, found: dict[str, Difference]) -> None:
    for kind, difference in found.items():
        named = {name: list(getattr(difference, name)) for name in Difference.__slots__}
        output.write({"event": f"{kind}.loaded", **named})
        words = [f"{name} {', '.join(those)}" for name, those in named.items() if those]
        output.say(f"{kind}.yml: {'; '.join(words) or 'only its notes or their order are others'}.")
    output.write({"event": "result", "served": True, "changed": list(found)})
    if not found:
        output.say("The three files are what they were; nothing was changed.")
