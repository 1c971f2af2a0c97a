"""The models that settings name: made of them, reached through them, closed again, and none without a name."""

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.home import Home
from adapters.llm.configured import configured_models
from adapters.settings import Settings
from adapters.wiring import open_sayso
from orchestration.errors import ConfigurationError
from tests.support.models.anthropic_server import KEY, AnthropicServer
from tests.support.models.anthropic_server import MODEL as EXTERNAL
from tests.support.models.ollama_server import MODEL as LOCAL
from tests.support.models.ollama_server import OllamaServer
from tests.support.world import Owner


async def test_both_models_are_reached_where_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each under its tier and its name, at its address, with its key."""
    async with OllamaServer() as ollama, AnthropicServer() as anthropic:
        monkeypatch.setenv("OLLAMA_HOST", ollama.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", anthropic.url)
        async with configured_models(Settings(local_model=LOCAL, external_model=EXTERNAL)) as models:
            assert {tier: model.name for tier, model in models.items()} == {"local": LOCAL, "external": EXTERNAL}
            assert [await model.missing() for model in models.values()] == [None, None]
            assert {model.tier for model in models.values()} == {"local", "external"}


async def test_without_a_name_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A key in the environment makes no model, and a Sayso without models runs."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key")
    home = Home(tmp_path / "home")
    settings = Settings(home=home.path, workspace=tmp_path)
    async with configured_models(settings) as models:
        assert models == {}
    with home.own("test"):
        async with open_sayso(settings, Owner().configuration(), home) as sayso:
            assert not sayso.models.is_there


async def test_a_model_that_is_named_is_there_in_a_sayso(tmp_path: Path) -> None:
    """Nothing is contacted for it at the start: a model that is away keeps nobody from working."""
    home = Home(tmp_path / "home")
    settings = Settings(home=home.path, workspace=tmp_path, local_model=LOCAL)
    with home.own("test"):
        async with open_sayso(settings, Owner().configuration(), home) as sayso:
            assert sayso.models.is_there
            assert sayso.models.left_alone == {"local": False}


async def test_a_key_that_lacks_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Before anything is opened or written."""
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    home = Home(tmp_path / "home")
    settings = Settings(home=home.path, workspace=tmp_path, external_model=EXTERNAL)
    with home.own("test"), pytest.raises(ConfigurationError, match="ANTHROPIC_API_KEY: must be set"):
        async with open_sayso(settings, Owner().configuration(), home):
            pass
    assert not home.database.exists()


def test_no_model_no_sdk() -> None:
    """Whoever names no model pays for no provider's client."""
    program = (
        "import sys, adapters.wiring, adapters.cli.main\nprint(*({'anthropic', 'ollama', 'httpx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""
