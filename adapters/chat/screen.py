"""What stands on a terminal that chats: printed once, and the live lines of what runs under the prompt."""

import asyncio
import io
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from adapters.chat.lines import lines
from adapters.chat.terminals import TerminalNews
from adapters.cli import render
from bot.cards import Card
from bot.chat import Post, ShownCard

RUNNING = ("approved", "executing")
QUIET_SECONDS = 0.5


class Screen:
    """Prints news above the prompt."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, Post] = {}
        """By message, the one that changed last at the end."""
        self._news = asyncio.Event()

    @property
    def posts(self) -> list[Post]:
        """Return what stands there, the newest last."""
        return list(self._shown.values())

    def say(self, *sentences: str) -> None:
        """Print sentences."""
        self._print(Text(sentence) for sentence in sentences)

    def show(self, news: TerminalNews) -> None:
        """Print what is new; of a message that changed, only what is another than before."""
        self._news.set()
        if news.kind == "whisper":
            self._print(lines(news.post, self._console.width))
            return
        before = self._shown.pop(news.message, None)
        self._forget_earlier(news.post)
        self._shown[news.message] = news.post
        if isinstance(before, ShownCard) and isinstance(news.post, ShownCard):
            self._print(_difference(before, news.post, self._console.width))
        else:
            self._print(lines(news.post, self._console.width))

    def live(self) -> str:
        """Return the lines of everything that runs, with the colours of this terminal."""
        cards = [post.card for post in self._shown.values() if isinstance(post, ShownCard)]
        running = [
            render.live_line(card.code, task)
            for card in cards
            if card.status in RUNNING
            for task in card.tasks
            if task.status == "running"
        ]
        drawn = io.StringIO()
        console = Console(file=drawn, force_terminal=True, width=self._console.width)
        console.print(*running, sep="\n", end="", no_wrap=True, overflow="ellipsis")
        return drawn.getvalue()

    async def until_quiet(self) -> None:
        """Return once nothing that is shown goes on by itself any more, and nothing more comes."""
        while True:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), QUIET_SECONDS)
            except TimeoutError:
                if not any(isinstance(post, ShownCard) and post.card.goes_on for post in self.posts):
                    return

    def _forget_earlier(self, post: Post) -> None:
        """Let go of a card that stands there anew: what is typed is about the newest."""
        if isinstance(post, ShownCard):
            cards = {name: one.card for name, one in self._shown.items() if isinstance(one, ShownCard)}
            for name in (name for name, card in cards.items() if card.plan_id == post.card.plan_id):
                del self._shown[name]

    def _print(self, found: Iterable[Text]) -> None:
        for line in found:
            self._console.print(render.folded(line, self._console), soft_wrap=True)


def _difference(before: ShownCard, after: ShownCard, width: int) -> list[Text]:
    """Return what a reader of the card before has not read yet; what stands away from its card names its plan."""
    old, new = before.card, after.card
    if (_stage(old), old.revision) != (_stage(new), new.revision):
        return list(lines(after, width))
    if new.is_open and (previews := [preview for preview in new.previews if preview not in old.previews]):
        return list(render.arrived(new.code, previews))
    if votes := [vote for vote in new.votes if vote not in old.votes]:
        return [Text(f"{new.code}: {'. '.join([*votes, *new.needs])}".rstrip(".") + ".")]
    return [Text(f"{new.code}: {line}") for line in new.notice if line not in old.notice]


def _stage(card: Card) -> str:
    """Return what of a plan's status is news; that it begins shows below the prompt."""
    return "running" if card.status in RUNNING else card.status
