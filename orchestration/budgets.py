"""What models may cost, what they cost, and how long they may take: three keys of the policy.

Money is a whole number or a text such as "19.50", never a binary fraction, in the one currency of the price table.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, StringConstraints, WithJsonSchema

from orchestration.ports import Tokens
from orchestration.validation import Fault, Strict, names, shown, suggestion

MOST = 1_000_000_000
MILLION = 1_000_000
_AMOUNT = r"^\d{1,10}(\.\d{1,9})?$"


def _read_money(value: Any) -> Decimal:
    try:
        amount = Decimal("nan" if isinstance(value, bool) else str(value))
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite() or not 0 <= amount <= MOST:
        raise ValueError(f'must be an amount from 0 on, such as 20 or "0.50" (in quotes), not {shown(value)}')
    return amount


def _read_day(value: Any) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"must be a day, such as 2026-11-01, not {shown(value)}") from None


Money = Annotated[
    Decimal,
    PlainValidator(_read_money, json_schema_input_type=int | Annotated[str, StringConstraints(pattern=_AMOUNT)]),
]
Day = Annotated[date, PlainValidator(_read_day), WithJsonSchema({"type": "string", "format": "date"})]


class Budgets(Strict):
    """How much models may be used; a budget left out is none at all, and 0 forbids."""

    local_tokens_per_day: int | None = Field(ge=1, default=None)
    """Tokens that the local models are good for in a day (UTC); when less than a fifth is left, others are asked."""
    external_per_month: Money | None = None
    """What models that cost money may cost in a calendar month (UTC), all people together."""
    external_per_person: Money | None = None
    """The same for each person."""
    external_per_team: dict[str, Money] = {}
    """The same for all members of a group together."""

    @property
    def are_of_money(self) -> bool:
        """Return whether any of them bounds what is paid."""
        return bool(self.external_per_team) or (self.external_per_month, self.external_per_person) != (None, None)


class Price(Strict):
    """What a million tokens of one model cost."""

    input: Money
    output: Money
    cache_read: Money | None = None
    """Of input that the provider had kept; as `input` when left out."""
    cache_written: Money | None = None
    """Of input that the provider keeps from now on; as `input` when left out."""

    def cost(self, tokens: Tokens) -> Decimal:
        """Return what a call cost."""
        read = self.input if self.cache_read is None else self.cache_read
        written = self.input if self.cache_written is None else self.cache_written
        input_cost = tokens.input * self.input + tokens.cache_read * read + tokens.cache_written * written
        return (input_cost + tokens.output * self.output) / MILLION

    def most(self, input_tokens: int, output_tokens: int) -> Decimal:
        """Return what a call of that size can cost, whatever the provider does about keeping its input."""
        dearest = max(self.input, self.cache_written or Decimal(0))
        return (input_tokens * dearest + output_tokens * self.output) / MILLION


class Prices(Strict):
    """The price table, in USD."""

    as_of: Day
    """When these prices were looked up."""
    per_million: dict[str, Price] = Field(min_length=1)
    """By the model's name."""


class ModelRules(Strict):
    """What models are let do, and how long one call may take."""

    trusted_up_to: Literal["low", "medium", "high", "critical"] = "low"
    """The highest risk of an operation that is planned because a model chose it, without asking back first."""
    external_seconds: int = Field(ge=1, le=600, default=30)
    local_seconds: int = Field(ge=1, le=600, default=15)


def price_of(prices: Prices | None, model: str) -> Price | None:
    """Return the price of a model; None when the table has none."""
    return prices.per_million.get(model) if prices else None


def unpriced(budgets: Budgets, prices: Prices | None, model: str) -> str | None:
    """Return why a model that costs money cannot be held to its budget, as a sentence with what to do; else None."""
    if not budgets.are_of_money or price_of(prices, model):
        return None
    known: Mapping[str, Price] = prices.per_million if prices else {}
    advice = "add it under «prices: per_million:», or take the budgets for external models out"
    return f"There is a budget for external models but no price for «{model}»: {advice}.{suggestion(model, known)}"


def team_faults(data: object, groups: set[str]) -> Iterator[Fault]:
    """Yield the teams of a policy's budgets that are no group: their budget would bind nobody."""
    budgets = data.get("budgets") if isinstance(data, dict) else None
    for team in sorted(names(budgets, "external_per_team") - groups):
        message = f"unknown group «{team}»: nobody is in it.{suggestion(team, groups)}"
        yield Fault(("budgets", "external_per_team", team), message)
