"""What is in the local Discord: one server of ours and one of somebody else, people, channels, threads, messages."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.support.discord.limits import BUTTON, EPHEMERAL, SELECT, TEXT, walk

JSON = dict[str, Any]
EPOCH_MS = 1_420_070_400_000
GUILD, OTHER_GUILD, OPS, OTHER_CHANNEL, BOT = 100, 101, 200, 201, 900
ANA, BEN, CEM, EVE = 400, 401, 402, 403
OPERATORS = 500
"""A role."""
TEXT_CHANNEL, DIRECT, THREAD = 0, 1, 11
_count = itertools.count(1)


def snowflake(age_seconds: float = 0.0) -> int:
    """Return an id as Discord makes them, with the time in it."""
    return (int((time.time() - age_seconds) * 1000) - EPOCH_MS) << 22 | (next(_count) & 0x3FFFFF)


def age_seconds(identity: int) -> float:
    """Return how old something is by its id."""
    return time.time() - ((identity >> 22) + EPOCH_MS) / 1000


@dataclass
class Member:
    """Somebody, and what they are in the server."""

    id: int
    name: str
    roles: list[int] = field(default_factory=list)
    is_bot: bool = False
    is_pending: bool = False
    flags: int = 0

    def user(self) -> JSON:
        """Return the user's payload."""
        return {
            "id": str(self.id),
            "username": self.name,
            "global_name": self.name.title(),
            "discriminator": "0",
            "avatar": None,
            "bot": self.is_bot,
        }

    def member(self) -> JSON:
        """Return the member's payload, without the user."""
        return {
            "roles": [str(role) for role in self.roles],
            "joined_at": "2026-01-01T00:00:00+00:00",
            "nick": None,
            "deaf": False,
            "mute": False,
            "pending": self.is_pending,
            "flags": self.flags,
            "permissions": "2147483647",
        }


@dataclass
class Message:
    """A message as it stands."""

    payload: JSON
    edits: int = 0
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """Return its id."""
        return int(self.payload["id"])

    @property
    def text(self) -> str:
        """Return all of its markdown."""
        parts = [one["content"] for one in walk(self.payload["components"]) if one["type"] == TEXT]
        return "\n".join([self.payload["content"], *parts]).strip()

    @property
    def labels(self) -> list[str]:
        """Return the words on its buttons."""
        return [one["label"] for one in self._of(BUTTON)]

    @property
    def options(self) -> list[str]:
        """Return what can be chosen in its selects."""
        return [option["label"] for one in self._of(SELECT) for option in one["options"]]

    @property
    def is_ephemeral(self) -> bool:
        """Whether one person alone sees it."""
        return bool(self.payload["flags"] & EPHEMERAL)

    def button(self, label: str) -> JSON:
        """Return a button by its word."""
        return next(one for one in self._of(BUTTON) if one["label"] == label)

    def select(self, label: str) -> tuple[JSON, str]:
        """Return the select with an option of this label, and the option's value."""
        return next(
            (one, option["value"]) for one in self._of(SELECT) for option in one["options"] if option["label"] == label
        )

    def _of(self, kind: int) -> Iterator[JSON]:
        return (one for one in walk(self.payload["components"]) if one["type"] == kind)


@dataclass
class Channel:
    """A channel, a thread or a direct conversation."""

    id: int
    guild: int | None
    type: int = TEXT_CHANNEL
    name: str = ""
    parent: int | None = None
    messages: dict[int, Message] = field(default_factory=dict)

    def payload(self) -> JSON:
        """Return it as Discord describes it."""
        found: JSON = {"id": str(self.id), "type": self.type, "name": self.name, "flags": 0}
        if self.type == DIRECT:
            return {**found, "recipients": []}
        found |= {"guild_id": str(self.guild), "position": 0, "permission_overwrites": [], "nsfw": False}
        found |= {"parent_id": str(self.parent) if self.parent else None, "permissions": "2147483647"}
        if self.type != THREAD:
            return found
        stamp = datetime.now(UTC).isoformat()
        settings = {"archived": False, "auto_archive_duration": 10080, "archive_timestamp": stamp, "locked": False}
        more = {"owner_id": str(BOT), "member_count": 1, "message_count": 1, "thread_metadata": settings}
        return {**found, **more}


class Model:
    """Everything that is there."""

    def __init__(self) -> None:
        self.bot = Member(BOT, "sayso", is_bot=True)
        people = [Member(ANA, "ana"), Member(BEN, "ben"), Member(CEM, "cem"), Member(EVE, "eve")]
        self.members = {person.id: person for person in [self.bot, *people]}
        self.channels = {OPS: Channel(OPS, GUILD, name="ops"), OTHER_CHANNEL: Channel(OTHER_CHANNEL, OTHER_GUILD)}
        self.is_bot_invited = True
        self.age_seconds = 0.0
        """How old what is written from now on is."""

    def guild(self, guild: int) -> JSON:
        """Return a server as the gateway describes it."""
        channels = [one for one in self.channels.values() if one.guild == guild]
        return {
            "id": str(guild),
            "name": "Homelab",
            "owner_id": "1",
            "roles": [_role(guild, "@everyone"), _role(OPERATORS, "operators")],
            "channels": [one.payload() for one in channels if one.type != THREAD],
            "threads": [one.payload() for one in channels if one.type == THREAD],
            "members": [{**self.bot.member(), "user": self.bot.user()}],
            "member_count": len(self.members),
            "unavailable": False,
            "joined_at": "2026-01-01T00:00:00+00:00",
            "large": False,
            "system_channel_id": None,
            "premium_tier": 0,
            "preferred_locale": "en-US",
            **{key: [] for key in EMPTY},
            **dict.fromkeys(ZERO, 0),
        }

    def write(self, channel: int, author: Member, payload: JSON) -> Message:
        """Put a message into a channel."""
        identity = snowflake(self.age_seconds)
        components = _numbered(payload.get("components") or [])
        found = Message(
            {
                "id": str(identity),
                "channel_id": str(channel),
                "author": author.user(),
                "content": payload.get("content") or "",
                "timestamp": datetime.fromtimestamp(((identity >> 22) + EPOCH_MS) / 1000, UTC).isoformat(),
                "edited_timestamp": None,
                "tts": False,
                "mention_everyone": False,
                "mentions": payload.get("mentions", []),
                "mention_roles": [],
                "attachments": [],
                "embeds": [],
                "pinned": False,
                "type": 19 if payload.get("message_reference") else 0,
                "components": components,
                "flags": payload.get("flags", 0),
                "nonce": payload.get("nonce"),
            }
        )
        if "message_reference" in payload:
            found.payload["message_reference"] = payload["message_reference"]
        self.channels[channel].messages[identity] = found
        return found

    def change(self, message: Message, payload: JSON) -> None:
        """Overwrite what a message shows."""
        if "components" in payload:
            message.payload["components"] = _numbered(payload["components"])
        if payload.get("content") is not None:
            message.payload["content"] = payload["content"]
        message.payload["flags"] |= payload.get("flags", 0)
        message.edits += 1

    def thread(self, message: int, name: str, parent: int) -> Channel:
        """Make the thread of a message; its id is the message's."""
        found = Channel(message, self.channels[parent].guild, THREAD, name, parent)
        self.channels[message] = found
        return found

    def direct(self, user: int) -> Channel:
        """Return the direct conversation with somebody."""
        return self.channels.setdefault(user + 10_000, Channel(user + 10_000, None, DIRECT))


EMPTY = ("emojis", "stickers", "features", "voice_states", "presences", "stage_instances", "guild_scheduled_events")
ZERO = (
    "verification_level", "default_message_notifications", "explicit_content_filter", "mfa_level", "nsfw_level",
    "afk_timeout", "system_channel_flags",
)  # fmt: skip


def _role(identity: int, name: str) -> JSON:
    numbers = {"color": 0, "position": 0, "flags": 0}
    switches = {"hoist": False, "managed": False, "mentionable": False}
    return {"id": str(identity), "name": name, "permissions": "2147483647", **numbers, **switches}


def _numbered(components: list[JSON]) -> list[JSON]:
    """Give every component without an id one, as Discord does."""
    taken = {one["id"] for one in walk(components) if one.get("id")}
    free = (number for number in itertools.count(1) if number not in taken)
    for one in walk(components):
        one.setdefault("id", next(free))
    return components
