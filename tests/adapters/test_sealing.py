"""Everything committed is sealed soon, in the database and in the head file, whatever happens in between."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest

from adapters.sealing import HeadFile, Sealer
from adapters.signing import FileSigner
from adapters.storage.store import SqliteStore, open_store
from orchestration.audit import SEAL_AFTER_EVENTS, Verification, verify
from orchestration.errors import Unavailable
from orchestration.ports import Transaction
from orchestration.records import Event, Seal
from tests.support.databases import prepared
from tests.support.world import TestClock

AT = "2026-01-01T00:00:00.000Z"
PATIENCE = 30
"""Seconds that a seal is waited for; it is due after one."""


def seal(number: int) -> Seal:
    """Return a seal of which only the number matters."""
    return Seal(number, AT, number, number, "r", "p", "k", "s")


class Sealed:
    """A home with a store, a key and a head file."""

    def __init__(self, folder: Path, store: SqliteStore) -> None:
        self.store = store
        self.head = HeadFile(folder / "audit-head.jsonl")
        self.signer = FileSigner(folder / "seal.key")
        self.sealer = Sealer(store, self.signer, self.head, TestClock())

    async def happen(self, count: int, chain: str = "a") -> None:
        """Let so many events happen in one transaction."""

        def use_case(tx: Transaction) -> None:
            for _ in range(count):
                tx.append(chain, "x", AT, "{}")

        await self.store.tx("happen", use_case)

    async def verified(self) -> Verification:
        """Return what a verification finds."""
        events = await self.store.find(Event, {}, "seq")
        return verify(events, await self.seals(), self.head.read()[0], self.signer)

    async def seals(self) -> list[Seal]:
        """Return the seals of the database."""
        return await self.store.find(Seal, {}, "number")

    async def until(self, is_so: Callable[[list[Seal]], bool]) -> list[Seal]:
        """Return the seals once something is so of them."""
        async with asyncio.timeout(PATIENCE):
            while not is_so(found := await self.seals()):  # noqa: ASYNC110 (a seal is no event that is told to anybody)
                await asyncio.sleep(0.02)
        return found


# -------------------------------------------------------------------------------------------- the head file


def test_seals_are_read_back(tmp_path: Path) -> None:
    """What was added is there in its order, one JSON object a line, for its owner alone."""
    head = HeadFile(tmp_path / "deep" / "head.jsonl")
    assert head.read() == ([], [])
    head.append([seal(1), seal(2)])
    head.append([seal(3)])
    assert head.read() == ([seal(1), seal(2), seal(3)], [])
    lines = (tmp_path / "deep" / "head.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [asdict(seal(number)) for number in (1, 2, 3)]
    assert (tmp_path / "deep" / "head.jsonl").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kept", [0, 1, 10, 60])
def test_a_line_that_a_crash_cut_short_is_replaced(tmp_path: Path, kept: int) -> None:
    """A last line that is not whole does not count, is no fault, and does not spoil what is written after it."""
    head = HeadFile(tmp_path / "head.jsonl")
    head.append([seal(1), seal(2)])
    whole = (tmp_path / "head.jsonl").read_bytes()
    (tmp_path / "head.jsonl").write_bytes(whole[: whole.index(b"\n") + 1 + kept])
    assert head.read() == ([seal(1)], [])
    head.append([seal(2), seal(3)])
    assert head.read() == ([seal(1), seal(2), seal(3)], [])


@pytest.mark.parametrize("line", [b"nonsense\n", b"{}\n", b"[1]\n", b"\xff\xfe\n", b"\n"])
def test_a_bad_line_between_good_ones_is_a_fault(tmp_path: Path, line: bytes) -> None:
    """A line that no crash explains is named, and the seals around it still count."""
    head = HeadFile(tmp_path / "head.jsonl")
    head.append([seal(1)])
    with (tmp_path / "head.jsonl").open("ab") as file:
        file.write(line)
    head.append([seal(2)])
    assert head.read() == ([seal(1), seal(2)], ["Line 2 of the head file is not a seal: it was changed."])


# --------------------------------------------------------------------------------------------------- sealing


@pytest.mark.slow
async def test_events_are_sealed_within_about_a_second(tmp_path: Path) -> None:
    """What happened is sealed by itself, in both places, and verifies."""
    async with open_store(prepared(tmp_path / "store.db")) as store:
        home = Sealed(tmp_path, store)
        store.watch(home.sealer.committed)
        await home.sealer.start()
        await home.happen(3)
        [one] = await home.until(lambda seals: len(seals) == 1)
        assert (one.number, one.first_seq, one.last_seq) == (1, 1, 3)
        await home.happen(1, "b")
        await home.until(lambda seals: len(seals) == 2)
        await home.sealer.close()
        assert home.head.read() == (await home.seals(), [])
        found = await home.verified()
        assert (found.intact, found.events, found.chains, found.seals, found.unsealed) == (True, 4, 2, 2, 0)


async def test_nothing_new_makes_no_seal(tmp_path: Path) -> None:
    """Without an event there is nothing to sign."""
    async with open_store(prepared(tmp_path / "store.db")) as store:
        home = Sealed(tmp_path, store)
        await home.sealer.start()
        await home.sealer.seal()
        await home.sealer.close()
        assert await home.seals() == []
        assert home.head.read() == ([], [])


async def test_closing_seals_the_rest(tmp_path: Path) -> None:
    """What happened in the last moment is sealed before the end."""
    async with open_store(prepared(tmp_path / "store.db")) as store:
        home = Sealed(tmp_path, store)
        store.watch(home.sealer.committed)
        await home.sealer.start()
        await home.happen(5)
        await home.sealer.close()
        assert [found.last_seq for found in await home.seals()] == [5]
        assert (await home.verified()).unsealed == 0


async def test_many_events_make_seals_of_bounded_size(tmp_path: Path) -> None:
    """A seal covers a thousand events at most; all of them are covered, without a gap."""
    async with open_store(prepared(tmp_path / "store.db")) as store:
        home = Sealed(tmp_path, store)
        await home.happen(2 * SEAL_AFTER_EVENTS + 5)
        await home.sealer.seal()
        spans = [(found.first_seq, found.last_seq) for found in await home.seals()]
        assert spans == [(1, 1000), (1001, 2000), (2001, 2005)]
        assert (await home.verified()).intact


async def test_a_start_seals_what_a_crash_left(tmp_path: Path) -> None:
    """Events that were committed and not yet sealed are sealed by the next start, and only once."""
    async with open_store(prepared(tmp_path / "store.db")) as store:
        await Sealed(tmp_path, store).happen(4)
    for _ in range(2):
        async with open_store(prepared(tmp_path / "store.db")) as store:
            home = Sealed(tmp_path, store)
            await home.sealer.start()
            await home.sealer.close()
            assert [found.last_seq for found in await home.seals()] == [4]
            assert (await home.verified()).intact


async def test_a_start_brings_the_head_file_up_to_the_database(tmp_path: Path) -> None:
    """A seal that is in the database and, by a crash, not or only half in the head file is added there."""
    path = tmp_path / "audit-head.jsonl"
    async with open_store(prepared(tmp_path / "store.db")) as store:
        home = Sealed(tmp_path, store)
        for _ in range(3):
            await home.happen(1)
            await home.sealer.seal()
        expected = await home.seals()
    for cut in (0, 1, 150, 500):
        path.write_bytes(path.read_bytes()[:cut])
        async with open_store(prepared(tmp_path / "store.db")) as store:
            home = Sealed(tmp_path, store)
            await home.sealer.start()
            await home.sealer.close()
            assert home.head.read() == (expected, [])


async def test_seals_cut_off_from_the_database_are_missed(tmp_path: Path) -> None:
    """Deleting the last seals, or all, with the events they cover, shows against the head file, also after a start."""
    async with open_store(prepared(tmp_path / "store.db")) as store:
        home = Sealed(tmp_path, store)
        for _ in range(3):
            await home.happen(2)
            await home.sealer.seal()
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        connection.execute("DELETE FROM seals WHERE number > 1")
        connection.execute("DELETE FROM events WHERE seq > 2")
        connection.commit()
    async with open_store(prepared(tmp_path / "store.db")) as store:
        home = Sealed(tmp_path, store)
        assert any("cut off" in fault for fault in (await home.verified()).faults)
        await home.sealer.start()
        await home.happen(1)
        await home.sealer.close()
        assert not (await home.verified()).intact


@pytest.mark.slow
async def test_a_head_file_that_cannot_be_written_is_made_up_for(tmp_path: Path) -> None:
    """While the head file's disk is gone nothing stops; once it is back it gets what it missed, in order."""
    path = tmp_path / "audit-head.jsonl"
    async with open_store(prepared(tmp_path / "store.db")) as store:
        home = Sealed(tmp_path, store)
        store.watch(home.sealer.committed)
        await home.sealer.start()
        path.mkdir()
        await home.happen(1)
        await home.until(lambda seals: len(seals) == 1)
        await home.happen(1)
        await home.until(lambda seals: len(seals) == 2)
        path.rmdir()
        await home.happen(1)
        await home.until(lambda seals: len(seals) == 3)
        await home.sealer.close()
        assert home.head.read() == (await home.seals(), [])
        assert (await home.verified()).intact


async def test_nothing_starts_where_seals_cannot_be_kept(tmp_path: Path) -> None:
    """A head file that cannot be used stops the start with its name; at the end it hinders nobody."""
    (tmp_path / "audit-head.jsonl").mkdir()
    async with open_store(prepared(tmp_path / "store.db")) as store:
        home = Sealed(tmp_path, store)
        await home.sealer.close()
        await home.happen(1)
        await home.sealer.close()
        with pytest.raises(Unavailable, match=r"audit-head\.jsonl cannot be read: Is a directory"):
            await Sealed(tmp_path, store).sealer.start()


async def test_a_forged_seal_does_not_pass(tmp_path: Path) -> None:
    """A seal of another key, put into both places, is told."""
    async with open_store(prepared(tmp_path / "store.db")) as store:
        home = Sealed(tmp_path, store)
        await home.happen(1)
        await home.sealer.seal()
        forged = {"signature": FileSigner(tmp_path / "other.key").sign(b"x")}
        await store.tx("forge", lambda tx: tx.change(Seal, {"number": 1}, forged))
        (tmp_path / "audit-head.jsonl").unlink()
        home.head.append(await home.seals())
        assert (await home.verified()).faults == ["The signature of seal 1 is not this home's."]
