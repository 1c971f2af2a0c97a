"""The home: the folder with the database, the artifacts and the keys. One process owns it at a time.

Called by the wiring before anything is opened in it.
"""

import contextlib
import fcntl
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from orchestration.errors import ConfigurationError, HomeBusy, Problem, Unavailable

EXAMPLE = "homelab"
"""The folder of the shipped example, in the package and in a home."""
_OF_THE_PACKAGE = (f"{EXAMPLE}/__init__.py", "__pycache__", ".pyc")
"""Ends of paths of what belongs to Python, not to the example."""


@dataclass(frozen=True, slots=True)
class Home:
    """A home by its path. Nothing is touched before `prepare` or `own`."""

    path: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.path / "sayso.db"

    @property
    def attempts(self) -> Path:
        """One folder for each attempt: its files, its output, how it ended."""
        return self.path / "attempts"

    @property
    def artifacts(self) -> Path:
        """What runs left, by hash."""
        return self.path / "artifacts"

    @property
    def keys(self) -> Path:
        """The keys that sign seals; not in the database, so that whoever edits that cannot sign it."""
        return self.path / "keys"

    @property
    def secrets(self) -> Path:
        """Secrets for operations, a file each, that only its owner can read."""
        return self.path / "secrets"

    @property
    def example(self) -> Path:
        """Where the shipped example is copied to."""
        return self.path / EXAMPLE

    def prepare(self) -> None:
        """Make the home and its folders, for their owner only (0700).

        Raises ConfigurationError when it is somebody else's, or others can write to it.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._refuse_if_shared()
            self.path.chmod(0o700)
            for folder in (self.attempts, self.artifacts, self.keys, self.secrets):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise _refused(f"{self.path} cannot be made or used: {error.strerror or error}") from None

    @contextlib.contextmanager
    def own(self, command: str) -> Iterator[None]:
        """Own this home for the time of a `with`; raises HomeBusy when another process does.

        `command` is how this process is named to whoever wants the home meanwhile, such as `sayso serve`.
        """
        self.prepare()
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._lock(descriptor)
            _write(descriptor, f"{os.getpid()} {command}\n")
            try:
                yield
            finally:
                _write(descriptor, "")
        finally:
            os.close(descriptor)

    def owner(self) -> str | None:
        """Return how whoever owns this home calls itself, such as `sayso serve`; None when nobody does."""
        try:
            noted = (self.path / "lock").read_bytes()[:200]
        except OSError:
            return None
        return _command(noted)

    def install_example(self) -> bool:
        """Copy the shipped example to this home, whole or not at all; return False when there is one already."""
        if self.example.exists():
            return False
        shipped = files("adapters") / EXAMPLE
        if not (shipped / "catalogue.yml").is_file():
            raise Unavailable("The example is missing from this installation. Install Sayso again.")
        copy = Path(tempfile.mkdtemp(prefix=f".{EXAMPLE}-", dir=self.path))
        try:
            _copy(shipped, copy)
            copy.rename(self.example)
        except OSError as error:
            shutil.rmtree(copy, ignore_errors=True)
            if self.example.exists():
                return False
            raise Unavailable(f"The example cannot be copied to {self.path}: {error.strerror or error}.") from None
        return True

    def _refuse_if_shared(self) -> None:
        status = self.path.stat()
        if status.st_uid != os.geteuid():
            owner = _user(status.st_uid)
            raise _refused(f"{self.path} belongs to {owner}: run Sayso as {owner}, or choose another folder")
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            advice = f"look whether all in it is yours, then run `chmod 700 {self.path}`"
            raise _refused(f"others can write to {self.path}: {advice}")

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            advice = "Stop it first, or give this one a home of its own with SAYSO_HOME."
            raise HomeBusy(f"{self.path} is in use by {_owner(descriptor)}. {advice}") from None
        except OSError as error:
            message = f"{self.path} is on a file system that cannot lock ({error.strerror}). Choose another SAYSO_HOME."
            raise Unavailable(message) from None


def _owner(descriptor: int) -> str:
    """Return how the owner of a lock is called in sentences."""
    noted = os.pread(descriptor, 200, 0)
    command = _command(noted)
    return f"«{command}», process {noted.split()[0].decode()}" if command else "another Sayso process"


def _command(noted: bytes) -> str | None:
    """Return the command that a lock file notes; what a process that was killed left behind is not believed."""
    pid, _, command = noted.decode("utf-8", "replace").strip().partition(" ")
    return command if pid.isdigit() and Path(f"/proc/{pid}").exists() else None


def _write(descriptor: int, text: str) -> None:
    with contextlib.suppress(OSError):  # a full disk must not keep anybody from cancelling; the lock is what counts
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(errors="backslashreplace"), 0)


def _copy(source: Traversable, target: Path) -> None:
    """Copy a folder; the copies are their owner's to change, whatever the rights of the installed files."""
    for entry in source.iterdir():
        if f"{source.name}/{entry.name}".endswith(_OF_THE_PACKAGE):
            continue
        copy = target / entry.name
        if entry.is_dir():
            copy.mkdir()
            _copy(entry, copy)
        else:
            copy.write_bytes(entry.read_bytes())
            if isinstance(entry, Path) and entry.stat().st_mode & stat.S_IXUSR:
                copy.chmod(copy.stat().st_mode | stat.S_IXUSR)


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _refused(message: str) -> ConfigurationError:
    return ConfigurationError([Problem("SAYSO_HOME", None, "", message)])
