"""The models that this installation names. Called by the wiring, and by `check`.

The SDK of a provider is imported only where a model of it is named: it takes time and memory, and nobody else needs it.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import Any, Protocol

from pydantic import SecretStr

from adapters.model_settings import ModelSettings, load_model_settings
from adapters.settings import Settings
from orchestration.ports import Model, Tier


class Connected(Model, Protocol):
    """A model behind a client of its provider."""

    async def close(self) -> None:
        """Close the client."""


@asynccontextmanager
async def configured_models(settings: Settings) -> AsyncIterator[Mapping[Tier, Model]]:
    """Yield the named models, none when there are none; raises ConfigurationError when something of one lacks."""
    found = load_model_settings(settings)
    async with AsyncExitStack() as stack:
        models = list(_connected(settings, found)) if found else []
        for model in models:
            stack.push_async_callback(model.close)
        yield {model.tier: model for model in models}


def _connected(settings: Settings, found: ModelSettings) -> Iterator[Connected]:
    if settings.local_model:
        ollama: Any = import_module("adapters.llm.ollama")
        yield ollama.OllamaModel(settings.local_model, found.ollama_host, _plain(found.ollama_api_key))
    if settings.external_model:
        anthropic: Any = import_module("adapters.llm.anthropic")
        key, address = _plain(found.anthropic_api_key), found.anthropic_base_url
        yield anthropic.AnthropicModel(settings.external_model, key, address)


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
