"""What is said to the bot about itself is told from what is asked of it."""

from pathlib import Path

import pytest

from bot import wording
from bot.commands import Command, read_command
from orchestration.approval.decision import Voice
from tests.support.wall import planned, talking
from tests.support.world import Owner, open_world, operation


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("help", Command("help")), ("Help!", Command("help")), ("?", Command("help")), ("/help", Command("help")),
        ("what can you do?", Command("help")), ("plans", Command("plans")), ("list my plans", Command("plans")),
        ("Agents", Command("agents")), ("show 7K2MQ4", Command("show", "7K2MQ4")),
        ("show plan 7k2mq4", Command("show", "7k2mq4")), ("  status  ", Command("status")),
        ("status 7K2MQ4.", Command("status", "7K2MQ4")), ("cancel", Command("cancel")),
        ("stop it", Command("cancel")), ("cancel that 7K2MQ4", Command("cancel", "7K2MQ4")),
        ("approve", Command("decide")), ("yes", Command("decide")), ("reject it 7K2MQ4", Command("decide", "7K2MQ4")),
        ("show 01a1fd4d-002b-796c-a352-a0872098c4b8", Command("show", "01a1fd4d-002b-796c-a352-a0872098c4b8")),
    ],
)  # fmt: skip
def test_commands_are_read(text: str, command: Command) -> None:
    """However it is spelled, a command is one."""
    assert read_command(text) == command


@pytest.mark.parametrize(
    "text",
    ["", "deploy kuma", "help me deploy kuma", "cancel the backup of photos", "show me everything", "yes please do"],
)
def test_what_says_more_is_no_command(text: str) -> None:
    """A command has nothing beside it."""
    assert read_command(text) is None


@pytest.fixture
def owner() -> Owner:
    """An owner whose operations are called for by words that are commands, too."""
    found = Owner()
    found.catalogue["operations"]["state"] = operation(
        title="State", says=["status", "show status", "show volume"], effect="read_only", risk="low"
    )
    return found


async def test_help_names_what_can_be_done(tmp_path: Path) -> None:
    """Every operation by its title, and how to go on."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        told = "\n".join(await talk.say("ana", "help"))
    for declared in world.sayso.setting.declared.catalogue.operations.values():
        assert declared.title in told
    assert "cancel PLAN" in told


async def test_plans_are_listed_newest_first(tmp_path: Path) -> None:
    """Each with its code, how it stands, and who asked."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        assert await talk.say("ana", "plans") == [wording.NO_PLANS]
        first, second = await world.plan("do first"), await world.plan("wipe everything", "ben")
        await world.sayso.orchestrator.cancel(first.id, Voice("ana"))
        lines = await talk.say("ana", "plans")
    assert [line.split()[0] for line in lines] == [second.code, first.code]
    assert "pending approval  asked by Ben" in lines[0]
    assert "cancelled  asked by Ana" in lines[1]


async def test_status_is_about_the_plan_of_the_thread(tmp_path: Path) -> None:
    """Where a plan is under way, `status` says who has to say yes and how its tasks are; elsewhere it lists plans."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        plan = await planned(world, "do first and do second", "terminal:a")
        here = await talk.say("ana", "status")
        assert here[1].startswith("Needs one of operators (Ben, Cem). Open until ")
        assert here[2:] == ["1 First: pending", "2 Second: pending"]
        assert plan.code in here[0]
        assert await talk.say("ana", "status", "terminal:elsewhere") == here[:1]
        assert await talk.say("ana", f"status {plan.code.lower()}", "terminal:elsewhere") == here


async def test_status_says_what_a_plan_waits_for(tmp_path: Path) -> None:
    """Whoever asks why nothing happens is told: here, that nothing may start."""
    async with open_world(tmp_path) as world, talking(world) as talk:
        await world.sayso.operating.hold(Voice("ben"))
        plan = await planned(world, "do first", "terminal:a")
        await world.vote(plan)
        told = await talk.say("ana", "status")
        assert told[1:] == [wording.on_hold("Ben"), "1 First: approved"]


async def test_a_thread_is_about_what_was_shown_there_last(tmp_path: Path) -> None:
    """After `show`, `status`, a correction and `cancel` are about the plan shown, until something else is asked."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        mine = await planned(world, "do first", "terminal:a")
        other = await planned(world, "do first and do second", "terminal:b")
        assert await talk.say("ana", f"show {other.code}") == []
        assert other.code in (await talk.say("ana", "status"))[0]
        assert await talk.say("ana", "without the second") == []
        assert ((await world.view(mine)).plan.revision, (await world.view(other)).plan.revision) == (1, 2)
        assert await talk.say("ana", f"show {mine.code}") == []
        assert await talk.say("ana", f"show {other.code}") == []
        assert await talk.say("ana", "cancel") == []
        assert [(await world.view(plan)).plan.status for plan in (mine, other)] == ["pending_approval", "cancelled"]
        newest = await planned(world, "do second", "terminal:a")
        assert newest.code in (await talk.say("ana", "status"))[0]


async def test_agents_are_listed(tmp_path: Path) -> None:
    """Each with its kind, and whether it is there."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        assert "infra-1  infra  online" in await talk.say("ana", "agents")


async def test_what_needs_a_plan_asks_for_its_code(tmp_path: Path) -> None:
    """`show` and `cancel` without a plan say what to say, and one that is not there is said so."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        assert await talk.say("ana", "cancel") == [wording.WHICH_PLAN]
        assert "There is no plan «222222»" in (await talk.say("ana", "show 222222"))[0]
        assert await world.sayso.orchestrator.views.plans(1) == []


async def test_cancel_from_elsewhere_says_what_became_of_it(tmp_path: Path) -> None:
    """In its own thread the thread shows it; in another one the answer does."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        here, there = await planned(world, "do first", "terminal:a"), await planned(world, "do second", "terminal:b")
        assert await talk.say("ana", f"cancel {here.code}") == []
        told = await talk.say("ana", f"cancel {there.code}")
        assert told[0].startswith(f"{there.code}  cancelled")
        assert (await world.view(here)).plan.status == "cancelled"
        assert "nothing to cancel" in (await talk.say("ana", f"cancel {there.code}"))[0]


async def test_a_typed_word_decides_nothing(tmp_path: Path) -> None:
    """«approve» is answered with how to decide, and changes nothing."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        plan = await planned(world, "do first", "terminal:a")
        for text in ("approve", "yes", f"approve {plan.code}", "reject"):
            assert await talk.say("ben", text) == [wording.DECIDE_BY_BUTTON]
        assert (await world.view(plan)).plan.status == "pending_approval"


async def test_yes_answers_a_question(tmp_path: Path) -> None:
    """Where something was asked back, «yes» is its answer and no decision."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await talk.say("ana", "tune the engine")
        assert wording.DECIDE_BY_BUTTON not in await talk.say("ana", "yes")


async def test_what_the_owner_calls_an_operation_by_is_a_request(tmp_path: Path, owner: Owner) -> None:
    """«status» and «show volume» ask for the owner's operations; of a plan that is under way «status» is about that."""
    async with open_world(tmp_path, owner, go=False) as world, talking(world) as talk:
        for text in ("status", "Show status!", "show volume"):
            assert await talk.say("ana", text, f"terminal:{text}") == []
        operations = [
            (await world.view(plan)).tasks[0].operation for plan in await world.sayso.orchestrator.views.plans(9)
        ]
        assert operations == ["state"] * 3
        await planned(world, "do first", "terminal:a")
        assert (await talk.say("ana", "status"))[-1] == "1 First: pending"


async def test_only_whoever_manages_a_plan_cancels_it(tmp_path: Path) -> None:
    """A refusal is told to whoever tried, and recorded."""
    owner = Owner()
    owner.people["people"]["dia"] = {"name": "Dia", "groups": ["everyone"]}
    async with open_world(tmp_path, owner, go=False) as world, talking(world) as talk:
        plan = await planned(world, "do first", "terminal:a")
        assert "may not cancel" in (await talk.say("dia", "cancel"))[0]
        assert "access.denied" in await world.event_names(plan)
