"""What a use case can do inside its transaction."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.storage.store import SqliteStore, open_store
from orchestration.errors import InvariantBroken, Unavailable
from orchestration.events import GENESIS, link
from orchestration.ports import Above, AtMost, Transaction, Where
from orchestration.records import Event, Outgoing, Plan, Record, Request, Snapshot, Vote
from tests.support.databases import prepared

AT = "2026-01-01T00:00:00.000Z"


def request(number: int) -> Request:
    """Return a request."""
    return Request(f"r{number}", f"key-{number}", "ana", "do it", "{}", "received", AT)


def plan(number: int, **changes: Any) -> Plan:
    """Return a plan of the request of the same number."""
    plain = Plan(
        f"p{number}", f"CODE{number}", f"r{number}", "ana", "pending_approval", 1, "d", AT, f"2026-01-0{number}"
    )
    return replace(plain, **changes)


def inserting(record: Record) -> Callable[[Transaction], bool]:
    """Return a use case that inserts a record."""
    return lambda tx: tx.insert(record)


def appending(*names: str) -> Callable[[Transaction], None]:
    """Return a use case that lets these events happen to the first plan."""

    def use_case(tx: Transaction) -> None:
        for name in names:
            tx.append("p1", name, AT, "{}")

    return use_case


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A store with three plans."""
    async with open_store(prepared(tmp_path / "store.db")) as opened:

        def fill(tx: Transaction) -> None:
            for number in (1, 2, 3):
                assert tx.insert(request(number))
                assert tx.insert(plan(number, reason=None if number == 1 else f"why {number}"))

        await opened.tx("fill", fill)
        yield opened


async def ids(store: SqliteStore, where: Where, order_by: str = "id", limit: int = 0) -> list[str]:
    """Return the plans that fulfil a condition, read inside a transaction and beside it alike."""
    inside = await store.tx("find", lambda tx: tx.find(Plan, where, order_by, limit))
    assert inside == await store.find(Plan, where, order_by, limit)
    return [found.id for found in inside]


async def test_what_was_written_is_what_is_read(store: SqliteStore) -> None:
    """A record comes back as it went in, whatever its fields hold."""
    text = "Ä «x» 'y' \"z\" %s :a ?\n\0 🚀"
    odd = replace(request(9), text=text, outcome='{"a":1}', plan_id=None)
    assert await store.tx("insert", lambda tx: tx.insert(odd))
    assert await store.find(Request, {"id": "r9"}) == [odd]


async def test_an_identity_is_taken_once(store: SqliteStore) -> None:
    """Inserting what is there already changes nothing and says so, by key and by any other unique field."""
    for taken in (
        request(1),
        replace(request(9), dedupe_key="key-1"),
        plan(1, status="approved"),
        plan(9, code="CODE1"),
    ):
        assert await store.tx("insert", inserting(taken)) is False
    assert await ids(store, {}) == ["p1", "p2", "p3"]
    assert await ids(store, {"status": "pending_approval"}) == ["p1", "p2", "p3"]


async def test_a_vote_of_the_same_person_counts_once(store: SqliteStore) -> None:
    """The identity of a vote is plan, revision and person."""
    vote = Vote("p1", 1, "ben", True, "", AT, "")
    told = [vote, replace(vote, yes=False), replace(vote, person="cem"), replace(vote, revision=2)]
    assert await store.tx("vote", lambda tx: [tx.insert(one) for one in told]) == [True, False, True, True]


async def test_compare_and_set_counts_what_still_was_so(store: SqliteStore) -> None:
    """A change touches the rows that are as expected and no others, and returns how many those were."""

    def change(where: Where, values: Mapping[str, Any]) -> Any:
        return lambda tx: tx.change(Plan, where, values)

    expected = {"id": "p1", "status": "pending_approval", "revision": 1}
    assert await store.tx("change", change(expected, {"status": "approved", "approved_at": AT})) == 1
    assert await store.tx("change", change(expected, {"status": "rejected"})) == 0
    assert await store.tx("change", change({"status": "pending_approval"}, {"verdict": "FAIL"})) == 2
    assert await store.tx("change", change({}, {"reason": "all"})) == 3
    assert await ids(store, {"status": "approved", "reason": "all"}) == ["p1"]


async def test_a_column_can_be_compared_and_set_at_once(store: SqliteStore) -> None:
    """What a column has to be and what it becomes do not get in each other's way, None included."""
    expected = {"id": "p1", "revision": 1, "reason": None}
    assert await store.tx("change", lambda tx: tx.change(Plan, expected, {"revision": 2, "reason": None})) == 1
    assert await ids(store, {"revision": 2}) == ["p1"]


async def test_of_none_nothing_is_changed_or_removed(store: SqliteStore) -> None:
    """«One of none» holds for no row, whatever stands beside it."""
    of_none: Where = {"id": (), "status": "pending_approval"}
    assert await store.tx("change", lambda tx: tx.change(Plan, of_none, {"reason": "none"})) == 0
    assert await store.tx("remove", lambda tx: tx.remove(Plan, of_none)) == 0
    assert await ids(store, {}) == ["p1", "p2", "p3"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({}, ["p1", "p2", "p3"]),
        ({"id": "p2"}, ["p2"]),
        ({"id": "nothing"}, []),
        ({"reason": None}, ["p1"]),
        ({"id": ("p1", "p3", "p9")}, ["p1", "p3"]),
        ({"id": ("p1",)}, ["p1"]),
        ({"id": ()}, []),
        ({"id": (), "status": "pending_approval"}, []),
        ({"expires_at": Above("2026-01-01"), "id": (), "reason": None}, []),
        ({"expires_at": Above("2026-01-02")}, ["p3"]),
        ({"expires_at": AtMost("2026-01-02")}, ["p1", "p2"]),
        ({"expires_at": Above("2026-01-01"), "id": ("p1", "p2")}, ["p2"]),
        ({"revision": Above(1)}, []),
        ({"revision": AtMost(1), "reason": "why 3"}, ["p3"]),
        ({"needs_person": False}, ["p1", "p2", "p3"]),
        ({"needs_person": True}, []),
    ],
    ids=str,
)
async def test_conditions(store: SqliteStore, where: Where, found: list[str]) -> None:
    """Equal, NULL, one of several or of none, above and at most; several conditions hold together."""
    assert await ids(store, where) == found


async def test_order_and_limit(store: SqliteStore) -> None:
    """Rows come in the order of a column, the other way round with a dash, and no more than asked for."""
    assert await ids(store, {}, "expires_at") == ["p1", "p2", "p3"]
    assert await ids(store, {}, "-expires_at") == ["p3", "p2", "p1"]
    assert await ids(store, {}, "-expires_at", 2) == ["p3", "p2"]


async def test_booleans_stay_booleans(store: SqliteStore) -> None:
    """True and False come back as such, not as numbers, inside a transaction and beside it."""
    await store.tx("change", lambda tx: tx.change(Plan, {"id": "p1"}, {"needs_person": True}))
    for found in (await store.find(Plan, {}, "id"), await store.tx("find", lambda tx: tx.find(Plan, {}, "id"))):
        assert [type(each.needs_person) for each in found] == [bool, bool, bool]
        assert [each.needs_person for each in found] == [True, False, False]


async def test_a_transaction_sees_its_own_writes(store: SqliteStore) -> None:
    """What was written earlier in a use case is read later in it."""

    def use_case(tx: Transaction) -> list[str]:
        tx.change(Plan, {"id": "p1"}, {"status": "approved"})
        tx.insert(request(4))
        return [found.id for found in tx.find(Plan, {"status": "approved"})] + [
            found.id for found in tx.find(Request, {"id": "r4"})
        ]

    assert await store.tx("both", use_case) == ["p1", "r4"]


async def test_a_row_belongs_to_one_that_is_there(store: SqliteStore) -> None:
    """A plan of a request that does not exist is not written, and the use case is taken back."""
    with pytest.raises(Unavailable, match="FOREIGN KEY"):
        await store.tx("insert", lambda tx: [tx.insert(request(8)), tx.insert(plan(9))])
    assert await store.find(Request, {"id": "r8"}) == []


async def test_a_field_that_must_be_there_is_there(store: SqliteStore) -> None:
    """A record with a hole where the table wants a value is not written."""
    with pytest.raises(Unavailable, match="NOT NULL"):
        await store.tx("insert", lambda tx: tx.change(Plan, {"id": "p1"}, {"digest": None}))


async def test_a_condition_on_no_column_is_a_fault(store: SqliteStore) -> None:
    """A misspelt column stops the use case instead of matching everything."""
    with pytest.raises(InvariantBroken):
        await store.tx("find", lambda tx: tx.find(Plan, {"state": "approved"}))


async def test_events_are_linked_when_the_use_case_ends(store: SqliteStore) -> None:
    """Events of one use case follow each other and those of use cases before, and are told to watchers with places."""
    heard: list[Event] = []
    store.watch(lambda news: heard.extend(news.events))
    for _ in range(2):
        await store.tx("append", appending("a", "b"))
    found = await store.find(Event, {}, "seq")
    assert found == heard
    previous = GENESIS
    for place, event in enumerate(found, start=1):
        assert (event.seq, event.number, event.previous) == (place, place, previous)
        assert event.hash == link(previous, "p1", place, event.name, AT, "{}")
        previous = event.hash


async def test_places_have_no_gaps(store: SqliteStore) -> None:
    """A use case that is taken back leaves no hole in the order of events."""

    def fails(tx: Transaction) -> None:
        tx.append("p1", "lost", AT, "{}")
        raise ValueError("no")

    await store.tx("append", appending("a"))
    with pytest.raises(InvariantBroken):
        await store.tx("fails", fails)
    await store.tx("append", appending("b"))
    assert [(event.seq, event.name) for event in await store.find(Event, {}, "seq")] == [(1, "a"), (2, "b")]


async def test_watchers_hear_what_was_new(store: SqliteStore) -> None:
    """A message that was there before is not told again."""
    heard: list[Outgoing] = []
    store.watch(lambda news: heard.extend(news.outgoing))
    message = Outgoing("o1", "agent", "p1", "{}", "waiting", AT)
    assert await store.tx("send", lambda tx: [tx.insert(message), tx.insert(message)]) == [True, False]
    assert heard == [message]


async def test_times_are_compared_as_texts(store: SqliteStore) -> None:
    """The stored form of a time orders as time does, which the expiry of plans relies on."""
    snapshots = [
        Snapshot(f"h{n}", "policy", "", at)
        for n, at in enumerate(["2026-01-01T09:00:00.000Z", "2026-01-01T10:00:00.000Z"])
    ]
    await store.tx("insert", lambda tx: [tx.insert(snapshot) for snapshot in snapshots])
    assert await store.find(Snapshot, {"at": Above("2026-01-01T09:59:59.999Z")}) == [snapshots[1]]


async def test_types_in_the_file_are_plain(store: SqliteStore, tmp_path: Path) -> None:
    """The file holds texts and integers that any SQLite program can read."""
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        row = connection.execute("SELECT code, revision, needs_person, typeof(expires_at) FROM plans").fetchone()
    assert row == ("CODE1", 1, 0, "text")
