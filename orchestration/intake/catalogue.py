"""The catalogue: the closed list of what can be done, as its owner declared it.

Nobody but the owner writes what runs. Requests and models choose an operation and fill its typed slots; an
argv element or a variable is filled as one value, and nothing is ever joined into a shell line.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from typing import Any, Literal

from pydantic import Field

from orchestration.policy import Effect, Risk
from orchestration.validation import (
    Choice,
    Duration,
    Fault,
    Path,
    Pattern,
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

SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")
SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
BUILT_IN_SLOTS = {"workspace"}
"""Slots that every template has: the absolute path of the workspace."""
_SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "fish", "csh", "tcsh", "busybox", "eval", "xargs", "env"}
_SHELL_SIGNS = re.compile(r"[|;<>`]|&&|&$|\$\(|\$\{")
_INTERPRETERS = re.compile(r"(python|perl|ruby|node|php|lua)[0-9.]*")
_RUN_TEXT = re.compile(r"-[a-z]*[ce]|--eval|-r")
_SCRIPT = "put the steps into a script of the workspace and name it under «files:», or use a playbook"
_DOUBLE_BRACES = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}")
_SECRET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SCHEMA_ONLY = {"object", "array"}


class DataSource(Strict):
    """Where a parameter is read from at planning; what was read is frozen in the plan and marked on the card."""

    file: str
    key: str = ""
    """Dotted path inside the file; empty for all of it."""


class Parameter(Strict):
    """A typed slot: a subset of JSON Schema, and how people name it."""

    type: Literal["string", "integer", "boolean", "array", "object"]
    description: str = ""
    says: Strings = []
    """Words that introduce the value, beside the parameter's own name."""
    ask: str = ""
    """The question when it is missing."""
    enum: list[Choice] | None = Field(min_length=1, default=None)
    synonyms: dict[str, Strings] = {}
    """Other words for values of the enum."""
    pattern: Pattern | None = None
    min_length: int | None = Field(alias="minLength", default=None, ge=0)
    max_length: int | None = Field(alias="maxLength", default=None, ge=1)
    minimum: int | None = None
    maximum: int | None = None
    items: "Parameter | None" = None
    properties: "dict[str, Parameter]" = {}
    required: bool = True
    default: Any = None
    data: DataSource | None = None


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
        """Return an operation that is known to exist."""
        return self.operations[key]


def slots(template: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield (path, slot name) for every slot in a template of strings, lists and mappings."""
    match template:
        case str():
            for name in SLOT.findall(template):
                yield path, name
        case list():
            for index, item in enumerate(template):
                yield from slots(item, (*path, index))
        case dict():
            for key, item in template.items():
                yield from slots(item, (*path, key))


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """Return the template with its slots filled; a string that is one slot becomes that value, type and all."""
    match template:
        case str():
            if (whole := SLOT.fullmatch(template)) and whole[1] in values:
                return values[whole[1]]
            return SLOT.sub(lambda found: str(values.get(found[1], found[0])), template)
        case list():
            return [fill(item, values) for item in template]
        case dict():
            return {key: fill(item, values) for key, item in template.items()}
        case _:
            return template


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
        yield from _parameter_faults(("parameters", name), name, parameter)
    if operation.effect == "at_most_once" and operation.retries:
        yield Fault(("retries",), "must be 0: an at_most_once operation is never tried again by itself")
    if operation.tool == "command":
        yield from _command_faults(operation)
    if operation.tool == "ansible_playbook":
        yield from _playbook_faults(operation)


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
        if parameter.data is not None:
            named.append((("parameters", name, "data", "file"), parameter.data.file))
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


def _parameter_faults(at: Path, name: str, parameter: Parameter) -> Iterator[Fault]:
    if name in BUILT_IN_SLOTS or not SLUG.fullmatch(name):
        yield Fault(at, f"«{name}» cannot be the name of a parameter; use a-z, 0-9 and _")
    if parameter.type == "array" and parameter.items is None:
        yield Fault((*at, "items"), "is missing: say what the array holds")
    if parameter.type in _SCHEMA_ONLY and parameter.data is None and parameter.default is None:
        yield Fault(at, f"nobody can say a whole {parameter.type} in a chat: give it «data:» or «default:»")
    for low, high in (("minimum", "maximum"), ("min_length", "max_length")):
        least, most = getattr(parameter, low), getattr(parameter, high)
        if least is not None and most is not None and least > most:
            yield Fault(at, f"takes no value at all: at least {least} and at most {most}")
    for value in parameter.synonyms:
        if value not in map(str, parameter.enum or []):
            yield Fault((*at, "synonyms", value), f"«{value}» is not a value of the enum")


def _command_faults(operation: Operation) -> Iterator[Fault]:
    compound = {name for name, parameter in operation.parameters.items() if parameter.type in _SCHEMA_ONLY}
    yield from _argv_faults(("with",), operation.with_, compound)
    if operation.preview_with is not None:
        yield from _argv_faults(("preview_with",), operation.preview_with, compound)
    elif operation.preview:
        yield Fault(("preview",), "a command needs its own dry run: add «preview_with: {argv: […]}»")


def _argv_faults(at: Path, instructions: Mapping[str, Any], compound: set[str]) -> Iterator[Fault]:
    for key in instructions.keys() - {"argv"}:
        yield Fault((*at, key), "is not a key here. Known keys: argv.")
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


def _playbook_faults(operation: Operation) -> Iterator[Fault]:
    known = {"playbook", "extra_vars", "limit", "tags", "inventory"}
    for key in operation.with_.keys() - known:
        listing = ", ".join(sorted(known))
        yield Fault(("with", key), f"is not a key here.{suggestion(key, known)} Known keys: {listing}.")
    playbook = operation.with_.get("playbook")
    if not isinstance(playbook, str) or SLOT.search(playbook):
        yield Fault(("with", "playbook"), "must name a playbook file, without slots")
    elif playbook not in operation.files:
        advice = "add it, with its roles and templates, so that approval covers them"
        yield Fault(("files",), f"«{playbook}» is not under «files:»: {advice}")
    if not isinstance(operation.with_.get("extra_vars", {}), dict):
        yield Fault(("with", "extra_vars"), "must be names and values")
