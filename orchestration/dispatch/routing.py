"""Which agent gets a task: the best score among those that can take it now. Called by the dispatcher.

What agents have done is kept in memory beside its rows, so that a choice reads nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from orchestration.dispatch.agents import Agent, Need, Registry
from orchestration.ports import Transaction, moment, timestamp
from orchestration.records import Performance

RECENT = timedelta(hours=4)
ENOUGH_SAMPLES = 10
SUCCESS, UNKNOWN_SUCCESS, CONTEXT, SPECIALIZATION, LOAD = 40, 20, 30, 20, 10
"""Points at most; together 100. `UNKNOWN_SUCCESS` is for an agent with too few samples."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The agent for a task, and why."""

    agent: Agent
    components: dict[str, int]
    """Points by what they were given for."""
    reason: str

    @property
    def score(self) -> int:
        """Return 0 to 100."""
        return sum(self.components.values())

    def as_data(self) -> dict[str, object]:
        """Return why it was chosen, for storage and evidence."""
        return {"score": self.score, "components": self.components, "reason": self.reason}


class Router:
    """Scores the agents of one registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._performances: dict[tuple[str, str], Performance] = {}
        self._last: dict[tuple[str, str], str] = {}

    def remember(self, performances: Iterable[Performance]) -> None:
        """Take up what agents have done before this start."""
        for known in performances:
            self._performances[known.agent_id, known.work_type] = known
            self._last[known.agent_id, known.work_type] = known.last_at

    def choose(self, need: Need, at: str, reserved: set[tuple[str, str]]) -> Choice | None:
        """Return the best agent that has room now; None when there is none.

        `reserved` are (agent, resource) that somebody who has waited longer is short of.
        """
        since = timestamp(moment(at) - RECENT)
        choices = [
            self._score(agent, need, since)
            for agent in self._registry.able(need)
            if not agent.short_of(need) and not any(need.amount(what) for who, what in reserved if who == agent.id)
        ]
        return max(choices, key=lambda choice: (choice.score, -choice.agent.load), default=None)

    def short_of(self, need: Need) -> set[tuple[str, str]]:
        """Return the (agent, resource) whose lack keeps a task waiting."""
        return {(agent.id, resource) for agent in self._registry.able(need) for resource in agent.short_of(need)}

    def started(self, tx: Transaction, agent_id: str, work_type: str, at: str) -> None:
        """Note that an agent has got work of a type."""
        key = (agent_id, work_type)
        before = self._last.get(key, "")
        self._last[key] = at
        tx.on_undo(lambda: self._last.__setitem__(key, before))

    def ended(self, tx: Transaction, agent_id: str, work_type: str, succeeded: bool, at: str) -> None:
        """Note how an agent has done, in memory and in its row."""
        key = (agent_id, work_type)
        before = self._performances.get(key)
        counts = (before.succeeded, before.failed) if before else (0, 0)
        after = Performance(agent_id, work_type, counts[0] + succeeded, counts[1] + (not succeeded), at)
        self._performances[key] = after
        tx.on_undo(lambda: self._put_back(key, before))
        values = {"succeeded": after.succeeded, "failed": after.failed, "last_at": at}
        if not tx.change(Performance, {"agent_id": agent_id, "work_type": work_type}, values):
            tx.insert(after)

    def _put_back(self, key: tuple[str, str], before: Performance | None) -> None:
        if before is None:
            del self._performances[key]
        else:
            self._performances[key] = before

    def _score(self, agent: Agent, need: Need, since: str) -> Choice:
        known = self._performances.get((agent.id, need.work_type))
        samples = known.succeeded + known.failed if known else 0
        is_known = known is not None and samples >= ENOUGH_SAMPLES
        is_recent = self._last.get((agent.id, need.work_type), "") >= since
        is_special = need.work_type in agent.specializations
        reasons = []
        if known and is_known:
            reasons.append(f"{100 * known.succeeded // samples}% success rate")
        reasons += ["recent context"] * is_recent + ["specialization match"] * is_special
        components = {
            "success_rate": SUCCESS * known.succeeded // samples if known and is_known else UNKNOWN_SUCCESS,
            "recent_context": CONTEXT * is_recent,
            "specialization": SPECIALIZATION * is_special,
            "load": LOAD - LOAD * len(agent.in_flight) // agent.resources.slots,
        }
        return Choice(agent, components, f"Selected based on {', '.join(reasons) or 'available and capable'}")


def as_retry(choice: Choice, number: int) -> Choice:
    """Return the choice with the number of the retry, 1 for the first, in its reason."""
    return replace(choice, reason=f"{choice.reason} (retry #{number})") if number else choice
