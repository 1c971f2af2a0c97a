"""Put the conversation on top of a running Sayso, for the platforms that are there. Called by `serve` and `chat`."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.wiring import Sayso
from bot.board import Boards
from bot.chat import Doorkeeper, Platform
from bot.commands import Commands
from bot.conversation import Conversation, Core
from bot.delivery import Truth
from bot.inbox import Inbox
from bot.posts import Posts
from bot.threads import Threads

LAST_WORDS_SECONDS = 5.0
"""How long an end waits for what is still to be shown; the rest is shown at the next start."""


@dataclass(frozen=True, slots=True)
class Chats:
    """What a platform's receiving side needs."""

    inbox: Inbox
    conversation: Conversation
    threads: Threads


@asynccontextmanager
async def open_chats(sayso: Sayso, platforms: Mapping[str, Platform]) -> AsyncIterator[Chats]:
    """Hear and show on these platforms, by name, until the block is left."""
    setting, views = sayso.setting, sayso.orchestrator.views
    posts = Posts(views, setting.rules, setting.clock)
    threads = Threads(Truth(sayso.store, views, posts), platforms)
    commands = Commands(sayso.orchestrator, threads, posts, setting)
    doors = {name: platform for name, platform in platforms.items() if isinstance(platform, Doorkeeper)}
    boards = Boards(sayso.store, views, posts)
    core = Core(sayso.orchestrator, sayso.previews, setting.rules, boards, doors)
    conversation = Conversation(core, threads, commands)
    inbox = Inbox(sayso.store, setting.clock, conversation, platforms)
    sayso.progress.append(threads.progressed)
    await threads.start()
    await inbox.start()
    try:
        yield Chats(inbox, conversation, threads)
    finally:
        sayso.progress.remove(threads.progressed)
        await inbox.close()
        await conversation.close()
        await threads.close(LAST_WORDS_SECONDS)
