"""The closed list of events, how one is written down, and the hash that links it to the one before.

Events are the audit trail, the progress feed and the metrics. People and what they said appear as salted
hashes; the texts lie beside the chain (`PrivateText`) and can be forgotten without breaking it.
"""

import secrets
from typing import Any, Literal

from orchestration.canonical import canonical, digest
from orchestration.ports import Transaction
from orchestration.records import PrivateText

EventName = Literal[
    "request.received", "request.clarified", "request.refused",
    "plan.proposed", "plan.revised", "plan.expired", "plan.cancelled", "plan.paused", "plan.resumed", "plan.finished",
    "vote.cast", "decision.made",
    "task.dispatched", "task.claimed", "task.started", "task.progressed", "task.finished", "task.lost", "task.resolved",
    "task.withdrawn", "dispatch.held", "dispatch.released",
    "access.denied",
    "agent.registered", "agent.lost", "model.used",
    "policy.loaded", "catalogue.loaded", "people.loaded", "person.forgotten",
    "preview.started", "preview.finished",
]  # fmt: skip

SYSTEM = "system"
"""The chain of events that belong to no plan."""
GENESIS = "0" * 64


def link(previous: str, chain: str, number: int, name: str, at: str, body: str) -> str:
    """Return the hash of an event: it covers all of the event and, by `previous`, all before it.

    The fields stand on lines of their own; none can hold a line break (`body` is canonical JSON).
    """
    return digest("sayso/event/v1", "\n".join((previous, chain, str(number), name, at, body)))


def record(
    tx: Transaction,
    name: EventName,
    at: str,
    *,
    plan_id: str | None = None,
    person: str | None = None,
    text: str | None = None,
    asserted_by: str | None = None,
    **facts: Any,
) -> None:
    """Append an event about a plan, or about the system when `plan_id` is None.

    `person`, `asserted_by` (a system user) and `text` are personal: the event gets their salted hashes, the rest of
    the facts stand in clear.
    """
    body = {key: value for key, value in facts.items() if value is not None}
    if plan_id is not None:
        body["plan_id"] = plan_id
    if person is not None:
        body["person"] = pseudonym(tx, person)
    if asserted_by is not None:
        body["asserted_by"] = pseudonym(tx, f"user {asserted_by}")
    if text:
        body["text"] = conceal(tx, person or "", text)
    tx.append(plan_id or SYSTEM, name, at, canonical(body))


def pseudonym(tx: Transaction, person: str) -> str:
    """Return the salted hash that stands for a person in all events."""
    known = tx.find(PrivateText, {"kind": "name", "person": person}, limit=1)
    return known[0].hash if known else _keep(tx, "name", person, person)


def conceal(tx: Transaction, person: str, text: str) -> str:
    """Return the salted hash of a personal text and keep the text beside the chain."""
    return _keep(tx, "text", person, text)


def _keep(tx: Transaction, kind: str, person: str, text: str) -> str:
    salt = secrets.token_hex(16)
    hashed = digest("sayso/private/v1", canonical([salt, text]))
    tx.insert(PrivateText(hashed, kind, salt, person, text))
    return hashed
