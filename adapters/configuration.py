"""Read catalogue, policy and people, and take them only as a whole. Called at the start, at a reload and by `check`.

All problems of all three files come at once, each with its file and line: those that the core finds in what is
written, and those that only this machine can tell (`declared_files.py`, `file_rights.py`).
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from adapters import yaml_files
from adapters.declared_files import declared_file_faults
from adapters.file_rights import secret_problems, shown_path, writer_problems
from adapters.home import Home
from adapters.settings import Settings
from adapters.workspace import Workspace
from orchestration.budgets import unpriced
from orchestration.errors import ConfigurationError, Problem
from orchestration.intake.catalogue import Catalogue, load_catalogue
from orchestration.intake.defaults import default_faults
from orchestration.owner_files import Kind, Loaded, difference
from orchestration.people import People, load_people
from orchestration.policy import Policy, faults_alone, load_policy
from orchestration.validation import Fault, InvalidData, names

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was read, for the stored snapshot."""

    path: Path
    text: str
    sha256: str
    """In hex, of the text in UTF-8."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the owner declared, and the very files it came from: `catalogue`, `policy` and `people`."""

    catalogue: Catalogue
    policy: Policy
    people: People
    sources: Mapping[str, Source]


def load_configuration(settings: Settings) -> Configuration:
    """Return what the three files declare; raises ConfigurationError with every problem of all of them."""
    files = {name: _File(name, settings) for name in ("catalogue", "policy", "people")}
    catalogue = files["catalogue"].validated(load_catalogue)
    files["catalogue"].note(default_faults(files["catalogue"].data))
    if settings.workspace.is_dir():
        files["catalogue"].note(declared_file_faults(files["catalogue"].data, Workspace(settings.workspace)))
    people = files["people"].validated(load_people)
    policy = _policy(files["policy"], files["catalogue"], catalogue, people)
    files["policy"].note(_price_faults(policy, settings.external_model))
    problems = [problem for file in files.values() for problem in file.sorted_problems()]
    problems += _workspace_problems(settings)
    problems += secret_problems(Home(settings.home).secrets)
    if problems or catalogue is None or policy is None or people is None:
        raise ConfigurationError(problems)
    return Configuration(catalogue, policy, people, {name: file.source() for name, file in files.items()})


def configuration_of(texts: Mapping[str, str]) -> Configuration:
    """Return what files declare that were taken before, by their texts alone."""
    data = {kind: yaml_files.parse(text, kind)[0] for kind, text in texts.items()}
    catalogue, people = load_catalogue(data["catalogue"]), load_people(data["people"])
    policy = load_policy(data["policy"], people, set(catalogue.operations))
    return Configuration(catalogue, policy, people, {kind: _source(Path(kind), text) for kind, text in texts.items()})


def loaded(kind: Kind, source: Source, before: str | None) -> Loaded:
    """Return a file as it is taken, with what is new in it since this earlier text of it."""
    old = yaml_files.parse(before, kind)[0] if before is not None else None
    return Loaded(kind, source.sha256, source.text, difference(kind, old, yaml_files.parse(source.text, kind)[0]))


def _source(path: Path, text: str) -> Source:
    return Source(path, text, hashlib.sha256(text.encode()).hexdigest())


class _File:
    """One of the three files while it is read: its data, and the problems found so far."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.path: Path = getattr(settings, name)
        self.where = shown_path(self.path)
        self.problems = list(writer_problems(self.path, self.where))
        self.text, self.data = "", None
        self.lines: dict[Any, int] = {}
        self.is_readable = False
        try:
            self.text = yaml_files.read(self.path, self.where, _advice(name, settings))
            self.data, self.lines = yaml_files.parse(self.text, self.where)
            self.is_readable = True
        except ConfigurationError as error:
            self.problems += error.problems

    def validated(self, load: Callable[[object], T]) -> T | None:
        """Return what the core makes of the data; None, with the faults noted, when it has any."""
        if not self.is_readable:
            return None
        try:
            return load(self.data)
        except InvalidData as error:
            self.note(error.faults)
            return None

    def note(self, faults: Iterable[Fault]) -> None:
        """Add faults of this file's data, each with its line."""
        for fault in faults:
            line = yaml_files.line_of(self.lines, fault.path)
            self.problems.append(Problem(self.where, line, yaml_files.dotted(fault.path), fault.message))

    def sorted_problems(self) -> list[Problem]:
        """Return the problems in the order of the file."""
        return sorted(self.problems, key=lambda problem: problem.line or 0)

    def source(self) -> Source:
        """Return the file as it was read."""
        return _source(self.path, self.text)


def _policy(file: _File, catalogue_file: _File, catalogue: Catalogue | None, people: People | None) -> Policy | None:
    """Return the policy; what it says about people or operations that could not be read is left for the next time."""
    if people is None or not catalogue_file.is_readable:
        file.note(faults_alone(file.data) if file.is_readable else ())
        return None
    operations = names(catalogue_file.data, "operations")
    work_types = {one.work_type for one in catalogue.operations.values()} if catalogue else None
    return file.validated(lambda data: load_policy(data, people, operations, work_types))


def _price_faults(policy: Policy | None, model: str | None) -> Iterator[Fault]:
    """Yield the fault of a budget that nobody could hold the external model of the settings to."""
    if policy and model and (sentence := unpriced(policy.budgets, policy.prices, model)):
        yield Fault(("budgets",), sentence)


def _workspace_problems(settings: Settings) -> list[Problem]:
    if settings.workspace.is_dir():
        return []
    advice = "make it, or name another folder"
    return [Problem("SAYSO_WORKSPACE", None, "", f"there is no folder {shown_path(settings.workspace)}: {advice}")]


def _advice(name: str, settings: Settings) -> str:
    variable = f"SAYSO_{name.upper()}"
    start = "`sayso init` writes files to start from"
    if name in settings.model_fields_set:
        return f"the setting {variable} names it, so correct that; {start}"
    return f"name yours with {variable}; {start}"
