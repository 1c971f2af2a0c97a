"""Resolves the secret references of the catalogue, on the machine where the task runs and nowhere else.

A reference `kuma_admin` is the environment's `SAYSO_SECRET_KUMA_ADMIN`, or the file `<home>/secrets/kuma_admin`
that only its owner can read. `supervised.py` puts the value into the tool's environment and the redactor.
"""

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from orchestration.errors import ConfigurationError, InvalidRequest, Problem, Unavailable

_REFERENCE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_LARGEST = 65536
_SECRET_NAME = re.compile(r"^SAYSO_SECRET_|(KEY|TOKEN|SECRET|PASSWORD)$")


class SecretSource:
    """Where secrets come from: the environment first, then files of the home."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment

    def resolve(self, reference: str) -> str:
        """Return the secret; raises Unavailable when there is none, ConfigurationError when others could read it."""
        if not _REFERENCE.fullmatch(reference):
            raise InvalidRequest(f"«{reference}» is not a secret's name: use letters, digits, _ and -.")
        variable = "SAYSO_SECRET_" + reference.upper().replace("-", "_")
        value = self._environment.get(variable) or self._from_file(reference, variable)
        if not value or "\0" in value:
            raise Unavailable(f"The secret «{reference}» is empty or not text: {self._advice(reference, variable)}.")
        return value

    def all_known(self) -> list[str]:
        """Return every secret that lies here, this program's own included: for texts that leave the machine."""
        named = [value for name, value in self._environment.items() if _SECRET_NAME.search(name)]
        files = self._folder.iterdir() if self._folder.is_dir() else ()
        laid_down = [path for path in files if path.is_file() and os.access(path, os.R_OK)]
        return [*named, *(path.read_text(encoding="utf-8", errors="replace") for path in laid_down)]

    def _from_file(self, reference: str, variable: str) -> str:
        path = self._folder / reference
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            reason = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
            raise Unavailable(
                f"The secret «{reference}» {reason}: {self._advice(reference, variable)}. Nothing was run."
            ) from None
        with os.fdopen(descriptor, "rb") as file:
            self._refuse_readable_by_others(path, os.fstat(descriptor))
            return file.read(_LARGEST).decode("utf-8", "replace").rstrip("\r\n")

    def _advice(self, reference: str, variable: str) -> str:
        return f"set {variable}, or write it to {self._folder / reference} and run `chmod 600` on that"

    @staticmethod
    def _refuse_readable_by_others(path: Path, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise ConfigurationError([Problem(str(path), None, "", "must be a plain file that holds the secret")])
        if status.st_mode & 0o077:
            raise ConfigurationError([Problem(str(path), None, "", f"others can read it: run `chmod 600 {path}`")])
        if status.st_uid not in (os.geteuid(), 0):
            raise ConfigurationError(
                [Problem(str(path), None, "", f"belongs to somebody else: run `chown $USER {path}`")]
            )
