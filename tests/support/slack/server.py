"""The local Slack: Web API, Socket Mode, uploads and response_urls on one loopback port.

Tests open it with `async with SlackServer() as slack:` and point the product at `slack.api_url` (SLACK_API_URL).
"""

import secrets
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.support.slack.answers import Answers
from tests.support.slack.delivery import Post
from tests.support.slack.ledger import Ledger
from tests.support.slack.markup import Mention, in_blocks
from tests.support.slack.methods import State
from tests.support.slack.modals import Modals
from tests.support.slack.people import People
from tests.support.slack.signed_http import SignedHttp
from tests.support.slack.sockets import Sockets
from tests.support.slack.web_api import WebApi
from tests.support.slack.workspace import Workspace, small_workspace

BOT_TOKEN = "xoxb-local"
APP_TOKEN = "xapp-local"


class SlackServer:
    """Everything a test needs: `people` act, `ledger` remembers, `limits` and `faults` get in the way."""

    def __init__(self, workspace: Workspace | None = None) -> None:
        self.workspace = workspace or small_workspace()
        self.ledger = Ledger()
        self.modals = Modals(self.workspace)
        self.state = State(self.workspace, self.ledger, self.modals)
        self.api = WebApi(self.state)
        self.limits, self.faults = self.api.limits, self.api.faults
        self.sockets = Sockets(self.workspace.app_id)
        self.answers = Answers(self.state)
        self.post = Post(self.sockets)
        self.people = People(self.state, self.post, self.answers)
        self.signing_secret = secrets.token_hex(16)
        self.state.new_socket = self.sockets.ticket
        self._http: list[SignedHttp] = []
        self._runner: web.AppRunner | None = None

    @property
    def api_url(self) -> str:
        """Return the base address of the Web API, for SLACK_API_URL and AsyncWebClient(base_url=...)."""
        return f"{self.state.base}/api/"

    def mentions(self, *allowed: str) -> list[Mention]:
        """Return what anything the bot ever showed pings or links to, but for targets that may be there."""
        messages = (one for message in self.ledger.all_of_bot() for one in message.mentions())
        views = (one for view in self.modals.shown for one in in_blocks(view["blocks"], "/view/blocks"))
        return [one for one in (*messages, *views) if one.target not in allowed]

    async def start(self) -> Self:
        """Listen on a free loopback port."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_route("*", "/api/{method:.+}", self.api.serve)
        app.router.add_get("/link", self.sockets.connect)
        app.router.add_post("/actions/{name}", self.answers.serve)
        app.router.add_post("/upload/{id}", self._upload)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.state.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def stop(self) -> None:
        """Give everything back."""
        self.faults.end()
        await self.sockets.close()
        for http in self._http:
            await http.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def use_http(self, url: str) -> SignedHttp:
        """Send everything from now on as signed requests to an address, instead of through sockets."""
        http = SignedHttp(url, self.signing_secret, self.sockets.ack_seconds)
        self._http.append(http)
        self.post.carrier = http
        return http

    async def _upload(self, request: web.Request) -> web.Response:
        upload = self.state.uploads.get(request.match_info["id"])
        if upload is None:
            return web.Response(status=404, text="no_such_upload")
        content: Any = await request.read()
        if request.content_type == "multipart/form-data":
            content = next(iter((await request.post()).values())).file.read()  # type: ignore[union-attr]
        if len(content) != upload.length:
            return web.Response(status=400, text="length_mismatch")
        upload.content = content
        return web.Response(text=f"OK - {len(content)}")
