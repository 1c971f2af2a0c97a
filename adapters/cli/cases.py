"""`test`: an owner's cases tried against catalogue, policy and people. Nothing is started, and nothing is changed."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from adapters.cases_files import cases_path, read_baseline, read_cases, write_baseline
from adapters.cli import exits
from adapters.cli.output import JsonOutput, Output
from adapters.configuration import Configuration, load_configuration
from adapters.file_rights import shown_path
from adapters.settings import Settings, load_settings
from adapters.workspace import Workspace
from bot import wording
from bot.escaping import one_line
from orchestration.cases.case import Case, Cases
from orchestration.cases.comparison import Difference, Kept, Movement, differences, movement
from orchestration.cases.trial import Response, Trial
from orchestration.errors import InvalidRequest
from orchestration.planning.declared import Declared
from orchestration.planning.planner import Planner
from orchestration.policy import Rules


@dataclass(frozen=True, slots=True)
class Tried:
    """One case, and what came of it."""

    line: int
    case: Case
    person: str
    response: Response
    differences: tuple[Difference, ...]
    movement: Movement | None
    """Since the baseline; None without one."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What every case is tried with."""

    trial: Trial
    cases: Cases
    before: dict[tuple[str, str], Response] | None
    """What came of each case when the baseline was written, by text and person; None without one."""

    async def try_one(self, case: Case, line: int) -> Tried:
        """Try one case of the file."""
        person = self.cases.speaker(case)
        response = await self.trial.respond(case.text, person, case.answers)
        known = self.before
        moved = None if known is None else movement(case, response, known.get((case.text, person)))
        return Tried(line, case, person, response, tuple(differences(case, response)), moved)


async def try_cases(path: Path | None, baseline: Path | None, update: bool, output: Output) -> int:
    """Try every case and print what is not as expected; return 1 when a case fails or has regressed."""
    if update and baseline is None:
        raise InvalidRequest("--update writes a baseline: say which file with --baseline FILE.")
    settings, configuration = _declared()
    path = path or cases_path(settings)
    cases, lines = read_cases(path, configuration)
    bench = Bench(_trial(settings, configuration), cases, _before(baseline, update))
    tried = [await bench.try_one(case, line) for case, line in zip(cases.cases, lines, strict=True)]
    _report(path, tried, output)
    if update and baseline is not None:
        write_baseline(baseline, [Kept(text=one.case.text, as_=one.person, response=one.response) for one in tried])
        output.say(f"Wrote {shown_path(baseline)}.")
    regressed = any(one.movement == "regressed" for one in tried) and not update
    return exits.OTHERWISE if regressed or any(one.differences for one in tried) else exits.DONE


def _declared() -> tuple[Settings, Configuration]:
    """Return settings and files; the shipped example as it is, where no home has a copy of it yet."""
    settings = load_settings()
    if settings.uses_shipped_example and not settings.catalogue.exists():
        shipped = Path(str(files("adapters") / "homelab"))
        names = {"catalogue": "catalogue.yml", "policy": "policy.yml", "people": "people.yml", "workspace": "workspace"}
        settings = settings.model_copy(update={key: shipped / name for key, name in names.items()})
    return settings, load_configuration(settings)


def _trial(settings: Settings, configuration: Configuration) -> Trial:
    rules = Rules(configuration.policy, configuration.people)
    workspace = ReadOnce(Workspace(settings.workspace))
    declared = Declared(configuration.catalogue)
    return Trial(rules, Planner(declared, rules, workspace, str(settings.workspace)))


class ReadOnce:
    """A workspace whose files are read once, since nothing changes them while cases are tried."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[tuple[str, ...], Any] = {}

    async def fingerprint(self, patterns: Sequence[str]) -> dict[str, str]:
        """Return the SHA-256 of every file that matches, by path."""
        key = ("fingerprint", *patterns)
        if key not in self._known:
            self._known[key] = await self._workspace.fingerprint(patterns)
        return dict(self._known[key])

    async def read_data(self, path: str) -> Any:
        """Return the data in a YAML or JSON file."""
        if ("data", path) not in self._known:
            self._known["data", path] = await self._workspace.read_data(path)
        return self._known["data", path]

    async def entries(self, folder: str) -> list[str]:
        """Return the names of what is in a folder."""
        if ("entries", folder) not in self._known:
            self._known["entries", folder] = await self._workspace.entries(folder)
        return list(self._known["entries", folder])


def _before(baseline: Path | None, update: bool) -> dict[tuple[str, str], Response] | None:
    """Return what came of each case before; None without a baseline."""
    if baseline is None:
        return None
    kept = [] if update and not baseline.exists() else read_baseline(baseline).cases
    return {(one.text, one.as_): one.response for one in kept}


def _report(path: Path, tried: Sequence[Tried], output: Output) -> None:
    if isinstance(output, JsonOutput):
        for one in tried:
            output.write(_as_object(one))
        output.write({"event": "result", "cases": len(tried), **_counts(tried)})
        return
    for one in tried:
        output.say(*(f"{shown_path(path)}:{one.line}: {said}" for said in _sentences(one)))
    output.say(_summary(tried))


def _sentences(tried: Tried) -> Iterator[str]:
    """Yield the line of a failure, and that of a change since the baseline."""
    name = f"«{one_line(tried.case.text)}»"
    if tried.differences:
        found = "; ".join(_difference(difference) for difference in tried.differences)
        why = f" ({one_line(tried.response.why)})" if tried.response.why else ""
        yield f"{name}: {found}{why}"
    if tried.movement in ("regressed", "changed"):
        yield f"{name}: {tried.movement} since the baseline, now {_told(tried.response)}"


def _difference(found: Difference) -> str:
    what = "" if found.what == "expect" else f"{found.what} "
    return f"{what}expected {_shown(found.expected)}, got {_shown(found.got)}"


def _told(response: Response) -> str:
    if response.kind != "plan":
        return f"a {response.kind}: {one_line(response.why)}"
    return f"a plan of {wording.joined(response.operations)}, {response.risk} risk"


def _shown(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case str():
            return one_line(value)
        case list() if all(isinstance(item, str) for item in value):
            return one_line(wording.joined(value)) or "nothing"
        case _:
            return one_line(json.dumps(value, ensure_ascii=False))


def _summary(tried: Sequence[Tried]) -> str:
    counts = _counts(tried)
    failed = counts.pop("failed")
    met = f"{len(tried) - failed} of {wording.count(len(tried), 'case')} as expected"
    return ", ".join([met, *(f"{number} {name}" for name, number in counts.items())]) + "."


def _counts(tried: Sequence[Tried]) -> dict[str, int]:
    """Return how many cases failed, and how many are another than in the baseline, by how."""
    moved = Counter(one.movement for one in tried if one.movement not in (None, "same"))
    return {"failed": sum(bool(one.differences) for one in tried), **{str(name): moved[name] for name in sorted(moved)}}


def _as_object(tried: Tried) -> dict[str, Any]:
    found = [{"what": one.what, "expected": one.expected, "got": one.got} for one in tried.differences]
    return {
        "event": "case",
        "line": tried.line,
        "text": tried.case.text,
        "person": tried.person,
        "ok": not tried.differences,
        "differences": found,
        "since_baseline": tried.movement,
        "response": tried.response.model_dump(mode="json", by_alias=True),
    }
