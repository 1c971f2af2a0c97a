"""The product on the local Discord: a small owner's world, with the chat adapter on top; open it again to restart."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.chat.discord.connection import Access, Discord
from adapters.chat.hub import Chats, open_chats
from tests.support.discord.guild import ANA, BEN, CEM, GUILD
from tests.support.discord.server import TOKEN, DiscordServer
from tests.support.ending import in_time
from tests.support.world import Owner, World, open_world


def an_owner() -> Owner:
    """Return an owner whose people have accounts in Discord."""
    owner = Owner()
    for key, user in (("ana", ANA), ("ben", BEN), ("cem", CEM)):
        owner.people["people"][key]["discord"] = str(user)
    return owner


@dataclass
class Bot:
    """A running product."""

    world: World
    chats: Chats
    discord: Discord

    async def settle(self) -> None:
        """Wait until everything taken has had its effect and everything to show is shown."""
        await self.chats.inbox.idle()


@asynccontextmanager
async def open_bot(server: DiscordServer, folder: Path, owner: Owner | None = None, **how: Any) -> AsyncIterator[Bot]:
    """Run the product on a folder and the local Discord; `others` are chats beside it."""
    token, guild, others = how.pop("token", TOKEN), how.pop("guild", GUILD), how.pop("others", {})
    async with in_time("the bot") as ends, open_world(folder, owner or an_owner(), **how) as world:
        discord = Discord(Access(token, server.api_url, server.gateway_url, guild), world.home.artifacts)
        async with (
            discord.signed_in(),
            open_chats(world.sayso, {"discord": discord.platform, **others}) as chats,
            discord.receiving(chats, world.sayso, world.home.path),
        ):
            try:
                yield Bot(world, chats, discord)
            finally:
                ends()
