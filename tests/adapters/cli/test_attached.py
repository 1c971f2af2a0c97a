"""A command that finds a running `sayso serve` works at its desk, if the two understand each other."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.cli.attached import attached
from orchestration.errors import Unavailable
from orchestration.policy import Rules
from tests.support.databases import prepared
from tests.support.world import Owner


async def test_a_serve_of_another_version_is_given_nothing_to_do(tmp_path: Path) -> None:
    """An upgrade beneath a running serve is noticed before a request is sent whose plan could not be read back."""
    files = Owner().configuration()
    database = prepared(tmp_path / "sayso.db")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
        connection.commit()
    with pytest.raises(Unavailable, match=r"of another version\. Stop it"):
        async with attached(tmp_path, database, Rules(files.policy, files.people)):
            raise AssertionError("nothing may be asked of it")
