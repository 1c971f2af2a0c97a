"""Check who else could change what the owner declared, or read the secrets. Called while the configuration is read."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from orchestration.errors import Problem


def writer_problems(path: Path, where: str) -> Iterator[Problem]:
    """Yield a problem when somebody who is not the owner of this installation could change a file.

    A file that its group may change is fine when it is ours (or root's): that is how a team shares one.
    """
    try:
        status = path.stat()
    except OSError:
        return  # whoever reads it says what is wrong
    if status.st_mode & stat.S_IWOTH:
        yield Problem(where, None, "", f"anybody can change it: run `chmod o-w {where}`")
    if status.st_mode & stat.S_IWGRP and status.st_uid not in (os.geteuid(), 0):
        yield Problem(where, None, "", f"it is somebody else's and their group can change it: run `chmod g-w {where}`")


def secret_problems(folder: Path) -> Iterator[Problem]:
    """Yield a problem for every file in the secrets folder that others can read."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            where = shown_path(path)
            yield Problem(where, None, "", f"others can read this secret: run `chmod 600 {where}`")


def shown_path(path: Path) -> str:
    """Return how a file is called in problems: relative when it is inside the working folder."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
