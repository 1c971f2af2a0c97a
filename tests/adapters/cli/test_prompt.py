"""What is typed at the prompt decides only when it says so; and a whole conversation at a real terminal."""

import re
from pathlib import Path

import pytest

from adapters.cli.prompt import Typed, understand
from orchestration.errors import InvalidRequest
from tests.support.screen import Screen
from tests.support.terminal import Terminal


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("approve", Typed("approve")),
        ("  Approve ", Typed("approve")),
        ("a", Typed("approve")),
        ("yes", Typed("approve")),
        ("y", Typed("approve")),
        ("approve as ben", Typed("approve", "ben")),
        ("y as j.doe-2", Typed("approve", "j.doe-2")),
        ("reject", Typed("reject")),
        ("no", Typed("reject")),
        ("n as ben", Typed("reject", "ben")),
        ("reject too risky today", Typed("reject", None, "too risky today")),
        ("reject as ben too risky", Typed("reject", "ben", "too risky")),
        ("details", Typed("details")),
        ("d", Typed("details")),
        ("leave", Typed("leave")),
        ("quit", Typed("leave")),
        ("", Typed("help")),
        ("?", Typed("help")),
        ("edit drop 2", Typed("edit", drop=frozenset([2]))),
        ("edit 1 port=3005", Typed("edit", parameters={1: {"port": "3005"}})),
        ('e 2 a=1 b="two words" c=', Typed("edit", parameters={2: {"a": "1", "b": "two words", "c": ""}})),
    ],
)
def test_what_a_line_means(line: str, meant: Typed) -> None:
    """Each verb has its short form, and what belongs to it."""
    assert understand(line) == meant


@pytest.mark.parametrize(
    "line",
    [
        "a moment please", "yes but change the port", "approve not", "approve as", "approve as ben and cem", "y?",
        "approve 7K2MQ4", "no idea", "n or y", "r u sure", "maybe", "ok", "approved", "as ben",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_decision_decides_nothing(line: str) -> None:
    """A line that says more than a decision, or less, is asked about."""
    with pytest.raises(InvalidRequest, match=r"[Tt]ype"):
        understand(line)


@pytest.mark.parametrize(
    "line", ["edit", "edit 1", "edit port=1", "edit drop", "edit drop ²", "edit ² port=1", "edit 1 port", 'edit 1 a="b',
             "edit drop 99999999999999999999", "edit drop 1 2"],
)  # fmt: skip
def test_an_edit_says_how(line: str) -> None:
    """An edit that cannot be read is told with examples."""
    with pytest.raises(InvalidRequest, match="edit 1 port=3005"):
        understand(line)


@pytest.mark.slow
def test_a_conversation_at_a_terminal(tmp_path: Path) -> None:
    """The card, the dry run, a word that decides nothing, a bad edit, a refusal, and the yes of somebody who may."""
    screen = Screen(Terminal(tmp_path), "ask", "Deploy", "Kuma", "on", "port", "3005")
    card = screen.until("Open until")
    assert re.search(r"Plan [0-9A-Z]{6} · 1 task · about 5 seconds · medium risk", card)
    assert "port 3005" in card
    assert "Needs one of operators (Ben, Cem), not you." in card
    preview = screen.until("approve · reject")
    assert "+ kuma/compose.yml" in preview
    screen.until("> ")
    screen.type("a moment")
    screen.until("Nothing was decided.")
    screen.until("> ")
    screen.type("edit 1 port=80")
    screen.until("port must be between 1024 and 65535, not 80.")
    screen.until("> ")
    screen.type("approve")
    screen.until("Nothing was changed.")
    screen.until("> ")
    screen.type("approve as ben")
    screen.until("Approved by Ben")
    rest, code = screen.end()
    assert code == 0, rest
    assert "✓ Deploy Uptime Kuma" in rest
    assert "PASS · 1 of 1 task" in rest
    assert (tmp_path / ".sayso/homelab/workspace/kuma/state.yml").read_text().count("3005") == 1


@pytest.mark.slow
def test_leaving_leaves_the_plan_pending(tmp_path: Path) -> None:
    """The end of input decides nothing: the plan waits, and how to decide it is said."""
    screen = Screen(Terminal(tmp_path), "ask", "back up the notes volume")
    screen.until("> ")
    screen.press(b"\x04")
    screen.until("Left open. Decide with:")
    _, code = screen.end()
    assert code == 5
