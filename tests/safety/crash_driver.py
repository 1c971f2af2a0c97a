"""Kill a running Sayso at every commit and every external effect, restart it, and check what is left.

Run as a program, so that children are forked from a warm parent without threads:

    python -m tests.safety.crash_driver [--tool embedded|command] [--story whole|one|turns|chat] [--mutant NAME]
                                        [--first 1] [--step 1] [--limit 0]

For k = first, first + step, …: a child plays the story and is killed with SIGKILL at its k-th hook; another child
restarts on the same home and drains; then the database (read by bare sqlite3) and the effects' own log are
checked. It ends when a story is finished before its k-th hook. Prints one JSON object a point.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from adapters.sealing import HeadFile
from adapters.signing import FileSigner
from orchestration.approval.decision import Voice
from orchestration.audit import verify
from orchestration.ports import ToolResult
from orchestration.records import PLAN_ENDED, Event, Seal
from orchestration.views import View
from tests.safety import crash_chat
from tests.safety.mutants import MUTANTS
from tests.support.gates import agent
from tests.support.world import EffectTool, Owner, TestClock, World, open_world

DRAIN_SECONDS = 60
QUIET_SECONDS = 15
"""No news for so long while something should go on means that it never will."""
EFFECT_SCRIPT = """\
import os, sys
descriptor = os.open("effects.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.write(descriptor, f"{os.environ['SAYSO_TASK_KEY']} 0 {sys.argv[1]}\\n".encode())
"""


class Killer:
    """Counts hooks, and kills this process at one of them."""

    def __init__(self, at: int) -> None:
        self._at = at
        self._lock = threading.Lock()
        self.seen: list[str] = []

    def __call__(self, label: str) -> None:
        with self._lock:
            self.seen.append(label)
            if len(self.seen) == self._at:
                os.write(2, f"killed at {label}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)


class HookedTool(EffectTool):
    """The embedded tool with a hook before and after its effect."""

    def __init__(self, log: Path, hook: Callable[[str], None]) -> None:
        super().__init__(log, {"twice": [ToolResult("failed", 1)]})
        self._hook = hook

    async def run(self, job: Any, progress: Any) -> Any:
        """Take effect between two hooks."""
        self._hook(f"effect.{job.operation}.before")
        result = await super().run(job, progress)
        self._hook(f"effect.{job.operation}.after")
        return result


class Act(NamedTuple):
    """What a child does, how much its agent does at once, and what the next child does after a restart."""

    run: Callable[["World", "Journal"], Any]
    slots: int = 8
    after: Callable[["World", "Journal"], Any] | None = None
    """Without one, wait until nothing goes on by itself."""


@dataclass
class Journal:
    """What people were told, in a file of its own: a promise given must be kept after the restart."""

    path: Path
    hook: Callable[[str], None]
    """For whatever else happens outside of this process."""
    lines: list[str] = field(default_factory=list)

    def note(self, what: str, plan_id: str) -> None:
        """Write down that somebody was told something."""
        with self.path.open("a") as file:
            file.write(f"{what} {plan_id}\n")

    def told(self, what: str) -> set[str]:
        """Return the plans that somebody was told this of."""
        if not self.path.exists():
            return set()
        pairs = [line.split() for line in self.path.read_text().splitlines()]
        return {plan_id for said, plan_id in pairs if said == what}


def owner(tool: str) -> Owner:
    """Return the owner's files; the command tool runs a script that leaves a line in the effects' log."""
    files = Owner()
    if tool == "command":
        for key, declared in files.catalogue["operations"].items():
            if not declared.get("parameters"):
                declared |= {"with": {"argv": ["python3", "effect.py", key]}, "files": ["effect.py"]}
    files.catalogue["operations"]["alone"] = {
        **files.catalogue["operations"]["once"], "title": "Alone", "says": ["do alone"], "after": []
    }  # fmt: skip
    if tool == "command":
        files.catalogue["operations"]["alone"]["with"] = {"argv": ["python3", "effect.py", "alone"]}
    files.catalogue["operations"]["twice"] = {
        **files.catalogue["operations"]["inspect"], "title": "Twice", "says": ["look twice"], "retries": 1
    }  # fmt: skip
    return files


async def story(world: World, journal: Journal) -> None:
    """Plans that are approved, rejected, expire, are cancelled, need two people or nobody."""
    chain = await world.plan("do first, do second and do once")
    journal.note("asked", chain.id)
    await world.vote(chain)
    journal.note("approved", chain.id)
    refused = await world.plan("do first")
    await world.vote(refused, "cem", yes=False, reason="no")
    journal.note("rejected", refused.id)
    await world.end(chain)
    alone = await world.plan("do alone")
    await world.vote(alone)
    journal.note("approved", alone.id)
    dropped = await world.plan("do second")
    await world.sayso.orchestrator.cancel(dropped.id, Voice("ana"))
    journal.note("rejected", dropped.id)
    late = await world.plan("do first")
    world.clock.moved = timedelta(hours=25)
    await world.sayso.orchestrator.expire_due()
    journal.note("rejected", late.id)
    await world.end(alone)
    await world.end(await world.plan("look around"))
    grave = await world.plan("wipe everything")
    await world.vote(grave, "ben")
    await world.vote(grave, "cem")
    journal.note("approved", grave.id)
    await world.end(grave)


async def one_plan(world: World, journal: Journal) -> None:
    """One plan that may run once at most."""
    plan = await world.plan("do alone")
    await world.vote(plan)
    journal.note("approved", plan.id)
    await world.end(plan)


async def turns(world: World, journal: Journal) -> None:
    """Plans that wait for a target and for the only slot, under a hold and after it; one fails and is tried again."""
    plans = [await world.plan(text) for text in ("do second", "look twice", "do second", "wipe everything")]
    for plan in plans[:2]:
        await world.vote(plan)
        journal.note("approved", plan.id)
    await world.sayso.execution.hold(Voice("ben"), True)
    for plan in plans[2:]:
        for person in ("ben", "cem")[: 1 + (plan is plans[3])]:
            await world.vote(plan, person)
        journal.note("approved", plan.id)
    await world.sayso.execution.hold(Voice("ben"), False)
    for plan in plans:
        await world.end(plan)


async def chat(world: World, journal: Journal) -> None:
    """A message, a question, an answer, a card, a click, a run and its end, in two threads."""
    await crash_chat.play(world, journal.path.with_name("chat"), journal.hook)


STORIES = {
    "whole": Act(story),
    "one": Act(one_plan),
    "turns": Act(turns, slots=1),
    "chat": Act(chat, after=chat),
}


async def drain(world: World, _journal: Journal) -> None:
    """Wait until nothing goes on by itself."""
    await world.sayso.execution.hold(Voice("ben"), False)

    def is_quiet(view: View) -> bool:
        waits = view.plan.needs_person and not any(task.status in ("dispatched", "running") for task in view.tasks)
        return waits or view.plan.status in (*PLAN_ENDED, "pending_approval")

    for plan in await world.sayso.orchestrator.views.plans(100):
        await world.until(plan, is_quiet, QUIET_SECONDS)


def play(folder: Path, tool: str, at: int, mutant: str | None, act: Act) -> None:
    """In a forked child: run one act and leave; never returns."""
    killer, code = Killer(at), 0
    signal.alarm(DRAIN_SECONDS)
    if mutant:
        MUTANTS[mutant]()

    async def main() -> None:
        embedded = HookedTool(folder / "effects.log", killer) if tool == "embedded" else None
        clock = TestClock()
        world = open_world(
            folder, owner(tool), tool=embedded, clock=clock, hook=killer, real=tool == "command",
            agents=[agent(slots=act.slots)], backoff_seconds=0.05,
        )  # fmt: skip
        async with world as opened:
            await act.run(opened, Journal(folder / "journal", killer))
        (folder / "hooks").write_text("\n".join(killer.seen))

    try:
        asyncio.run(main())
    except BaseException as error:  # noqa: BLE001 (a child reports everything and never runs its parent's code)
        import traceback

        traceback.print_exc()
        os.write(2, f"child failed: {error!r}\n".encode())
        code = 1
    os._exit(code)


def fork(*arguments: Any) -> int:
    """Run `play` in a child; return its wait status."""
    child = os.fork()
    if child == 0:
        play(*arguments)
    return os.waitpid(child, 0)[1]


def check(folder: Path) -> Iterator[str]:
    """Yield every broken promise."""
    journal = Journal(folder / "journal", lambda _label: None)
    log = folder / "effects.log"
    log = log if log.exists() else folder / "workspace" / "effects.log"
    effects = [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []
    with closing(sqlite3.connect(folder / "home" / "sayso.db")) as connection:
        connection.row_factory = sqlite3.Row
        plans = {row["id"]: row for row in connection.execute("SELECT * FROM plans")}
        tasks = {row["id"]: row for row in connection.execute("SELECT * FROM tasks")}
        decisions = list(connection.execute("SELECT * FROM decisions"))
        events = [Event(**row) for row in connection.execute("SELECT * FROM events ORDER BY seq")]
        seals = [Seal(**row) for row in connection.execute("SELECT * FROM seals ORDER BY number")]
    approved = {row["plan_id"] for row in decisions if row["outcome"] == "approved"}
    yield from _lost(journal, plans, approved)
    yield from _wrong_effects(effects, tasks, approved)
    yield from _stuck(plans, tasks, approved)
    if len({(row["plan_id"], row["revision"]) for row in decisions}) != len(decisions):
        yield "two decisions on one revision"
    signer = FileSigner(folder / "home" / "keys" / "seal.key")
    yield from verify(events, seals, HeadFile(folder / "home" / "audit-head.jsonl").read()[0], signer).faults
    if (folder / "chat").exists():
        yield from crash_chat.check(folder / "home" / "sayso.db", folder / "chat")


def _lost(journal: Journal, plans: dict[str, Any], approved: set[str]) -> Iterator[str]:
    for plan_id in journal.told("asked") | journal.told("approved") | journal.told("rejected"):
        if plan_id not in plans:
            yield f"plan {plan_id} was lost"
    for plan_id in journal.told("approved") - approved:
        yield f"the approval of {plan_id} was lost"
    for plan_id in journal.told("rejected"):
        if plans[plan_id]["status"] not in ("rejected", "expired", "cancelled"):
            yield f"plan {plan_id} was closed and is now {plans[plan_id]['status']}"


def _wrong_effects(effects: list[str], tasks: dict[str, Any], approved: set[str]) -> Iterator[str]:
    for task_id, count in Counter(effects).items():
        task = tasks[task_id]
        if task["plan_id"] not in approved:
            yield f"{task['operation']} ran though its plan was not approved"
        if task["effect"] == "at_most_once" and count > 1:
            yield f"{task['operation']} ran {count} times"
    for task_id, task in tasks.items():
        if task["status"] == "completed" and task_id not in effects:
            yield f"{task['operation']} is completed and has left no effect"
        if task["status"] in ("skipped", "rejected") and task_id in effects:
            yield f"{task['operation']} is {task['status']} and has left an effect"
    first = {task_id: effects.index(task_id) for task_id in effects}
    places = {(task["plan_id"], task["revision"], task["position"]): task for task in tasks.values()}
    for task_id, task in tasks.items():
        for position in json.loads(task["depends_on"]):
            before = places[task["plan_id"], task["revision"], position]
            if task_id in first and first.get(before["id"], len(effects)) > first[task_id]:
                yield f"{task['operation']} ran before {before['operation']}"


def _stuck(plans: dict[str, Any], tasks: dict[str, Any], approved: set[str]) -> Iterator[str]:
    for plan_id in approved:
        unknown = [task for task in tasks.values() if task["plan_id"] == plan_id and task["status"] == "unknown"]
        if plans[plan_id]["status"] not in PLAN_ENDED and not unknown:
            yield f"plan {plan_id} is stuck in {plans[plan_id]['status']}"
        for task in unknown:
            if task["effect"] != "at_most_once":
                yield f"{task['operation']} is unknown, but may be repeated"


def point(tool: str, at: int, mutant: str | None, played: str) -> dict[str, Any] | None:
    """Kill at one hook, restart, check; None when the story ended before."""
    folder = Path(tempfile.mkdtemp(prefix="sayso-crash-"))
    try:
        (folder / "workspace").mkdir()
        (folder / "workspace" / "effect.py").write_text(EFFECT_SCRIPT)
        status = fork(folder, tool, at, mutant, STORIES[played])
        if status == 0:
            return None
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        faults = [] if killed else [f"the story ended with status {status}"]
        status = fork(folder, tool, 0, None, STORIES[played]._replace(run=STORIES[played].after or drain))
        if status != 0:
            faults.append(f"the restart ended with status {status}")
        return {"at": at, "faults": [*faults, *check(folder)]}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Enumerate."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", choices=["embedded", "command"], default="embedded")
    parser.add_argument("--mutant", choices=sorted(MUTANTS))
    parser.add_argument("--story", choices=sorted(STORIES), default="whole")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--limit", type=int, default=0)
    chosen = parser.parse_args()
    at = chosen.first
    while found := point(chosen.tool, at, chosen.mutant, chosen.story):
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()
        at += chosen.step
        if chosen.limit and at > chosen.limit:
            break


if __name__ == "__main__":
    main()
