"""What `sayso check` says about models: whether they answer, what they cost, what is left."""

import asyncio
from pathlib import Path

import pytest

from tests.support.models.anthropic_server import KEY, AnthropicServer
from tests.support.models.anthropic_server import MODEL as EXTERNAL
from tests.support.models.ollama_server import MODEL as LOCAL
from tests.support.models.ollama_server import OllamaServer
from tests.support.terminal import Said, Terminal


def told(said: Said) -> dict[str, tuple[bool, str]]:
    """Return what was said about models and budgets."""
    lines = {line["what"]: (line["ok"], line["state"]) for line in said.rows}
    return {what: line for what, line in lines.items() if what.startswith(("model", "budget"))}


def test_without_a_model_the_rules_plan(tmp_path: Path) -> None:
    """That is a good state, and nothing is contacted for it."""
    found = told(Terminal(tmp_path).say("check", "--offline", "--json", ANTHROPIC_API_KEY="key"))
    assert found == {"models": (True, "none is named, so planning goes by rules alone")}


def test_offline_only_says_what_is_named(tmp_path: Path) -> None:
    """Nothing is asked, and what lacks is told all the same."""
    terminal = Terminal(tmp_path, {"SAYSO_LOCAL_MODEL": "qwen3:8b", "OLLAMA_HOST": "127.0.0.1:9"})
    said = terminal.say("check", "--offline", "--json")
    assert told(said) == {"models": (True, "qwen3:8b (local), not tried")}
    said = terminal.say("check", "--offline", SAYSO_EXTERNAL_MODEL=EXTERNAL, ANTHROPIC_API_KEY="")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"ANTHROPIC_API_KEY: must be set for {EXTERNAL}")


@pytest.mark.slow
async def test_each_model_says_how_it_is(tmp_path: Path) -> None:
    """One that answers, one that is not there; the price, and how much of each budget is used."""
    terminal = Terminal(tmp_path, {"SAYSO_LOCAL_MODEL": LOCAL, "SAYSO_EXTERNAL_MODEL": EXTERNAL})
    assert terminal.say("init", ".").code == 0
    policy = tmp_path / "policy.yml"
    policy.write_text(
        policy.read_text()
        + "budgets: {local_tokens_per_day: 1000, external_per_month: 20}\n"
        + f"prices: {{as_of: 2026-11-01, per_million: {{{EXTERNAL}: {{input: 4, output: 20}}}}}}\n"
    )
    async with OllamaServer() as ollama, AnthropicServer() as anthropic:
        keys = {"OLLAMA_HOST": ollama.url, "ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": anthropic.url}
        found = told(await asyncio.to_thread(terminal.say, "check", "--json", **keys))
        assert found == {
            f"model {LOCAL}": (True, "local, answers"),
            f"model {EXTERNAL}": (True, "external, answers, its price is known as of 2026-11-01"),
            "budget local_tokens_per_day": (True, "0 of 1000 tokens of today used"),
            "budget external_per_month": (True, "0.00 of 20.00 USD of this month used (external_per_month)"),
        }
        ollama.abilities.clear()
        said = await asyncio.to_thread(terminal.say, "check", "--json", **keys)
        assert said.code == 2
        good, sentence = told(said)[f"model {LOCAL}"]
        assert not good
        assert "ollama pull" in sentence
