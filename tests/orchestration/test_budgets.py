"""The keys of the policy about models: what is taken, what is refused, and what things cost."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from adapters import yaml_files
from adapters.schemas import schema
from orchestration.budgets import Budgets, ModelRules, price_of, unpriced
from orchestration.people import load_people
from orchestration.policy import Policy, load_policy
from orchestration.ports import Tokens
from orchestration.validation import Fault, InvalidData
from tests.support.world import CATALOGUE, PEOPLE, POLICY

TEXT = """
budgets:
  {local_tokens_per_day: 200000, external_per_month: 20, external_per_person: "5.50", external_per_team: {operators: 0}}
prices:
  as_of: 2026-11-01
  per_million:
    claude-opus-5-5: {input: 4, output: 20, cache_read: "0.40", cache_written: 5}
    claude-haiku-5-5: {input: "0.10", output: "0.50"}
models: {external_seconds: 60}
"""
"""As an owner writes it."""
PRICED = {"as_of": "2026-11-01", "per_million": {"m": {"input": 1, "output": 1}}}


def loaded(**values: Any) -> Policy:
    """Return the policy of the tests with more keys."""
    return load_policy({**POLICY, **values}, load_people(PEOPLE), set(CATALOGUE["operations"]))


def faults(**values: Any) -> list[Fault]:
    """Return what is wrong with more keys."""
    with pytest.raises(InvalidData) as refused:
        loaded(**values)
    return refused.value.faults


def test_what_an_owner_writes_is_taken_exactly() -> None:
    """Amounts are decimal from the file on; what is left out of a price costs what input costs."""
    data, _ = yaml_files.parse(TEXT, "policy.yml")
    policy = loaded(**data)
    assert policy.budgets == Budgets.model_construct(
        local_tokens_per_day=200_000,
        external_per_month=Decimal(20),
        external_per_person=Decimal("5.50"),
        external_per_team={"operators": Decimal(0)},
    )
    assert policy.prices is not None
    assert policy.prices.as_of == date(2026, 11, 1)
    assert (policy.models.external_seconds, policy.models.local_seconds) == (60, 15)
    haiku = price_of(policy.prices, "claude-haiku-5-5")
    assert haiku is not None
    assert haiku.cost(Tokens(1_000_000, 1_000_000, 1_000_000, 1_000_000)) == Decimal("0.80")


def test_without_the_keys_there_is_no_budget() -> None:
    """An owner who says nothing bounds nothing; calls take 30 and 15 seconds at most."""
    policy = loaded()
    assert not policy.budgets.are_of_money
    assert (policy.budgets.local_tokens_per_day, policy.prices) == (None, None)
    assert policy.models == ModelRules(external_seconds=30, local_seconds=15)


@pytest.mark.parametrize(
    ("values", "path", "message"),
    [
        (
            {"budgets": {"external_per_month": "a lot"}},
            ("budgets", "external_per_month"),
            'must be an amount from 0 on, such as 20 or "0.50" (in quotes), not «a lot»',
        ),
        ({"budgets": {"external_per_person": -1}}, ("budgets", "external_per_person"), "must be an amount from 0 on"),
        (
            {"budgets": {"external_per_person": "NaN"}},
            ("budgets", "external_per_person"),
            "must be an amount from 0 on",
        ),
        ({"budgets": {"external_per_person": "1e99"}}, ("budgets", "external_per_person"), "must be an amount"),
        ({"budgets": {"external_per_month": True}}, ("budgets", "external_per_month"), "must be an amount from 0 on"),
        ({"budgets": {"external_per_month": [1]}}, ("budgets", "external_per_month"), "must be an amount from 0 on"),
        (
            {"budgets": {"external_per_team": {"operatrs": 1}}},
            ("budgets", "external_per_team", "operatrs"),
            "unknown group «operatrs»: nobody is in it. Did you mean «operators»?",
        ),
        (
            {"budgets": {"external_per_team": {"operators": "x"}}},
            ("budgets", "external_per_team", "operators"),
            "must be an amount",
        ),
        ({"budgets": {"external_per_team": 5}}, ("budgets", "external_per_team"), "must be keys and values, not 5"),
        ({"budgets": 5}, ("budgets",), "must be keys and values, not 5"),
        (
            {"budgets": {"local_tokens_per_day": 0}},
            ("budgets", "local_tokens_per_day"),
            "must be at least 1, not 0",
        ),
        (
            {"budgets": {"per_month": 1}},
            ("budgets", "per_month"),
            "is not a key here. Did you mean «external_per_month»?",
        ),
        ({"prices": {"per_million": PRICED["per_million"]}}, ("prices", "as_of"), "is missing: add «as_of:»"),
        (
            {"prices": {**PRICED, "as_of": "November"}},
            ("prices", "as_of"),
            "must be a day, such as 2026-11-01, not «November»",
        ),
        ({"prices": {**PRICED, "per_million": {}}}, ("prices", "per_million"), "must not be empty"),
        (
            {"prices": {**PRICED, "per_million": {"m": {"input": 1}}}},
            ("prices", "per_million", "m", "output"),
            "is missing: add «output:»",
        ),
        ({"models": {"local_seconds": 0}}, ("models", "local_seconds"), "must be at least 1, not 0"),
        ({"models": {"external_seconds": 601}}, ("models", "external_seconds"), "must be at most 600, not 601"),
        ({"models": {"local_seconds": "15s"}}, ("models", "local_seconds"), "must be a whole number, not «15s»"),
    ],
)
def test_a_mistake_is_told(values: dict[str, Any], path: tuple[str | int, ...], message: str) -> None:
    """Each with its key and what to write instead, so that nobody believes in a bound that is none."""
    (fault,) = faults(**values)
    assert fault.path == path
    assert fault.message.startswith(message)


def test_an_amount_without_quotes_is_told_where_the_file_is_read() -> None:
    """The files have whole numbers only; a fraction of a dollar is a text."""
    with pytest.raises(Exception, match=r'«0\.50» is not a plain whole number: .* in quotes, "0\.50"'):
        yaml_files.parse("budgets: {external_per_month: 0.50}", "policy.yml")


@pytest.mark.parametrize(
    ("tokens", "cost"),
    [
        (Tokens(1_000_000, 0), "4"),
        (Tokens(0, 1_000_000), "20"),
        (Tokens(cache_read=1_000_000), "0.40"),
        (Tokens(cache_written=1_000_000), "5"),
        (Tokens(1, 1), "0.000024"),
        (Tokens(), "0"),
    ],
)
def test_what_a_call_costs(tokens: Tokens, cost: str) -> None:
    """Each kind of token by its own price, exactly."""
    data, _ = yaml_files.parse(TEXT, "policy.yml")
    price = price_of(loaded(**data).prices, "claude-opus-5-5")
    assert price is not None
    assert price.cost(tokens) == Decimal(cost)
    assert price.most(tokens.total, tokens.output) >= price.cost(tokens)


def test_a_budget_of_money_needs_a_price() -> None:
    """What a model costs must be known before it is bounded; a budget of tokens asks for no price."""
    data, _ = yaml_files.parse(TEXT, "policy.yml")
    policy = loaded(**data)
    assert unpriced(policy.budgets, policy.prices, "claude-opus-5-5") is None
    sentence = unpriced(policy.budgets, policy.prices, "claude-opus-5-4")
    assert sentence is not None
    assert sentence.startswith("There is a budget for external models but no price for «claude-opus-5-4»: add it")
    assert sentence.endswith("Did you mean «claude-opus-5-5»?")
    assert unpriced(policy.budgets, None, "claude-opus-5-5") is not None
    assert unpriced(loaded(budgets={"local_tokens_per_day": 200}).budgets, None, "claude-opus-5-5") is None


def test_the_editor_knows_the_keys() -> None:
    """The schema takes whole numbers and texts for money, a day for the price table, and says what the keys mean."""
    parts = json.loads(schema("policy"))["$defs"]
    money = parts["Price"]["properties"]["input"]["anyOf"]
    assert [one["type"] for one in money] == ["integer", "string"]
    assert parts["Prices"]["properties"]["as_of"]["format"] == "date"
    assert parts["Budgets"]["properties"]["external_per_person"]["description"] == "The same for each person."
    assert parts["ModelRules"]["properties"]["local_seconds"]["maximum"] == 600
