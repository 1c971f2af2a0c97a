"""The app as it is installed has exactly what the code uses."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.chat.slack import surface
from tests.support import slack_world
from tests.support.json_schema import faults

ROOT = Path(__file__).parents[4]
SCHEMA = Path(os.environ.get("SLACK_MANIFEST_SCHEMA", ROOT.parent / "shared/schemas/slack-manifest-schema.json"))


def manifest() -> Any:
    """Return the manifest."""
    return yaml.safe_load((ROOT / "manifest.yml").read_text())


def test_the_manifest_has_what_the_code_uses() -> None:
    """Commands, shortcuts, events and scopes are the same on both sides, none more and none less."""
    found = manifest()
    assert [one["command"] for one in found["features"]["slash_commands"]] == [surface.COMMAND]
    assert [one["callback_id"] for one in found["features"]["shortcuts"]] == [surface.SHORTCUT]
    assert sorted(found["settings"]["event_subscriptions"]["bot_events"]) == sorted(surface.EVENTS)
    assert sorted(found["oauth_config"]["scopes"]["bot"]) == sorted(surface.SCOPES)
    assert found["features"]["app_home"]["home_tab_enabled"]
    assert found["settings"]["socket_mode_enabled"]
    assert found["settings"]["interactivity"]["is_enabled"]


def test_the_tests_subscribe_to_what_the_manifest_does() -> None:
    """The local Slack delivers no event that the installed app would not get."""
    assert set(surface.EVENTS) >= slack_world.SUBSCRIPTIONS


@pytest.mark.skipif(not SCHEMA.exists(), reason="Slack's schema of manifests is not here")
def test_the_manifest_is_valid_by_slacks_own_schema() -> None:
    """Slack's JSON schema, where it is at hand, takes the manifest, and minds a planted fault."""
    schema = json.loads(SCHEMA.read_text())
    found = manifest()
    assert list(faults(found, schema, schema)) == []
    found["settings"]["socket_mode"] = True
    found["features"]["slash_commands"][0]["command"] = "sayso"
    assert len(list(faults(found, schema, schema))) >= 2
