"""Reads what an attempt left on disk as the result that the core knows. Called by `supervised.py`."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from adapters.tools.attempt_folder import LOGS, RESULT, AttemptFolder
from orchestration.ports import Artifact, ToolResult, ToolStatus

_TAIL_BYTES = 4000
_LAST_WORDS = 300


def recorded(folder: AttemptFolder) -> ToolResult | None:
    """Return the result that the launcher recorded; None when it did not come to that."""
    data: dict[str, Any] | None = folder.read(RESULT)
    if data is None or data.get("status") not in get_args(ToolStatus):
        return None
    return ToolResult(
        status=data["status"],
        exit_code=data["exit_code"],
        output=data["output_tail"],
        error_message=data["error_message"] + _faults(data),
        duration_ms=data["duration_ms"],
        artifacts=tuple(_artifact(folder, name, data[stream]) for stream, name in LOGS.items() if _any(data, stream)),
    )


def unrecorded(folder: AttemptFolder, started: bool, confirmed: bool, last_words: str) -> ToolResult:
    """Return what can be said when the launcher died before it could record how the attempt ended."""
    because = f" It said: {last_words[-_LAST_WORDS:]}" if last_words else ""
    if not started:
        return ToolResult("failed", error_message=f"Its launcher ended before the tool was started.{because}")
    fate = "What was left of it was killed" if confirmed else "It may still be running"
    message = f"Its launcher died, so whether it took effect is not known. {fate}.{because}"
    unconfirmed = {} if confirmed else {"unconfirmed": 1}
    logs = [(name, Path(folder.file(name))) for name in LOGS.values()]
    artifacts = tuple(_artifact(folder, name, _measure(path)) for name, path in logs if _size(path))
    metrics = {"outcome_unknown": 1, **unconfirmed}
    return ToolResult("failed", output=_tail(logs[0][1]), error_message=message, artifacts=artifacts, metrics=metrics)


def _any(data: Mapping[str, Any], stream: str) -> bool:
    return bool(data.get(stream, {}).get("size"))


def _faults(data: Mapping[str, Any]) -> str:
    faults = [
        f" {stream}.log ends early: {data[stream]['fault']}." for stream in LOGS if data.get(stream, {}).get("fault")
    ]
    return "".join(faults)


def _artifact(folder: AttemptFolder, name: str, summary: Mapping[str, Any]) -> Artifact:
    path = f"{Path(folder.path).name}/{name}"
    return Artifact("log", path, "text/plain", int(summary["size"]), str(summary["sha256"]))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _measure(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        return {"size": _size(path), "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _tail(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, _size(path) - _TAIL_BYTES))
        return file.read().decode("utf-8", "replace").rstrip("\n")
