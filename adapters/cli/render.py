"""A card as lines of a terminal."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.text import Text

from bot import wording
from bot.cards import Card, CardParameter, CardTask
from bot.previews import CardPreview
from orchestration.ports import moment

STATUS_STYLES = {"completed": "green", "failed": "red", "unknown": "yellow", "running": "cyan"}
RISK_STYLES = {"high": "yellow", "critical": "red"}
VERDICT_STYLES = {"PASS": "bold green", "FAIL": "bold red", "NEED_HITL": "bold yellow"}
INDENT = "     "
BAR_WIDTH = 20
GAP = 3
"""Spaces between two parts of a line."""
JOINT = "\ue000"
"""Stands for a space where a line is not to be broken; `visible` lets it into no text."""
_LABEL = re.compile(r"\S+\s{2,}")
_PART = re.compile(r"\S+(?: {1,2}\S+)*")


def card(shown: Card, width: int) -> Iterator[Text]:
    """Yield the lines of a plan as it is shown for a decision."""
    yield from head(shown, width)
    longest = max(len(task.name) for task in shown.tasks)
    for task in shown.tasks:
        yield from _task(task, longest)
    yield from previews(shown.previews)
    undo = " · ".join(f"{task.position} {task.undo}" for task in shown.tasks if task.undo)
    yield from _labelled("Undo", [Text(undo)] if undo else [])
    if shown.passed_over:
        yield Text(f"{INDENT}{shown.passed_over}.", "yellow")
    yield from _footer(shown)


def head(shown: Card, width: int) -> Iterator[Text]:
    """Yield which plan, how much, and the digest that people compare: at the end of the line, or below it."""
    line = Text.assemble(("Plan ", ""), (shown.code, "bold"), *((f" · {fact}", "") for fact in shown.facts))
    if shown.revision > 1:
        line.append(f" · revision {shown.revision}")
    digest = f"digest {shown.digest}"
    room = width - line.cell_len - len(digest)
    if room >= GAP:
        yield line.append(" " * room).append(digest, "dim")
        return
    yield line
    yield Text(f"{INDENT}{digest}", "dim")


def folded(line: Text, console: Console) -> Text:
    """Return a line as a terminal of this width shows it: whole parts and words, the rest under its beginning."""
    if not console.is_terminal or line.cell_len <= console.width:
        return line
    hang = next((begins for begins in _begins(line.plain) if begins <= console.width // 3), 0)
    line = _joined(line, console.width - hang)
    first = len(line.wrap(console, console.width)[0].plain)
    rest = line[first:]
    rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
    indent = Text(" " * hang)
    shown = Text("\n").join([line[:first], *(indent + each for each in rest.wrap(console, console.width - hang))])
    shown.plain = shown.plain.replace(JOINT, " ")
    return shown


def _joined(line: Text, width: int) -> Text:
    """Return a line whose parts, as far as they fit on a line of their own, are one word each."""
    line = line.copy()
    line.plain = _PART.sub(
        lambda part: part[0].replace(" ", JOINT) if Text(part[0]).cell_len <= width else part[0], line.plain
    )
    return line


def _begins(line: str) -> Iterator[int]:
    """Yield where the words of a line begin: after its number or label, and after its indent."""
    indent = len(line) - len(line.lstrip())
    if label := _LABEL.match(line, indent):
        yield label.end()
    yield indent


def previews(found: Sequence[CardPreview]) -> Iterator[Text]:
    """Yield what dry runs said."""
    yield from _labelled("Preview", _preview_lines(found))


def arrived(code: str, found: Sequence[CardPreview]) -> Iterator[Text]:
    """Yield what dry runs said, away from the card of their plan."""
    yield Text(f"{INDENT}Preview of {code}", "dim")
    yield from (Text(f"{INDENT}{line}") for line in _preview_lines(found))


def _task(task: CardTask, longest: int) -> Iterator[Text]:
    line = Text(f"{task.position:>3}  {task.name:<{longest}}  {task.agent:<9}")
    inline = [parameter for parameter in task.parameters if len(parameter.lines) == 1]
    parts = [f"{parameter.name} {parameter.lines[0]}{_source(parameter)}" for parameter in inline]
    line.append(", ".join(parts))
    line.append(f"{'   ' if parts else ''}{_touches(task)}", "dim")
    if task.after:
        line.append(f"   after {wording.joined([str(position) for position in task.after])}", "dim")
    if task.risk in RISK_STYLES:
        line.append(f"   {task.risk} risk", RISK_STYLES[task.risk])
    if task.secrets:
        line.append(f"   uses the secret {wording.joined(task.secrets)}", "dim")
    if task.effect == "at_most_once":
        line.append("   runs at most once", "dim")
    yield line
    for parameter in task.parameters:
        if len(parameter.lines) != 1:
            yield Text(f"{INDENT}{parameter.name}: {wording.count(len(parameter.lines), 'item')}{_source(parameter)}")
            yield from (Text(f"{INDENT}  {item}") for item in parameter.lines)
    if task.raised_by:
        yield Text(f"{INDENT}risk raised by {', '.join(name.partition(':')[2] for name in task.raised_by)}", "yellow")


def _source(parameter: CardParameter) -> str:
    return "" if parameter.source in ("said", "answer") else f" ({parameter.source})"


def _touches(task: CardTask) -> str:
    if task.effect == "read_only":
        return wording.NOTHING_CHANGES
    return f"changes {task.touches}" if task.touches else ""


def _preview_lines(found: Sequence[CardPreview]) -> list[Text]:
    lines = []
    for preview in found:
        what = "   ".join(preview.changes) or "no change"
        lines.append(Text(f"{preview.position}  {preview.problem or what}   ({preview.note})"))
    return lines


def _labelled(label: str, lines: list[Text]) -> Iterator[Text]:
    for number, line in enumerate(lines):
        yield Text.assemble((f"{INDENT}{label if number == 0 else '':<9}", "dim"), line)


def _footer(shown: Card) -> Iterator[Text]:
    if shown.is_open:
        yield from (Text(f"{INDENT}{vote}.") for vote in shown.votes)
        yield Text(f"{INDENT}{wording.needed(shown.needs, shown.until)}")
        if shown.preview_coming:
            yield Text(f"{INDENT}{wording.PREVIEW_COMING}", "dim")
    elif shown.decided:
        yield Text(f"{INDENT}{shown.decided}.")
    else:
        yield Text(f"{INDENT}{shown.status.replace('_', ' ').capitalize()}.")


def progress_line(task: CardTask, doing: str = "") -> Text:
    """Return `1 ✓ Deploy Uptime Kuma  41 s`, or what it is doing."""
    sign = " " if task.status == "pending" else task.sign
    line = Text.assemble(f"{task.position:>3} ", (sign, STATUS_STYLES.get(task.status, "")), f" {task.name}")
    if doing:
        line.append(f"  {doing}", "dim")
    elif task.milliseconds is not None and task.status in ("completed", "failed"):
        line.append(f"  {wording.took(task.milliseconds)}", "dim")
    elif task.status in ("skipped", "cancelled", "unknown"):
        line.append(f"  {task.status}", "dim")
    if task.attempts > 1:
        line.append(f"  attempt {task.attempts}", "dim")
    if task.problem and task.status in ("failed", "skipped", "unknown"):
        line.append(f"  {task.problem}", STATUS_STYLES.get(task.status, "dim"))
    return line


def live_line(code: str, task: CardTask) -> Text:
    """Return `7K2MQ4 2 ▸ Add portals  ━━━━━━────  12 s  3 of 6  merging`, for what runs."""
    line = Text.assemble((f"{code} ", "dim"), f"{task.position} ", ("▸", STATUS_STYLES["running"]), f" {task.name}  ")
    if task.part is not None:
        filled = round(task.part * BAR_WIDTH)
        line.append("━" * filled, STATUS_STYLES["running"])
        line.append("─" * (BAR_WIDTH - filled) + "  ", "dim")
    since = datetime.now(UTC) - moment(task.since) if task.since else timedelta()
    elapsed = wording.took(max(0, int(since.total_seconds())) * 1000)
    line.append("  ".join(filter(None, [elapsed, task.doing])), "dim")
    return line


def result(shown: Card, evidence: str) -> Iterator[Text]:
    """Yield the last lines: the verdict and where its evidence is."""
    if not shown.verdict:
        return
    for task in shown.tasks:
        # What was asked to be looked at is the answer; of the rest, only what a failure said.
        if task.effect == "read_only" or task.status == "failed":
            yield from (Text(f"{INDENT}{line}") for line in task.output)
    done = sum(task.status == "completed" for task in shown.tasks)
    line = Text.assemble((shown.verdict, VERDICT_STYLES.get(shown.verdict, "bold")))
    took = wording.took(shown.milliseconds)
    line.append(f" · {done} of {wording.count(len(shown.tasks), 'task')} · {took} · evidence {evidence}")
    yield line
    if shown.verdict != "PASS" and shown.reason:
        yield Text(shown.reason)


def plan_line(shown: Card, age: str) -> tuple[str, ...]:
    """Return a plan as a row of the list."""
    names = ", ".join(task.name for task in shown.tasks)
    needs_person = any(task.status == "unknown" for task in shown.tasks)
    status = "needs a person" if needs_person else shown.verdict or shown.status.replace("_", " ")
    return (shown.code, status, shown.requester, age, names)
