"""Show files of evidence in a thread, in Slack's three steps."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.chat.slack.calls import SOON_SECONDS, Unlicensed, called
from adapters.chat.slack.places import Place
from bot.chat import Attachment, SendLater, SendRefused

LARGEST_BYTES = 10 * 1024 * 1024
TRIES = 3
"""How often files are tried to be shown before what goes with them is told without them."""
LOOKS = 100
LAID_DOWN_SECONDS = 5.0
"""How long evidence may take from its plan's end to its file."""


class Uploads:
    """Shows files out of the folder of artifacts."""

    def __init__(self, client: AsyncWebClient, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._failures: dict[tuple[Place, tuple[Attachment, ...]], int] = {}

    async def show(self, place: Place, files: tuple[Attachment, ...], comment: str) -> bool:
        """Show files with a line of ours; False when none is there. Raises SendLater or SendRefused."""
        try:
            is_shown = await self._shown(place, files, comment)
        except Unlicensed as lacking:
            raise SendRefused("the app may not show files") from lacking
        self._failures.pop((place, files), None)
        return is_shown

    def gives_up(self, place: Place, files: tuple[Attachment, ...]) -> bool:
        """Count a failure; True when there were enough of them."""
        failures = self._failures.pop((place, files), 0) + 1
        if failures < TRIES:
            self._failures[place, files] = failures
        return failures >= TRIES

    async def _shown(self, place: Place, files: tuple[Attachment, ...], comment: str) -> bool:
        shown = []
        for file in files:
            content = await self._content(file)
            if content:
                shown.append({"id": await self._uploaded(file.name, content), "title": file.name})
        if not shown:
            return False
        values: dict[str, Any] = {"files": shown, "channel_id": place.channel, "initial_comment": comment or None}
        await called(self._client.files_completeUploadExternal(**values, thread_ts=place.ts or None), is_post=True)
        return True

    async def _content(self, file: Attachment) -> bytes:
        """Return a file's bytes, once they are there; nothing when it does not come, or is too large."""
        path = self._folder / file.path
        if not path.resolve().is_relative_to(self._folder.resolve()):
            return b""
        for _ in range(LOOKS):
            if path.exists():
                break
            await asyncio.sleep(LAID_DOWN_SECONDS / LOOKS)
        if not path.exists() or path.stat().st_size > LARGEST_BYTES:
            return b""
        return await asyncio.to_thread(path.read_bytes)

    async def _uploaded(self, name: str, content: bytes) -> str:
        """Bring a file to Slack, where nobody sees it yet; return its id there."""
        wanted: Mapping[str, Any] = await called(
            self._client.files_getUploadURLExternal(filename=name, length=len(content))
        )
        session = self._client.session
        assert session is not None, "signed in before"
        try:
            async with session.post(str(wanted["upload_url"]), data=content) as answer:
                if answer.status != 200:
                    raise SendLater(SOON_SECONDS)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SendLater(SOON_SECONDS) from error
        return str(wanted["file_id"])
