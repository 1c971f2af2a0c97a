"""Try what Slack gave this Sayso: for `sayso check`."""

from collections.abc import Awaitable, Callable

import aiohttp
from slack_sdk.errors import SlackApiError

from adapters.chat.slack import surface
from adapters.chat.slack.calls import error_code
from adapters.chat.slack.incoming import Installation

UNREACHABLE = (aiohttp.ClientError, TimeoutError, OSError, ValueError, AttributeError)
"""What calls raise where no answer of Slack's came, or one that is not Slack's."""


async def checked(
    who: Callable[[], Awaitable[Installation]], socket: Callable[[], Awaitable[str]] | None
) -> list[tuple[str, bool, str]]:
    """Return what was tried, whether it is good, and how it stands."""
    try:
        here = await who()
    except SlackApiError as error:
        return [("slack", False, refused(error))]
    except UNREACHABLE as error:
        return [("slack", False, f"cannot be reached: {error!r}"[:200])]
    lines = [("slack", True, f"workspace {here.team}, bot {here.bot_user}"), _scopes(here)]
    return [*lines, await _socket(socket)] if socket is not None else lines


def _scopes(here: Installation) -> tuple[str, bool, str]:
    missing = {scope: why for scope, why in surface.SCOPES.items() if scope not in here.scopes}
    if not here.scopes:
        return ("slack scopes", True, "Slack did not say which the token has")
    if missing:
        listed = ", ".join(f"{scope} ({why})" for scope, why in missing.items())
        return ("slack scopes", False, f"lacks {listed}: put the manifest into the app's settings, and install it anew")
    return ("slack scopes", True, f"{len(surface.SCOPES)} of {len(surface.SCOPES)}")


async def _socket(socket: Callable[[], Awaitable[str]]) -> tuple[str, bool, str]:
    try:
        await socket()
    except SlackApiError as error:
        return ("slack socket", False, refused(error))
    except UNREACHABLE as error:
        return ("slack socket", False, f"cannot be reached: {error!r}"[:200])
    return ("slack socket", True, "opens")


def refused(error: SlackApiError) -> str:
    """Return what Slack minds about a token, and what to do."""
    code = error_code(error)
    if code == "missing_scope":
        return "the token lacks the scope connections:write: make an app-level token with it"
    if code == "ratelimited":
        return "Slack asks to wait a moment: try again in a minute"
    return f"Slack does not take this token ({code or error}): copy it anew from the app's settings"
