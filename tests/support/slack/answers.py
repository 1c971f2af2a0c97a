"""What the app answers with besides the Web API: response_urls, and what an ack carries."""

import secrets
import time
from dataclasses import dataclass

from aiohttp import web

from tests.support.slack.arguments import Arguments, read_arguments
from tests.support.slack.chat_methods import content, thread_root
from tests.support.slack.ledger import Message
from tests.support.slack.methods import Answering, State
from tests.support.slack.refusals import Refused
from tests.support.slack.workspace import JSON

MOST_USES = 5
LONGEST_SECONDS = 30 * 60


@dataclass
class Answers:
    """Shows what the app answers."""

    state: State

    def address(self, channel: str, user: str, about: Message | None) -> str:
        """Return a fresh response_url."""
        name = secrets.token_urlsafe(12)
        self.state.answers[name] = Answering(channel, user, about, time.monotonic())
        return f"{self.state.base}/actions/{name}"

    async def serve(self, request: web.Request) -> web.Response:
        """Answer a post to a response_url."""
        known = self.state.answers.get(request.match_info["name"])
        if known is None:
            return web.Response(status=404, text="no_service")
        if known.uses >= MOST_USES or time.monotonic() - known.at > LONGEST_SECONDS:
            return web.Response(status=404, text="used_url" if known.uses >= MOST_USES else "expired_url")
        known.uses += 1
        try:
            self._respond(known, await read_arguments(request, takes_json=True))
        except Refused as refused:
            return web.json_response({"ok": False, "error": refused.code}, status=400)
        return web.Response(text="ok")

    def show(self, channel: str, user: str, ack: JSON) -> str:
        """Show what the ack of a command carries; return why Slack would not, or nothing."""
        try:
            self._put(channel, user, Arguments(ack))
        except Refused as refused:
            return refused.code
        return ""

    def after_submit(self, user: str, view: JSON, ack: JSON) -> str:
        """Do with a submitted modal what the ack says; return why Slack would not, or nothing."""
        modals = self.state.modals
        kind = ack.get("response_action", "")
        try:
            if kind == "errors":
                modals.errors[view["id"]] = _known_errors(view, ack.get("errors"))
            elif kind in {"update", "push"}:
                modals.check(ack.get("view", {}))
                _ = modals.replace(view, ack["view"]) if kind == "update" else modals.lay(user, ack["view"])
            elif kind == "clear":
                modals.stacks[user] = []
            else:
                modals.drop(user, view["id"])
        except Refused as refused:
            return refused.code
        finally:
            self.state.ledger.touch()
        return "" if kind in {"", "errors", "update", "push", "clear"} else "invalid_response_action"

    def _respond(self, known: Answering, arguments: Arguments) -> None:
        about = known.about
        if about is not None and arguments.flag("delete_original"):
            about.deleted = True
            self.state.ledger.touch()
        elif about is not None and arguments.flag("replace_original"):
            self.state.ledger.edit(about, *content(arguments))
        else:
            self._put(known.channel, known.user, arguments)

    def _put(self, channel: str, user: str, arguments: Arguments) -> None:
        text, blocks = content(arguments)
        only_for = None if arguments.text("response_type") == "in_channel" else user
        root = thread_root(self.state, self.state.workspace.channels[channel], arguments.text("thread_ts"))
        message = Message(channel, self.state.ledger.stamp(), self.state.bot, text, blocks, root, only_for=only_for)
        self.state.ledger.put(message)


def _known_errors(view: JSON, errors: object) -> dict[str, str]:
    inputs = {one["block_id"] for one in view["blocks"] if one["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
        raise Refused("invalid_errors")
    return {str(name): str(text) for name, text in errors.items()}
