"""The neutral vocabulary between chat platforms and the conversation, and the port that a platform implements.

Inward come messages and clicks, outward go posts. A thread is an address as text, such as `slack:T1/C1/1700.1`: data,
never a connection. What a platform adds to a text (bold, colours, markup) it adds itself; all text here is plain.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from bot.cards import Card

Style = Literal["plain", "primary", "danger"]
NoteKind = Literal[
    "asked", "started", "failed", "unknown", "ended", "decided", "changed", "waiting", "question", "refused", "answer",
    "error",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """Who speaks, as the platform itself verified it; names and mail addresses prove nothing."""

    platform: str
    user: str
    """As in the people file: `T1/U7` in Slack, `400` in Discord, a system user's name in a terminal."""
    speaks_for: str = ""
    """At a terminal, whom this user asks to speak for; the use cases refuse it where that is not allowed."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something that a person wrote to the bot."""

    id: str
    """What identifies it, however often it is delivered, such as `slack:T1/C1/1700.1`."""
    thread: str
    account: Account
    text: str
    begins: bool = False
    """Whether it stands in no thread that can be answered in, so that one has to be begun for it."""
    is_overheard: bool = False
    """Whether it was said to everybody in a thread of ours; then it counts only where it is about what stands there."""
    is_taken_up: bool = False
    """Whether an earlier process had taken it, and may have done a part of it."""


@dataclass(frozen=True, slots=True)
class Click:
    """A button that was pressed, or a form that was sent."""

    id: str
    thread: str
    account: Account
    button: str
    """The button's value."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What was typed into the form behind it."""
    message: str = ""
    """The platform's name of the message that the button is on."""


@dataclass(frozen=True, slots=True)
class Button:
    """One thing that can be done with what is shown."""

    label: str
    value: str
    """At most 100 characters, the least that a platform takes."""
    style: Style = "plain"
    confirm: str = ""
    """What to ask before it counts; empty when it counts at once."""
    form: str = ""
    """Which form opens before it counts: `reject` or `edit`; empty when none."""


@dataclass(frozen=True, slots=True)
class Note:
    """A message of some lines, with what can be done about it."""

    kind: NoteKind
    lines: tuple[str, ...]
    buttons: tuple[Button, ...] = ()
    files: tuple["Attachment", ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of evidence that goes with a note."""

    name: str
    path: str
    """Relative to the folder of artifacts."""
    mime: str


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form."""

    name: str
    label: str
    kind: Literal["text", "lines", "check"]
    value: str = ""
    """What stands there before anybody types; `yes` checks a box."""
    hint: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked before a button counts."""

    title: str
    submit: str
    """The word on its button."""
    button: str
    """The value of the click that it sends, with its fields."""
    fields: tuple[Field, ...]
    text: str = ""
    """What is asked where nothing is to be typed: platforms that cannot ask for a yes by themselves open a form."""


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card with what can be done about it."""

    card: Card
    buttons: tuple[Button, ...]


Post = ShownCard | Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many writes a platform takes, over all threads."""

    per_second: float
    """On average."""
    burst: int
    """At once, after a rest."""
    reserved: int = 0
    """Of the burst, kept for decisions and ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace(Budget):
    """How much a platform takes before it throttles."""

    thread_seconds: float
    """Least time between two writes to one thread that can wait; the end of something does not wait for it."""
    posts: Budget | None = None
    """New messages, where the platform counts them apart; None where they count with the edits."""
    skips: frozenset[NoteKind] = frozenset()
    """Kinds of notes that are not worth a write, since the card says the same in that moment."""


class SendRefused(Exception):
    """The platform takes nothing more in this thread, now or later: it is gone, or the bot is not in it."""


class Gone(SendRefused):
    """Whoever looked at this thread has left, as people do; nothing is wrong."""


class SendLater(Exception):
    """The platform cannot take it just now."""

    def __init__(self, seconds: float, is_in_doubt: bool = False, is_general: bool = False) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds
        self.is_general = is_general
        """Whether all threads have to wait, and not just this one."""
        self.is_in_doubt = is_in_doubt
        """Whether it may have been taken although no answer came."""


class Platform(Protocol):
    """One chat platform. Raises SendRefused or SendLater."""

    @property
    def pace(self) -> Pace:
        """Return how much it takes."""

    async def post(self, thread: str, post: Post, key: str, is_in_doubt: bool) -> str:
        """Show something new; return the platform's name of the message.

        `key` identifies it: when it is in doubt whether it was posted before, look for it first and return that one.
        Of a note that begins a thread (`asked`), the name is the address of that thread.
        """

    async def edit(self, thread: str, message: str, post: Post) -> str:
        """Overwrite a message; return its name, another one where it had to be posted anew."""

    async def whisper(self, thread: str, account: Account, note: Note) -> None:
        """Tell one person only, where the platform can."""


@runtime_checkable
class Doorkeeper(Protocol):
    """A platform that knows more of an account than its name."""

    async def refuses(self, account: Account) -> str:
        """Return in a sentence why this account may neither ask nor decide anything now; empty when it may."""


@runtime_checkable
class Below(Protocol):
    """A platform on which a message that stands in no thread can have one of its own below it."""

    def below(self, thread: str, message: str) -> str:
        """Return the address of the thread that a card is in, or else of the one below it."""
