"""`sayso audit verify` on a real home: intact, and after somebody wrote to the database."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.terminal import Terminal


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A home in which something has happened."""
    terminal = Terminal(tmp_path_factory.mktemp("audit"))
    assert terminal.say("ask", "echo x").code == 0
    return terminal


def test_a_plans_record_reads_as_text(used: Terminal) -> None:
    """Facts are written as people write them, not as a program holds them."""
    code = used.say("plans", "--json").rows[0]["code"]
    proposed = next(line for line in used.say("audit", "show", code).out.splitlines() if "plan.proposed" in line)
    assert "  operations echo  " in proposed


@pytest.mark.slow
@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE events SET body = replace(body, '\"ech', '\"ecH') WHERE name = 'plan.proposed'",
        "INSERT INTO events SELECT 0, 'forged', 1, name, at, body, previous, hash FROM events WHERE seq = 1",
        "DELETE FROM seals",
    ],
    ids=["edited", "put before all", "seals deleted"],
)
def test_tampering_is_told(used: Terminal, tmp_path: Path, tampering: str) -> None:
    """What was written past Sayso makes the verification fail, and the exit code says so."""
    terminal = Terminal(tmp_path)
    shutil.copytree(used.home, terminal.home)
    with closing(sqlite3.connect(next(terminal.home.glob("*.db")))) as connection:
        assert connection.execute(tampering).rowcount > 0
        connection.commit()
    found = terminal.say("audit", "verify")
    assert (found.code, found.err) == (1, "")
    assert found.out.startswith("NOT INTACT: ")
