"""What people say and press comes to the use case that it stands for; who may not is told so, and only they."""

import asyncio
from pathlib import Path

import pytest

from bot import wording
from bot.buttons import of_plan
from bot.chat import Account, Click, Form, Message, Note, ShownCard
from orchestration.records import Event, Plan
from orchestration.throttle import RECORDED_REFUSALS
from tests.support.stage import until
from tests.support.wall import Talk, Wall, on_walls, planned, talking
from tests.support.world import Owner, World, open_world

A = "terminal:a"


async def newest(world: World) -> Plan:
    """Return the plan that was made last."""
    return (await world.sayso.orchestrator.views.plans(1))[0]


async def button(talk: Talk, label: str, thread: str = A) -> str:
    """Return the value of the newest button of that label, once it is there."""

    def found() -> list[str]:
        posts = [one.post for one in talk.wall.messages if one.thread == thread]
        return [one.value for post in posts for one in post.buttons if one.label == label]

    await until(lambda: bool(found()), lambda: f"no {label} in {talk.wall.messages}")
    return found()[-1]


# ----------------------------------------------------------------------------------------------- who speaks


def owner() -> Owner:
    """An owner whose people have accounts."""
    files = Owner()
    files.people["people"]["ana"]["slack"] = "T1/U7"
    files.people["people"]["ben"]["terminal"] = "benedikt"
    return files


async def test_a_stranger_is_told_how_to_be_added(tmp_path: Path) -> None:
    """An account that is nobody's gets nothing done, neither by words nor by a button, and sees no form."""
    wall, stranger = Wall(), Account("slack", "T1/U666")
    async with open_world(tmp_path, owner(), go=False) as world, on_walls(world, {"slack": wall}) as chats:
        plan = await world.plan("do first")
        await chats.inbox.take(Message("m1", "slack:x", stranger, "do first"))
        await chats.inbox.take(Click("c1", "slack:x", stranger, of_plan("approve", plan)))
        await chats.inbox.idle()
        assert [note.lines for _, note in wall.whispers] == [(wording.stranger("slack", "T1/U666"),)] * 2
        opened = await chats.conversation.form(Click("c2", "slack:x", stranger, of_plan("edit", plan)))
        assert isinstance(opened, Note)
        assert (await world.view(plan)).plan.status == "pending_approval"
        assert (await newest(world)).id == plan.id
        denied = await world.sayso.store.find(Event, {"name": "access.denied"})
        assert len(denied) == 3


async def test_a_stranger_who_presses_all_day_fills_no_record(tmp_path: Path) -> None:
    """The first refusals of a minute are on it, and that there were more; each time they are told all the same."""
    wall, stranger = Wall(), Account("slack", "T1/U666")
    async with open_world(tmp_path, owner(), go=False) as world, on_walls(world, {"slack": wall}) as chats:
        plan = await world.plan("do first")
        for number in range(40):
            await chats.inbox.take(Click(f"c{number}", f"slack:{number}", stranger, of_plan("approve", plan)))
        await chats.inbox.idle()
        assert len(wall.whispers) == 40
        denied = await world.sayso.store.find(Event, {"name": "access.denied"})
        assert RECORDED_REFUSALS <= len(denied) <= 2 * RECORDED_REFUSALS  # a minute of the clock may have begun
        assert "and more within this minute" in denied[RECORDED_REFUSALS - 1].body or len(denied) > RECORDED_REFUSALS


async def test_an_account_is_the_person_it_belongs_to(tmp_path: Path) -> None:
    """The same human on two platforms is one person: what they asked for there they cannot approve here."""
    slack, terminal = Wall(), Wall()
    walls = {"slack": slack, "terminal": terminal}
    async with open_world(tmp_path, owner(), go=False) as world, on_walls(world, walls) as chats:
        await chats.inbox.take(Message("m1", "slack:x", Account("slack", "T1/U7"), "do first"))
        await chats.inbox.idle()
        plan = await newest(world)
        assert plan.person == "ana"
        ben = Account("terminal", "benedikt")
        await chats.inbox.take(Click("c1", A, ben, of_plan("approve", plan)))
        await chats.inbox.idle()
        view = await world.end(plan)
        assert (view.votes[0].person, view.votes[0].asserted_by) == ("ben", None)


async def test_speaking_for_somebody_is_recorded(tmp_path: Path) -> None:
    """Who typed stands beside whom they spoke for."""
    async with open_world(tmp_path, owner(), go=False) as world, talking(world) as talk:
        plan = await world.plan("do first")
        assert await talk.press("cem", of_plan("approve", plan)) == []
        view = await world.end(plan)
        assert (view.votes[0].person, view.votes[0].asserted_by) == ("cem", "root")


async def test_speaking_for_somebody_is_refused_where_it_is_not_allowed(tmp_path: Path) -> None:
    """In an owner's own installation nobody speaks for others; the refusal is on the record."""
    async with open_world(tmp_path, owner(), go=False, example=False) as world, talking(world) as talk:
        plan = await world.plan("do first")
        assert "You are root here, not ben" in (await talk.press("ben", of_plan("approve", plan)))[0]
        assert "You are root here, not ana" in (await talk.say("ana", "do first"))[0]
        assert (await world.view(plan)).votes == ()
        assert "access.denied" in await world.event_names(plan)


# ---------------------------------------------------------------------------------------------------- words


async def test_a_request_becomes_a_plan_in_its_thread(tmp_path: Path) -> None:
    """The plan is its sender's, and only its thread is told."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        assert await talk.say("ana", "do first") == []
        await button(talk, "Approve")
        assert [card.code for card in talk.wall.cards(A)] == [(await newest(world)).code]


async def test_a_question_is_answered_by_whoever_asked(tmp_path: Path) -> None:
    """The same words of somebody else are a request of their own."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await talk.say("ana", "tune the engine")
        await talk.say("ben", "7")
        assert await world.sayso.orchestrator.views.plans(9) == []
        await talk.say("ana", "7")
        plan = await newest(world)
        assert (plan.person, (await world.view(plan)).content.task(1).parameters) == ("ana", {"speed": 7})


async def test_a_request_after_a_question_is_a_request(tmp_path: Path) -> None:
    """Who asks for something else instead of answering gets that."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await talk.say("ana", "tune the engine")
        await talk.say("ana", "look around")
        assert [task.operation for task in (await world.view(await newest(world))).tasks] == ["look"]


async def test_a_correction_that_is_not_clear_is_asked_back_alone(tmp_path: Path) -> None:
    """Only its sender is asked, and the plan stays as it is."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await talk.say("ana", "tune the engine at speed 7 and do first")
        plan = await newest(world)
        told = await talk.say("ana", "use speed 99")
        assert told
        assert (await world.view(plan)).plan.revision == 1


@pytest.mark.parametrize("text", ["", " ", "a\x00b", "x" * 20_000])
async def test_what_cannot_be_taken_is_told_to_its_sender(tmp_path: Path, text: str) -> None:
    """Empty, broken or endless messages make nothing."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        [told] = await talk.say("ana", text)
        assert told.startswith("The request")
        assert await world.sayso.orchestrator.views.plans(9) == []


# -------------------------------------------------------------------------------------------------- buttons


async def test_stale_buttons_do_nothing(tmp_path: Path) -> None:
    """Every button of an earlier revision says which one is current."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        old = await planned(world, "do first and do second", A)
        await talk.press("ana", of_plan("edit", old), **{"2.": "no"})
        for verb in ("approve", "reject", "edit", "cancel", "details"):
            assert await talk.press("ben", of_plan(verb, old)) == [wording.outdated(old.code, 2)]
        view = await world.view(old)
        assert (view.plan.status, view.plan.revision, view.votes) == ("pending_approval", 2, ())


@pytest.mark.parametrize(
    "value", ["", "x", "v9:approve:A:1:ab", "v1:approve:ZZZZZZ:1:abcdef012345", "v1:done:ZZZZZZ/1:1:abcdef012345"]
)
async def test_foreign_buttons_do_nothing(tmp_path: Path, value: str) -> None:
    """What is no button of ours, or of no plan of ours, is refused with a sentence."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        assert len(await talk.press("ben", value)) == 1


async def test_a_shortened_digest_proves_nothing(tmp_path: Path) -> None:
    """A vote needs all the digits that a card shows."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        plan = await planned(world, "do first", A)
        await talk.press("ben", f"v1:approve:{plan.code}:1:{plan.digest[:4]}")
        assert (await world.view(plan)).votes == ()


async def test_a_double_click_counts_once(tmp_path: Path) -> None:
    """Whoever presses twice is not told off, and has voted once."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        plan = await planned(world, "do first", A)
        assert await talk.press("ben", of_plan("approve", plan)) == []
        assert await talk.press("ben", of_plan("approve", plan)) == []
        view = await world.end(plan)
        assert (len(view.votes), world.tool.effects()) == (1, ["first"])


async def test_a_vote_remembers_what_was_before_its_eyes(tmp_path: Path) -> None:
    """Which message, and which rendering of the card stood in it."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        plan = await planned(world, "do first", A)
        value = await button(talk, "Approve")
        await until(lambda: not talk.chats.threads.waiting, lambda: "something is left to show")
        rendering = await talk.chats.threads.rendering(plan.id, A)
        await talk.press("ben", value)
        assert rendering
        assert (await world.end(plan)).votes[0].rendering == f"{A} 0 {rendering}"


async def test_a_choice_of_a_question_that_was_replaced_chooses_nothing(tmp_path: Path) -> None:
    """After a question was answered and another one asked, the old buttons are void, though their places fit."""
    files = Owner()
    pick = {"type": "string", "enum": ["red", "blue"], "ask": "Which colour?"}
    size = {"type": "string", "enum": ["small", "large"], "ask": "Which size?"}
    files.catalogue["operations"]["paint"] = {
        **files.catalogue["operations"]["first"],
        "title": "Paint the wall",
        "says": ["paint the wall"],
        "parameters": {"colour": pick, "size": size},
        "with": {"argv": ["true", "--", "{colour}", "{size}"]},
    }
    async with open_world(tmp_path, files, go=False) as world, talking(world) as talk:
        await talk.say("ana", "paint the wall")
        red = await button(talk, "red")
        await talk.press("ana", red)
        await button(talk, "small")
        assert "asked by now" in (await talk.press("ana", red))[0]
        assert "Ana was asked this" in (await talk.press("ben", await button(talk, "small")))[0]
        await talk.press("ana", await button(talk, "small"))
        view = await world.view(await newest(world))
        assert view.content.task(1).parameters == {"colour": "red", "size": "small"}


async def test_details_are_for_whoever_asks(tmp_path: Path) -> None:
    """All that stands behind a card is told to one person."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        plan = await planned(world, "do first", A)
        told = await talk.press("ana", of_plan("details", plan))
        assert plan.digest in told[0]


async def test_a_form_that_was_sent_is_a_new_revision(tmp_path: Path) -> None:
    """What was typed is what is proposed; what cannot be is told, and the plan stays."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await talk.say("ana", "tune the engine at speed 7")
        plan = await newest(world)
        opened = await talk.chats.conversation.form(
            Click("f", A, Account("terminal", "root", "ana"), of_plan("edit", plan))
        )
        assert isinstance(opened, Form)
        assert await talk.press("ana", opened.button, **{"1.speed": "99"}) != []
        assert await talk.press("ana", opened.button, **{"1.speed": "8"}) == []
        view = await world.view(plan)
        assert (view.plan.revision, view.content.task(1).parameters) == (2, {"speed": 8})


async def test_only_whoever_manages_a_plan_edits_it(tmp_path: Path) -> None:
    """Others are told that they neither asked for it nor manage it."""
    files = Owner()
    files.people["people"]["dia"] = {"name": "Dia", "groups": ["everyone"]}
    async with open_world(tmp_path, files, go=False) as world, talking(world) as talk:
        plan = await planned(world, "do first and do second", A)
        assert "may not edit" in (await talk.press("dia", of_plan("edit", plan), **{"2.": "no"}))[0]
        assert (await world.view(plan)).plan.revision == 1


async def test_a_preview_is_on_the_card_when_it_arrives(tmp_path: Path) -> None:
    """What can be tried without effect is tried, and shown."""
    files = Owner()
    files.catalogue["operations"]["first"] |= {"preview": True, "preview_with": {"argv": ["true"]}}
    async with open_world(tmp_path, files, go=False) as world, talking(world) as talk:
        await talk.say("ana", "do first")
        await until(
            lambda: any(
                isinstance(one.post, ShownCard) and one.post.card.previews and not one.post.card.preview_coming
                for one in talk.wall.messages
            ),
            lambda: str(talk.wall.messages),
        )


async def test_a_preview_that_died_with_its_process_is_not_waited_for(tmp_path: Path) -> None:
    """After a restart the card does not promise what nobody works on."""
    files = Owner()
    files.catalogue["operations"]["first"] |= {"preview": True, "preview_with": {"argv": ["true"]}}
    wall = Wall()
    async with open_world(tmp_path, files, go=False) as world:
        world.tool.hold = asyncio.Event()
        async with talking(world, wall) as talk:
            await talk.say("ana", "do first")
            await until(lambda: any(card.preview_coming for card in wall.cards(A)), lambda: str(wall.messages))
    async with open_world(tmp_path, files, go=False) as world, talking(world, wall):
        await until(lambda: not any(card.preview_coming for card in wall.cards(A)), lambda: str(wall.messages))
