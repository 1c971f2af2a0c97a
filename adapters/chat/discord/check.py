"""What `sayso check` says of Discord: whether the token is good, where the bot is, and what it lacks there."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import discord

from adapters.chat.discord.failures import NOT_NOW

BAD_TOKEN = "DISCORD_TOKEN is not taken: copy the bot's token anew from the developer portal."  # noqa: S105
SECONDS = 15.0
GUILDS = 200
NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    attach_files=True,
    read_message_history=True,
)
Checked = tuple[str, bool, str]


async def check(client: discord.Client, token: str, guild: int | None) -> list[Checked]:
    """Sign in and look round; changes nothing. Closes the client."""
    try:
        async with asyncio.timeout(SECONDS):
            await client.login(token)
            return list(_found(client, await client.http.get_guilds(GUILDS), guild))
    except discord.LoginFailure:
        return [("discord", False, BAD_TOKEN)]
    except NOT_NOW as error:
        return [("discord", False, f"Discord cannot be reached: {str(error) or type(error).__name__}.")]
    finally:
        await client.close()


def _found(client: discord.Client, guilds: list[Any], only: int | None) -> Iterator[Checked]:
    yield "discord", True, f"signed in as {client.user}"
    if client.application and client.application.interactions_endpoint_url:
        advice = "take the interactions endpoint URL out of the developer portal: with it, no button arrives here."
        yield "discord", False, advice
    served = [one for one in guilds if only in (None, int(one["id"]))]
    if not served:
        where = f"not in the server {only} of DISCORD_GUILD_ID" if only else "in no server yet"
        yield "discord", False, f"the bot is {where}. Invite it: {_invitation(client)}"
    for one in served:
        yield _server(client, one)


def _server(client: discord.Client, guild: Mapping[str, Any]) -> Checked:
    has = discord.Permissions(int(guild["permissions"]))
    lacking = [name.replace("_", " ") for name, is_needed in NEEDED if is_needed and not getattr(has, name)]
    if lacking and not has.administrator:
        what = f"the bot may not {', '.join(lacking)}. Invite it anew: {_invitation(client)}"
        return "discord", False, f"{guild['name']}: {what}"
    return "discord", True, f"{guild['name']}: it has the permissions it needs"


def _invitation(client: discord.Client) -> str:
    """Return the address under which a server's owner lets the bot in."""
    scopes = ("bot", "applications.commands")
    return discord.utils.oauth_url(client.application_id or 0, permissions=NEEDED, scopes=scopes)
