"""What is wrong with what an operation's tool is told: keys, and places where a value could become more than a value.

Called by `catalogue.py` when a catalogue is loaded. Each function yields every fault, with what to write instead.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from orchestration.intake.declaration import COMPOUND
from orchestration.intake.http_faults import http_faults
from orchestration.intake.research_faults import research_faults
from orchestration.intake.templates import SLOT
from orchestration.validation import Fault, Path, key_faults

if TYPE_CHECKING:
    from orchestration.intake.catalogue import Operation

_SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "fish", "csh", "tcsh", "busybox", "eval", "xargs", "env"}
_SHELL_SIGNS = re.compile(r"[|;<>`]|&&|&$|\$\(|\$\{")
_INTERPRETERS = re.compile(r"(python|perl|ruby|node|php|lua)[0-9.]*")
_RUN_TEXT = re.compile(r"-[a-z]*[ce]|--eval|-r")
_SCRIPT = "put the steps into a script of the workspace and name it under «files:», or use a playbook"
LOGS = ("all", "output", "errors", "junit", "changes")
"""What `fetch_logs` can be asked for."""
MOST_LINES = 1000


def tool_faults(operation: "Operation") -> Iterator[Fault]:
    """Yield the faults of an operation that are its tool's business."""
    match operation.tool:
        case "command":
            yield from _command_faults(operation)
        case "ansible_playbook":
            yield from _playbook_faults(operation)
        case "pytest":
            yield from _pytest_faults(operation)
        case "http_call":
            yield from http_faults(operation)
        case "fetch_logs":
            yield from _logs_faults(operation)
        case "research":
            yield from research_faults(operation)


def _command_faults(operation: "Operation") -> Iterator[Fault]:
    compound = {name for name, parameter in operation.parameters.items() if parameter.type in COMPOUND}
    yield from _argv_faults(("with",), operation.with_, compound)
    if operation.preview_with is not None:
        yield from _argv_faults(("preview_with",), operation.preview_with, compound)
    elif operation.preview:
        yield Fault(("preview",), "a command needs its own dry run: add «preview_with: {argv: […]}»")


def _argv_faults(at: Path, instructions: Mapping[str, Any], compound: set[str]) -> Iterator[Fault]:
    yield from key_faults(at, instructions, {"argv"})
    argv = instructions.get("argv")
    if isinstance(argv, str):
        yield Fault((*at, "argv"), f"must be a list of arguments, not a shell line: write {_as_flow(argv)}")
    elif not isinstance(argv, list) or not argv or not all(isinstance(item, str) for item in argv):
        yield Fault((*at, "argv"), 'must be a list of texts, such as [systemctl, restart, "{name}"]')
    else:
        yield from _program_faults((*at, "argv", 0), argv[0])
        for index, item in enumerate(argv):
            yield from _element_faults((*at, "argv", index), argv[:index], item, compound)


def _as_flow(line: str) -> str:
    return f"[{', '.join(line.split())}]"


def _program_faults(at: Path, program: str) -> Iterator[Fault]:
    if SLOT.search(program):
        yield Fault(at, "the program itself cannot be a slot: name it")
    if _base_name(program) in _SHELLS:
        yield Fault(at, f"«{program}» would run whatever it is given: {_SCRIPT}")


def _element_faults(at: Path, before: list[str], item: str, compound: set[str]) -> Iterator[Fault]:
    if _SHELL_SIGNS.search(SLOT.sub("", item)):
        advice = "there is no shell; give each argument its own element, and put pipes into a script"
        yield Fault(at, f"«{item}» has shell signs: {advice}")
    if len(before) > 1 and _RUN_TEXT.fullmatch(item) and _base_name(before[-1]) in _SHELLS:
        yield Fault(at, f"«{before[-1]} {item}» would run whatever it is given: {_SCRIPT}")
    if (
        before
        and SLOT.search(item)
        and _RUN_TEXT.fullmatch(before[-1])
        and _INTERPRETERS.fullmatch(_base_name(before[0]))
    ):
        yield Fault(at, f"«{item}» would be run as a program: {_SCRIPT}")
    for name in SLOT.findall(item):
        if name in compound:
            yield Fault(at, f"{{{name}}} is not one value and cannot be an argument")


def _base_name(program: str) -> str:
    return program.rsplit("/", 1)[-1]


def _playbook_faults(operation: "Operation") -> Iterator[Fault]:
    known = {"playbook", "extra_vars", "limit", "tags", "inventory"}
    yield from key_faults(("with",), operation.with_, known)
    playbook = operation.with_.get("playbook")
    if not isinstance(playbook, str) or SLOT.search(playbook):
        yield Fault(("with", "playbook"), "must name a playbook file, without slots")
    elif playbook not in operation.files:
        advice = "add it, with its roles and templates, so that approval covers them"
        yield Fault(("files",), f"«{playbook}» is not under «files:»: {advice}")
    if not isinstance(operation.with_.get("extra_vars", {}), dict):
        yield Fault(("with", "extra_vars"), "must be names and values")


def _pytest_faults(operation: "Operation") -> Iterator[Fault]:
    yield from key_faults(("with",), operation.with_, {"path", "only", "markers"})
    path = operation.with_.get("path")
    if not isinstance(path, str) or not path:
        yield Fault(("with", "path"), "must say where the tests are in the workspace, such as tests/sample")
    elif path.startswith(("/", "~", "-")) or ".." in path.split("/"):
        yield Fault(("with", "path"), f"«{path}» must be a path inside the workspace, relative to it, without «..»")
    for key in ("only", "markers"):
        if not isinstance(operation.with_.get(key, ""), str):
            yield Fault(("with", key), "must be a text")
    if not operation.files:
        advice = "name the tests and what they import, such as «tests/**», so that approval covers them"
        yield Fault(("files",), f"tests run from approved copies: {advice}")
    if operation.preview_with is not None:
        yield Fault(("preview_with",), "pytest has its own dry run: leave it out, and write «preview: true»")


def _logs_faults(operation: "Operation") -> Iterator[Fault]:
    yield from key_faults(("with",), operation.with_, {"plan", "log", "limit"})
    if not isinstance(operation.with_.get("plan"), str):
        yield Fault(("with", "plan"), 'must be a plan\'s code, as a slot: "{plan}"')
    log, limit = operation.with_.get("log", "all"), operation.with_.get("limit", 1)
    if not isinstance(log, str) or not (SLOT.search(log) or log in LOGS):
        yield Fault(("with", "log"), f"must be one of {', '.join(LOGS)}, or a slot")
    if not (isinstance(limit, str) and SLOT.fullmatch(limit)) and (
        type(limit) is not int or not 0 < limit <= MOST_LINES
    ):
        yield Fault(("with", "limit"), f"must be a number of lines from 1 to {MOST_LINES}, or a slot")
    if operation.preview:
        yield Fault(("preview",), "reading logs has no dry run: leave it out")
