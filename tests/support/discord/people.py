"""What people do in the local Discord. Each verb returns at once; what comes of it is on the interaction."""

from collections.abc import Mapping
from typing import Any

from tests.support.discord.gateway import Gateway
from tests.support.discord.guild import BOT, OPS, Message, Model
from tests.support.discord.interactions import Interaction, Interactions
from tests.support.discord.limits import SELECT

JSON = dict[str, Any]
COMMAND, COMPONENT, AUTOCOMPLETE, SUBMIT = 2, 3, 4, 5
MESSAGE_MENU, SLASH, STRING = 3, 1, 3


class People:
    """The verbs."""

    def __init__(self, model: Model, gateway: Gateway, interactions: Interactions) -> None:
        self._model = model
        self._gateway = gateway
        self._interactions = interactions

    async def mention(self, user: int, text: str, channel: int = OPS) -> Message:
        """Write to the bot in a channel or thread."""
        bot = self._model.bot
        payload = {"content": f"<@{BOT}> {text}", "mentions": [{**bot.user(), "member": bot.member()}]}
        return await self._write(user, channel, payload)

    async def reply(self, user: int, message: Message, text: str) -> Message:
        """Answer a message of the bot's, which calls it."""
        bot = self._model.bot
        channel = message.payload["channel_id"]
        reference = {"message_id": str(message.id), "channel_id": channel}
        called = {"mentions": [{**bot.user(), "member": bot.member()}], "message_reference": reference}
        return await self._write(user, int(channel), {"content": text, **called})

    async def say(self, user: int, text: str, channel: int = OPS) -> Message:
        """Write without calling the bot, which hears of it without its words."""
        return await self._write(user, channel, {"content": text}, content="")

    async def direct(self, user: int, text: str) -> Message:
        """Write to the bot directly."""
        return await self._write(user, self._model.direct(user).id, {"content": text})

    async def slash(self, user: int, name: str, channel: int = OPS, **options: str) -> Interaction:
        """Type a command."""
        given = [{"name": key, "type": STRING, "value": value} for key, value in options.items()]
        data = {"id": "700", "name": name, "type": SLASH, "options": given}
        return await self._push(user, channel, {"type": COMMAND, "data": data})

    async def complete(self, user: int, name: str, option: str, typed: str, channel: int = OPS) -> list[str]:
        """Return what is offered while somebody types an option."""
        given = [{"name": option, "type": STRING, "value": typed, "focused": True}]
        data = {"id": "700", "name": name, "type": SLASH, "options": given}
        found = await self._push(user, channel, {"type": AUTOCOMPLETE, "data": data})
        answer = (await found.acknowledged()).answer
        assert answer is not None
        return [choice["value"] for choice in answer["data"]["choices"]]

    async def plan_this(self, user: int, message: Message) -> Interaction:
        """Choose *Plan this* for a message."""
        channel, name = int(message.payload["channel_id"]), str(message.id)
        resolved = {"messages": {name: message.payload}}
        data = {"id": "701", "name": "Plan this", "type": MESSAGE_MENU, "target_id": name, "resolved": resolved}
        return await self._push(user, channel, {"type": COMMAND, "data": data})

    async def press(self, user: int, message: Message, label: str) -> Interaction:
        """Press a button."""
        custom_id = message.button(label)["custom_id"]
        return await self._use(user, message, {"component_type": 2, "custom_id": custom_id})

    async def choose(self, user: int, message: Message, *labels: str) -> Interaction:
        """Choose in a select."""
        found = [message.select(label) for label in labels]
        data = {"custom_id": found[0][0]["custom_id"], "values": [value for _, value in found]}
        return await self._use(user, message, {"component_type": SELECT, **data})

    async def submit(self, opened: Interaction, values: Mapping[str, str | bool] | None = None) -> Interaction:
        """Send a modal that opened, with these values in place of what stood there."""
        typed = dict(values or {})
        filled = [_filled(one, typed) for one in opened.modal["components"]]
        assert not typed, f"no such fields: {typed}"
        payload: JSON = {"type": SUBMIT, "data": {"custom_id": opened.modal["custom_id"], "components": filled}}
        if "message" in opened.payload:
            payload["message"] = opened.payload["message"]
        return await self._push(opened.user, opened.channel, payload)

    async def _use(self, user: int, message: Message, data: JSON) -> Interaction:
        channel = int(message.payload["channel_id"])
        return await self._push(user, channel, {"type": COMPONENT, "data": data, "message": message.payload})

    async def _push(self, user: int, channel: int, payload: JSON) -> Interaction:
        found = self._interactions.begin(user, channel, payload)
        await self._gateway.dispatch("INTERACTION_CREATE", payload)
        return found

    async def _write(self, user: int, channel: int, payload: JSON, content: str | None = None) -> Message:
        author, place = self._model.members[user], self._model.channels[channel]
        message = self._model.write(channel, author, payload)
        event = {**message.payload}
        if content is not None:
            event["content"] = content
        if place.guild:
            event |= {"guild_id": str(place.guild), "member": author.member()}
        await self._gateway.dispatch("MESSAGE_CREATE", event)
        return message


def _filled(component: JSON, typed: dict[str, str | bool]) -> JSON:
    """Return a component of a modal as it is sent back."""
    if "component" in component:
        return {"type": component["type"], "id": 1, "component": _filled(component["component"], typed)}
    if component["type"] == 10:
        return {"type": 10, "id": 1}
    name = component["custom_id"]
    if component["type"] == 23:
        return {"type": 23, "id": 1, "custom_id": name, "value": typed.pop(name, component.get("default", False))}
    return {
        "type": component["type"],
        "id": 1,
        "custom_id": name,
        "value": typed.pop(name, component.get("value") or ""),
    }
