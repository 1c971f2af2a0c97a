"""Every sentence the bot says, in one place. Short, calm, complete: who, what, when, what to do next."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.escaping import one_line
from orchestration.intake.decomposition import Question
from orchestration.intake.keeping import kept
from orchestration.ports import moment
from orchestration.views import Wait

NOTHING_CHANGES = "changes nothing"
PREVIEW_COMING = "Preview coming …"
NO_PLANS = "No plans yet. Say what you want done; `help` says what can be."


def count(number: int, thing: str, things: str = "") -> str:
    """Return `1 task`, `2 tasks`."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def joined(names: Sequence[str], word: str = "and") -> str:
    """Return `a, b and c`."""
    return f"{', '.join(names[:-1])} {word} {names[-1]}" if len(names) > 1 else "".join(names)


def read_with(model: str) -> str:
    """Say that a model helped to read what was asked for."""
    return f"read with {model}"


def helped(purpose: str, model: str, tier: str, tokens: int, cost: float | None) -> str:
    """Return which model helped with a plan, and what that took."""
    paid = "" if cost is None else f", {cost:.4f} USD"
    done = "Read with the help of" if purpose == "reading" else "Research by"
    return f"{done} {model} ({tier}, {tokens:,} tokens{paid})"


def no_help(model: str, tier: str, problems: Sequence[str]) -> str:
    """Return which model was asked and gave no answer that could be used."""
    return f"No help from {model} ({tier}): {joined(problems)}"


ASKS_MODEL = "asks a language model"
QUOTED_REMARKS = 3
"""More than these are counted only; the request stands above them in full."""
LONGEST_REMARK = 80


def passed_over(remarks: Sequence[str]) -> str:
    """Return what of a request is not part of its plan, since it was taken for a remark."""
    if not remarks:
        return ""
    quoted = [f"«{text if len(text) <= LONGEST_REMARK else text[:LONGEST_REMARK] + '…'}»" for text in remarks]
    more = len(quoted) - QUOTED_REMARKS
    others = [f"{count(more, 'more remark')}"] if more > 0 else []
    return f"Taken as a remark, nothing is done about it: {joined([*quoted[:QUOTED_REMARKS], *others])}"


def read_by(source: str, model: str) -> str:
    """Return where a value came from, and the model that found it there."""
    return f"{source}, read by {model}"


def previewed(at: str, after: Sequence[int]) -> str:
    """Return how old a dry run is, and which tasks come before it: `today 14:02 UTC, before 1 and 2`."""
    return f"{at}, before {joined([str(position) for position in after])}" if after else at


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


def voted(name: str, at: str, zone: str, now: datetime) -> str:
    """Say that somebody said yes: `Ben said yes today 14:02 UTC`."""
    return f"{name} said yes {at_time(at, zone, now)}"


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


def needed(needs: Sequence[str], until: str) -> str:
    """Return who has to say yes, and until when: `Needs one of operators (Ben, Cem). Open until today 14:02 UTC.`"""
    return f"{' '.join(needs).rstrip('.')}. Open until {until}."


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
    if all(kept(clause) for clause in clauses):
        return [f"You ask for nothing to be done: {quoted}. Nothing was changed."]
    lines = [f"I have no operation for {quoted}. Nothing was changed."]
    if nearest:
        lines.append(f"Nearest: {', '.join(nearest)}.")
    lines.append("The catalogue says what can be done; its owner can add to it.")
    return lines


def asked_again(code: str, revision: int) -> str:
    """Say that an approval was not enough in the end."""
    return (
        f"Plan {code} is open again, as revision {revision}: its time was over, or the policy is stricter than when it "
        "was approved. Nothing of it has run."
    )


def waiting_for_others(tasks: int) -> str:
    """Say why a command does not end yet."""
    return f"Waiting for {count(tasks, 'running task')} of other plans …"


def started(code: str, decided: str) -> str:
    """Say that a plan was approved."""
    return f"{code}: {decided}."


def revised(code: str, revision: int, name: str) -> str:
    """Say that a plan says something else now."""
    return f"{name} changed {code}: this is revision {revision}. Earlier buttons and votes no longer count."


def changed(event: str, code: str, why: str, name: str, is_dated: bool = False) -> str:
    """Say how a plan stands after something that is neither a decision nor its end.

    `is_dated`: the reason of a pause says when it ends.
    """
    by = f" by {name}" if name else ""
    because = f": {why.rstrip('.')}" if why else ""
    goes_on = GOES_ON_THEN if is_dated else "It goes on by itself when that changes."
    sentences = {
        "plan.paused": f"{code} is paused{because}. {goes_on}",
        "plan.resumed": f"{code} goes on.",
        "plan.expired": f"{code} has expired: nobody decided in time. Nothing was run; ask again for a new plan.",
        "plan.cancelled": f"{code} was cancelled{by}. What had not started does not start.",
    }
    return sentences[event]


def waits(wait: Wait) -> str:
    """Say what a task waits for: `2 Add portals waits for service:kuma, which 7K2MQ4 has (1 before it).`"""
    task = f"{wait.task.position} {one_line(wait.task.name)}"
    if not wait.waiting.target:
        return f"{task} waits for an agent with room."
    holder = ", which was let go of just now" if wait.holder is None else f", which {wait.holder.code} has"
    unknown = ""
    if wait.waiting.is_unknown and wait.holder is not None:
        unknown = f"; what became of it there is not known, so somebody has to say first (`show {wait.holder.code}`)"
    before = f" ({count(wait.waiting.ahead, 'other')} before it)" if wait.waiting.ahead else ""
    return f"{task} waits for {one_line(wait.waiting.target)}{holder}{unknown}{before}."


def paused(why: str, is_dated: bool = False) -> str:
    """Say why a plan does not go on; `is_dated`: that says until when."""
    end = f" {GOES_ON_THEN}" if is_dated else ""
    return f"Paused: {why}{end}" if why else "Paused."


def postponed(position: int, name: str, why: str) -> str:
    """Say why one task waits while the rest of its plan goes on."""
    return f"{position} {name} waits: {why} {GOES_ON_THEN}"


def tried_again(position: int, name: str) -> str:
    """Say that a task failed and has another try; the longest wait before one is a minute."""
    return f"{position} {name} failed, and is tried again within a minute."


def nothing_before(position: int, name: str) -> str:
    """Say that the rest of a plan waits for a word on one task of it."""
    return f"Nothing more of this starts before somebody has said what became of {position} {name}."


def on_hold(name: str) -> str:
    """Say that nothing new starts."""
    return f"On hold: {name} has paused Sayso, so nothing new starts. `sayso resume` lifts it."


def confirm_approval(code: str, tasks: int) -> str:
    """Ask once more before something risky."""
    return f"This is risky. Approve {code}, {count(tasks, 'task')}, exactly as shown?"


def confirm_cancel(code: str) -> str:
    """Ask once more before stopping."""
    return f"Stop {code}? What runs is stopped where it is, and what has not started does not start."


def what_became(code: str, position: int, name: str) -> list[str]:
    """Ask what became of a task whose process died."""
    return [
        f"What became of {position} {name} of {code} is not known: its process died, or ran out of time.",
        "Look, then say: Done, it took effect · Retry, run it again · Abort, give it up.",
    ]


def resolved(code: str, position: int, name: str, by: str, outcome: str) -> str:
    """Say who said what became of a task whose process died."""
    said = {"done": "it took effect", "retry": "run it again", "abort": "it is given up"}[outcome]
    return f"What became of {position} {name} of {code} was not known. {by} looked and said: {said}."


def task_failed(code: str, position: int, name: str, problem: str) -> str:
    """Say that a task failed, and why."""
    return f"✗ {code}/{position} {name} failed: {problem or 'it did not say why.'}"


def ended(verdict: str, code: str, done: int, tasks: int, milliseconds: int) -> str:
    """Return the last line of a plan."""
    return f"{verdict} · {code} · {done} of {count(tasks, 'task')} · {took(milliseconds)}"


def not_undone(tasks: Sequence[str]) -> str:
    """Say what an undo leaves as it is: `Nothing undoes 2 Restart a service.`"""
    return f"Nothing undoes {joined(tasks)}."


def stranger(platform: str, user: str) -> str:
    """Say that somebody is not in the people file, and what its owner writes to add them."""
    return (
        f"I don't know you here. Whoever owns this Sayso can add you to the people file: {platform}: {user}. "
        "Nothing was changed."
    )


def asked(name: str, text: str) -> str:
    """Say who asked for what, where that was said to the bot alone."""
    return f"{name} asks: {one_line(text)}"


def page_of(code: str, revision: int, page: int, pages: int) -> str:
    """Return the title of a part of a plan that is shown in several."""
    return f"Plan {code} · revision {revision} · part {page} of {pages}"


def in_full_above(pages: int) -> str:
    """Say where a plan is shown in full."""
    where = "message above" if pages == 1 else f"{pages} messages above"
    return f"Every task with every value stands in the {where}. Read all of it before you approve."


def too_large(code: str, program: str = "sayso") -> str:
    """Say why a plan has no Approve, and where it can be approved."""
    return (
        f"This plan is too large to be shown here in full, so it cannot be approved here. Details has all of it; "
        f"at a terminal: {program} approve {code}"
    )


def shown_below(code: str) -> str:
    """Say that a card moved to the end of its thread."""
    return f"Plan {code} has changed and needs more room: its newest card is below."


def no_longer_part(code: str) -> str:
    """Say that a part of an earlier revision counts no longer."""
    return f"Plan {code} has changed: what stood here is no part of it any more."


def cannot_write(why: str) -> str:
    """Say that nothing can be shown where somebody asked."""
    return f"I cannot write there: {why.rstrip('.')}. Nothing was planned. Ask where I can answer."


def again(what: str, code: str) -> str:
    """Return the request behind the buttons of an ended plan."""
    return f"Retry what failed of {code}" if what == "retry" else f"Undo what {code} did"


def counted(code: str) -> str:
    """Say that a yes counts and is not enough yet."""
    return f"Your yes to {code} counts. It still needs somebody else's; the card says whose."


def outdated(code: str, revision: int) -> str:
    """Say that a button belongs to something older than what is current."""
    return f"Plan {code} has changed since this was shown: revision {revision} is current. Look at its newest card."


def no_longer_open(code: str) -> str:
    """Say that a plan is past deciding."""
    return f"Plan {code} is no longer open. Nothing was changed."


def not_editable(fields: Sequence[str]) -> str:
    """Say that an edit names what cannot be edited: `1.prot`, or `2.` for a task."""
    named = [
        f"{name} of task {task}" if name else f"task {task}" for task, _, name in (f.partition(".") for f in fields)
    ]
    return f"There is no {joined(named, 'or')} to edit here. Nothing was changed."


def too_long(code: str) -> str:
    """Say why a card has no Approve."""
    return (
        f"This plan is too long to be shown in full here, so it cannot be approved here. Look at all of it and decide "
        f"in a terminal: sayso show {code}, sayso approve {code}."
    )


NOTHING_TO_FILL_IN = "Nothing of this plan can be changed by a form; say in its thread what to change."
WHAT_TO_CHANGE = "What do you want to change? Choose up to five at once."
ANSWER_BY_REPLY = "Answer by a reply to this message."
CUT_HERE = "The rest is too long for here."
LEFT_OUT = "What is left out here stands in its details."
NOT_DIRECTLY = "I take nothing in direct messages: ask me in a channel, where others can see it. Nothing was changed."
NOT_THIS_SERVER = "I do not serve this server. Nothing was changed."
NOT_A_GUEST = "Guests and members who have not been let in yet may neither ask nor decide. Nothing was changed."
NOT_A_BOT = "Only people may ask and decide. Nothing was changed."
TAKEN = "I have it. What comes of it shows in its thread."
SHOWN = "Done; it shows here."
BUSY = "I am busy and could not look this up in time. Nothing was changed; press it again."
SHOWN_ANEW = "This is shown anew further down, as it is now."
OTHER_TEAM = "You are of another organisation, so you can neither ask nor decide here. Nothing was changed."
GUEST = "Guests can neither ask nor decide here. Nothing was changed."
NO_PERSON = "Bots and accounts that were deactivated can neither ask nor decide here. Nothing was changed."
UNCHECKED = "Slack could not be asked just now who you are. Nothing was changed; try again in a moment."
DECIDE_BY_BUTTON = "That decides nothing: use Approve or Reject of a card, so that what you have seen is what counts."
BROKEN = "Something is wrong inside Sayso, and this could not be taken. Its log says more; say it again later."
READING_WITH_MODEL = "A model helps to read what you ask for. That takes up to a minute; it comes here."
WHICH_PLAN = "Which plan? Say its code, such as: show 7K2MQ4. `plans` lists them."
GOES_ON_THEN = "The plan goes on by itself then."
SOMEBODY = "Somebody"
"""Whose name was forgotten."""
NO_AGENTS = "No agent has announced itself yet."


def help_lines(titles: Sequence[str]) -> list[str]:
    """Say what can be asked for, and how."""
    return [
        "Say what you want done, in your words. You get a plan; nothing of it runs before somebody allowed approves.",
        f"Here can be done: {', '.join(titles)}.",
        "In a plan's thread, say what to change («use port 3005», «without the second»), `status` or `cancel`.",
        "Anywhere: `plans`, `show PLAN`, `status PLAN`, `cancel PLAN`, `agents`, `help`.",
    ]


def plan_line(code: str, status: str, name: str, at: str, zone: str, now: datetime) -> str:
    """Return a plan as a line of a list: `7K2MQ4  PASS  asked by Ana today 14:02 UTC`."""
    return f"{code}  {status}  asked by {name} {at_time(at, zone, now)}"


def task_line(position: int, name: str, status: str, problem: str) -> str:
    """Return a task as a line: `2 Add portals: failed. …`."""
    return f"{position} {name}: {status}{f'. {problem}' if problem else ''}"


def agent_line(agent_id: str, kind: str, status: str) -> str:
    """Return an agent as a line."""
    return f"{agent_id}  {kind}  {status}"
