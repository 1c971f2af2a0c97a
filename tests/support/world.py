"""A small owner's world: three files as data, a home in a temporary folder, and a running Sayso on it."""

import asyncio
import copy
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.configuration import Configuration
from adapters.home import Home
from adapters.settings import Settings
from adapters.wiring import Parts, Sayso, open_sayso
from orchestration.approval.decision import Outcome, Shown, Voice
from orchestration.asking import Answer, Ask
from orchestration.dispatch.agents import Agent
from orchestration.intake.catalogue import load_catalogue
from orchestration.people import load_people
from orchestration.policy import load_policy
from orchestration.ports import Committed, Job, Model, Progress, Remains, Tier, ToolResult
from orchestration.records import PLAN_ENDED, Plan
from orchestration.views import View
from tests.support.databases import prepared


def operation(**changes: Any) -> dict[str, Any]:
    """Return a declaration that needs nothing, with changes."""
    plain = {
        "title": "Plain",
        "says": ["plain"],
        "work_type": "echo",
        "agent": "infra",
        "effect": "idempotent",
        "risk": "medium",
        "tool": "command",
        "with": {"argv": ["true"]},
    }
    return {**plain, **changes}


CATALOGUE: dict[str, Any] = {
    "version": 1,
    "operations": {
        "first": operation(title="First", says=["do first"]),
        "second": operation(title="Second", says=["do second"], after=["first"], target="service:x"),
        "once": operation(title="Once", says=["do once"], after=["second"], effect="at_most_once"),
        "look": operation(title="Look", says=["look around"], effect="read_only", risk="low"),
        "inspect": operation(title="Inspect", says=["inspect it"], effect="read_only"),
        "wipe": operation(title="Wipe", says=["wipe everything"], risk="critical"),
        "tune": operation(
            title="Tune",
            says=["tune the engine"],
            parameters={"speed": {"type": "integer", "minimum": 1, "maximum": 9, "ask": "How fast?"}},
            **{"with": {"argv": ["true", "--", "{speed}"]}},
        ),
        "closed": operation(title="Closed", says=["closed thing"], work_type="forbidden"),
    },
}
POLICY: dict[str, Any] = {
    "version": "1",
    "ask": [{"match": {}, "from": ["everyone"]}],
    "manage": [{"match": {}, "from": ["operators"]}],
    "preview": [{"match": {}, "from": ["everyone"]}],
    "approvals": [
        {"match": {"effect": "read_only", "risk": "low"}, "need": 0},
        {"match": {"work_type": "echo", "risk": ["low", "medium", "high"]}, "need": 1, "from": ["operators"]},
        {"match": {"work_type": "echo", "risk": "critical"}, "need": 2, "from": ["operators"]},
    ],
    "high_risk_keywords": ["production"],
}
PEOPLE: dict[str, Any] = {
    "version": 1,
    "people": {
        "ana": {"name": "Ana", "groups": ["everyone"]},
        "ben": {"name": "Ben", "groups": ["everyone", "operators"]},
        "cem": {"name": "Cem", "groups": ["everyone", "operators"]},
    },
}


class EffectTool:
    """A tool in this process whose effects are counted in an append-only log, apart from the database.

    Each run appends `task_id attempt operation`. `results` says how named operations end.
    """

    def __init__(self, log: Path, results: dict[str, list[ToolResult]] | None = None) -> None:
        self.log = log
        self.results = results or {}
        self.started = asyncio.Event()
        self.hold: asyncio.Event | None = None

    def missing(self) -> str | None:
        """Nothing is missing."""
        return None

    async def run(self, job: Job, progress: Callable[[Progress], None]) -> ToolResult:
        """Leave one line in the log."""
        self.started.set()
        if self.hold is not None:
            await self.hold.wait()
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, f"{job.task_id} {job.number} {job.operation}\n".encode())
        os.close(descriptor)
        planned = self.results.get(job.operation)
        return planned.pop(0) if planned else ToolResult("success", 0, f"did {job.operation}", duration_ms=1)

    async def settle(self, job: Job) -> Remains:
        """What ran in a process that is gone is dead."""
        return Remains("killed")

    def effects(self) -> list[str]:
        """Return the operations that took effect, in order."""
        return [line.split()[2] for line in self.log.read_text().splitlines()] if self.log.exists() else []


@dataclass
class TestClock:
    """A clock that tests move."""

    __test__ = False
    moved: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        """Return the system's time, moved."""
        return datetime.now(UTC) + self.moved


@dataclass
class Owner:
    """The three files of an owner; change them before opening a world."""

    catalogue: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(CATALOGUE))
    policy: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(POLICY))
    people: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(PEOPLE))

    def configuration(self) -> Configuration:
        """Return them validated."""
        catalogue, people = load_catalogue(self.catalogue), load_people(self.people)
        return Configuration(catalogue, load_policy(self.policy, people, set(catalogue.operations)), people, {})


@dataclass
class World:
    """A running Sayso and the few calls that tests make over and over."""

    sayso: Sayso
    home: Home
    tool: EffectTool
    clock: TestClock

    async def ask(self, text: str, person: str = "ana", key: str = "") -> Answer:
        """Ask in words."""
        return await self.sayso.orchestrator.asking.submit(Ask(text, Voice(person), key, {"platform": "test"}))

    async def plan(self, text: str, person: str = "ana") -> Plan:
        """Ask, and return the plan."""
        answer = await self.ask(text, person)
        assert answer.plan is not None, answer
        return answer.plan

    async def vote(self, plan: Plan, person: str = "ben", yes: bool = True, reason: str = "") -> Outcome:
        """Vote on a plan as it was handed in."""
        shown = Shown(plan.id, plan.revision, plan.digest, "test")
        return await self.sayso.orchestrator.vote(shown, Voice(person), yes, reason)

    async def view(self, plan: Plan) -> View:
        """Return how a plan stands."""
        return await self.sayso.orchestrator.views.view(plan.id)

    async def until(self, plan: Plan, is_so: Callable[[View], bool], seconds: float = 30) -> View:
        """Return the plan once something is so; looks anew at every commit, waiting so long for each."""
        news = asyncio.Event()
        unwatch = self.sayso.store.watch(lambda _committed: news.set())
        try:
            while not is_so(view := await self.view(plan)):
                await asyncio.wait_for(news.wait(), seconds)
                news.clear()
        finally:
            unwatch()
        return view

    async def end(self, plan: Plan) -> View:
        """Return the plan once it has ended."""
        return await self.until(plan, lambda view: view.plan.status in PLAN_ENDED)

    async def event_names(self, plan: Plan) -> list[str]:
        """Return the names of what happened to a plan."""
        return [event.name for event in await self.sayso.orchestrator.views.events(plan.id)]

    def hear(self) -> list[Committed]:
        """Return a list that every commit from now on is added to."""
        heard: list[Committed] = []
        self.sayso.store.watch(heard.append)
        return heard


@asynccontextmanager
async def open_world(
    folder: Path,
    owner: Owner | None = None,
    *,
    tool: EffectTool | None = None,
    clock: TestClock | None = None,
    hook: Callable[[str], None] = lambda _label: None,
    go: bool = True,
    agents: Sequence[Agent] | None = None,
    backoff_seconds: float = 0.0,
    real: bool = False,
    example: bool = True,
    models: Mapping[Tier, Model] | None = None,
) -> AsyncIterator[World]:
    """Run a Sayso in a folder; open the same folder again to restart it.

    `real` brings the product's own tools instead of the embedded one; `example=False` is an owner's own installation,
    where nobody speaks for others. Failed tasks are tried again at once unless `backoff_seconds` says otherwise.
    """
    home = Home(folder / "home")
    (folder / "workspace").mkdir(parents=True, exist_ok=True)
    tool = tool or EffectTool(folder / "effects.log")
    clock = clock or TestClock()
    named = {} if example else {"catalogue": folder / "catalogue.yml"}
    settings = Settings(home=home.path, workspace=folder / "workspace", **named)
    tools = None if real else {"command": tool}
    parts = Parts(clock, hook, tools, slots=64, agents=agents, backoff_seconds=backoff_seconds, models=models or {})
    with home.own("test"):
        prepared(home.database)
        async with open_sayso(settings, (owner or Owner()).configuration(), home, parts) as sayso:
            if go:
                await sayso.go()
            yield World(sayso, home, tool, clock)
