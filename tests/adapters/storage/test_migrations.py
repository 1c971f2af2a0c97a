"""The database file is made whole, has the tables that the code means, and is opened by no older program."""

import json
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from adapters.storage.migrations.upgrade import schema_version, upgrade
from adapters.storage.store import open_store
from adapters.storage.tables import SCHEMA_VERSION, TABLES, metadata
from orchestration.errors import HomeBusy, Unavailable
from orchestration.records import Attempt, Epoch, Record

KILLED = 9


def structure(path: Path) -> dict[str, list[object]]:
    """Return all that a database file says about its tables: columns, keys and indexes with their columns."""
    with closing(sqlite3.connect(path)) as connection:

        def read(pragma: str, name: str) -> list[tuple[object, ...]]:
            return connection.execute(f"PRAGMA {pragma}({name})").fetchall()

        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found: dict[str, list[object]] = {}
        for name in sorted(name for name in names if not name.startswith(("sqlite_", "alembic_"))):
            indexes = [(row[1:], read("index_info", str(row[1]))) for row in read("index_list", name)]
            found[name] = [read("table_info", name), sorted(read("foreign_key_list", name)), sorted(indexes, key=str)]
        return found


def test_a_fresh_database_has_the_tables_of_the_code(tmp_path: Path) -> None:
    """What the migrations make is, to the column and the index, what the tables say."""
    upgrade(tmp_path / "store.db")
    engine = create_engine(f"sqlite:///{tmp_path / 'store.db'}", poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    metadata.create_all(meant := create_engine(f"sqlite:///{tmp_path / 'meant.db'}", poolclass=NullPool))
    meant.dispose()
    assert structure(tmp_path / "store.db") == structure(tmp_path / "meant.db")


def test_every_record_has_its_table() -> None:
    """Each class of the core has a table with the fields of the class, in their order."""
    assert set(TABLES) == set(get_args(Record))
    assert {table.name for table in TABLES.values()} == set(metadata.tables)
    for kind, table in TABLES.items():
        assert [column.name for column in table.columns] == [field.name for field in fields(kind)]


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Nobody else can read what is decided here, and nothing half made stays behind."""
    upgrade(tmp_path / "store.db")
    assert stat.S_IMODE((tmp_path / "store.db").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["store.db"]
    assert schema_version(tmp_path / "store.db") == SCHEMA_VERSION


def test_all_migrations_are_one_transaction(tmp_path: Path) -> None:
    """A first start waits for the disk once, and not for each of some fifty statements."""
    upgrade(tmp_path / "store.db")
    transactions = (tmp_path / "store.db").read_bytes()[24:28]  # SQLite's file change counter
    assert int.from_bytes(transactions) == 1


def test_opening_again_runs_no_migration(tmp_path: Path) -> None:
    """A database at the newest schema is left as it is, and the migration tool is not even loaded."""
    upgrade(tmp_path / "store.db")
    before = (tmp_path / "store.db").read_bytes()
    program = (
        "import sys; from pathlib import Path; from adapters.storage.migrations.upgrade import upgrade;"
        "upgrade(Path(sys.argv[1])); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, tmp_path / "store.db"], check=False).returncode == 0
    assert (tmp_path / "store.db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["store.db"]


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """A file that a newer Sayso wrote is not opened, and stays as it is."""
    upgrade(tmp_path / "store.db")
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = (tmp_path / "store.db").read_bytes()
    with pytest.raises(Unavailable, match=r"store\.db was written by a newer Sayso \(schema 9999\)\. Upgrade Sayso"):
        upgrade(tmp_path / "store.db")
    assert (tmp_path / "store.db").read_bytes() == before


@pytest.mark.parametrize("content", [b"hello " * 200, b"SQLite format 3\0" + b"\xff" * 4096])
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    """Another file under the name is told as such, and stays as it is."""
    (tmp_path / "store.db").write_bytes(content)
    with pytest.raises(Unavailable, match=r"store\.db cannot be read as a Sayso database"):
        upgrade(tmp_path / "store.db")
    assert (tmp_path / "store.db").read_bytes() == content


@pytest.mark.parametrize("made", ["CREATE TABLE requests (id)", "CREATE TABLE alembic_version (version_num)"])
def test_a_database_of_somebody_else_is_refused(tmp_path: Path, made: str) -> None:
    """A database that does not say its schema is nobody's to fill."""
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        connection.execute(made)
    with pytest.raises(Unavailable, match="cannot be read as a Sayso database"):
        upgrade(tmp_path / "store.db")


async def test_a_place_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    """A folder under the name, or a folder that is missing, is an error with a sentence."""
    for place in (tmp_path, tmp_path / "missing" / "store.db"):
        with pytest.raises(Unavailable, match="cannot be"):
            async with open_store(place):
                pass


@pytest.mark.parametrize("name", ["a b", "50% done", "x#y", "what?", "q%20z", "it's", "ä"])
async def test_any_name_of_a_folder_will_do(tmp_path: Path, name: str) -> None:
    """What signs a path has in it does not lead anywhere else, for the writer and for readers."""
    folder = tmp_path / name
    folder.mkdir()
    rows = [Epoch(1, "now", "here"), Epoch(2, "now", "here")]
    for count in (1, 2):
        async with open_store(folder / "store.db") as store:
            await store.tx("begin", lambda tx: [tx.insert(row) for row in rows])
            assert await store.find(Epoch, {}, "number") == rows, count
    assert [path.name for path in tmp_path.iterdir()] == [name]


CRASH = f"""
import os, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from adapters.storage.migrations.upgrade import upgrade

@event.listens_for(Engine, "before_cursor_execute")
def crash(_connection, _cursor, statement, *_rest):
    if sys.argv[2] in statement:
        os._exit({KILLED})

upgrade(Path(sys.argv[1]))
"""


@pytest.mark.parametrize(
    "moment", ["CREATE TABLE alembic_version", "CREATE TABLE plans", "INSERT INTO alembic_version"]
)
def test_a_first_start_that_was_killed_is_no_hindrance(tmp_path: Path, moment: str) -> None:
    """A process killed while it makes the database leaves nothing that the next start stumbles on."""
    killed = subprocess.run([sys.executable, "-c", CRASH, tmp_path / "store.db", moment], check=False)
    assert killed.returncode == KILLED
    upgrade(tmp_path / "store.db")
    assert schema_version(tmp_path / "store.db") == SCHEMA_VERSION
    assert [path.name for path in tmp_path.iterdir()] == ["store.db"]


async def test_a_database_has_one_owner(tmp_path: Path) -> None:
    """A second program that would write to the same file is told so, under whatever home it runs."""
    async with open_store(tmp_path / "store.db"):
        with pytest.raises(HomeBusy, match=r"store\.db is in use by another Sayso"):
            async with open_store(tmp_path / "store.db"):
                pass
    async with open_store(tmp_path / "store.db") as store:
        assert await store.find(Epoch, {}) == []


MADE = """
import sys
from alembic import command
from alembic.config import Config
from pathlib import Path
from adapters.storage.migrations import upgrade

config = Config()
config.set_main_option("script_location", str(Path(upgrade.__file__).parent))
config.set_main_option("path_separator", "os")
config.attributes["database"] = Path(sys.argv[1])
command.upgrade(config, sys.argv[2])
"""


def made_by(path: Path, version: str) -> None:
    """Make an empty database with an older schema."""
    subprocess.run([sys.executable, "-c", MADE, path, version], check=True)


def first_version(path: Path) -> None:
    """Make a database as the first version did, with a row."""
    made_by(path, "0001")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO epochs VALUES (7, 'now', 'here')")
        connection.commit()


async def test_an_older_database_is_brought_up_to_date(tmp_path: Path) -> None:
    """Rows of an older version are kept, the tables are those of the code, and the old file lies beside the new one."""
    first_version(tmp_path / "store.db")
    async with open_store(tmp_path / "store.db") as store:
        assert [epoch.number for epoch in await store.find(Epoch, {})] == [7]
    metadata.create_all(meant := create_engine(f"sqlite:///{tmp_path / 'meant.db'}", poolclass=NullPool))
    meant.dispose()
    assert structure(tmp_path / "store.db") == structure(tmp_path / "meant.db")
    assert schema_version(tmp_path / f"store.db.before-{SCHEMA_VERSION}") == "0001"


@pytest.mark.parametrize("moment", ["ALTER TABLE plans", "CREATE TABLE inbox", "UPDATE alembic_version"])
def test_an_upgrade_that_was_killed_left_the_old_database(tmp_path: Path, moment: str) -> None:
    """A process killed in the middle of an upgrade leaves the database as it was; the next start upgrades it."""
    first_version(tmp_path / "store.db")
    killed = subprocess.run([sys.executable, "-c", CRASH, tmp_path / "store.db", moment], check=False)
    assert killed.returncode == KILLED
    assert schema_version(tmp_path / "store.db") == "0001"
    upgrade(tmp_path / "store.db")
    assert schema_version(tmp_path / "store.db") == SCHEMA_VERSION


async def test_routings_move_to_their_attempts(tmp_path: Path) -> None:
    """Why an attempt went to its agent is kept, where it had a row of its own before."""
    path = tmp_path / "store.db"
    made_by(path, "0004")
    with closing(sqlite3.connect(path)) as connection:
        for attempt_id, number in (("a1", 1), ("a2", 2)):
            connection.execute(
                "INSERT INTO attempts (id, plan_id, task_id, number, kind, agent_id, epoch, status, dispatched_at,"
                " result) VALUES (?, 'p', 't', ?, 'run', 'infra-1', 1, 'failed', 'now', '{}')",
                (attempt_id, number),
            )
        connection.execute(
            "INSERT INTO routings VALUES ('a2', 'p', 't', 'infra-1', 'echo', 30, '{\"load\":10}', 'able', 'now')"
        )
        connection.commit()
    async with open_store(path) as store:
        first, second = await store.find(Attempt, {}, order_by="number")
    assert first.routing is None
    assert json.loads(second.routing or "") == {"components": {"load": 10}, "reason": "able", "score": 30}
