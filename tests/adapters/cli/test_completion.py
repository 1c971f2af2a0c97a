"""What the shell completes: a real home and its catalogue, and nothing where there is none."""

from pathlib import Path

import pytest

from tests.support.terminal import Terminal

pytestmark = pytest.mark.slow


def completed(terminal: Terminal, *words: str) -> list[str]:
    """Return what is offered for the last word, as bash asks for it."""
    line, count = " ".join(["sayso", *words]), str(len(words))
    said = terminal.say(_SAYSO_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=count)
    assert (said.code, said.err) == (0, "")
    return said.out.split()


def test_plans_operations_and_people_are_offered(tmp_path: Path) -> None:
    """Each command offers what it can take: plans by what can be done with them, and the keys of the files."""
    terminal = Terminal(tmp_path)
    terminal.say("run", "echo", "message=x")
    ended = terminal.say("plans", "--json").rows[0]["code"]
    pending = terminal.plan("back up the notes volume")["code"]
    assert completed(terminal, "show", "") == [pending, ended]
    assert completed(terminal, "show", pending[:5]) == [pending]
    for command in ("approve", "reject", "cancel"):
        assert completed(terminal, command, "") == [pending]
    assert completed(terminal, "resolve", "") == []
    assert completed(terminal, "resolve", "X", "") == ["done", "retry", "abort"]
    assert completed(terminal, "run", "deploy") == ["deploy_kuma", "deploy_grafana"]
    assert completed(terminal, "run", "deploy_kuma", "") == ["port="]
    assert completed(terminal, "ask", "--approve-as", "") == ["ana", "ben", "cem"]


def test_nothing_is_made_and_nothing_is_said(tmp_path: Path) -> None:
    """Pressing the key in a folder without a home, or with settings that are wrong, has no effect."""
    terminal = Terminal(tmp_path)
    assert completed(terminal, "show", "") == completed(terminal, "run", "") == []
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "sayso.toml").write_text("surprise = 1\n")
    assert completed(terminal, "approve", "") == completed(terminal, "show", "--as", "") == []
