"""What `sayso check` says about models: whether they can be asked, what they cost, and what is left of the budgets."""

from collections.abc import Iterator
from datetime import UTC, datetime

from adapters.cli.session import Context, looking
from adapters.llm.configured import configured_models
from adapters.model_settings import load_model_settings
from adapters.model_usage import budgets
from orchestration.budgets import price_of
from orchestration.ports import Model, Tier

Line = tuple[str, bool, str]
"""What was looked at, whether it is good, and how it stands."""
NONE: Line = ("models", True, "none is named, so planning goes by rules alone")


def named_models(context: Context) -> list[Line]:
    """Return what is set, with nothing contacted; raises ConfigurationError when something lacks."""
    if load_model_settings(context.settings) is None:
        return [NONE]
    named = [f"{name} ({tier})" for tier, name in _named(context)]
    return [("models", True, f"{', '.join(named)}, not tried")]


async def tried_models(context: Context) -> list[Line]:
    """Return what models themselves say, and what is left of the budgets; the database is there by then."""
    async with configured_models(context.settings) as models:
        if not models:
            return [NONE]
        found = [(model, await model.missing()) for model in models.values()]
    async with looking(context) as (_, reader):
        used = await budgets(reader, context.rules, datetime.now(UTC))
    lines = [
        (f"model {model.name}", not lacks, lacks or f"{model.tier}, answers{_price(context, model)}")
        for model, lacks in found
    ]
    return [*lines, *((f"budget {budget.name}", True, str(budget)) for budget in used)]


def _named(context: Context) -> Iterator[tuple[Tier, str]]:
    if context.settings.local_model:
        yield "local", context.settings.local_model
    if context.settings.external_model:
        yield "external", context.settings.external_model


def _price(context: Context, model: Model) -> str:
    prices = context.configuration.policy.prices
    if model.tier == "local":
        return ""
    if prices and price_of(prices, model.name):
        return f", its price is known as of {prices.as_of}"
    return "; the policy has no price for it, so nobody counts what it costs: add it under «prices: per_million:»"
