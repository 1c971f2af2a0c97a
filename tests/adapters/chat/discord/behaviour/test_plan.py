"""From a request to its end, as people in simcord's Discord live through it."""

from pathlib import Path

import pytest

from adapters.chat.scripted import ScriptedChat
from tests.support.discord.limits import message_faults
from tests.support.simcord_world import GUILD, Virtual, labels, open_virtual, options, words
from tests.support.world import EffectTool, Owner, ToolResult, operation

NAMES = [
    "alpha",
    "bravo",
    "charlie",
    "delta",
    "echo",
    "foxtrot",
    "golf",
    "hotel",
    "india",
    "juliett",
    "kilo",
    "lima",
    "mike",
    "november",
    "oscar",
    "papa",
    "quebec",
    "romeo",
    "sierra",
    "tango",
    "uniform",
    "victor",
    "whiskey",
    "xray",
    "yankee",
    "zulu",
    "amber",
    "bronze",
    "copper",
    "diamond",
    "emerald",
    "flint",
    "garnet",
    "hazel",
    "indigo",
    "jade",
    "krypton",
    "lapis",
    "marble",
    "nickel",
]


async def test_a_mention_becomes_a_plan_and_runs_once_an_operator_approves(tmp_path: Path) -> None:
    """The card stands in the thread of the mention; the requester is refused alone; an operator's yes counts."""
    async with open_virtual(tmp_path) as virtual:
        card = await virtual.planned("do second and tune the engine at speed 3")
        assert set(labels(card)) == {"Approve", "Reject", "Edit", "Details"}
        await virtual.told(await virtual.press(virtual.ana, card, "Approve"), "needs one of operators")
        assert not (await virtual.press(virtual.ben, card, "Approve")).followups
        await virtual.shows("Approved by Ben", "✓ 1 Second", "✓ 2 Tune", "PASS", "2 of 2 tasks")
        assert virtual.world.tool.effects() == ["second", "tune"]
        await virtual.until(lambda: labels(virtual.shown(virtual.thread)[0]) == ["Details"])
        [ended] = [one for one in virtual.shown(virtual.thread) if one.attachments]
        assert ended.attachments[0].filename.startswith("evidence-")


async def test_a_plan_that_fails_says_why_and_offers_to_go_on(tmp_path: Path) -> None:
    """FAIL, its reason and the buttons of the end: pressed, they make a plan of their own."""
    failed = ToolResult("failure", 1, "no disk", duration_ms=1)
    tool = EffectTool(tmp_path / "effects.log", {"tune": [failed] * 9})
    async with open_virtual(tmp_path, tool=tool) as virtual:
        await virtual.press(virtual.ben, await virtual.planned(), "Approve")
        await virtual.shows("FAIL", "no disk")
        await virtual.until(lambda: "Retry what failed" in labels(virtual.shown(virtual.thread)[-1]))
        await virtual.press(virtual.ana, virtual.shown(virtual.thread)[-1], "Retry what failed")
        await virtual.shows("Retry what failed of")


async def test_a_question_is_answered_by_choosing_and_only_by_who_was_asked(tmp_path: Path) -> None:
    """The select has the choices; somebody else's choice is refused to them alone."""
    async with open_virtual(tmp_path, asking_owner()) as virtual:
        await virtual.ask(virtual.ana, "tune the engine")
        await virtual.shows("How fast?")
        [question] = virtual.shown(virtual.thread)
        assert options(question) == ["slow", "fast"]
        await virtual.told(await virtual.choose(virtual.ben, question, "fast"), "Ana was asked this")
        await virtual.choose(virtual.ana, question, "fast")
        await virtual.shows("speed: fast", "Needs one of operators")


async def test_a_question_is_answered_by_a_reply_too(tmp_path: Path) -> None:
    """What is said in reply to the bot arrives with its words, without a mention."""
    async with open_virtual(tmp_path, asking_owner()) as virtual:
        await virtual.ask(virtual.ana, "tune the engine")
        await virtual.shows("How fast?")
        [question] = virtual.shown(virtual.thread)
        await virtual.ana.send(virtual.thread, "fast", reply_to=question)
        await virtual.shows("speed: fast")


def asking_owner() -> Owner:
    """Return an owner whose `tune` asks for one of two speeds."""
    owner = Owner()
    speed = {"type": "string", "enum": ["slow", "fast"], "ask": "How fast?"}
    owner.catalogue["operations"]["tune"]["parameters"]["speed"] = speed
    return owner


async def test_what_is_not_in_the_catalogue_is_refused_in_the_thread(tmp_path: Path) -> None:
    """A refusal says what cannot be done; nothing of it can be pressed to run."""
    async with open_virtual(tmp_path) as virtual:
        await virtual.ask(virtual.ana, "paint the fence purple")
        await virtual.shows("I have no operation for", "Nothing was changed")


async def test_a_plan_of_forty_tasks_is_shown_in_full_edited_and_run(tmp_path: Path) -> None:
    """Pages within Discord's limits, all of it readable before the one Approve; 80 fields, five of them at a time."""
    async with open_virtual(tmp_path, polishing_owner()) as virtual:
        await polish_all(virtual)
        pages = virtual.shown(virtual.thread)[-3:]
        text = virtual.text(virtual.thread)
        assert all(f"Do {name}" in text for name in NAMES)
        assert sum("Approve" in labels(page) for page in pages) == 1
        chosen = await virtual.press(virtual.ana, await virtual.card(), "Edit")
        select = await virtual.told(chosen, "What do you want to change?")
        assert len(options(select)) == 80
        opened = await virtual.choose(virtual.ana, select, "40 depth", "39 Do marble")
        await virtual.submit(virtual.ana, opened, {"40.depth": "77", "39.": False})
        await virtual.shows("39 tasks", "depth: 77")
        details = await virtual.press(virtual.ben, await virtual.card(), "Details")
        await virtual.until(lambda: bool(details.followups))
        await virtual.press(virtual.ben, await virtual.card(), "Approve")
        await virtual.shows("Approved by Ben", "39 of 39 tasks")


def polishing_owner() -> Owner:
    """Return an owner of forty operations with a value each."""
    owner = Owner()
    for number, name in enumerate(NAMES):
        owner.catalogue["operations"][f"do_{name}"] = operation(
            title=f"Do {name}", says=[f"polish {name}"], target=f"service:{name}",
            parameters={"depth": {"type": "integer", "minimum": 0, "maximum": 99, "default": number}},
            **{"with": {"argv": ["true", "--", "{depth}"]}},
        )  # fmt: skip
    return owner


async def polish_all(virtual: Virtual) -> None:
    """Ask for all forty, ten at a time, which is as many as one message may ask for."""
    parts = [" and ".join(f"polish {name}" for name in NAMES[start : start + 10]) for start in range(0, 40, 10)]
    await virtual.planned(parts[0])
    for number, part in enumerate(parts[1:], start=2):
        await virtual.ask(virtual.ana, f"also {part}", virtual.thread)
        await virtual.shows(f"{10 * number} tasks")


async def test_a_plan_that_takes_too_many_pages_cannot_be_approved_here(tmp_path: Path) -> None:
    """Five pages and no Approve; Details, which are as long, come as a file that one person alone sees."""
    owner, values = Owner(), {f"text{number}": "word " * 1_700 for number in range(4)}
    owner.catalogue["operations"]["tell"] = operation(
        title="Tell",
        says=["tell it"],
        parameters={name: {"type": "string", "maxLength": 9_000, "default": text} for name, text in values.items()},
        **{"with": {"argv": ["true", "--", *(f"{{{name}}}" for name in values)]}},
    )
    async with open_virtual(tmp_path, owner) as virtual:
        card = await virtual.planned("tell it")
        assert labels(card) == ["Details", "Reject", "Edit"]
        assert "cannot be approved here" in words(card)
        shown = await virtual.told(await virtual.press(virtual.ben, card, "Details"), "too long for here")
        assert [one.filename for one in shown.attachments] == ["all-of-it.txt"]


@pytest.mark.parametrize("kind", ["news", "voice", "forum"])
async def test_a_plan_is_made_wherever_people_write(tmp_path: Path, kind: str) -> None:
    """In a thread of an announcement, in a forum's post, and where there are no threads in the channel itself."""
    async with open_virtual(tmp_path) as virtual:
        channel = getattr(virtual.guild, f"create_{kind}_channel")("elsewhere")
        if kind == "forum":
            virtual.env.backend.create_thread(channel.id, "post", virtual.ana.id)
            [channel] = channel.threads
        if kind == "voice":
            virtual.env.inject_error("POST", "/channels/*/messages/*/threads", status=400, code=50024)
        await virtual.ask(virtual.ana, "tune the engine at speed 3", channel)
        if kind == "news":
            await virtual.until(lambda: bool(channel.threads))
            [channel] = channel.threads
        await virtual.press(virtual.ben, await virtual.card(channel), "Approve")
        await virtual.shows("Approved by Ben", "PASS", channel=channel)


async def test_nobody_is_called_by_what_somebody_else_wrote(tmp_path: Path) -> None:
    """@everyone, a role and a person in a request, a value and a reason: read as written, and nobody is pinged."""
    owner = Owner()
    text = {"type": "string", "default": "nothing"}
    owner.catalogue["operations"]["tell"] = operation(
        title="Tell", says=["tell it"], parameters={"text": text}, **{"with": {"argv": ["true", "--", "{text}"]}}
    )
    async with open_virtual(tmp_path, owner) as virtual:
        role = virtual.guild.create_role("all", mentionable=True)
        evil = f"@everyone @here <@&{role.id}> <@{virtual.cem.id}> [x](https://evil.example)"
        opened = await virtual.press(virtual.ana, await virtual.planned("tell it"), "Edit")
        await virtual.submit(virtual.ana, opened, {"1.text": evil})
        await virtual.shows(f"text: {evil}")
        opened = await virtual.press(virtual.ben, await virtual.card(), "Reject")
        await virtual.submit(virtual.ben, opened, {"reason": f"no {evil}"})
        await virtual.shows("Rejected by Ben", f"no {evil}")
        await virtual.ana.slash(virtual.ops, "ask", request=f"paint {evil}")
        await virtual.shows("Ana asks: paint", "@everyone", channel=virtual.ops)
        await virtual.until(lambda: len(virtual.ops.threads) == 2)
        await virtual.shows("I have no operation for")
        sent = [one for one in virtual.all_messages() if one.components]
        assert len(sent) >= 5
        for message in sent:
            assert (message.mention_everyone, message.ping_user_ids, message.ping_role_ids) == (False, [], [])
            assert list(message_faults({"components": message.components, "flags": message.flags})) == []


async def test_one_approval_counts_across_chats_and_one_human_once(tmp_path: Path) -> None:
    """Announced in Discord, asked elsewhere: two people are needed, and one of them pressing in both chats is one."""
    owner, chat = Owner(), ScriptedChat("root")
    async with open_virtual(tmp_path, owner, others={"terminal": chat}) as virtual:
        owner.policy["announce"] = [f"discord:{GUILD}/{virtual.ops.id}"]
        await virtual.restart()
        await chat.say(virtual.chats, "ana", "wipe everything")
        card = await virtual.card(virtual.ops)
        await virtual.submit(virtual.ben, await virtual.press(virtual.ben, card, "Approve"))
        await virtual.shows("Ben said yes", channel=virtual.ops)
        await chat.press(virtual.chats, "ben", "Approve")
        await virtual.chats.inbox.idle()
        assert virtual.world.tool.effects() == []
        await chat.press(virtual.chats, "cem", "Approve")
        await virtual.shows("Approved by Ben and Cem", "PASS", channel=virtual.ops)
        assert virtual.world.tool.effects() == ["wipe"]
