"""What Discord's refusals mean: to the core, which sends again or gives a thread up, and to the owner of a token."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord

from bot.chat import SendLater, SendRefused

OLD_EDITS_ARE_THROTTLED = 30046
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008
MISSING_PERMISSIONS = 50013
THREAD_IS_ARCHIVED, HAS_A_THREAD = 50083, 160004
RESERVED_SECONDS = 60.0
"""How long everything rests when Discord blocks this address, or takes the token no more, without saying how long."""
LONGEST_REST_SECONDS = 3600.0
UNREACHABLE = (aiohttp.ClientError, OSError, TimeoutError, discord.DiscordServerError, discord.GatewayNotFound)
"""Raised by the SDK where Discord does not answer; OSError covers the SDK's own TimeoutError."""
NOT_NOW = (*UNREACHABLE, discord.RateLimited, discord.HTTPException)
"""Raised where Discord cannot be reached, or does not take this now."""
GATEWAY_REFUSALS = {
    4004: "Discord does not take DISCORD_TOKEN: copy the bot's token anew from the developer portal.",
    4013: "Discord does not take the intents that Sayso asks for: update Sayso.",
    4014: "Discord does not allow this bot the events that Sayso needs: look at its intents in the developer portal.",
}


class Failures:
    """Tells the core what went wrong."""

    def __init__(self) -> None:
        self._is_general = False

    @property
    def trace(self) -> aiohttp.TraceConfig:
        """Return what sees every answer: the SDK keeps to itself whether a limit is for everything."""
        found = aiohttp.TraceConfig()
        found.on_request_end.append(self._answered)
        return found

    @contextmanager
    def as_the_core_has_it(self) -> Iterator[None]:
        """Raise SendLater or SendRefused for whatever went wrong with a call to Discord."""
        try:
            yield
        except discord.RateLimited as limited:
            raise SendLater(min(limited.retry_after, LONGEST_REST_SECONDS), is_general=self._is_general) from limited
        except UNREACHABLE as broken:
            raise SendLater(1.0, is_in_doubt=True) from broken
        except discord.HTTPException as refused:
            raise _meaning(refused) from refused

    async def _answered(self, _session: object, _context: object, answer: aiohttp.TraceRequestEndParams) -> None:
        if answer.response.status == 429:
            self._is_general = answer.response.headers.get("X-RateLimit-Global") == "true"


def _meaning(refused: discord.HTTPException) -> SendLater | SendRefused:
    if refused.status in (401, 429):
        return SendLater(_seconds(refused), is_general=True)
    return SendRefused(f"Discord refuses this: {refused.text or refused.status} ({refused.code}).")


def _seconds(refused: discord.HTTPException) -> float:
    """Return how long to rest after a 429 that the SDK does not wait out."""
    try:
        seconds = float(refused.response.headers.get("Retry-After", ""))
    except ValueError:
        return RESERVED_SECONDS
    return min(max(seconds, 0.0), LONGEST_REST_SECONDS) if math.isfinite(seconds) else RESERVED_SECONDS


def end_of_gateway(error: BaseException) -> str:
    """Return why Discord takes this bot no more, as a sentence with what to do."""
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return GATEWAY_REFUSALS[4014]
    if isinstance(error, discord.ConnectionClosed) and error.code in GATEWAY_REFUSALS:
        return GATEWAY_REFUSALS[error.code]
    return f"The connection to Discord has ended: {error}."
