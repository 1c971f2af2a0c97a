"""How soon somebody who types a command sees that it was heard."""

from pathlib import Path

import pytest

from orchestration.canonical import canonical
from orchestration.ids import new_id
from orchestration.intake.outcome import Outcome, outcome_text
from orchestration.ports import Transaction
from orchestration.records import Outgoing, Request
from tests.support.discord.bot import open_bot
from tests.support.discord.guild import ANA, GUILD, OPS
from tests.support.discord.server import DiscordServer
from tests.support.world import open_world

BACKLOG, TYPED = 10_000, 200
P99_SECONDS = 0.3


def backlog(tx: Transaction) -> None:
    """Store answers that are still to be shown, each in a thread of its own."""
    outcome = outcome_text(Outcome(out_of_scope=("pizza",)))
    at = "2026-11-21T09:00:00.000Z"
    for number in range(BACKLOG):
        thread, request = f"discord:{GUILD}/{OPS}/{number + 1}", new_id(number + 1)
        tx.insert(Request(request, request, "ana", "pizza", "{}", "out_of_scope", at, outcome, thread=thread))
        payload = canonical({"thread": thread, "request_id": request})
        tx.insert(Outgoing(request, "chat", "", payload, "waiting", at))


@pytest.mark.slow
async def test_a_command_is_answered_at_once_under_a_backlog(tmp_path: Path) -> None:
    """Ten thousand answers wait for their turn: /ask is acknowledged within 300 ms, 99 times of 100."""
    async with open_world(tmp_path) as world:
        await world.sayso.store.tx("test.backlog", backlog)
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        seconds = []
        for _ in range(TYPED):
            typed = await (await discord.people.slash(ANA, "plans")).acknowledged()
            seconds.append(typed.answered_after or 9.0)
        assert bot.chats.threads.waiting > BACKLOG // 2
        assert sorted(seconds)[int(TYPED * 0.99) - 1] <= P99_SECONDS, sorted(seconds)[-5:]
