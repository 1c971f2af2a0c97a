"""Who gets in, and order behind the door: each event is answered or refused, and nothing raises out of it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import discord

from adapters import log
from adapters.chat.discord.failures import UNREACHABLE
from adapters.chat.discord.places import PLATFORM
from adapters.chat.discord.roles import Roles
from adapters.chat.discord.whispers import answer
from bot import wording
from bot.chat import Note, SendLater, SendRefused
from orchestration.errors import NotAllowed, SaysoError
from orchestration.policy import Rules
from orchestration.service import Orchestrator

LAST_SECONDS = 3.0
"""How long an end waits for what is being taken."""
LOST = (discord.DiscordException, SendLater, SendRefused, *UNREACHABLE)
Interaction = discord.Interaction[Any]


@dataclass
class Door:
    """One for all that arrives."""

    orchestrator: Orchestrator
    rules: Rules
    roles: Roles
    guild: int | None
    """The one server that is served; None for every one that the bot is in."""
    _working: set[asyncio.Task[Any]] = field(default_factory=set)

    def outside(self, guild: int | None, user: discord.User | discord.Member) -> str:
        """Return why somebody may say nothing here; empty when they may, and then their roles are noted."""
        if guild is None:
            return wording.NOT_DIRECTLY
        if self.guild not in (None, guild):
            return wording.NOT_THIS_SERVER
        if user.bot:
            return wording.NOT_A_BOT
        if not isinstance(user, discord.Member) or user.pending or user.flags.guest:
            return wording.NOT_A_GUEST
        self.roles.saw(guild, str(user.id), [role.id for role in user.roles])
        return ""

    def knows(self, interaction: Interaction) -> bool:
        """Whether somebody may be offered what is here."""
        is_known = self.rules.people.by_account(PLATFORM, str(interaction.user.id)) is not None
        return is_known and not self.outside(interaction.guild_id, interaction.user)

    async def turned_away(self, user: discord.User | discord.Member, why: str) -> None:
        """Put a refusal on the record."""
        await self.orchestrator.turned_away(f"{PLATFORM}:{user.id}", NotAllowed(why))

    @contextlib.asynccontextmanager
    async def answering(self, interaction: Interaction) -> AsyncIterator[bool]:
        """Refuse who may not; whatever goes wrong inside, whoever pressed gets a sentence."""
        async with self.taking():
            why = self.outside(interaction.guild_id, interaction.user)
            if why:
                await answer(interaction, Note("refused", (why,)))
                await self.turned_away(interaction.user, why)
            try:
                yield not why
            except LOST:
                raise
            except SaysoError as error:
                await answer(interaction, Note("error", (str(error),)))
            except Exception:
                logging.getLogger(__name__).exception("Something pressed or typed in Discord could not be taken.")
                await answer(interaction, Note("error", (wording.BROKEN,)))

    @contextlib.asynccontextmanager
    async def taking(self) -> AsyncIterator[None]:
        """Count as under way; what Discord does not take any more is only noted."""
        task = asyncio.current_task()
        assert task is not None  # the SDK runs every event in a task
        self._working.add(task)
        try:
            yield
        except (*LOST, SaysoError) as error:
            log.Log().warning("discord.not_answered", why=str(error) or type(error).__name__)
        finally:
            self._working.discard(task)

    async def close(self) -> None:
        """Wait for what is being taken, and end what takes too long: nothing reads or writes after this."""
        if self._working:
            _, left = await asyncio.wait(self._working, timeout=LAST_SECONDS)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
