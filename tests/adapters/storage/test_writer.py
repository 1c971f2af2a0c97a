"""The writing thread: groups, savepoints, and no answer that is not on disk."""

import asyncio
import logging
import resource
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.storage.store import SqliteStore, open_store
from adapters.storage.transaction import SqliteTransaction
from adapters.storage.writer import GROUP_LIMIT
from orchestration.errors import InvariantBroken, StaleRevision, Unavailable
from orchestration.ports import Committed, Transaction
from orchestration.records import Event, Outgoing, Snapshot

AT = "2026-01-01T00:00:00.000Z"
PATIENCE = 30
"""Seconds that a thread is waited for."""


def snapshot(name: str, text: str = "") -> Snapshot:
    """Return a small row."""
    return Snapshot(name, "policy", text, AT)


def inserts(name: str, text: str = "") -> Callable[[Transaction], str]:
    """Return a use case that leaves a row and an event and answers with its name."""

    def use_case(tx: Transaction) -> str:
        tx.insert(snapshot(name, text))
        tx.append("chain", name, AT, "{}")
        return name

    return use_case


def raises(error: Exception, name: str = "raised") -> Callable[[Transaction], str]:
    """Return a use case that writes and then raises."""

    def use_case(tx: Transaction) -> str:
        inserts(name)(tx)
        raise error

    return use_case


def breaks_the_commit(tx: Transaction) -> None:
    """Leave a row whose plan does not exist, to be found at COMMIT only."""
    assert isinstance(tx, SqliteTransaction)
    tx._connection.execute("PRAGMA defer_foreign_keys = ON")
    tx._connection.execute("INSERT INTO votes VALUES ('nowhere', 1, 'ben', 1, '', '', '', NULL)")


class Gate:
    """A use case that keeps the writer busy until it is opened, so that what comes meanwhile waits together."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open = threading.Event()

    def __call__(self, tx: Transaction) -> None:
        self.reached.set()
        assert self._open.wait(PATIENCE)

    def open(self) -> None:
        """Let the writer go on."""
        self._open.set()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """An empty store."""
    async with open_store(tmp_path / "store.db") as opened:
        yield opened


async def together(store: SqliteStore, *use_cases: Callable[[Transaction], Any]) -> list[Any]:
    """Run use cases that all wait while another one runs; return their answers or errors."""
    gate = Gate()
    first = asyncio.ensure_future(store.tx("gate", gate))
    await asyncio.to_thread(gate.reached.wait, PATIENCE)
    waiting = [asyncio.ensure_future(store.tx(f"case{number}", case)) for number, case in enumerate(use_cases)]
    await asyncio.sleep(0)
    gate.open()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


async def names(store: SqliteStore) -> list[str]:
    """Return the rows that are there, in order."""
    return [row.hash for row in await store.find(Snapshot, {}, "hash")]


async def event_names(store: SqliteStore) -> list[str]:
    """Return the events that are there, in order."""
    return [event.name for event in await store.find(Event, {}, "seq")]


# ------------------------------------------------------------------------------------------------- groups


async def test_what_waits_together_is_committed_together(store: SqliteStore) -> None:
    """Use cases that wait while another one runs need one commit for all of them."""
    before = store.commits
    cases = [inserts(f"n{number:03}") for number in range(200)]
    answers = await together(store, *cases)
    assert answers == [f"n{number:03}" for number in range(200)]
    assert len(await names(store)) == 200
    assert store.commits - before == 1 + -(-200 // GROUP_LIMIT)


async def test_many_at_once_need_fewer_commits_than_they_are(store: SqliteStore) -> None:
    """Without any help, concurrent use cases share commits."""
    before = store.commits
    await asyncio.gather(*(store.tx("insert", inserts(f"n{number}")) for number in range(500)))
    assert len(await names(store)) == 500
    assert store.commits - before < 500


async def test_order_is_kept(store: SqliteStore) -> None:
    """Use cases run, are told and are numbered in the order they came, across groups."""
    heard: list[str] = []
    store.watch(lambda news: heard.extend(event.name for event in news.events))
    expected = [f"n{number:03}" for number in range(150)]
    await together(store, *(inserts(name) for name in expected))
    assert await event_names(store) == expected
    assert heard == expected


async def test_each_sees_what_the_one_before_left(store: SqliteStore) -> None:
    """Use cases of a group are one after the other, not side by side."""

    def next_one(tx: Transaction) -> int:
        count = len(tx.find(Snapshot, {}))
        tx.insert(snapshot(f"n{count}"))
        return count

    assert await together(store, *[next_one] * 50) == list(range(50))


# -------------------------------------------------------------------------------------- one that goes wrong


async def test_one_that_raises_takes_back_only_itself(store: SqliteStore) -> None:
    """The others of its group are committed and answered; of it there is neither a row nor an event."""
    answers = await together(
        store, inserts("a"), raises(StaleRevision("too late")), inserts("b"), raises(ValueError("oops")), inserts("c")
    )
    assert [answer for answer in answers if isinstance(answer, str)] == ["a", "b", "c"]
    assert await names(store) == await event_names(store) == ["a", "b", "c"]


async def test_an_error_of_the_core_comes_as_it_is(store: SqliteStore) -> None:
    """The caller gets the very error that its use case raised."""
    refusal = StaleRevision("too late")
    with pytest.raises(StaleRevision) as raised:
        await store.tx("raise", raises(refusal))
    assert raised.value is refusal


async def test_an_unexpected_error_comes_typed_and_with_its_cause(store: SqliteStore) -> None:
    """A fault of ours is a broken invariant that names it and says that nothing was changed."""
    with pytest.raises(InvariantBroken, match=r"ZeroDivisionError: oops\. Nothing was changed") as raised:
        await store.tx("raise", raises(ZeroDivisionError("oops")))
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    assert await names(store) == []


async def test_an_error_of_the_database_comes_as_unavailable(store: SqliteStore) -> None:
    """What SQLite refuses inside a use case is told as such, and the writer goes on."""

    def refused(tx: Transaction) -> None:
        tx.insert(snapshot("a"))
        tx.insert(Outgoing("o", "agent", None, "{}", "waiting", AT))  # type: ignore[arg-type]

    [answer, other] = await together(store, refused, inserts("b"))
    assert isinstance(answer, Unavailable)
    assert other == "b"
    assert await names(store) == ["b"]


async def test_a_caller_that_is_gone_hinders_nobody(store: SqliteStore) -> None:
    """A use case whose caller was cancelled is committed with its group, and the others are answered."""
    gate = Gate()
    first = asyncio.ensure_future(store.tx("gate", gate))
    await asyncio.to_thread(gate.reached.wait, PATIENCE)
    gone, stays = (asyncio.ensure_future(store.tx("case", inserts(name))) for name in ("a", "b"))
    await asyncio.sleep(0)
    gone.cancel()
    gate.open()
    assert await stays == "b"
    await first
    assert gone.cancelled()
    assert await names(store) == ["a", "b"]


async def test_a_watcher_that_fails_hinders_nobody(store: SqliteStore, caplog: pytest.LogCaptureFixture) -> None:
    """A fault in whoever listens is logged; callers get their answers and other listeners the news."""
    heard: list[Committed] = []

    def fails(news: Committed) -> None:
        raise ValueError("cannot listen")

    store.watch(fails)
    store.watch(heard.append)
    with caplog.at_level(logging.ERROR):
        assert await asyncio.wait_for(store.tx("insert", inserts("a")), PATIENCE) == "a"
    assert len(heard) == 1
    assert "cannot listen" in caplog.text


async def test_watching_ends(store: SqliteStore) -> None:
    """Whoever stopped listening hears nothing more."""
    heard: list[Committed] = []
    unwatch = store.watch(heard.append)
    await store.tx("insert", inserts("a"))
    unwatch()
    await store.tx("insert", inserts("b"))
    assert [event.name for news in heard for event in news.events] == ["a"]


# ---------------------------------------------------------------------------------------------- durability


async def test_nobody_is_answered_before_the_commit(tmp_path: Path) -> None:
    """Before COMMIT nobody has an answer and nobody else sees a row; after it everybody sees all."""
    seen: list[tuple[str, int, int]] = []
    waiting: list[asyncio.Future[str]] = []

    def look(label: str) -> None:
        with closing(sqlite3.connect(tmp_path / "store.db")) as other:
            rows = other.execute("SELECT count(*) FROM snapshots").fetchone()[0]
        seen.append((label, rows, sum(future.done() for future in waiting)))

    async with open_store(tmp_path / "store.db", look) as store:
        gate = Gate()
        first = asyncio.ensure_future(store.tx("gate", gate))
        await asyncio.to_thread(gate.reached.wait, PATIENCE)
        waiting += [asyncio.ensure_future(store.tx("case", inserts(f"n{number}"))) for number in range(3)]
        await asyncio.sleep(0)
        gate.open()
        await asyncio.gather(first, *waiting)
    assert seen == [
        ("gate.before_commit", 0, 0), ("gate.after_commit", 0, 0),
        ("case+case+case.before_commit", 0, 0), ("case+case+case.after_commit", 3, 0),
    ]  # fmt: skip


async def test_an_answer_is_on_disk(tmp_path: Path) -> None:
    """What was answered is there when the file is read by a program that knows nothing of this one."""
    async with open_store(tmp_path / "store.db") as store:
        await store.tx("insert", inserts("a"))
        with closing(sqlite3.connect(tmp_path / "store.db")) as other:
            assert other.execute("SELECT hash FROM snapshots").fetchall() == [("a",)]
            assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_a_failed_commit_fails_its_group_alike(store: SqliteStore) -> None:
    """When COMMIT fails, all of its group get the same error and nothing of any of them is there."""
    heard: list[Committed] = []
    store.watch(heard.append)
    answers = await together(store, inserts("a"), breaks_the_commit, inserts("b"))
    assert [type(answer) for answer in answers] == [Unavailable] * 3
    assert len({str(answer) for answer in answers}) == 1
    assert "Nothing was changed" in str(answers[0])
    assert await names(store) == await event_names(store) == []
    assert heard == []


async def test_the_store_works_again_after_a_failed_commit(store: SqliteStore) -> None:
    """A failed commit is over when it is over; counts and chains go on as if it had never been."""
    await store.tx("insert", inserts("a"))
    before = store.commits
    with pytest.raises(Unavailable):
        await store.tx("break", breaks_the_commit)
    assert store.commits == before
    assert await store.tx("insert", inserts("b")) == "b"
    assert [(event.seq, event.number) for event in await store.find(Event, {}, "seq")] == [(1, 1), (2, 2)]


@contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    """Let writes fail as on a full disk: no file of this process grows beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_loses_nothing_but_what_it_refused(store: SqliteStore, tmp_path: Path) -> None:
    """While nothing can be written everybody is told so; afterwards the same use cases go through."""
    await store.tx("insert", inserts("a"))
    big = [inserts(name, "x" * 100_000) for name in "bcd"]
    with no_file_grows_beyond((tmp_path / "store.db-wal").stat().st_size + 50_000):
        answers = await together(store, *big)
    assert {type(answer) for answer in answers} == {Unavailable}
    assert await names(store) == await event_names(store) == ["a"]
    assert store.trouble is not None
    assert "could not be written" in store.trouble
    await store.tx("look", lambda tx: None)
    assert store.trouble is not None  # a commit of nothing proves nothing
    assert await together(store, *big) == ["b", "c", "d"]
    assert store.trouble is None
    assert await names(store) == await event_names(store) == ["a", "b", "c", "d"]


async def test_a_database_that_is_full_takes_back_what_did_not_fit(store: SqliteStore) -> None:
    """A use case for which there is no page left is told so, and once there is room the store goes on."""

    def limit(pages: int) -> Callable[[Transaction], None]:
        def use_case(tx: Transaction) -> None:
            assert isinstance(tx, SqliteTransaction)
            used = tx._connection.execute("PRAGMA page_count").fetchone()[0]
            tx._connection.execute(f"PRAGMA max_page_count = {used + pages}")

        return use_case

    await store.tx("limit", limit(2))
    answers = await together(store, inserts("a"), inserts("b", "x" * 1_000_000))
    assert isinstance(answers[1], Unavailable)
    assert "full" in str(answers[1])
    kept = ["a"] if answers[0] == "a" else []
    assert await names(store) == await event_names(store) == kept
    await store.tx("limit", limit(10_000))
    assert await store.tx("insert", inserts("b", "x" * 1_000_000)) == "b"


async def test_closing_finishes_what_was_asked(tmp_path: Path) -> None:
    """What waits when the store is closed is committed and answered first."""
    async with open_store(tmp_path / "store.db") as store:
        waiting = [asyncio.ensure_future(store.tx("insert", inserts(f"n{number}"))) for number in range(20)]
        await asyncio.sleep(0)
    assert [await future for future in waiting] == [f"n{number}" for number in range(20)]
    async with open_store(tmp_path / "store.db") as store:
        assert len(await names(store)) == 20


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    """A use case that comes too late gets an error and is not left waiting."""
    async with open_store(tmp_path / "store.db") as store:
        pass
    with pytest.raises(Unavailable):
        await asyncio.wait_for(store.tx("insert", inserts("a")), PATIENCE)


async def test_a_store_that_is_closed_is_one_file(tmp_path: Path) -> None:
    """Whoever copies a database that nothing works on has all of it in `store.db`."""
    async with open_store(tmp_path / "store.db") as store:
        await store.tx("insert", inserts("a"))
        assert await names(store) == ["a"]
    assert {path.name for path in tmp_path.iterdir()} == {"store.db", "store.db.lock"}


async def test_a_connection_that_is_lost_leaves_nobody_waiting(store: SqliteStore) -> None:
    """When not even a rollback works any more, those of the group, those behind it and all others are told so."""

    def loses_the_connection(tx: Transaction) -> None:
        assert isinstance(tx, SqliteTransaction)
        tx._connection.close()

    gate = Gate()
    first = asyncio.ensure_future(store.tx("gate", gate))
    await asyncio.to_thread(gate.reached.wait, PATIENCE)
    cases = [inserts("a"), loses_the_connection, inserts("b"), *[inserts(f"n{n}") for n in range(GROUP_LIMIT)]]
    waiting = [asyncio.ensure_future(store.tx("case", case)) for case in cases]
    await asyncio.sleep(0)
    gate.open()
    await first
    told = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), PATIENCE)
    assert {type(error) for error in told} == {Unavailable}
    with pytest.raises(Unavailable, match="cannot be written any more"):
        await store.tx("case", inserts("c"))
    assert await names(store) == []
