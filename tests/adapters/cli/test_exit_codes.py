"""What a script learns from a command: one exit code for each kind of end."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.home import Home
from adapters.voices import system_user
from tests.support.homelab import SHIPPED
from tests.support.terminal import PROGRAM, SECONDS, Said, Terminal


@contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    """Let the writes of commands fail as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A folder that the first command makes a home in."""
    return Terminal(tmp_path_factory.mktemp("exit-codes"))


def check(said: Said, code: int, *words: str) -> None:
    """Check an exit code, that the words were printed, and that nobody saw a traceback."""
    assert said.code == code, said
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.out + said.err, said


def test_done_and_passed_is_0(terminal: Terminal) -> None:
    """A plan that ran and passed."""
    check(terminal.say("ask", "echo", "hello", "there"), 0, "Echo: hello there", "PASS · 1 of 1 task")


@pytest.mark.slow
def test_approving_what_was_approved_says_so_once(terminal: Terminal) -> None:
    """The same yes a second time shows how the plan ended; who approved it stands on its card."""
    code = terminal.plan("back up the media volume")["code"]
    check(terminal.say("approve", code, "--as", "ben"), 0, "Approved by Ben", "PASS")
    again = terminal.say("approve", code, "--as", "ben")
    check(again, 0, "PASS")
    assert again.out.count("Approved by Ben") == 1


def test_ended_otherwise_is_1(terminal: Terminal) -> None:
    """A plan that ran and failed says what failed."""
    said = terminal.say("run", "fail", "error_message=out of luck", "--approve-as", "ben")
    check(said, 1, "Approved by Ben", "out of luck", "FAIL · 0 of 1 task")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "ZZZZZZ"), "no plan «ZZZZZZ»"),
        (("run", "ech"), "no operation «ech». Did you mean «echo»?"),
        (("run", "echo", "messag=x"), "no parameter «messag». Did you mean «message»?"),
        (("run", "echo", "message=x", "message=y"), "A parameter is there twice."),
        (("ask", "echo", "x", "--approve", "--approve-as", "ben"), "only one of"),
    ],
)
def test_what_cannot_be_taken_is_2(terminal: Terminal, arguments: tuple[str, ...], words: str) -> None:
    """Unknown plans, operations, parameters and commands, and options that contradict each other."""
    check(terminal.say(*arguments), 2, words)


@pytest.mark.slow
def test_a_bad_configuration_is_2(terminal: Terminal, tmp_path: Path) -> None:
    """A file that is missing or wrong stops the start, by name and line."""
    check(terminal.say("check", SAYSO_CATALOGUE=str(tmp_path / "none.yml")), 2, "none.yml")
    (tmp_path / "catalogue.yml").write_text("version: 1\noperations:\n  deploy:\n    titel: x\n")
    said = terminal.say("ask", "echo x", SAYSO_CATALOGUE=str(tmp_path / "catalogue.yml"))
    check(said, 2, "catalogue.yml:4: operations.deploy.titel", "Did you mean «title»?")
    check(terminal.say("plans", SAYSO_HOMES="x"), 2, "SAYSO_HOMES: is not a setting. Did you mean «SAYSO_HOME»?")


@pytest.mark.slow
def test_a_busy_home_is_2(terminal: Terminal, tmp_path: Path) -> None:
    """A home that another process owns is named with that process; looking goes on."""
    home = Home(tmp_path / "home")
    home.prepare()
    with home.own("sayso tests"):
        said = terminal.say("ask", "echo x", SAYSO_HOME=str(home.path))
        check(said, 2, "is in use by «sayso tests»", "SAYSO_HOME")
        check(terminal.say("plans", SAYSO_HOME=str(home.path)), 0, "No plans yet")


@pytest.mark.slow
def test_who_is_busy_is_named_without_options(tmp_path: Path) -> None:
    """The command that owns a home is named by its words: an option without its value says nothing."""
    terminal = Terminal(tmp_path)
    terminal.say("plans")
    chat = subprocess.Popen(
        [PROGRAM, "chat", "--as", "ben"], cwd=tmp_path, env=terminal.environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with chat:
        assert chat.stdout is not None
        chat.stdout.readline()
        check(terminal.say("ask", "echo x"), 2, f"is in use by «sayso chat», process {chat.pid}.")


@pytest.mark.slow
def test_a_home_that_cannot_be_used_is_2(tmp_path: Path) -> None:
    """A full disk, and a file that is not what it should be, are told in a sentence."""
    terminal = Terminal(tmp_path)
    with no_file_grows_beyond(100_000):
        check(terminal.say("ask", "echo x"), 2, "sayso.db cannot be made (")
    assert not list(terminal.home.glob("sayso.db.new*"))
    check(terminal.say("ask", "echo x"), 0)
    (terminal.home / "lock").unlink()
    (terminal.home / "lock").mkdir()
    check(terminal.say("ask", "echo x"), 2, f"{terminal.home}/lock cannot be used: Is a directory.")


@pytest.mark.slow
@pytest.mark.parametrize("command", [["plans"], ["audit", "export"]])
def test_a_reader_that_has_gone_is_141(terminal: Terminal, command: list[str]) -> None:
    """As after `… | head -1`, whichever way a command prints."""
    terminal.say("ask", "echo x")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [PROGRAM, *command], cwd=terminal.folder, env=terminal.environment(), stdin=subprocess.DEVNULL,
            stdout=writing, stderr=subprocess.PIPE, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.slow
def test_not_run_is_3(terminal: Terminal) -> None:
    """A plan that was rejected or cancelled, and a decision about something that has moved on."""
    check(terminal.say("ask", "deploy kuma", "--reject", "not today"), 3, "Rejected by Ana", "not today")
    plan = terminal.plan("back up the notes volume")
    code = plan["code"]
    check(terminal.say("approve", code, "--as", "ben", "--revision", "2"), 3, f"Plan {code} has changed: revision 1")
    check(terminal.say("approve", code, "--as", "ben", "--digest", "000000"), 3, "Look at it again")
    check(terminal.say("cancel", code.lower()), 3, f"Cancelled {code}")
    check(terminal.say("approve", plan["plan_id"], "--as", "ben"), 3, f"Plan {code} is already cancelled")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("deploy it", ("[Deploy Uptime Kuma] [Deploy Grafana]", "answer in a conversation:")),
        ("deploy kuma on port 80", ("port must be between 1024 and 65535, not 80.",)),
        ("order a pizza", ("no operation for «order a pizza»",)),
    ],
)
def test_no_plan_is_4(terminal: Terminal, text: str, words: tuple[str, ...]) -> None:
    """What has to be asked back, and what nothing can do."""
    check(terminal.say("ask", text), 4, *words)


@pytest.mark.slow
def test_left_pending_is_5(terminal: Terminal) -> None:
    """A plan that waits for its approval says how to decide, also while votes are still missing."""
    said = terminal.say("run", "delete_volume", "volume=media", "--approve-as", "ben")
    check(said, 5, "Counted. Needs one of operators (Cem)", "critical risk", "Left open. Decide with:")
    check(terminal.say("ask", "back up the notes volume"), 5, "Left open. Decide with:", "approve", "reject")


@pytest.mark.slow
def test_not_allowed_is_6(terminal: Terminal) -> None:
    """Strangers, and people whose yes does not count, change nothing and are told who can."""
    code = terminal.plan("back up the notes volume")["code"]
    check(terminal.say("approve", code, "--as", "eve"), 6, f"You can't approve {code}", "Ben and Cem can")
    check(terminal.say("approve", code), 6, "it needs one of operators", "Nothing was changed")
    check(terminal.say("ask", "echo x", "--as", "eve"), 6, "I don't know eve")
    check(terminal.say("cancel", code, "--as", "eve"), 6, "You may not cancel")
    assert terminal.say("show", code, "--json").last["status"] == "pending_approval"
    check(terminal.say("ask", "deploy kuma", "--approve-as", "eve"), 6, "You can't approve", "Left open. Decide with:")


@pytest.mark.slow
def test_speaking_for_others_is_6_outside_the_example(tmp_path: Path) -> None:
    """With an owner's own files nobody speaks for anybody else, in no way to say it, unless the owner lets them."""
    for name in ("catalogue.yml", "policy.yml", "people.yml"):
        text = (SHIPPED / name).read_text().replace("terminal: ana ", f"terminal: {system_user()} ")
        (tmp_path / name).write_text(text)
    shutil.copytree(SHIPPED / "workspace", tmp_path / "workspace")
    names = {name: str(tmp_path / f"{name.lower()}.yml") for name in ("CATALOGUE", "POLICY", "PEOPLE")}
    own = Terminal(tmp_path, {f"SAYSO_{name}": path for name, path in names.items()})
    own.settings["SAYSO_WORKSPACE"] = str(tmp_path / "workspace")
    check(own.say("ask", "run fail on purpose", "--approve-as", "ben"), 6, "not ben", "SAYSO_ALLOW_ASSERTED=1")
    code = own.say("ask", "back up the notes volume", "--json").last["code"]
    check(own.say("approve", code, "--as", "ben"), 6, "not ben")
    check(own.say("reject", code, "--as", "ben"), 6, "not ben")
    assert own.say("show", code, "--json").last["status"] == "pending_approval"
    check(own.say("reject", code, "--as", "ben", SAYSO_ALLOW_ASSERTED="1"), 3, "Rejected by Ben")
