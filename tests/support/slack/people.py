"""What people do in the local Slack. Every verb returns when the app has acknowledged, or Slack has given up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.support.slack.answers import Answers
from tests.support.slack.delivery import COMMAND, EVENT, INTERACTIVE, Delivery, Post
from tests.support.slack.ledger import Message, actionable
from tests.support.slack.markup import typed
from tests.support.slack.methods import State
from tests.support.slack.payloads import (
    action,
    command,
    event_callback,
    interaction,
    message_event,
    on_message,
    on_view,
    state_values,
)
from tests.support.slack.workspace import JSON, Channel

SUBSCRIPTIONS = frozenset({"app_mention", "message.im", "app_home_opened", "subteam_members_changed"})


@dataclass
class People:
    """The verbs. `subscriptions` are the bot events of the app's manifest: others do not arrive."""

    state: State
    post: Post
    answers: Answers
    subscriptions: frozenset[str] = SUBSCRIPTIONS

    async def mention(
        self, user: str, channel: str, text: str, thread_ts: str | None = None, raw: bool = False
    ) -> Delivery:
        """Write to the bot in a channel; with `raw`, the text is markup as on the wire.

        Where the app also hears all messages, Slack sends the same message twice under two event ids; the second goes
        out when the first was acknowledged.
        """
        place = self._place(user, channel)
        if self.state.bot not in place.members:
            raise ValueError(f"the bot is not in {channel}")
        words = f"<@{self.state.bot}> {text if raw else typed(text)}"
        message = self._write(user, place, words, thread_ts)
        delivery = await self._tell("app_mention", "app_mention", place, message)
        await self._overhear(place, message)
        assert delivery is not None, "the app does not listen to app_mention"
        return delivery

    async def say(
        self, user: str, channel: str, text: str, thread_ts: str | None = None, raw: bool = False
    ) -> Delivery | None:
        """Write in a channel or thread without mentioning the bot; None if the app does not hear such messages."""
        place = self._place(user, channel)
        message = self._write(user, place, text if raw else typed(text), thread_ts)
        return await self._overhear(place, message)

    async def dm(self, user: str, text: str, thread_ts: str | None = None) -> Delivery | None:
        """Write to the bot directly."""
        return await self.say(user, self.state.workspace.dm(user).id, text, thread_ts)

    async def edit(self, message: Message, text: str) -> Delivery | None:
        """Let the author change a message; None if the app does not hear it. A mention stays, and arrives once more."""
        place = self.state.workspace.channels[message.channel]
        mention = f"<@{self.state.bot}> "
        mentioned = message.text.startswith(mention)
        self.state.ledger.edit(message, (mention if mentioned else "") + typed(text), [])
        if mentioned:
            await self._tell("app_mention", "app_mention", place, message)
        if place.message_event not in self.subscriptions:
            return None
        person = self.state.workspace.people[message.author]
        changed = message_event("message", place, person, message)
        event = {"type": "message", "subtype": "message_changed", "channel": place.id, "hidden": True}
        stamps = {"ts": self.state.ledger.stamp(), "channel_type": place.channel_type}
        return await self.event({**event, **stamps, "event_ts": stamps["ts"], "message": changed}, place)

    async def slash(self, user: str, channel: str, name: str, text: str) -> Delivery:
        """Type a slash command."""
        workspace = self.state.workspace
        place = self._place(user, channel)
        payload = command(workspace, place, workspace.people[user], typed(text))
        payload |= {"command": name, "trigger_id": self.state.modals.trigger(user)}
        payload["response_url"] = self.answers.address(place.id, user, None)
        delivery = await self.post.deliver(COMMAND, payload)
        if delivery.acked and delivery.ack:
            delivery.refused = self.answers.show(place.id, user, delivery.ack)
        return delivery

    async def shortcut(self, user: str, callback_id: str, message: Message) -> Delivery:
        """Choose a shortcut in the menu of a message."""
        place = self.state.workspace.channels[message.channel]
        payload = self._interaction("message_action", user)
        about = on_message(place, message, self.answers.address(place.id, user, None))
        kept = {name: about[name] for name in ("channel", "response_url", "message")}
        payload |= {
            **kept,
            "callback_id": callback_id,
            "message_ts": message.ts,
            "action_ts": self.state.ledger.stamp(),
        }
        return await self.post.deliver(INTERACTIVE, payload)

    async def click(
        self, user: str, holder: Message | JSON, button: str, choose: str | list[str] | None = None
    ) -> Delivery:
        """Use a button or menu of a message or view, named by its label or action_id; `choose` is an option's value."""
        element = _find(holder, button)
        under = holder["id"] if isinstance(holder, dict) else ""
        payload = self._interaction("block_actions", user, under)
        if isinstance(holder, Message):
            place = self.state.workspace.channels[holder.channel]
            payload |= on_message(place, holder, self.answers.address(place.id, user, holder))
        else:
            payload |= on_view(holder)
        payload["actions"] = [action(element, choose, self.state.ledger.stamp())]
        return await self.post.deliver(INTERACTIVE, payload)

    async def click_old(self, user: str, message: Message, version: int, button: str) -> Delivery:
        """Use a button that a message had before an edit: the person's screen was not up to date."""
        old = message.history[version]
        return await self.click(user, replace(message, text=old.text, blocks=old.blocks), button)

    async def submit(self, user: str, view: JSON, values: Mapping[str, Any] | None = None) -> Delivery:
        """Fill in and send a modal. Raises FormIncomplete where Slack's client would not send it."""
        view["state"] = {"values": state_values(view["blocks"], values or {})}
        payload = self._interaction("view_submission", user, view["id"])
        payload |= {"view": view, "response_urls": []}
        delivery = await self.post.deliver(INTERACTIVE, payload)
        if delivery.acked:
            delivery.refused = self.answers.after_submit(user, view, delivery.ack or {})
        return delivery

    async def close(self, user: str, view: JSON) -> Delivery | None:
        """Close a modal; None if the app does not want to know."""
        self.state.modals.drop(user, view["id"])
        if not view["notify_on_close"]:
            return None
        payload = self._interaction("view_closed", user, view["id"])
        payload |= {"view": view, "is_cleared": False}
        return await self.post.deliver(INTERACTIVE, payload)

    async def open_home(self, user: str, tab: str = "home") -> Delivery | None:
        """Open the app's Home tab, or its messages tab."""
        event: JSON = {"type": "app_home_opened", "user": user, "tab": tab}
        event |= {"channel": self.state.workspace.dm(user).id, "event_ts": self.state.ledger.stamp()}
        if tab == "home" and user in self.state.modals.homes:
            event["view"] = self.state.modals.homes[user]
        return await self.event(event) if "app_home_opened" in self.subscriptions else None

    async def group_changed(self, group: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Delivery | None:
        """Change who is in a user group."""
        known = self.state.workspace.groups[group]
        known.members = [*(one for one in known.members if one not in remove), *add]
        event: JSON = {"type": "subteam_members_changed", "subteam_id": group, "team_id": self.state.workspace.team_id}
        event |= {"date_previous_update": 1_700_000_000, "date_update": 1_700_000_001}
        event |= {"added_users": list(add), "added_users_count": len(add)}
        event |= {"removed_users": list(remove), "removed_users_count": len(remove)}
        event["event_ts"] = self.state.ledger.stamp()
        return await self.event(event) if "subteam_members_changed" in self.subscriptions else None

    async def event(self, event: JSON, channel: Channel | None = None) -> Delivery:
        """Send any event."""
        return await self.post.deliver(EVENT, event_callback(self.state.workspace, event, channel))

    async def _overhear(self, place: Channel, message: Message) -> Delivery | None:
        return await self._tell("message", place.message_event, place, message)

    async def _tell(self, kind: str, subscription: str, place: Channel, message: Message) -> Delivery | None:
        if subscription not in self.subscriptions or self.state.bot not in place.members:
            return None
        return await self.event(message_event(kind, place, self.state.workspace.people[message.author], message), place)

    def _place(self, user: str, channel: str) -> Channel:
        place = self.state.workspace.channels[channel]
        if user not in place.members:
            raise ValueError(f"{user} is not in {channel}")
        return place

    def _write(self, user: str, place: Channel, text: str, thread_ts: str | None) -> Message:
        root = None if thread_ts is None else self.state.message(place, thread_ts)
        if root is not None:
            root.thread_ts = root.thread_ts or root.ts
        message = Message(place.id, self.state.ledger.stamp(), user, text, by_bot=False)
        message.thread_ts = None if root is None else root.thread_ts
        return self.state.ledger.put(message)

    def _interaction(self, kind: str, user: str, under: str = "") -> JSON:
        workspace = self.state.workspace
        return interaction(workspace, kind, workspace.people[user], self.state.modals.trigger(user, under))


def _find(holder: Message | JSON, button: str) -> JSON:
    for element in actionable(holder):
        if button in (element["action_id"], element.get("text", {}).get("text")):
            return element
    offered = [element["action_id"] for element in actionable(holder)]
    raise LookupError(f"there is no {button} here, only {offered}")
