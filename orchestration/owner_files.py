"""The owner's three files on the record: their text by hash, and what is another than before, by name.

Written at a start, when a file is another than the last one taken, and at every reload.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from orchestration import events
from orchestration.approval.decision import Voice
from orchestration.canonical import parse
from orchestration.ports import Transaction
from orchestration.records import Event, Snapshot

Kind = Literal["catalogue", "policy", "people"]
KINDS: tuple[Kind, ...] = ("catalogue", "policy", "people")
_LOADED: Mapping[Kind, events.EventName] = {
    "catalogue": "catalogue.loaded",
    "policy": "policy.loaded",
    "people": "people.loaded",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """What a file says that the one before did not: operations, people and groups, or keys of the policy, by name."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file as it is taken."""

    kind: Kind
    sha256: str
    text: str
    difference: Difference


def difference(kind: Kind, before: Any, after: Any) -> Difference:
    """Compare the data of two versions of a file; `before` is None when there was none."""
    old, new = _named(kind, before), _named(kind, after)
    return Difference(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(name for name in new.keys() & old.keys() if new[name] != old[name])),
    )


def _named(kind: Kind, data: Any) -> dict[str, Any]:
    """Return the parts of a file by the names that its owner gave them."""
    if data is None:
        return {}
    if kind == "catalogue":
        return dict(data["operations"])
    if kind == "policy":
        return dict(data)
    return {**data["people"], **{f"group {name}": group for name, group in (data.get("groups") or {}).items()}}


def last_taken(tx: Transaction, kind: Kind) -> Snapshot | None:
    """Return the version of a file that was taken last; None when there was none."""
    where = {"chain": events.SYSTEM, "name": _LOADED[kind]}
    told = tx.find(Event, where, order_by="-seq", limit=1)
    found = tx.find(Snapshot, {"hash": parse(told[0].body)["sha256"]}) if told else []
    return found[0] if found else None


def record(tx: Transaction, file: Loaded, at: str, voice: Voice | None = None) -> None:
    """Store a version of a file, and note who had it taken and what is new in it; people stand there as hashes."""
    tx.insert(Snapshot(file.sha256, file.kind, file.text, at))
    named = {name: getattr(file.difference, name) for name in Difference.__slots__}
    if file.kind == "people":
        named = {name: [_concealed(tx, each) for each in those] for name, those in named.items()}
    facts = {name: list(those) for name, those in named.items() if those}
    events.record(
        tx, _LOADED[file.kind], at, person=voice.person if voice else None,
        asserted_by=voice.asserted_by if voice else None, sha256=file.sha256, **cast("dict[str, Any]", facts),
    )  # fmt: skip


def _concealed(tx: Transaction, name: str) -> str:
    return name if name.startswith("group ") else events.pseudonym(tx, name)
