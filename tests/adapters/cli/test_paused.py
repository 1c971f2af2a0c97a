"""What the terminal says of a plan that does not go on, and of a tool that an owner may do without."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.terminal import Terminal

SPENT = "The month's budget is spent. It begins anew on 2099-01-01 (UTC)."


def test_a_paused_plan_says_why(tmp_path: Path) -> None:
    """`show` tells why a plan waits and that it goes on by itself; `plans` that it is paused."""
    terminal = Terminal(tmp_path)
    code = terminal.plan("back up the notes volume", "--as", "ana")["code"]
    with closing(sqlite3.connect(terminal.home / "sayso.db")) as connection:
        connection.execute("UPDATE plans SET status = 'paused', reason = ?", (SPENT,))
        connection.execute("UPDATE tasks SET status = 'approved', not_before = '2099', postponed = ?", (SPENT,))
        connection.commit()
    assert f"Paused: {SPENT} The plan goes on by itself then." in " ".join(terminal.say("show", code).out.split())
    assert "paused" in terminal.say("plans").out


def test_a_tool_that_needs_a_model_is_no_fault(tmp_path: Path) -> None:
    """Whoever has no language model has a sound installation, and reads which operations that leaves out."""
    said = Terminal(tmp_path).say("check")
    assert said.code == 0
    assert "no language model is set up" in said.out
    assert "cannot be asked for: evaluate_alternatives, generate_improvements." in " ".join(said.out.split())
