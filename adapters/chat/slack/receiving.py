"""What Slack delivers, taken: verified, kept durably, acknowledged. Nothing else waits or raises before the answer.

Bolt's listeners run before its acknowledgement (`process_before_response`), so what could not be kept is not
acknowledged, and Slack delivers it again. What takes time (a modal, a Home tab) is begun and not waited for.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.chat.hub import Chats
from adapters.chat.slack import incoming, modals, presses, surface
from adapters.chat.slack.calls import called
from adapters.chat.slack.home import Homes
from adapters.chat.slack.incoming import ODD, Installation
from adapters.chat.slack.places import PLATFORM
from adapters.log import Log
from bot.chat import Account, Click, Note, Platform, SendLater, SendRefused
from orchestration.errors import InvalidRequest

ANYTHING = re.compile(".*", re.DOTALL)
Body = Mapping[str, Any]
Take = Callable[[Body], Awaitable[None]]


class Receiving:
    """Takes what one workspace delivers."""

    def __init__(self, chats: Chats, client: AsyncWebClient, here: Installation, platform: Platform) -> None:
        self._chats = chats
        self._client = client
        self._here = here
        self._platform = platform
        self.members_changed: Callable[[], None] = lambda: None
        self.homes = Homes(client, chats.conversation)
        self._doing: set[asyncio.Task[None]] = set()

    def app(self, token: str) -> AsyncApp:
        """Return the Bolt app; whoever hands it something has verified where that comes from."""
        here = self._here
        app = AsyncApp(
            client=AsyncWebClient(base_url=self._client.base_url),  # nothing calls through Bolt
            authorize=_authorizing(AuthorizeResult(
                enterprise_id=None, team_id=here.team, bot_token=token, bot_user_id=here.bot_user, bot_id=here.bot
            )),
            process_before_response=True,
            request_verification_enabled=False,
            ssl_check_enabled=False,
        )  # fmt: skip
        app.event(ANYTHING)(self._listener(self._event))
        app.action(ANYTHING)(self._listener(self._action))
        app.view(ANYTHING)(self._listener(self._sent))
        app.view_closed(ANYTHING)(self._listener(_nothing))
        app.command(surface.COMMAND)(self._listener(self._command))
        app.shortcut(surface.SHORTCUT)(self._listener(self._shortcut))
        app.error(_failed)
        return app

    async def close(self) -> None:
        """End; what was not opened in time is opened by pressing again."""
        await self.homes.close()
        for task in list(self._doing):
            task.cancel()
        await asyncio.gather(*self._doing, return_exceptions=True)

    # -------------------------------------------------------------------------------------------- what came in

    async def _event(self, body: Body) -> None:
        kind = body["event"]["type"]
        if not self._is_ours(body):
            return
        if kind in ("app_mention", "message"):
            await self._heard(body)
        elif kind in surface.MEMBERS:
            self.members_changed()
        elif kind in surface.HOME and body["event"].get("tab") == "home":
            self.homes.opened(Account(PLATFORM, f"{self._here.team}/{body['event']['user']}"))

    async def _heard(self, body: Body) -> None:
        message = incoming.mention(body, self._here)
        if message is None or not message.text:
            return
        if message.is_overheard and (message.thread == message.id or not await self._chats.threads.has(message.thread)):
            return
        await self._chats.inbox.take(message)

    async def _action(self, body: Body) -> None:
        action_id = str(body["actions"][0]["action_id"])
        if action_id.startswith(modals.TURN):
            self._begin(self._turn(body))
        elif presses.opens(action_id):
            self._begin(self._open(incoming.click(body, self._here), str(body["trigger_id"])))
        elif action_id.startswith(presses.PRESS):
            await self._chats.inbox.take(incoming.click(body, self._here))

    async def _sent(self, body: Body) -> None:
        if body["view"].get("callback_id") == modals.FORM:
            await self._chats.inbox.take(incoming.submission(body))

    async def _command(self, body: Body) -> None:
        await self._chats.inbox.take(incoming.command(body, self._here))

    async def _shortcut(self, body: Body) -> None:
        await self._chats.inbox.take(incoming.shortcut(body, self._here))

    def _is_ours(self, body: Body) -> bool:
        """Whether an event is for this installation, and not for the same app in another workspace."""
        teams = [one.get("team_id") for one in body.get("authorizations") or []] or [body.get("team_id")]
        return self._here.team in teams

    # ----------------------------------------------------------------------------------------------- what opens

    async def _open(self, click: Click, trigger_id: str) -> None:
        opened = await self._chats.conversation.form(click)
        if isinstance(opened, Note) and opened.kind == "error":
            await self._platform.whisper(click.thread, click.account, opened)
            return
        view = modals.pages(opened.lines, click, 0) if isinstance(opened, Note) else modals.form(opened, click)
        await called(self._client.views_open(trigger_id=trigger_id, view=view))

    async def _turn(self, body: Body) -> None:
        """Turn a page of details, made anew from what is stored."""
        kept = modals.read_behind(body["view"]["private_metadata"])
        account = incoming.click(body, self._here).account
        click = Click("", kept.thread, account, kept.button, {}, kept.message)
        opened = await self._chats.conversation.form(click)
        if isinstance(opened, Note):
            view = modals.pages(opened.lines, click, int(body["actions"][0]["value"]))
            await called(self._client.views_update(view_id=body["view"]["id"], view=view))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_to_its_end(work))
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    def _listener(self, take: Take) -> Callable[..., Awaitable[None]]:
        async def listen(ack: Callable[[], Awaitable[Any]], body: dict[str, Any]) -> None:
            await take(body)
            await ack()

        return listen


def _authorizing(result: AuthorizeResult) -> Callable[..., Awaitable[AuthorizeResult]]:
    async def authorize() -> AuthorizeResult:
        return result

    return authorize


async def _failed(error: Exception) -> BoltResponse:
    """Answer what could not be taken: an odd payload is not wanted again, anything else is."""
    if isinstance(error, (*ODD, InvalidRequest)):
        Log().warning("slack.odd_payload", problem=repr(error)[:200])
        return BoltResponse(status=200)
    Log().error("slack.not_taken", problem=repr(error)[:200])
    return BoltResponse(status=503)


async def _nothing(_body: Body) -> None:
    return None


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except (SendLater, SendRefused, *ODD) as error:
        Log().warning("slack.not_opened", problem=repr(error)[:200])
