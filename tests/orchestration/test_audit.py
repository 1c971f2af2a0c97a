"""Nothing on the record can be changed without being found: linked by hash, sealed by signature, kept once more."""

import gc
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from adapters.signing import FileSigner
from orchestration.audit import Verification, Verifying, merkle_root, next_seal, seal_message, verify
from orchestration.canonical import canonical, digest
from orchestration.events import GENESIS, link
from orchestration.records import Event, Seal

AT = "2026-01-01T00:00:00.000Z"
TAMPERINGS = 40
"""Of each kind; there are more than ten kinds."""


@dataclass(frozen=True)
class Record:
    """A history: its events in order, the seals in the database, and those in the head file."""

    events: tuple[Event, ...]
    seals: tuple[Seal, ...]
    head: tuple[Seal, ...]

    @property
    def sealed(self) -> int:
        """How many events are sealed."""
        return self.seals[-1].last_seq


def chained(bodies: list[tuple[str, str]]) -> list[Event]:
    """Return events of these (chain, body) as the store writes them."""
    heads: dict[str, tuple[int, str]] = {}
    made = []
    for seq, (chain, body) in enumerate(bodies, start=1):
        number, previous = heads.get(chain, (0, GENESIS))
        hashed = link(previous, chain, number + 1, "task.finished", AT, body)
        made.append(Event(seq, chain, number + 1, "task.finished", AT, body, previous, hashed))
        heads[chain] = (number + 1, hashed)
    return made


def history(chance: random.Random, signer: FileSigner) -> Record:
    """Return a small intact history of several chains, two seals or more, and a tail that is not sealed yet."""
    chains = [f"plan-{number}" for number in range(chance.randint(2, 4))]
    bodies = [(chance.choice(chains), canonical({"n": number})) for number in range(chance.randint(8, 24))]
    events = chained(bodies)
    seals: list[Seal] = []
    ends = sorted(chance.sample(range(2, len(events)), chance.randint(2, 3)))
    for first, last in zip([0, *ends], ends, strict=False):
        seals.append(next_seal(events[first:last], seals[-1] if seals else None, AT, signer))
    return Record(tuple(events), tuple(seals), tuple(seals))


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> FileSigner:
    """A key in a file."""
    return FileSigner(tmp_path_factory.mktemp("keys") / "seal.key")


def check(found: Record, signer: FileSigner) -> Verification:
    """Verify a record, all at once and in pages."""
    in_pages = Verifying(found.seals, found.head, signer)
    for start in range(0, len(found.events), 3):
        in_pages.take(found.events[start : start + 3])
    at_once = verify(found.events, found.seals, found.head, signer)
    assert in_pages.finish() == at_once
    return at_once


# --------------------------------------------------------------------------------------------- ways to tamper

Tampering = Callable[[Record, random.Random], Record]
CHANGES: dict[str, Callable[[Event], Any]] = {
    "chain": lambda event: "plan-x",
    "number": lambda event: event.number + 1,
    "name": lambda event: "task.started",
    "at": lambda event: "2026-01-01T00:00:00.001Z",
    "body": lambda event: canonical({"n": 99}),
    "previous": lambda event: digest("x", event.previous),
    "hash": lambda event: digest("x", event.hash),
}
SEAL_CHANGES: dict[str, Callable[[Seal], Any]] = {
    "number": lambda seal: seal.number + 1,
    "at": lambda seal: "2026-01-01T00:00:00.001Z",
    "first_seq": lambda seal: seal.first_seq + 1,
    "last_seq": lambda seal: seal.last_seq - 1,
    "root": lambda seal: digest("x", seal.root),
    "previous": lambda seal: digest("x", seal.previous),
    "key": lambda seal: digest("x", seal.key),
    "signature": lambda seal: seal.signature[:-2] + ("00" if seal.signature[-2:] != "00" else "01"),
}


def edit(found: Record, chance: random.Random) -> Record:
    """Change one field of one event, sealed or not."""
    place, field = chance.randrange(len(found.events)), chance.choice(list(CHANGES))
    changed = replace(found.events[place], **{field: CHANGES[field](found.events[place])})
    return replace(found, events=(*found.events[:place], changed, *found.events[place + 1 :]))


def edit_and_hash(found: Record, chance: random.Random) -> Record:
    """Change a sealed event and give it the hash that fits, leaving what follows."""
    place = chance.randrange(found.sealed)
    changed = rehashed(replace(found.events[place], body=canonical({"n": 99})))
    return replace(found, events=(*found.events[:place], changed, *found.events[place + 1 :]))


def delete(found: Record, chance: random.Random) -> Record:
    """Take one sealed event out."""
    place = chance.randrange(found.sealed)
    return replace(found, events=(*found.events[:place], *found.events[place + 1 :]))


def delete_and_close_up(found: Record, chance: random.Random) -> Record:
    """Take one sealed event out, and chain and number the rest as if it had never been."""
    place = chance.randrange(found.sealed)
    return rechained(found, [*found.events[:place], *found.events[place + 1 :]])


def swap(found: Record, chance: random.Random) -> Record:
    """Let two sealed events change their places in the order of all."""
    one, other = sorted(chance.sample(range(found.sealed), 2))
    events = list(found.events)
    events[one], events[other] = replace(events[other], seq=one + 1), replace(events[one], seq=other + 1)
    return replace(found, events=tuple(events))


def insert(found: Record, chance: random.Random) -> Record:
    """Put an event of a chain of its own, flawless in itself, before the end of what is sealed."""
    place = chance.randrange(found.sealed)
    [forged] = chained([("plan-forged", "{}")])
    before, after = found.events[:place], found.events[place:]
    moved = [replace(event, seq=event.seq + 1) for event in after]
    return replace(found, events=(*before, replace(forged, seq=place + 1), *moved))


def insert_before_all(found: Record, chance: random.Random) -> Record:
    """Put a flawless event before the first one, where no place was."""
    [forged] = chained([("plan-forged", "{}")])
    return replace(found, events=(replace(forged, seq=-chance.randrange(9)), *found.events))


def move(found: Record, chance: random.Random) -> Record:
    """Give the first event another place, its order kept."""
    return replace(found, events=(replace(found.events[0], seq=-chance.randrange(9)), *found.events[1:]))


def truncate(found: Record, chance: random.Random) -> Record:
    """Cut everything off from a sealed event on."""
    return replace(found, events=found.events[: chance.randrange(found.sealed)])


def rewrite(found: Record, chance: random.Random) -> Record:
    """Change a sealed event and chain everything after it anew, with hashes that fit."""
    place = chance.randrange(found.sealed)
    changed = replace(found.events[place], body=canonical({"n": 99}))
    return rechained(found, [*found.events[:place], changed, *found.events[place + 1 :]])


def change_seal(found: Record, chance: random.Random) -> Record:
    """Change one field of one seal in the database."""
    place, field = chance.randrange(len(found.seals)), chance.choice(list(SEAL_CHANGES))
    changed = replace(found.seals[place], **{field: SEAL_CHANGES[field](found.seals[place])})
    return replace(found, seals=(*found.seals[:place], changed, *found.seals[place + 1 :]))


def change_seal_and_head(found: Record, chance: random.Random) -> Record:
    """Change one field of one seal in the database and in the head file alike."""
    changed = change_seal(found, chance)
    return replace(changed, head=changed.seals)


def delete_seal(found: Record, chance: random.Random) -> Record:
    """Delete one seal, the last one too, from the database."""
    place = chance.randrange(len(found.seals))
    return replace(found, seals=(*found.seals[:place], *found.seals[place + 1 :]))


def delete_seals_and_events(found: Record, chance: random.Random) -> Record:
    """Cut the database back to the state of an earlier seal, as restoring an old copy would."""
    place = chance.randrange(len(found.seals))
    events = found.events[: found.seals[place - 1].last_seq if place else 0]
    return replace(found, events=events, seals=found.seals[:place])


def rewrite_and_delete_seals(found: Record, chance: random.Random) -> Record:
    """Write history anew from an event on, and delete the seals that speak against it."""
    changed = rewrite(found, chance)
    seals = [seal for seal in found.seals if changed.events[: seal.last_seq] == found.events[: seal.last_seq]]
    return replace(changed, seals=tuple(seals))


def rehashed(event: Event) -> Event:
    """Return an event with the hash that fits its fields."""
    return replace(event, hash=link(event.previous, event.chain, event.number, event.name, event.at, event.body))


def rechained(found: Record, events: list[Event]) -> Record:
    """Return a record of these events, each linked and numbered as if nothing else had ever been."""
    return replace(found, events=tuple(chained([(event.chain, event.body) for event in events])))


WAYS: list[Tampering] = [
    edit, edit_and_hash, delete, delete_and_close_up, swap, insert, insert_before_all, move, truncate, rewrite,
    change_seal, change_seal_and_head, delete_seal, delete_seals_and_events, rewrite_and_delete_seals,
]  # fmt: skip


# ------------------------------------------------------------------------------------------------------ tests


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_tampering_is_found(way: Tampering, signer: FileSigner) -> None:
    """Whatever of the sealed record is edited, deleted, swapped, put in or cut off, verification says so."""
    chance = random.Random(way.__name__)
    for _ in range(TAMPERINGS):
        intact = history(chance, signer)
        tampered = way(intact, chance)
        assert tampered != intact
        assert check(intact, signer).intact
        assert not check(tampered, signer).intact, (way.__name__, intact, tampered)


@pytest.mark.parametrize("field", CHANGES)
def test_an_edited_field_is_named(field: str, signer: FileSigner) -> None:
    """Each field of each event counts, and the fault says which event it is."""
    intact = history(random.Random(field), signer)
    for place, event in enumerate(intact.events):
        changed = replace(event, **{field: CHANGES[field](event)})
        found = check(replace(intact, events=(*intact.events[:place], changed, *intact.events[place + 1 :])), signer)
        assert any(fault.startswith(f"Event {event.seq} ") for fault in found.faults), found.faults


def test_an_intact_record_is_counted(signer: FileSigner) -> None:
    """Events, chains, seals and the tail that is not sealed yet are counted."""
    events = chained([("a", "{}"), ("b", "{}"), ("a", "{}"), ("c", "{}"), ("a", "{}")])
    seals = [first := next_seal(events[:2], None, AT, signer), next_seal(events[2:3], first, AT, signer)]
    found = verify(events, seals, seals, signer)
    assert found.intact
    assert (found.events, found.chains, found.seals, found.unsealed) == (5, 3, 2, 2)


def test_of_a_long_record_only_the_events_of_one_seal_are_kept(signer: FileSigner) -> None:
    """What was checked is let go of, so that a record of years is verified in the memory of a page."""
    events = chained([("plan", canonical({"n": number})) for number in range(200)])
    seals: list[Seal] = []
    for start in range(0, 200, 10):
        seals.append(next_seal(events[start : start + 10], seals[-1] if seals else None, AT, signer))
    verifying, before = Verifying(seals, seals, signer), _events_alive() - len(events)
    while len(events) > 5:
        verifying.take([events.pop(0)])
    assert _events_alive() - before <= len(events) + 10
    verifying.take(events)
    assert verifying.finish().intact


def _events_alive() -> int:
    return sum(isinstance(one, Event) for one in gc.get_referrers(Event))


def test_an_empty_record_is_intact(signer: FileSigner) -> None:
    """Where nothing happened, nothing is wrong."""
    assert verify([], [], [], signer) == Verification()


def test_a_head_file_may_be_behind(signer: FileSigner) -> None:
    """A seal that a crash kept out of the head file is no fault; what it covers is checked all the same."""
    intact = history(random.Random(1), signer)
    behind = replace(intact, head=intact.head[:-1])
    assert check(behind, signer).intact
    assert not check(truncate(behind, random.Random(2)), signer).intact


def test_another_key_does_not_count(signer: FileSigner, tmp_path: Path) -> None:
    """Seals that are flawless but signed with another key are not this home's."""
    forged = history(random.Random(3), FileSigner(tmp_path / "other.key"))
    found = check(forged, signer)
    assert [fault for fault in found.faults if "signature" in fault] == [
        f"The signature of seal {seal.number} is not this home's." for seal in forged.seals
    ]


@pytest.mark.parametrize(
    ("field", "value"), [("hash", "not hex"), ("hash", None), ("number", "one"), ("number", None), ("body", None)]
)
def test_nonsense_in_an_event_is_a_fault(field: str, value: Any, signer: FileSigner) -> None:
    """A value that no event ever has is found and told, wherever it stands, and verification does not break."""
    intact = history(random.Random(4), signer)
    for place in (0, 3, len(intact.events) - 1):
        changed = replace(intact.events[place], **{field: value})
        events = (*intact.events[:place], changed, *intact.events[place + 1 :])
        assert not check(replace(intact, events=events), signer).intact


@pytest.mark.parametrize("field", ["number", "first_seq", "last_seq", "root", "previous", "key", "signature"])
@pytest.mark.parametrize("value", [None, "zz", 1.5, b"x"])
def test_nonsense_in_a_seal_is_a_fault(field: str, value: Any, signer: FileSigner) -> None:
    """A value that no seal ever has is found and told, and verification does not break."""
    intact = history(random.Random(5), signer)
    seals = (replace(intact.seals[0], **{field: value}), *intact.seals[1:])
    assert not check(replace(intact, seals=seals), signer).intact
    assert not check(replace(intact, seals=seals, head=seals), signer).intact


def tree_hash(leaves: list[bytes]) -> bytes:
    """Return the Merkle tree hash word by word as RFC 6962 section 2.1 defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


@pytest.mark.parametrize("count", range(71))
def test_the_root_is_that_of_rfc_6962(count: int) -> None:
    """For any number of leaves the root is the one of the recursive definition."""
    leaves = [hashlib.sha256(str(number).encode()).digest() for number in range(count)]
    assert merkle_root([leaf.hex() for leaf in leaves]) == tree_hash(leaves).hex()


def test_a_seal_covers_its_fields_and_the_seal_before(signer: FileSigner) -> None:
    """The signed message differs with every field, and a seal names the one before it."""
    events = chained([("a", "{}")] * 3)
    first = next_seal(events[:1], None, AT, signer)
    second = next_seal(events[1:], first, AT, signer)
    assert (first.number, first.previous, first.first_seq, first.last_seq) == (1, GENESIS, 1, 1)
    assert (second.number, second.first_seq, second.last_seq) == (2, 2, 3)
    assert second.previous not in (GENESIS, first.previous)
    messages = {seal_message(replace(second, **{field: SEAL_CHANGES[field](second)})) for field in SEAL_CHANGES}
    assert len(messages | {seal_message(second)}) == len(SEAL_CHANGES)  # all but the signature itself
