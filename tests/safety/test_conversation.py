"""What is said, answered, corrected and asked for again runs as it was shown, once, and is told, whatever fails."""

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.workspace import Workspace
from bot.buttons import of_plan
from bot.chat import Account, Click, Message, Note
from orchestration.approval.decision import Shown, Voice
from orchestration.asking import Ask
from orchestration.errors import Conflict, InvalidRequest, NotAllowed, NotFound, TooMany
from orchestration.ids import new_id
from orchestration.operating import Declarations
from orchestration.owner_files import Difference, Loaded
from orchestration.planning.edit import Edit
from orchestration.ports import ToolResult
from orchestration.records import Event, Incoming, Outgoing, Plan, Request, Showing
from tests.safety.test_taken_back import Fault
from tests.support import gates
from tests.support.stage import until
from tests.support.wall import Talk, Wall, asked, on_walls, planned, talking
from tests.support.world import EffectTool, Owner, TestClock, World, open_world, operation

HERE = "terminal:a"
WALL = "wall:a"
NAME: dict[str, Any] = {"type": "string", "pattern": "[a-z-]+", "ask": "Which name?"}


def with_operation(key: str, **declared: Any) -> Owner:
    """Return an owner with one operation more."""
    files = Owner()
    files.catalogue["operations"][key] = operation(**declared)
    return files


def two_questions(**changes: Any) -> Owner:
    """Return an owner of something that has to be asked twice about."""
    enums = {name: {"type": "string", "enum": ["x", "y"], "ask": f"Which {name}?"} for name in ("left", "right")}
    argv = {"with": {"argv": ["true", "--", "{left}", "{right}"]}}
    return with_operation("paint", title="Paint", says=["paint it"], parameters=enums, **argv, **changes)


def undoable(undo: dict[str, Any]) -> Owner:
    """Return an owner of something that is undone by something else with these parameters."""
    argv = {"with": {"argv": ["true", "--", "{name}"]}}
    lay = {"title": "Lay", "says": ["lay {name}"], "undo": "lift", "parameters": {"name": NAME}, **argv}
    files = with_operation("lay", **lay)
    files.catalogue["operations"]["lift"] = operation(title="Lift", says=["lift it"], parameters=undo, **argv)
    return files


async def reload(world: World, files: Owner) -> None:
    """Let the owner change what is declared."""
    now = files.configuration()
    file = Loaded("catalogue", "e" * 64, "{}", Difference((), (), ("tune",)))
    new = Declarations(now.catalogue, now.policy, now.people)
    await world.sayso.operating.reload(new, [file], Voice("ben"))


async def newest(world: World) -> Plan:
    """Return the plan that was made last."""
    return (await world.sayso.orchestrator.views.plans(1))[0]


async def ended(world: World, text: str) -> Plan:
    """Ask, approve and see the end."""
    plan = await world.plan(text)
    await world.vote(plan)
    return (await world.end(plan)).plan


def failing(folder: Path, *operations: str) -> EffectTool:
    """Return a tool that fails each of these once."""
    return EffectTool(folder / "effects.log", {name: [ToolResult("failed", 1)] for name in operations})


# ------------------------------------------------------------------------------- words that raise a risk count


async def test_words_of_every_answer_raise_the_risk(tmp_path: Path) -> None:
    """Also those of an answer that another question followed."""
    async with open_world(tmp_path, two_questions(), go=False) as world, talking(world) as talk:
        for text in ("paint it", "x of production", "x", "y"):
            await talk.say("ana", text)
        view = await world.view(await newest(world))
        assert (view.plan.status, view.risks[0].risk) == ("pending_approval", "high")


async def test_words_of_an_answer_keep_the_policy_from_saying_yes(tmp_path: Path) -> None:
    """What needs nobody as it was asked for needs somebody as it was answered."""
    files = two_questions(effect="read_only", risk="low")
    async with open_world(tmp_path, files, go=False) as world, talking(world) as talk:
        for text in ("paint it", "x of production", "x", "y"):
            await talk.say("ana", text)
        assert (await newest(world)).status == "pending_approval"
        assert world.tool.effects() == []


async def test_words_of_a_correction_raise_the_risk_of_the_plan_that_is_asked_for_again(tmp_path: Path) -> None:
    """A retry is as grave as what it repeats."""
    async with open_world(tmp_path, tool=failing(tmp_path, "tune")) as world:
        asking, plan = world.sayso.orchestrator.asking, await world.plan("tune the engine with speed 5")
        words = Ask("use speed 6 for production", Voice("ana"), "", {})
        answer = await asking.amend(Shown(plan.id, 1, plan.digest), words)
        assert answer is not None
        assert answer.plan is not None
        await world.vote(answer.plan)
        await world.end(plan)
        again = await asking.again(plan.id, "retry", Ask("once more", Voice("ana"), "", {}))
        assert again.plan is not None
        assert (await world.view(again.plan)).risks[0].risk == "high"


async def test_words_of_a_correction_count_where_asking_depends_on_the_risk(tmp_path: Path) -> None:
    """Who may not ask for something grave may not make it grave either."""
    files = Owner()
    grave = {"match": {"risk": ["high", "critical"]}, "from": ["operators"]}
    files.policy["ask"].insert(0, grave)
    async with open_world(tmp_path, files) as world:
        plan = await world.plan("tune the engine with speed 5")
        words = Ask("use speed 6 for production", Voice("ana"), "", {})
        with pytest.raises(NotAllowed, match="You may not ask for tune"):
            await world.sayso.orchestrator.asking.amend(Shown(plan.id, 1, plan.digest), words)


async def test_a_request_of_full_length_can_be_asked_for_again(tmp_path: Path) -> None:
    """The words that go over are not counted twice."""
    async with open_world(tmp_path, tool=failing(tmp_path, "first")) as world:
        plan = await ended(world, "do first" + " please" * 1427)
        answer = await world.sayso.orchestrator.asking.again(plan.id, "retry", Ask("once more", Voice("ana"), "", {}))
        assert answer.status == "planned"


# --------------------------------------------------------------------------- only what is declared now is planned


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"name": {"type": "string", "enum": ["alpha"]}}, "name must be one of alpha, not «beta»"),
        ({"name": NAME, "place": {"type": "string", "ask": "Where?"}}, "Where?"),
    ],
)
async def test_an_undo_that_cannot_be_proposed_says_why(tmp_path: Path, parameters: dict[str, Any], why: str) -> None:
    """A value that it does not take is not run, and one that it lacks is told."""
    async with open_world(tmp_path, undoable(parameters), go=False) as world, talking(world) as talk:
        plan = await ended(world, "lay beta")
        told = await talk.press("ana", of_plan("undo", plan))
        assert why in told[0]
        assert (await newest(world)).id == plan.id


async def test_an_edit_takes_no_value_that_is_no_longer_allowed(tmp_path: Path) -> None:
    """What was asked for before a reload is looked at with what is declared after it."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first and tune the engine with speed 9")
        narrower = Owner()
        narrower.catalogue["operations"]["tune"]["parameters"]["speed"]["maximum"] = 5
        await reload(world, narrower)
        edit = world.sayso.orchestrator.asking.edit
        with pytest.raises(InvalidRequest, match="speed must be"):
            await edit(Shown(plan.id, 1, plan.digest), Voice("ana"), Edit(frozenset([1]), {}))


async def test_what_an_owner_has_taken_away_is_not_asked_for_again(tmp_path: Path) -> None:
    """And whoever asks is told so."""
    async with open_world(tmp_path, tool=failing(tmp_path, "tune")) as world:
        plan = await ended(world, "tune the engine with speed 5")
        fewer = Owner()
        del fewer.catalogue["operations"]["tune"]
        await reload(world, fewer)
        with pytest.raises(NotFound, match="There is no operation «tune»"):
            await world.sayso.orchestrator.asking.again(plan.id, "retry", Ask("once more", Voice("ana"), "", {}))


async def test_no_plan_is_made_of_two_catalogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is reloaded while a plan is made counts for all of it."""
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "script").write_text("x")
    before, after = Owner(), Owner()
    for files, word in ((before, "old"), (after, "new")):
        files.catalogue["operations"]["first"] |= {"files": ["script"], "with": {"argv": ["true", word]}}
    async with open_world(tmp_path, before) as world:
        fingerprint, left = Workspace.fingerprint, [after]

        async def slow(self: Workspace, patterns: Any) -> dict[str, str]:
            if left:
                await reload(world, left.pop())
            return await fingerprint(self, patterns)

        monkeypatch.setattr(Workspace, "fingerprint", slow)
        plan = await world.plan("do first")
        assert (await world.view(plan)).content.tasks[0].instructions["argv"] == ["true", "new"]
        await world.vote(plan)
        assert (await world.end(plan)).plan.verdict == "PASS"


# -------------------------------------------------------------------------------------- who was asked, and what


async def test_a_question_about_one_attempt_is_not_answered_for_the_next(tmp_path: Path) -> None:
    """A second «retry» of the first question does not run for a third time what may run once."""
    unknown = ToolResult("failed", metrics={"outcome_unknown": 1})
    tool = EffectTool(tmp_path / "effects.log", {"shoot": [unknown, unknown]})
    async with open_world(tmp_path, gates.owner(), tool=tool, go=False) as world, talking(world) as talk:
        await talk.say("ana", "shoot arrows")
        plan = await newest(world)
        await world.vote(plan)
        view = await world.until(plan, lambda view: view.plan.needs_person)
        first = of_plan("retry", view.plan, view.tasks[0])
        assert await talk.press("ben", first) == []
        await world.until(plan, lambda view: view.tasks[0].attempts == 2 and view.plan.needs_person)
        assert "earlier attempt" in (await talk.press("cem", first))[0]
        assert tool.effects() == ["shoot", "shoot"]
        shown = ["started", "decided", "unknown"]  # the first question says who answered it
        await until(lambda: talk.wall.kinds(HERE) == shown, lambda: str(talk.wall.kinds(HERE)))


async def test_of_many_answers_to_one_question_one_counts(tmp_path: Path) -> None:
    """The others are told that it was answered."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await talk.say("ana", "tune the engine")
        [request] = await world.sayso.store.find(Request, {})
        answer = world.sayso.orchestrator.asking.answer
        said = [Ask(str(number), Voice("ana"), f"answer {number}", {}, HERE) for number in range(1, 8)]
        became = await asyncio.gather(*(answer(request.id, each) for each in said), return_exceptions=True)
        assert sum(isinstance(one, Conflict) for one in became) == 6
        assert len(await world.sayso.orchestrator.views.plans(9)) == 1


async def test_whoever_answers_for_somebody_else_is_on_the_record(tmp_path: Path) -> None:
    """The question stays open for who was asked."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await talk.say("ana", "tune the engine")
        [request] = await world.sayso.store.find(Request, {})
        with pytest.raises(NotAllowed, match="Ana was asked this"):
            await world.sayso.orchestrator.asking.answer(request.id, Ask("5", Voice("ben"), "", {}))
        assert len(await world.sayso.store.find(Event, {"name": "access.denied"})) == 1


async def test_a_question_about_what_is_gone_does_not_close_its_thread(tmp_path: Path) -> None:
    """After a reload without that operation, what else is asked for in the thread is taken."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await talk.say("ana", "tune the engine")
        fewer = Owner()
        del fewer.catalogue["operations"]["tune"]
        await reload(world, fewer)
        await talk.say("ana", "do first")
        assert (await world.view(await newest(world))).content.tasks[0].operation == "first"


async def test_votes_corrections_and_edits_at_once_make_one_truth(tmp_path: Path) -> None:
    """One of them wins, the others are told that it has moved on."""
    async with open_world(tmp_path) as world:
        asking = world.sayso.orchestrator.asking
        for number in range(6):
            plan = await world.plan("do first and tune the engine with speed 5")
            shown = Shown(plan.id, 1, plan.digest)
            became = await asyncio.gather(
                asking.amend(shown, Ask("speed 6", Voice("ana"), f"a{number}", {})),
                world.vote(plan),
                asking.amend(shown, Ask("speed 7", Voice("cem"), f"c{number}", {})),
                asking.edit(shown, Voice("ben"), Edit(frozenset([1]), {})),
                return_exceptions=True,
            )
            assert sum(isinstance(one, Conflict) for one in became) == 3, became
            view = await world.view(plan)
            assert (view.plan.revision == 1) == (view.plan.status != "pending_approval")


async def test_who_corrects_or_asks_again_cannot_approve_it_alone(tmp_path: Path) -> None:
    """Editors and correctors add up over the revisions; the asker of a retry is who asked for it."""
    async with open_world(tmp_path, tool=failing(tmp_path, "first")) as world:
        asking, plan = world.sayso.orchestrator.asking, await world.plan("tune the engine with speed 5")
        answer = await asking.amend(Shown(plan.id, 1, plan.digest), Ask("speed 6", Voice("ben"), "", {}))
        assert answer is not None
        assert answer.plan is not None
        third = await asking.edit(
            Shown(plan.id, 2, answer.plan.digest), Voice("cem"), Edit(frozenset(), {1: {"speed": "7"}})
        )
        for person in ("ana", "ben", "cem"):
            with pytest.raises(NotAllowed):
                await world.vote(third, person)
        failed = await ended(world, "do first")
        again = await asking.again(failed.id, "retry", Ask("once more", Voice("ben"), "", {}))
        assert again.plan is not None
        with pytest.raises(NotAllowed):
            await world.vote(again.plan, "ben")
        assert (await world.vote(again.plan, "cem")).state == "approved"


# ----------------------------------------------------------------------------------------------------- bounds


async def test_a_limit_of_plans_that_wait_keeps_nobody_from_looking(tmp_path: Path) -> None:
    """What needs nobody's yes adds nothing to what waits."""
    files = Owner()
    files.policy["limits"] = {"pending_per_person": 1}
    async with open_world(tmp_path, files) as world:
        await world.plan("do first")
        with pytest.raises(TooMany):
            await world.plan("do first")
        assert (await world.end(await world.plan("look around"))).plan.verdict == "PASS"


async def test_a_clock_that_is_put_back_locks_nobody_out(tmp_path: Path) -> None:
    """What was asked in what is now the future does not count."""
    files, clock = Owner(), TestClock()
    files.policy["limits"] = {"requests_per_minute": 2}
    async with open_world(tmp_path, files, clock=clock, go=False) as world:
        for _ in range(2):
            await world.plan("do first")
        clock.moved = -timedelta(hours=1)
        await world.plan("do first")


# ------------------------------------------------------------------------------ when something cannot be written


async def test_every_task_that_is_due_is_tried_again_though_the_store_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first that cannot be written takes none of the others with it."""
    monkeypatch.setattr("orchestration.retrying.AFTER_TROUBLE_SECONDS", 0.05)
    files, clock, fault = gates.owner(), TestClock(), Fault("plan.go_on", 0)
    names = ("alpha", "beta", "gamma")
    for name in names:
        files.catalogue["operations"][f"touch_{name}"]["retries"] = 2
    tool = failing(tmp_path, *(f"touch_{name}" for name in names))
    async with open_world(tmp_path, files, tool=tool, hook=fault, clock=clock, backoff_seconds=2.0) as world:
        plans = [await world.plan(f"touch {name}") for name in names]
        for plan in plans:
            await world.vote(plan)
        for plan in plans:
            await world.until(plan, lambda view: view.tasks[0].not_before is not None)
        fault.times, clock.moved = 1, timedelta(seconds=5)
        for plan in plans:
            assert (await world.end(plan)).plan.verdict == "PASS"


async def test_what_was_kept_has_its_effect_though_nobody_waits_for_the_answer(tmp_path: Path) -> None:
    """A platform that gives up while a message is written down has handed it in."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        message = Message(new_id(0), HERE, Account("terminal", "root", "ana"), "do first")
        taking = asyncio.create_task(talk.chats.inbox.take(message))
        await asyncio.sleep(0)
        taking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await taking
        assert not await talk.chats.inbox.take(message)
        await talk.chats.inbox.idle()
        assert len(await world.sayso.orchestrator.views.plans(9)) == 1


class Full:
    """A disk that takes what comes in, and nothing else while it is full."""

    def __init__(self) -> None:
        self.is_full = False
        self.refused = 0

    def __call__(self, label: str) -> None:
        if self.is_full and label.endswith(".before_commit") and "inbox.take" not in label:
            self.refused += "inbox.done" in label
            raise sqlite3.OperationalError("database or disk is full")


async def test_a_vote_that_was_told_not_to_count_does_not_count_later(tmp_path: Path) -> None:
    """Neither when the disk has room again, nor after a restart."""
    full = Full()
    async with open_world(tmp_path, go=False, hook=full) as world, talking(world) as talk:
        await talk.say("ana", "do first")
        plan = await newest(world)
        full.is_full = True
        await talk.chats.inbox.take(
            Click(new_id(0), HERE, Account("terminal", "root", "ben"), of_plan("approve", plan), {}, "0")
        )
        await until(lambda: full.refused > 0, lambda: str(talk.wall.whispers))
        assert "Nothing was changed" in talk.wall.whispers[0][1].lines[0]
        full.is_full = False
        await talk.chats.inbox.idle()
        assert {row.status for row in await world.sayso.store.find(Incoming, {})} == {"done"}
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await talk.chats.inbox.idle()
        assert (await world.view(plan)).plan.status == "pending_approval"


def quiet(chats: Any, wall: Wall) -> Callable[[], bool]:
    """Return whether something is shown and nothing is left to show."""
    return lambda: bool(wall.messages) and not chats.threads.waiting


async def test_a_card_that_was_posted_and_not_noted_is_found_again(tmp_path: Path) -> None:
    """What is stored of it is made good, and it stands there once."""
    wall, fault = Wall(), Fault("chat.shown", 1)
    async with open_world(tmp_path, go=False, hook=fault) as world, on_walls(world, {"wall": wall}) as chats:
        plan = await planned(world, "do first", WALL)
        await until(quiet(chats, wall), lambda: str(wall.messages))
        await world.vote(plan)
        await world.end(plan)
        await until(quiet(chats, wall), lambda: str(wall.messages))
        [row] = await world.sayso.store.find(Showing, {})
        assert (row.status, row.message, len(wall.cards(WALL))) == ("ended", "0", 1)


async def test_a_question_that_was_posted_and_not_noted_is_asked_once(tmp_path: Path) -> None:
    """It is looked for before it is posted anew."""
    wall, fault = Wall(), Fault("chat.answered", 1)
    async with open_world(tmp_path, go=False, hook=fault) as world, on_walls(world, {"wall": wall}) as chats:
        await asked(world, "tune the engine", WALL)
        await until(quiet(chats, wall), lambda: str(wall.messages))
        [row] = await world.sayso.store.find(Outgoing, {"lane": "chat"})
        assert (row.status, wall.kinds(WALL)) == ("delivered", ["question"])


# ---------------------------------------------------------------------------------------------------- records


async def test_a_card_says_what_a_reloaded_policy_asks_for(tmp_path: Path) -> None:
    """Whoever looks at an old card sees who has to say yes now."""
    wall = Wall()
    async with open_world(tmp_path, go=False) as world, on_walls(world, {"wall": wall}):
        await planned(world, "do first", WALL)
        await until(lambda: len(wall.cards(WALL)) == 1, lambda: "no card")
        stricter = Owner()
        stricter.policy["approvals"][1]["need"] = 2
        await reload(world, stricter)
        await until(lambda: "Needs two" in wall.cards(WALL)[0].needs[0], lambda: str(wall.cards(WALL)[0].needs))


async def test_nothing_that_was_said_stands_in_the_events(tmp_path: Path) -> None:
    """Requests, answers, corrections, reasons and names are hashes there."""
    async with open_world(tmp_path, go=False) as world, talking(world) as talk:
        await say_all(talk, "zebrafish")
        for plan in await world.sayso.orchestrator.views.plans(9):
            await talk.press("ben", of_plan("reject", plan), reason="zebrafish no")
        bodies = [event.body for event in await world.sayso.store.find(Event, {})]
        assert any("decision" in body or "outcome" in body for body in bodies)
        for said in ("zebrafish", '"ana"', '"ben"'):
            assert not [body for body in bodies if said in body]


async def say_all(talk: Talk, word: str) -> None:
    """Ask, answer, correct, and ask for what there is not, with a word in each."""
    for text in (f"do first {word}", "tune the engine", f"{word} 7", "7", f"speed 6 for {word}", f"order a {word}"):
        await talk.say("ana", text)
    assert any(isinstance(one.post, Note) for one in talk.wall.messages)
