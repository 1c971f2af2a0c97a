"""`sayso serve` and the commands that attach to it, as processes of their own."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.serve.client import look_for
from tests.support.screen import Screen
from tests.support.serving import Serve, serving, start
from tests.support.terminal import PROGRAM, SECONDS, Terminal

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """A serve that tests share; they leave it as it is."""
    with serving(Terminal(tmp_path_factory.mktemp("serve"))) as found:
        yield found


def follow(terminal: Terminal, *arguments: str) -> "subprocess.Popen[str]":
    """Start a command whose output a test reads line by line."""
    return subprocess.Popen(
        [PROGRAM, *arguments], cwd=terminal.folder, env=terminal.environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip


def until(process: "subprocess.Popen[str]", name: str) -> dict[str, Any]:
    """Return the event of this name that a command tells of with `--json`."""
    assert process.stdout is not None
    for line in process.stdout:
        if (found := json.loads(line))["event"] == name:
            return dict(found)
    raise AssertionError(f"{name} was not told; {process.communicate(timeout=SECONDS)}")


def until_plan(terminal: Terminal, code: str, status: str) -> None:
    """Wait until a plan has this status."""
    ends = time.monotonic() + SECONDS
    while terminal.say("show", code, "--json").last["status"] != status:
        assert time.monotonic() < ends
        time.sleep(0.1)


def slow_plan(terminal: Terminal, seconds: int = 2) -> "subprocess.Popen[str]":
    """Ask for a task that takes so long, and return the command once the task runs."""
    script = terminal.home / "homelab/workspace/scripts/slow_echo.py"
    script.write_text(re.sub(r"SECONDS = \d+", f"SECONDS = {seconds}", script.read_text()))
    asking = follow(terminal, "run", "slow_echo", "message=x", "--json")
    until(asking, "task.started")
    return asking


def codes(terminal: Terminal) -> set[str]:
    """The codes of all plans there are, other tests' among them: they share this serve."""
    return {plan["code"] for plan in terminal.say("plans", "--json").rows}


def test_commands_do_their_work_in_the_serve(serve: Serve) -> None:
    """Ask, approve, reject, cancel and show say the same, with the same exit codes, as without a serve."""
    terminal = serve.terminal
    asked = terminal.plan("back up the notes volume")
    assert terminal.say("approve", asked["code"]).code == 6
    approved = terminal.say("approve", asked["code"], "--as", "ben", "--json")
    assert approved.code == 0, approved
    names = [each["event"] for each in approved.objects]
    assert names == ["vote.cast", "decision.made", "task.dispatched", "task.started", "task.finished",
                     "plan.finished", "result"]  # fmt: skip
    assert terminal.say("approve", asked["code"], "--as", "cem").code == 3
    other = terminal.plan("back up the media volume")
    rejected = terminal.say("reject", other["code"], "not today", "--as", "ben")
    assert rejected.code == 3
    assert "Rejected by Ben" in rejected.out
    third = terminal.plan("back up the media volume")
    assert terminal.say("cancel", third["code"]).code == 3
    assert terminal.say("ask", "order a pizza").code == 4
    assert terminal.say("show", "ZZZZZZ").code == 2
    assert terminal.say("run", "ech").err.startswith("There is no operation «ech». Did you mean «echo»?")


def test_who_speaks_is_on_the_record(serve: Serve) -> None:
    """Speaking for others is asserted by the user of the process that the kernel names."""
    asked = serve.terminal.plan("deploy grafana", "--as", "cem")
    told = serve.terminal.say("audit", "show", asked["code"]).out
    assert "Cem" in told
    assert f"asserted_by user {_user()}" in told


def test_a_bad_request_is_told_in_the_same_words(serve: Serve) -> None:
    """What cannot be taken, or not even sent, gets the sentence that it gets without a serve."""
    assert (
        serve.terminal.say("ask", "").err == "The request is empty. Say what you want done, for example: show status.\n"
    )
    assert "U+DCFF" in serve.terminal.say("ask", b"echo \xff").err


def test_a_second_serve_says_who_has_the_home(serve: Serve) -> None:
    """One process owns a home; another is told which one does, and what to do."""
    second = start(serve.terminal)
    _, told = second.communicate(timeout=SECONDS)
    assert second.returncode == 2
    assert f"is in use by «sayso serve», process {serve.process.pid}. Stop it first" in told


def test_the_files_of_a_serve_are_its_owners(serve: Serve) -> None:
    """Socket, run file and token can be used by their owner alone, and the run file says where to go."""
    home = serve.terminal.home
    for name in ("sayso.sock", "run.json", "keys/metrics.token"):
        assert (home / name).stat().st_mode & 0o777 == 0o600, name
    facts = json.loads((home / "run.json").read_text())
    assert facts["pid"] == serve.process.pid
    assert facts["url"] == serve.url
    assert facts["socket"] == str(home / "sayso.sock")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can run a program as somebody else")
def test_another_user_is_refused(serve: Serve) -> None:
    """Even where the rights of files would let them, nobody but the owner and root gets an answer."""
    home = serve.terminal.home
    rights = [home.parents[number] for number in range(4)] + [home, home / "sayso.sock"]
    before = {path: path.stat().st_mode & 0o777 for path in rights}
    program = (
        "import sys, socket, os; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
        "s.sendall(b'GET /api/v1/serving HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n');"
        "print(s.recv(100).decode().split()[1])"
    )
    try:
        for path in rights:
            path.chmod(before[path] | 0o007)
        command = ["/usr/bin/env", "python3", "-c", program, str(home / "sayso.sock")]
        asked = subprocess.run(command, user=65534, group=65534, capture_output=True, text=True, check=True, cwd="/")
    finally:
        for path in rights:
            path.chmod(before[path])
    assert asked.stdout == "403\n"


def test_interrupting_a_command_stops_nothing(serve: Serve) -> None:
    """After Ctrl-C the plan goes on in the serve, and that is said."""
    before = codes(serve.terminal)
    asking = slow_plan(serve.terminal)
    asking.send_signal(signal.SIGINT)
    asking.communicate(timeout=SECONDS)
    # On a busy machine it may have ended by now; what counts is that it was not stopped.
    [code] = codes(serve.terminal) - before
    until_plan(serve.terminal, code, "completed")


def test_the_files_are_taken_anew(serve: Serve) -> None:
    """A reload takes all three files or none, says what is new, and counts at once for every command."""
    terminal = serve.terminal
    path = terminal.home / "homelab" / "policy.yml"
    before = path.read_text()
    pending = terminal.plan("deploy grafana")
    try:
        path.write_text(before + "surprise: true\n")
        refused = terminal.say("reload", "--as", "ben")
        assert (refused.code, "surprise" in refused.err) == (2, True)
        path.write_text(before.replace("need: 1", "need: 2"))
        assert "Needs one of" in terminal.say("show", pending["code"]).out
        assert terminal.say("reload").code == 6
        said = terminal.say("reload", "--as", "ben", "--json")
        assert said.objects == [
            {"event": "policy.loaded", "added": [], "removed": [], "changed": ["approvals"]},
            {"event": "result", "served": True, "changed": ["policy"]},
        ]
        assert terminal.say("reload", "--as", "ben", "--json").objects == [
            {"event": "result", "served": True, "changed": []}
        ]
        assert "Needs two of" in terminal.say("show", pending["code"]).out
        assert terminal.say("approve", pending["code"], "--as", "ben").code == 5
    finally:
        path.write_text(before)
        assert terminal.say("reload", "--as", "cem").out == "policy.yml: changed approvals.\n"
        assert terminal.say("reload", "--as", "cem").out == "The three files are what they were; nothing was changed.\n"
    terminal.say("cancel", pending["code"])


def test_a_pause_holds_what_is_new(serve: Serve) -> None:
    """What is approved meanwhile waits, that is said, and goes on by itself after `resume`."""
    terminal = serve.terminal
    assert terminal.say("pause").code == 6
    assert "no new task starts" in terminal.say("pause", "--as", "ben").out
    assert "It was paused already" in terminal.say("pause", "--as", "cem").out
    waiting = terminal.say("run", "echo", "message=x")
    assert (waiting.code, "On hold: Ben has paused Sayso" in waiting.out) == (5, True)
    code = waiting.out.split()[1]
    assert "On hold: Ben has paused Sayso" in terminal.say("show", code).out
    resumed = terminal.say("resume", "--as", "ben").out
    assert "Tasks start again." in resumed
    until_plan(terminal, code, "completed")
    assert terminal.say("resume").out == "Nothing waits.\n"
    told = {"event": "result", "on_hold": False, "changed": False, "plans": []}
    assert terminal.say("resume", "--json").objects == [told]


def test_a_conversation_at_a_terminal(serve: Serve) -> None:
    """The prompt does in the serve what it does alone: dry run, refusal, edit, the yes of somebody who may, the end."""
    screen = Screen(serve.terminal, "ask", "Deploy", "Kuma")
    assert "+ kuma/compose.yml" in screen.until("approve · reject")
    screen.until("> ")
    screen.type("approve")
    screen.until("Nothing was changed.")
    screen.until("> ")
    screen.type("edit 1 port=3005")
    screen.until("port 3005")
    screen.until("> ")
    screen.type("approve as ben")
    screen.until("Approved by Ben")
    rest, code = screen.end()
    assert (code, "PASS · 1 of 1 task" in rest) == (0, True), rest


def test_agents_are_listed(serve: Serve) -> None:
    """Each agent with its type, its load and its tools."""
    found = serve.terminal.say("agents", "--json").rows
    assert {"agent_id", "agent_type", "status", "running", "slots", "tools", "last_heartbeat_at"} <= found[0].keys()
    lines = serve.terminal.say("agents", COLUMNS="40").out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == [agent["agent_id"] for agent in found]


def test_a_running_task_finishes_before_the_serve_ends(tmp_path: Path) -> None:
    """SIGTERM takes nothing new and lets what runs finish; whoever follows sees it; the exit code is 0."""
    terminal = Terminal(tmp_path)
    with serving(terminal) as serve:
        asking = slow_plan(terminal)
        serve.process.send_signal(signal.SIGTERM)
        until(asking, "plan.finished")
        assert asking.communicate(timeout=SECONDS) is not None
        assert asking.returncode == 0
        assert serve.process.wait(SECONDS) == 0
        assert serve.process.stdout is not None
        assert json.loads(serve.process.stdout.read()) == {"event": "result", "running": 0}
    assert not {"sayso.sock", "run.json"} & {path.name for path in terminal.home.iterdir()}
    assert terminal.say("plans", "--json").rows[-1]["status"] == "completed"


def test_a_draining_serve_takes_nothing_new(tmp_path: Path) -> None:
    """While it ends it says so; a second signal stops it at once, and the next start goes on with what ran."""
    terminal = Terminal(tmp_path)
    with serving(terminal) as serve:
        asking = slow_plan(terminal, 20)  # longer than any command takes to begin, on a busy machine too
        serve.process.send_signal(signal.SIGTERM)
        status, page, _ = serve.get("/health")
        assert (status, page["status"]) == (503, "unhealthy")
        said = terminal.say("ask", "deploy kuma")
        assert said.code == 2
        assert "sayso serve is stopping" in said.err
        assert serve.stop() == 0
        _, told = asking.communicate(timeout=SECONDS)
        assert asking.returncode == 2
        assert "sayso serve has stopped" in told
    with serving(terminal):
        until_plan(terminal, terminal.say("plans", "--json").rows[-1]["code"], "completed")


def test_a_killed_serve_loses_nothing(tmp_path: Path) -> None:
    """After SIGKILL whoever followed is told, what is left harms nobody, and the next serve finishes the plan."""
    terminal = Terminal(tmp_path)
    with serving(terminal) as serve:
        asking = slow_plan(terminal)
        serve.process.kill()
        _, told = asking.communicate(timeout=SECONDS)
        assert (asking.returncode, "sayso serve has stopped" in told) == (2, True)
    assert {"sayso.sock", "run.json"} <= {path.name for path in terminal.home.iterdir()}
    assert look_for(terminal.home) is None
    assert {agent["status"] for agent in terminal.say("agents", "--json").rows} == {"offline"}
    code = terminal.say("plans", "--json").rows[-1]["code"]
    assert f"No Sayso runs here, so {code} does not go on." in terminal.say("show", code).out
    with serving(terminal):
        until_plan(terminal, code, "completed")


def test_a_home_may_lie_deep(tmp_path: Path) -> None:
    """A socket path that is longer than the kernel takes works all the same."""
    folder = tmp_path / ("deep" * 20) / ("deeper" * 20)
    folder.mkdir(parents=True)
    terminal = Terminal(folder)
    with serving(terminal) as serve:
        assert terminal.say("run", "echo", "message=x").code == 0
        assert serve.stop(signal.SIGINT) == 0


def test_without_a_serve_a_pause_lasts_and_a_reload_only_looks(tmp_path: Path) -> None:
    """The hold is in the database; `resume` lifts it, runs what waits and stays until it has ended."""
    terminal = Terminal(tmp_path)
    assert terminal.say("pause", "--as", "ben").code == 0
    assert terminal.say("run", "echo", "message=x").code == 5
    assert terminal.say("reload").out.startswith("The three files are sound. No sayso serve runs")
    assert terminal.say("reload", "--json").objects == [{"event": "result", "served": False, "changed": []}]
    resumed = terminal.say("resume", "--as", "ben")
    assert (resumed.code, "PASS" in resumed.out) == (0, True)
    assert terminal.say("resume").out == "Nothing was interrupted.\n"
    told = {"event": "result", "on_hold": False, "changed": False, "plans": []}
    assert terminal.say("resume", "--json").objects == [told]
    (terminal.home / "homelab" / "people.yml").write_text("version: 2\n")
    assert terminal.say("reload").code == 2


def test_a_port_that_is_taken_is_one_sentence(serve: Serve, tmp_path: Path) -> None:
    """It says which setting to change, and nothing was started."""
    port = serve.url.rpartition(":")[2]
    refused = start(Terminal(tmp_path), SAYSO_HTTP_LISTEN=f"127.0.0.1:{port}")
    printed, told = refused.communicate(timeout=SECONDS)
    assert refused.returncode == 2
    assert f"SAYSO_HTTP_LISTEN: 127.0.0.1:{port} is taken by another program: set it to another" in told
    assert json.loads(printed)["error"] == "ConfigurationError"


def _user() -> str:
    return subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()


HOLD = """
  hold:
    title: Hold the line
    says: [hold the line]
    work_type: hold_line
    agent: infra
    effect: idempotent
    risk: low
    target: "line:one"
    tool: command
    with: {argv: [sleep, "3"]}
"""


def test_a_command_says_what_its_plan_waits_for(tmp_path: Path) -> None:
    """Whoever follows a plan that another one holds up reads once which one, and for what."""
    terminal = Terminal(tmp_path)
    terminal.say("plans")
    with (terminal.home / "homelab/catalogue.yml").open("a") as catalogue:
        catalogue.write(HOLD)
    with serving(terminal):
        first = follow(terminal, "run", "hold", "--approve-as", "ben", "--json")
        until(first, "task.started")
        second = terminal.say("run", "hold", "--approve-as", "ben")
        code = json.loads(first.communicate(timeout=SECONDS)[0].splitlines()[-1])["code"]
    assert second.out.count(f"1 Hold the line waits for line:one, which {code} has.") == 1, second
    assert "PASS" in second.out
