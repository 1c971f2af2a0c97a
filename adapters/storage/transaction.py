"""What a use case sees of the database while it runs: the core's `Transaction` over the writer's connection."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from adapters.storage import statements
from adapters.storage.tables import BOOLEANS, TABLES
from orchestration.events import GENESIS, link
from orchestration.ports import Where
from orchestration.records import Event, EvidenceRecord, Outgoing, Record, Showing

R = TypeVar("R", bound=Record)


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
        added = self._run(statements.insert_new(TABLES[type(record)]), statements.row(record)).rowcount == 1
        if added and isinstance(record, Outgoing):
            self.outgoing.append(record)
        elif added and isinstance(record, EvidenceRecord):
            self.evidence.append(record)
        elif added and isinstance(record, Showing):
            self.showings.append(record)
        return added

    def change(self, kind: type[Record], where: Where, values: Mapping[str, Any]) -> int:
        """Compare and set; return how many rows still were as expected."""
        statement = statements.compare_and_set(TABLES[kind], statements.shape_of(where), tuple(values))
        bound = {**statements.parameters(where), **{f"s_{name}": value for name, value in values.items()}}
        return self._run(statements.prepare(statement), bound).rowcount

    def find(self, kind: type[R], where: Where, order_by: str = "", limit: int = 0) -> list[R]:
        """Return rows as this transaction sees them."""
        statement = statements.query(TABLES[kind], statements.shape_of(where), order_by, limit)
        prepared = statements.prepare(statement)
        rows = self._run(prepared, statements.parameters(where)).fetchall()
        return [kind(*_with_booleans(row, BOOLEANS[kind])) for row in rows]

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
            event = Event(0, chain, number + 1, name, at, body, previous, hashed)
            done = self._run(statements.insert_event(TABLES[Event]), statements.row(event))
            self.events.append(replace(event, seq=done.lastrowid or 0))
            heads[chain] = (number + 1, hashed)

    def _head(self, chain: str) -> tuple[int, str]:
        last = self.find(Event, {"chain": chain}, order_by="-number", limit=1)
        return (last[0].number, last[0].hash) if last else (0, GENESIS)

    def _run(self, prepared: statements.Prepared, bound: Mapping[str, Any]) -> sqlite3.Cursor:
        return self._connection.execute(prepared.text, prepared.values(bound))


def _with_booleans(row: tuple[Any, ...], places: tuple[int, ...]) -> tuple[Any, ...]:
    if not places:
        return row
    return tuple(bool(value) if place in places else value for place, value in enumerate(row))
