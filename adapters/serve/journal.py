"""What happened, in the log of a serve: the steps of each plan, and everybody who was refused. No names, no texts."""

from adapters import log
from orchestration.canonical import parse
from orchestration.ports import Committed

TOLD = frozenset(
    {
        "plan.proposed", "decision.made", "plan.paused", "plan.cancelled", "plan.finished", "task.lost",
        "access.denied", "agent.registered", "agent.lost", "catalogue.loaded", "policy.loaded", "people.loaded",
    }
)  # fmt: skip
FACTS = ("plan_id", "task_id", "agent_id", "what", "why", "outcome", "status", "verdict", "becomes")


class Journal:
    """Watches the store."""

    def __init__(self) -> None:
        self._log = log.Log()

    def committed(self, news: Committed) -> None:
        """Write a line for each event that an operator wants to read of."""
        for event in news.events:
            if event.name in TOLD:
                body = parse(event.body)
                self._log.info(event.name, **{name: body[name] for name in FACTS if name in body})
