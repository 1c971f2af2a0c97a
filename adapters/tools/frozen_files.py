"""Copies of what was approved, made for one attempt; the tool runs from these and not from the workspace.

The hash is taken of the very bytes that are copied, so nothing can change between the look and the use.
Called by `supervised.py`, in a thread.
"""

import hashlib
import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from orchestration.errors import ChangedSinceApproval, InvalidRequest

_CHUNK = 1 << 20


def freeze(workspace: Path, files: Mapping[str, str], target: Path) -> None:
    """Make `target` hold exactly these files (path relative to the workspace to SHA-256), readable by us alone.

    Raises ChangedSinceApproval for a file that is missing or differs, InvalidRequest for one outside the workspace.
    """
    root = workspace.resolve()
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(mode=0o700)
    for path, sha256 in files.items():
        _check(path)
        copy = target / path
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _copy(root, path, copy) != sha256:
            raise ChangedSinceApproval(f"«{path}» is not what was approved any more. Nothing was run; ask again.")


def _check(path: str) -> None:
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\0" in path:
        raise InvalidRequest(f"«{path}» is not a path inside the workspace. Nothing was run.")


def _copy(root: Path, path: str, copy: Path) -> str:
    """Copy one file; return the SHA-256 of the bytes."""
    try:
        descriptor = os.open(root / path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        reason = (
            "is not there any more" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        )
        raise ChangedSinceApproval(f"«{path}» was approved and {reason}. Nothing was run; ask again.") from None
    digest = hashlib.sha256()
    with os.fdopen(descriptor, "rb") as source, copy.open("xb") as made:
        mode = _check_opened(root, path, descriptor)
        while data := source.read(_CHUNK):
            digest.update(data)
            made.write(data)
    copy.chmod(0o500 if mode & stat.S_IXUSR else 0o400)
    return digest.hexdigest()


def _check_opened(root: Path, path: str, descriptor: int) -> int:
    """Return the mode of an open file; what was really opened counts, whatever links led to it."""
    place = Path(f"/proc/self/fd/{descriptor}").readlink()
    if not place.is_relative_to(root):
        raise InvalidRequest(f"«{path}» is a link that leads out of the workspace. Nothing was run.")
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        raise ChangedSinceApproval(f"«{path}» was approved and is no plain file any more. Nothing was run; ask again.")
    return mode
