"""Every sentence the bot says, in one place. Short, calm, complete: who, what, when, what to do next."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.escaping import one_line
from orchestration.intake.decomposition import Question
from orchestration.ports import moment

NOTHING_CHANGES = "changes nothing"
PREVIEW_COMING = "Preview coming …"
NO_PLANS = "No plans yet. Ask for something: sayso ask show status"


def count(number: int, thing: str, things: str = "") -> str:
    """Return `1 task`, `2 tasks`."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def joined(names: Sequence[str], word: str = "and") -> str:
    """Return `a, b and c`."""
    return f"{', '.join(names[:-1])} {word} {names[-1]}" if len(names) > 1 else "".join(names)


def about(seconds: int) -> str:
    """Return an estimate as people say it: `about 4 minutes`."""
    if seconds < 90:
        return f"about {count(seconds, 'second')}"
    return f"about {count(round(seconds / 60), 'minute')}"


def took(milliseconds: int) -> str:
    """Return a measured time: `0.4 s`, `41 s`, `3 min 05 s`."""
    seconds = milliseconds / 1000
    if seconds < 10 and milliseconds % 1000:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 120 else f"{int(seconds // 60)} min {int(seconds % 60):02} s"


def at_time(text: str, zone: str, now: datetime) -> str:
    """Return a stored time as a reader there and now would say it: `14:02`, `tomorrow 14:02 CET`."""
    local = moment(text).astimezone(ZoneInfo(zone))
    today = now.astimezone(ZoneInfo(zone)).date()
    clock = f"{local:%H:%M} {local.tzname()}"
    if local.date() == today:
        return f"today {clock}"
    if local.date() == today + timedelta(days=1):
        return f"tomorrow {clock}"
    if local.date() == today - timedelta(days=1):
        return f"yesterday {clock}"
    return f"{local:%Y-%m-%d} {clock}"


def needs(number: int, groups: Sequence[str], names: Sequence[str], is_requester_excluded: bool, is_first: bool) -> str:
    """Return who has to say yes: `Needs one of operators (Ben, Cem), not you.`"""
    how_many = {1: "one", 2: "two", 3: "three"}.get(number, str(number))
    verb = "Needs" if is_first else "and"
    who = f" ({', '.join(names)})" if names else " (nobody is in it)"
    but = ", not you" if is_requester_excluded else ""
    return f"{verb} {how_many} of {joined(groups, 'or')}{who}{but}"


def forbidden(operations: Sequence[str]) -> str:
    """Say that no rule covers an operation."""
    return f"Nobody can approve this: no rule of the policy covers {joined(operations)}."


def asked_back(questions: Sequence[Question]) -> list[str]:
    """Return each question with its choices."""
    return [f"{one_line(question.text)}{choices(question)}" for question in questions]


def choices(question: Question) -> str:
    """Return ` [Uptime Kuma] [Grafana]`."""
    return "".join(f" [{choice.label}]" for choice in question.choices)


def out_of_scope(clauses: Sequence[str], nearest: Sequence[str]) -> list[str]:
    """Say what cannot be done and what comes nearest."""
    quoted = joined([f"«{one_line(clause)}»" for clause in clauses])
    lines = [f"I have no operation for {quoted}. Nothing was changed."]
    if nearest:
        lines.append(f"Nearest: {', '.join(nearest)}.")
    lines.append("The catalogue says what can be done; its owner can add to it.")
    return lines


def goes_on_later(code: str, program: str = "sayso") -> str:
    """Say what an interruption leaves behind."""
    return f"Stopped watching. Plan {code} goes on with the next start: {program} resume"


def left_pending(code: str, program: str = "sayso") -> str:
    """Say how to decide later."""
    return f"Left open. Decide with: {program} approve {code}   or   {program} reject {code}"


def unknown_outcome(code: str, position: int, name: str, program: str = "sayso") -> list[str]:
    """Ask what became of a task."""
    return [
        f"What became of {position} {name} is not known: its process died before it could say.",
        f"Look, then say: {program} resolve {code}/{position} done   it took effect",
        f"                {program} resolve {code}/{position} retry  run it again",
        f"                {program} resolve {code}/{position} abort  give it up",
    ]


def waits_for(target: str, code: str, position: int, name: str, program: str = "sayso") -> str:
    """Say that a plan waits for a target that another plan's unknown task holds."""
    return (
        f"This waits for {target}: what became of {position} {name} of plan {code} is not known. "
        f"Look, then say: {program} resolve {code}/{position} done|retry|abort"
    )


def asked_again(code: str, revision: int) -> str:
    """Say that an approval was not enough in the end."""
    return (
        f"Plan {code} is open again, as revision {revision}: its time was over, or the policy is stricter than when it "
        "was approved. Nothing of it has run."
    )


def waiting_for_others(tasks: int) -> str:
    """Say why a command does not end yet."""
    return f"Waiting for {count(tasks, 'running task')} of other plans …"
