"""What `sayso chat` and a serve say to each other, as data; both ends use this."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from adapters.chat.terminals import TerminalNews
from adapters.serve.bodies import Body, Text
from bot.chat import Account, Click, Message

_NEWS = TypeAdapter(TerminalNews)


class SaidBody(Body):
    """A line that was typed: a message, or a button with what stands in its form."""

    id: Text
    thread: Text
    text: Text = ""
    button: Text = ""
    fields: dict[str, Text] = {}

    def item(self, account: Account) -> Message | Click:
        """Return it as the conversation takes it."""
        if self.button:
            return Click(self.id, self.thread, account, self.button, self.fields)
        return Message(self.id, self.thread, account, self.text)


def said_data(item: Message | Click) -> dict[str, Any]:
    """Return what is sent for something typed."""
    sent: dict[str, Any] = {"id": item.id, "thread": item.thread, "as": item.account.speaks_for}
    if isinstance(item, Click):
        return {**sent, "button": item.button, "fields": dict(item.fields)}
    return {**sent, "text": item.text}


def news_data(news: TerminalNews) -> bytes:
    """Return one line of the stream."""
    return _NEWS.dump_json(news) + b"\n"


def news_of(found: Mapping[str, Any]) -> TerminalNews:
    """Read what `news_data` wrote."""
    return _NEWS.validate_python(found)
