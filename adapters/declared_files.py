"""Check that the files and programs which operations name are there, before anybody plans with them.

Called with the catalogue's data while the configuration is read. What an operation runs from the workspace must be
under its `files:` too: only those are hashed, so only those are what was approved.
"""

import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

from adapters.workspace import Workspace
from orchestration.errors import InvalidRequest
from orchestration.intake.catalogue import Operation
from orchestration.intake.templates import SLOT
from orchestration.validation import Fault, entries

_INTERPRETER = re.compile(r"(.*/)?(python|perl|ruby|node|php|lua)[0-9.]*")


def declared_file_faults(catalogue: object, workspace: Workspace) -> Iterator[Fault]:
    """Yield a fault for every file pattern, playbook and program that names nothing here."""
    for key, operation in entries(Operation, catalogue, "operations"):
        for find in (_pattern_faults, _playbook_faults, _suite_faults):
            for fault in find(operation, workspace):
                yield Fault(("operations", key, *fault.path), fault.message)
        for section in ("with", "preview_with") if operation.tool == "command" else ():
            for fault in _program_faults(operation, section, workspace):
                yield Fault(("operations", key, section, "argv", *fault.path), fault.message)


def _pattern_faults(operation: Operation, workspace: Workspace) -> Iterator[Fault]:
    for index, pattern in enumerate(operation.files):
        try:
            workspace.matches(pattern)
        except InvalidRequest as error:
            yield Fault(("files", index), str(error))


def _playbook_faults(operation: Operation, workspace: Workspace) -> Iterator[Fault]:
    playbook = operation.with_.get("playbook")
    if not isinstance(playbook, str) or SLOT.search(playbook) or playbook in operation.files:
        return
    try:
        workspace.locate(playbook)
    except InvalidRequest as error:
        yield Fault(("with", "playbook"), str(error))


def _suite_faults(operation: Operation, workspace: Workspace) -> Iterator[Fault]:
    path = operation.with_.get("path")
    if operation.tool != "pytest" or not isinstance(path, str) or SLOT.search(path):
        return
    place = path.rstrip("/").partition("::")[0]
    files = [file for pattern in operation.files for file in _matches(pattern, workspace)]
    if not any(file == place or file.startswith(f"{place}/") for file in files):
        advice = "correct the path, or add the tests under «files:»"
        yield Fault(("with", "path"), f"none of the operation's files is in «{path}»: {advice}")


def _program_faults(operation: Operation, section: str, workspace: Workspace) -> Iterator[Fault]:
    argv = _argv(operation.with_ if section == "with" else operation.preview_with)
    if not argv or SLOT.search(argv[0]):
        return
    program = argv[0]
    if "/" not in program:
        if not shutil.which(program):
            yield Fault(
                (0,), f"«{program}» is not installed here: install it, or write ./{program} for a file of yours"
            )
    elif not os.access(workspace.root / program, os.X_OK) or (workspace.root / program).is_dir():
        yield Fault((0,), f"«{program}» is not a program that can be run: correct the path, or run `chmod +x` on it")
    for index in _scripts(argv):
        if _is_unlisted(argv[index], operation, workspace):
            advice = "add it there, so that approval covers what is in it"
            yield Fault((index,), f"«{argv[index]}» is a file of the workspace that is not under «files:»: {advice}")


def _argv(instructions: dict[str, Any] | None) -> list[str]:
    argv = (instructions or {}).get("argv")
    return argv if isinstance(argv, list) and all(isinstance(item, str) for item in argv) else []


def _scripts(argv: list[str]) -> Iterator[int]:
    """Yield the places in an argv of what is run: the program, and the script of an interpreter."""
    if "/" in argv[0]:
        yield 0
    if _INTERPRETER.fullmatch(argv[0]):
        yield from [index for index, item in enumerate(argv) if index and not item.startswith("-")][:1]


def _is_unlisted(name: str, operation: Operation, workspace: Workspace) -> bool:
    """Whether this is a file of the workspace that no pattern of the operation matches."""
    try:
        place = workspace.locate(name).relative_to(workspace.root).as_posix()
    except InvalidRequest:
        return False
    return not any(place in _matches(pattern, workspace) for pattern in operation.files)


def _matches(pattern: str, workspace: Workspace) -> list[str]:
    try:
        return workspace.matches(pattern)
    except InvalidRequest:
        return []
