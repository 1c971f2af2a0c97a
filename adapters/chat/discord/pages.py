"""What a post says, as pages of markdown within the limits of one Discord message. Knows nothing of the SDK.

Nothing of an open plan is folded away: it goes on over as many messages as it takes. One that takes too many cannot be
approved here, and says so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from adapters.chat.discord.markup import escaped, folded, size
from bot import wording
from bot.buttons import read_action
from bot.cards import Card, CardParameter, CardTask
from bot.chat import Button, Note, Post, ShownCard
from orchestration.ports import moment

ROOM = 3_600
"""UTF-16 units of the text below a head; a message takes 4,000 in all."""
MAX_PAGES = 5
GOOD, BAD, WAITING, RUNNING, PLAIN = 0x2E9E5B, 0xC8372D, 0x4C6FD8, 0xC99A1E, 0x7A7F87


@dataclass(frozen=True, slots=True)
class Page:
    """The text of one message."""

    head: str
    """Empty where a page needs none."""
    body: str


@dataclass(frozen=True, slots=True)
class Paged:
    """A post, page by page, and what can be done about it."""

    pages: tuple[Page, ...]
    buttons: tuple[Button, ...] = ()
    colour: int = PLAIN
    is_cut: bool = False
    """Whether it says more than is shown; of a note, all of it goes with it as a file."""


def paged(post: Post) -> Paged:
    """Return a post as pages."""
    return _of_note(post) if isinstance(post, Note) else _of_card(post)


def title(post: Post) -> str:
    """Return a name for the thread that a post opens."""
    if isinstance(post, ShownCard):
        return f"{post.card.code} {post.card.asked}"
    return post.lines[0] if post.lines else "Sayso"


def _of_note(note: Note) -> Paged:
    lines = [line for text in note.lines for line in _text(text)]
    if note.kind == "question":
        lines.append(f"-# {wording.ANSWER_BY_REPLY}")  # Discord keeps from bots what is not said to them
    bodies = list(_packed(lines))
    is_cut = len(bodies) > MAX_PAGES
    if is_cut:
        bodies = [bodies[0], wording.CUT_HERE]
    colours = {"failed": BAD, "error": BAD, "refused": BAD, "unknown": RUNNING, "question": WAITING}
    pages = tuple(Page("", body) for body in bodies)
    return Paged(pages, note.buttons, colours.get(note.kind, PLAIN), is_cut)


def _text(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        yield from folded(line)


def _of_card(post: ShownCard) -> Paged:
    card = post.card
    bodies = list(_packed(_open(card) if card.is_open else _later(card)))
    found = Paged((), post.buttons, _colour(card), is_cut=len(bodies) > MAX_PAGES)
    if found.is_cut and card.is_open:
        bodies = [*bodies[: MAX_PAGES - 1], escaped(wording.too_long(card.code))]
        found = replace(found, buttons=tuple(_without_approval(post.buttons)))
    elif found.is_cut:
        bodies = [*bodies[: MAX_PAGES - 1], f"{wording.LEFT_OUT}\n\n{bodies[-1]}"]
    pages = tuple(Page(_head(card, number, len(bodies)), body) for number, body in enumerate(bodies, start=1))
    return replace(found, pages=pages)


def _without_approval(buttons: Iterable[Button]) -> Iterator[Button]:
    return (button for button in buttons if read_action(button.value).verb != "approve")


def _colour(card: Card) -> int:
    if card.status in ("completed", "failed"):
        return GOOD if card.verdict == "PASS" else BAD
    return {"pending_approval": WAITING, "rejected": BAD, "expired": PLAIN, "cancelled": PLAIN}.get(
        card.status, RUNNING
    )


def _head(card: Card, number: int, pages: int) -> str:
    revision = [f"revision {card.revision}"] if card.revision > 1 else []
    page = [f"page {number} of {pages}"] if pages > 1 else []
    facts = " · ".join(map(escaped, [f"Plan {card.code}", *card.facts, *revision]))
    return f"### {facts}\n-# {' · '.join([f'digest {card.digest}', *page])}"


# ------------------------------------------------------------------------------------------ a plan to decide


def _open(card: Card) -> Iterator[str]:
    yield from folded(f"{card.requester} asked: {card.asked}")
    for task in card.tasks:
        yield ""
        yield from _task(task)
    yield from _previews(card)
    undo = [f"{task.position} {task.undo}" for task in card.tasks if task.undo]
    if undo:
        yield from ["", *folded(f"Undo: {' · '.join(undo)}")]
    yield ""
    for line in (card.passed_over, *card.notice, " ".join(card.needs), *card.votes):
        yield from folded(f"{line.rstrip('.')}.") if line else ()
    yield f"Open until {_time(card.expires_at, 'f')}, {_time(card.expires_at, 'R')}\\."


def _task(task: CardTask) -> Iterator[str]:
    first, *more = folded(f"{task.position} {task.name}")
    yield f"**{first}**"
    yield from more
    yield from folded(" · ".join(_facts(task)))
    for parameter in task.parameters:
        yield from _parameter(parameter)
    if task.raised_by:
        yield from folded(f"risk raised by {', '.join(name.partition(':')[2] for name in task.raised_by)}")


def _facts(task: CardTask) -> Iterator[str]:
    yield task.operation
    yield task.agent
    if task.effect == "read_only":
        yield wording.NOTHING_CHANGES
    elif task.touches:
        yield f"changes {task.touches}"
    if task.after:
        yield f"after {wording.joined([str(position) for position in task.after])}"
    yield f"{task.risk} risk"
    if task.effect == "at_most_once":
        yield "runs at most once"
    if task.secrets:
        yield f"uses the secret {wording.joined(task.secrets)}"


def _parameter(parameter: CardParameter) -> Iterator[str]:
    source = "" if parameter.source in ("said", "answer") else f" ({parameter.source})"
    if len(parameter.lines) == 1:
        yield from _item(f"{parameter.name}: {parameter.lines[0]}{source}")
        return
    yield from _item(f"{parameter.name}: {wording.count(len(parameter.lines), 'item')}{source}")
    for line in parameter.lines:
        yield from (f"  {part}" for part in _item(line))


def _item(text: str) -> Iterator[str]:
    first, *more = folded(text)
    yield f"- {first}"
    yield from (f"  {part}" for part in more)


def _previews(card: Card) -> Iterator[str]:
    if card.previews or card.preview_coming:
        yield ""
        yield "**Preview**"
    for preview in card.previews:
        said = preview.problem or ("" if preview.changes else "no change")
        task = f"{preview.position} {card.tasks[preview.position - 1].name}"
        yield from _item(f"{task}{': ' if said else ''}{said} ({preview.note})")
        for change in () if preview.problem else preview.changes:
            yield from (f"  {part}" for part in _item(change))
    if card.preview_coming:
        yield wording.PREVIEW_COMING


# ------------------------------------------------------------------------------------ a plan that was decided


def _later(card: Card) -> Iterator[str]:
    decided = card.decided or card.status.replace("_", " ").capitalize()
    yield from folded(f"{decided.rstrip('.')}.")
    for line in card.notice:
        yield from folded(line)
    yield ""
    for task in card.tasks:
        yield from _progress(task)
    if card.verdict:
        yield ""
        yield from (f"**{line}**" for line in folded(card.verdict))
        yield from folded(card.reason) if card.reason and card.verdict != "PASS" else ()


def _progress(task: CardTask) -> Iterator[str]:
    line = f"{task.sign} {task.position} {task.name}"
    if task.doing:
        line += f"  {task.doing}"
    elif task.milliseconds is not None and task.status in ("completed", "failed"):
        line += f"  {wording.took(task.milliseconds)}"
    elif task.status in ("skipped", "cancelled", "unknown"):
        line += f"  {task.status}"
    if task.attempts > 1:
        line += f"  attempt {task.attempts}"
    *most, last = folded(line)
    since = f", since {_time(task.since, 'R')}" if task.status == "running" and task.since else ""
    yield from [*most, last + since]
    yield from folded(task.problem) if task.problem and task.status in ("failed", "skipped", "unknown") else ()


def _time(at: str, style: str) -> str:
    """Return a time that each reader sees as their own."""
    return f"<t:{int(moment(at).timestamp())}:{style}>"


def _packed(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines together as far as there is room."""
    page: list[str] = []
    taken = 0
    for line in lines:
        needed = size(line) + 1
        if page and taken + needed > ROOM:
            yield "\n".join(page)
            page, taken = [], 0
        if page or line:
            page.append(line)
            taken += needed
    if page:
        yield "\n".join(page)
