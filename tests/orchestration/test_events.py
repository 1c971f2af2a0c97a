"""How an event is written down: linked by hash, and without what belongs to people."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.storage.store import SqliteStore, open_store
from orchestration import events
from orchestration.canonical import canonical, digest, parse
from orchestration.events import GENESIS, SYSTEM, link
from orchestration.ports import Transaction
from orchestration.records import Event, PrivateText
from tests.support.databases import prepared

AT = "2026-01-01T00:00:00.000Z"
LINES = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=8)
FIELDS = st.tuples(LINES, LINES, st.integers(1, 99), LINES, LINES, LINES)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """An empty store."""
    async with open_store(prepared(tmp_path / "store.db")) as opened:
        yield opened


@given(FIELDS, FIELDS)
def test_a_link_covers_every_field(
    one: tuple[str, str, int, str, str, str], other: tuple[str, str, int, str, str, str]
) -> None:
    """Two events have one hash only if all of their fields are the same; nothing can move from one to the next."""
    assert (link(*one) == link(*other)) == (one == other)


@pytest.mark.parametrize("field", range(6))
def test_each_field_changes_the_link(field: int) -> None:
    """Previous hash, chain, number, name, time and body each change the hash by themselves."""
    event = [GENESIS, "plan", 1, "vote.cast", AT, "{}"]
    changed = [*event[:field], 2 if field == 2 else f"{event[field]}x", *event[field + 1 :]]
    assert link(*event) != link(*changed)  # type: ignore[arg-type]


async def test_events_of_a_chain_follow_one_another(store: SqliteStore) -> None:
    """Each chain counts from one by itself, and each event holds the hash of the one before it."""

    def use_case(tx: Transaction) -> None:
        for plan_id in ("a", "b", "a", None):
            events.record(tx, "plan.proposed", AT, plan_id=plan_id)

    await store.tx("test", use_case)
    await store.tx("test", use_case)
    found = await store.find(Event, {}, order_by="seq")
    assert [(event.seq, event.chain, event.number) for event in found] == [
        (1, "a", 1), (2, "b", 1), (3, "a", 2), (4, SYSTEM, 1), (5, "a", 3), (6, "b", 2), (7, "a", 4), (8, SYSTEM, 2),
    ]  # fmt: skip
    for chain in ("a", "b", SYSTEM):
        linked = [event for event in found if event.chain == chain]
        assert [event.previous for event in linked] == [GENESIS, *(event.hash for event in linked[:-1])]


async def test_facts_stand_in_clear_and_empty_ones_not_at_all(store: SqliteStore) -> None:
    """The body is canonical JSON of the facts that have a value, with the plan they are about."""
    await store.tx("test", lambda tx: events.record(tx, "task.started", AT, plan_id="p", task_id="t", exit_code=None))
    [event] = await store.find(Event, {})
    assert (event.name, event.at, event.body) == ("task.started", AT, '{"plan_id":"p","task_id":"t"}')


def voting(person: str) -> Callable[[Transaction], None]:
    """Return a use case in which somebody votes."""
    return lambda tx: events.record(tx, "vote.cast", AT, person=person)


async def test_a_person_has_one_pseudonym(store: SqliteStore) -> None:
    """A person is the same salted hash in every event, another one than anybody else's, and not a plain hash."""
    for person in ("ana", "ben", "ana"):
        await store.tx("test", voting(person))
    ana, ben, again = [parse(event.body)["person"] for event in await store.find(Event, {}, order_by="seq")]
    assert ana == again != ben
    assert ana != digest("sayso/private/v1", canonical(["", "ana"]))
    rows = {row.person: row for row in await store.find(PrivateText, {"kind": "name"})}
    assert set(rows) == {"ana", "ben"}
    assert rows["ana"].hash == ana == digest("sayso/private/v1", canonical([rows["ana"].salt, "ana"]))


async def test_texts_are_concealed(store: SqliteStore) -> None:
    """What somebody said is not in the chain; each time it is said it has another hash, and the text lies beside."""
    for _ in range(2):
        await store.tx(
            "test", lambda tx: events.record(tx, "request.received", AT, plan_id="p", person="ana", text="deploy kuma")
        )
    found = await store.find(Event, {}, order_by="seq")
    assert not any("deploy" in event.body or "ana" in event.body for event in found)
    hashes = [parse(event.body)["text"] for event in found]
    assert len(set(hashes)) == 2
    [row] = await store.find(PrivateText, {"hash": hashes[0]})
    assert (row.kind, row.person, row.text) == ("text", "ana", "deploy kuma")
    assert row.hash == digest("sayso/private/v1", canonical([row.salt, row.text]))


async def test_an_empty_text_leaves_no_trace(store: SqliteStore) -> None:
    """A vote without a reason has no hash of nothing."""
    await store.tx("test", lambda tx: events.record(tx, "vote.cast", AT, plan_id="p", person="ben", text=""))
    [event] = await store.find(Event, {})
    assert set(parse(event.body)) == {"person", "plan_id"}


async def test_forgetting_breaks_no_chain(tmp_path: Path) -> None:
    """With the private rows gone, every event still is what its hash says, and nobody's name is left."""
    async with open_store(prepared(tmp_path / "store.db")) as store:
        await store.tx("test", lambda tx: events.record(tx, "vote.cast", AT, plan_id="p", person="ana", text="no!"))
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        connection.execute("DELETE FROM private_texts")
        connection.commit()
        rows = connection.execute("SELECT previous, chain, number, name, at, body, hash FROM events").fetchall()
    assert [link(*row[:6]) for row in rows] == [row[6] for row in rows]
    assert "ana" not in str(rows)
