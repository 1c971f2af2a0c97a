"""The workers that tasks can be handed to, and how much each has to do: one class of agent, its type a label.

The dispatcher asks it inside transactions, so what it knows is changed on the writing thread alone, and put back
when the transaction is. When an agent was last heard of is the exception: that comes from the event loop.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from orchestration.planning.plan import PlannedTask
from orchestration.ports import Transaction


@dataclass(frozen=True, slots=True)
class Need:
    """What a task asks of its agent; tasks of equal need wait in one line."""

    agent_type: str
    tool: str
    work_type: str
    cpu_cores: int = 1
    gpu_vram_mb: int = 0
    avoid: str | None = None
    """The agent that failed it last; another one is taken if there is one."""

    def amount(self, resource: str) -> int:
        """Return how much of a resource the task takes."""
        return 1 if resource == "slots" else int(getattr(self, resource))


@dataclass(frozen=True, slots=True)
class Resources:
    """What an agent has."""

    slots: int
    """How many tasks it runs at once."""
    cpu_cores: int
    gpu_vram_mb: int = 0

    def amount(self, resource: str) -> int:
        """Return how much of a resource there is."""
        return int(getattr(self, resource))


RESOURCES = ("slots", "cpu_cores", "gpu_vram_mb")


@dataclass(slots=True)
class Agent:
    """A registered agent and what it is busy with."""

    id: str
    type: str
    tools: frozenset[str]
    resources: Resources
    work_types: frozenset[str] = frozenset()
    """What it accepts; empty means everything that its tools can do."""
    specializations: frozenset[str] = frozenset()
    """Work types it is meant for."""
    is_online: bool = True
    seen: datetime | None = None
    """When it was last heard of."""
    in_flight: dict[str, Need] = field(default_factory=dict)
    """By attempt: what was handed to it and has not ended."""
    _taken: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RESOURCES, 0))
    """The sums of `in_flight`, so that nobody has to add them up at each dispatch."""

    def occupy(self, attempt_id: str, need: Need) -> None:
        """Take what a task needs."""
        self.in_flight[attempt_id] = need
        for resource in RESOURCES:
            self._taken[resource] += need.amount(resource)

    def vacate(self, attempt_id: str) -> Need | None:
        """Give back what an attempt took; None when it took nothing."""
        need = self.in_flight.pop(attempt_id, None)
        if need is not None:
            for resource in RESOURCES:
                self._taken[resource] -= need.amount(resource)
        return need

    @property
    def load(self) -> float:
        """Return the share of its slots that is taken."""
        return len(self.in_flight) / self.resources.slots

    def accepts(self, need: Need) -> bool:
        """Whether this is work for it, were it online and idle."""
        return (
            self.type == need.agent_type
            and need.tool in self.tools
            and (not self.work_types or need.work_type in self.work_types)
        )

    def suffices(self, need: Need) -> bool:
        """Whether all of it would be enough."""
        return all(self.resources.amount(name) >= need.amount(name) for name in RESOURCES)

    def short_of(self, need: Need) -> list[str]:
        """Return the resources that it has not enough of just now."""
        return [name for name in RESOURCES if need.amount(name) and self._free(name) < need.amount(name)]

    def _free(self, resource: str) -> int:
        return self.resources.amount(resource) - self._taken[resource]


class Registry:
    """The agents that are known. An agent announces itself anew at every start."""

    def __init__(self, agents: Iterable[Agent]) -> None:
        self._agents = {agent.id: agent for agent in agents}

    def all(self) -> list[Agent]:
        """Return every agent."""
        return list(self._agents.values())

    def get(self, agent_id: str) -> Agent | None:
        """Return an agent; None when it has not announced itself."""
        return self._agents.get(agent_id)

    def able(self, need: Need) -> list[Agent]:
        """Return the agents that are online and can take this, now or when they have room."""
        able = [agent for agent in self._agents.values() if agent.is_online and agent.accepts(need)]
        able = [agent for agent in able if agent.suffices(need)]
        return [agent for agent in able if agent.id != need.avoid] or able

    def missing(self, need: Need) -> str:
        """Return the sentence about nobody being there for this."""
        wanted = [need.tool]
        if not any(agent.is_online and agent.accepts(need) for agent in self._agents.values()):
            has_tool = [agent for agent in self._agents.values() if agent.is_online and need.tool in agent.tools]
            if any(agent.type == need.agent_type for agent in has_tool):
                wanted.append(f"work of the type {need.work_type}")
        else:
            wanted.append(f"{need.cpu_cores} CPU cores")
            wanted += [f"{need.gpu_vram_mb} MB of GPU memory"] if need.gpu_vram_mb else []
        return f"No {need.agent_type} agent with {' and '.join(wanted)} is online."

    def take(self, tx: Transaction, agent_id: str, attempt_id: str, need: Need) -> None:
        """Note that an attempt occupies its agent."""
        agent = self._agents[agent_id]
        agent.occupy(attempt_id, need)
        tx.on_undo(lambda: agent.vacate(attempt_id))

    def release(self, tx: Transaction, agent_id: str, attempt_id: str) -> None:
        """Note that it no longer does, if it did."""
        agent = self._agents.get(agent_id)
        need = agent.vacate(attempt_id) if agent else None
        if agent and need:
            tx.on_undo(lambda: agent.occupy(attempt_id, need))

    def set_online(self, tx: Transaction, agent: Agent, is_online: bool) -> None:
        """Note that an agent has come or gone."""
        before = agent.is_online
        agent.is_online = is_online
        tx.on_undo(lambda: setattr(agent, "is_online", before))


def need_of(planned: PlannedTask, failed_by: str | None = None) -> Need:
    """Return what a planned task asks of its agent."""
    return Need(planned.agent_type, planned.tool, planned.work_type, planned.cpu_cores, planned.gpu_vram_mb, failed_by)
