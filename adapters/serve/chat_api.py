"""What `sayso chat` asks of a running serve: its lines go to the conversation, and what is shown comes as a stream."""

from contextlib import aclosing
from typing import Any

from aiohttp import web

from adapters.chat.hub import Chats
from adapters.chat.terminals import Terminals
from adapters.serve.api import Api
from adapters.serve.bodies import PREFIX
from adapters.serve.chat_bodies import SaidBody, news_data
from bot.chat import Account
from orchestration.approval.decision import Voice
from orchestration.errors import InvalidRequest
from orchestration.people import People


class ChatApi:
    """The routes of the terminals that chat."""

    def __init__(self, api: Api, chats: Chats, terminals: Terminals) -> None:
        self._api = api
        self._chats = chats
        self._terminals = terminals

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_post(f"{PREFIX}/chat/take", self._api.post(SaidBody, self._take))
        app.router.add_get(f"{PREFIX}/chat/news", self._news)

    async def _take(self, _id: str, voice: Voice, body: SaidBody) -> dict[str, Any]:
        _check(body.thread)
        taken = await self._chats.inbox.take(body.item(_account(voice, self._api.people)))
        return {"taken": taken}

    async def _news(self, request: web.Request) -> web.StreamResponse:
        thread = request.query.get("thread", "")
        _check(thread)
        stream = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await stream.prepare(request)
        async with aclosing(self._terminals.news(thread)) as found:
            async for news in found:
                await stream.write(news_data(news))
        return stream


def _check(thread: str) -> None:
    if not thread.startswith("terminal:"):
        raise InvalidRequest("thread: must begin with «terminal:».")


def _account(voice: Voice, people: People) -> Account:
    """Return the account behind a voice: the system user, and whom they speak for."""
    own = people.people[voice.person].terminal if voice.person in people.people else []
    return Account("terminal", voice.asserted_by or (own[0] if own else ""), voice.person)
