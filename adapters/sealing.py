"""Seal the event chains in the background: at the latest a second after an event, or at a thousand of them.

Each seal goes into the database and then into the head file, which is what shows a tail that was cut off.
"""

import asyncio
import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from orchestration.audit import SEAL_AFTER_EVENTS, SEAL_AFTER_SECONDS, next_seal
from orchestration.errors import Unavailable
from orchestration.ports import Above, Clock, Committed, Signer, Store, Transaction, timestamp
from orchestration.records import Event, Seal


class HeadFile:
    """Every seal once more, one JSON object a line, outside the database."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> tuple[list[Seal], list[str]]:
        """Return the seals, and what is wrong with the file.

        A last line that a crash cut short is no fault; a bad line before others is. Raises Unavailable.
        """
        try:
            lines = self._path.read_bytes().splitlines(keepends=True) if self._path.exists() else []
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be read: {error.strerror or error}. It holds the seals.") from None
        seals = [seal for line in lines if (seal := _seal(line))]
        whole = lines[:-1] if lines and _seal(lines[-1]) is None else lines
        bad = [number for number, line in enumerate(whole, start=1) if _seal(line) is None]
        return seals, [f"Line {number} of the head file is not a seal: it was changed." for number in bad]

    def append(self, seals: list[Seal]) -> None:
        """Add seals durably, after the last whole line; raises Unavailable when that cannot be done."""
        try:
            self._append(seals)
        except OSError as error:
            raise Unavailable(
                f"{self._path} cannot be written: {error.strerror or error}. It holds the seals."
            ) from None

    def _append(self, seals: list[Seal]) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            file.truncate(_end_of_whole_lines(file.read()))
            file.seek(0, os.SEEK_END)
            file.writelines(json.dumps(asdict(seal)).encode() + b"\n" for seal in seals)
            file.flush()
            os.fsync(file.fileno())


def _seal(line: bytes) -> Seal | None:
    try:
        return Seal(**json.loads(line)) if line.endswith(b"\n") else None
    except (ValueError, TypeError):
        return None


def _end_of_whole_lines(content: bytes) -> int:
    return content.rfind(b"\n") + 1


class Sealer:
    """Seals what was committed. Watches the store; `close` seals the rest."""

    def __init__(self, store: Store, signer: Signer, head: HeadFile, clock: Clock) -> None:
        self._store = store
        self._signer = signer
        self._head = head
        self._clock = clock
        self._unsealed = 0
        self._in_head = 0
        self._is_closing = False
        self._due = asyncio.Event()
        self._full = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Bring the head file up to the database, seal what a crash left unsealed, and go on in the background.

        Raises Unavailable when that cannot be done: where the record cannot be kept, nothing starts.
        """
        self._in_head = max((seal.number for seal in self._head.read()[0]), default=0)
        await self.seal()
        self._loop = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop, and seal the rest."""
        self._is_closing = True
        self._due.set()
        self._full.set()
        if self._loop:
            # Not cancelled: a seal that is half on its way to the head file would be missing there, or stand twice.
            await asyncio.gather(self._loop, return_exceptions=True)
        with suppress(Unavailable):  # the next start seals what is left
            await self.seal()

    def committed(self, news: Committed) -> None:
        """Note how much waits to be sealed."""
        self._unsealed += len(news.events)
        if news.events:
            self._due.set()
        if self._unsealed >= SEAL_AFTER_EVENTS:
            self._full.set()

    async def seal(self) -> None:
        """Seal what is there by now, a thousand events a seal; what comes meanwhile waits for the next time."""
        is_full = True
        while is_full and (seal := await self._store.tx("audit.seal", self._seal_next)):
            is_full = seal.last_seq - seal.first_seq + 1 >= SEAL_AFTER_EVENTS
        await self._copy_to_head()

    async def _copy_to_head(self) -> None:
        """Bring the head file up to the database, never past a gap that a full disk may have left."""
        missing = await self._store.find(Seal, {"number": Above(self._in_head)}, order_by="number")
        if missing:
            await asyncio.to_thread(self._head.append, missing)
            self._in_head = missing[-1].number

    async def _run(self) -> None:
        while not self._is_closing:
            await self._due.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._full.wait(), SEAL_AFTER_SECONDS)
            self._due.clear()
            self._full.clear()
            self._unsealed = 0
            # A disk that is full or gone loses nothing here: the next commit or start seals what is left.
            with suppress(Unavailable):
                await self.seal()

    def _seal_next(self, tx: Transaction) -> Seal | None:
        last = next(iter(tx.find(Seal, {}, order_by="-number", limit=1)), None)
        since = {"seq": Above(last.last_seq if last else 0)}
        events = tx.find(Event, since, order_by="seq", limit=SEAL_AFTER_EVENTS)
        if not events:
            return None
        seal = next_seal(events, last, timestamp(self._clock.now()), self._signer)
        tx.insert(seal)
        return seal
