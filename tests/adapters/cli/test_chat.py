"""`sayso chat` at a real terminal, on a Sayso of its own and on one that serves."""

import signal
from pathlib import Path

import pytest

from tests.support.screen import Screen
from tests.support.serving import serving
from tests.support.terminal import Terminal

pytestmark = pytest.mark.slow


def wanted(screen: Screen) -> None:
    """Ask for something, be refused as the requester, and have it approved by somebody else."""
    screen.until("You are ana.")
    screen.until("ana>")
    screen.type("fail with bang")
    screen.until("[Approve]")
    screen.type("approve")
    assert "You can't approve" in screen.until("Nothing was changed.")
    screen.type("approve a moment")
    screen.until("Nothing was decided.")
    screen.type("approve as ben")
    screen.until("Approved by Ben")
    screen.until("FAIL")
    screen.until("[Retry what failed]")


def test_a_plan_is_asked_for_decided_and_followed(tmp_path: Path) -> None:
    """A person asks and presses in words, and sees what comes of it; leaving ends the program with 0."""
    screen = Screen(Terminal(tmp_path, {"PROMPT_TOOLKIT_NO_CPR": "1"}), "chat", "--as", "ana")
    wanted(screen)
    screen.type("leave")
    assert screen.end()[1] == 0


def test_what_is_risky_is_asked_once_more(tmp_path: Path) -> None:
    """Nothing but yes is a yes; another line decides nothing, and is taken as what it says."""
    screen = Screen(Terminal(tmp_path, {"PROMPT_TOOLKIT_NO_CPR": "1"}), "chat", "--as", "ana")
    screen.until("ana>")
    screen.type("delete volume notes")
    screen.until("[Approve]")
    screen.type("approve as ben")
    screen.until("Type yes.")
    screen.type("plans")
    screen.until("Nothing was decided.")
    screen.until("pending approval  asked by Ana")
    screen.type("approve as ben")
    screen.until("Type yes.")
    screen.type("no")
    screen.until("Nothing was decided.")
    screen.type("approve as ben")
    screen.until("Type yes.")
    screen.type("yes")
    screen.until("Ben said yes")
    screen.type("cancel")
    screen.until("was cancelled by Ana")
    screen.type("leave")
    assert screen.end()[1] == 0


def test_a_serve_is_talked_to_over_its_socket(tmp_path: Path) -> None:
    """The same talk goes with a serve, which says so when it stops."""
    terminal = Terminal(tmp_path, {"PROMPT_TOOLKIT_NO_CPR": "1"})
    with serving(terminal) as serve:
        screen = Screen(terminal, "chat", "--as", "ana")
        wanted(screen)
        screen.type("plans")
        screen.until("FAIL  asked by Ana")
        assert serve.stop(signal.SIGTERM) == 0
    rest, code = screen.end()
    assert "sayso serve has stopped" in " ".join(rest.split())
    assert code == 2


def test_a_dialogue_is_played_and_printed(tmp_path: Path) -> None:
    """A written dialogue is played line by line; what is printed is a dialogue again."""
    script = tmp_path / "dialogue.txt"
    lines = [
        "# on a Friday",
        "ana  deploy it",
        "ana  grafana",
        "ben  (Reject: not on a Friday)",
        "ana  order me a pizza",
    ]
    script.write_text("\n".join(lines))
    said = Terminal(tmp_path).say("chat", "--script", str(script))
    assert said.code == 0, said
    assert "[Deploy Uptime Kuma] [Deploy Grafana]" in said.out
    assert "ben  (Reject: not on a Friday)" in said.out
    assert "Rejected by Ben" in said.out
    assert "I have no operation for «order me a pizza»." in said.out


def test_what_ends_while_a_serve_drains_is_shown(tmp_path: Path) -> None:
    """Whoever chats sees how a plan ended before they are told that the serve has stopped."""
    terminal = Terminal(tmp_path, {"PROMPT_TOOLKIT_NO_CPR": "1"})
    with serving(terminal) as serve:
        screen = Screen(terminal, "chat", "--as", "ana")
        screen.until("ana>")
        screen.type("slow echo x")
        screen.until("[Cancel]")
        assert serve.stop(signal.SIGTERM) == 0
    rest, _ = screen.end()
    assert 0 < rest.find("PASS · ") < rest.find("sayso serve has")


def test_a_script_on_standard_input_ends(tmp_path: Path) -> None:
    """Lines from a pipe are said one by one; a plan that waits for somebody's word does not keep the program."""
    terminal = Terminal(tmp_path)
    assert terminal.say("pause", "--as", "ben").code == 0
    said = terminal.say("chat", stdin="echo \ud800\necho x\n")
    assert (said.code, said.err) == (0, "")
    assert "invisible control character (U+DCED)" in said.out
    assert "On hold: Ben has paused Sayso" in said.out


def test_who_is_nobody_does_not_chat(tmp_path: Path) -> None:
    """A name that the people file does not have is refused before the first word."""
    said = Terminal(tmp_path).say("chat", "--as", "zoe")
    assert (said.code, said.out) == (6, "")
    assert said.err.startswith("I don't know zoe.")


def test_a_dialogue_is_text(tmp_path: Path) -> None:
    """A file that is none is refused in a sentence."""
    script = tmp_path / "dialogue.bin"
    script.write_bytes(b"\xff\xfe\x00")
    said = Terminal(tmp_path).say("chat", "--script", str(script))
    assert (said.code, said.out) == (2, "")
    assert "is not a text in UTF-8." in said.err


def test_a_line_that_nobody_says_is_named(tmp_path: Path) -> None:
    """A line that is no dialogue stops before anything is said."""
    script = tmp_path / "dialogue.txt"
    script.write_text("ana  show status\nnobody said this\n")
    said = Terminal(tmp_path).say("chat", "--script", str(script))
    assert said.code == 2
    assert "Line 2 is not PERSON" in said.err
