"""The folder of one attempt on disk, and its lock: the record that survives the death of whoever wrote it.

`<attempts>/<attempt_id>/` (0700) holds

- `lock`          held, by `flock`, by everything that is alive of this attempt
- `launcher`      who the launcher is
- `started`       who the tool is; durable before the tool is executed
- `stdout.log`, `stderr.log`, `files/`
- `result.json`   how it ended; the last thing that a launcher writes
- `settled`       it will never start (again)

Both sides use it, the bot (`supervised.py`, `remains.py`) and the launcher, so it imports next to nothing.
"""

import contextlib
import fcntl
import json
import os

LOCK, LAUNCHER, STARTED, RESULT, SETTLED = "lock", "launcher", "started", "result.json", "settled"
LOGS = {"stdout": "stdout.log", "stderr": "stderr.log"}
FILES = "files"


class AttemptFolder:
    """One attempt's folder. Small records are JSON objects, each whole or absent."""

    def __init__(self, path: str) -> None:
        self.path = path

    def make(self) -> None:
        """Make the folder, and those above it, for its owner only."""
        if os.path.isdir(self.path):  # noqa: PTH112 - pathlib is dear at the launcher's start
            return
        os.makedirs(self.path, mode=0o700, exist_ok=True)  # noqa: PTH103
        above = os.open(os.path.dirname(self.path), os.O_RDONLY | os.O_DIRECTORY)  # noqa: PTH120
        try:
            os.fsync(above)  # a folder that a power cut takes away would look like an attempt that never began
        finally:
            os.close(above)

    def file(self, name: str) -> str:
        """Return the path of a file of this folder."""
        return f"{self.path}/{name}"

    def lock(self) -> int | None:
        """Take the lock; return its descriptor, or None while something of the attempt is alive."""
        descriptor = os.open(self.file(LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def identity(self) -> str:
        """Return what tells this folder from a copy of it, once its lock is there."""
        status = os.stat(self.file(LOCK))  # noqa: PTH116
        return f"{status.st_dev}-{status.st_ino}"

    def read(self, name: str) -> dict[str, object] | None:
        """Return a record; None when it was never written, or not by us."""
        try:
            with open(self.file(name), encoding="utf-8") as file:  # noqa: PTH123
                data = json.load(file)
        except (FileNotFoundError, ValueError):
            return None
        return data if isinstance(data, dict) else None

    def has(self, name: str) -> bool:
        """Whether there is such a record."""
        with contextlib.suppress(FileNotFoundError):
            os.stat(self.file(name))  # noqa: PTH116
            return True
        return False

    def write(self, name: str, record: dict[str, object], durable: bool = True) -> None:
        """Write a record; with `durable` it is there, whole, after a loss of power."""
        temporary = self.file(f"{name}.new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(record, file)
            file.flush()
            if durable:
                os.fsync(descriptor)
        os.rename(temporary, self.file(name))  # noqa: PTH104
        if durable:
            self._sync()

    def _sync(self) -> None:
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
