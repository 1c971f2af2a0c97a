"""A tool runs from copies of exactly what was approved."""

import hashlib
import os
from pathlib import Path

import pytest

from orchestration.errors import ChangedSinceApproval, InvalidRequest
from orchestration.ports import Job
from tests.support.attempts import Bench, job


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A workspace with two files that were approved."""
    bench = Bench(tmp_path)
    (bench.workspace / "roles").mkdir()
    (bench.workspace / "play.yml").write_text("- hosts: all\n")
    (bench.workspace / "roles" / "main.sh").write_text("#!/bin/sh\necho hello\n")
    (bench.workspace / "roles" / "main.sh").chmod(0o755)
    return bench


def approved(bench: Bench, *names: str) -> Job:
    """Return a job that was approved with these files as they are now."""
    found = names or ("play.yml", "roles/main.sh")
    files = {name: hashlib.sha256((bench.workspace / name).read_bytes()).hexdigest() for name in found}
    return job(files=files)


async def test_copies_are_what_was_approved(bench: Bench) -> None:
    """The copies have the bytes that were approved, stay executable, and belong to us alone."""
    (bench.workspace / "new.yml").write_text("not approved")
    frozen = await bench.supervised.freeze(approved(bench))
    assert frozen == bench.attempts / "a1" / "files"
    assert sorted(str(path.relative_to(frozen)) for path in frozen.rglob("*")) == ["play.yml", "roles", "roles/main.sh"]
    assert (frozen / "play.yml").read_text() == "- hosts: all\n"
    assert os.access(frozen / "roles" / "main.sh", os.X_OK)
    assert [path.stat().st_mode & 0o077 for path in (frozen, frozen / "play.yml")] == [0, 0]


async def test_a_changed_file_is_refused_by_name(bench: Bench) -> None:
    """One byte that differs from what was approved stops the attempt, and the file is named."""
    this = approved(bench)
    (bench.workspace / "roles" / "main.sh").write_text("#!/bin/sh\necho hellO\n")
    with pytest.raises(ChangedSinceApproval, match=r"«roles/main\.sh» is not what was approved"):
        await bench.supervised.freeze(this)


async def test_a_missing_file_is_refused_by_name(bench: Bench) -> None:
    """A file that is gone stops the attempt, and the file is named."""
    this = approved(bench)
    (bench.workspace / "play.yml").unlink()
    with pytest.raises(ChangedSinceApproval, match=r"«play\.yml» was approved and is not there"):
        await bench.supervised.freeze(this)


async def test_a_folder_or_pipe_in_its_place_is_refused(bench: Bench) -> None:
    """What is no plain file any more is refused, and a pipe does not make us wait."""
    this = approved(bench, "play.yml")
    (bench.workspace / "play.yml").unlink()
    os.mkfifo(bench.workspace / "play.yml")
    with pytest.raises(ChangedSinceApproval, match="no plain file"):
        await bench.supervised.freeze(this)


@pytest.mark.parametrize("inner", ["link.yml", "linked/play.yml"])
async def test_links_out_of_the_workspace_are_refused(bench: Bench, inner: str) -> None:
    """A link that leads out is refused, whether it is the file or a folder above it, though the bytes are right."""
    outside = bench.home / "outside"
    outside.mkdir()
    (outside / "play.yml").write_text("- hosts: all\n")
    (bench.workspace / "link.yml").symlink_to(outside / "play.yml")
    (bench.workspace / "linked").symlink_to(outside)
    with pytest.raises(InvalidRequest, match="leads out of the workspace"):
        await bench.supervised.freeze(approved(bench, inner))


async def test_links_inside_the_workspace_are_followed(bench: Bench) -> None:
    """A link to another file of the workspace is copied as that file."""
    (bench.workspace / "link.yml").symlink_to("play.yml")
    frozen = await bench.supervised.freeze(approved(bench, "link.yml"))
    assert not (frozen / "link.yml").is_symlink()
    assert (frozen / "link.yml").read_text() == "- hosts: all\n"


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "a/../../b", "", "a\0b"])
async def test_paths_out_of_the_workspace_are_refused(bench: Bench, path: str) -> None:
    """A path that is not inside the workspace is refused before anything is opened."""
    with pytest.raises(InvalidRequest):
        await bench.supervised.freeze(job(files={path: "0" * 64}))


@pytest.mark.parametrize("attempt_id", ["../a", "a/b", "", ".."])
async def test_an_attempt_cannot_lie_elsewhere(bench: Bench, attempt_id: str) -> None:
    """The id of an attempt is the name of its folder and nothing else."""
    with pytest.raises(InvalidRequest, match="not the id"):
        await bench.supervised.freeze(job(attempt_id))
