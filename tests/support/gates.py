"""A tool whose runs wait at gates that a test opens, a slow post, and what else tests of dispatch work with."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.dispatch.agents import Agent, Resources
from orchestration.ports import Assignment, Job, Progress, ToolResult, Transport
from tests.support.world import EffectTool, Owner, operation

TARGETS = ("alpha", "beta", "gamma", "delta")


class GateTool(EffectTool):
    """The embedded tool; an operation named by `close` runs on when its gate is opened."""

    def __init__(self, log: Path, results: dict[str, list[ToolResult]] | None = None) -> None:
        super().__init__(log, results)
        self.begun: list[Job] = []
        self.now: Counter[str] = Counter()
        """Runs under way, by operation."""
        self.most: Counter[str] = Counter()
        """The most there were at once, by operation; under `` of all."""
        self._gates: dict[str, asyncio.Event] = {}
        self._news = asyncio.Condition()

    def close(self, *operations: str) -> None:
        """Keep these operations from ending."""
        for name in operations:
            self._gates[name] = asyncio.Event()

    def open(self, name: str) -> None:
        """Let an operation end, now and from now on."""
        self._gates.pop(name).set()

    async def begins(self, number: int) -> None:
        """Wait until so many runs have begun, counted from the beginning."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(lambda: len(self.begun) >= number), 20)

    async def run(self, job: Job, progress: Callable[[Progress], None]) -> ToolResult:
        """Wait at the gate, then take effect."""
        async with self._news:
            self.begun.append(job)
            self.now[job.operation] += 1
            self._news.notify_all()
        self.most = self.most | self.now | Counter({"": sum(self.now.values())})
        try:
            await asyncio.sleep(0)
            if gate := self._gates.get(job.operation):
                await gate.wait()
            return await super().run(job, progress)
        finally:
            self.now[job.operation] -= 1


@dataclass
class Post(Transport):
    """Brings assignments late, and some once more."""

    real: Transport
    is_slow: bool = False
    waiting: list[Assignment] = field(default_factory=list)
    sent: list[Assignment] = field(default_factory=list)

    async def send(self, assignment: Assignment) -> None:
        """Hand over, or keep for later."""
        self.sent.append(assignment)
        if self.is_slow:
            self.waiting.append(assignment)
        else:
            await self.real.send(assignment)

    async def stop(self, agent_id: str, attempt_id: str) -> None:
        """Pass on."""
        await self.real.stop(agent_id, attempt_id)


def agent(name: str = "infra-1", slots: int = 8, **more: object) -> Agent:
    """Return an agent of the type its name begins with."""
    resources = more.pop("resources", Resources(slots, slots))
    return Agent(name, name.split("-")[0], frozenset({"command"}), resources, **more)  # type: ignore[arg-type]


def owner() -> Owner:
    """Return an owner with `touch_alpha` … `touch_delta`, each on a target of its own.

    `ask_alpha` … are for another type of agent, on the same targets; `ask_around` is so without a target, and
    `shoot` may run once at most.
    """
    files = Owner()
    declared = files.catalogue["operations"]
    for name in TARGETS:
        on = {"target": f"service:{name}"}
        declared[f"touch_{name}"] = operation(title=f"Touch {name}", says=[f"touch {name}"], **on)
        declared[f"ask_{name}"] = operation(title=f"Ask {name}", says=[f"ask {name}"], agent="research", **on)
    declared["shoot"] = operation(title="Shoot", says=["shoot arrows"], effect="at_most_once")
    declared["ask_around"] = operation(title="Ask around", says=["ask around"], agent="research")
    return files
