"""The catalogue: the closed list of what can be done, as its owner declared it.

Nobody but the owner writes what runs. Requests and models choose an operation and fill its typed slots; an
argv element or a variable is filled as one value, and nothing is ever joined into a shell line.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal

from pydantic import Field

from orchestration.errors import NotFound
from orchestration.intake.declaration import BUILT_IN_SLOTS, SLUG, Parameter, parameter_faults
from orchestration.intake.templates import SLOT, slots
from orchestration.intake.tool_faults import tool_faults
from orchestration.policy import Effect, Risk
from orchestration.validation import (
    Duration,
    Fault,
    Path,
    Strict,
    Strings,
    entries,
    names,
    suggestion,
    validated,
)

AgentType = Literal["infra", "code", "research", "desktop"]
AGENT_TYPES: tuple[AgentType, ...] = ("infra", "code", "research", "desktop")
ToolName = Literal["command", "ansible_playbook", "pytest", "playwright", "http_call", "research", "fetch_logs"]

_DOUBLE_BRACES = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}")
_SECRET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Needs(Strict):
    """What an agent must have free."""

    cpu_cores: int = Field(ge=0, default=1)
    gpu_vram_mb: int = Field(ge=0, default=0)


class Operation(Strict):
    """One thing that can be done."""

    title: str = Field(min_length=1, max_length=80)
    description: str = ""
    says: Strings = Field(min_length=1)
    """Phrases people say; a `{slot}` in one takes the rest of the clause or the words up to the next word."""
    work_type: str
    agent: AgentType
    effect: Effect
    risk: Risk
    target: str = ""
    """What is locked and shown as touched; may have slots."""
    parameters: dict[str, Parameter] = {}
    tool: ToolName
    with_: dict[str, Any] = Field(alias="with", default={})
    preview: bool = False
    preview_with: dict[str, Any] | None = None
    """What `command` and `http_call` do for a preview."""
    undo: str | None = None
    after: Strings = []
    estimate: Duration = timedelta(seconds=60)
    timeout: Duration = timedelta(minutes=5)
    files: Strings = []
    """Globs of what it reads, relative to the workspace; hashed into the plan's digest."""
    secrets: dict[str, str] = {}
    retries: int = Field(ge=0, le=10, default=0)
    needs: Needs = Needs()
    on_failure: Literal["continue", "stop"] | None = None


class Catalogue(Strict):
    """The catalogue file."""

    version: Literal[1]
    operations: dict[str, Operation] = Field(min_length=1)

    def operation(self, key: str) -> Operation:
        """Return an operation; raises NotFound when there is none, as after a reload that took it out."""
        if key not in self.operations:
            raise NotFound(f"There is no operation «{key}» any more.")
        return self.operations[key]


def load_catalogue(data: object) -> Catalogue:
    """Validate a catalogue as a whole; raises InvalidData with every fault."""
    known = names(data, "operations")
    found = [*_key_faults(known), *_cycle_faults(data)]
    for key, operation in entries(Operation, data, "operations"):
        faults = [*_reference_faults(operation, known), *_operation_faults(operation)]
        found += [Fault(("operations", key, *fault.path), fault.message) for fault in faults]
    return validated(Catalogue, data, found)


def _key_faults(keys: set[str]) -> Iterator[Fault]:
    for key in sorted(keys):
        if not SLUG.fullmatch(key):
            yield Fault(("operations", key), "must be a slug of a-z, 0-9 and _, such as deploy_kuma")


def _cycle_faults(data: object) -> Iterator[Fault]:
    before = {str(key): operation.after for key, operation in entries(Operation, data, "operations")}
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        message = f"goes in a circle: {' after '.join(circle)}. Take one of them out"
        yield Fault(("operations", circle[0], "after"), message)


def _reference_faults(operation: Operation, known: set[str]) -> Iterator[Fault]:
    for index, name in enumerate(operation.after):
        if name not in known:
            yield Fault(("after", index), f"unknown operation «{name}».{suggestion(name, known)}")
    if operation.undo and operation.undo not in known:
        yield Fault(("undo",), f"unknown operation «{operation.undo}».{suggestion(operation.undo, known)}")


def _operation_faults(operation: Operation) -> Iterator[Fault]:
    yield from _slot_faults(operation)
    yield from _phrase_faults(operation)
    yield from _place_faults(operation)
    yield from _secret_faults(operation)
    for name, parameter in operation.parameters.items():
        yield from parameter_faults(("parameters", name), name, parameter)
    if operation.effect == "at_most_once" and operation.retries:
        yield Fault(("retries",), "must be 0: an at_most_once operation is never tried again by itself")
    yield from tool_faults(operation)


def _slot_faults(operation: Operation) -> Iterator[Fault]:
    known = set(operation.parameters) | BUILT_IN_SLOTS
    templates = {"target": operation.target, "with": operation.with_, "preview_with": operation.preview_with or {}}
    for path, name in slots(templates):
        if name not in known:
            advice = f"{suggestion(name, known)} Declare it under «parameters:»"
            yield Fault(path, f"the slot {{{name}}} has no parameter of that name.{advice}")
        elif name in operation.parameters and _may_be_empty(operation.parameters[name]):
            advice = "give the parameter a «default:», or leave out «required: false»"
            yield Fault(path, f"the slot {{{name}}} would stay as it is written when nobody says a value: {advice}")
    for path, name in _double_braces(templates):
        yield Fault(path, f"a slot has one pair of braces: write {{{name}}}")


def _may_be_empty(parameter: Parameter) -> bool:
    return not parameter.required and parameter.default is None and parameter.data is None


def _double_braces(template: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(template, str):
        yield from ((path, name) for name in _DOUBLE_BRACES.findall(template))
    elif isinstance(template, dict | list):
        for key, item in template.items() if isinstance(template, dict) else enumerate(template):
            yield from _double_braces(item, (*path, key))


def _phrase_faults(operation: Operation) -> Iterator[Fault]:
    for index, phrase in enumerate(operation.says):
        if len(named := SLOT.findall(phrase)) != len(set(named)):
            yield Fault(("says", index), f"«{phrase}» has the same slot twice: one value is said once")
    for path, name in slots({"says": operation.says}):
        if name not in operation.parameters:
            advice = suggestion(name, operation.parameters)
            yield Fault(path, f"the phrase has a slot {{{name}}} that is not a parameter.{advice}")


def _place_faults(operation: Operation) -> Iterator[Fault]:
    """Yield the files that are not named by a place in the workspace."""
    named: list[tuple[Path, str]] = [(("files", index), file) for index, file in enumerate(operation.files)]
    for name, parameter in operation.parameters.items():
        for path, file in parameter.places():
            named.append((("parameters", name, *path), file))
    for path, file in named:
        if SLOT.search(file):
            yield Fault(path, f"«{file}» has a slot: what an operation reads is the same for every value, so use «*»")
        elif not file or file.startswith(("/", "~")) or ".." in file.split("/"):
            yield Fault(path, f"«{file}» must be a path inside the workspace, relative to it, without «..»")


def _secret_faults(operation: Operation) -> Iterator[Fault]:
    for name, reference in operation.secrets.items():
        if not _ENVIRONMENT_NAME.fullmatch(name):
            yield Fault(("secrets", name), f"«{name}» cannot be the name of an environment variable")
        if not _SECRET_NAME.fullmatch(reference):
            advice = "write the name of the secret, of letters, digits, _ and -, and never the secret itself"
            yield Fault(("secrets", name), f"does not name a secret: {advice}")
