"""Programs and scripts that commands name: they must be there, and those of the workspace under `files:`."""

from pathlib import Path
from typing import Any

import pytest

from adapters.declared_files import declared_file_faults
from adapters.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return a workspace with a script that can be run and one that cannot."""
    (tmp_path / "bin").mkdir()
    for name, mode in {"bin/run.sh": 0o755, "bin/data.txt": 0o644}.items():
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(mode)
    return Workspace(tmp_path)


def told(workspace: Workspace, argv: list[str], **values: Any) -> list[tuple[tuple[str | int, ...], str]]:
    """Return (path below the operation, message) of every fault of one command."""
    operation = {
        "title": "Try",
        "says": ["try"],
        "work_type": "try",
        "agent": "infra",
        "effect": "read_only",
        "risk": "low",
        "tool": "command",
        "with": {"argv": argv},
        **values,
    }
    faults = declared_file_faults({"version": 1, "operations": {"try": operation}}, workspace)
    return [(fault.path[2:], fault.message) for fault in faults]


ARGV0 = ("with", "argv", 0)
UNLISTED = "is a file of the workspace that is not under «files:»: add it there, so that approval covers what is in it"


@pytest.mark.parametrize(
    ("argv", "files"),
    [
        (["ls", "bin/data.txt"], []),
        (["/bin/ls"], []),
        (["./bin/run.sh", "x"], ["bin/run.sh"]),
        (["bin/run.sh"], ["bin/*.sh"]),
        (["python3", "-u", "bin/data.txt"], ["bin/**"]),
        (["python3", "-m", "http.server"], []),
    ],
)
def test_programs_that_are_there_are_taken(workspace: Workspace, argv: list[str], files: list[str]) -> None:
    """Installed programs, absolute paths and listed files of the workspace can be run."""
    assert told(workspace, argv, files=files) == []


@pytest.mark.parametrize(
    ("argv", "path", "message"),
    [
        (
            ["nowhere-at-all"],
            ARGV0,
            "«nowhere-at-all» is not installed here: install it, or write ./nowhere-at-all for a file of yours",
        ),
        (
            ["bin/nothing.sh"],
            ARGV0,
            "«bin/nothing.sh» is not a program that can be run: correct the path, or run `chmod +x` on it",
        ),
        (["./bin"], ARGV0, "«./bin» is not a program that can be run: correct the path, or run `chmod +x` on it"),
        (["bin/run.sh"], ARGV0, f"«bin/run.sh» {UNLISTED}"),
        (["./bin/run.sh"], ARGV0, f"«./bin/run.sh» {UNLISTED}"),
        (["python3", "-u", "bin/data.txt", "x"], ("with", "argv", 2), f"«bin/data.txt» {UNLISTED}"),
    ],
)
def test_programs_that_cannot_be_run_as_approved_are_told(
    workspace: Workspace, argv: list[str], path: tuple[str | int, ...], message: str
) -> None:
    """Approval binds the bytes of listed files only, so a script that is not listed could change after it."""
    assert told(workspace, argv) == [(path, message)]


def test_a_file_that_cannot_be_executed_is_no_program(workspace: Workspace) -> None:
    """A script without the right to be executed is found at the start."""
    ((path, message),) = told(workspace, ["bin/data.txt"], files=["bin/data.txt"])
    assert path == ARGV0
    assert message.startswith("«bin/data.txt» is not a program that can be run")


def test_the_dry_run_is_looked_at_too(workspace: Workspace) -> None:
    """A preview is run like anything else."""
    found = told(workspace, ["ls"], preview=True, preview_with={"argv": ["nowhere-at-all"]})
    assert [path for path, _ in found] == [("preview_with", "argv", 0)]


def test_a_playbook_outside_the_files_is_looked_for(workspace: Workspace) -> None:
    """That the playbook is not there is told even when it was not listed."""
    found = told(workspace, [], tool="ansible_playbook", **{"with": {"playbook": "p.yml"}})
    assert [path for path, _ in found] == [("with", "playbook")]
    assert found[0][1].startswith("There is no file «p.yml» in the workspace ")


@pytest.mark.parametrize(
    ("path", "files", "sound"),
    [
        ("tests/unit", ["tests/**"], True),
        ("tests/unit/", ["tests/unit/*.py"], True),
        ("tests/unit/test_it.py::test_one", ["tests/**"], True),
        ("{part}", ["tests/**"], True),
        ("tests/other", ["tests/**"], False),
        ("tests/unit", ["bin/*"], False),
    ],
)
def test_tests_are_under_files(workspace: Workspace, path: str, files: list[str], sound: bool) -> None:
    """Tests that an operation names are among its files, for they run from the approved copies."""
    (workspace.root / "tests/unit").mkdir(parents=True)
    (workspace.root / "tests/unit/test_it.py").write_text("")
    found = told(workspace, [], tool="pytest", files=files, **{"with": {"path": path}})
    assert [at for at, _ in found] == ([] if sound else [("with", "path")])
