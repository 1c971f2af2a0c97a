"""How models are reached: a name switches a provider on, and what lacks is told by its name alone."""

import pytest

from adapters.model_settings import load_model_settings
from adapters.settings import Settings
from orchestration.errors import ConfigurationError

NAMES = ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "OLLAMA_HOST", "OLLAMA_API_KEY")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the keys of whoever runs the tests."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_a_key_alone_switches_nothing_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in the environment for another program has nothing sent anywhere, and may be anything."""
    for name in NAMES:
        monkeypatch.setenv(name, "not an address @")
    assert load_model_settings(Settings()) is None


def test_each_provider_needs_its_own_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A local model needs nothing; what is set for the other one is not looked at."""
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "nonsense")
    found = load_model_settings(Settings(local_model="qwen3:8b"))
    assert found is not None
    assert (found.ollama_host, found.ollama_api_key) == (None, None)


@pytest.mark.parametrize("host", ["127.0.0.1", "gpu.home.arpa:11434", "https://gpu.home.arpa/ollama", "[::1]:11434"])
def test_where_ollama_may_be(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address as Ollama itself takes it: with or without a port or a scheme."""
    monkeypatch.setenv("OLLAMA_HOST", host)
    found = load_model_settings(Settings(local_model="qwen3"))
    assert found is not None
    assert found.ollama_host == host


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({}, "ANTHROPIC_API_KEY: must be set for claude-x: set it to a key of your Anthropic account, or take "),
        ({"ANTHROPIC_API_KEY": ""}, "ANTHROPIC_API_KEY: must be set"),
        (
            {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": "ftp://hunter2"},
            "ANTHROPIC_BASE_URL: must be a web address",
        ),
        ({"ANTHROPIC_API_KEY": "k", "OLLAMA_HOST": "http://ana:hunter2@host"}, "OLLAMA_HOST: must be an address"),
    ],
)
def test_what_lacks_is_told_with_what_to_do(
    variables: dict[str, str], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model without its key or with an address that is none stops the start; no value is repeated."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        load_model_settings(Settings(external_model="claude-x", local_model="qwen3"))
    assert str(refused.value).startswith(problem)
    assert "hunter2" not in str(refused.value)


def test_keys_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever prints the settings sees no secret."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "hunter2")
    monkeypatch.setenv("OLLAMA_API_KEY", "hunter2")
    assert "hunter2" not in repr(load_model_settings(Settings(external_model="claude-x", local_model="qwen3")))
