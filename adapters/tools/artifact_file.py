"""Writes what a tool makes of an attempt (a report, a patch) into its folder, as an artifact. Called by the tools."""

import hashlib
import os
from pathlib import Path
from typing import Literal

from orchestration.ports import Artifact


def write_artifact(
    folder: Path,
    name: str,
    text: str,
    mime: str = "text/plain",
    kind: Literal["log", "report", "junit_xml", "other"] = "log",
) -> Artifact:
    """Write a redacted text so that it is there, whole, after a loss of power; for us alone (0600)."""
    data = text.encode("utf-8", "replace")
    temporary = folder / f"{name}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    temporary.rename(folder / name)
    return Artifact(kind, f"{folder.name}/{name}", mime, len(data), hashlib.sha256(data).hexdigest())
