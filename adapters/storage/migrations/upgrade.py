"""Bring a database file to the newest schema, after copying it aside. Alembic is imported only when there is work."""

import sqlite3
from contextlib import closing
from pathlib import Path

from adapters.storage.tables import SCHEMA_VERSION
from orchestration.errors import Unavailable


def upgrade(path: Path) -> None:
    """Create or migrate the database; refuses one that a newer Sayso wrote."""
    current = schema_version(path)
    if current == SCHEMA_VERSION:
        return
    if current is not None and current > SCHEMA_VERSION:
        raise Unavailable(f"{path.name} was written by a newer Sayso (schema {current}). Upgrade Sayso to open it.")
    if current is not None:
        _copy(path, path.with_name(f"{path.name}.before-{SCHEMA_VERSION}"))
    _run_alembic(path)
    path.chmod(0o600)


def schema_version(path: Path) -> str | None:
    """Return the schema of a database file; None when there is none yet."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.DatabaseError as error:
            raise Unavailable(f"{path.name} cannot be read as a Sayso database: {error}.") from error
    return found[0] if found else None


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
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
