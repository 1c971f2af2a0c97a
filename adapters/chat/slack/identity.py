"""Who an account is, as Slack says now: a person of this workspace, or one who may neither ask nor decide here."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.chat.slack.calls import called
from bot import wording
from bot.chat import Account, SendLater, SendRefused

FRESH_SECONDS = 10.0
"""How long an answer counts without asking anew."""
SIGN_IN_SECONDS = 60.0
"""How long an answer waits while Slack has not even said yet which workspace this is."""
KNOWN_SECONDS = 3600.0
"""How long it counts while Slack does not answer."""


class Identities:
    """Asks Slack about accounts, and remembers the answers for a moment."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self.team = ""
        """The workspace served; empty until Slack has said which."""
        self._team_known = asyncio.Event()
        self._known: dict[str, tuple[float, str]] = {}
        self._asking: dict[str, asyncio.Task[str]] = {}

    async def refuses(self, account: Account) -> str:
        """Return why an account may not speak, in a sentence; empty when it may."""
        team, _, user = account.user.partition("/")
        with suppress(TimeoutError):
            await asyncio.wait_for(self._team_known.wait(), SIGN_IN_SECONDS)
        if team != self.team:
            return wording.OTHER_TEAM if self.team else wording.UNCHECKED
        at, known = self._known.get(user, (-KNOWN_SECONDS, wording.UNCHECKED))
        age = time.monotonic() - at
        if age < FRESH_SECONDS:
            return known
        try:
            return await self._asked(user)
        except SendLater:
            return known if age < KNOWN_SECONDS else wording.UNCHECKED
        except SendRefused:
            return wording.NO_PERSON

    def serve(self, team: str) -> None:
        """Serve a workspace from now on."""
        self.team = team
        self._team_known.set()

    async def _asked(self, user: str) -> str:
        """Return what Slack says now; who asks meanwhile waits for the same answer."""
        if user not in self._asking:
            self._asking[user] = asyncio.create_task(self._ask(user))
            self._asking[user].add_done_callback(lambda _: self._asking.pop(user, None))
        return await asyncio.shield(self._asking[user])

    async def _ask(self, user: str) -> str:
        answer = await called(self._client.users_info(user=user))
        why = _judged(answer["user"], self.team)
        self._known[user] = (time.monotonic(), why)
        return why


def _judged(user: Mapping[str, Any], team: str) -> str:
    if user.get("is_stranger") or str(user.get("team_id") or team) != team:
        return wording.OTHER_TEAM
    if user.get("deleted") or user.get("is_bot") or user.get("id") == "USLACKBOT":
        return wording.NO_PERSON
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return wording.GUEST
    return ""
