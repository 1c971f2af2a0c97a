"""Whom Slack counts into the owner's groups: the members of user groups and channels, kept up to date."""

import asyncio
from collections.abc import Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.chat.slack.calls import called
from adapters.chat.slack.places import PLATFORM
from adapters.log import Log
from bot.chat import SendLater, SendRefused
from orchestration.people import Group
from orchestration.policy import Rules
from orchestration.ports import Committed

EVERY_SECONDS = 300.0
SETTLED_SECONDS = 0.1
"""How long a change waits for the others that come with it."""


class Members:
    """Tells the rules who is in which group."""

    def __init__(self, client: AsyncWebClient, rules: Rules, team: str) -> None:
        self._client = client
        self._rules = rules
        self._team = team
        self._known: dict[tuple[str | None, str | None], frozenset[str]] = {}
        """By user group and channel: what a group was declared as before says nothing of what it is now."""
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Ask anew, soon: Slack told of a change, or the owner's files are others."""
        self._changed.set()

    def committed(self, news: Committed) -> None:
        """Note that the people file was taken anew."""
        if any(event.name == "people.loaded" for event in news.events):
            self.changed()

    async def run(self) -> None:
        """Keep up to date until cancelled."""
        while True:
            try:
                async with asyncio.timeout(EVERY_SECONDS):  # `wait_for` of Python 3.11 may swallow the end of this task
                    await self._changed.wait()
                await asyncio.sleep(SETTLED_SECONDS)
            except TimeoutError:
                pass
            self._changed.clear()
            await self.load()

    async def load(self) -> list[str]:
        """Take every group anew; return what cannot be found out. Nobody is counted into such a group."""
        found: dict[str, frozenset[str]] = {}
        known: dict[tuple[str | None, str | None], frozenset[str]] = {}
        problems = []
        for name, group in self._rules.people.groups.items():
            declared = (group.slack_usergroup, group.slack_channel)
            try:
                known[declared] = found[name] = await self._members(group)
            except SendLater:
                known[declared] = found[name] = self._known.get(declared, frozenset())
                problems.append(f"group {name}: Slack does not say now who is in it")
            except SendRefused as refused:
                problems.append(f"group {name}: {refused}")
        self._known = known
        self._rules.join(PLATFORM, found)
        for problem in problems:
            Log().warning("slack.members", problem=problem)
        return problems

    async def _members(self, group: Group) -> frozenset[str]:
        users: list[str] = []
        if group.slack_usergroup:
            answer = await called(self._client.usergroups_users_list(usergroup=group.slack_usergroup))
            users += answer.get("users") or []
        if group.slack_channel:
            users += await self._in_channel(group.slack_channel)
        return frozenset(f"{self._team}/{user}" for user in users)

    async def _in_channel(self, channel: str) -> list[str]:
        users: list[str] = []
        cursor = ""
        while True:
            page: dict[str, Any] = {"channel": channel, "limit": 200, **({"cursor": cursor} if cursor else {})}
            answer: Mapping[str, Any] = await called(self._client.conversations_members(**page))
            users += answer.get("members") or []
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return users
