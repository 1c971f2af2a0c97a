"""Measure how everyday requests are read without a model: `python -m benchmarks.understanding [FILE.yml …]`.

Each file under `benchmarks/understanding/` lists requests to the shipped homelab with what a person would make of
them: `text`, `expect` (plan, question, refusal, or several of them), `operations`, `parameters`. Prints accuracy,
the misses, and how many operations above low risk were planned that nobody asked for. Then the time that one whole
`decompose` takes with 1,000 operations.
"""

import argparse
import asyncio
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import yaml

import adapters.homelab
from adapters.workspace import Workspace
from orchestration.errors import InvalidRequest
from orchestration.intake.catalogue import Catalogue, load_catalogue
from orchestration.intake.decomposition import decompose
from orchestration.intake.matching import Matcher
from orchestration.intake.request import clean_text
from orchestration.people import load_people
from orchestration.planning.declared import Declared
from orchestration.planning.planner import Planner, Unclear
from orchestration.policy import Rules, load_policy

SHIPPED = Path(adapters.homelab.__file__).parent
VOLUMES = ("photos", "recipes")
"""What the requests speak of, beside what the example ships."""
CASES = Path(__file__).parent / "understanding"
AIM_MS = 5.0


@dataclass(frozen=True)
class Outcome:
    """What became of a request."""

    kind: str
    operations: tuple[str, ...] = ()
    parameters: tuple[dict[str, Any], ...] = ()
    told: str = ""


class Reader:
    """Reads requests as Sayso would, with the shipped files."""

    def __init__(self, folder: Path) -> None:
        workspace = folder / "workspace"
        shutil.copytree(SHIPPED / "workspace", workspace)
        for volume in VOLUMES:
            (workspace / "volumes" / volume).mkdir(exist_ok=True)
        read = {
            name: yaml.safe_load((SHIPPED / f"{name}.yml").read_text()) for name in ("catalogue", "people", "policy")
        }
        people = load_people(read["people"])
        self.catalogue = load_catalogue(read["catalogue"])
        rules = Rules(load_policy(read["policy"], people, set(self.catalogue.operations)), people)
        self._declared = Declared(self.catalogue)
        self._planner = Planner(self._declared, rules, Workspace(workspace), str(workspace))

    async def outcome(self, text: str) -> Outcome:
        """Return the plan, the questions or the refusal."""
        found = await self._planner.decompose(clean_text(text))
        if found.out_of_scope:
            return Outcome("refusal", told=" / ".join(found.out_of_scope))
        if found.questions:
            return Outcome("question", told=" / ".join(question.text for question in found.questions))
        try:
            content = await self._planner.plan("p", 1, self._planner.read(found.subtasks))
        except (Unclear, InvalidRequest) as error:
            return Outcome("question", told=str(error))
        tasks = content.tasks
        return Outcome("plan", tuple(t.operation for t in tasks), tuple(t.parameters for t in tasks))

    def risky(self, operations: tuple[str, ...]) -> list[str]:
        """Return those of the operations that are above low risk."""
        return [key for key in operations if self.catalogue.operation(key).risk != "low"]


def is_right(case: dict[str, Any], outcome: Outcome) -> bool:
    """Whether the outcome is the one that a person expects."""
    expected = case["expect"] if isinstance(case["expect"], list) else [case["expect"]]
    if outcome.kind not in expected:
        return False
    if outcome.kind != "plan":
        return True
    wanted = case.get("parameters", {})
    got = dict(zip(outcome.operations, outcome.parameters, strict=True))
    values = all(got.get(key, {}).get(name) == value for key, said in wanted.items() for name, value in said.items())
    return sorted(outcome.operations) == sorted(case.get("operations", [])) and values


def uninvited(case: dict[str, Any], outcome: Outcome, reader: Reader) -> list[str]:
    """Return the planned operations above low risk that were not asked for."""
    left = Counter(outcome.operations) - Counter(case.get("operations", []))
    return reader.risky(tuple(left.elements()))


async def accuracy(files: list[Path], is_quiet: bool) -> int:
    """Print the accuracy of each file; return how many risky operations nobody asked for."""
    with tempfile.TemporaryDirectory() as folder:
        reader = Reader(Path(folder))
        return sum([await _accuracy(file.name, _cases(file), reader, is_quiet) for file in files])


def _cases(file: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load(file.read_text()))


async def _accuracy(name: str, cases: list[dict[str, Any]], reader: Reader, is_quiet: bool) -> int:
    wrong = 0
    right: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for case in cases:
        outcome = await reader.outcome(case["text"])
        kind = case["expect"] if isinstance(case["expect"], str) else "question or refusal"
        every[kind] += 1
        right[kind] += is_right(case, outcome)
        bad = uninvited(case, outcome, reader)
        wrong += len(bad)
        if not is_quiet and not is_right(case, outcome):
            print(f"  miss  {case['text']!r}\n        expected {case['expect']} {case.get('operations', '')} "
                  f"{case.get('parameters', '')}\n        got {outcome.kind} {' '.join(outcome.operations)} "
                  f"{outcome.told}{'  UNINVITED ' + str(bad) if bad else ''}")  # fmt: skip
    share = sum(right.values()) / len(cases)
    by_kind = ", ".join(f"{kind} {right[kind]}/{every[kind]}" for kind in sorted(every))
    print(f"{name}: {share:.1%} of {len(cases)} ({by_kind})")
    print(f"operations above low risk that nobody asked for: {wrong} (aim 0)")
    return wrong


WORDS = {
    "verbs": "deploy remove restart update stop start scale rotate rebuild flush drain migrate inspect archive restore",
    "things": """gateway ledger checkout inventory mailer scheduler search billing catalog session metrics broker cache
        profile invoice webhook crawler archive backup tracker router sensor printer camera media wiki forum chat
        calendar""",
    "parts": "database cluster queue worker frontend index",
}


def generated(count: int) -> Catalogue:
    """Return a catalogue of realistic operations: verbs, things and parts, with phrases and parameters."""
    names = [tuple(name) for name in product(*(text.split() for text in WORDS.values()))]
    operations = {f"{v}_{t}_{p}": _operation(v, t, p) for v, t, p in random.Random(7).sample(names, count)}
    return load_catalogue({"version": 1, "operations": operations})


def _operation(verb: str, thing: str, part: str) -> dict[str, Any]:
    port = {"type": "integer", "minimum": 1, "maximum": 65535, "default": 80, "says": ["port", "on port"]}
    zone = {"type": "string", "enum": ["north", "south"], "default": "north", "synonyms": {"north": ["upper"]}}
    return {
        "title": f"{verb.title()} the {thing} {part}",
        "description": f"{verb.title()}s the {part} of the {thing} service, one node after the other.",
        "says": [f"{verb} the {thing} {part}", f"{verb} {part} of {thing}", f"{verb} {thing} {part} on port {{port}}",
                 f"{verb} {thing} {part} in {{zone}}", f"please {verb} {thing}"],
        "work_type": verb, "agent": "infra", "effect": "idempotent", "risk": "medium",
        "target": f"{part}:{thing}", "parameters": {"port": port, "zone": zone},
        "tool": "command", "with": {"argv": ["true", "{port}", "{zone}"]},
    }  # fmt: skip


def requests(catalogue: Catalogue) -> Iterator[str]:
    """Yield requests of one to three clauses: plain, free, misspelt, open and foreign ones."""
    draw = random.Random(11)
    keys = list(catalogue.operations)
    for _ in range(100):
        (v, t, p), (v2, t2, p2) = (draw.choice(keys).split("_") for _ in range(2))
        yield f"{v} the {t} {p}"
        yield f"could you please {v} the {p} of our {t} service on port 8080 and then {v2} the {t2} {p2}"
        yield f"{v} {t[:2]}{t[3:]} {p}, {v2} {t2} {p2} in the south; after that order a pizza"
        yield f"{v} it"
        yield f"after {v}ing the {t} {p} {v2} the {t2} {p2}"
        yield f"{v} the {t} {p} and the {t2} {p2}"


def speed(count: int) -> float:
    """Print how long a request takes with many operations; return the 95th percentile in milliseconds."""
    catalogue = generated(count)
    started = time.perf_counter()
    matcher = Matcher(catalogue)
    built = time.perf_counter() - started
    times = []
    for text in requests(catalogue):
        started = time.perf_counter()
        decompose(text, catalogue, matcher)
        times.append((time.perf_counter() - started) * 1000)
    p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[18]
    figures = f"p50 {p50:.2f}, mean {statistics.mean(times):.2f}, p95 {p95:.2f}, worst {max(times):.2f}"
    print(f"{count} operations: index built in {built:.2f} s; a request in ms: {figures} (aim {AIM_MS})")
    return p95


def main() -> int:
    """Measure; exit 1 when a risky operation was planned that nobody asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--quiet", action="store_true", help="print no misses")
    parser.add_argument("--operations", type=int, default=1_000)
    given = parser.parse_args()
    wrong = asyncio.run(accuracy(given.files or sorted(CASES.glob("*.yml")), given.quiet))
    speed(given.operations)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
