"""The token that `/metrics` asks for: a file in the home that only its owner can read, made at the first serve."""

import os
import secrets
from pathlib import Path

from orchestration.errors import ConfigurationError, Problem


def metrics_token(path: Path) -> str:
    """Return the token; raises ConfigurationError when others can read it, or nobody."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return _read(path)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    return _read(path)


def _read(path: Path) -> str:
    token = path.read_text(errors="replace").strip()
    if path.stat().st_mode & 0o077:
        raise _refused(path, "others can read it: delete it, and the next start makes another")
    if len(token) < 32:
        raise _refused(path, "holds no token: delete it, and the next start makes another")
    return token


def _refused(path: Path, message: str) -> ConfigurationError:
    return ConfigurationError([Problem(str(path), None, "", message)])
