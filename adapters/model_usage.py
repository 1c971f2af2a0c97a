"""What models have cost so far, against the budgets of the policy. Read from the database for `check` and `/metrics`.

The same sums as those that a call is held to (`orchestration/models/spending.py`), which are kept in memory there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from adapters.storage.reader import NOTHING
from orchestration.models.sums import DAY, MONTH
from orchestration.policy import Rules
from orchestration.ports import Above, Where, timestamp
from orchestration.records import Record, Usage

TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_written_tokens")


class Totals(Protocol):
    """What can be added up."""

    async def totals(
        self, kind: type[Record], by: tuple[str, ...], of: tuple[str, ...], where: Where = NOTHING
    ) -> list[tuple[Any, ...]]:
        """Return for each group (what `by` says …, how many rows, the sums of `of` …)."""


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget, and how much of it is used."""

    name: str
    """Its key in the policy, a team with its group behind it: `external_per_team.operators`."""
    whole: Decimal
    used: Decimal

    @property
    def share(self) -> float:
        """Return how much of it is left, 0 to 1."""
        return float(max(Decimal(0), self.whole - self.used) / self.whole) if self.whole else 0.0

    def __str__(self) -> str:
        """Return how to speak of it."""
        if self.name == "local_tokens_per_day":
            return f"{self.used} of {self.whole} tokens of today used"
        return f"{self.used:.2f} of {self.whole:.2f} USD of this month used ({self.name})"


async def costs(store: Totals, now: datetime) -> dict[str, Decimal]:
    """Return what external models have cost in this month (UTC), in USD by person."""
    where = {"tier": "external", "at": Above(timestamp(now)[:MONTH])}
    found = await store.totals(Usage, ("person",), ("cost_usd",), where)
    return {person: Decimal(str(cost)) for person, _, cost in found}


async def budgets(store: Totals, rules: Rules, now: datetime) -> list[Budget]:
    """Return the budgets that the policy sets; of that for each person, the one of whoever has used most."""
    local = {"tier": "local", "at": Above(timestamp(now)[:DAY])}
    tokens = sum(sum(numbers) for _, _, *numbers in await store.totals(Usage, ("tier",), TOKENS, local))
    return list(_budgets(rules, Decimal(tokens), await costs(store, now)))


def _budgets(rules: Rules, tokens: Decimal, cost: Mapping[str, Decimal]) -> Iterator[Budget]:
    limits = rules.policy.budgets
    if limits.local_tokens_per_day is not None:
        yield Budget("local_tokens_per_day", Decimal(limits.local_tokens_per_day), tokens)
    if limits.external_per_month is not None:
        yield Budget("external_per_month", limits.external_per_month, sum(cost.values(), Decimal()))
    if limits.external_per_person is not None:
        yield Budget("external_per_person", limits.external_per_person, max(cost.values(), default=Decimal()))
    for team, whole in limits.external_per_team.items():
        used = sum((cost.get(person, Decimal()) for person in rules.people.members([team])), Decimal())
        yield Budget(f"external_per_team.{team}", whole, used)
