"""Which agents are there: they announce themselves, are heard of, fall silent and come back.

The wiring calls `begin` once, before any use case, and `sweep` from time to time; agents call `beat`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from orchestration import events
from orchestration.canonical import canonical
from orchestration.course import RUNS
from orchestration.dispatch.agents import Agent
from orchestration.dispatch.memory import take_up
from orchestration.execution import Execution, Setting
from orchestration.ports import Transaction, timestamp
from orchestration.records import AgentRecord, Attempt, Plan

BEAT = timedelta(seconds=30)
OFFLINE_AFTER = timedelta(seconds=90)


class Presence:
    """The attendance of the agents of one registry."""

    def __init__(self, setting: Setting, execution: Execution) -> None:
        self._store = setting.store
        self._clock = setting.clock
        self._dispatcher = setting.dispatcher
        self._registry = setting.dispatcher.registry
        self._execution = execution
        self._swept = setting.clock.now()
        self._is_behind = False
        """Whether a look at the plans was cut short, so that the next one is at all of them."""

    async def begin(self) -> None:
        """Announce the agents of this process, and take up what the process before knew. Call it once, first."""
        await self._store.tx("agents.begin", self._begin)

    async def beat(self, agent_id: str) -> None:
        """Hear of an agent; one that was lost takes part again, and plans that wait for it go on."""
        agent = self._registry.get(agent_id)
        if agent is None:
            return
        agent.seen = self._clock.now()
        if not agent.is_online:
            await self._store.tx("agents.return", lambda tx: self._return(tx, agent))
            await self._take_all_further(RUNS)

    async def sweep(self) -> None:
        """Note who was heard of, and give up on who was not for too long: what they did not claim goes to others."""
        now = self._clock.now()
        # When this comes late, the whole process slept or the clock jumped; then silence says nothing about anybody.
        is_late = now - self._swept > 2 * BEAT
        self._swept = now
        online = [agent for agent in self._registry.all() if agent.is_online]
        for agent in online:
            agent.seen = now if is_late or agent.seen is None else min(agent.seen, now)
        silent = [agent for agent in online if agent.seen and now - agent.seen > OFFLINE_AFTER]
        await self._store.tx("agents.sweep", lambda tx: self._note(tx, online, silent, now))
        await self._take_all_further(RUNS if silent or self._is_behind else ("paused",))

    # ----------------------------------------------------------------------------------------------- inside

    def _begin(self, tx: Transaction) -> None:
        now = self._clock.now()
        for agent in self._registry.all():
            agent.seen = now
            _announce(tx, agent, timestamp(now))
        here = {agent.id for agent in self._registry.all()}
        for known in tx.find(AgentRecord, {"status": "online"}):
            if known.id not in here:
                _lose(tx, known.id, timestamp(now))
        take_up(tx, self._dispatcher)

    def _return(self, tx: Transaction, agent: Agent) -> None:
        if not agent.is_online:
            self._registry.set_online(tx, agent, True)
            _announce(tx, agent, timestamp(self._clock.now()))

    def _note(self, tx: Transaction, online: Sequence[Agent], silent: Sequence[Agent], now: datetime) -> None:
        for agent in online:
            if agent.seen:
                tx.change(AgentRecord, {"id": agent.id}, {"seen_at": timestamp(agent.seen)})
        for agent in silent:
            self._registry.set_online(tx, agent, False)
            _lose(tx, agent.id, timestamp(now))
            unclaimed = {"kind": "run", "status": "dispatched", "agent_id": agent.id}
            self._execution.take_back(tx, tx.find(Attempt, unclaimed), timestamp(now))

    async def _take_all_further(self, statuses: tuple[str, ...]) -> None:
        self._is_behind = True
        for plan in await self._store.find(Plan, {"status": statuses}, order_by="id"):
            await self._execution.take_further(plan.id)
        self._is_behind = False


def _announce(tx: Transaction, agent: Agent, at: str) -> None:
    """Write down what an agent announces; it is an event when that is new, or the agent was gone."""
    announced = {
        "type": agent.type,
        "status": "online",
        "tools": canonical(sorted(agent.tools)),
        "specializations": canonical(sorted(agent.specializations)),
        "resources": canonical({name: agent.resources.amount(name) for name in sorted(agent.resources.__slots__)}),
    }
    if tx.change(AgentRecord, {"id": agent.id, **announced}, {"seen_at": at}):
        return
    if not tx.change(AgentRecord, {"id": agent.id}, {**announced, "registered_at": at, "seen_at": at}):
        tx.insert(AgentRecord(agent.id, registered_at=at, seen_at=at, **announced))
    events.record(tx, "agent.registered", at, agent_id=agent.id, **announced)


def _lose(tx: Transaction, agent_id: str, at: str) -> None:
    tx.change(AgentRecord, {"id": agent_id}, {"status": "offline"})
    events.record(tx, "agent.lost", at, agent_id=agent_id)
