"""Seals over the event chains, and the verification of both.

A seal signs the Merkle root (RFC 6962: leaves under 0x00, nodes under 0x01) of the hashes of all events since
the seal before, and the seal before itself. The head file outside the database holds every seal once more, so
that somebody who can write the database can neither change, delete nor cut off what was sealed.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from orchestration.canonical import canonical, digest
from orchestration.errors import InvalidRequest
from orchestration.events import GENESIS, link
from orchestration.ports import Signer
from orchestration.records import Event, Seal

SEAL_AFTER_EVENTS = 1_000
SEAL_AFTER_SECONDS = 1.0


def merkle_root(hashes: Sequence[str]) -> str:
    """Return the Merkle tree hash of RFC 6962, section 2.1, over hex leaves."""
    return _tree([hashlib.sha256(b"\x00" + bytes.fromhex(leaf)).digest() for leaf in hashes]).hex()


def _tree(level: list[bytes]) -> bytes:
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        paired = [
            hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)
        ]  # an odd one moves up unchanged, which is RFC 6962's split at the largest power of two
        level = paired + level[len(paired) * 2 :]
    return level[0]


def seal_message(seal: Seal) -> bytes:
    """Return the bytes that a seal's signature covers."""
    fields = [seal.number, seal.at, seal.first_seq, seal.last_seq, seal.root, seal.previous, seal.key]
    return f"sayso/seal/v1\n{canonical(fields)}".encode()


def seal_hash(seal: Seal) -> str:
    """Return what the next seal calls `previous`."""
    return digest("sayso/seal-link/v1", canonical([seal_message(seal).decode(), seal.signature]))


def next_seal(events: Sequence[Event], last: Seal | None, at: str, signer: Signer) -> Seal:
    """Return the seal over these events, which follow those of the last seal."""
    number = last.number + 1 if last else 1
    previous = seal_hash(last) if last else GENESIS
    root = merkle_root([event.hash for event in events])
    draft = Seal(number, at, events[0].seq, events[-1].seq, root, previous, signer.public_key, "")
    return replace(draft, signature=signer.sign(seal_message(draft)))


@dataclass
class Verification:
    """What was found from the first event to the last."""

    events: int = 0
    chains: int = 0
    seals: int = 0
    unsealed: int = 0
    """Events after the last seal; they are linked but not yet signed."""
    faults: list[str] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """Whether nothing was edited, deleted, swapped or cut off."""
        return not self.faults


def verify(events: Iterable[Event], seals: Sequence[Seal], head: Sequence[Seal], signer: Signer) -> Verification:
    """Check every event (in order of `seq`), every seal, and the head file against both."""
    verifying = Verifying(seals, head, signer)
    verifying.take(events)
    return verifying.finish()


class Verifying:
    """A verification under way. The events may come in pages: of those taken, the ones of one seal are kept at most."""

    def __init__(self, seals: Sequence[Seal], head: Sequence[Seal], signer: Signer) -> None:
        self._found = Verification(seals=len(seals))
        # What the head file holds was signed before, so it is the better witness of the two.
        self._ahead = iter(head if len(head) >= len(seals) else seals)
        self._seal = next(self._ahead, None)
        self._leaves: list[Event] = []
        """Of the seal whose turn it is."""
        self._heads: dict[str, tuple[int, str]] = {}
        """Number and hash of the last event of each chain."""
        self._is_readable = True
        with self._noting_nonsense():
            _compare_with_head(seals, head, self._found.faults)
            _check_links(seals, signer, self._found.faults)

    def take(self, events: Iterable[Event]) -> None:
        """Check those that come next, in order of `seq`."""
        with self._noting_nonsense():
            for event in events if self._is_readable else ():
                self._check_link(event)
                self._add_to_seal(event)

    def finish(self) -> Verification:
        """Return what was found, once all were taken."""
        with self._noting_nonsense():
            while self._seal and self._is_readable:
                self._close_seal(self._seal)
        self._found.chains = len(self._heads)
        return self._found

    @contextmanager
    def _noting_nonsense(self) -> Iterator[None]:
        try:
            yield
        except (TypeError, ValueError, InvalidRequest) as error:
            self._is_readable = False
            self._found.faults.append(f"There is something on the record that Sayso never writes: {error}.")

    def _check_link(self, event: Event) -> None:
        self._found.events += 1
        number, previous = self._heads.get(event.chain, (0, GENESIS))
        if event.number != number + 1 or event.previous != previous:
            self._fault(f"Event {event.seq} ({event.name}) does not follow the one before it in its plan.")
        expected = link(event.previous, event.chain, event.number, event.name, event.at, event.body)
        if event.hash != expected:
            self._fault(f"Event {event.seq} ({event.name}) was changed.")
        self._heads[event.chain] = (event.number, event.hash)

    def _add_to_seal(self, event: Event) -> None:
        while self._seal and event.seq > self._seal.last_seq:
            self._close_seal(self._seal)
        if self._seal:
            self._leaves.append(event)
        else:
            self._found.unsealed += 1

    def _close_seal(self, seal: Seal) -> None:
        """Compare a seal's root with the events that it covers, and go on with the next."""
        is_moved = bool(self._leaves) and self._leaves[0].seq != seal.first_seq
        if is_moved or merkle_root([event.hash for event in self._leaves]) != seal.root:
            self._fault(
                f"Events {seal.first_seq} to {seal.last_seq} are not those that seal {seal.number} was made of: "
                "something was edited, deleted, swapped or cut off."
            )
        self._seal, self._leaves = next(self._ahead, None), []

    def _fault(self, sentence: str) -> None:
        self._found.faults.append(sentence)


def _compare_with_head(seals: Sequence[Seal], head: Sequence[Seal], faults: list[str]) -> None:
    if len(head) > len(seals):
        faults.append(f"The head file has {len(head)} seals, the database {len(seals)}: seals were cut off.")
    for ours, theirs in zip(seals, head, strict=False):
        if ours != theirs:
            faults.append(f"Seal {ours.number} in the database is not the one in the head file.")
            return


def _check_links(seals: Sequence[Seal], signer: Signer, faults: list[str]) -> None:
    previous, next_seq = GENESIS, 1
    for number, seal in enumerate(seals, start=1):
        if seal.number != number or seal.previous != previous:
            faults.append(f"Seal {seal.number} does not follow the one before it.")
        if seal.first_seq < next_seq:
            faults.append(f"Seal {seal.number} covers events of the seal before it again.")
        if not signer.verify(seal.key, seal.signature, seal_message(seal)):
            faults.append(f"The signature of seal {seal.number} is not this home's.")
        previous, next_seq = seal_hash(seal), seal.last_seq + 1
