"""What `test` prints of the cases it tried: failures with their lines and a summary, or one JSON object a line."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.cli.output import JsonOutput, Output
from adapters.file_rights import shown_path
from bot import wording
from bot.escaping import one_line
from orchestration.cases.case import Case
from orchestration.cases.comparison import Difference, Movement
from orchestration.cases.trial import Response


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
class Effort:
    """What a model took for all cases together."""

    model: str
    calls: int
    tokens: int
    cost_usd: float | None
    """None when its price is not known."""
    seconds: float

    def __str__(self) -> str:
        """Return it as people read it."""
        asked = f"{self.model} was asked {wording.count(self.calls, 'time')}"
        if not self.calls:
            return asked
        cost = "" if self.cost_usd is None else f", {self.cost_usd:.4f} USD"
        return f"{asked}: {self.tokens:,} tokens, {self.seconds / self.calls:.1f} s each{cost}"


def report(path: Path, tried: Sequence[Tried], effort: Effort | None, output: Output) -> None:
    """Print what came of the cases by the rules alone or, with an effort, with a model's help."""
    model = {"model": effort.model} if effort else {}
    if isinstance(output, JsonOutput):
        for one in tried:
            output.write({**_as_object(one), **model})
        spent = {name: getattr(effort, name) for name in ("calls", "tokens", "cost_usd")} if effort else {}
        output.write({"event": "result", "cases": len(tried), **_counts(tried), **model, **spent})
        return
    reader = f"with {effort.model}: " if effort else ""
    for one in tried:
        output.say(*(f"{shown_path(path)}:{one.line}: {reader}{said}" for said in _sentences(one)))
    output.say(reader + _summary(tried), *([f"{effort}."] if effort else []))


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
