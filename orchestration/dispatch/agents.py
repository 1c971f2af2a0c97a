"""The workers that tasks can be handed to: one class of worker, its type a label."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Agent:
    """A registered agent and how much it has to do."""

    id: str
    type: str
    tools: frozenset[str]
    slots: int
    """How many tasks it runs at once; more wait with it."""
    in_flight: set[str] = field(default_factory=set)
    """Attempt ids handed to it and not ended."""


class Registry:
    """The agents that are known. Kept in memory: an agent announces itself anew at every start."""

    def __init__(self, agents: list[Agent]) -> None:
        self._agents = {agent.id: agent for agent in agents}

    def all(self) -> list[Agent]:
        """Return every agent."""
        return list(self._agents.values())

    def ended(self, agent_id: str, attempt_id: str) -> None:
        """Note that an attempt no longer occupies its agent."""
        if agent_id in self._agents:
            self._agents[agent_id].in_flight.discard(attempt_id)

    def choose(self, agent_type: str, tool: str, attempt_id: str) -> str | None:
        """Return the agent with the most room that can do it, counting the attempt there; None when there is none."""
        able = [agent for agent in self._agents.values() if agent.type == agent_type and tool in agent.tools]
        if not able:
            return None
        chosen = min(able, key=lambda agent: len(agent.in_flight) / agent.slots)
        chosen.in_flight.add(attempt_id)
        return chosen.id
