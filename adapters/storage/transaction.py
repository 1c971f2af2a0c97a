"""What a use case sees of the database while it runs: the core's `Transaction` over the writer's connection."""

import sqlite3
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, TypeVar

from adapters.storage import statements
from adapters.storage.tables import FIELDS, TABLES, made_of
from orchestration.events import GENESIS, link
from orchestration.ports import Where
from orchestration.records import Event, EvidenceRecord, Outgoing, Record, Showing

R = TypeVar("R", bound=Record)
VALUES = {kind: attrgetter(*names) for kind, names in FIELDS.items()}
EVENT_COLUMNS = tuple(name for name in FIELDS[Event] if name != "seq")


class SqliteTransaction:
    """One use case inside an open transaction. Synchronous; lives in the writer thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._pending: list[tuple[str, str, str, str]] = []
        self._undo: list[Callable[[], object]] = []
        self.events: list[Event] = []
        self.outgoing: list[Outgoing] = []
        self.evidence: list[EvidenceRecord] = []
        self.showings: list[Showing] = []

    def insert(self, record: Record) -> bool:
        """Add a row; False when its identity is taken."""
        kind = type(record)
        added = self._connection.execute(statements.insert_new(TABLES[kind]), VALUES[kind](record)).rowcount == 1
        if added and isinstance(record, Outgoing):
            self.outgoing.append(record)
        elif added and isinstance(record, EvidenceRecord):
            self.evidence.append(record)
        elif added and isinstance(record, Showing):
            self.showings.append(record)
        return added

    def change(self, kind: type[Record], where: Where, values: Mapping[str, Any]) -> int:
        """Compare and set; return how many rows still were as expected."""
        text = statements.compare_and_set(TABLES[kind], statements.shape_of(where), tuple(values))
        return self._connection.execute(text, [*values.values(), *statements.values_of(where)]).rowcount

    def remove(self, kind: type[Record], where: Where) -> int:
        """Delete rows; return how many there were."""
        text = statements.remove(TABLES[kind], statements.shape_of(where))
        return self._connection.execute(text, statements.values_of(where)).rowcount

    def find(self, kind: type[R], where: Where, order_by: str = "", limit: int = 0) -> list[R]:
        """Return rows as this transaction sees them."""
        prepared = statements.find(TABLES[kind], statements.shape_of(where), order_by, limit)
        rows = self._connection.execute(prepared.text, [*statements.values_of(where), *prepared.tail]).fetchall()
        return made_of(kind, rows)

    def append(self, chain: str, name: str, at: str, body: str) -> None:
        """Note an event; `finish` links it to its chain."""
        self._pending.append((chain, name, at, body))

    def on_undo(self, undo: Callable[[], object]) -> None:
        """Note what to do in memory should this be taken back."""
        self._undo.append(undo)

    def taken_back(self) -> None:
        """Undo in memory what the database has taken back; the writer calls this before anything else is run."""
        while self._undo:
            self._undo.pop()()

    def finish(self) -> None:
        """Write the noted events. Chain heads are read here, inside the transaction, so a lost one costs nothing."""
        heads: dict[str, tuple[int, str]] = {}
        for chain, name, at, body in self._pending:
            number, previous = heads.get(chain) or self._head(chain)
            hashed = link(previous, chain, number + 1, name, at, body)
            values = (chain, number + 1, name, at, body, previous, hashed)
            done = self._connection.execute(statements.insert_event(TABLES[Event], EVENT_COLUMNS), values)
            self.events.append(Event(done.lastrowid or 0, *values))
            heads[chain] = (number + 1, hashed)

    def _head(self, chain: str) -> tuple[int, str]:
        last = self.find(Event, {"chain": chain}, order_by="-number", limit=1)
        return (last[0].number, last[0].hash) if last else (0, GENESIS)
