"""A request, its plan, a vote and its end in Discord, as people live through it."""

from pathlib import Path

from tests.support.discord.bot import an_owner, open_bot
from tests.support.discord.guild import ANA, BEN, CEM, THREAD
from tests.support.discord.markdown import read
from tests.support.discord.server import DiscordServer


async def test_a_mention_becomes_a_plan_in_a_thread_of_its_own_and_runs_once_approved(tmp_path: Path) -> None:
    """Ask by a mention: the card stands in the message's thread, the requester cannot approve, an operator can."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        asked = await discord.people.mention(ANA, "do second and tune the engine at speed 3")
        await discord.shows(
            "Ana asked: do second", "speed: 3", "changes service:x", "Needs one of operators (Ben, Cem)."
        )
        thread = discord.thread()
        assert (thread.id, thread.parent, thread.type) == (asked.id, discord.ops.id, THREAD)
        assert set(discord.card().labels) == {"Approve", "Reject", "Edit", "Details"}

        refused = await discord.people.press(ANA, discord.card(), "Approve")
        assert "needs one of operators" in read(await refused.whispered())
        assert (await discord.people.press(BEN, discord.card(), "Approve")).kind is None
        await discord.shows("Approved by Ben", "✓ 1 Second", "✓ 2 Tune", "PASS", "2 of 2 tasks")
        assert discord.card().labels == ["Details"]
        [ended] = [message for message in discord.shown() if message.files]
        assert next(iter(ended.files)).startswith("evidence-")
        assert bot.world.tool.effects() == ["second", "tune"]
        assert len(discord.api.of("POST", r"/channels/\d+/messages")) == 3, "the card, its start and its end"


async def test_a_command_is_told_to_everybody_in_a_thread_and_asks_back_by_a_select(tmp_path: Path) -> None:
    """/ask outside of a thread begins one with the words of the request; a question is answered by choosing."""
    owner = an_owner()
    owner.catalogue["operations"]["tune"]["parameters"]["speed"] = {
        "type": "string",
        "enum": ["slow", "fast"],
        "ask": "How fast?",
    }
    async with DiscordServer() as discord, open_bot(discord, tmp_path, owner):
        asked = await discord.people.slash(ANA, "ask", request="tune the engine")
        assert "I have it" in read(await asked.whispered())
        await discord.until(lambda: discord.shown()[0].options == ["slow", "fast"])
        assert "tune the engine" in read(discord.text(discord.ops))
        assert discord.thread().parent == discord.ops.id

        by_another = await discord.people.choose(BEN, discord.shown()[0], "fast")
        assert "Ana was asked this" in read(await by_another.whispered())
        await discord.people.choose(ANA, discord.shown()[0], "fast")
        await discord.shows("speed: fast", "Needs one of operators")


async def test_an_edit_makes_a_new_revision_and_the_buttons_of_the_old_one_void(tmp_path: Path) -> None:
    """Edit opens a modal with the values as they are; a button of the earlier revision decides nothing any more."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        before = {**discord.card().payload, "components": discord.card().payload["components"]}
        opened = await (await discord.people.press(BEN, discord.card(), "Edit")).acknowledged()
        assert opened.modal["components"][0]["component"]["value"] == "3"
        await discord.people.submit(opened, {"1.speed": "7"})
        await discord.shows(
            "speed: 7", "revision 2", "Needs one of operators (Cem)", "Earlier buttons and votes no longer count"
        )

        late = await discord.people.press(CEM, type(discord.card())(before), "Approve")
        assert "revision 2 is current" in read(await late.whispered())
        await discord.people.press(CEM, discord.card(), "Approve")
        await discord.shows("PASS")


async def test_a_rejection_takes_its_reason_from_a_modal(tmp_path: Path) -> None:
    """Reject asks why; the card and the log name who and why."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        opened = await (await discord.people.press(BEN, discord.card(), "Reject")).acknowledged()
        await discord.people.submit(opened, {"reason": "not on a *Friday* @everyone"})
        await discord.shows("Rejected by Ben", "not on a *Friday* @everyone")
        assert bot.world.tool.effects() == []


async def test_what_is_risky_is_asked_once_more_and_needs_two_distinct_people(tmp_path: Path) -> None:
    """Approve of a critical plan opens a question first; the yes of two people is needed, and one counts once."""
    owner = an_owner()
    owner.people["people"]["ben"]["discord"] = [str(BEN), "410"]
    async with DiscordServer() as discord, open_bot(discord, tmp_path, owner) as bot:
        discord.model.members[410] = type(discord.model.bot)(410, "ben-at-work")
        await discord.people.mention(ANA, "wipe everything")
        await discord.shows("critical risk", "Needs two of operators")
        for user in (BEN, 410):
            opened = await (await discord.people.press(user, discord.card(), "Approve")).acknowledged()
            assert "This is risky" in read(opened.modal["components"][0]["content"])
            sent = await discord.people.submit(opened)
            assert "counts" in read(await sent.whispered())
        await discord.shows("Ben said yes", "Needs one of operators (Cem)")
        assert bot.world.tool.effects() == []
        opened = await (await discord.people.press(CEM, discord.card(), "Approve")).acknowledged()
        await discord.people.submit(opened)
        await discord.shows("Approved by Ben and Cem", "PASS")


async def test_words_in_the_thread_correct_the_plan_when_they_call_the_bot(tmp_path: Path) -> None:
    """«use speed 5» in the plan's thread is a correction of that plan, not a request of its own."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        await discord.people.say(ANA, "use speed 9", discord.thread().id)
        await discord.people.mention(ANA, "use speed 5", discord.thread().id)
        await discord.shows("speed: 5", "revision 2")


async def test_the_sdk_keeps_nothing_of_what_was_shown(tmp_path: Path) -> None:
    """A view or a modal that the SDK kept would cost memory for ever, and could take the buttons of others away."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        for label in ("Details", "Edit", "Reject"):
            await (await discord.people.press(BEN, discord.card(), label)).acknowledged()
        await discord.people.press(BEN, discord.card(), "Approve")
        await discord.shows("PASS")
        kept = bot.discord.client._connection._view_store
        assert (dict(kept._views), kept._modals, kept._synced_message_views) == ({}, {}, {})


async def test_details_are_for_one_pair_of_eyes(tmp_path: Path) -> None:
    """Details come as ephemeral pages and change nothing in the thread."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path):
        await discord.people.mention(ANA, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        messages = len(discord.shown())
        looked = await discord.people.press(BEN, discord.card(), "Details")
        assert 'runs {"argv":["true","--",3]}' in read(await looked.whispered())
        assert len(discord.shown()) == messages
