"""`sayso serve` and `sayso check` with a Slack: connected where its tokens are set, and not a word of them anywhere."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.chat_settings import load_slack_settings
from adapters.settings import Settings
from orchestration.errors import ConfigurationError
from tests.support.serving import start
from tests.support.slack import APP_TOKEN, BOT_TOKEN, SlackServer, buttons
from tests.support.slack_world import SUBSCRIPTIONS, workspace
from tests.support.terminal import PROGRAM, SECONDS, Terminal


def tokens(slack: SlackServer, **changes: str) -> dict[str, str]:
    """Return the environment of an installation in the local Slack."""
    return {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_API_URL": slack.api_url, **changes}


@asynccontextmanager
async def serving(folder: Path, **settings: str) -> AsyncIterator["subprocess.Popen[str]"]:
    """Run a serve of the shipped example."""
    process = start(Terminal(folder), **settings)
    try:
        yield process
    finally:
        process.terminate()
        await asyncio.to_thread(process.communicate, timeout=SECONDS)


async def page(url: str, token: str = "") -> Any:
    """Return a page of the serve."""
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as got:
        assert got.status == 200
        return await (got.json() if got.content_type == "application/json" else got.text())


@pytest.mark.slow
async def test_the_homelab_is_run_from_slack(tmp_path: Path) -> None:
    """A real serve, the shipped files, real tools: asked in a channel, approved by somebody else, proven."""
    async with SlackServer(workspace()) as slack:
        slack.people.subscriptions = SUBSCRIPTIONS
        async with serving(tmp_path, **tokens(slack)):
            await slack.sockets.wait_connected(seconds=30)
            delivery = await slack.people.mention("U7", "C1", "deploy kuma and add portals")
            card = await slack.ledger.until(lambda: slack.ledger.thread("C1", delivery.ts), 30)
            await slack.ledger.until(lambda: "Approve" in buttons(card[0]), 30)
            assert (await slack.people.click("U7", card[0], "Approve")).acked
            await slack.ledger.until(lambda: "You can't approve" in str(slack.ledger.ephemerals("U7")))
            assert (await slack.people.click("U8", card[0], "Approve")).acked
            await slack.ledger.until(lambda: any(one.files for one in slack.ledger.thread("C1", delivery.ts)), 100)
            assert "PASS" in card[0].shown
            assert slack.mentions() == []


async def test_a_serve_over_http_answers_only_slack(tmp_path: Path) -> None:
    """With a signing secret and a public address the pages take Slack's requests, and no others."""
    async with SlackServer(workspace()) as slack:
        settings = {"SLACK_SIGNING_SECRET": slack.signing_secret, "SAYSO_PUBLIC_URL": "http://localhost"}
        async with serving(tmp_path, **tokens(slack, **settings)) as process:
            assert process.stdout is not None
            line = await asyncio.to_thread(process.stdout.readline)
            url = line.split('"url": "')[1].split('"')[0]
            http = slack.use_http(f"{url}/slack/events")
            assert await http.verify_url() == "c4"
            assert not (await http.send(b"{}", {"Content-Type": "application/json"})).acked
            assert http.statuses == [200, 401]
            assert slack.sockets.connections == []
            assert (await page(f"{url}/health"))["chats"] == {"slack": "connected"}
            token = (Terminal(tmp_path).home / "keys" / "metrics.token").read_text().strip()
            assert 'sayso_chat_connected{platform="slack"} 1' in await page(f"{url}/metrics", token)


@pytest.mark.slow
async def test_check_says_what_slack_lacks(tmp_path: Path) -> None:
    """`sayso check` tries tokens and scopes, and names each that is missing."""
    async with SlackServer(workspace()) as slack:
        good = await checked(tmp_path, tokens(slack))
        assert "workspace T1" in good
        assert "slack socket" in good
        slack.api.tokens[BOT_TOKEN] -= {"files:write"}
        slack.limits.enabled = False
        lacking = await checked(tmp_path, tokens(slack))
        assert "lacks files:write (show the evidence)" in lacking
        wrong = await checked(tmp_path, tokens(slack, SLACK_BOT_TOKEN="xoxb-verysecret"))
        assert "invalid_auth" in wrong
        assert "verysecret" not in wrong


async def checked(folder: Path, settings: dict[str, str]) -> str:
    """Return what `sayso check` prints."""
    terminal = Terminal(folder)
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "check", cwd=terminal.folder, env={**terminal.environment(), **settings},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    out, _ = await process.communicate()
    return " ".join(out.decode().split())


@pytest.mark.parametrize(
    ("environment", "variable"),
    [
        ({"SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxp-1", "SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "x"}, "SLACK_APP_TOKEN"),
    ],
)
def test_tokens_that_do_not_fit_are_said(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], variable: str
) -> None:
    """What is missing or mixed up is named by its variable, without its value."""
    for name in [name for name in os.environ if name.startswith("SLACK_")]:
        monkeypatch.delenv(name)
    assert load_slack_settings(Settings()) is None
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        load_slack_settings(Settings())
    assert variable in str(refused.value)
    assert "-1" not in str(refused.value)
