"""Who has which role in Discord, as far as the owner's groups name roles.

Read when the bot comes up, now and then, and at every click and message of somebody, who brings their roles along: a
role that somebody got or lost counts from then on.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import discord

from adapters.chat.discord.places import PLATFORM
from orchestration.policy import Rules
from orchestration.ports import Committed

EVERY_SECONDS = 300.0


class Roles:
    """Tells the rules."""

    def __init__(self, rules: Rules, guild: int | None) -> None:
        self._rules = rules
        self._guild = guild
        self._roles: dict[tuple[int, str], frozenset[str]] = {}
        """By server and user."""
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Read all anew, soon."""
        self._changed.set()

    def committed(self, news: Committed) -> None:
        """Note that the people file was taken anew."""
        if any(event.name == "people.loaded" for event in news.events):
            self.changed()

    def saw(self, guild: int, user: str, roles: Iterable[int]) -> None:
        """Note the roles of somebody as they are now."""
        self._roles[guild, user] = frozenset(map(str, roles))
        self._tell()

    async def run(self, client: discord.Client) -> None:
        """Keep up to date until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS):  # `wait_for` of Python 3.11 may swallow the end of this task
                    await self._changed.wait()
            self._changed.clear()
            await self._read(client)

    async def _read(self, client: discord.Client) -> None:
        self._tell()
        if not self._named():
            return
        for guild in client.guilds if self._guild is None else filter(None, [client.get_guild(self._guild)]):
            for person in self._rules.people.people.values():
                for user in person.discord:
                    await self._look(guild, user)

    async def _look(self, guild: discord.Guild, user: str) -> None:
        before = self._roles.get((guild.id, user))
        try:
            member = await guild.fetch_member(int(user))
            roles = [role.id for role in member.roles]
        except discord.NotFound:
            roles = []
        except (discord.DiscordException, OSError):
            return  # what was known still counts; each click brings what is true then
        if self._roles.get((guild.id, user)) is before:  # else a click has brought what is newer
            self.saw(guild.id, user, roles)

    def _tell(self) -> None:
        joined = {group: self._having(role) for group, role in self._named().items()}
        if joined != self._rules.people.joined.get(PLATFORM, {}):
            self._rules.join(PLATFORM, joined)

    def _named(self) -> dict[str, str]:
        """Return the role of each group that has one."""
        groups = self._rules.people.groups.items()
        return {name: group.discord_role for name, group in groups if group.discord_role}

    def _having(self, role: str) -> frozenset[str]:
        return frozenset(user for (_, user), roles in self._roles.items() if role in roles)
