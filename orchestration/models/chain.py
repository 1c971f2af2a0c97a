"""Brings a piece of work to a model, and to the other one when the first gives no answer that can be used.

Called by the assisted reading and by the tool `research`. One deadline holds for all tries, every call keeps to the
budgets, and each is written down before its answer is used.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from orchestration.errors import BudgetSpent, ModelFailed
from orchestration.models.breaker import LeftAlone
from orchestration.models.calls import Calls
from orchestration.models.choice import Choice, Complexity, choose, quota_unknown
from orchestration.models.inquiry import Inquiry
from orchestration.models.ledger import Ledger
from orchestration.models.repair import Rejected, again
from orchestration.models.seat import Seat, writable
from orchestration.models.spending import Spending
from orchestration.models.work import Answered, Work
from orchestration.policy import Rules
from orchestration.ports import Clock, Model, Prompt, Store, Tier

T = TypeVar("T")
REPAIRS = 2
"""How often one model is asked again for one piece of work."""
SHORTEST_SECONDS = 1.0
"""With less time than this nothing is begun."""


class Models:
    """The models that there are, at most one of each kind."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        rules: Rules,
        models: Mapping[Tier, Model],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rules = rules
        self._now = now
        self._ledger = Ledger(store, clock)
        self._spending = Spending(store, clock, rules)
        self._calls = Calls(self._spending, self._ledger, now)
        self._seats = [Seat(model, now) for model in models.values()]

    @property
    def is_there(self) -> bool:
        """Return whether there is any model."""
        return bool(self._seats)

    @property
    def left_alone(self) -> dict[Tier, bool]:
        """Return of each model whether it is not asked just now, since it has failed."""
        return {seat.model.tier: seat.is_left_alone for seat in self._seats}

    async def ask(self, work: Work, prompt: Prompt, read: Callable[[str], T]) -> Answered[T]:
        """Return the first answer that `read` takes.

        `read` raises Unusable with what is wrong; the model then sees that and is asked again, at most twice.
        Raises ModelFailed when no answer can be used, BudgetSpent when a spent budget alone stands in the way, and
        Unavailable when what happened cannot be written down.
        """
        if not self._seats:
            raise ModelFailed("no_model", f"There is no model that could be asked for {work}.")
        deadline = self._now() + work.seconds
        inquiry = Inquiry(work, prompt, read, await self._choose(work.complexity), deadline)
        answered = await self._first_answer(inquiry)
        await self._ledger.decide(inquiry, answered)
        if answered is None:
            raise inquiry.error()
        return answered

    async def _choose(self, complexity: Complexity) -> Choice:
        try:
            return choose(complexity, await self._spending.quota())
        except Exception as error:  # noqa: BLE001 (a figure that cannot be read must not keep work from being done)
            return quota_unknown(error)

    async def _first_answer(self, inquiry: Inquiry[T]) -> Answered[T] | None:
        order = sorted(self._seats, key=lambda seat: seat.model.tier != inquiry.choice.tier)
        for place, seat in enumerate(order, start=1):
            try:
                return await self._answer(seat, inquiry, order[place:])
            except (ModelFailed, BudgetSpent) as error:
                inquiry.failures[seat.model.tier] = error
                why = writable(str(error))
                logging.getLogger(__name__).warning("No answer of %s for %s: %s", seat.model.name, inquiry.work, why)
        return None

    async def _answer(self, seat: Seat, inquiry: Inquiry[T], others: Sequence[Seat]) -> Answered[T]:
        """Ask one model until its answer can be used; raises ModelFailed or BudgetSpent."""
        if others and seat.is_short:
            raise LeftAlone("rate_limited", f"{seat.model.name} is nearly at its provider's limits just now.")
        seconds = self._seconds(seat, inquiry, others)
        outcome = await self._calls.make(seat, inquiry, inquiry.prompt, seconds)
        for _ in range(REPAIRS):
            if isinstance(outcome, Answered):
                return outcome
            outcome = await self._repaired(seat, inquiry, outcome, others)
        if isinstance(outcome, Rejected):
            raise outcome.failure
        return outcome

    async def _repaired(
        self, seat: Seat, inquiry: Inquiry[T], rejected: Rejected, others: Sequence[Seat]
    ) -> Answered[T] | Rejected:
        """Ask once more; raises what was wrong when that is of no use, or when there is no time or money for it."""
        prompt = again(inquiry.prompt, rejected)
        try:
            return await self._calls.make(seat, inquiry, prompt, self._seconds(seat, inquiry, others))
        except (LeftAlone, BudgetSpent):
            raise rejected.failure from None

    def _seconds(self, seat: Seat, inquiry: Inquiry[Any], others: Sequence[Seat]) -> float:
        """Return how long a call may take; raises LeftAlone when there is no time for one."""
        left = inquiry.deadline - self._now()
        if left < SHORTEST_SECONDS:
            raise LeftAlone("timeout", f"There was no time left to ask {seat.model.name}.")
        allowed = self._allowed(seat.model.tier)
        if inquiry.work.purpose == "research":
            allowed = max(allowed, left - sum(self._allowed(other.model.tier) for other in others))
        return min(left, allowed)

    def _allowed(self, tier: Tier) -> float:
        times = self._rules.policy.models
        return times.external_seconds if tier == "external" else times.local_seconds
