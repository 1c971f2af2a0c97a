"""What becomes of something pressed or typed: an answer within three seconds, then what follows for fifteen minutes."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.discord.guild import BOT, Message, Model, snowflake
from tests.support.discord.limits import EPHEMERAL, LOADING, message_faults, modal_faults

JSON = dict[str, Any]
MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
Refused = tuple[int, int, str]


@dataclass
class Interaction:
    """One thing that somebody did, and what the bot said to it."""

    id: int
    token: str
    user: int
    channel: int
    payload: JSON
    at: float = field(default_factory=time.monotonic)
    answer: JSON | None = None
    answered_after: float | None = None
    told: list[Message] = field(default_factory=list)
    """What this person alone was told."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    is_waiting: bool = False
    """Whether they see that the bot is thinking."""

    @property
    def kind(self) -> int | None:
        """Return the type of the answer."""
        return self.answer["type"] if self.answer else None

    @property
    def modal(self) -> JSON:
        """Return the modal that opened."""
        assert self.answer is not None
        assert self.kind == MODAL, self.answer
        modal: JSON = self.answer["data"]
        return modal

    async def acknowledged(self, seconds: float = 20) -> "Interaction":
        """Return it once it was answered."""
        await self._until(lambda: self.answer is not None, seconds)
        return self

    async def whispered(self, number: int = 1, seconds: float = 20) -> str:
        """Return what this person alone was told, once that were so many messages."""
        await self._until(lambda: len(self.told) >= number, seconds)
        return "\n".join(message.text for message in self.told)

    async def _until(self, is_so: Callable[[], bool], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not is_so():
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            said = f"answered with {self.answer}, told {[message.text for message in self.told]}"
            raise AssertionError(f"within {seconds:.0f} s: {said}, to {self.payload['data']}") from None


class Interactions:
    """All of them."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.all: dict[int, Interaction] = {}
        self.answer_seconds = 10.0
        """Discord gives three; a test that is about that sets it, since machines that test are busy."""
        self.token_seconds = 900.0

    def begin(self, user: int, channel: int, payload: JSON) -> Interaction:
        """Note something that is about to be told to the bot; completes its payload."""
        found = Interaction(snowflake(), secrets.token_hex(16), user, channel, payload)
        place, member = self._model.channels[channel], self._model.members[user]
        payload |= {
            "id": str(found.id),
            "application_id": str(BOT),
            "token": found.token,
            "version": 1,
            "channel_id": str(channel),
            "channel": place.payload(),
            "app_permissions": "2147483647",
            "entitlements": [],
            "attachment_size_limit": 10 * 2**20,
            "authorizing_integration_owners": {},
            "context": 0 if place.guild else 1,
            "locale": "en-US",
        }
        if place.guild:
            payload["guild_id"] = str(place.guild)
            payload["guild"] = {"id": str(place.guild), "locale": "en-US", "features": []}
            payload["member"] = {**member.member(), "user": member.user()}
        else:
            payload["user"] = member.user()
        self.all[found.id] = found
        return found

    def answered(self, identity: int, token: str, body: JSON) -> Refused | None:
        """Take the first answer; return why it is refused."""
        found = self.all.get(identity)
        if found is None or found.token != token or time.monotonic() - found.at > self.answer_seconds:
            return 404, 10062, "Unknown interaction"
        if found.answer is not None:
            return 400, 40060, "Interaction has already been acknowledged."
        faults = self._faults(body)
        if faults:
            return 400, 50035, f"Invalid Form Body: {faults}"
        found.answer, found.answered_after = body, time.monotonic() - found.at
        data = body.get("data") or {}
        if body["type"] == MESSAGE:
            self._tell(found, data)
        found.is_waiting = body["type"] == DEFERRED_MESSAGE
        found.news.set()
        return None

    def callback(self, identity: int) -> JSON:
        """Return what Discord says to a callback that asks for it."""
        found = self.all[identity]
        more = {"response_message_id": str(snowflake()), "response_message_loading": found.is_waiting}
        return {"interaction": {"id": str(found.id), "type": 2, **more}}

    def followed(self, token: str, body: JSON, files: dict[str, bytes]) -> tuple[Refused | None, Message | None]:
        """Take a further message; return why it is refused, or the message."""
        found = next((one for one in self.all.values() if one.token == token), None)
        if found is None or found.answer is None:
            return (404, 10015, "Unknown Webhook"), None
        if time.monotonic() - found.at > self.token_seconds:
            return (401, 50027, "Invalid Webhook Token"), None
        message = self._tell(found, body)
        message.files = files
        found.is_waiting = False
        found.news.set()
        return None, message

    def _tell(self, found: Interaction, data: JSON) -> Message:
        deferred = (found.answer or {}).get("data") or {}
        flags = data.get("flags", 0) | (deferred.get("flags", 0) if found.is_waiting else 0)
        assert flags & EPHEMERAL, f"everybody would see this: {data}"
        message = self._model.write(found.channel, self._model.bot, {**data, "flags": flags & ~LOADING})
        del self._model.channels[found.channel].messages[message.id]
        found.told.append(message)
        return message

    def _faults(self, body: JSON) -> list[str]:
        data = body.get("data") or {}
        if body["type"] in (MESSAGE, UPDATE):
            return list(message_faults(data))
        if body["type"] == MODAL:
            return list(modal_faults(data))
        if body["type"] == CHOICES:
            return ["more than 25 choices"] if len(data["choices"]) > 25 else []
        return []
