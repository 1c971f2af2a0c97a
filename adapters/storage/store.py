"""The core's `Store` on SQLite: transactions through the writer thread, reads through aiosqlite."""

import fcntl
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from adapters.storage.migrations.upgrade import upgrade
from adapters.storage.reader import NOTHING, Reader
from adapters.storage.writer import Hook, Writer
from orchestration.errors import HomeBusy, Unavailable
from orchestration.ports import Committed, Transaction, Where
from orchestration.records import Record

R = TypeVar("R", bound=Record)
T = TypeVar("T")


class SqliteStore:
    """One file, one writing thread, any number of readers. Open it with `open_store`."""

    def __init__(self, path: Path, hook: Hook) -> None:
        self._watchers: list[Callable[[Committed], None]] = []
        self._reader = Reader(path)
        self._writer = Writer(path, self._tell, hook)

    @property
    def commits(self) -> int:
        """Return how many commits were made since this store was opened."""
        return self._writer.commits

    @property
    def queued(self) -> int:
        """Return how many use cases wait for a commit."""
        return self._writer.queued

    @property
    def trouble(self) -> str | None:
        """Return why nothing is written any more; None when all is well."""
        return self._writer.trouble

    async def tx(self, label: str, use_case: Callable[[Transaction], T]) -> T:
        """Run a use case in one durable transaction."""
        return cast("T", await self._writer.submit(label, use_case))

    async def find(self, kind: type[R], where: Where, order_by: str = "", limit: int = 0) -> list[R]:
        """Return committed rows."""
        return await self._reader.find(kind, where, order_by, limit)

    async def tally(self, kind: type[Record], column: str, where: Where = NOTHING) -> dict[str, int]:
        """Return how many rows there are by what a column says."""
        return await self._reader.tally(kind, column, where)

    async def totals(
        self, kind: type[Record], by: tuple[str, ...], of: tuple[str, ...], where: Where = NOTHING
    ) -> list[tuple[Any, ...]]:
        """Return for each group (what `by` says …, how many rows, the sums of `of` …)."""
        return await self._reader.totals(kind, by, of, where)

    def watch(self, watcher: Callable[[Committed], None]) -> Callable[[], None]:
        """Call this on the event loop after each commit, in commit order, until the returned function is called."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    async def _start(self) -> None:
        self._writer.start()

    async def _stop(self) -> None:
        await self._reader.close()
        await self._writer.stop()  # the last connection: closing it takes the log into the database file

    def _tell(self, committed: Committed) -> None:
        for watcher in tuple(self._watchers):
            try:
                watcher(committed)
            except Exception:  # what was committed is true for all others too
                logging.getLogger(__name__).exception("A watcher of the store failed.")


@asynccontextmanager
async def open_store(path: Path, hook: Hook = lambda _label: None) -> AsyncIterator[SqliteStore]:
    """Bring the database up to date and open it; the caller owns the home."""
    with owned(path):
        upgrade(path)
        store = SqliteStore(path, hook)
        await store._start()
        try:
            yield store
        finally:
            await store._stop()


@contextmanager
def owned(path: Path) -> Iterator[None]:
    """Own a database file: two homes may name the same one, and only one process may write and recover it."""
    try:
        descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(f"{path} cannot be opened: {error.strerror or error}.") from None
    try:
        _lock(descriptor, path)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise HomeBusy(f"{path} is in use by another Sayso. Stop it first, or use another database.") from None
