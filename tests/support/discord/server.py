"""The local Discord. `async with DiscordServer() as discord:` and point the product at `api_url` and `gateway_url`."""

import asyncio
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.support.discord.gateway import Gateway
from tests.support.discord.guild import OPS, THREAD, Channel, Message, Model
from tests.support.discord.http_api import PREFIX, HttpApi
from tests.support.discord.interactions import Interactions
from tests.support.discord.markdown import read
from tests.support.discord.people import People

TOKEN = "local.discord.token"


class DiscordServer:
    """Everything a test needs: `people` act, `model` is what is there, `api` and `gateway` get in the way.

    Leaving it fails when the bot sent anything that Discord would not take.
    """

    def __init__(self) -> None:
        self.model = Model()
        self.gateway = Gateway(self.model, TOKEN)
        self.interactions = Interactions(self.model)
        self.api = HttpApi(self.model, self.gateway, self.interactions, TOKEN)
        self.people = People(self.model, self.gateway, self.interactions)
        self.api_url = ""
        self._runner: web.AppRunner | None = None

    @property
    def gateway_url(self) -> str:
        """Return where the bot listens."""
        return self.gateway.url

    def thread(self, number: int = -1) -> Channel:
        """Return a thread of the channel, by default the newest."""
        return [one for one in self.model.channels.values() if one.type == THREAD][number]

    def shown(self, channel: Channel | None = None) -> list[Message]:
        """Return what the bot shows in a thread (the newest), oldest first."""
        place = channel or self.thread()
        return [one for _, one in sorted(place.messages.items()) if one.payload["author"]["bot"]]

    def text(self, channel: Channel | None = None) -> str:
        """Return all that the bot shows in a thread."""
        return "\n\n".join(message.text for message in self.shown(channel))

    @property
    def ops(self) -> Channel:
        """Return the channel that people ask in."""
        return self.model.channels[OPS]

    async def until(self, is_so: Callable[[], Any], seconds: float = 20) -> None:
        """Wait until something is so; what has not come about yet may raise."""
        ends = time.monotonic() + seconds
        for _ in iter(lambda: _holds(is_so), True):
            if time.monotonic() > ends:
                raise TimeoutError(f"it did not come about within {seconds:.0f} s; last shown:\n{self._last_shown()}")
            await asyncio.sleep(0.01)

    async def shows(self, *words: str, channel: Channel | None = None, seconds: float = 20) -> None:
        """Wait until the bot shows these words in a thread (the newest), as a reader sees them."""
        try:
            await self.until(lambda: all(word in read(self.text(channel)) for word in words), seconds)
        except TimeoutError:
            raise AssertionError(f"not all of {words} in:\n{self.text(channel)}") from None

    def _last_shown(self) -> str:
        messages = [one for channel in self.model.channels.values() for one in self.shown(channel)]
        return "\n\n".join(message.text for message in sorted(messages, key=lambda message: message.id)[-3:])

    async def finished(self, process: "subprocess.Popen[str]") -> tuple[str, str]:
        """Return what a process has printed once it has ended; it may want answers until then."""
        return await asyncio.to_thread(process.communicate, timeout=60)

    def card(self, channel: Channel | None = None) -> Message:
        """Return the newest card of a thread: the last message with buttons of a plan."""
        return [one for one in self.shown(channel) if "Details" in one.labels][-1]

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_get("/gateway/", self.gateway.serve)
        app.router.add_route("*", f"{PREFIX}/{{path:.+}}", self.api.serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.api_url, self.gateway.url = f"http://127.0.0.1:{port}{PREFIX}", f"ws://127.0.0.1:{port}/gateway/"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.gateway.close()
        assert self._runner is not None
        await self._runner.cleanup()
        if error is None:
            assert self.api.violations == []


def _holds(is_so: Callable[[], Any]) -> bool:
    with suppress(LookupError, StopIteration, AttributeError):
        return bool(is_so())
    return False
