"""Right parameters: whole plans (function and typed values) by BFCL's own checker, for whoever plans.

Each item ends as right, as a question (something is asked instead of guessed), as a refusal, or wrong. Also measured
with the right function given, for items that want one call. Items with an even number were used to improve the rules;
those with an odd number tell how well that carries over.
"""

import importlib.util
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from benchmarks.planning.bfcl import DATE_LAYOUT, Function, Item
from benchmarks.planning.responses import Call, Responder, Response, told_operation

CATEGORIES = ("multiple", "parallel_multiple", "live_multiple", "simple_python")
OUTCOMES = ("right", "question", "wrong", "refusal")
AIM_RIGHT_OR_ASKED, AIM_ASKED = 0.9, 0.4
_WHO = "sayso"
_ISO = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Judged:
    """What became of an item."""

    item: Item
    response: Response
    outcome: str
    """One of `OUTCOMES`."""
    told: str = ""
    """What the checker said, or what was asked."""


@dataclass(frozen=True)
class Tally:
    """What became of many items."""

    counts: Counter[str]

    @property
    def total(self) -> int:
        """How many items."""
        return self.counts.total()

    def share(self, *outcomes: str) -> float:
        """Return the share of items that ended in one of these ways."""
        return sum(self.counts[outcome] for outcome in outcomes) / max(self.total, 1)

    def figures(self) -> dict[str, Any]:
        """Return the figures as they go into a file."""
        shares = {outcome: round(self.share(outcome), 4) for outcome in OUTCOMES}
        return {"items": self.total, "right_or_question": round(self.share("right", "question"), 4), **shares}


class Checker:
    """BFCL's checker of calls, which counts a value as right when it is one of those that its data lists."""

    def __init__(self) -> None:
        if importlib.util.find_spec("bfcl_eval") is None:
            raise SystemExit("BFCL's checker is not here. Run «make bench-planning», which installs it.")
        # It looks one flag up in a table whose module imports the client of every model there is.
        table = ModuleType("bfcl_eval.constants.model_config")
        table.__dict__["MODEL_CONFIG_MAPPING"] = {_WHO: _KeepsDots()}
        sys.modules.setdefault(table.__name__, table)
        self._check = importlib.import_module("bfcl_eval.eval_checker.ast_eval.ast_checker").ast_checker
        self._python = importlib.import_module("bfcl_eval.constants.enums").Language.PYTHON

    def faults(self, item: Item, calls: Sequence[Call]) -> str:
        """Return what is wrong with the calls for an item; nothing when they are right."""
        functions = {function.key: function for function in reversed(item.functions)}
        written = [as_written(functions[call.operation], call.values) for call in calls]
        documents = [function.document for function in item.functions]
        found = self._check(documents, written, list(item.calls), self._python, item.category, _WHO)
        return "" if found["valid"] else str(found["error"])


class _KeepsDots:
    underscore_to_dot = False


def as_written(function: Function, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return a call as BFCL reads it: its own names, and decimals as numbers."""
    named = {function.parameters[name]: _as_typed(function.schema(name), value) for name, value in values.items()}
    return {function.name: named}


def _as_typed(schema: dict[str, Any], value: Any) -> Any:
    if (
        isinstance(value, str)
        and (layout := DATE_LAYOUT.search(schema.get("description", "")))
        and _ISO.fullmatch(value)
    ):
        return _laid_out(value, layout[0])
    if isinstance(value, list):
        return [_as_typed(schema.get("items", {}), one) for one in value]
    return float(value) if schema.get("type") == "float" else value


def _laid_out(date: str, layout: str) -> str:
    year, month, day = date.split("-")
    parts = {"yyyy": year, "mm": month, "dd": day}
    return re.sub("yyyy|mm|dd", lambda part: parts[part[0]], layout.lower())


async def judged(items: Sequence[Item], respond: Responder, checker: Checker) -> list[Judged]:
    """Return what became of each item on the whole path."""
    return [_judged(item, await respond(item.text, item.catalogue), checker) for item in items]


async def judged_given(items: Sequence[Item], checker: Checker) -> list[Judged]:
    """Return what became of each item that wants one call when the rules only have to read its parameters."""
    return [
        _judged(item, await told_operation(item.text, item.catalogue, item.wanted[0]), checker)
        for item in items
        if len(item.wanted) == 1
    ]


def _judged(item: Item, response: Response, checker: Checker) -> Judged:
    if response.kind != "plan":
        return Judged(item, response, response.kind, response.told)
    faults = checker.faults(item, response.calls)
    return Judged(item, response, "wrong" if faults else "right", faults)


def tally(found: Sequence[Judged]) -> Tally:
    """Return how many items ended in which way."""
    return Tally(Counter(one.outcome for one in found))


def half(items: Sequence[Item], odd: bool) -> list[Item]:
    """Return the items at even or odd places of a category, counted from 0."""
    return list(items[int(odd) :: 2])
