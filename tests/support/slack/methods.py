"""What every Web API method needs: the state behind them all, and the list they are entered in."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.slack.arguments import Arguments
from tests.support.slack.ledger import Ledger, Message
from tests.support.slack.modals import Modals
from tests.support.slack.refusals import Refused
from tests.support.slack.workspace import JSON, Channel, Workspace

BOT_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "metadata.message:read",
        "reactions:write",
        "team:read",
        "usergroups:read",
        "users:read",
    }
)


@dataclass
class Upload:
    """A file on its way in."""

    id: str
    name: str
    length: int
    content: bytes | None = None


@dataclass
class State:
    """All there is in the local Slack. `base` is the server's own address, without a slash at the end."""

    workspace: Workspace
    ledger: Ledger
    modals: Modals
    base: str = ""
    uploads: dict[str, Upload] = field(default_factory=dict)
    answers: dict[str, "Answering"] = field(default_factory=dict)
    """Where response_urls lead, by their last part."""
    new_socket: Callable[[], str] = str

    @property
    def bot(self) -> str:
        """Return the bot's user id."""
        return self.workspace.bot_user_id

    def channel(self, given: str) -> Channel:
        """Return a conversation the bot can know of; a user's id stands for the direct message with them."""
        workspace = self.workspace
        if given in workspace.people:
            return workspace.dm(given)
        channel = workspace.channels.get(given)
        if channel is None or (channel.kind != "public" and self.bot not in channel.members):
            raise Refused("channel_not_found")
        return channel

    def joined(self, given: str) -> Channel:
        """Return a conversation the bot is in."""
        channel = self.channel(given)
        if self.bot not in channel.members:
            raise Refused("not_in_channel")
        return channel

    def writable(self, given: str) -> Channel:
        """Return a conversation the bot may write in."""
        channel = self.joined(given)
        if channel.archived:
            raise Refused("is_archived")
        return channel

    def message(self, channel: Channel, ts: str) -> Message:
        """Return a message of a conversation."""
        message = self.ledger.find(channel.id, ts)
        if message is None:
            raise Refused("message_not_found")
        return message


@dataclass
class Answering:
    """Where a response_url leads: `about` is the message with the button, if there is one."""

    channel: str
    user: str
    about: Message | None
    at: float
    uses: int = 0


@dataclass(frozen=True)
class Method:
    """A method as it is offered. `app_token` marks the one that wants an app-level token."""

    name: str
    run: Callable[[State, Arguments], JSON]
    tier: int
    scope: str = ""
    needs: tuple[str, ...] = ()
    json: bool = True
    token: str = "xoxb"


METHODS: dict[str, Method] = {}


def method(
    name: str, tier: int, scope: str = "", needs: str = "", json: bool = True
) -> Callable[[Callable[[State, Arguments], JSON]], Callable[[State, Arguments], JSON]]:
    """Enter a function in the list of methods. `needs` names required arguments; `json` allows JSON bodies."""

    def enter(run: Callable[[State, Arguments], JSON]) -> Callable[[State, Arguments], JSON]:
        token = {"apps.connections.open": "xapp", "api.test": ""}.get(name, "xoxb")
        METHODS[name] = Method(name, run, tier, scope, tuple(needs.split()), json, token)
        return run

    return enter


def page(items: list[JSON] | list[str], arguments: Arguments, default: int = 100) -> tuple[list[JSON] | list[str], str]:
    """Return one page of a list and the cursor of the next, empty at the end."""
    cursor = arguments.text("cursor")
    if cursor and not (cursor.startswith("next:") and cursor[5:].isdigit()):
        raise Refused("invalid_cursor")
    start = int(cursor[5:] or 0) if cursor else 0
    end = start + arguments.whole("limit", default, 1000)
    return items[start:end], f"next:{end}" if end < len(items) else ""
