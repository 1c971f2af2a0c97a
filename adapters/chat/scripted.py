"""A chat that plays a dialogue and keeps its transcript: for trying an owner's files, for documents, and for tests."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from adapters.chat.hub import Chats
from adapters.chat.lines import SAID_BY_CARD, lines
from bot.chat import Account, Button, Click, Message, Note, Pace, Post, ShownCard
from orchestration.errors import NotFound

WIDTH = 100
RUNNING = ("approved", "executing")
PATIENCE_SECONDS = 60.0


@dataclass(slots=True)
class Shown:
    """A message as it stands in a thread."""

    thread: str
    key: str
    post: Post
    edits: int = 0
    told: object = None
    """What the transcript says of it."""

    @property
    def text(self) -> str:
        """All of it as text."""
        return "\n".join(line.plain for line in lines(self.post, WIDTH))


@dataclass(slots=True)
class ScriptedChat:
    """The platform `terminal`, played by a script."""

    user: str
    """The system user in whose name everybody speaks."""
    shown: list[Shown] = field(default_factory=list)
    whispers: list[tuple[str, Note]] = field(default_factory=list)
    """(person, what only they were told)"""
    transcript: list[str] = field(default_factory=list)
    is_patient: bool = False
    """Whether the transcript waits for `catch_up`, and so has each message as it stands then."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pace(self) -> Pace:
        """A script never tires."""
        return Pace(per_second=1_000, burst=1_000, thread_seconds=0, skips=SAID_BY_CARD)

    async def post(self, thread: str, post: Post, key: str, is_in_doubt: bool) -> str:
        """Keep a message; one that is there already is not kept twice."""
        names = [str(number) for number, one in enumerate(self.shown) if one.thread == thread and one.key == key]
        if is_in_doubt and names:
            return names[-1]
        self.shown.append(Shown(thread, key, post))
        self._changed(self.shown[-1])
        return str(len(self.shown) - 1)

    async def edit(self, thread: str, message: str, post: Post) -> str:
        """Overwrite a message."""
        shown = self.shown[int(message)]
        shown.post, shown.edits = post, shown.edits + 1
        self._changed(shown)
        return message

    async def whisper(self, thread: str, account: Account, note: Note) -> None:
        """Keep what one person was told."""
        self.whispers.append((account.speaks_for, note))
        self.transcript += [f"sayso  (only to {account.speaks_for}) {line}" for line in note.lines]
        self._news.set()

    async def say(self, chats: Chats, person: str, text: str, thread: str = "terminal:main") -> None:
        """Let somebody say something."""
        self.transcript.append(f"{person}  {text}")
        message = Message(f"script:{uuid.uuid4()}", thread, self._account(person), text)
        await chats.inbox.take(message)

    async def press(
        self,
        chats: Chats,
        person: str,
        label: str,
        thread: str = "terminal:main",
        fields: Mapping[str, str] | None = None,
    ) -> None:
        """Let somebody press the newest button of that label in a thread; raises NotFound when there is none."""
        number, button = self._button(thread, label)
        reason = (fields or {}).get("reason")
        self.transcript.append(f"{person}  ({label}: {reason})" if reason else f"{person}  ({label})")
        click = Click(f"script:{uuid.uuid4()}", thread, self._account(person), button.value, fields or {}, str(number))
        await chats.inbox.take(click)

    async def until(self, is_so: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until something is so; looks anew whenever something is shown. Raises TimeoutError."""
        while not is_so():
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), seconds)

    @property
    def changes(self) -> int:
        """Return how often anything was shown so far."""
        return len(self.shown) + len(self.whispers) + sum(one.edits for one in self.shown)

    @property
    def is_running(self) -> bool:
        """Whether a plan that is shown runs, or a preview of it is under way."""
        cards = [one.post.card for one in self.shown if isinstance(one.post, ShownCard)]
        return any(card.goes_on or card.preview_coming for card in cards)

    def visible(self, thread: str = "terminal:main") -> list[str]:
        """Return the messages of a thread as they stand."""
        return [one.text for one in self.shown if one.thread == thread]

    def _button(self, thread: str, label: str) -> tuple[int, Button]:
        for number in range(len(self.shown) - 1, -1, -1):
            one = self.shown[number]
            for button in one.post.buttons if one.thread == thread else ():
                if button.label == label:
                    return number, button
        raise NotFound(f"Nothing in {thread} has a button «{label}».")

    def _account(self, person: str) -> Account:
        return Account("terminal", self.user, person)

    def catch_up(self) -> None:
        """Write down every message that is another to its reader than when it was written down last."""
        for shown in self.shown:
            if _state(shown.post) != shown.told:
                self._write(shown)

    def _changed(self, shown: Shown) -> None:
        self._news.set()
        if not self.is_patient and _state(shown.post) != shown.told:
            self._write(shown)

    def _write(self, shown: Shown) -> None:
        shown.told = _state(shown.post)
        first, *rest = [line.plain for line in lines(shown.post, WIDTH)]
        self.transcript += [f"sayso  {first}", *(f"       {line}" for line in rest)]


def _state(post: Post) -> object:
    """Return what a transcript tells anew when it changes."""
    if not isinstance(post, ShownCard):
        return post
    status = "running" if post.card.status in RUNNING else post.card.status
    return (status, post.card.revision, post.card.previews, post.card.votes)
