"""One call of one model: within its budgets, timed, and written down whatever comes of it. Called by the chain."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from orchestration.errors import ModelFailed, Unavailable
from orchestration.models.breaker import LeftAlone
from orchestration.models.inquiry import Inquiry
from orchestration.models.ledger import Call, Ledger
from orchestration.models.repair import Rejected, usable
from orchestration.models.seat import Seat
from orchestration.models.spending import Spending
from orchestration.models.work import Answered
from orchestration.ports import Completion, Prompt, Tokens

T = TypeVar("T")
BYTES_A_TOKEN = 3
"""What input is counted as beforehand; on the safe side for most languages."""


class Calls:
    """Makes calls, and counts each against the budgets at the moment it ends."""

    def __init__(self, spending: Spending, ledger: Ledger, now: Callable[[], float]) -> None:
        self._spending = spending
        self._ledger = ledger
        self._now = now

    async def make(self, seat: Seat, inquiry: Inquiry[T], prompt: Prompt, seconds: float) -> Answered[T] | Rejected:
        """Ask once, and read what comes.

        Raises ModelFailed when nothing came, LeftAlone or BudgetSpent when the model was not even asked.
        """
        began, tier = self._now(), seat.model.tier
        completion = await self._completion(seat, inquiry, prompt, seconds)
        price = self._spending.price(seat.model)
        cost = price.cost(completion.tokens) if price else None
        call = Call(tier, completion.model, completion.tokens, cost, began)
        try:
            value = usable(completion, inquiry.read)
        except ModelFailed as failure:
            await self._note(inquiry, call, failure.trouble)
            return Rejected(prompt, completion.text, failure)
        await self._note(inquiry, call)
        return Answered(value, completion.model, tier)

    async def _completion(self, seat: Seat, inquiry: Inquiry[Any], prompt: Prompt, seconds: float) -> Completion:
        model, price = seat.model, self._spending.price(seat.model)
        most = price.most(_size(prompt), prompt.max_tokens + model.thinking_tokens) if price else None
        call = Call(model.tier, model.name, Tokens(), most, self._now())
        try:
            with self._spending.hold(inquiry.work.person, model, most or Decimal()):
                return await seat.complete(prompt, seconds)
        except LeftAlone:
            raise
        except ModelFailed as failure:
            # What was not waited for, or lost on its way, may have to be paid; how much is not told.
            ended = call if failure.may_cost or most is None else replace(call, cost=Decimal())
            await self._note(inquiry, ended, failure.trouble)
            raise
        except asyncio.CancelledError:
            with suppress(Unavailable):
                await self._note(inquiry, call, "cancelled")
            raise

    async def _note(self, inquiry: Inquiry[Any], call: Call, error: str | None = None) -> None:
        row = self._ledger.row(inquiry.work, call, self._now() - call.began, error)
        inquiry.calls.append(row)
        self._spending.add(row)
        await self._ledger.write(row)


def _size(prompt: Prompt) -> int:
    """Return how many tokens the input has at most."""
    texts = (prompt.instructions, prompt.data, json.dumps(prompt.schema) if prompt.schema else "")
    return sum(len(text.encode()) for text in texts) // BYTES_A_TOKEN + 1
