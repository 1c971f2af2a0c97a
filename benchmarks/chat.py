"""Measure what chat costs: `python -m benchmarks.chat [--plans 500] [--seconds 20]`. Prints one table.

Plans run at once, each in a thread of its own, and each reports how far it is several times a second. The platform
only counts; its pace is what a real one takes. What cannot be shown within that pace has to be overtaken, never
queued: so what is looked at is how much was written, how old it was when it was shown, what memory it took, and
whether every end came through.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from adapters.chat.hub import open_chats
from bot.chat import Account, Note, Pace, Post, ShownCard
from orchestration.approval.decision import Voice
from orchestration.asking import Ask
from orchestration.dispatch.agents import Agent, Resources
from orchestration.ports import Job, Progress, ToolResult
from orchestration.records import Plan
from tests.support.world import EffectTool, Owner, World, open_world

UPDATES_PER_SECOND = 2
PACE = Pace(per_second=20, burst=40, thread_seconds=1.0, reserved=20)
"""About what a chat platform takes from one bot, over all threads and in each of them."""
PATIENCE_SECONDS = 600


class Steps(EffectTool):
    """A tool that counts up, some times a second, until it is told to end."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "effects.log")
        self.running = 0
        self.is_over = asyncio.Event()

    async def run(self, job: Job, progress: Callable[[Progress], None]) -> ToolResult:
        """Report the time of each step as what is being done, so that whoever shows it can be asked how old it is."""
        self.running += 1
        done = 0
        while not self.is_over.is_set():
            done += 1
            progress(Progress(job.attempt_id, done, 0, f"{asyncio.get_running_loop().time():.4f}"))
            await asyncio.sleep(1 / UPDATES_PER_SECOND)
        return ToolResult("success", 0, duration_ms=0)


@dataclass
class Counting:
    """A platform that counts what is written, and how old the progress was when it was shown."""

    writes: list[float] = field(default_factory=list)
    """When."""
    ages: list[float] = field(default_factory=list)
    """Seconds since the step that was shown."""
    looked: dict[str, float] = field(default_factory=dict)
    """By thread, when its progress was shown last."""
    started: set[str] = field(default_factory=set)
    """Threads that were told that their plan runs."""
    ended: dict[str, float] = field(default_factory=dict)
    """By thread, when its verdict was shown."""
    last: dict[str, str] = field(default_factory=dict)
    """By thread, the status on its card."""

    @property
    def pace(self) -> Pace:
        """Return what it takes."""
        return PACE

    async def post(self, thread: str, post: Post, key: str, is_in_doubt: bool) -> str:
        """Count."""
        self._count(thread, post)
        return "1"

    async def edit(self, thread: str, message: str, post: Post) -> str:
        """Count."""
        self._count(thread, post)
        return message

    async def whisper(self, thread: str, account: Account, note: Note) -> None:
        """Nobody is told anything here."""

    def _count(self, thread: str, post: Post) -> None:
        now = asyncio.get_running_loop().time()
        self.writes.append(now)
        if isinstance(post, ShownCard):
            self.last[thread] = post.card.status
            if doing := post.card.tasks[0].doing:
                self.ages.append(now - float(doing))
                self.looked[thread] = now
        elif post.kind == "started":
            self.started.add(thread)
        elif post.kind == "ended":
            self.ended[thread] = now


@dataclass
class Measured:
    """What came of it."""

    counting: Counting
    began: float
    all_run: float
    """When every thread had been told that its plan runs."""
    over: float
    """When the tools were told to end."""
    shown: float
    """When the last of it was shown."""
    before: float
    """MB of memory, ready and with no plan yet."""
    most: float


async def measure(folder: Path, plans: int, seconds: float) -> Measured:
    """Run so many plans for so many seconds."""
    owner, tool, counting = Owner(), Steps(folder), Counting()
    owner.policy["limits"] = {"requests_per_minute": plans + 1, "pending_per_person": plans + 1}
    loop = asyncio.get_running_loop()
    agents = [Agent("infra-1", "infra", frozenset({"command"}), Resources(plans, plans))]
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(open_world(folder, owner, tool=tool, go=False, agents=agents))
        chats = await stack.enter_async_context(open_chats(world.sayso, {"count": counting}))
        await world.sayso.go()
        before, began = resident(), loop.time()
        for number in range(plans):
            await _run(world, f"count:{number}")
        await _until(lambda: tool.running == len(counting.started) == plans)
        most, all_run = [resident()], loop.time()
        for _ in range(int(seconds)):
            await asyncio.sleep(1)
            most.append(resident())
        tool.is_over.set()
        over = loop.time()
        await _until(lambda: len(counting.ended) == plans and not chats.threads.waiting)
        return Measured(counting, began, all_run, over, loop.time(), before, max(*most, resident()))


async def _run(world: World, thread: str) -> None:
    """Ask for a plan in a thread, and approve it."""
    answer = await world.sayso.orchestrator.asking.run(Ask("do first", Voice("ana"), thread, {}, thread), "first", {})
    assert isinstance(answer.plan, Plan)
    await world.vote(answer.plan)


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 (looked at ten times a second is enough here)
            await asyncio.sleep(0.1)


def resident() -> float:
    """Return the memory of this process in MB."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def percentile(values: list[float], share: float) -> float:
    """Return the value below which this share lies."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else 0.0


def table(found: Measured, plans: int) -> Table:
    """Return the figures beside what they should be."""
    counting = found.counting
    took = found.shown - found.began
    budget = PACE.burst + PACE.per_second * took
    looked = sum(at >= found.all_run for at in counting.looked.values())
    seconds = found.over - found.all_run
    waits = [at - found.over for at in counting.ended.values()]
    ends = 2 * plans / PACE.per_second
    delivered = sum(counting.last[thread] == "completed" for thread in counting.ended)
    rows = [
        ("updates that the tools reported", f"{plans * UPDATES_PER_SECOND:,} a second", ""),
        ("writes / what the pace allows", f"{len(counting.writes):,} / {budget:,.0f}", "at most as many"),
        ("most writes within one second", f"{_most_within(counting.writes, 1.0)}",
         f"≤ {PACE.burst + PACE.per_second:.0f}"),
        ("age of progress when shown, p50 / p95", _pair(counting.ages), f"≤ {1 / UPDATES_PER_SECOND:.1f} s and a bit"),
        (f"threads with progress shown within {seconds:.0f} s", str(looked),
         f"about {min(plans, PACE.per_second * seconds):.0f}: pace × time"),
        ("from its end to its verdict shown, p50 / p95", _pair(waits), f"≤ {ends:.0f} s: two writes each ÷ pace"),
        ("ends that were shown", f"{delivered} of {plans}", "all"),
        ("memory growth", f"{found.most - found.before:.0f} MB", "≤ 50 MB"),
    ]  # fmt: skip
    shown = Table(title=f"{plans} plans at once, {UPDATES_PER_SECOND} updates a second each")
    for title in ("what", "measured", "aim"):
        shown.add_column(title)
    for row in rows:
        shown.add_row(*row)
    return shown


def _pair(values: list[float]) -> str:
    return f"{percentile(values, 0.5):.2f} / {percentile(values, 0.95):.2f} s"


def _most_within(times: list[float], seconds: float) -> int:
    first, most = 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--plans", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sayso-bench-") as folder:
        found = asyncio.run(measure(Path(folder), chosen.plans, chosen.seconds))
    Console().print(table(found, chosen.plans))


if __name__ == "__main__":
    main()
