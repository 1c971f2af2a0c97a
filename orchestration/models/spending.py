"""What is left of the budgets, looked at before each call that costs money. Called by the chain.

What a call may cost at most is held back while it is under way, so that calls at the same time cannot together spend
more than there is.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from orchestration.budgets import Price, price_of, unpriced
from orchestration.errors import BudgetSpent
from orchestration.models.breaker import LeftAlone
from orchestration.models.sums import DAY, MONTH, Sums
from orchestration.policy import Rules
from orchestration.ports import Above, Clock, Model, Store, timestamp
from orchestration.records import Usage


@dataclass(frozen=True, slots=True)
class _Limit:
    whose: str
    amount: Decimal
    people: Sequence[str] | None
    """Whose calls count; None for everybody's."""


class Spending:
    """The budgets of the policy, as it is now, against what has been used."""

    def __init__(self, store: Store, clock: Clock, rules: Rules) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules
        self._sums: Sums | None = None
        self._reading = asyncio.Lock()

    async def quota(self) -> float:
        """Return the share of the local models' tokens that is left for today; raises Unavailable when unreadable."""
        sums = await self._known()
        budget = self._rules.policy.budgets.local_tokens_per_day
        return max(0, budget - sums.local_tokens) / budget if budget else 1.0

    def price(self, model: Model) -> Price | None:
        """Return what a model costs by the price table as it is now; None when it has none."""
        return price_of(self._rules.policy.prices, model.name)

    def hold(self, person: str, model: Model, amount: Decimal) -> AbstractContextManager[None]:
        """Keep what a call may cost back while it lasts; raises BudgetSpent when a budget does not have it.

        Raises LeftAlone when what is left is held back for others, or when the call cannot be held to its budget.
        """
        budgets = self._rules.policy.budgets
        if model.tier == "local" or not budgets.are_of_money:
            return nullcontext()
        if sentence := unpriced(budgets, self._rules.policy.prices, model.name):
            raise LeftAlone("spend_limit", sentence)
        if self._sums is None:
            raise LeftAlone("spend_limit", f"What {model.name} has cost so far cannot be read, and there is a budget.")
        now = self._clock.now()
        self._sums.turn(timestamp(now))
        for limit in self._limits(person):
            _check(limit, self._sums, amount, now)
        return self._sums.hold(person, amount)

    def add(self, row: Usage) -> None:
        """Count a call that has ended; at once, whether or not its row can be written: the money is gone."""
        if self._sums is not None:
            self._sums.add(row)

    async def _known(self) -> Sums:
        async with self._reading:
            if self._sums is None:
                at = timestamp(self._clock.now())
                external = await self._store.find(Usage, {"tier": "external", "at": Above(at[:MONTH])})
                local = await self._store.find(Usage, {"tier": "local", "at": Above(at[:DAY])})
                self._sums = Sums(at, [*external, *local])
        self._sums.turn(timestamp(self._clock.now()))
        return self._sums

    def _limits(self, person: str) -> Iterator[_Limit]:
        """Yield every budget that a call on behalf of this person has to keep to."""
        budgets, people = self._rules.policy.budgets, self._rules.people
        if budgets.external_per_month is not None:
            yield _Limit("The month's budget", budgets.external_per_month, None)
        if budgets.external_per_person is not None:
            yield _Limit(f"The budget of {people.name(person)}", budgets.external_per_person, (person,))
        for team, amount in budgets.external_per_team.items():
            if person in (members := people.members([team])):
                yield _Limit(f"The budget of the group {team}", amount, members)


def _check(limit: _Limit, sums: Sums, amount: Decimal, now: datetime) -> None:
    used = sums.cost(limit.people)
    if used + sums.held(limit.people) + amount <= limit.amount:
        return
    if used + amount <= limit.amount:
        raise LeftAlone("rate_limited", f"{limit.whose} for external models is held back by calls that are under way.")
    anew = (now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    left = f"{used:.2f} of {limit.amount:.2f} USD are used"
    message = f"{limit.whose} for external models is spent: {left}. It begins anew on {anew:%Y-%m-%d} (UTC)."
    raise BudgetSpent(message, timestamp(anew))
