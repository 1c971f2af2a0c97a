"""One plan in two chats: asked in one, approved in Discord, told in both."""

from pathlib import Path

from adapters.chat.scripted import ScriptedChat
from tests.support.discord.bot import an_owner, open_bot
from tests.support.discord.guild import ANA, BEN, CEM, GUILD, OPS
from tests.support.discord.markdown import read
from tests.support.discord.server import DiscordServer


async def test_a_plan_asked_in_another_chat_is_approved_in_discord(tmp_path: Path) -> None:
    """The policy announces plans in a channel of Discord; a yes there counts, and both chats tell how it goes."""
    owner = an_owner()
    owner.policy["announce"] = [f"discord:{GUILD}/{OPS}"]
    chat = ScriptedChat("root")
    async with DiscordServer() as discord, open_bot(discord, tmp_path, owner, others={"terminal": chat}) as bot:
        await chat.say(bot.chats, "ana", "tune the engine at speed 3")
        await discord.shows("Ana asked: tune the engine", "Needs one of operators", channel=discord.ops)
        await discord.people.press(BEN, discord.card(discord.ops), "Approve")
        await discord.shows("Approved by Ben", "PASS", channel=discord.ops)
        await chat.until(lambda: "PASS" in chat.visible()[-1])


async def test_what_is_said_below_an_announced_card_is_about_its_plan(tmp_path: Path) -> None:
    """A reply to it, and what is said in a thread made from it, corrects that plan, tells how it stands, cancels it."""
    owner = an_owner()
    owner.policy["announce"] = [f"discord:{GUILD}/{OPS}"]
    chat = ScriptedChat("root")
    async with DiscordServer() as discord, open_bot(discord, tmp_path, owner, others={"terminal": chat}) as bot:
        await chat.say(bot.chats, "ana", "tune the engine at speed 3")
        await discord.shows("Ana asked: tune the engine", channel=discord.ops)
        await discord.until(lambda: not bot.chats.threads.waiting)
        card = discord.card(discord.ops)
        await discord.people.reply(ANA, card, "use speed 7")
        await discord.shows("revision 2", "speed: 7", channel=discord.ops)
        thread = discord.model.thread(card.id, "about it", OPS)
        await discord.people.mention(CEM, "status", thread.id)
        await discord.shows("1 Tune: pending")
        await discord.people.mention(ANA, "cancel", thread.id)
        await discord.shows("Cancelled", channel=discord.ops)
        await chat.until(lambda: "cancelled" in chat.visible()[-1])


async def test_the_same_human_in_two_chats_counts_once(tmp_path: Path) -> None:
    """A critical plan needs two people: one who says yes in Discord and in another chat is one."""
    owner = an_owner()
    owner.policy["announce"] = [f"discord:{GUILD}/{OPS}"]
    chat = ScriptedChat("root")
    async with DiscordServer() as discord, open_bot(discord, tmp_path, owner, others={"terminal": chat}) as bot:
        await chat.say(bot.chats, "ana", "wipe everything")
        await discord.shows("Needs two of operators", channel=discord.ops)
        opened = await (await discord.people.press(BEN, discord.card(discord.ops), "Approve")).acknowledged()
        await discord.people.submit(opened)
        await discord.shows("Ben said yes", channel=discord.ops)
        await chat.press(bot.chats, "ben", "Approve")
        await bot.chats.inbox.idle()
        assert "Needs one of operators (Cem)" in read(discord.card(discord.ops).text)
        assert bot.world.tool.effects() == []
        await chat.press(bot.chats, "cem", "Approve")
        await discord.shows("Approved by Ben and Cem", "PASS", channel=discord.ops)


async def test_two_people_press_at_the_same_instant(tmp_path: Path) -> None:
    """Both approve at once: one decision, one run, and the other is told how it stands."""
    async with DiscordServer() as discord, open_bot(discord, tmp_path) as bot:
        await discord.people.mention(400, "tune the engine at speed 3")
        await discord.shows("speed: 3")
        card = discord.card()
        pressed = [await discord.people.press(user, card, "Approve") for user in (401, 402)]
        await discord.shows("PASS")
        await bot.chats.inbox.idle()
        [told] = [message for one in pressed for message in one.told]
        assert "already" in read(told.text)
        assert bot.world.tool.effects() == ["tune"]
