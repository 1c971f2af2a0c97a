"""Draw the pictures of the README: `python -m tests.pictures`, where Chromium is installed.

A real `sayso serve` is asked in a local chat server; what is visible there is drawn as a page, and Chromium takes the
picture. Nothing is taken from anywhere else.
"""

import asyncio
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.discord.guild import ANA, GUILD
from tests.support.discord.picture import render_html as discord_html
from tests.support.discord.server import TOKEN, DiscordServer
from tests.support.serving import start
from tests.support.slack import APP_TOKEN, BOT_TOKEN, SlackServer, buttons
from tests.support.slack import render_html as slack_html
from tests.support.slack_world import SUBSCRIPTIONS, workspace
from tests.support.terminal import SECONDS, Terminal

IMAGES = Path(__file__).parent.parent / "docs" / "images"
REQUEST = "Deploy Kuma and add existing portals to config"
LAST_OF_PREVIEW = "monitors.yml 8"
WIDTH = 720
MEASURED = "<script>document.title = document.querySelector('.message').getBoundingClientRect().height</script>"


@asynccontextmanager
async def served(**settings: str) -> AsyncIterator[None]:
    """Run a `sayso serve` on the shipped example."""
    process = start(Terminal(Path(tempfile.mkdtemp())), **settings)
    try:
        yield
    finally:
        process.terminate()
        await asyncio.to_thread(process.communicate, timeout=SECONDS)


async def slack_page() -> str:
    """Return the page of a plan's message in Slack."""
    async with SlackServer(workspace()) as slack:
        slack.people.subscriptions = SUBSCRIPTIONS
        tokens = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_API_URL": slack.api_url}
        async with served(**tokens):
            await slack.sockets.wait_connected(seconds=30)
            asked = await slack.people.mention("U7", "C1", REQUEST)
            [card, *_] = await slack.ledger.until(lambda: slack.ledger.thread("C1", asked.ts), 30)
            await slack.ledger.until(lambda: "Approve" in buttons(card) and LAST_OF_PREVIEW in card.shown, 60)
            return slack_html(card)


async def discord_page() -> str:
    """Return the page of a plan's message in Discord."""
    async with DiscordServer() as discord:
        where = {"DISCORD_API_URL": discord.api_url, "DISCORD_GATEWAY_URL": discord.gateway_url}
        async with served(DISCORD_TOKEN=TOKEN, DISCORD_GUILD_ID=str(GUILD), **where):
            await discord.until(lambda: discord.gateway.session is not None, 30)
            await discord.people.mention(ANA, REQUEST)
            await discord.shows(LAST_OF_PREVIEW, seconds=60)
            return discord_html(discord.card())


def draw(page: str, name: str) -> None:
    """Have Chromium take a picture of a page, as high as what is on it."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page + MEASURED, encoding="utf-8")
        measured = _chromium(folder, "--dump-dom", f"--window-size={WIDTH},2000", source.as_uri())
        [height] = re.findall(r"<title>([\d.]+)", measured)
        size = f"--window-size={WIDTH},{round(float(height))}"
        _chromium(folder, f"--screenshot={IMAGES / name}", size, source.as_uri())


def _chromium(folder: str, *arguments: str) -> str:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert browser, "there is no Chromium here"
    plain = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}"]
    done = subprocess.run([browser, *plain, *arguments], check=True, capture_output=True, timeout=60)
    return done.stdout.decode()


def main() -> None:
    """Draw them all."""
    IMAGES.mkdir(exist_ok=True)
    draw(asyncio.run(slack_page()), "slack-plan.png")
    draw(asyncio.run(discord_page()), "discord-plan.png")


if __name__ == "__main__":
    main()
