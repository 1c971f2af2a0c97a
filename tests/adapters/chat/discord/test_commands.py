"""The slash commands, the menu of a message, and what Discord is told of them."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from adapters.chat.discord.commands import SYNCED
from tests.support.discord.bot import open_bot
from tests.support.discord.guild import ANA, BEN, OPS
from tests.support.discord.markdown import read
from tests.support.discord.server import DiscordServer

NAMES = {"ask", "plans", "plan", "approve", "reject", "cancel", "status", "agents", "help", "Plan this"}


async def test_commands_are_told_to_discord_once_and_again_when_they_have_changed(tmp_path: Path) -> None:
    """The second start sends nothing; one whose last state was another sends them anew."""
    path = r"/applications/\d+/commands"
    async with DiscordServer() as discord:
        for _ in range(2):
            async with open_bot(discord, tmp_path):
                pass
        assert len(discord.api.of("PUT", path)) == 1
        assert {one["name"] for one in discord.api.commands} == NAMES
        assert all(one["contexts"] == [0] for one in discord.api.commands), "in servers only"
        (tmp_path / "home" / SYNCED).write_text("{}\n")
        async with open_bot(discord, tmp_path):
            pass
        assert len(discord.api.of("PUT", path)) == 2


@pytest.mark.parametrize(
    "refusal",
    [
        {"status": 403, "body": {"code": 30034, "message": "daily limit"}},
        {"status": 429, "headers": {"Via": "1.1 google"}, "body": {"message": "limited", "retry_after": 7200.0}},
        {"status": 429, "body": {"message": "blocked"}},
    ],
    ids=["refused", "limited", "blocked"],
)
async def test_commands_that_cannot_be_told_do_not_keep_the_bot_from_working(
    tmp_path: Path, refusal: dict[str, Any]
) -> None:
    """Discord does not take the list, for hours perhaps: mentions and buttons work all the same."""
    async with DiscordServer() as discord:
        discord.api.fail("PUT", r"/applications/\d+/commands", **refusal)
        async with open_bot(discord, tmp_path):
            await discord.people.mention(ANA, "tune the engine at speed 3")
            await discord.shows("speed: 3")


@pytest.mark.parametrize(
    ("name", "words"),
    [("plans", "No plans yet"), ("agents", "infra-1"), ("help", "Say what you want done"), ("status", "No plans yet")],
)
async def test_looking_is_answered_to_whoever_looks(tmp_path: Path, name: str, words: str) -> None:
    """What changes nothing is told to one person alone."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        asked = await discord.people.slash(ANA, name)
        assert words in read(await asked.whispered())
        assert discord.ops.messages == {}


async def test_plan_and_approve_show_the_card_where_they_are_typed(tmp_path: Path) -> None:
    """/approve decides nothing blindly: it shows the card, whose buttons decide."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        [plan] = await bot.world.sayso.orchestrator.views.plans(9)
        for number, name in enumerate(("plan", "approve"), start=1):
            await (await discord.people.slash(BEN, name, plan=plan.code)).whispered()
            await discord.until(lambda number=number: len(discord.shown(discord.ops)) == number)
        assert bot.world.tool.effects() == []
        await discord.people.press(BEN, discord.card(discord.ops), "Approve")
        await discord.shows("Approved by Ben", "PASS", channel=discord.ops)
        await discord.shows("Approved by Ben", "PASS")


async def test_approve_with_the_digest_approves_exactly_that(tmp_path: Path) -> None:
    """Whoever names the digest has read the plan; another digest decides nothing."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        [plan] = await bot.world.sayso.orchestrator.views.plans(9)
        for digest in ("0000 0000 0000", plan.digest[:4]):
            wrong = await discord.people.slash(BEN, "approve", plan=plan.code, digest=digest)
            assert "revision 1 is current" in read(await wrong.whispered())
        await discord.people.slash(BEN, "approve", plan=plan.code, digest=plan.digest[:12])
        await discord.shows("Approved by Ben", "PASS")


async def test_reject_and_cancel(tmp_path: Path) -> None:
    """/reject says no with its reason; /cancel withdraws; both say so in the plan's thread."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        for number, (request, name, options, words) in enumerate(
            (
                ("tune the engine at speed 3", "reject", {"reason": "not now"}, "Rejected by Ben"),
                ("do second", "cancel", {}, "was cancelled by Ben"),
            )
        ):
            await discord.people.mention(ANA, request)
            await discord.until(lambda number=number: discord.card(discord.thread(number)))
            [plan, *_] = await bot.world.sayso.orchestrator.views.plans(9)
            assert plan.code in await discord.people.complete(BEN, name, "plan", plan.code[:2])
            await (await discord.people.slash(BEN, name, plan=plan.code, **options)).whispered()
            await discord.shows(words)
            assert plan.code not in await discord.people.complete(BEN, name, "plan", "")
        assert bot.world.tool.effects() == []


async def test_a_command_is_never_a_request(tmp_path: Path) -> None:
    """What somebody types in place of a code is not read as something to be done."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        for plan in ("it and wipe everything", "ZZZZZZ"):
            typed = await discord.people.slash(ANA, "cancel", plan=plan)
            assert await typed.whispered()
        assert await bot.world.sayso.orchestrator.views.plans(9) == []


async def test_plan_this_answers_in_the_thread_of_the_message(tmp_path: Path) -> None:
    """The menu of a message makes its words a request of whoever chose it."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        said = await discord.people.say(BEN, "tune the engine at speed 3")
        chosen = await discord.people.plan_this(ANA, said)
        await chosen.whispered()
        await discord.shows("Ana asked: tune the engine at speed 3", "speed: 3")
        assert discord.thread().id == said.id


async def test_ask_inside_a_thread_stays_there(tmp_path: Path) -> None:
    """A command in a thread is about that thread."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        await discord.people.slash(ANA, "ask", discord.thread().id, request="use speed 4")
        await discord.shows("speed: 4", "revision 2")
        assert len(discord.model.channels) == 3


async def test_what_cannot_be_looked_up_is_answered_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be read: what opens says so, a command visibly waits, no plan is offered; nothing is left open."""

    async def never(*_: Any, **__: Any) -> Any:
        await go_on.wait()
        return []

    go_on = asyncio.Event()
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        await bot.settle()
        discord.interactions.answer_seconds = 3.0
        with monkeypatch.context() as patched:
            patched.setattr(bot.world.sayso.store, "find", never)
            for label in ("Details", "Edit"):
                opened = await discord.people.press(BEN, discord.card(), label)
                assert "I am busy" in read(await opened.whispered())
            assert (await (await discord.people.slash(BEN, "plans")).acknowledged()).is_waiting
            assert await discord.people.complete(BEN, "plan", "plan", "") == []
            go_on.set()


async def test_what_is_still_being_answered_ends_with_the_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes on reading what is closed by then."""

    async def never(*_: Any, **__: Any) -> Any:
        reading.set()
        await asyncio.Event().wait()

    reading = asyncio.Event()

    async with DiscordServer() as discord:
        async with open_bot(discord, tmp_path) as bot:
            with monkeypatch.context() as patched:
                patched.setattr(bot.world.sayso.store, "find", never)
                await (await discord.people.slash(BEN, "plans")).acknowledged()
                await asyncio.wait_for(reading.wait(), 20)
            assert "CommandTree-invoker" in {task.get_name() for task in asyncio.all_tasks()}
        assert "CommandTree-invoker" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_what_is_pressed_is_acknowledged_in_time_while_the_core_is_stuck(tmp_path: Path) -> None:
    """A disk that stands still costs no token: Discord hears within three seconds, and the click counts later."""
    stuck, go_on = threading.Event(), threading.Event()

    def hook(label: str) -> None:
        if stuck.is_set() and "inbox" in label:
            go_on.wait(30)

    async with DiscordServer() as discord, open_bot(discord, tmp_path, hook=hook):
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        stuck.set()
        discord.interactions.answer_seconds = 3.0
        pressed = await (await discord.people.press(BEN, discord.card(), "Approve")).acknowledged()
        asked = await (await discord.people.slash(ANA, "ask", OPS, request="do second")).acknowledged()
        assert max(pressed.answered_after or 9, asked.answered_after or 9) < 3
        assert asked.is_waiting, "nothing is promised before it is kept"
        go_on.set()
        await discord.shows("PASS", channel=discord.thread(0))
        assert "I have it" in read(await asked.whispered())
