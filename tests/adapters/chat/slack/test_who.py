"""Who counts in Slack: what Slack said of somebody before is not what it says now."""

from pathlib import Path

import pytest

from adapters.chat.slack.members import Members
from orchestration.people import load_people
from orchestration.records import Event
from tests.support.slack import SlackServer
from tests.support.slack_world import open_slack_world, owner


@pytest.mark.slow
async def test_who_is_refused_is_looked_up_once_for_a_home_tab(slack: SlackServer, tmp_path: Path) -> None:
    """A guest's tab is not kept current: each look would be one more refusal on the record."""
    async with open_slack_world(tmp_path, slack) as world:
        await slack.people.open_home("U20")
        await world.until(lambda: "Guests can" in str(slack.modals.homes.get("U20")))
        await slack.people.open_home("U8")
        await world.ask("start alpha")
        await world.until(lambda: "Start alpha" in str(slack.modals.homes.get("U8")))
        assert len(await world.world.sayso.store.find(Event, {"name": "access.denied"})) == 1


async def test_a_person_who_became_a_guest_decides_nothing_more(
    slack: SlackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Slack said of somebody counts for a moment only."""
    monkeypatch.setattr("adapters.chat.slack.identity.FRESH_SECONDS", 0.0)
    async with open_slack_world(tmp_path, slack) as world:
        card = await world.ask("start alpha")
        await slack.people.click("U8", card, "Details")
        await world.until(lambda: slack.modals.top("U8"))
        slack.workspace.people["U8"].is_restricted = True
        await slack.people.click("U8", card, "Approve")
        await world.until(lambda: "Guests can" in world.told("U8"))
        assert world.world.tool.effects() == []


async def test_a_group_that_is_declared_anew_has_none_of_its_former_members(slack: SlackServer, tmp_path: Path) -> None:
    """Members of the user group that it was before do not count while Slack does not say who is in the new one."""
    files = owner()
    files.people["groups"] = {"operators": {"slack_usergroup": "S1"}}
    files.people["people"]["dan"] = {"name": "Dan", "slack": "T1/U10", "groups": ["everyone"]}
    async with open_slack_world(tmp_path, slack, files) as world:
        rules = world.world.sayso.setting.rules
        members = Members(world.adapter.client, rules, "T1")
        await members.load()
        assert "dan" in rules.people.members(["operators"])
        slack.faults.fail("usergroups.users.list", times=100)
        await members.load()
        assert "dan" in rules.people.members(["operators"])
        files.people["groups"] = {"operators": {"slack_usergroup": "S2"}}
        rules.go_by(rules.policy, load_people(files.people))
        await members.load()
        assert "dan" not in rules.people.members(["operators"])


async def test_names_of_people_mention_nobody(slack: SlackServer, tmp_path: Path) -> None:
    """Also where only one person is told, what the owner called somebody is a name and nothing else."""
    files = owner()
    files.people["people"]["ana"]["name"] = "Ana <!here> @everyone"
    async with open_slack_world(tmp_path, slack, files) as world:
        await world.ask("start alpha")
        await slack.people.mention("U8", "C1", "plans")
        await world.until(lambda: "Ana" in world.told("U8"))
        assert slack.mentions() == []
