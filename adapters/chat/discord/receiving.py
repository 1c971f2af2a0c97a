"""What people say and press in Discord, as the messages and clicks of the conversation. Kept first, then answered.

Discord wants an answer within three seconds, whatever the core is doing: what takes longer is acknowledged without
words, and what comes of it is told through the token of the same interaction.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import discord

from adapters.chat.discord.components import CHOOSES, OPENS, choose_fields, layouts
from adapters.chat.discord.door import Door, Interaction
from adapters.chat.discord.modals import filled_in, fits, modal, possible
from adapters.chat.discord.pages import paged
from adapters.chat.discord.places import PLATFORM, Place, Posted
from adapters.chat.discord.sending import Sending
from adapters.chat.discord.whispers import answer, tell
from adapters.chat.hub import Chats
from bot import wording
from bot.chat import Account, Click, Form, Message, Note
from orchestration.errors import NotAllowed, SaysoError

ACKNOWLEDGE_SECONDS = 1.5
"""How long an answer may wait for the core; Discord gives three seconds in all."""
SAID = (discord.MessageType.default, discord.MessageType.reply)


class Receiving:
    """Takes events; none of its methods raises."""

    def __init__(self, client: discord.Client, chats: Chats, sending: Sending, door: Door) -> None:
        self._client = client
        self._chats = chats
        self._sending = sending
        self.door = door

    # ----------------------------------------------------------------------------------------------- messages

    async def heard(self, message: discord.Message) -> None:
        """Take a message that calls the bot."""
        me = self._client.user
        if me is None or message.author.bot or message.webhook_id or message.type not in SAID:
            return
        if message.guild is not None and all(user.id != me.id for user in message.mentions):
            return
        async with self.door.taking():
            if why := self.door.outside(message.guild.id if message.guild else None, message.author):
                await self.door.turned_away(message.author, why)
                if message.guild is None:
                    await message.channel.send(view=layouts(paged(Note("refused", (why,))))[0])
                return
            place = await self._about(message)
            said = message.content.replace(f"<@{me.id}>", " ").replace(f"<@!{me.id}>", " ").strip()
            name = Posted(message.channel.id, (message.id,)).name
            item = Message(name, place.address, account(message.author), said or "help")
            try:
                await self._chats.inbox.take(item)
            except SaysoError as error:  # Discord delivers a message once only, so whoever wrote it has to know
                await self._sending.whisper(item.thread, item.account, Note("error", (str(error),)))
                raise

    # --------------------------------------------------------------------------------------------- components

    async def pressed(self, interaction: Interaction, custom_id: str, values: Sequence[str]) -> None:
        """Take a button, or what was chosen."""
        async with self.door.answering(interaction) as is_welcome:
            if not is_welcome:
                return
            value = custom_id.removeprefix(OPENS).removeprefix(CHOOSES).partition("#")[0]
            if custom_id.startswith(OPENS):
                await self._open(interaction, value, values)
                return
            await self._click(interaction, values[0] if values else value, {})

    async def submitted(self, interaction: Interaction) -> None:
        """Take a modal that was sent, whether or not this process opened it."""
        async with self.door.answering(interaction) as is_welcome:
            if is_welcome:
                data: Any = interaction.data or {}
                await self._click(interaction, str(data.get("custom_id", "")), filled_in(data))

    async def _open(self, interaction: Interaction, value: str, fields: Sequence[str]) -> None:
        """Open what is behind a button: a modal, the choice of what goes into one, or lines to read."""
        click = await self._as_click(interaction, value, {})
        try:
            async with asyncio.timeout(ACKNOWLEDGE_SECONDS):
                found = await self._chats.conversation.form(click)
        except TimeoutError:
            found = Note("error", (wording.BUSY,))
        behind = possible(found) if isinstance(found, Form) else found
        if isinstance(behind, Note):
            await interaction.response.defer(ephemeral=True, thinking=True)
            await tell(interaction, behind)
        elif fields or fits(behind):
            await interaction.response.send_modal(modal(behind, fields))
        elif behind.fields:
            await interaction.response.send_message(view=choose_fields(behind), ephemeral=True)
        else:
            await answer(interaction, Note("answer", (wording.NOTHING_TO_FILL_IN,)))

    async def _click(self, interaction: Interaction, value: str, fields: dict[str, str]) -> None:
        click = await self._as_click(interaction, value, fields)
        async with self._sending.whispers.after(click.thread, interaction):
            await self._in_time(interaction, self._chats.inbox.take(click))

    async def _as_click(self, interaction: Interaction, value: str, fields: dict[str, str]) -> Click:
        message, place = interaction.message, await self.place(interaction)
        name = Posted(message.channel.id, (message.id,)).name if message else ""
        return Click(f"{PLATFORM}:{interaction.id}", place.address, account(interaction.user), value, fields, name)

    async def _in_time(self, interaction: Interaction, taking: Coroutine[Any, Any, bool]) -> None:
        """Acknowledge once it is kept; a core that is slow does not cost the token, nor a lost token the click."""
        task = asyncio.create_task(taking)
        await asyncio.wait({task}, timeout=ACKNOWLEDGE_SECONDS)
        try:
            await interaction.response.defer()
        finally:
            await task

    # ----------------------------------------------------------------------------------------------- commands

    async def asked(self, interaction: Interaction, text: str, about: discord.Message | None = None) -> None:
        """Take a request that was typed as a command, or chosen for a message, in whose thread it is answered."""
        async with self.door.answering(interaction) as is_welcome:
            if not is_welcome:
                return
            await interaction.response.defer(ephemeral=True, thinking=True)
            place = await self.place(interaction)
            begins = place.thread is None and about is None
            if place.thread is None and about is not None:
                place = Place(place.guild, place.channel, about.id)
            item = Message(f"{PLATFORM}:{interaction.id}", place.address, account(interaction.user), text, begins)
            async with self._sending.whispers.after(place.address, interaction):
                await self._chats.inbox.take(item)
                if self.door.knows(interaction):  # else what comes of it is a refusal, told to them alone
                    await tell(interaction, Note("answer", (wording.TAKEN,)))

    async def commanded(self, interaction: Interaction, text: str) -> None:
        """Answer a command that asks for nothing to be planned; whoever sent it alone sees the answer."""
        async with self.door.answering(interaction) as is_welcome:
            if not is_welcome:
                return
            await interaction.response.defer(ephemeral=True, thinking=True)
            place = await self.place(interaction)
            item = Message(f"{PLATFORM}:{interaction.id}", place.address, account(interaction.user), text)
            note = await self._chats.conversation.command(item)
            await tell(interaction, note or Note("answer", (wording.SHOWN,)))

    async def decided(self, interaction: Interaction, value: Callable[[], Awaitable[str]], reason: str = "") -> None:
        """Take a vote on exactly what was named by its digest."""
        async with self.door.answering(interaction) as is_welcome:
            if not is_welcome:
                return
            await interaction.response.defer(ephemeral=True, thinking=True)
            click = await self._as_click(interaction, await value(), {"reason": reason})
            note = await self._chats.conversation.clicked(click)
            await tell(interaction, note or Note("answer", (wording.SHOWN,)))

    # ------------------------------------------------------------------------------------------ who and where

    async def place(self, interaction: Interaction) -> Place:
        """Return where somebody pressed or typed something."""
        channel = interaction.channel
        if channel is None or interaction.channel_id is None:
            raise NotAllowed(wording.NOT_DIRECTLY)
        return await self._place(channel, None)

    async def _about(self, message: discord.Message) -> Place:
        """Return where a message stands: in a thread, in reply to what has one, or at the beginning of its own."""
        place = await self._place(message.channel, message.id)
        if message.reference is not None and message.reference.message_id and place.thread == message.id:
            replied = Place(place.guild, place.channel, message.reference.message_id)
            return replied if await self._chats.threads.has(replied.address) else place
        return place

    async def _place(self, channel: Any, message: int | None) -> Place:
        """Return the thread that a channel is, or the one that is made from a message in it."""
        if isinstance(channel, discord.PartialMessageable):
            channel = await self._client.fetch_channel(channel.id)
        if isinstance(channel, discord.Thread):
            return Place(channel.guild.id, channel.parent_id, channel.id)
        return Place(channel.guild.id, channel.id, message)


def account(user: discord.User | discord.Member) -> Account:
    """Return who somebody is."""
    return Account(PLATFORM, str(user.id))
