"""The workspace: the folder whose files operations read. Implements `Files`; called at planning and at start.

What is hashed here is what an approval covers, so nothing is followed out of the folder, and nothing that a tool
could read through a linked folder is silently left out.
"""

import asyncio
import hashlib
import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from json import JSONDecodeError
from pathlib import Path, PurePosixPath
from typing import Any

from adapters import yaml_files
from orchestration.canonical import parse
from orchestration.errors import ConfigurationError, InvalidRequest

MAX_FILES = 10_000
"""Files that one operation may name; a plan lists each of them."""

_WILD = frozenset("*?[")
_NEVER_READ = ("__pycache__", "*.pyc", ".git", "*~", ".*.sw?", "#*#", ".#*", ".DS_Store")
"""Caches and what editors leave behind: they change by themselves and no tool needs them."""


class Workspace:
    """A folder, by paths relative to it, written with `/`."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    async def fingerprint(self, patterns: Sequence[str]) -> dict[str, str]:
        """Return the SHA-256 in hex of every file that matches, by path; sorted.

        Raises InvalidRequest when a pattern matches nothing or leaves the workspace.
        """
        return await asyncio.to_thread(self._fingerprint, tuple(patterns))

    async def read_data(self, path: str) -> Any:
        """Return the data in a YAML or JSON file; raises InvalidRequest when it cannot be read."""
        return await asyncio.to_thread(self._read_data, path)

    async def entries(self, folder: str) -> list[str]:
        """Return the names of the files and folders in a folder, sorted; no hidden ones, no links.

        Raises InvalidRequest when there is no such folder.
        """
        return await asyncio.to_thread(self._entries, folder)

    def matches(self, pattern: str) -> list[str]:
        """Return the regular files that a glob matches, sorted; `**` stands for any folders. Raises InvalidRequest."""
        parts = _parts(pattern)
        try:
            found = list(islice(self._select(self.root, parts), MAX_FILES + 1))
        except OSError as error:
            raise InvalidRequest(f"«{pattern}» cannot be looked up: {error.strerror or error}.") from None
        if len(found) > MAX_FILES:
            raise InvalidRequest(f"«{pattern}» matches more than {MAX_FILES} files. Name fewer.")
        if not found:
            is_folder = (self.root / pattern).is_dir()
            advice = (
                f"is a folder: write «{'/'.join(parts)}/**» for the files in it" if is_folder else "matches no file"
            )
            raise InvalidRequest(f"«{pattern}» {advice}. The workspace is {self.root}.")
        return sorted({path.relative_to(self.root).as_posix() for path in found})

    def locate(self, path: str) -> Path:
        """Return where one regular file is; raises InvalidRequest when it is not a file of the workspace."""
        parts = _parts(path)
        place = self.root
        for part in parts[:-1]:
            place = place / part
            if not self._is_folder(place):
                break
        else:
            place = place / parts[-1]
            if os.path.lexists(place) and self._is_file(place):
                return place
        raise InvalidRequest(f"There is no file «{path}» in the workspace {self.root}.")

    def _fingerprint(self, patterns: tuple[str, ...]) -> dict[str, str]:
        names = sorted({name for pattern in patterns for name in self.matches(pattern)})
        return {name: self._hash(name) for name in names}

    def _hash(self, name: str) -> str:
        try:
            with (self.root / name).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise InvalidRequest(f"«{name}» cannot be read: {error.strerror or error}.") from None

    def _read_data(self, path: str) -> Any:
        file = self.locate(path)
        try:
            return _json(file, path) if file.suffix == ".json" else yaml_files.load(file, path)[0]
        except ConfigurationError as error:
            raise InvalidRequest(str(error)) from None

    def _entries(self, folder: str) -> list[str]:
        place = self.root
        for part in _parts(folder):
            place = place / part
            if not self._is_folder(place):
                raise InvalidRequest(f"There is no folder «{folder}» in the workspace {self.root}.")
        try:
            with os.scandir(place) as found:
                names = sorted(entry.name for entry in found if not entry.is_symlink())
        except OSError as error:
            raise InvalidRequest(f"«{folder}» cannot be read: {error.strerror or error}.") from None
        return [name for name in names if not name.startswith(".") and not _is_never_read(name)]

    def _select(self, folder: Path, parts: tuple[str, ...]) -> Iterator[Path]:
        """Yield the files below a folder that match the rest of a pattern."""
        head, rest = parts[0], parts[1:]
        if head == "**":
            yield from self._select(folder, rest or ("*",))
            for below in filter(self._is_folder, _named(folder, "*")):
                yield from self._select(below, parts)
        elif rest:
            for below in filter(self._is_folder, _named(folder, head)):
                yield from self._select(below, rest)
        else:
            yield from filter(self._is_file, _named(folder, head))

    def _is_folder(self, place: Path) -> bool:
        if place.is_symlink() and place.is_dir():
            name = place.relative_to(self.root)
            raise InvalidRequest(
                f"«{name}» is a link to a folder, which nobody can approve: put the folder itself there."
            )
        return place.is_dir()

    def _is_file(self, place: Path) -> bool:
        if place.is_symlink() and not place.is_dir():
            name = place.relative_to(self.root)
            if not place.exists():
                raise InvalidRequest(f"«{name}» is a link to nothing.")
            if not place.resolve().is_relative_to(self.root):
                raise InvalidRequest(f"«{name}» is a link that leads out of the workspace: put the file itself there.")
        return place.is_file()


def _parts(pattern: str) -> tuple[str, ...]:
    path = PurePosixPath(pattern)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in pattern:
        raise InvalidRequest(f"«{pattern}» must be a path inside the workspace, relative to it, without «..».")
    return tuple(
        part for part, before in zip(path.parts, ("", *path.parts), strict=False) if (part, before) != ("**", "**")
    )


def _named(folder: Path, pattern: str) -> list[Path]:
    """Return what is in a folder by a name or a pattern, without what no tool reads."""
    if not _WILD & set(pattern):
        return [folder / pattern] if os.path.lexists(folder / pattern) else []
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries)
    return [folder / name for name in names if fnmatchcase(name, pattern) and not _is_never_read(name)]


def _is_never_read(name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in _NEVER_READ)


def _json(file: Path, name: str) -> Any:
    try:
        return parse(yaml_files.read(file, name))
    except JSONDecodeError as error:
        raise InvalidRequest(f"{name}:{error.lineno}: is not JSON here: {error.msg}.") from None
    except InvalidRequest as error:
        raise InvalidRequest(f"{name}: {error}") from None
    except RecursionError:
        raise InvalidRequest(f"{name}: is nested too deeply.") from None
