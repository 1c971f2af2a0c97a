"""The one thread that writes to SQLite.

Use cases that wait while a commit is on its way to disk are committed together, as one group: that is three to
four times the throughput of one commit each. Each runs in its own savepoint, so that a faulty one takes only
itself back; nobody gets an answer before COMMIT, and a failed COMMIT fails all of its group alike.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.storage.transaction import SqliteTransaction
from orchestration.errors import InvariantBroken, SaysoError, Unavailable
from orchestration.ports import Committed, Transaction

GROUP_LIMIT = 64
QUEUE_LIMIT = 20_000
FULL = 2
Hook = Callable[[str], None]
_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Job:
    label: str
    use_case: Callable[[Transaction], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Runs use cases in transactions, in the order they came.

    `hook(label)` is called before and after each commit (`<label>.before_commit`, `<label>.after_commit`); crash
    tests kill the process there.
    """

    def __init__(self, path: Path, on_commit: Callable[[Committed], None], hook: Hook) -> None:
        self._path = path
        self._on_commit = on_commit
        self._hook = hook
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="sayso-writer", daemon=True)
        self._broken: Unavailable | None = None
        self._group: list[_Job] = []
        """Those that are, or were last, committed together."""
        self._failed: str | None = None
        """Why the last attempt to write failed; None since one has succeeded."""
        self.commits = 0

    @property
    def queued(self) -> int:
        """Return how many use cases wait for a commit."""
        return self._queue.qsize()

    @property
    def trouble(self) -> str | None:
        """Return why nothing is written, for now or any more; None when all is well."""
        return str(self._broken) if self._broken else self._failed

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def stop(self) -> None:
        """Finish what was asked for and end the thread."""
        self._broken = self._broken or Unavailable("Sayso is stopping; nothing more is written. Nothing was changed.")
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def submit(self, label: str, use_case: Callable[[Transaction], Any]) -> asyncio.Future[Any]:
        """Queue a use case; the future is resolved after COMMIT only."""
        if self._broken is not None:
            raise self._broken
        if self._queue.qsize() >= QUEUE_LIMIT:
            raise Unavailable("Too much is waiting to be written. Nothing was changed; try again in a moment.")
        future: asyncio.Future[Any] = self._loop.create_future()
        self._queue.put(_Job(label, use_case, future))
        return future

    def _run(self) -> None:
        try:
            # `isolation_level=None` leaves BEGIN and COMMIT to us.
            with closing(sqlite3.connect(self._path, isolation_level=None, cached_statements=512)) as connection:
                _prepare(connection)
                self._serve(connection)
        except Exception as error:  # noqa: BLE001 (a thread that dies silently would leave every caller waiting)
            self._give_up(error)

    def _serve(self, connection: sqlite3.Connection) -> None:
        while (first := self._queue.get()) is not None:
            group, last = self._waiting(first)
            self._commit(connection, group)
            if last:
                return

    def _give_up(self, error: Exception) -> None:
        """Answer whoever waits, and whoever comes later, that nothing can be written any more."""
        self._broken = Unavailable(
            f"The database cannot be written any more ({error}). Nothing was changed; start anew."
        )
        self._loop.call_soon_threadsafe(self._turn_away, self._broken)

    def _turn_away(self, trouble: Unavailable) -> None:
        # On the event loop, as `submit` is: whoever was not refused there is in the queue by now.
        left = [*self._group]
        while not self._queue.empty():
            if (job := self._queue.get()) is not None:
                left.append(job)
        for job in left:
            job.error = job.error or trouble
        _resolve(left)

    def _waiting(self, first: _Job) -> tuple[list[_Job], bool]:
        """Return the group of jobs that wait by now, and whether the thread is asked to end after them."""
        group = [first]
        while len(group) < GROUP_LIMIT and not self._queue.empty():
            job = self._queue.get()
            if job is None:
                return group, True
            group.append(job)
        return group, False

    def _commit(self, connection: sqlite3.Connection, group: list[_Job]) -> None:
        self._group = group
        label = "+".join(job.label for job in group)
        done: list[SqliteTransaction] = []
        before = connection.total_changes
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in group:
                _run_one(connection, job, done)
            self._hook(f"{label}.before_commit")
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            for transaction in reversed(done):
                transaction.taken_back()
            self._fail(connection, group, error)
            return
        self.commits += 1
        if self._failed and connection.total_changes > before:
            self._failed = None
            _LOG.warning("The database is written again.")
        self._hook(f"{label}.after_commit")
        news = Committed(
            tuple(event for transaction in done for event in transaction.events),
            tuple(message for transaction in done for message in transaction.outgoing),
            tuple(record for transaction in done for record in transaction.evidence),
            tuple(showing for transaction in done for showing in transaction.showings),
        )
        self._loop.call_soon_threadsafe(self._answer, group, news)

    def _fail(self, connection: sqlite3.Connection, group: list[_Job], error: sqlite3.Error) -> None:
        failure = Unavailable(f"The database could not be written ({error}). Nothing was changed.")
        if not self._failed:
            _LOG.error("The database could not be written: %s. What comes meanwhile is refused.", error)
        self._failed = f"The database could not be written ({error})."
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        for job in group:
            job.error = failure
        self._loop.call_soon_threadsafe(self._answer, group, Committed((), ()))

    def _answer(self, group: list[_Job], committed: Committed) -> None:
        # Watchers first: whoever awaits the future must find the news already under way.
        try:
            if committed.events or committed.outgoing:
                self._on_commit(committed)
        finally:
            _resolve(group)


def _resolve(group: list[_Job]) -> None:
    for job in group:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)


def _run_one(connection: sqlite3.Connection, job: _Job, done: list[SqliteTransaction]) -> None:
    """Run a use case in its own savepoint and add it to those that are done, unless it raised and was taken back."""
    transaction = SqliteTransaction(connection)
    connection.execute("SAVEPOINT use_case")
    try:
        job.result = job.use_case(transaction)
        transaction.finish()
        done.append(transaction)
    except Exception as error:  # whatever a use case raises belongs to its caller, not to this thread
        transaction.taken_back()
        if isinstance(error, sqlite3.Error) and not connection.in_transaction:
            raise  # a full disk makes SQLite take back the whole transaction, and with it the rest of the group
        connection.execute("ROLLBACK TO use_case")
        job.error = _typed(error)
    connection.execute("RELEASE use_case")


def _typed(error: Exception) -> Exception:
    if isinstance(error, sqlite3.Error):
        return Unavailable(f"The database could not be written ({error}). Nothing was changed.")
    return error if isinstance(error, SaysoError) else _unexpected(error)


def _unexpected(error: Exception) -> Exception:
    broken = InvariantBroken(f"Something is wrong inside Sayso: {type(error).__name__}: {error}. Nothing was changed.")
    broken.__cause__ = error
    return broken


def _prepare(connection: sqlite3.Connection) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    if connection.execute("PRAGMA synchronous").fetchone() != (FULL,):
        raise InvariantBroken("SQLite does not take synchronous=FULL; approvals could be lost at a power cut.")
