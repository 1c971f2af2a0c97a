"""What one person alone is told: through the token of what they pressed last, which lives for fifteen minutes."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import discord

from adapters.chat.discord.components import layouts
from adapters.chat.discord.pages import Page, paged
from bot import wording
from bot.chat import Account, Note

ALL_OF_IT = "all-of-it.txt"
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
    """Tell whoever pressed something what only they see; False when Discord takes that no more.

    What takes too many pages goes as a file.
    """
    shown, name = paged(note), ""
    if shown.is_cut:
        shown, name = replace(shown, pages=(shown.pages[0], Page("", wording.IN_THE_FILE))), ALL_OF_IT
    views = layouts(shown, files=[name] if name else [])
    try:
        for number, view in enumerate(views):
            is_last = name and number == len(views) - 1
            files = [discord.File(io.BytesIO("\n".join(note.lines).encode()), name)] if is_last else []
            await interaction.followup.send(view=view, files=files, ephemeral=True)
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
