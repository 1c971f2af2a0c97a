"""What ended plans left on disk, for those who have no access to the database: agents.

Reads the evidence that `evidence_files.py` laid down, and from the folder of attempts only what that evidence names
and what still is as it was recorded. Called by the tool `fetch_logs`.
"""

import hashlib
import json
import os
import re
import stat
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.evidence_files import evidence_path
from orchestration.errors import NotFound
from orchestration.ids import is_id, read_code

_ARTIFACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}/[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_LARGEST = 16 << 20
"""Bytes; a larger artifact is not read."""


@dataclass(frozen=True, slots=True)
class StoredLog:
    """One file that an attempt left."""

    operation: str
    name: str
    """Its name in the attempt's folder: `stdout.log`, `junit.xml`."""
    path: str
    sha256: str


class StoredLogs:
    """The logs of plans that have ended in this home."""

    def __init__(self, artifacts: Path, attempts: Path) -> None:
        self._artifacts = artifacts
        self._attempts = attempts

    def of(self, plan: str) -> list[StoredLog]:
        """Return what a plan left, by its code or id, in the order of its attempts; raises NotFound."""
        evidence = self._evidence(plan)
        operations = {call["attempt_id"]: call["operation"] for call in evidence["tool_calls"]}
        logs = []
        for artifact in evidence["artifacts"]:
            if _ARTIFACT.fullmatch(artifact["path"]) and artifact["mime"].startswith(("text/", "application/xml")):
                attempt, name = artifact["path"].split("/")
                logs.append(
                    StoredLog(operations.get(attempt, "an earlier try"), name, artifact["path"], artifact["sha256"])
                )
        return logs

    def last_lines(self, log: StoredLog, limit: int) -> list[str]:
        """Return the last lines of a log; of one that is gone or another by now, a line that says so."""
        try:
            descriptor = os.open(self._attempts / log.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            return [f"[it cannot be read: {error.strerror}]"]
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            data = file.read(_LARGEST) if stat.S_ISREG(status.st_mode) else b""
        if hashlib.sha256(data).hexdigest() != log.sha256:
            return ["[it is not what was recorded any more, so it is not shown]"]
        return list(deque(data.decode("utf-8", "replace").splitlines(), maxlen=limit))

    def _evidence(self, plan: str) -> dict[str, Any]:
        name = plan.lower() if is_id(plan) else read_code(plan)
        try:
            if name is None:
                raise FileNotFoundError
            evidence: dict[str, Any] = json.loads(evidence_path(self._artifacts, name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            advice = "Plans leave their logs when they have ended; «sayso plans» lists them"
            raise NotFound(f"There are no logs of a plan «{plan}» here. {advice}.") from None
        return evidence
