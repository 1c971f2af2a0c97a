"""What one person alone is told: through the token of what they pressed last, which lives for fifteen minutes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord

from adapters.chat.discord.components import all_of_it, layouts
from adapters.chat.discord.pages import paged
from bot.chat import Account, Note

Interaction = discord.Interaction[Any]


class Whispers:
    """Remembers what people pressed, by thread and user."""

    def __init__(self) -> None:
        self._pressed: dict[tuple[str, str], tuple[Interaction, asyncio.Event]] = {}

    @asynccontextmanager
    async def after(self, thread: str, interaction: Interaction) -> AsyncIterator[None]:
        """Remember an interaction; nothing is told through it before the block ends.

        Inside it the interaction gets its own answer, which Discord wants first.
        """
        for key in [key for key, (kept, _) in self._pressed.items() if kept.is_expired()]:
            del self._pressed[key]
        answered = asyncio.Event()
        self._pressed[thread, str(interaction.user.id)] = interaction, answered
        try:
            yield
        finally:
            answered.set()

    async def told(self, thread: str, account: Account, note: Note) -> bool:
        """Tell somebody; False when nothing that they pressed is alive any more."""
        if (thread, account.user) not in self._pressed:
            return False
        interaction, answered = self._pressed[thread, account.user]
        await answered.wait()
        return not interaction.is_expired() and await tell(interaction, note)


async def tell(interaction: Interaction, note: Note) -> bool:
    """Tell whoever pressed something what only they see; False when Discord takes that no more."""
    shown = paged(note)
    files = all_of_it(note, shown)
    views = layouts(shown, files=[file.filename for file in files])
    try:
        for view in views:
            attached = files if view is views[-1] else []
            await interaction.followup.send(view=view, files=attached, ephemeral=True)
    except discord.HTTPException as refused:
        if refused.status in (401, 404):
            return False
        raise
    return True


async def answer(interaction: Interaction, note: Note) -> None:
    """Tell whoever pressed something, whether or not they were answered before."""
    if interaction.response.is_done():
        await tell(interaction, note)
    else:
        await interaction.response.send_message(view=layouts(paged(note))[0], ephemeral=True)
