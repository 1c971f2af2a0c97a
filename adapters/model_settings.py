"""How models are reached: their keys and addresses, from the environment alone. Read by `llm/configured.py`.

The names of the models in `Settings` are what switches a provider on: a key that lies in the environment for some other
program sends nothing anywhere.
"""

import re
from collections.abc import Iterator

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from adapters.settings import Settings
from orchestration.errors import ConfigurationError, Problem

_ADDRESS = re.compile(r"(https?://)?[^\s/@]+(/[^\s@]*)?")
_HTTP = re.compile(r"https?://[^\s/@]+(/[^\s@]*)?")


class ModelSettings(BaseSettings):
    """One field for each variable, under the names that the providers themselves gave them."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    anthropic_api_key: SecretStr | None = None
    anthropic_base_url: str | None = None
    """Another address than Anthropic's own, such as a gateway's."""
    ollama_host: str | None = None
    """Where Ollama listens; 127.0.0.1:11434 when unset."""
    ollama_api_key: SecretStr | None = None
    """For an Ollama behind something that wants a bearer token."""


def load_model_settings(settings: Settings) -> ModelSettings | None:
    """Return how models are reached; None when no model is named. Raises ConfigurationError when something lacks."""
    if settings.external_model is None and settings.local_model is None:
        return None
    found = ModelSettings()
    problems = [Problem(name, None, "", message) for name, message in _problems(found, settings)]
    if problems:
        raise ConfigurationError(problems)
    return found


def _problems(found: ModelSettings, settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.external_model and found.anthropic_api_key is None:
        advice = "set it to a key of your Anthropic account, or take SAYSO_EXTERNAL_MODEL out"
        yield "ANTHROPIC_API_KEY", f"must be set for {settings.external_model}: {advice}"
    if settings.external_model and found.anthropic_base_url and not _HTTP.fullmatch(found.anthropic_base_url):
        yield "ANTHROPIC_BASE_URL", "must be a web address, such as https://api.anthropic.com"
    if settings.local_model and found.ollama_host and not _ADDRESS.fullmatch(found.ollama_host):
        yield "OLLAMA_HOST", "must be an address, such as 127.0.0.1:11434 or http://gpu.home.arpa:11434"
