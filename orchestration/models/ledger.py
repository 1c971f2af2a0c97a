"""Writes down every call of a model, and why which model answered. Called by the chain.

What cannot be written down raises the store's error, so that an answer without a record is never used.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from orchestration import events
from orchestration.ids import new_id
from orchestration.models.inquiry import Inquiry
from orchestration.models.seat import writable
from orchestration.models.work import Answered, Work
from orchestration.ports import Clock, Store, Tier, Tokens, Transaction, timestamp
from orchestration.records import FallbackDecision, Usage

DECISIONS: dict[Tier, str] = {"external": "use_claude", "local": "use_ollama"}
TOLD = 2_000
"""Characters of what stood in the way."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call, and what it took."""

    tier: Tier
    model: str
    tokens: Tokens
    cost: Decimal | None
    began: float
    """By the chain's own clock, in seconds."""


class Ledger:
    """Rows about models."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def row(self, work: Work, call: Call, seconds: float, error: str | None) -> Usage:
        """Return the row of a call that ends now; `error` is one word, None when the answer is used."""
        now, tokens = self._clock.now(), call.tokens
        return Usage(
            new_id(int(now.timestamp() * 1000)), timestamp(now), work.purpose, work.person,
            work.request_id, work.plan_id, work.task_id, call.tier, call.model,
            tokens.input, tokens.output, tokens.cache_read, tokens.cache_written,
            None if call.cost is None else float(call.cost), int(seconds * 1000), error,
        )  # fmt: skip

    async def write(self, row: Usage) -> None:
        """Write a call down."""
        await self._store.tx("model.used", lambda tx: tx.insert(row))

    async def decide(self, inquiry: Inquiry[Any], answered: Answered[Any] | None) -> None:
        """Write down, at the end, which model answered and why; none did when `answered` is None."""
        now = self._clock.now()
        decision = _decision(inquiry, answered, new_id(int(now.timestamp() * 1000)), timestamp(now))
        await self._store.tx("model.decided", lambda tx: _record(tx, decision, inquiry, answered))


def _decision(inquiry: Inquiry[Any], answered: Answered[Any] | None, id_: str, at: str) -> FallbackDecision:
    work, calls = inquiry.work, inquiry.calls
    costs = [Decimal(str(call.cost_usd)) for call in calls if call.cost_usd is not None]
    return FallbackDecision(
        id=id_,
        task_id=work.plan_id or work.request_id or "",
        plan_id=work.plan_id,
        request_id=work.request_id,
        decision=DECISIONS[answered.tier] if answered else "no_fallback",
        reason=inquiry.reason,
        quota_remaining_percent=inquiry.choice.quota,
        complexity_level=work.complexity,
        fallback_tier=_fallback_tier(inquiry, answered),
        model_used=answered.model if answered else "",
        tokens_used=sum(call.tokens for call in calls) if calls else None,
        cost_usd=float(sum(costs)) if costs else None,
        error_message=writable(inquiry.told[:TOLD]) or None,
        created_at=at,
    )


def _fallback_tier(inquiry: Inquiry[Any], answered: Answered[Any] | None) -> int:
    """Return 0 for the first choice, which without money left is the local model, 1 for the other one, 2 for none."""
    if answered is None:
        return 2
    return int(bool(inquiry.failures) and inquiry.reason != "budget_spent")


def _record(tx: Transaction, decision: FallbackDecision, inquiry: Inquiry[Any], answered: Answered[Any] | None) -> None:
    work, cost = inquiry.work, decision.cost_usd
    tx.insert(decision)
    events.record(
        tx, "model.used", decision.created_at, plan_id=work.plan_id, person=work.person, request_id=work.request_id,
        task_id=work.task_id, purpose=work.purpose, tier=answered.tier if answered else None,
        model=decision.model_used or None, tokens=decision.tokens_used, reason=decision.reason,
        cost_micro_usd=None if cost is None else round(cost * 1_000_000), error=", ".join(inquiry.troubles) or None,
    )  # fmt: skip
