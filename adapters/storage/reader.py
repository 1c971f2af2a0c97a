"""Reads beside the writer, through aiosqlite; also for commands that only look while another process owns the home."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.storage import statements
from adapters.storage.tables import TABLES, made_of
from orchestration.errors import Unavailable
from orchestration.ports import Where
from orchestration.records import Record

R = TypeVar("R", bound=Record)
NOTHING: Where = {}


class Reader:
    """Committed rows, read only: a reader can neither write nor checkpoint."""

    def __init__(self, path: Path) -> None:
        # Made of its parts: a URL in one text would have the path unquoted once too often.
        url = URL.create("sqlite+aiosqlite", database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=2,
            max_overflow=2,
            pool_timeout=None,  # many wait under load, and each gets its turn
        )
        event.listen(self._engine.sync_engine, "connect", _only_read)

    async def find(self, kind: type[R], where: Where, order_by: str = "", limit: int = 0) -> list[R]:
        """Return committed rows."""
        statement = statements.find(TABLES[kind], statements.shape_of(where), order_by, limit)
        return made_of(kind, await self._rows(statement, where))

    async def tally(self, kind: type[Record], column: str, where: Where = NOTHING) -> dict[str, int]:
        """Return how many rows there are by what a column says."""
        statement = statements.tally(TABLES[kind], column, statements.shape_of(where))
        return {str(value): number for value, number in await self._rows(statement, where)}

    async def totals(
        self, kind: type[Record], by: tuple[str, ...], of: tuple[str, ...], where: Where = NOTHING
    ) -> list[tuple[Any, ...]]:
        """Return for each group (what `by` says …, how many rows, the sums of `of` …)."""
        statement = statements.totals(TABLES[kind], by, of, statements.shape_of(where))
        return [tuple(found) for found in await self._rows(statement, where)]

    async def _rows(self, statement: statements.Prepared, where: Where) -> Sequence[Any]:
        values = (*statements.values_of(where), *statement.tail)
        try:
            async with self._engine.connect() as connection:
                rows: Sequence[Any] = (await connection.exec_driver_sql(statement.text, values)).all()
        except DBAPIError as error:
            raise Unavailable(f"The database could not be read ({error.orig}).") from error
        return rows

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()


def _only_read(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA query_only=ON")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()
