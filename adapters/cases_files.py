"""Read an owner's cases, and read and write the baseline of what came of them. Called by `sayso test` and `check`."""

import contextlib
import os
from collections.abc import Iterable
from json import JSONDecodeError
from pathlib import Path

from adapters import yaml_files
from adapters.configuration import Configuration
from adapters.file_rights import shown_path
from adapters.settings import Settings
from orchestration.canonical import canonical, parse
from orchestration.cases.case import Cases, load_cases
from orchestration.cases.comparison import Baseline, Kept
from orchestration.errors import ConfigurationError, InvalidRequest, Problem, Unavailable
from orchestration.validation import InvalidData, validated


def cases_path(settings: Settings) -> Path:
    """Return where the cases are unless somebody says otherwise: beside the catalogue."""
    return settings.catalogue.parent / "cases.yml"


def read_cases(path: Path, configuration: Configuration) -> tuple[Cases, list[int]]:
    """Return the cases of a file and the line of each; raises ConfigurationError with every problem."""
    where = shown_path(path)
    text = yaml_files.read(path, where, "name yours, or write one beside the catalogue")
    data, lines = yaml_files.parse(text, where)
    try:
        cases = load_cases(data, configuration.catalogue, configuration.people)
    except InvalidData as error:
        raise ConfigurationError(
            [
                Problem(where, yaml_files.line_of(lines, fault.path), yaml_files.dotted(fault.path), fault.message)
                for fault in error.faults
            ]
        ) from None
    return cases, [lines["cases", index] for index in range(len(cases.cases))]


def read_baseline(path: Path) -> Baseline:
    """Return what `write_baseline` wrote; raises ConfigurationError."""
    where = shown_path(path)
    text = yaml_files.read(path, where, "write it with --update")
    try:
        return validated(Baseline, parse(text))
    except JSONDecodeError as error:
        raise ConfigurationError([Problem(where, error.lineno, "", f"is not JSON here: {error.msg}")]) from None
    except (InvalidRequest, InvalidData, RecursionError) as error:
        problem = Problem(where, None, "", f"is not a baseline: {error}. Write it anew with --update")
        raise ConfigurationError([problem]) from None


def write_baseline(path: Path, kept: Iterable[Kept]) -> None:
    """Write a baseline, one case a line, whole or not at all; raises Unavailable."""
    lines = ",\n".join(canonical(one.model_dump(mode="json", by_alias=True, exclude_defaults=True)) for one in kept)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(f'{{"version":1,"cases":[\n{lines}\n]}}\n', encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise Unavailable(f"{shown_path(path)} cannot be written: {error.strerror or error}.") from None
