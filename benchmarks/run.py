"""Measure the main job: `python -m benchmarks.run [--plans 400]`, or `make bench`. Prints one table.

A plan is submitted, approved by a second person and runs three tasks one after the other, each with its claim,
result, events, hash chain, seals and evidence, every commit with synchronous=FULL. The tool is one in this
process that does nothing, so that the engine is what is measured; the floor is the very same rows with as many
commits, inserted by bare sqlite3 into a file beside it.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.table import Table

from orchestration.ports import Committed, Job, Progress, ToolResult
from orchestration.records import Plan
from tests.support.world import EffectTool, Owner, World, open_world

WARM_UP = 20
AIMS = {"first task p50": "≤ 2 ms", "plans/s at 50": "≥ 250", "ready": "≤ 1.0 s", "memory": "≤ 100 MB"}
READY = """
import json, sys, time
started = float(sys.argv[1])
import asyncio
from adapters.cli import main
from adapters.cli.session import load_context, running
async def ready():
    async with running(load_context()) as sayso:
        await sayso.go()
        sdks = {"anthropic", "ollama", "slack_bolt", "slack_sdk", "discord"} & set(sys.modules)
        seconds = time.time() - started
        # ru_maxrss would count the parent, whose memory a child has until it calls exec.
        peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
        print(json.dumps({"seconds": seconds, "megabytes": peak, "sdks": sorted(sdks)}))
asyncio.run(ready())
"""


class Idle(EffectTool):
    """A tool that only notes when it was called."""

    def __init__(self, log: Path) -> None:
        super().__init__(log)
        self.entered: dict[str, float] = {}

    async def run(self, job: Job, progress: Callable[[Progress], None]) -> ToolResult:
        """Note the time of the first call for each plan."""
        self.entered.setdefault(job.plan_id, time.perf_counter())
        return ToolResult("success", 0, duration_ms=0)


class Ends:
    """Tells when plans have ended."""

    def __init__(self, world: World) -> None:
        self._waiting: dict[str, asyncio.Future[None]] = {}
        world.sayso.store.watch(self._committed)

    def of(self, plan: Plan) -> "asyncio.Future[None]":
        """Return a future that is done when the plan has ended."""
        return self._waiting.setdefault(plan.id, asyncio.get_running_loop().create_future())

    def _committed(self, news: Committed) -> None:
        for happened in news.events:
            if happened.name == "plan.finished" and happened.chain in self._waiting:
                self._waiting.pop(happened.chain).set_result(None)


async def one_plan(world: World, ends: Ends, tool: Idle) -> float:
    """Run one plan; return the seconds from its approval to its first task."""
    plan = await world.plan("do first, do second and do once")
    ended = ends.of(plan)
    approved = time.perf_counter()
    await world.vote(plan)
    await ended
    return tool.entered[plan.id] - approved


async def engine(folder: Path, plans: int, at_once: int) -> tuple[float, list[float], float]:
    """Return plans a second, the latencies in seconds, and commits a plan."""
    owner = Owner()
    del owner.catalogue["operations"]["second"]["target"]  # plans of one target would wait for each other
    owner.policy["limits"] = {"requests_per_minute": 1_000_000, "pending_per_person": 1_000_000}
    tool = Idle(folder / "effects.log")
    async with open_world(folder, owner, tool=tool) as world:
        ends = Ends(world)
        for _ in range(WARM_UP):
            await one_plan(world, ends, tool)
        commits, began = world.sayso.store.commits, time.perf_counter()
        latencies: list[float] = []

        async def lane(share: int) -> None:
            for _ in range(share):
                latencies.append(await one_plan(world, ends, tool))

        await asyncio.gather(*(lane(plans // at_once) for _ in range(at_once)))
        took = time.perf_counter() - began
        return len(latencies) / took, latencies, (world.sayso.store.commits - commits) / len(latencies)


def floor(source: Path, target: Path, commits: int) -> float:
    """Return plans a second of bare sqlite3 inserting the same rows with as many commits, on the same schema."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target, isolation_level=None)) as new:
        for (text,) in old.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"):
            new.execute(text)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            new.execute(f"PRAGMA {pragma}")
        rows = [
            list(rows_of(old, plan_id)) for (plan_id,) in old.execute("SELECT id FROM plans ORDER BY id").fetchall()
        ]
        began = time.perf_counter()
        for of_plan in rows:
            size = -(-len(of_plan) // commits)
            for start in range(0, len(of_plan), size):
                new.execute("BEGIN IMMEDIATE")
                for statement, values in of_plan[start : start + size]:
                    new.execute(statement, values)
                new.execute("COMMIT")
        return len(rows) / (time.perf_counter() - began)


def rows_of(database: sqlite3.Connection, plan_id: str) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield (insert statement, values) for every row of one plan."""
    wheres = {
        "requests": "plan_id = ?",
        "plans": "id = ?",
        **dict.fromkeys(("revisions", "tasks", "votes", "decisions", "attempts", "outbox", "evidence"), "plan_id = ?"),
        "events": "chain = ?",
    }
    for table, where in wheres.items():
        for row in database.execute(f"SELECT * FROM {table} WHERE {where}", (plan_id,)):
            yield f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row


def start_up(folder: Path) -> dict[str, float]:
    """Return seconds and megabytes of a Sayso that is ready, from the start of its process; the second start counts."""
    environment = {**os.environ, "SAYSO_HOME": str(folder / "home")}
    found = {}
    for _ in range(3):
        command = [sys.executable, "-c", READY, str(time.time())]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=folder)
        found = json.loads(done.stdout)
    return found


def percentile(values: list[float], share: float) -> float:
    """Return a percentile."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=400)
    plans = parser.parse_args().plans
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone, latencies, commits = asyncio.run(engine(folder / "one", plans, 1))
        crowd, crowded, crowd_commits = asyncio.run(engine(folder / "fifty", max(50, plans // 50 * 50), 50))
        bare = floor(folder / "one" / "home" / "sayso.db", folder / "floor.db", round(commits))
        (folder / "start").mkdir()
        ready = start_up(folder / "start")
    table = Table("what", "measured", "aim", box=None)
    p50, p95 = statistics.median(latencies) * 1e3, percentile(latencies, 0.95) * 1e3
    table.add_row(
        "approval → first task, p50 / p95, one plan at a time", f"{p50:.2f} / {p95:.2f} ms", AIMS["first task p50"]
    )
    busy50, busy95 = statistics.median(crowded) * 1e3, percentile(crowded, 0.95) * 1e3
    table.add_row("approval → first task, p50 / p95, 50 plans at once", f"{busy50:.0f} / {busy95:.0f} ms", "")
    table.add_row("whole plans a second, one at a time", f"{alone:.0f}", "")
    table.add_row("whole plans a second, 50 at once", f"{crowd:.0f}", AIMS["plans/s at 50"])
    table.add_row("commits a plan, one at a time / 50 at once", f"{commits:.1f} / {crowd_commits:.2f}", "")
    table.add_row("floor: the same rows and commits by bare sqlite3", f"{bare:.0f} plans/s", "")
    table.add_row("share of the floor, one at a time", f"{alone / bare:.2f}", "")
    table.add_row("ready, from the start of the process", f"{ready['seconds']:.2f} s", AIMS["ready"])
    table.add_row("memory of a ready Sayso", f"{ready['megabytes']:.0f} MB", AIMS["memory"])
    table.add_row("vendor SDKs imported", ", ".join(ready["sdks"]) or "none", "none")
    Console().print(table)


if __name__ == "__main__":
    main()
