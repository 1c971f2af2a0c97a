"""The one place where everything is put together: settings in, a running Sayso out. Nothing is built at import."""

import asyncio
import os
import platform
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib.metadata import version

from adapters.clock import SystemClock
from adapters.configuration import Configuration, loaded
from adapters.evidence_files import EvidenceFiles
from adapters.home import Home
from adapters.llm.configured import configured_models
from adapters.old_attempts import OldAttempts
from adapters.sealing import HeadFile, Sealer
from adapters.settings import Settings
from adapters.signing import FileSigner
from adapters.storage.store import SqliteStore, open_store
from adapters.stored_logs import StoredLogs
from adapters.tools.ansible_playbook import AnsiblePlaybookTool
from adapters.tools.command import CommandTool
from adapters.tools.fetch_logs import FetchLogsTool
from adapters.tools.http_call import HttpCallTool
from adapters.tools.pytest_suite import PytestTool
from adapters.tools.research import ResearchTool
from adapters.tools.secret_source import SecretSource
from adapters.tools.supervised import Supervised
from adapters.transport.inprocess import InProcessTransport
from adapters.workspace import Workspace
from bot import wording
from orchestration.asking import Readers
from orchestration.assistance.assistant import Assistant
from orchestration.dispatch.agents import Agent, Registry, Resources
from orchestration.dispatch.dispatcher import BACKOFF_SECONDS, Dispatcher
from orchestration.dispatch.worker import Worker
from orchestration.errors import SaysoError
from orchestration.execution import AgentRelay, Execution, Setting
from orchestration.intake.catalogue import AGENT_TYPES
from orchestration.models.chain import Models
from orchestration.operating import Operating
from orchestration.owner_files import KINDS, last_taken, record
from orchestration.planning.declared import Declared
from orchestration.planning.planner import Planner
from orchestration.policy import Rules
from orchestration.ports import Clock, Model, Progress, Tier, Tool, Transaction, timestamp
from orchestration.presence import BEAT, Presence
from orchestration.preview import Previews
from orchestration.records import Epoch, Seal
from orchestration.recovery import Recovery
from orchestration.retrying import Retries
from orchestration.service import Orchestrator

SWEEP_EVERY = timedelta(seconds=30)
"""How often plans whose time is over are closed; a late vote is refused by its own compare-and-set anyway."""
Hook = Callable[[str], None]


def _nothing(_label: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Parts:
    """What may be another than usual: tests and benchmarks bring their own."""

    clock: Clock = field(default_factory=SystemClock)
    hook: Hook = _nothing
    tools: Mapping[str, Tool] | None = None
    slots: int = max(4, 2 * (os.cpu_count() or 1))
    """Tasks that one agent runs at once."""
    agents: Sequence[Agent] | None = None
    """Those in this process; usually one for each type."""
    backoff_seconds: float = BACKOFF_SECONDS
    """How long a failed task waits before its first retry."""
    models: Mapping[Tier, Model] | None = None
    """Whoever brings them closes them; usually those that the settings name."""


@dataclass
class Sayso:
    """A running Sayso. Dispatching starts when `go` is called; before that, only what people do is written."""

    store: SqliteStore
    setting: Setting
    execution: Execution
    orchestrator: Orchestrator
    operating: Operating
    previews: Previews
    recovery: Recovery
    presence: Presence
    retries: Retries
    workers: Mapping[str, Worker]
    relay: AgentRelay
    transport: InProcessTransport
    tools: Mapping[str, Tool]
    models: Models
    progress: list[Callable[[Progress], None]]
    supervised: Supervised
    _start: asyncio.Lock = field(default_factory=asyncio.Lock)
    _unwatch: Callable[[], None] = field(default=lambda: None)
    _going: bool = False
    _looking: list[asyncio.Task[None]] = field(default_factory=list)

    async def go(self) -> None:
        """Settle what an earlier process left, deliver what waits, and dispatch from now on."""
        async with self._start:
            if self._going:
                return
            await self.recovery.settle()
            # The relay listens before it is told what waits: one that is sent twice is claimed once.
            self._unwatch = self.store.watch(self.relay.committed)
            try:
                waiting = await self.recovery.waiting()
            except SaysoError:
                self._unwatch()
                raise
            self._going = True
            for assignment in waiting:
                self.relay.send(assignment)
            ever = [self.retries.run(), _sweep_agents(self.presence)]
            ever += [worker.live(self.presence.beat, BEAT.total_seconds()) for worker in self.workers.values()]
            self._looking = [asyncio.create_task(one) for one in ever]

    def stop_looking(self) -> None:
        """Look no more after agents and retries."""
        for one in self._looking:
            one.cancel()

    async def drain(self, say: Callable[[str], None]) -> None:
        """Start nothing more, and wait for what runs; the next start would have to kill it."""
        if self._going:
            self._unwatch()
            if self.transport.busy:
                say(wording.waiting_for_others(self.transport.busy))
            await self.transport.idle()


@asynccontextmanager
async def open_sayso(
    settings: Settings, configuration: Configuration, home: Home, parts: Parts | None = None
) -> AsyncIterator[Sayso]:
    """Run a Sayso on a home that the caller owns. Leaving the block leaves running tools to the next start."""
    parts = parts or Parts()
    async with AsyncExitStack() as stack:
        if parts.models is None:
            parts = replace(parts, models=await stack.enter_async_context(configured_models(settings)))
        store = await stack.enter_async_context(open_store(settings.database or home.database, parts.hook))
        head = HeadFile(settings.audit_head or home.path / "audit-head.jsonl")
        is_new = not await store.find(Seal, {}, limit=1)  # a key that got lost later must not be replaced in silence
        sealer = Sealer(store, FileSigner(home.keys / "seal.key", make=is_new), head, parts.clock)
        evidence = EvidenceFiles(store, home.artifacts)
        store.watch(sealer.committed)
        store.watch(evidence.committed)
        await sealer.start()
        stack.push_async_callback(sealer.close)
        await evidence.restore()
        stack.push_async_callback(evidence.close)
        epoch = await store.tx("epoch.begin", lambda tx: _begin(tx, configuration, parts.clock))
        sayso, transport = _assemble(settings, configuration, home, parts, store, epoch)
        stack.push_async_callback(transport.close)
        await sayso.presence.begin()
        stack.callback(sayso.stop_looking)
        await sayso.orchestrator.expire_due()
        sweeping = asyncio.create_task(_sweep(sayso.orchestrator))
        stack.callback(sweeping.cancel)
        if settings.keep_attempts_days is not None:
            keep = timedelta(days=settings.keep_attempts_days)
            cleaning = asyncio.create_task(OldAttempts(store, parts.clock, home.attempts, keep).run())
            stack.callback(cleaning.cancel)
        stack.callback(sayso.supervised.detach)
        yield sayso


def _assemble(
    settings: Settings, configuration: Configuration, home: Home, parts: Parts, store: SqliteStore, epoch: int
) -> tuple[Sayso, InProcessTransport]:
    """Put core, agents and tools together on an open store."""
    secrets = SecretSource(home.secrets, os.environ)
    supervised = Supervised(home.attempts, settings.workspace, secrets, parts.hook)
    rules = Rules(configuration.policy, configuration.people)
    models = Models(store, parts.clock, rules, parts.models or {})
    logs = StoredLogs(home.artifacts, home.attempts)
    tools = parts.tools if parts.tools is not None else _tools(supervised, logs, models)
    agents = parts.agents if parts.agents is not None else _agents(frozenset(tools), parts.slots, settings)
    registry = Registry(agents)
    dispatcher = Dispatcher(registry, epoch, parts.backoff_seconds)
    may_assert = settings.uses_shipped_example or settings.allow_asserted
    declared = Declared(configuration.catalogue)
    setting = Setting(store, parts.clock, rules, declared, dispatcher, tools, may_assert, world())
    execution = Execution(setting)
    workspace = Workspace(settings.workspace)
    planner = Planner(declared, rules, workspace, str(workspace.root))
    readers = Readers(planner, Assistant(models, declared, rules, supervised.redactor_of_all))
    progress: list[Callable[[Progress], None]] = []

    def tell(news: Progress) -> None:
        for listener in progress:
            listener(news)

    workers = {agent.id: Worker(agent.id, tools, execution, agent.resources.slots, tell) for agent in registry.all()}
    transport = InProcessTransport(workers)
    relay = AgentRelay(transport)
    sayso = Sayso(
        store=store,
        setting=setting,
        execution=execution,
        orchestrator=Orchestrator(setting, readers, execution, relay),
        operating=Operating(setting, execution),
        previews=Previews(store, parts.clock, rules, tools, epoch),
        recovery=Recovery(setting, execution),
        presence=Presence(setting, execution),
        retries=Retries(execution, dispatcher.backoff, parts.clock),
        workers=workers,
        relay=relay,
        transport=transport,
        tools=tools,
        models=models,
        progress=progress,
        supervised=supervised,
    )
    return sayso, transport


def _agents(tools: frozenset[str], slots: int, settings: Settings) -> list[Agent]:
    """Return one agent for each type. They share this machine, and most tasks wait; so a slot counts as a core."""
    resources = Resources(slots, max(slots, os.cpu_count() or 1), settings.gpu_vram_mb)
    return [Agent(f"{kind}-1", kind, tools, resources) for kind in AGENT_TYPES]


def world() -> dict[str, str]:
    """Return where this runs, for the evidence."""
    return {
        "sayso_version": version("sayso"),
        "python_version": platform.python_version(),
        "platform_info": f"{platform.system().lower()}-{platform.machine()}",
    }


def _tools(supervised: Supervised, logs: StoredLogs, models: Models) -> dict[str, Tool]:
    return {
        "command": CommandTool(supervised),
        "ansible_playbook": AnsiblePlaybookTool(supervised),
        "pytest": PytestTool(supervised),
        "http_call": HttpCallTool(supervised),
        "fetch_logs": FetchLogsTool(supervised, logs),
        "research": ResearchTool(supervised, models),
    }


def _begin(tx: Transaction, configuration: Configuration, clock: Clock) -> int:
    """Begin a boot epoch, and record the owner's files where they are others than those taken last."""
    at = timestamp(clock.now())
    before = tx.find(Epoch, {}, order_by="-number", limit=1)
    number = before[0].number + 1 if before else 1
    tx.insert(Epoch(number, at, f"{platform.node()}:{os.getpid()}"))
    for kind in KINDS if configuration.sources else ():
        source, last = configuration.sources[kind], last_taken(tx, kind)
        if last is None or last.hash != source.sha256:
            record(tx, loaded(kind, source, last.text if last else None), at)
    return number


async def _sweep(orchestrator: Orchestrator) -> None:
    while True:
        await asyncio.sleep(SWEEP_EVERY.total_seconds())
        with suppress(SaysoError):  # a full disk now is no reason to stop looking
            await orchestrator.expire_due()


async def _sweep_agents(presence: Presence) -> None:
    while True:
        await asyncio.sleep(BEAT.total_seconds())
        with suppress(SaysoError):
            await presence.sweep()
