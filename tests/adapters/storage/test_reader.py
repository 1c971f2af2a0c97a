"""Reads beside the writer: what is committed, and no way to write."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from adapters.storage.reader import Reader
from adapters.storage.store import SqliteStore, open_store
from orchestration.errors import Unavailable
from orchestration.ports import Transaction
from orchestration.records import Epoch, Performance, Snapshot
from tests.support.databases import prepared


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A store with one row."""
    async with open_store(prepared(tmp_path / "store.db")) as opened:
        await opened.tx("begin", lambda tx: tx.insert(Epoch(1, "now", "here")))
        yield opened


@pytest.fixture
async def reader(store: SqliteStore, tmp_path: Path) -> AsyncIterator[Reader]:
    """A reader of its own, as a command has that only looks."""
    opened = Reader(tmp_path / "store.db")
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO epochs VALUES (2, 'now', 'here')",
        "UPDATE epochs SET process = 'there'",
        "DELETE FROM epochs",
        "DROP TABLE epochs",
        "CREATE TABLE other (id)",
        "PRAGMA user_version = 5",
    ],
)
async def test_nothing_can_be_written_through_it(reader: Reader, statement: str) -> None:
    """Whatever would change the file is refused by the database itself, also with the reader's own guard off."""
    for guard in ("ON", "OFF"):
        async with reader._engine.connect() as connection:
            await connection.execute(text(f"PRAGMA query_only = {guard}"))
            with pytest.raises(OperationalError, match="readonly"):
                await connection.execute(text(statement))
    assert await reader.find(Epoch, {}) == [Epoch(1, "now", "here")]


async def test_it_sees_what_is_committed_and_nothing_else(store: SqliteStore, reader: Reader) -> None:
    """A row is seen when its commit is done, and not while its use case still runs."""
    reached, go_on = threading.Event(), threading.Event()

    def use_case(tx: Transaction) -> None:
        tx.insert(Epoch(2, "now", "here"))
        reached.set()
        assert go_on.wait(30)

    writing = asyncio.ensure_future(store.tx("begin", use_case))
    await asyncio.to_thread(reached.wait, 30)
    assert [epoch.number for epoch in await reader.find(Epoch, {}, "number")] == [1]
    go_on.set()
    await writing
    assert [epoch.number for epoch in await reader.find(Epoch, {}, "number")] == [1, 2]


async def test_many_read_while_one_writes(store: SqliteStore, reader: Reader) -> None:
    """Readers wait for nobody, and each sees whole use cases only."""

    async def pair(number: int) -> None:
        rows = [Snapshot(f"{number}{side}", "policy", "", "now") for side in "ab"]
        await store.tx("pair", lambda tx: [tx.insert(row) for row in rows])

    writing = [asyncio.ensure_future(pair(number)) for number in range(100)]
    counts = [len(await reader.find(Snapshot, {})) for _ in range(50)]
    await asyncio.gather(*writing)
    assert counts == sorted(counts)
    assert all(count % 2 == 0 for count in counts)
    assert len(await reader.find(Snapshot, {})) == 200


async def test_what_cannot_be_read_is_an_error_with_a_sentence(tmp_path: Path) -> None:
    """Whoever looks at a file that is no database is told that it cannot be read, and it stays as it is."""
    (tmp_path / "store.db").write_text("nothing of ours " * 100)
    looking = Reader(tmp_path / "store.db")
    with pytest.raises(Unavailable, match=r"could not be read \(file is not a database\)"):
        await looking.find(Epoch, {})
    await looking.close()
    assert (tmp_path / "store.db").read_text() == "nothing of ours " * 100


async def test_it_reads_without_an_owner(store: SqliteStore, tmp_path: Path) -> None:
    """A database that nobody has open any more can still be looked at."""
    await store._stop()
    looking = Reader(tmp_path / "store.db")
    assert await looking.find(Epoch, {}) == [Epoch(1, "now", "here")]
    await looking.close()


async def test_it_counts_by_what_a_column_says(store: SqliteStore, reader: Reader) -> None:
    """Rows are counted by the database, with conditions as `find` has them."""
    rows = [Snapshot(f"{number}", kind, "text", "now") for number, kind in enumerate(("policy", "people", "policy"))]
    await store.tx("some", lambda tx: [tx.insert(row) for row in rows])
    assert await reader.tally(Snapshot, "kind") == {"policy": 2, "people": 1}
    assert await store.tally(Snapshot, "kind", {"hash": ("0", "1")}) == {"policy": 1, "people": 1}
    assert await reader.tally(Snapshot, "kind", {"hash": "9"}) == {}


async def test_it_adds_up_under_conditions(store: SqliteStore, reader: Reader) -> None:
    """Sums are of the rows that fulfil the conditions."""
    rows = [Performance(agent, "echo", succeeded, 0, "now") for agent, succeeded in (("a", 2), ("b", 3), ("c", 4))]
    await store.tx("some", lambda tx: [tx.insert(row) for row in rows])
    some = {"agent_id": ("a", "b")}
    assert await reader.totals(Performance, ("work_type",), ("succeeded", "failed"), some) == [("echo", 2, 5, 0)]
