"""Write to Discord: the port that the conversation shows everything through.

Everything goes by the bot's own token, so that it can be changed for ever. Each post has a nonce, by which Discord
itself drops a second one, and a mark by which it is found again when it is in doubt whether it was taken.
"""

import asyncio
import hashlib
import io
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
from discord import ui

from adapters.chat.discord.components import all_of_it, layouts, marker, text
from adapters.chat.discord.failures import (
    MISSING_PERMISSIONS,
    OLD_EDITS_ARE_THROTTLED,
    THREAD_IS_ARCHIVED,
    UNKNOWN_MESSAGE,
    Failures,
)
from adapters.chat.discord.pages import paged, title
from adapters.chat.discord.places import Place, Posted, read_place, read_posted
from adapters.chat.discord.targets import Targets
from adapters.chat.discord.whispers import Whispers
from bot import wording
from bot.chat import Account, Attachment, Note, Pace, Post, ShownCard

PACE = Pace(per_second=10, burst=20, thread_seconds=2.0, reserved=5)
"""Discord takes 50 requests a second in all, and about 5 writes in 5 seconds in one channel."""
OLD = timedelta(minutes=55)
"""Discord throttles edits of messages that are older than an hour."""
LOOKED_BACK = 50
LARGEST_FILE = 8 * 1024 * 1024
"""Bytes; Discord takes 10 MiB in a request."""
CALL_SECONDS = 60.0
RETIRE_SECONDS = 5.0
LOOKS, BETWEEN_LOOKS_SECONDS = 40, 0.05
"""How often a file that is being written is looked for."""


@dataclass(frozen=True, slots=True)
class _Letter:
    """Something that is to be posted."""

    thread: str
    post: Post
    key: str
    is_in_doubt: bool = False


class Sending:
    """The platform `discord`."""

    def __init__(self, client: discord.Client, artifacts: Path, signed_in: asyncio.Event, failures: Failures) -> None:
        self._client = client
        self._failures = failures
        self._artifacts = artifacts
        self._signed_in = signed_in
        self._targets = Targets(client)
        self.whispers = Whispers()
        self._tries: dict[tuple[str, str], str] = {}
        """By thread and key, what makes the nonce of a card that is being posted: the same one may be posted again."""

    @property
    def pace(self) -> Pace:
        """Return how much Discord takes."""
        return PACE

    async def post(self, thread: str, post: Post, key: str, is_in_doubt: bool) -> str:
        """Show something new; return its name, or the address of the thread that it begins."""
        await self._signed_in.wait()
        place = read_place(thread)
        async with self._call():
            posted = await self._deliver(place, _Letter(thread, post, key, is_in_doubt))
        if isinstance(post, Note) and post.kind == "asked":
            return Place(place.guild, place.channel, posted.messages[0]).address
        return posted.name

    def below(self, thread: str, message: str) -> str:
        """Return the address of the thread that a card is in, or else of the one made from it."""
        place = read_place(thread)
        first = read_posted(message).messages[0]
        return thread if place.thread else Place(place.guild, place.channel, first).address

    async def edit(self, thread: str, message: str, post: Post) -> str:
        """Overwrite a message, or post it anew where Discord will not have it changed any more."""
        await self._signed_in.wait()
        posted = read_posted(message)
        async with self._call():
            return (await self._overwrite(posted, post, thread)).name

    async def whisper(self, thread: str, account: Account, note: Note) -> None:
        """Tell one person; where nothing they pressed is alive any more, in the thread, without calling them."""
        await self._signed_in.wait()
        async with self._call():
            if await self.whispers.told(thread, account, note):
                return
            channel, about = await self._targets.reply(read_place(thread))
            files = await self._files(note)
            views = layouts(paged(note), files=[file.filename for file in files])
            for view in views:
                await _send(channel, view, files if view is views[-1] else (), about=about)

    @asynccontextmanager
    async def _call(self) -> AsyncIterator[None]:
        """Take a call to Discord in time; raises SendLater or SendRefused."""
        with self._failures.as_the_core_has_it():
            try:
                async with asyncio.timeout(CALL_SECONDS):
                    yield
            except TimeoutError:
                # The SDK would keep everything waiting for ever, were this call the one that waits a global limit out.
                self._client.http._global_over.set()
                raise

    # ------------------------------------------------------------------------------------------------- posting

    async def _deliver(self, place: Place, letter: _Letter) -> Posted:
        """Post in a thread, or in its channel where the bot may make threads and not write in them."""
        channel = await self._targets.open(place, title(letter.post))
        try:
            return await self._put(channel, letter)
        except discord.Forbidden as refused:
            beside = await self._targets.beside(place) if refused.code == MISSING_PERMISSIONS else None
            if beside is None:
                raise
            return await self._put(beside, letter)

    async def _put(self, channel: discord.PartialMessageable, letter: _Letter) -> Posted:
        """Send each page that is not there yet; without the files where the bot may not attach any."""
        files = await self._files(letter.post)
        try:
            return await self._pages(channel, letter, files)
        except discord.Forbidden as refused:
            if not files or refused.code != MISSING_PERMISSIONS:
                raise
            return await self._pages(channel, letter, ())

    async def _pages(
        self, channel: discord.PartialMessageable, letter: _Letter, files: Sequence[discord.File]
    ) -> Posted:
        views = layouts(paged(letter.post), letter.key, [file.filename for file in files])
        found = await self._find(channel) if letter.is_in_doubt else {}
        nonce, names = self._nonce(letter), []
        for number, view in enumerate(views):
            name = found.get(marker(letter.key, number))
            if name is None:
                attached = files if number == len(views) - 1 else ()
                name = await _send(channel, view, attached, nonce=f"{nonce}.{number}")
            elif isinstance(letter.post, ShownCard):
                await self._change(channel.id, name, view)
            names.append(name)
        self._tries.pop((letter.thread, letter.key), None)
        return Posted(channel.id, tuple(names))

    def _nonce(self, letter: _Letter) -> str:
        """Return what Discord knows a post by; with the number of a page at most 25 characters."""
        name = (letter.thread, letter.key)
        salt = self._tries.setdefault(name, secrets.token_hex(4)) if isinstance(letter.post, ShownCard) else ""
        return hashlib.blake2b(f"{letter.thread} {letter.key} {salt}".encode(), digest_size=11).hexdigest()

    async def _find(self, channel: discord.PartialMessageable) -> dict[int, int]:
        """Return the newest messages of ours by the mark of each; none where the bot may not read what it wrote."""
        found: dict[int, int] = {}
        with suppress(discord.Forbidden):
            async for message in channel.history(limit=LOOKED_BACK):
                mark = getattr(message.components[0], "id", None) if message.components else None
                if mark and self._client.user and message.author.id == self._client.user.id:
                    found.setdefault(mark, message.id)
        return found

    async def _files(self, post: Post) -> list[discord.File]:
        if not isinstance(post, Note):
            return []
        read = [(one, await self._content(one)) for one in post.files]
        files = [discord.File(io.BytesIO(content), one.name) for one, content in read if content]
        return [*files, *all_of_it(post, paged(post))]

    async def _content(self, file: Attachment) -> bytes:
        """Return what is in a file of evidence; nothing when it is too large, or not there in time."""
        path = self._artifacts / file.path
        for _ in range(LOOKS):
            with suppress(OSError):
                content = await asyncio.to_thread(path.read_bytes)
                return content if len(content) <= LARGEST_FILE else b""
            await asyncio.sleep(BETWEEN_LOOKS_SECONDS)
        return b""

    # ------------------------------------------------------------------------------------------------- changing

    async def _overwrite(self, posted: Posted, post: Post, thread: str) -> Posted:
        letter = _Letter(thread, post, post.card.plan_id if isinstance(post, ShownCard) else posted.name)
        views = layouts(paged(post), letter.key)
        if len(views) > len(posted.messages) or _is_old(posted.messages[-1]):
            return await self._replace(posted, letter)
        try:
            for message, view in zip(posted.messages, views, strict=False):
                await self._change(posted.channel, message, view)
        except discord.HTTPException as refused:
            if refused.code == THREAD_IS_ARCHIVED:  # a new message opens it again
                return await self._replace(posted, letter)
            if refused.code not in (OLD_EDITS_ARE_THROTTLED, UNKNOWN_MESSAGE):
                raise
            return await self._anew(posted, letter)
        for surplus in posted.messages[len(views) :]:
            await self._remove(posted.channel, surplus)
        return Posted(posted.channel, posted.messages[: len(views)])

    async def _replace(self, posted: Posted, letter: _Letter) -> Posted:
        put = await self._anew(posted, letter)
        await self._retire(posted)
        return put

    async def _anew(self, posted: Posted, letter: _Letter) -> Posted:
        return await self._put(self._client.get_partial_messageable(posted.channel), letter)

    async def _retire(self, posted: Posted) -> None:
        """Have a post say that it is shown anew, where Discord still lets it be changed."""
        with suppress(discord.DiscordException, TimeoutError):
            async with asyncio.timeout(RETIRE_SECONDS):
                for message in posted.messages:
                    await self._change(posted.channel, message, text(wording.SHOWN_ANEW))

    async def _change(self, channel: int, message: int, view: ui.LayoutView) -> None:
        # The SDK leaves out what the client allows by default where a message is changed by its number alone.
        found = self._client.get_partial_messageable(channel).get_partial_message(message)
        await found.edit(view=view, allowed_mentions=discord.AllowedMentions.none())

    async def _remove(self, channel: int, message: int) -> None:
        with suppress(discord.NotFound):
            await self._client.get_partial_messageable(channel).get_partial_message(message).delete()


async def _send(
    channel: discord.PartialMessageable,
    view: ui.LayoutView,
    files: Sequence[discord.File] = (),
    *,
    nonce: str | None = None,
    about: discord.MessageReference | None = None,
) -> int:
    more: dict[str, Any] = {"reference": about} if about else {}
    message = await channel.send(view=view, files=files, nonce=nonce or secrets.token_hex(12), **more)
    return message.id


def _is_old(message: int) -> bool:
    return discord.utils.utcnow() - discord.utils.snowflake_time(message) > OLD
