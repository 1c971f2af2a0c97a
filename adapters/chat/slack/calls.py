"""Calls of Slack's Web API, and what their failures mean for whoever wanted to show something."""

import math
from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.chat import SendLater, SendRefused

GONE = {
    "channel_not_found": "the channel is gone, or I am not in it",
    "not_in_channel": "I am not in that channel; invite me first",
    "is_archived": "the channel is archived",
    "is_inactive": "the channel is archived",
    "restricted_action": "Slack does not let me write in that channel",
    "restricted_action_read_only_channel": "only some may write in that channel",
    "restricted_action_thread_only_channel": "that channel takes threads alone",
    "restricted_action_thread_locked": "the thread is locked",
    "cannot_reply_to_message": "nobody can reply to that message",
    "thread_not_found": "the thread is gone",
    "user_not_in_channel": "that person is not in the channel",
    "messages_tab_disabled": "the app's messages are switched off",
    "cannot_dm_bot": "a bot cannot be written to",
    "user_not_found": "there is no such person",
    "user_disabled": "that person has left",
    "posting_to_channel_denied": "Slack does not let me write in that channel",
}
"""Refusals that last, and what they mean."""
UNEDITABLE = ("message_not_found", "cant_update_message", "edit_window_closed")
"""Refusals of an edit, after which the same is posted anew."""
UNREADABLE = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long")
TOKEN = ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type")
"""Refusals of the token itself."""
TROUBLE = (
    "internal_error", "fatal_error", "service_unavailable", "request_timeout",
    "team_added_to_org", "org_login_required",
)  # fmt: skip
"""What Slack says when it is not well, or while a workspace moves."""
SOON_SECONDS = 1.0
LONG_SECONDS = 60.0
LONGEST_REST_SECONDS = 3600.0
DEFAULT_REST_SECONDS = 30.0
CHANNEL_REST_SECONDS = 5.0
"""A longer rest after a post is not about its channel alone."""


class Response(Protocol):
    """What the SDK answers with."""

    status_code: int
    headers: Mapping[str, str]
    data: Any


class Unreadable(SendRefused):
    """Slack does not take these blocks."""


class Uneditable(SendRefused):
    """The message cannot be changed any more."""


class Unlicensed(SendLater):
    """The app lacks a scope for this kind of call; others go through."""


async def called(call: Awaitable[Any], is_post: bool = False) -> Mapping[str, Any]:
    """Return what Slack answers. Raises SendLater, SendRefused, Unreadable or Uneditable.

    `is_post` is for calls that must not be made twice: where no answer came, it is in doubt whether they had effect.
    """
    try:
        data: Mapping[str, Any] = (await call).data
        return data
    except SlackApiError as error:
        raise meaning(error, is_post) from error
    except aiohttp.ClientConnectorError as error:
        raise SendLater(SOON_SECONDS) from error  # it never got there
    except (aiohttp.ClientError, TimeoutError, OSError, SlackClientError, ValueError, AttributeError) as error:
        # The SDK trips over answers that are no JSON object; nothing is known of such a call either.
        raise SendLater(SOON_SECONDS, is_in_doubt=is_post) from error


def meaning(error: SlackApiError, is_post: bool) -> Exception:
    """Return what a refusal means."""
    status, code = getattr(error.response, "status_code", 0), error_code(error)
    if status == 429 or code in ("ratelimited", "rate_limited"):
        seconds = rest_seconds(error.response.headers)
        return SendLater(seconds, is_general=not is_post or seconds > CHANNEL_REST_SECONDS)
    if status >= 500 or not code or code in TROUBLE:
        return SendLater(SOON_SECONDS, is_in_doubt=is_post)
    if code in TOKEN:
        return SendLater(LONG_SECONDS, is_general=True)
    if code == "missing_scope":
        return Unlicensed(LONG_SECONDS)
    if code in UNREADABLE or code in UNEDITABLE:
        return Unreadable(code) if code in UNREADABLE else Uneditable(code)
    return SendRefused(GONE.get(code, f"Slack answered {code}"))


def error_code(error: SlackApiError) -> str:
    """Return Slack's word for what went wrong; empty when it said none."""
    data = error.response.data if hasattr(error.response, "data") else None
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def rest_seconds(headers: Mapping[str, Any]) -> float:
    """Return how long to wait after a 429, whatever its header says."""
    found = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        seconds = float(found[0] if isinstance(found, list) else found)
    except (TypeError, ValueError, IndexError):
        return DEFAULT_REST_SECONDS
    return min(max(seconds, 1.0), LONGEST_REST_SECONDS) if math.isfinite(seconds) else DEFAULT_REST_SECONDS
