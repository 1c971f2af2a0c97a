"""One plan on two platforms at once: asked in Slack, announced and decided in Discord, by people who are on both."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.discord.guild import GUILD, OPS
from tests.support.stage import House, small_owner
from tests.support.stage_connected import Joint
from tests.support.stage_discord import ANNOUNCED, DiscordStage
from tests.support.stage_slack import SlackStage

Story = Callable[[SlackStage, DiscordStage], AsyncIterator[None]]


async def asked_here_and_decided_there(slack: SlackStage, discord: DiscordStage) -> AsyncIterator[None]:
    """One yes in Discord is enough for what was asked in Slack; both tell of it, and a second yes comes too late."""
    await slack.say("ana", "deploy kuma")
    here = await slack.aim("Approve")
    await discord.sees("Ana asked: deploy kuma", "port 3001", "Needs one of operators", thread=ANNOUNCED)
    yield
    await discord.press("ben", "Approve", thread=ANNOUNCED)
    await discord.sees("Approved by Ben", "PASS", thread=ANNOUNCED)
    await slack.sees("Approved by Ben", "PASS")
    yield
    await slack.hit("cem", here)
    await slack.told("cem", "already")
    assert slack.world.tool.effects() == ["deploy_kuma"]
    yield


async def one_human_is_one_approver(slack: SlackStage, discord: DiscordStage) -> AsyncIterator[None]:
    """Of the two who have to say yes, whoever says it on both platforms is one; the other may say it on either."""
    await slack.say("ana", "wipe the disk")
    await slack.sees("Needs two of operators")
    yield
    await slack.press("ben", "Approve")
    await discord.sees("Ben said yes", "Needs one of operators (Cem)", thread=ANNOUNCED)
    yield
    await discord.press("ben", "Approve", thread=ANNOUNCED)
    await discord.told("ben", "still needs somebody else")
    await slack.sees("Ben said yes", "Needs one of operators (Cem)")
    await discord.sees("Ben said yes", "Needs one of operators (Cem)", thread=ANNOUNCED)
    assert slack.world.tool.effects() == []
    yield
    await discord.press("cem", "Approve", thread=ANNOUNCED)
    await discord.sees("Approved by Ben and Cem", "PASS", thread=ANNOUNCED)
    await slack.sees("Approved by Ben and Cem", "PASS")
    assert slack.world.tool.effects() == ["wipe"]
    yield


@asynccontextmanager
async def both(folder: Path) -> AsyncIterator[tuple[Joint, SlackStage, DiscordStage]]:
    """Run one Sayso with both, whose owner has plans announced in Discord."""
    owner = small_owner()
    owner.policy["announce"] = [f"discord:{GUILD}/{OPS}"]
    house = House(folder, owner)
    slack, discord = SlackStage(house), DiscordStage(house)
    joint = Joint(house, slack, discord)
    await joint.open()
    try:
        yield joint, slack, discord
    finally:
        await joint.close()


@pytest.mark.parametrize("story", [asked_here_and_decided_there, one_human_is_one_approver])
@pytest.mark.parametrize("restarts", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["straight", "restarted"])
async def test_a_journey_on_two_platforms(tmp_path: Path, story: Story, restarts: bool) -> None:
    """Votes are of people, wherever they cast them; also when Sayso is restarted between every two steps."""
    async with both(tmp_path) as (joint, slack, discord):
        async for _ in story(slack, discord):
            if restarts:
                await joint.restart()
