"""The stage in the local Slack."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapters.chat.platforms import Connection
from adapters.chat.slack.connection import Access, Slack
from tests.support.slack import APP_TOKEN, BOT_TOKEN, Message, SlackServer, buttons
from tests.support.slack_world import SUBSCRIPTIONS, workspace
from tests.support.stage import MAIN, PEOPLE, House
from tests.support.stage_connected import ConnectedStage

CHANNEL = "C1"
OPENS = "open."
"""How action ids begin behind which a form opens."""


class SlackStage(ConnectedStage[Message]):
    """People mention the bot in a channel and read its answers in the thread of that mention."""

    name = "slack"

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.server = SlackServer(workspace())
        self.server.people.subscriptions = SUBSCRIPTIONS
        self._threads: dict[str, str] = {}

    def served(self) -> AbstractAsyncContextManager[Any]:
        """Run the local Slack."""
        return self.server

    def connection(self, artifacts: Path) -> Connection:
        """Return the adapter."""
        return Slack(Access(BOT_TOKEN, APP_TOKEN, api_url=self.server.api_url), artifacts)

    async def say(self, person: str, text: str, thread: str = MAIN) -> None:
        """Mention the bot."""
        taken = await self.server.people.mention(_user(person), CHANNEL, text, self._threads.get(thread))
        self._threads.setdefault(thread, taken.ts)
        await self.running.chats.inbox.idle()

    async def reply(self, person: str, text: str, thread: str = MAIN) -> None:
        """Write into the thread, calling nobody."""
        await self.server.people.say(_user(person), CHANNEL, text, self._threads[thread])
        await self.running.chats.inbox.idle()

    def shown(self, thread: str) -> list[Message]:
        """Return the bot's messages in a thread."""
        return self.server.ledger.thread(CHANNEL, self._threads[thread])

    def text(self, message: Message) -> str:
        """Return its blocks as a reader sees them."""
        return message.shown

    def as_it_stands(self, message: Message) -> Message:
        """Return a copy."""
        return replace(message)

    def offers(self, message: Message, label: str) -> bool:
        """Whether it has that button."""
        return label in buttons(message)

    async def use(self, person: str, message: Message, label: str, fields: Mapping[str, str]) -> None:
        """Click; where a form opens, send it."""
        user = _user(person)
        await self.server.people.click(user, message, label)
        if buttons(message)[label].startswith(OPENS):
            form = await self.server.ledger.until(lambda: self.server.modals.top(user))
            await self.server.people.submit(user, form, fields)

    def whispers(self, person: str) -> Iterator[str]:
        """Yield what only they were shown."""
        return (one.shown for one in self.server.ledger.ephemerals(_user(person)))


def _user(person: str) -> str:
    return str(PEOPLE["people"][person]["slack"]).partition("/")[2]
