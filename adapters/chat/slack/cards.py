"""A card as Slack messages: pure functions. Nothing that is to be approved is folded away or cut.

A card that waits for votes says everything in full; what does not fit into one message stands in others before it. One
that needs too many has no Approve, and says why. Later cards say how far the plan is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapters.chat.slack import blocks
from adapters.chat.slack.blocks import JSON, Line, words
from adapters.chat.slack.markup import escaped
from adapters.chat.slack.presses import press_row
from bot import wording
from bot.cards import Card, CardParameter, CardTask
from bot.chat import Button, ShownCard
from bot.previews import CardPreview

MOST_PAGES = 8
LONGEST_TITLE = 250
LONGEST_ASKED = 300
LONGEST_NEEDS = 1_500
LONGEST_REASON = 1_000
LEFT_FOR_TASKS = 7_000
"""Characters of text in a message that says how far a plan is."""
STATES = {"running": "in_progress", "completed": "complete", "failed": "error", "unknown": "error"}
TOLD = ("failed", "unknown", "skipped", "cancelled")
GRAVE = ("high", "critical")


@dataclass(frozen=True, slots=True)
class Part:
    """One message: what it shows, and what stands for it in a notification."""

    text: str
    blocks: list[JSON]


def parts(shown: ShownCard, with_plan: bool = True) -> list[Part]:
    """Return a card as messages, the one with the buttons last; `with_plan` is for where Slack knows plan blocks."""
    card = shown.card
    forms = (True, False) if with_plan else (False,)
    if not card.is_open:
        return [_first_that_fits([_progress(shown, has_plan) for has_plan in forms])]
    facts = list(_facts(card))
    whole = _first_that_fits([_decidable(shown, has_plan, facts) for has_plan in forms])
    return [whole] if blocks.fits(whole.blocks) else _paged(shown, facts, forms)


def alone(shown: ShownCard) -> list[JSON] | None:
    """Return an open card as blocks where there are neither plan blocks nor further messages; None if too much."""
    whole = _decidable(shown, False, list(_facts(shown.card)))
    return whole.blocks if blocks.fits(whole.blocks) else None


def _first_that_fits(candidates: Sequence[Part]) -> Part:
    return next((part for part in candidates if blocks.fits(part.blocks)), candidates[-1])


def _paged(shown: ShownCard, facts: list[Line], forms: Sequence[bool]) -> list[Part]:
    card = shown.card
    pages = list(blocks.grouped(facts, blocks.MOST_TEXT - 500))
    if len(pages) > MOST_PAGES:
        return [_too_large(shown)]
    numbered = [_page(card, page, number, len(pages)) for number, page in enumerate(pages, start=1)]
    above = [[words(wording.in_full_above(len(pages)))]]
    return [*numbered, _first_that_fits([_decidable(shown, has_plan, above) for has_plan in forms])]


def _page(card: Card, lines: list[Line], number: int, of: int) -> Part:
    title = wording.page_of(card.code, card.revision, number, of)
    shown = [blocks.rich([[words(title, "bold")]]), *(blocks.rich(group) for group in blocks.grouped(lines))]
    return Part(escaped(title), shown)


def _too_large(shown: ShownCard) -> Part:
    """Return a card that cannot be approved here, since it cannot be shown here."""
    card = shown.card
    left = tuple(button for button in shown.buttons if button.style != "primary")
    why = [[words(wording.too_large(card.code), "bold")]]
    return _decidable(ShownCard(card, left), False, why)


# ------------------------------------------------------------------------------------------------- while it is open


def _decidable(shown: ShownCard, has_plan: bool, lines: list[Line]) -> Part:
    card = shown.card
    made = [blocks.rich(_head(card, has_plan))]
    made += [_plan(card)] if has_plan else []
    made += [blocks.rich(group) for group in blocks.grouped([*lines, *_foot(card)])]
    made += [*_buttons(shown.buttons), _digest(card)]
    return Part(escaped(_notification(card)), made)


def _head(card: Card, has_plan: bool) -> list[Line]:
    """Return the lines on top; a plan block has the title itself."""
    title = [] if has_plan else [[words(_name(card), "bold")]]
    return [*title, [words(f"{card.requester} asked: {blocks.shortened(card.asked, LONGEST_ASKED)}")]]


def _name(card: Card) -> str:
    revision = [f"revision {card.revision}"] if card.revision > 1 else []
    return " · ".join([f"Plan {card.code}", *card.facts, *revision])


def _facts(card: Card) -> Iterator[Line]:
    """Yield all that would be approved."""
    if blocks.length(card.asked) > LONGEST_ASKED:
        yield [words(f"{card.requester} asked: {card.asked}")]
    for task in card.tasks:
        yield [words(f"{task.position}  {task.name}", "bold"), words(f"  {task.agent}  {task.operation}")]
        for parameter in task.parameters:
            yield from _parameter(parameter)
        yield [words("    "), *_consequences(task)]
    for preview in card.previews:
        yield [words(f"Preview {preview.position}  ", "italic"), words(_previewed(preview))]
    if card.preview_coming:
        yield [words(wording.PREVIEW_COMING, "italic")]
    if card.passed_over:
        yield [words(f"{card.passed_over}.", "italic")]


def _parameter(parameter: CardParameter) -> Iterator[Line]:
    source = "" if parameter.source in ("said", "answer") else f" ({parameter.source})"
    if len(parameter.lines) == 1:
        yield [words(f"    {parameter.name}  "), words(parameter.lines[0], "code"), words(source or " ")]
        return
    yield [words(f"    {parameter.name}: {wording.count(len(parameter.lines), 'item')}{source}")]
    for line in parameter.lines:
        yield [words("        "), words(line, "code")]


def _consequences(task: CardTask) -> Line:
    said = [
        wording.NOTHING_CHANGES if task.effect == "read_only" else f"changes {task.touches}" if task.touches else ""
    ]
    said += [f"after {wording.joined([str(position) for position in task.after])}" if task.after else ""]
    said += [f"uses the secret {wording.joined(task.secrets)}" if task.secrets else ""]
    said += ["runs at most once"] if task.effect == "at_most_once" else []
    said += [f"undo: {task.undo}" if task.undo else ""]
    raised = f", raised by {', '.join(name.partition(':')[2] for name in task.raised_by)}" if task.raised_by else ""
    risk = words(f"{task.risk} risk{raised}", *(["bold"] if task.risk in GRAVE else []))
    return [risk, words("".join(f" · {each}" for each in said if each) or " ")]


def _previewed(preview: CardPreview) -> str:
    return f"{preview.problem or '   '.join(preview.changes) or 'no change'} ({preview.note})"


def _foot(card: Card) -> Iterator[Line]:
    for notice in card.notice:
        yield [words(notice)]
    needs = blocks.shortened(" ".join(card.needs), LONGEST_NEEDS).rstrip(".")
    until = blocks.date(card.expires_at, card.until)
    yield [words(f"{needs}. Open until " if needs else "Open until "), until, words(".")]
    for vote in card.votes:
        yield [words(f"{vote}.")]


def _digest(card: Card) -> JSON:
    text = f"digest {card.digest} · revision {card.revision}"
    return {"type": "context", "elements": [blocks.plain_text(text, 2000)]}


def _notification(card: Card) -> str:
    state = " ".join(card.needs) if card.is_open else card.decided or card.verdict or card.status.replace("_", " ")
    return blocks.shortened(f"Plan {card.code}: {', '.join(card.facts)}. {state}", LONGEST_NEEDS)


# --------------------------------------------------------------------------------------------------- once decided


def _progress(shown: ShownCard, has_plan: bool) -> Part:
    card = shown.card
    said = [_standing(card), *card.notice, *([f"{card.verdict}  {card.reason}".rstrip()] if card.verdict else [])]
    made = [blocks.rich([*_head(card, has_plan), *([words(blocks.shortened(each, LONGEST_REASON))] for each in said)])]
    if has_plan:
        made.append(_plan(card))
    else:
        longest = max(40, LEFT_FOR_TASKS // len(card.tasks))
        lines = [[words(blocks.shortened(_line(task), longest))] for task in card.tasks]
        made += [blocks.rich(group) for group in blocks.grouped(lines)]
    return Part(escaped(_notification(card)), [*made, *_buttons(shown.buttons), _digest(card)])


def _standing(card: Card) -> str:
    return f"{card.decided or card.status.replace('_', ' ').capitalize()}."


def _line(task: CardTask) -> str:
    return f"{task.sign} {_title(task)}{f' — {task.problem}' if task.problem else ''}"


def _plan(card: Card) -> JSON:
    tasks = [_task(task, card.is_open) for task in card.tasks]
    return {"type": "plan", "title": _name(card), "tasks": tasks}


def _task(task: CardTask, is_open: bool) -> JSON:
    made: JSON = {
        "type": "task_card",
        "task_id": str(task.position),
        "title": blocks.shortened(_title(task), LONGEST_TITLE),
        "status": STATES.get(task.status, "pending"),
    }
    said = f"{task.agent} · {task.risk} risk" if is_open else task.problem
    return {**made, "details": blocks.rich([[words(blocks.shortened(said, 500))]])} if said else made


def _title(task: CardTask) -> str:
    """Return a task and how far it is, on one line."""
    said = [f"{task.position} {task.name}"]
    if task.status == "running":
        said += [task.doing] if task.doing else []
    elif task.milliseconds is not None and task.status in ("completed", "failed"):
        said.append(wording.took(task.milliseconds))
    if task.status in TOLD:
        said.append(task.status)
    if task.attempts > 1:
        said.append(f"attempt {task.attempts}")
    return " · ".join(said)


def _buttons(shown: tuple[Button, ...]) -> list[JSON]:
    return [press_row(shown)] if shown else []
