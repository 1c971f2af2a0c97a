"""What `/metrics` says, in the text format of Prometheus: a few cheap reads beside the writer, whenever it is asked."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import get_args

from adapters.model_usage import TOKENS, budgets, costs
from adapters.serve.verification import Verifying
from adapters.wiring import Sayso
from orchestration.ports import moment
from orchestration.records import AgentRecord, Hold, Outgoing, Plan, PlanStatus, Task, Usage

LANES = ("agent", "chat")


@dataclass(frozen=True, slots=True)
class Metric:
    """One name with its values by labels."""

    name: str
    kind: str
    """gauge | counter"""
    help: str
    values: Mapping[str, float] | Mapping[tuple[str, ...], float]
    """By the values of the labels, or by `""` when there is no label."""
    label: str | tuple[str, ...] = ""

    def lines(self) -> Iterator[str]:
        """Yield the lines of the text format."""
        name = f"sayso_{self.name}"
        yield f"# HELP {name} {self.help}"
        yield f"# TYPE {name} {self.kind}"
        for value, number in self.values.items():
            pairs = zip(_all(self.label), _all(value), strict=True) if self.label else ()
            labels = ",".join(f'{label}="{_escaped(said)}"' for label, said in pairs)
            yield f"{name}{{{labels}}} {number:.15g}" if labels else f"{name} {number:.15g}"


@dataclass(frozen=True, slots=True)
class Chatting:
    """How the chats are."""

    waiting: int = 0
    """Threads with something left to show."""
    parked: int = 0
    """Threads that were given up since the start."""
    connected: Mapping[str, bool] = field(default_factory=dict)
    """By platform that is configured."""


async def metrics(sayso: Sayso, verifying: Verifying, chatting: Chatting) -> str:
    """Return all of them."""
    found = [
        *await _work(sayso),
        *await _around(sayso),
        *_chats(chatting),
        *await _models(sayso),
        *_verified(verifying),
    ]
    return "".join(f"{line}\n" for metric in found for line in metric.lines())


async def _work(sayso: Sayso) -> list[Metric]:
    plans = await sayso.store.tally(Plan, "status")
    held = await sayso.store.find(Hold, {"is_on": True}, limit=1)
    tasks = await sayso.store.tally(Task, "status")
    age = _age(await sayso.store.find(Plan, {"status": "pending_approval"}, order_by="created_at", limit=1))
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
    waiting = {"status": "waiting"}
    lanes = {**dict.fromkeys(LANES, 0), **await sayso.store.tally(Outgoing, "lane", waiting)}
    lag = {lane: _age(await sayso.store.find(Outgoing, waiting | {"lane": lane}, "id", 1)) for lane in lanes}
    agents = {"online": 0, "offline": 0, **await sayso.store.tally(AgentRecord, "status")}
    return [
        Metric("outbox_waiting", "gauge", "Messages that wait for their relay, by lane.", lanes, "lane"),
        Metric("outbox_lag_seconds", "gauge", "Age of the message that has waited longest, by lane.", lag, "lane"),
        Metric("agents", "gauge", "Agents by status.", agents, "status"),
        Metric("writer_queue", "gauge", "Use cases that wait for a commit.", {"": sayso.store.queued}),
        Metric("commits_total", "counter", "Commits since the start.", {"": sayso.store.commits}),
    ]


async def _models(sayso: Sayso) -> list[Metric]:
    """Return what models did and cost; nothing where there is none."""
    if not sayso.models.is_there:
        return []
    rows = await sayso.store.totals(Usage, ("tier", "error"), TOKENS)
    calls: dict[tuple[str, ...], float] = {(tier, error or "used"): float(count) for tier, error, count, *_ in rows}
    tokens = Counter[str]()
    for tier, _, _, *numbers in rows:
        tokens[tier] += sum(numbers)
    now = datetime.now(UTC)
    cost = float(sum((await costs(sayso.store, now)).values()))
    left = {budget.name: budget.share for budget in await budgets(sayso.store, sayso.setting.rules, now)}
    well: dict[str, float] = {tier: float(not is_left_alone) for tier, is_left_alone in sayso.models.left_alone.items()}
    return [
        Metric("model_calls_total", "counter", "Calls of models by what came of them.", calls, ("tier", "outcome")),
        Metric("model_tokens_total", "counter", "Tokens that models took.", tokens, "tier"),
        Metric("model_cost_month_usd", "gauge", "What models have cost this month.", {"": cost}),
        Metric("model_available", "gauge", "Whether a model is asked: 0 while it is left alone.", well, "tier"),
        Metric("model_budget_left", "gauge", "Share of a budget that is left, 0 to 1.", left, "budget"),
    ]


def _chats(chatting: Chatting) -> list[Metric]:
    connected = {name: float(is_up) for name, is_up in chatting.connected.items()}
    given_up = {"": float(chatting.parked)}
    return [
        Metric("chat_threads_waiting", "gauge", "Threads with something left to show.", {"": chatting.waiting}),
        Metric("chat_threads_parked_total", "counter", "Threads that a platform refused since the start.", given_up),
        Metric("chat_connected", "gauge", "Whether a platform is connected: 1 or 0.", connected, "platform"),
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


def _age(oldest: Sequence[Plan] | Sequence[Outgoing]) -> float:
    """Return how many seconds ago the first of some rows was made; 0 when there is none."""
    return max(0.0, (datetime.now(UTC) - moment(oldest[0].created_at)).total_seconds()) if oldest else 0.0


def _all(label: str | tuple[str, ...]) -> tuple[str, ...]:
    return label if isinstance(label, tuple) else (label,)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
