"""The SDK's client, which remembers how its last call ended: over HTTP that is all that tells of the connection."""

from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.chat.slack.calls import TOKEN, error_code
from adapters.chat.slack.checking import UNREACHABLE

UNWELL = 500
"""The least status of an answer that says nothing of the call."""


class Client(AsyncWebClient):
    """Calls Slack."""

    is_answered = False
    """Whether Slack answered the last call, and took its token."""

    async def api_call(self, *args: Any, **kwargs: Any) -> AsyncSlackResponse:
        """Call a method."""
        try:
            answer = await super().api_call(*args, **kwargs)
        except SlackApiError as error:
            status = getattr(error.response, "status_code", UNWELL)
            self.is_answered = status < UNWELL and error_code(error) not in TOKEN
            raise
        except UNREACHABLE:
            self.is_answered = False
            raise
        self.is_answered = True
        return answer
