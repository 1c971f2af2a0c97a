"""What `/metrics` says, in the text format of Prometheus: a few cheap reads beside the writer, whenever it is asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from adapters.serve.verification import Verifying
from adapters.wiring import Sayso
from orchestration.ports import moment
from orchestration.records import AgentRecord, Hold, Outgoing, Plan, PlanStatus, Task

LANES = ("agent", "chat")


@dataclass(frozen=True, slots=True)
class Metric:
    """One name with its values by labels."""

    name: str
    kind: str
    """gauge | counter"""
    help: str
    values: Mapping[str, float]
    """By the value of the label, or by `""` when there is no label."""
    label: str = ""

    def lines(self) -> Iterator[str]:
        """Yield the lines of the text format."""
        name = f"sayso_{self.name}"
        yield f"# HELP {name} {self.help}"
        yield f"# TYPE {name} {self.kind}"
        for value, number in self.values.items():
            labels = f'{{{self.label}="{_escaped(value)}"}}' if self.label else ""
            yield f"{name}{labels} {number:.15g}"


async def metrics(sayso: Sayso, verifying: Verifying, threads_waiting: int) -> str:
    """Return all of them."""
    behind = Metric("chat_threads_waiting", "gauge", "Threads with something left to show.", {"": threads_waiting})
    found = [*await _work(sayso), *await _around(sayso), behind, *_verified(verifying)]
    return "".join(f"{line}\n" for metric in found for line in metric.lines())


async def _work(sayso: Sayso) -> list[Metric]:
    plans = await sayso.store.tally(Plan, "status")
    held = await sayso.store.find(Hold, {"is_on": True}, limit=1)
    tasks = await sayso.store.tally(Task, "status")
    oldest = await sayso.store.find(Plan, {"status": "pending_approval"}, order_by="created_at", limit=1)
    age = max(0.0, (datetime.now(UTC) - moment(oldest[0].created_at)).total_seconds()) if oldest else 0.0
    by_status = {status: plans.get(status, 0) for status in get_args(PlanStatus)}
    return [
        Metric("plans", "gauge", "Plans by status.", by_status, "status"),
        Metric("oldest_pending_seconds", "gauge", "Age of the plan that has waited longest for votes.", {"": age}),
        Metric("tasks_unknown", "gauge", "Tasks whose outcome a person has to tell.", {"": tasks.get("unknown", 0)}),
        Metric("tasks_waiting", "gauge", "Approved tasks that have not started.", {"": tasks.get("approved", 0)}),
        Metric("tasks_running", "gauge", "Tasks that agents carry out.", {"": tasks.get("running", 0)}),
        Metric("on_hold", "gauge", "Whether somebody has paused all new tasks: 1 or 0.", {"": len(held)}),
    ]


async def _around(sayso: Sayso) -> list[Metric]:
    lanes = {**dict.fromkeys(LANES, 0), **await sayso.store.tally(Outgoing, "lane", {"status": "waiting"})}
    agents = {"online": 0, "offline": 0, **await sayso.store.tally(AgentRecord, "status")}
    return [
        Metric("outbox_waiting", "gauge", "Messages that wait for their relay, by lane.", lanes, "lane"),
        Metric("agents", "gauge", "Agents by status.", agents, "status"),
        Metric("writer_queue", "gauge", "Use cases that wait for a commit.", {"": sayso.store.queued}),
        Metric("commits_total", "counter", "Commits since the start.", {"": sayso.store.commits}),
    ]


def _verified(verifying: Verifying) -> list[Metric]:
    last = verifying.last
    if last is None:
        return []
    at, intact = {"": last.at.timestamp()}, {"": float(last.is_intact)}
    return [
        Metric("audit_verified_timestamp_seconds", "gauge", "When the record was verified last.", at),
        Metric("audit_intact", "gauge", "Whether the record was intact then: 1 or 0.", intact),
        Metric("audit_events", "gauge", "Events on the record then.", {"": last.events}),
    ]


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
