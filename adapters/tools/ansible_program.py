"""Finds `ansible-playbook`, and says why when there is none that will do. Used by `ansible_playbook.py` only.

Ansible is run as a program and never imported: it may live in an environment of its own.
"""

import contextlib
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

OLDEST = (2, 19)
"""From here on `ansible_variables.py` can rely on `!unsafe`, and our callback plugin on its interface."""
_VERSION = re.compile(r"core (\d+)\.(\d+)")
_PATIENCE = 30.0
_ADVICE = "install it with «pip install 'sayso[ansible]'»"


def find() -> Path | None:
    """Return the program that belongs to our interpreter, else the one in PATH."""
    if _beside().is_file():
        return _beside()
    found = shutil.which("ansible-playbook")
    return Path(found) if found else None


def missing() -> str | None:
    """Return why playbooks cannot be run here, and what to do; None when they can."""
    program = find()
    if program is None:
        return f"ansible-playbook is not installed: {_ADVICE}."
    version = _version(program)
    if version is None:
        return f"{program} does not tell its version: see what «{program} --version» says, or {_ADVICE}."
    if version < OLDEST:
        needed = ".".join(map(str, OLDEST))
        return f"{program} is version {'.'.join(map(str, version))}, and {needed} or newer is needed: {_ADVICE}."
    return None


@cache
def _version(program: Path) -> tuple[int, int] | None:
    """Return (2, 19) or the like; None when it cannot be told. Asking the program itself takes 0.3 s."""
    if program == _beside():
        with contextlib.suppress(metadata.PackageNotFoundError):
            return _read(f"core {metadata.version('ansible-core')}")
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return _read(said.stdout)


def _read(said: str) -> tuple[int, int] | None:
    found = _VERSION.search(said)
    return (int(found[1]), int(found[2])) if found else None


def _beside() -> Path:
    return Path(sys.executable).parent / "ansible-playbook"
