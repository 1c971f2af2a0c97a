"""Bring a database file to the newest schema, after copying it aside. Alembic is imported only when there is work."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from adapters.storage.tables import SCHEMA_VERSION
from orchestration.errors import Unavailable


def upgrade(path: Path) -> None:
    """Create or migrate the database.

    Raises Unavailable when a newer Sayso wrote it, or when it cannot be done, as on a full disk; then nothing changed.
    """
    current = schema_version(path)
    if current == SCHEMA_VERSION:
        return
    if current is not None and current > SCHEMA_VERSION:
        raise Unavailable(f"{path.name} was written by a newer Sayso (schema {current}). Upgrade Sayso to open it.")
    try:
        if current is not None:
            _copy(path, path.with_name(f"{path.name}.before-{SCHEMA_VERSION}"))
        _make(path, current is not None)
    except (sqlite3.Error, DBAPIError) as error:
        what = "made" if current is None else "brought up to date; it is as it was"
        raise Unavailable(f"{path} cannot be {what} ({getattr(error, 'orig', error)}).") from error


def schema_version(path: Path) -> str | None:
    """Return the schema of a database file; None when there is none yet."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise Unavailable(f"{path} cannot be read as a Sayso database: {error}.") from error
    if found is None:
        raise Unavailable(f"{path} cannot be read as a Sayso database: it does not say its schema.")
    return str(found[0])


def _make(path: Path, has_rows: bool) -> None:
    """Make or migrate the database, whole or not at all: a start that is killed leaves the one that was there."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    try:
        if has_rows:
            _copy(path, draft)
        _run_alembic(draft)
        draft.chmod(0o600)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)  # of one that failed: its disk may be full


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        # Nothing may be left in the log beside the file: the file is replaced, and its log would outlive it.
        old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        old.backup(new)
    target.chmod(0o600)


def _run_alembic(path: Path) -> None:
    from alembic import command  # 231 ms that a database at the newest schema does not pay
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["database"] = path
    command.upgrade(config, "head")
