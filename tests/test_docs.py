"""The pages can be followed word by word: what they have typed into files is sound, and what they show is printed."""

import re
import subprocess
from pathlib import Path

import pytest

from adapters.voices import system_user
from tests.support.serving import serving
from tests.support.terminal import PROGRAM, SECONDS, Terminal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
CLOCK = re.compile(r"\d\d:\d\d")
DOCS = Path(__file__).parent.parent / "docs"


def blocks(page: str, language: str = "") -> list[str]:
    """Return what stands between fences of a page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [body for said, body in found if said == language]


def block(page: str, language: str, begin: str) -> str:
    """Return the one that begins so."""
    [found] = [body for body in blocks(page, language) if body.startswith(begin)]
    return found


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """Somebody who has done all that `writing-an-operation.md` says."""
    page, terminal = "writing-an-operation.md", Terminal(tmp_path_factory.mktemp("newcomer"))
    assert terminal.say("init", ".").code == 0
    written = {
        "scripts/set_banner.py": block(page, "python", '"""Sets the login banner'),
        "playbooks/set_time_server.yml": block(page, "yaml", "- name: Set the time server"),
        "roles/ntp/tasks/main.yml": block(page, "yaml", "- name: Make the folder etc/"),
        "roles/ntp/templates/chrony.conf.j2": block(page, "", "server {{ server }}"),
        "tests/unit/test_two.py": "from two import TWO\n\n\ndef test_two() -> None:\n    assert TWO == 2\n",
        "src/two.py": "TWO = 2\n",
        "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n',
    }
    for name, text in written.items():
        path = terminal.folder / "workspace" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    operations = [body for body in blocks(page, "yaml") if re.match(r"  \w+:", body)]
    for name, added in (("catalogue.yml", operations), ("policy.yml", [block(page, "yaml", "preview:")])):
        path = terminal.folder / name
        path.write_text("\n".join([path.read_text(encoding="utf-8"), *added]), encoding="utf-8")
    cases = block(page, "yaml", "version: 1\nas: root").replace("as: root", f"as: {system_user()}")
    (terminal.folder / "cases.yml").write_text(cases, encoding="utf-8")
    return terminal


def test_what_was_declared_is_sound(newcomer: Terminal) -> None:
    """The catalogue with all operations of the page has no fault, and its cases are met."""
    checked = newcomer.say("check")
    assert checked.code == 0, checked
    assert newcomer.say("test").out == block("writing-an-operation.md", "", "$ sayso test\n").partition("\n")[2]


@pytest.mark.parametrize(
    "said", ["set the banner to Be kind to the printer", "set the time server to time.example.org"]
)
def test_a_request_is_shown_as_in_the_page(newcomer: Terminal, said: str) -> None:
    """Each line that the page shows of a card is on it, between others."""
    shown = block("writing-an-operation.md", "", f"$ sayso ask {said}\n").splitlines()[1:]
    printed = newcomer.say("ask", said, COLUMNS="200")
    assert printed.code == 5, printed
    assert {CLOCK.sub("", line) for line in shown} <= {CLOCK.sub("", line) for line in printed.out.splitlines()}


def test_the_other_operations_do_what_the_page_says(newcomer: Terminal) -> None:
    """A question, a name with its value, tests that pass, a reason, and logs of an earlier plan."""
    assert "What should the banner say?" in newcomer.say("ask", "set the login banner").out
    ran = newcomer.say("run", "set_banner", "text=Be kind to the printer", "--approve", "--json")
    assert ran.last["verdict"] == "PASS"
    assert (newcomer.folder / "workspace/banner.txt").read_text() == "Be kind to the printer\n"
    tested = newcomer.say("run", "run_unit_tests", "part=test_two.py", "--approve", "--json").last
    assert tested["verdict"] == "PASS"
    restart = newcomer.say("ask", "restart the media server for its update", "--json").last["tasks"][0]
    assert restart["parameters"] == {"server": "living-room", "reason": "its update"}
    assert "1 passed" in newcomer.say("ask", f"show the output of {tested['code']}").out
    assert newcomer.say("run", "leave_marker", "name=x", "--reject", "").code == 3


def test_a_backup_is_made_and_restored_as_the_page_says(tmp_path: Path) -> None:
    """Made while a serve works, with the commands of the page; what was there then is there again, and intact."""
    terminal = Terminal(tmp_path)
    backup = block("operations.md", "", "umask 077; mkdir BACKUP").replace("\nsayso ", f"\n{PROGRAM} ")
    restore = block("operations.md", "", "mv .sayso ").replace("\nsayso ", f"\n{PROGRAM} ")
    with serving(terminal) as serve:
        pending = terminal.plan("deploy kuma")["code"]
        shell(terminal, f"{backup}\ncp -a .sayso/homelab BACKUP/")
        terminal.say("run", "echo", "message=later")
        serve.process.kill()  # leaves the newest commits in the -wal file
    assert "Intact: " in shell(terminal, restore)
    assert [plan["code"] for plan in terminal.say("plans", "--json").rows] == [pending]
    assert terminal.say("cancel", pending).code == 3


def test_a_home_that_was_killed_is_copied_whole(tmp_path: Path) -> None:
    """What the page says of a folder on which nothing works holds after a kill too, `-wal` file and all."""
    terminal = Terminal(tmp_path)
    with serving(terminal) as serve:
        terminal.say("run", "echo", "message=x")
        serve.process.kill()
    shell(terminal, "cp -a .sayso BACKUP; rm -r .sayso; cp -a BACKUP .sayso")
    assert len(terminal.say("plans", "--json").rows) == 1


def test_the_unit_names_what_there_is() -> None:
    """The unit for systemd has the paths and the commands that the page has had made."""
    unit = block("operations.md", "ini", "[Unit]")
    assert "ExecStart=/srv/sayso/venv/bin/sayso serve\n" in unit
    assert "WorkingDirectory=/srv/sayso\n" in unit
    assert "-m venv /srv/sayso/venv" in block("operations.md", "", "useradd")


def shell(terminal: Terminal, script: str) -> str:
    """Run a script of a page in the working folder; return what it printed."""
    done = subprocess.run(
        ["/bin/sh", "-e"], input=script, cwd=terminal.folder, env=terminal.environment(), capture_output=True,
        text=True, check=True, timeout=SECONDS,
    )  # fmt: skip
    return done.stdout
