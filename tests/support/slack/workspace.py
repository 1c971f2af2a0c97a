"""Who and what there is in the local Slack: people, user groups and channels. Tests fill it; the server reads it."""

from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]
APP_ID, BOT_ID, BOT_USER_ID = "A1", "B1", "UBOT"


@dataclass
class Person:
    """Somebody (or a bot) who can be seen in the workspace. `team_id` differs for people of Slack Connect."""

    id: str
    name: str
    team_id: str = "T1"
    is_bot: bool = False
    deleted: bool = False
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False

    def as_json(self) -> JSON:
        """Return the user as users.info shows it."""
        profile = {"real_name": self.name, "display_name": self.name.lower(), "team": self.team_id}
        shown: JSON = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name.lower(),
            "real_name": self.name,
            "deleted": self.deleted,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 1_700_000_000,
            "tz": "Etc/UTC",
            "profile": profile,
        }
        if self.is_stranger:
            return {**shown, "is_stranger": True}
        guest = {"is_restricted": self.is_restricted or self.is_ultra_restricted}
        return {
            **shown,
            **guest,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_admin": self.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
        }


@dataclass
class Group:
    """A user group."""

    id: str
    handle: str
    members: list[str] = field(default_factory=list)
    disabled: bool = False

    def as_json(self, team_id: str) -> JSON:
        """Return the group as usergroups.list shows it, without its users."""
        return {
            "id": self.id,
            "team_id": team_id,
            "is_usergroup": True,
            "is_external": False,
            "name": self.handle.title(),
            "handle": self.handle,
            "date_delete": 1_700_000_000 if self.disabled else 0,
            "user_count": len(self.members),
        }


@dataclass
class Channel:
    """A conversation: `kind` is public, private or im. `shared_with` are the other teams of Slack Connect."""

    id: str
    name: str
    members: list[str] = field(default_factory=list)
    kind: str = "public"
    archived: bool = False
    shared_with: list[str] = field(default_factory=list)

    @property
    def payload_name(self) -> str:
        """Return the name that interactions and commands carry."""
        return {"im": "directmessage", "private": "privategroup"}.get(self.kind, self.name)

    @property
    def message_event(self) -> str:
        """Return the subscription that makes its messages arrive."""
        return {"im": "message.im", "private": "message.groups"}.get(self.kind, "message.channels")

    @property
    def channel_type(self) -> str:
        """Return the `channel_type` of a message event."""
        return {"im": "im", "private": "group"}.get(self.kind, "channel")

    def as_json(self, bot_user_id: str) -> JSON:
        """Return the conversation as conversations.info shows it."""
        if self.kind == "im":
            user = next((member for member in self.members if member != bot_user_id), bot_user_id)
            return {"id": self.id, "is_im": True, "user": user, "is_archived": self.archived, "is_open": True}
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": self.kind == "public",
            "is_group": False,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.kind == "private",
            "is_archived": self.archived,
            "is_ext_shared": bool(self.shared_with),
            "is_shared": bool(self.shared_with),
            "shared_team_ids": ["T1", *self.shared_with],
            "is_member": bot_user_id in self.members,
        }


class Workspace:
    """One workspace with one app installed in it."""

    def __init__(self, team_id: str = "T1", free_plan: bool = False) -> None:
        self.team_id = team_id
        self.domain = "sayso-test"
        self.free_plan = free_plan
        self.app_id = APP_ID
        self.bot_id = BOT_ID
        self.bot_user_id = BOT_USER_ID
        self.people: dict[str, Person] = {}
        self.groups: dict[str, Group] = {}
        self.channels: dict[str, Channel] = {}
        self.person(self.bot_user_id, "Sayso", is_bot=True)

    def person(self, id: str, name: str, **traits: Any) -> Person:  # noqa: A002 - Slack's word
        """Add somebody; `traits` are fields of Person."""
        self.people[id] = Person(id, name, **{"team_id": self.team_id, **traits})
        return self.people[id]

    def stranger(self, id: str, name: str, team_id: str = "T2") -> Person:  # noqa: A002 - Slack's word
        """Add somebody of another organisation, met through Slack Connect."""
        return self.person(id, name, team_id=team_id, is_stranger=True)

    def group(self, id: str, handle: str, *members: str) -> Group:  # noqa: A002 - Slack's word
        """Add a user group."""
        self.groups[id] = Group(id, handle, list(members))
        return self.groups[id]

    def channel(self, id: str, name: str, *members: str, **traits: Any) -> Channel:  # noqa: A002 - Slack's word
        """Add a channel; the bot is in it unless `bot=False`. Other `traits` are fields of Channel."""
        joined = [self.bot_user_id] if traits.pop("bot", True) else []
        self.channels[id] = Channel(id, name, [*members, *joined], **traits)
        return self.channels[id]

    def dm(self, user_id: str) -> Channel:
        """Return the direct message between the bot and somebody; it is there from the first use."""
        known = f"D{user_id[1:]}"
        if known not in self.channels:
            self.channel(known, known, user_id, kind="im")
        return self.channels[known]


def small_workspace() -> Workspace:
    """Return T1 with Ana (U7), Ben (U8), group S1 operators [Ben], channels C1 #ops and C2 #random."""
    workspace = Workspace()
    workspace.person("U7", "Ana")
    workspace.person("U8", "Ben")
    workspace.group("S1", "operators", "U8")
    workspace.channel("C1", "ops", "U7", "U8")
    workspace.channel("C2", "random", "U7", "U8")
    return workspace
