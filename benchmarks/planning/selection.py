"""How well the operation is chosen without a model: `python -m benchmarks.planning.selection [--data FOLDER]`.

Every request of BFCL goes the product's own way: `Matcher.best` ranks, `decompose` makes of it a plan, a question or
a refusal. Nothing is scored here. Three things are told:

- *Candidates*: the operations are those that the request comes with. `first` is the share where the right one is
  ranked first; the rest says what became of the request. A question counts as `asked_right` when the right operation is
  among its choices. Where several calls are wanted, a plan is right with all of them and no other.
- *Pooled*: all operations of a category in one catalogue; the right one first, and in the shortlist of five.
- *Scope*: an irrelevant request is `refused`, or `asked` about with nothing planned; both mean that nothing is called,
  which is how BFCL counts. A request in scope is `accurate` when it is not refused and the right one is ranked first.

The code was worked on with the even-numbered items; `--half odd` tells the figures of the others.
"""

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.planning.bfcl import IN_SCOPE, OUT_OF_SCOPE, Item, catalogue_of, find_data, load
from benchmarks.understanding import generated, requests
from orchestration.errors import InvalidRequest
from orchestration.intake.catalogue import Catalogue
from orchestration.intake.decomposition import Decomposition, decompose
from orchestration.intake.matching import Matcher
from orchestration.intake.request import clean_text

Half = Literal["all", "even", "odd"]
POOLED = ("multiple", "live_multiple")
AIM_SHORTLIST_MS = 5.0


@dataclass(frozen=True)
class Read:
    """What became of a request."""

    item: Item
    first: str
    """The operation that is ranked first."""
    kind: Literal["plan", "question", "refusal"]
    operations: tuple[str, ...] = ()
    """Those of the plan."""
    choices: tuple[str, ...] = ()
    """Those that a question offers."""

    @property
    def outcome(self) -> str:
        """The kind, and for a request in scope whether it is right."""
        if self.kind == "refusal" or not self.item.wanted:
            return {"plan": "planned", "question": "asked", "refusal": "refused"}[self.kind]
        wanted = set(self.item.wanted)
        if self.kind == "plan":
            return "planned_right" if set(self.operations) == wanted else "planned_wrong"
        return "asked_right" if wanted <= {*self.operations, *self.choices} else "asked_wrong"

    @property
    def is_first(self) -> bool:
        """Whether the right operation is ranked first."""
        return self.first in self.item.wanted[:1]


@dataclass(frozen=True)
class Pool:
    """Figures of one large catalogue."""

    operations: int
    requests: int
    first: float
    in_five: float
    ms: float
    """Median of one shortlist, in milliseconds."""


def read(item: Item, catalogue: Catalogue, matcher: Matcher) -> Read:
    """Return what becomes of a request with a catalogue."""
    try:
        text = clean_text(item.text)
    except InvalidRequest:
        return Read(item, "", "refusal")
    first = next((match.operation for match in matcher.best(text)), "")
    found = decompose(text, catalogue, matcher)
    operations = tuple(subtask.intent for subtask in found.subtasks)
    choices = tuple(choice.value for question in found.questions for choice in question.choices)
    return Read(item, first, _kind(found), operations, choices)


def _kind(found: Decomposition) -> Literal["plan", "question", "refusal"]:
    if found.out_of_scope:
        return "refusal"
    return "question" if found.questions else "plan"


def read_all(items: Iterable[Item]) -> list[Read]:
    """Return what becomes of each request with its own candidates."""
    result = []
    for item in items:
        catalogue = item.catalogue
        result.append(read(item, catalogue, Matcher(catalogue)))
    return result


def candidates(reads: Sequence[Read]) -> dict[str, Any]:
    """Return the shares of a category: the right operation first, and each outcome."""
    outcomes = Counter(one.outcome for one in reads)
    shares: dict[str, Any] = {name: _share(outcomes[name], reads) for name in sorted(outcomes)}
    if all(len(one.item.wanted) == 1 for one in reads):
        shares |= {
            "first": _share(sum(one.is_first for one in reads), reads),
            "accurate": _share(sum(one.is_first and one.kind != "refusal" for one in reads), reads),
        }
    return {"requests": len(reads)} | shares


def pooled(items: Sequence[Item], asked: Sequence[Item]) -> Pool:
    """Return the figures of the catalogue of all `items`, for the requests `asked`."""
    matcher = Matcher(catalogue_of(function for item in items for function in item.functions))
    first = five = 0
    times = []
    for item in asked:
        text = clean_text(item.text)
        started = time.perf_counter()
        shortlist = matcher.shortlist(text, 5)
        times.append((time.perf_counter() - started) * 1000)
        first += shortlist[:1] == [item.wanted[0]]
        five += item.wanted[0] in shortlist
    return Pool(
        len(matcher.index.entries), len(asked), _share(first, asked), _share(five, asked),
        round(statistics.median(times), 2),
    )  # fmt: skip


def shortlist_ms(operations: int = 1_000) -> dict[str, float]:
    """Return how long a shortlist takes with many operations, in milliseconds."""
    catalogue = generated(operations)
    matcher = Matcher(catalogue)
    times = []
    for text in requests(catalogue):
        started = time.perf_counter()
        matcher.shortlist(text)
        times.append((time.perf_counter() - started) * 1000)
    p95 = statistics.quantiles(times, n=20)[18]
    return {"p50": round(statistics.median(times), 2), "p95": round(p95, 2), "worst": round(max(times), 2)}


def measure(data: Path, half: Half = "all") -> dict[str, Any]:
    """Return every figure, ready for JSON."""
    reads = {category: read_all(_half(load(data, category), half)) for category in (*IN_SCOPE, *OUT_OF_SCOPE)}
    pools = {category: load(data, category) for category in POOLED}
    return {
        "half": half,
        "candidates": {category: candidates(reads[category]) for category in IN_SCOPE},
        "pooled": {category: asdict(pooled(items, _half(items, half))) for category, items in pools.items()},
        "irrelevant": {category: candidates_refused(reads[category]) for category in OUT_OF_SCOPE},
        "shortlist_of_1000_ms": shortlist_ms(),
    }


def candidates_refused(reads: Sequence[Read]) -> dict[str, Any]:
    """Return the shares of requests that nothing on offer can do: refused, asked about, and planned all the same."""
    outcomes = Counter(one.outcome for one in reads)
    shares = {name: _share(outcomes[name], reads) for name in ("refused", "asked", "planned")}
    return {"requests": len(reads), **shares, "not_called": _share(len(reads) - outcomes["planned"], reads)}


def _half(items: Sequence[Item], half: Half) -> Sequence[Item]:
    return items if half == "all" else items[half == "odd" :: 2]


def _share(count: int, of: Sequence[object]) -> float:
    return round(count / len(of), 4)


def main() -> int:
    """Measure, print, and write JSON when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder with BFCL's data; otherwise that of the package")
    parser.add_argument("--half", choices=("all", "even", "odd"), default="all")
    parser.add_argument("--json", type=Path, help="a file to write the figures to")
    given = parser.parse_args()
    figures = measure(find_data(given.data), given.half)
    for part, rows in figures.items():
        print(part if isinstance(rows, dict) else f"{part}: {rows}")
        for name, row in rows.items() if isinstance(rows, dict) else ():
            print(f"  {name}: {row if not isinstance(row, dict) else ', '.join(f'{k} {v}' for k, v in row.items())}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
