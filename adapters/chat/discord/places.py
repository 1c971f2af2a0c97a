"""Names of threads and messages in Discord, as the text that the rest of Sayso keeps.

A thread is `discord:GUILD/CHANNEL/THREAD`. A thread made from a message bears that message's id, so that the address of
an answer is known before there is a thread. `discord:GUILD/CHANNEL` is a channel itself.
"""

import re
from dataclasses import dataclass

from bot.chat import SendRefused

PLATFORM = "discord"
_PLACE = re.compile(rf"{PLATFORM}:(\d+)/(\d+)(?:/(\d+))?")
_POSTED = re.compile(rf"{PLATFORM}:(\d+)/(\d+(?:\+\d+)*)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is shown."""

    guild: int
    channel: int
    thread: int | None = None
    """A thread, or the message that one is made from."""

    @property
    def address(self) -> str:
        """Return it as text."""
        return f"{PLATFORM}:{self.guild}/{self.channel}" + (f"/{self.thread}" if self.thread else "")


@dataclass(frozen=True, slots=True)
class Posted:
    """Where the pages of a post are."""

    channel: int
    messages: tuple[int, ...]

    @property
    def name(self) -> str:
        """Return it as text: `discord:CHANNEL/MESSAGE`, several joined by `+`."""
        return f"{PLATFORM}:{self.channel}/{'+'.join(map(str, self.messages))}"


def read_place(address: str) -> Place:
    """Read the address of a thread; raises SendRefused for one that can never be written to."""
    found = _PLACE.fullmatch(address)
    if not found:
        raise SendRefused(f"«{address}» is no place in Discord: write discord:GUILD/CHANNEL with their numbers.")
    guild, channel, thread = found.groups()
    return Place(int(guild), int(channel), int(thread) if thread else None)


def read_posted(name: str) -> Posted:
    """Read the name of a post; raises SendRefused for one that Discord cannot have given."""
    found = _POSTED.fullmatch(name)
    if not found:
        raise SendRefused(f"«{name}» is no message in Discord.")
    return Posted(int(found[1]), tuple(int(number) for number in found[2].split("+")))
