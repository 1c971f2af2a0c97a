"""`sayso serve`: owns the home and runs what is configured, until it is told to stop."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime

from aiohttp import web

from adapters import log
from adapters.chat.hub import Chats, open_chats
from adapters.chat.platforms import connections
from adapters.chat.terminals import Terminals
from adapters.cli import exits, sentences
from adapters.cli.output import JsonOutput, Output, program
from adapters.cli.session import SERVE, Context, own_context
from adapters.file_rights import shown_path
from adapters.serve import listeners
from adapters.serve.api import Api
from adapters.serve.chat_api import ChatApi
from adapters.serve.journal import Journal
from adapters.serve.metrics import Chatting, metrics
from adapters.serve.notify import notify
from adapters.serve.reloading import Reloading
from adapters.serve.run_file import run_file
from adapters.serve.socket_file import NAME
from adapters.serve.token_file import metrics_token
from adapters.serve.verification import Verifying
from adapters.serve.web import Pages
from adapters.settings import load_settings
from adapters.wiring import Sayso, open_sayso
from orchestration.ports import timestamp
from orchestration.redaction import Redactor

DRAIN_SECONDS = 30
"""How long running tasks may take to finish at the end; what still runs then is settled by the next start."""

SHOW_SECONDS = 2.0
"""How long the chats may take after that to show how it ended."""


async def serve(output: Output) -> int:
    """Run until SIGTERM or SIGINT; a second one stops at once. Return the exit code."""
    context = own_context(load_settings())
    log.configure(_level(context), Redactor(()))
    stops = _Stops()
    with context.home.own(SERVE):
        async with AsyncExitStack() as stack:
            sayso = await stack.enter_async_context(open_sayso(context.settings, context.configuration, context.home))
            serving = _Serving(context, sayso)
            url = await serving.open(stack)
            _greet(context, url, output)
            notify("READY=1")
            await stops.first.wait()
            notify("STOPPING=1")
            log.Log().info("serve.stopping", running=sayso.transport.busy)
            output.say(sentences.stopping(sayso.transport.busy, DRAIN_SECONDS))
            await stops.unless_again(serving.drain())
            left = sayso.transport.busy
    log.Log().info("serve.stopped", running=left)
    output.write({"event": "result", "running": left})
    output.say(sentences.stopped(left))
    return exits.DONE


class _Serving:
    """What a serve has open beside its Sayso."""

    def __init__(self, context: Context, sayso: Sayso) -> None:
        self._context = context
        self._sayso = sayso
        self._verifying = Verifying()
        self._chats: Chats | None = None
        self._terminals = Terminals()
        self._connections = connections(context.settings, context.home.artifacts)
        reloading = Reloading(sayso.operating, context.settings, context.configuration)
        self._api = Api(sayso, context.settings, reloading, str(context.database.absolute()))

    async def open(self, stack: AsyncExitStack) -> str | None:
        """Open the pages and the socket, and begin to dispatch; return the address of the pages."""
        # First what can be refused: a port that is taken ends the start before anything was run.
        url = await self._open_pages(stack)
        stack.callback(self._sayso.store.watch(Journal().committed))
        app = self._api.app()
        await self._open_chats(stack, app)
        await self._sayso.go()
        await stack.enter_async_context(listeners.on_socket(app, self._context.home.path))
        stack.callback(self._api.let_go)
        stack.callback(self._terminals.end)
        verifying = asyncio.create_task(self._verifying.run())
        stack.push_async_callback(_ended, verifying)
        stack.enter_context(run_file(self._context.home.path, self._facts(url)))
        return url

    async def drain(self) -> None:
        """Take nothing new, start nothing new, and wait for what runs; not longer than is allowed."""
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await asyncio.gather(self._api.finish(), self._sayso.drain(lambda _sentence: None))
        except TimeoutError:
            log.Log().warning("serve.not_drained", running=self._sayso.transport.busy)
        await self._show_the_rest()

    async def _show_the_rest(self) -> None:
        """Have how it ended reach whoever looks on in a chat, if that does not take long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SHOW_SECONDS):
                while self._chats and self._chats.threads.waiting:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)

    async def _open_chats(self, stack: AsyncExitStack, app: web.Application) -> None:
        """Talk on every platform that is configured; terminals come through the socket."""
        terminals, connected = self._terminals, self._connections
        for connection in connected.values():
            await stack.enter_async_context(connection.signed_in())
        platforms = {name: connection.platform for name, connection in connected.items()}
        chats = await stack.enter_async_context(open_chats(self._sayso, {"terminal": terminals, **platforms}))
        self._chats = chats
        for connection in connected.values():
            await stack.enter_async_context(connection.receiving(chats, self._sayso, self._context.home.path))
        ChatApi(self._api, chats, terminals).add_to(app)

    async def _open_pages(self, stack: AsyncExitStack) -> str | None:
        settings, home = self._context.settings, self._context.home
        if settings.http_address is None:
            return None
        hosts = filter(None, (settings.http_address[0], settings.public_host))
        token = metrics_token(home.keys / "metrics.token")
        pages = Pages(self._troubles, self._connected, self._metrics, token, frozenset(hosts))
        app = pages.app()
        for connection in self._connections.values():
            app.add_routes(connection.routes)
        return await stack.enter_async_context(listeners.on_address(app, settings.http_address))

    async def _metrics(self) -> str:
        threads = self._chats.threads if self._chats else None
        chatting = Chatting(threads.waiting, threads.parked, await self._connected()) if threads else Chatting()
        return await metrics(self._sayso, self._verifying, chatting)

    async def _connected(self) -> dict[str, bool]:
        return {name: await connection.is_connected() for name, connection in self._connections.items()}

    def _troubles(self) -> list[str]:
        trouble = self._sayso.store.trouble
        return [*([trouble] if trouble else []), *(["It is stopping."] if self._api.is_stopping else [])]

    def _facts(self, url: str | None) -> dict[str, object]:
        socket = str(self._context.home.path / NAME)
        return {"pid": os.getpid(), "url": url, "socket": socket, "started_at": timestamp(datetime.now(UTC))}


class _Stops:
    """The signals that end a serve: the first asks, the second insists."""

    def __init__(self) -> None:
        self.first, self._again = asyncio.Event(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._came)

    def _came(self) -> None:
        (self._again if self.first.is_set() else self.first).set()

    async def unless_again(self, work: Coroutine[None, None, None]) -> None:
        """Do some work to its end, or until somebody insists."""
        doing, insisting = asyncio.ensure_future(work), asyncio.ensure_future(self._again.wait())
        await asyncio.wait({doing, insisting}, return_when=asyncio.FIRST_COMPLETED)
        insisting.cancel()
        await _ended(doing)


async def _ended(doing: asyncio.Future[None]) -> None:
    """End what runs, if it still does."""
    doing.cancel()
    with suppress(asyncio.CancelledError):
        await doing


def _level(context: Context) -> str:
    """Return how much is logged: of a serve more than of a command, unless the owner has set it."""
    return context.settings.log_level if "log_level" in context.settings.model_fields_set else "info"


def _greet(context: Context, url: str | None, output: Output) -> None:
    home = context.home
    log.Log().info("serve.started", pid=os.getpid(), url=url or "off")
    if isinstance(output, JsonOutput):
        output.write({"event": "serving", "pid": os.getpid(), "home": str(home.path), "url": url})
        return
    output.say(
        f"Sayso serves {shown_path(home.path)}. Stop it with Ctrl-C.",
        f"  Ask      {program()} ask {_suggested(context)}",
    )
    if url:
        token = shown_path(home.keys / "metrics.token")
        output.say(f"  Health   {url}/health", f"  Metrics  {url}/metrics   (bearer token in {token})")


def _suggested(context: Context) -> str:
    """Return something that can be asked for here."""
    if context.settings.uses_shipped_example:
        return "Deploy Kuma and add existing portals to config"
    phrases = (phrase for one in context.configuration.catalogue.operations.values() for phrase in one.says)
    return next((phrase for phrase in phrases if "{" not in phrase), "for something")
