"""Who may do what at the moment they do it: the people file, the server, and the roles that Discord sends along."""

import asyncio
from pathlib import Path

import pytest

from orchestration.records import Event
from tests.support.simcord_world import Virtual, open_virtual
from tests.support.world import Owner


async def recorded(virtual: Virtual, number: int) -> None:
    """Wait until so many refusals are on the record."""
    found: list[Event] = []
    while len(found) < number:
        await asyncio.sleep(0.01)
        found = await virtual.world.sayso.store.find(Event, {"name": "access.denied"})
    assert len(found) == number


@pytest.mark.parametrize("label", ["Approve", "Reject", "Edit", "Details"])
async def test_a_stranger_is_told_so_alone_whatever_they_press(tmp_path: Path, label: str) -> None:
    """No button of a card says or does anything for somebody who is not in the people file."""
    async with open_virtual(tmp_path) as virtual:
        card = await virtual.planned()
        before = virtual.text(virtual.thread)
        pressed = await virtual.press(virtual.eve, card, label)
        await virtual.told(pressed, "I don't know you here", f"discord: {virtual.eve.id}")
        assert pressed.modal is None
        assert virtual.text(virtual.thread) == before
        await recorded(virtual, 1)


async def test_a_stranger_gets_nothing_by_commands_either(tmp_path: Path) -> None:
    """Each command is there for everybody to see, and tells a stranger nothing."""
    async with open_virtual(tmp_path) as virtual:
        await virtual.planned()
        [plan] = await virtual.world.sayso.orchestrator.views.plans(1)
        for name, given in (
            ("ask", {"request": "do first"}), ("plans", {}), ("plan", {"plan": plan.code}), ("agents", {}),
            ("approve", {"plan": plan.code, "digest": plan.digest}), ("cancel", {"plan": plan.code}),
        ):  # fmt: skip
            typed = await virtual.eve.slash(virtual.ops, name, **given)
            await virtual.told(typed, "I don't know you here")
        assert await virtual.complete(virtual.eve, "plan", "") == []
        assert (await virtual.world.view(plan)).plan.status == "pending_approval"


async def test_a_stranger_who_mentions_the_bot_is_answered_and_gets_no_thread(tmp_path: Path) -> None:
    """A reply to what they wrote, which calls nobody."""
    async with open_virtual(tmp_path) as virtual:
        await virtual.ask(virtual.eve, "tune the engine at speed 3")
        await virtual.shows("I don't know you here", channel=virtual.ops)
        assert virtual.ops.threads == []
        [reply] = [one for one in virtual.all_messages() if one.reference]
        assert reply.ping_user_ids == []


async def test_who_has_not_accepted_the_rules_of_the_server_decides_nothing(tmp_path: Path) -> None:
    """What Discord says of a member at the click counts before the people file."""
    async with open_virtual(tmp_path) as virtual:
        card = await virtual.planned()
        virtual.env.backend.get_member(virtual.guild.id, virtual.ben.id).pending = True
        await virtual.told(await virtual.press(virtual.ben, card, "Approve"), "Guests and members")
        await recorded(virtual, 1)


async def test_other_bots_and_webhooks_are_not_heard(tmp_path: Path) -> None:
    """What a program writes is no request, also where it names the bot."""
    async with open_virtual(tmp_path) as virtual:
        other = virtual.guild.add_member(virtual.env.create_user("other", bot=True))
        await virtual.ask(other, "tune the engine at speed 3")
        await virtual.guild.create_webhook(virtual.ops).send(f"{virtual.me} tune the engine at speed 3")
        await virtual.planned("do second")
        assert len(await virtual.world.sayso.orchestrator.views.plans(9)) == 1


async def test_a_mention_that_is_edited_in_or_said_without_calling_is_nothing(tmp_path: Path) -> None:
    """A request is what was said to the bot; without the privileged intent all else arrives without its words."""
    async with open_virtual(tmp_path) as virtual:
        said = await virtual.ana.send(virtual.ops, "tune the engine at speed 3")
        await virtual.ana.edit(said, f"{virtual.me} tune the engine at speed 3")
        await virtual.planned("do second")
        assert len(await virtual.world.sayso.orchestrator.views.plans(9)) == 1


async def test_a_direct_message_is_refused_and_no_command_is_offered_there(tmp_path: Path) -> None:
    """What is asked directly nobody else sees."""
    async with open_virtual(tmp_path) as virtual:
        await virtual.ana.send_dm("tune the engine at speed 3")
        await virtual.shows("in direct messages: ask me in a channel", channel=virtual.ana.user.dm_channel)
        assert virtual.ana.user.available_commands() == ()
        await recorded(virtual, 1)


async def test_another_server_is_refused(tmp_path: Path) -> None:
    """A member of the people file in somebody else's server is as good as a stranger."""
    async with open_virtual(tmp_path) as virtual:
        guild = virtual.env.create_guild("Elsewhere")
        there, ana = guild.create_text_channel("ops"), guild.add_member(virtual.ana.user)
        await virtual.told(await ana.slash(there, "plans"), "do not serve this server")
        await ana.send(there, f"{virtual.me} tune the engine at speed 3")
        await virtual.planned("do second")
        assert virtual.shown(there) == []
        await recorded(virtual, 2)


async def test_a_role_counts_as_it_is_at_the_click(tmp_path: Path) -> None:
    """Somebody who lost the role between the card and the click is refused; who got it meanwhile approves."""
    async with open_virtual(tmp_path, with_groups()) as virtual:
        operators = virtual.guild.create_role("operators")
        virtual.owner.people["groups"]["operators"]["discord_role"] = str(operators.id)
        for member in (virtual.ben, virtual.cem):
            virtual.give(member, operators)
        await virtual.restart()
        await virtual.until(lambda: bool(virtual.world.sayso.setting.rules.people.joined))
        card = await virtual.planned()
        await virtual.shows("Needs one of operators (Ben, Cem)")
        virtual.give(virtual.ben)
        await virtual.told(await virtual.press(virtual.ben, card, "Approve"), "needs one of operators")
        virtual.give(virtual.ana, operators)
        await virtual.press(virtual.cem, card, "Approve")
        await virtual.shows("Approved by Cem", "PASS")


def with_groups() -> Owner:
    """Return an owner whose operators are nobody but those who have a role in Discord."""
    owner = Owner()
    for person in owner.people["people"].values():
        person["groups"] = ["everyone"]
    owner.people["groups"] = {"operators": {"discord_role": "1"}}
    return owner


async def test_a_yes_of_somebody_who_lost_the_role_is_none_any_more(tmp_path: Path) -> None:
    """A critical plan needs two who may: roles are read now and then, and what counts is who has them."""
    async with open_virtual(tmp_path, with_groups()) as virtual:
        operators = virtual.guild.create_role("operators")
        virtual.owner.people["groups"]["operators"]["discord_role"] = str(operators.id)
        for member in (virtual.ana, virtual.ben, virtual.cem):
            virtual.give(member, operators)
        await virtual.restart()
        card = await virtual.planned("wipe everything")
        sent = await virtual.submit(virtual.ben, await virtual.press(virtual.ben, card, "Approve"))
        await virtual.told(sent, "Your yes", "counts")
        virtual.give(virtual.ben)
        assert virtual.discord.client.roles is not None
        virtual.discord.client.roles.changed()
        rules = virtual.world.sayso.setting.rules
        await virtual.until(lambda: "ben" not in rules.people.members(["operators"]))
        sent = await virtual.submit(virtual.cem, await virtual.press(virtual.cem, card, "Approve"))
        await virtual.told(sent, "Your yes", "counts")
        assert virtual.world.tool.effects() == []
