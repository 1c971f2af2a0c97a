"""The home: whose it is, who owns it just now, and the example that is copied into it."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.home import Home
from orchestration.errors import ConfigurationError, HomeBusy

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
OWN_AND_WAIT = """
import sys, pathlib
from adapters.home import Home
with Home(pathlib.Path(sys.argv[1])).own("sayso serve"):
    print("mine", flush=True)
    sys.stdin.read()
"""


def mode(path: Path) -> int:
    """Return who may do what with a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_is_made_for_its_owner_only(tmp_path: Path) -> None:
    """Nobody else can look into the home or anything in it, whatever the umask."""
    home = Home(tmp_path / "a" / "home")
    home.prepare()
    for folder in (home.path, home.attempts, home.artifacts, home.keys, home.secrets):
        assert mode(folder) == 0o700
    assert home.database.parent == home.path


def test_a_home_that_others_can_read_is_closed(tmp_path: Path) -> None:
    """A folder that was made by hand becomes as private as one that Sayso made."""
    tmp_path.chmod(0o755)
    Home(tmp_path).prepare()
    assert mode(tmp_path) == 0o700


@pytest.mark.parametrize("rights", [0o770, 0o702, 0o777])
def test_a_home_that_others_can_write_to_is_refused(rights: int, tmp_path: Path) -> None:
    """What others may already have put there is not trusted."""
    tmp_path.chmod(rights)
    with pytest.raises(ConfigurationError) as refused:
        Home(tmp_path).prepare()
    advice = f"look whether all in it is yours, then run `chmod 700 {tmp_path}`"
    assert str(refused.value) == f"SAYSO_HOME: others can write to {tmp_path}: {advice}"


@AS_ROOT
def test_a_home_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """Sayso does not leave its files in the folder of another user."""
    os.chown(tmp_path, 64321, -1)
    with pytest.raises(ConfigurationError) as refused:
        Home(tmp_path).prepare()
    expected = f"{tmp_path} belongs to user 64321: run Sayso as user 64321, or choose another folder"
    assert str(refused.value) == f"SAYSO_HOME: {expected}"


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file in the way is a sentence, not a traceback."""
    (tmp_path / "home").write_text("")
    with pytest.raises(ConfigurationError, match="home cannot be made or used: "):
        Home(tmp_path / "home").prepare()


def test_one_process_owns_a_home(tmp_path: Path) -> None:
    """A second process hears who owns the home and what to do; when the first is gone, even killed, it gets in."""
    home = Home(tmp_path / "home")
    command = [sys.executable, "-c", OWN_AND_WAIT, str(home.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "mine\n"
        with pytest.raises(HomeBusy) as busy, home.own("sayso ask"):
            raise AssertionError("two owners")
        assert home.owner() == "sayso serve"
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert home.owner() is None
    assert str(busy.value) == (
        f"{home.path} is in use by «sayso serve», process {first.pid}. "
        "Stop it first, or give this one a home of its own with SAYSO_HOME."
    )
    with home.own("sayso ask"):
        assert (home.path / "lock").read_text() == f"{os.getpid()} sayso ask\n"
    assert (home.path / "lock").read_text() == ""


def test_a_home_is_free_again_after_an_error(tmp_path: Path) -> None:
    """Ownership ends with the block, however it ends."""
    home = Home(tmp_path / "home")
    with pytest.raises(ValueError, match="x"), home.own("first"):
        raise ValueError("x")
    with home.own("second"), pytest.raises(HomeBusy, match="«second»"), home.own("third"):
        raise AssertionError("two owners")


def test_what_a_dead_owner_wrote_is_not_believed(tmp_path: Path) -> None:
    """The name of a process that is gone is not told as the owner's."""
    home = Home(tmp_path / "home")
    with home.own("first"):
        (home.path / "lock").write_text("999999999 sayso serve\n")
        with pytest.raises(HomeBusy, match="in use by another Sayso process"), home.own("second"):
            raise AssertionError("two owners")


def test_the_example_is_copied_once(tmp_path: Path) -> None:
    """What a newcomer changes in the copy is never overwritten; nothing else is left behind."""
    home = Home(tmp_path / "home")
    home.prepare()
    assert home.install_example()
    assert {"catalogue.yml", "policy.yml", "people.yml", "workspace"} <= {path.name for path in home.example.iterdir()}
    (home.example / "catalogue.yml").write_text("mine")
    assert not home.install_example()
    assert (home.example / "catalogue.yml").read_text() == "mine"
    assert [path.name for path in home.path.iterdir() if path.name.startswith(".")] == []
    assert not [path for path in home.example.rglob("*") if path.name == "__pycache__"]
    assert not (home.example / "__init__.py").exists()


def test_the_copied_example_is_its_owners_to_change(tmp_path: Path) -> None:
    """Every file of the copy can be edited, whatever the rights of the installed ones."""
    home = Home(tmp_path / "home")
    home.prepare()
    home.install_example()
    files = [path for path in home.example.rglob("*") if path.is_file()]
    assert files
    assert all(mode(path) & stat.S_IWUSR for path in files)
