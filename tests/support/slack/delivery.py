"""Bringing what happened in Slack to the app, over Socket Mode or over HTTP, with the retries Slack makes."""

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from typing import Protocol

from tests.support.slack.workspace import JSON

EVENT, INTERACTIVE, COMMAND = "events_api", "interactive", "slash_commands"


@dataclass
class Retry:
    """That a delivery is not the first of its kind."""

    number: int
    reason: str


@dataclass
class Attempt:
    """One try at a delivery. `ack` is the payload the app answered with; `stop` asks for no further try."""

    acked: bool
    ack: JSON | None = None
    reason: str = ""
    status: int = 0
    stop: bool = False
    carrier: str = ""


@dataclass
class Delivery:
    """What was sent and how it was taken. `seconds` run from the first try to the ack or the end of the last try."""

    kind: str
    payload: JSON
    attempts: list[Attempt] = field(default_factory=list)
    seconds: float = 0.0
    refused: str = ""
    """Why Slack would not show what the ack carried."""

    @property
    def acked(self) -> bool:
        """Return whether the app took it."""
        return bool(self.attempts) and self.attempts[-1].acked

    @property
    def ack(self) -> JSON | None:
        """Return what the app answered with."""
        return self.attempts[-1].ack if self.attempts else None

    @property
    def ts(self) -> str:
        """Return the timestamp of the message that a person's event is about."""
        return str(self.payload["event"]["ts"])


class Carrier(Protocol):
    """A way to the app. `ack_seconds` is how long Slack waits for an ack."""

    ack_seconds: float

    async def offer(self, kind: str, payload: JSON, retry: Retry | None) -> Attempt:
        """Send something once and wait for the ack as long as Slack does."""
        ...


@dataclass
class Post:
    """Sends things to the app. Slack waits 0, 60 and 300 s between tries of an event; here it is shorter."""

    carrier: Carrier
    retry_delays: tuple[float, ...] = (0.0, 0.1, 0.5)
    sent: list[Delivery] = field(default_factory=list)

    async def deliver(self, kind: str, payload: JSON, retry: Retry | None = None) -> Delivery:
        """Send something; events are tried again until they are acknowledged, clicks and commands are not."""
        delivery = Delivery(kind, payload)
        self.sent.append(delivery)
        began = time.perf_counter()
        delays = self.retry_delays if kind == EVENT else ()
        for number, delay in enumerate((0.0, *delays)):
            await asyncio.sleep(delay)
            known = Retry(number, delivery.attempts[-1].reason) if number else retry
            delivery.attempts.append(await self.carrier.offer(kind, payload, known))
            if delivery.acked or delivery.attempts[-1].stop:
                break
        delivery.seconds = time.perf_counter() - began
        return delivery

    async def again(self, delivery: Delivery, same_event: bool = True, retry: Retry | None = None) -> Delivery:
        """Send a duplicate, with the same event id or another, announced as a retry or not."""
        payload = dict(delivery.payload)
        if not same_event and "event_id" in payload:
            payload["event_id"] = new_event_id()
        return await self.deliver(delivery.kind, payload, retry)


def new_event_id() -> str:
    """Return an event id nothing else has."""
    return f"Ev{uuid.uuid4().hex[:12].upper()}"
