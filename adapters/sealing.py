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

    def read(self) -> list[Seal]:
        """Return the seals; a last line that was cut by a crash does not count."""
        if not self._path.exists():
            return []
        seals = []
        for line in self._path.read_text().splitlines():
            try:
                seals.append(Seal(**json.loads(line)))
            except (ValueError, TypeError):
                break
        return seals

    def append(self, seals: list[Seal]) -> None:
        """Add seals durably."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._path.open("a") as file:
            file.writelines(json.dumps(asdict(seal)) + "\n" for seal in seals)
            file.flush()
            os.fsync(file.fileno())


class Sealer:
    """Seals what was committed. Watches the store; `close` seals the rest."""

    def __init__(self, store: Store, signer: Signer, head: HeadFile, clock: Clock) -> None:
        self._store = store
        self._signer = signer
        self._head = head
        self._clock = clock
        self._unsealed = 0
        self._due = asyncio.Event()
        self._full = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Bring the head file up to the database, seal what a crash left unsealed, and go on in the background."""
        known = len(self._head.read())
        missing = await self._store.find(Seal, {"number": Above(known)}, order_by="number")
        if missing:
            self._head.append(missing)
        await self.seal()
        self._loop = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop, and seal the rest."""
        if self._loop:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
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
            await asyncio.to_thread(self._head.append, [seal])
            is_full = seal.last_seq - seal.first_seq + 1 >= SEAL_AFTER_EVENTS

    async def _run(self) -> None:
        while True:
            await self._due.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._full.wait(), SEAL_AFTER_SECONDS)
            self._due.clear()
            self._full.clear()
            self._unsealed = 0
            # A disk that is full or gone loses nothing here: the next commit or start seals what is left.
            with suppress(Unavailable, OSError):
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
