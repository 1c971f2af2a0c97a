"""Where something stands in Slack, and how that is written: `slack:TEAM/CHANNEL/TS`, in addresses, names and ids.

A thread's address names its first message; one without a time is the channel itself. An owner's `announce` may leave
out the team. A message in several parts is named by all: `slack:T1/C1/1700.1+1700.2`, the last with the buttons.
"""

from dataclasses import dataclass

PLATFORM = "slack"


@dataclass(frozen=True, slots=True)
class Place:
    """A channel, or a message in it."""

    channel: str
    ts: str = ""
    team: str = ""

    @property
    def is_direct(self) -> bool:
        """Whether only the bot and one person are there; a person's own id stands for that, too."""
        return self.channel[:1] in ("D", "U", "W")

    @property
    def parts(self) -> list[str]:
        """Return the times of all parts of a message."""
        return self.ts.split("+") if self.ts else []

    def at(self, *ts: str) -> "Place":
        """Return a message in the same channel."""
        return Place(self.channel, "+".join(ts), self.team)

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{PLATFORM}:" + "/".join(part for part in (self.team, self.channel, self.ts) if part)


def read_place(address: str) -> Place:
    """Read an address or a message's name; raises ValueError for anything else."""
    platform, _, rest = address.partition(":")
    parts = rest.split("/")
    if platform != PLATFORM or not 1 <= len(parts) <= 3 or not all(parts):
        raise ValueError(f"«{address}» is not a place in Slack")
    if len(parts) == 1:
        return Place(parts[0])
    return Place(parts[1], parts[2] if len(parts) == 3 else "", parts[0])
