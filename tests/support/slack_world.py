"""A whole Sayso in the local Slack: the product's own adapter over real HTTP and WebSockets, and a few calls."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.chat.hub import Chats, open_chats
from adapters.chat.slack.connection import Access, Slack
from tests.support.slack import APP_TOKEN, BOT_TOKEN, Message, SlackServer, Workspace
from tests.support.world import Owner, World, open_world, operation

THREE = "start alpha, start beta and start gamma"
SUBSCRIPTIONS = frozenset(
    {"app_mention", "message.channels", "message.groups", "message.im", "app_home_opened", "subteam_members_changed"}
)


def workspace() -> Workspace:
    """Return T1 with Ana (U7), Ben (U8), Cem (U9), Dan, a guest, a bot, one who left, and Eve of another team."""
    made = Workspace()
    for user, name in (("U7", "Ana"), ("U8", "Ben"), ("U9", "Cem"), ("U10", "Dan")):
        made.person(user, name)
    made.person("U20", "Gus", is_restricted=True)
    made.person("U21", "Robo", is_bot=True)
    made.person("U22", "Left", deleted=True)
    made.stranger("U30", "Eve")
    made.group("S1", "operators", "U10")
    everybody = [user for user in made.people if user != made.bot_user_id]
    made.channel("C1", "ops", *everybody, shared_with=["T2"])
    made.channel("C2", "random", *everybody)
    made.channel("C9", "announcements", *everybody)
    return made


def owner() -> Owner:
    """Return the three files of the small world, with accounts in Slack and three more operations."""
    files = Owner()
    for name in ("alpha", "beta", "gamma"):
        files.catalogue["operations"][name] = operation(title=f"Start {name}", says=[f"start {name}"])
    for key, user in (("ana", "U7"), ("ben", "U8"), ("cem", "U9")):
        files.people["people"][key]["slack"] = f"T1/{user}"
    return files


@dataclass
class SlackWorld:
    """A Sayso that is connected to a local Slack."""

    world: World
    slack: SlackServer
    chats: Chats
    adapter: Slack

    async def ask(self, text: str, user: str = "U7", channel: str = "C1") -> Message:
        """Mention the bot; return the card that comes of it."""
        delivery = await self.slack.people.mention(user, channel, text)
        return await self.card(delivery.ts, channel)

    async def card(self, thread: str, channel: str = "C1") -> Message:
        """Return the newest message of a thread that has buttons."""
        return await self.until(lambda: self.with_button(thread, "Details", channel))

    def with_button(self, thread: str, label: str, channel: str = "C1") -> Message | None:
        """Return the newest message of a thread with this button."""
        found = [one for one in self.slack.ledger.thread(channel, thread) if label in str(one.blocks)]
        return found[-1] if found else None

    async def until(self, question: Callable[[], Any], seconds: float = 20.0) -> Any:
        """Wait until a question about the local Slack has a true answer."""
        return await self.slack.ledger.until(question, seconds)

    async def so(self, question: Callable[[], Any], seconds: float = 20.0) -> None:
        """Wait until something is so that the local Slack does not notice."""
        async with asyncio.timeout(seconds):
            while not question():  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.02)

    async def quiet(self) -> None:
        """Wait until everything taken has had its effect."""
        await self.chats.inbox.idle()

    def told(self, user: str) -> str:
        """Return what only somebody was told."""
        return "\n".join(one.shown for one in self.slack.ledger.ephemerals(user))


@asynccontextmanager
async def open_slack_world(
    folder: Path, slack: SlackServer, files: Owner | None = None, *, over_http: str = "", **changes: Any
) -> AsyncIterator[SlackWorld]:
    """Run a Sayso in a local Slack; open the same folder again to restart it."""
    slack.people.subscriptions = SUBSCRIPTIONS
    access = Access(BOT_TOKEN, APP_TOKEN, slack.signing_secret if over_http else "", slack.api_url)
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(open_world(folder, files or owner(), example=False, **changes))
        adapter = Slack(access, world.home.artifacts)
        await stack.enter_async_context(adapter.signed_in())
        chats = await stack.enter_async_context(open_chats(world.sayso, {"slack": adapter.platform}))
        await stack.enter_async_context(adapter.receiving(chats, world.sayso, world.home.path))
        if not over_http:
            await slack.sockets.wait_connected()
        yield SlackWorld(world, slack, chats, adapter)
