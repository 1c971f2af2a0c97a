"""Find the channel behind an address; make the thread of a message where there is none yet."""

import discord

from adapters.chat.discord.failures import HAS_A_THREAD, UNKNOWN_CHANNEL
from adapters.chat.discord.markup import cut
from adapters.chat.discord.places import Place

LONGEST_NAME = 100


class Targets:
    """Remembers what it has found."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._known: dict[str, int] = {}
        """By address, the id of the thread or channel."""

    async def open(self, place: Place, name: str) -> discord.PartialMessageable:
        """Return where to write: the thread, one made from its message, or the channel where that cannot be."""
        if place.address not in self._known:
            self._known[place.address] = await self._find_or_make(place, name)
        return self._channel(place, self._known[place.address])

    async def beside(self, place: Place) -> discord.PartialMessageable | None:
        """Return the channel of a thread in which the bot may not write, where it writes from now on.

        None where there is no such thread, or where others read the channel than the thread.
        """
        known = self._known[place.address]
        thread = await self._client.fetch_channel(known) if known != place.channel else None
        if not isinstance(thread, discord.Thread) or thread.is_private():
            return None
        self._known[place.address] = place.channel
        return self._channel(place, place.channel)

    async def reply(self, place: Place) -> tuple[discord.PartialMessageable, discord.MessageReference | None]:
        """Return where to write without making a thread, and the message that it is an answer to."""
        if place.address in self._known or place.thread is None:
            return self._channel(place, self._known.get(place.address, place.channel)), None
        if await self._is_there(place.thread):
            return self._channel(place, place.thread), None
        about = discord.MessageReference(
            message_id=place.thread, channel_id=place.channel, guild_id=place.guild, fail_if_not_exists=False
        )
        return self._channel(place, place.channel), about

    async def _find_or_make(self, place: Place, name: str) -> int:
        if place.thread is None:
            return place.channel
        if await self._is_there(place.thread):
            return place.thread
        try:
            # By the SDK's lower layer, since its upper one needs a server that has been heard of already.
            await self._client.http.start_thread_with_message(
                place.channel, place.thread, name=cut(name, LONGEST_NAME), auto_archive_duration=10080
            )
        except discord.HTTPException as refused:
            if refused.status in (401, 429) or refused.status >= 500:
                raise
            if refused.code != HAS_A_THREAD:
                return place.channel  # the message is gone, or the bot may not make threads here
        return place.thread

    async def _is_there(self, thread: int) -> bool:
        """Whether a thread exists; one that has not been made from its message yet does not."""
        try:
            await self._client.fetch_channel(thread)
        except discord.NotFound as missing:
            if missing.code != UNKNOWN_CHANNEL:
                raise
            return False
        return True

    def _channel(self, place: Place, channel: int) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(channel, guild_id=place.guild)
