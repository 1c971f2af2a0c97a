"""Requests, answers, corrections and what follows an end: each message counts once, and words keep their weight."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.approval.decision import Shown, Voice
from orchestration.asking import Again, Answer, Ask
from orchestration.errors import Conflict, InvalidRequest, NotAllowed, NotFound, NotPending, StaleRevision, TooMany
from orchestration.ids import new_id
from orchestration.intake.outcome import Chosen, read_outcome
from orchestration.planning.edit import Edit
from orchestration.ports import ToolResult
from orchestration.records import Outgoing, Plan, Request, Showing
from tests.support.wall import asked
from tests.support.world import EffectTool, Owner, TestClock, World, open_world, operation

THREAD = "test:a"


def owner() -> Owner:
    """An owner of two like services, of things with parameters, and of one that can be undone."""
    files = Owner()
    colour = {"type": "string", "enum": ["red", "blue"], "ask": "Which colour?"}
    size = {"type": "string", "enum": ["small", "large"], "ask": "Which size?"}
    port = {"type": "integer", "minimum": 1024, "maximum": 65535, "default": 3001, "says": ["port", "on port"]}
    files.catalogue["operations"] |= {
        "deploy_kuma": operation(
            title="Deploy Uptime Kuma", says=["deploy kuma", "deploy uptime kuma", "deploy kuma on port {port}"],
            target="service:kuma", parameters={"port": port}, undo="remove_kuma",
            **{"with": {"argv": ["true", "--", "{port}"]}},
        ),
        "deploy_grafana": operation(title="Deploy Grafana", says=["deploy grafana"], target="service:grafana"),
        "remove_kuma": operation(title="Remove Uptime Kuma", says=["remove kuma"], target="service:kuma"),
        "paint": operation(
            title="Paint the wall", says=["paint the wall"], parameters={"colour": colour, "size": size},
            **{"with": {"argv": ["true", "--", "{colour}", "{size}"]}},
        ),
    }  # fmt: skip
    return files


def ask(text: str, person: str = "ana", key: str = "", thread: str | None = THREAD) -> Ask:
    """Return a message."""
    return Ask(text, Voice(person), key or new_id(0), {}, thread)


async def answered(world: World, request_id: str, text: str, person: str = "ana", key: str = "") -> Answer | None:
    """Answer in words."""
    return await world.sayso.orchestrator.asking.answer(request_id, ask(text, person, key))


async def chosen(world: World, request_id: str, label: str, person: str = "ana") -> Answer | None:
    """Answer by the button of that label, as it is shown now."""
    [request] = await world.sayso.store.find(Request, {"id": request_id})
    outcome = read_outcome(request.outcome)
    [pressed] = [
        Chosen(place, number, outcome.mark)
        for place, question in enumerate(outcome.questions)
        for number, choice in enumerate(question.choices)
        if choice.label == label
    ]
    return await world.sayso.orchestrator.asking.answer(request_id, ask("answer", person), pressed)


async def operations(world: World, answer: Answer | None) -> list[str]:
    """Return the operations of the plan that came of it."""
    assert answer is not None
    assert answer.plan is not None
    return [task.operation for task in (await world.view(answer.plan)).tasks]


# ------------------------------------------------------------------------------------------------- requests


async def test_a_request_delivered_again_is_the_same_request(tmp_path: Path) -> None:
    """The second delivery returns the plan of the first."""
    async with open_world(tmp_path, go=False) as world:
        asking = world.sayso.orchestrator.asking
        first = await asking.submit(ask("do first", key="m1"))
        second = await asking.submit(ask("do first", key="m1"))
        assert first.plan == second.plan
        assert len(await world.sayso.store.find(Plan, {})) == 1
        assert len(await world.sayso.store.find(Showing, {})) == 1


async def test_what_is_asked_back_is_kept_for_its_thread(tmp_path: Path) -> None:
    """Question and refusal wait in the outbox of the thread; a command without a thread leaves nothing there."""
    async with open_world(tmp_path, go=False) as world:
        asking = world.sayso.orchestrator.asking
        question = await asking.submit(ask("tune the engine"))
        refused = await asking.submit(ask("order a pizza"))
        await asking.submit(ask("tune the engine", thread=None))
        assert (question.status, refused.status) == ("requires_clarification", "out_of_scope")
        waiting = await world.sayso.store.find(Outgoing, {"lane": "chat", "status": "waiting"})
        assert {message.id for message in waiting} == {question.request_id, refused.request_id}


async def test_a_stranger_asks_for_nothing(tmp_path: Path) -> None:
    """Who is not in the people file is refused, and no request of theirs is kept."""
    async with open_world(tmp_path, go=False) as world:
        with pytest.raises(NotAllowed, match="I don't know eve"):
            await world.sayso.orchestrator.asking.submit(ask("do first", "eve"))
        assert await world.sayso.store.find(Request, {}) == []


# -------------------------------------------------------------------------------------------------- answers


async def test_a_choice_by_its_button(tmp_path: Path) -> None:
    """The button stands for the operation that it names."""
    async with open_world(tmp_path, owner(), go=False) as world:
        question = await asked(world, "deploy it", THREAD)
        assert [choice.label for choice in question.questions[0].choices] == ["Deploy Uptime Kuma", "Deploy Grafana"]
        assert await operations(world, await chosen(world, question.request_id, "Deploy Grafana")) == ["deploy_grafana"]


@pytest.mark.parametrize("words", ["grafana", "Deploy Grafana", "the second one", "2", "graphana please"])
async def test_a_choice_in_words(tmp_path: Path, words: str) -> None:
    """A name, a part of it, or its place in the list."""
    async with open_world(tmp_path, owner(), go=False) as world:
        question = await asked(world, "deploy it", THREAD)
        answer = await answered(world, question.request_id, words)
        if answer is not None and answer.plan is None:
            pytest.fail(f"«{words}» was asked back: {answer.questions}")
        assert await operations(world, answer) == ["deploy_grafana"]


async def test_questions_are_answered_one_after_the_other(tmp_path: Path) -> None:
    """What was answered is kept, what is left is asked again, and the plan knows where each value came from."""
    async with open_world(tmp_path, owner(), go=False) as world:
        question = await asked(world, "paint the wall", THREAD)
        half = await answered(world, question.request_id, "red")
        assert half is not None
        assert (half.status, [one.about for one in half.questions]) == ("requires_clarification", ["paint.size"])
        answer = await chosen(world, question.request_id, "large")
        assert await operations(world, answer) == ["paint"]
        assert answer is not None
        assert answer.plan is not None
        task = (await world.view(answer.plan)).content.task(1)
        assert task.parameters == {"colour": "red", "size": "large"}
        assert {origin.source for origin in task.provenance.values()} == {"answer"}


async def test_a_value_that_does_not_fit_is_asked_for_again(tmp_path: Path) -> None:
    """The question stays open until an answer fits it."""
    async with open_world(tmp_path, owner(), go=False) as world:
        question = await asked(world, "tune the engine", THREAD)
        wrong = await answered(world, question.request_id, "99")
        assert wrong is not None
        assert wrong.status == "requires_clarification"
        assert await operations(world, await answered(world, question.request_id, "7")) == ["tune"]


async def test_only_whoever_was_asked_answers(tmp_path: Path) -> None:
    """Somebody else's word is refused, and the question stays open."""
    async with open_world(tmp_path, owner(), go=False) as world:
        question = await asked(world, "tune the engine", THREAD)
        with pytest.raises(NotAllowed, match="Ana was asked this"):
            await answered(world, question.request_id, "7", "ben")
        assert await operations(world, await answered(world, question.request_id, "7")) == ["tune"]


async def test_a_question_is_answered_once(tmp_path: Path) -> None:
    """A second answer finds it closed, and makes no second plan."""
    async with open_world(tmp_path, owner(), go=False) as world:
        question = await asked(world, "tune the engine", THREAD)
        await answered(world, question.request_id, "7")
        with pytest.raises(Conflict, match="answered already"):
            await answered(world, question.request_id, "8")
        assert len(await world.sayso.store.find(Plan, {})) == 1


async def test_a_question_that_never_was_cannot_be_answered(tmp_path: Path) -> None:
    """A made-up request is not found."""
    async with open_world(tmp_path, go=False) as world:
        with pytest.raises(NotFound):
            await answered(world, new_id(0), "7")


@pytest.mark.parametrize("text", ["look around", "deploy grafana"])
async def test_words_that_answer_nothing_are_a_request_of_their_own(tmp_path: Path, text: str) -> None:
    """None says so; the question stays open and nothing is stored of them."""
    async with open_world(tmp_path, owner(), go=False) as world:
        question = await asked(world, "tune the engine", THREAD)
        assert await answered(world, question.request_id, text) is None
        assert len(await world.sayso.store.find(Request, {})) == 1


# ---------------------------------------------------------------------------------------------- corrections


def pending(plan: Plan) -> Shown:
    """Return a plan as it was handed in."""
    return Shown(plan.id, plan.revision, plan.digest)


async def proposed(world: World, text: str, person: str = "ana") -> Plan:
    """Ask in a thread, and return the plan."""
    answer = await asked(world, text, THREAD, person)
    assert answer.plan is not None, answer
    return answer.plan


async def test_a_correction_is_a_new_revision(tmp_path: Path) -> None:
    """What was said is changed, and the message is on the record of the plan."""
    async with open_world(tmp_path, owner(), go=False) as world:
        plan = await proposed(world, "deploy kuma")
        answer = await world.sayso.orchestrator.asking.amend(pending(plan), ask("use port 3005"))
        assert answer is not None
        view = await world.view(plan)
        assert (view.plan.revision, view.content.task(1).parameters) == (2, {"port": 3005})
        assert view.said == "deploy kuma\nuse port 3005"
        assert (await world.event_names(plan))[-2:] == ["request.clarified", "plan.revised"]


async def test_a_correction_delivered_again_makes_no_third_revision(tmp_path: Path) -> None:
    """The same message counts once, whatever its platform makes of its words meanwhile."""
    async with open_world(tmp_path, owner(), go=False) as world:
        plan = await proposed(world, "deploy kuma")
        asking = world.sayso.orchestrator.asking
        await asking.amend(pending(plan), ask("use port 3005", key="m2"))
        again = await asking.amend(pending((await world.view(plan)).plan), ask("use port 3006", key="m2"))
        assert again is not None
        assert again.plan == (await world.view(plan)).plan
        assert (await world.view(plan)).content.task(1).parameters == {"port": 3005}


async def test_whoever_corrects_a_plan_cannot_approve_it_alone(tmp_path: Path) -> None:
    """Requester and every editor are kept out; it grows, revision by revision."""
    files = owner()
    files.people["people"]["dan"] = {"name": "Dan", "groups": ["everyone", "operators"]}
    async with open_world(tmp_path, files, go=False) as world:
        plan = await proposed(world, "deploy kuma")
        asking = world.sayso.orchestrator.asking
        for person, text in (("ben", "use port 3005"), ("cem", "use port 3006")):
            await asking.amend(pending((await world.view(plan)).plan), ask(text, person))
        view = await world.view(plan)
        assert [missing.candidates for missing in view.standing.missing] == [("dan",)]
        for person in ("ana", "ben", "cem"):
            with pytest.raises(NotAllowed):
                await world.vote(view.plan, person)
        assert (await world.vote(view.plan, "dan")).state == "approved"


async def test_a_correction_of_what_is_no_longer_shown_is_refused(tmp_path: Path) -> None:
    """Somebody else was faster: the correction changes nothing."""
    async with open_world(tmp_path, owner(), go=False) as world:
        plan = await proposed(world, "deploy kuma")
        asking = world.sayso.orchestrator.asking
        await asking.amend(pending(plan), ask("use port 3005"))
        with pytest.raises(StaleRevision):
            await asking.amend(pending(plan), ask("use port 3006"))
        assert (await world.view(plan)).content.task(1).parameters == {"port": 3005}


async def test_a_decided_plan_is_not_corrected(tmp_path: Path) -> None:
    """After the decision words change nothing."""
    async with open_world(tmp_path, owner(), go=False) as world:
        plan = await proposed(world, "deploy kuma")
        await world.vote(plan)
        with pytest.raises(NotPending):
            await world.sayso.orchestrator.asking.amend(pending(plan), ask("use port 3006"))


async def test_what_is_no_correction_is_left_to_be_a_request(tmp_path: Path) -> None:
    """Words about something else do not touch the plan of the thread."""
    async with open_world(tmp_path, owner(), go=False) as world:
        plan = await proposed(world, "deploy kuma")
        assert await world.sayso.orchestrator.asking.amend(pending(plan), ask("order a pizza")) is None
        assert (await world.view(plan)).plan.revision == 1


async def test_an_edit_of_nothing_that_fits_is_refused(tmp_path: Path) -> None:
    """A value out of bounds is told, and the plan stays as it is."""
    async with open_world(tmp_path, owner(), go=False) as world:
        plan = await proposed(world, "deploy kuma")
        edit = Edit(frozenset(), {1: {"port": "80"}})
        with pytest.raises(InvalidRequest, match="Nothing was changed"):
            await world.sayso.orchestrator.asking.edit(pending(plan), Voice("ana"), edit)
        assert (await world.view(plan)).plan.revision == 1


# ------------------------------------------------------------------------------------- words keep their weight


async def test_a_risky_word_in_an_answer_raises_the_risk(tmp_path: Path) -> None:
    """What is said in answer to a question weighs as much as what was asked for."""
    files = owner()
    files.catalogue["operations"]["note"] = operation(
        title="Note it down", says=["note it down"], parameters={"text": {"type": "string", "ask": "What?"}},
        **{"with": {"argv": ["true", "--", "{text}"]}},
    )  # fmt: skip
    async with open_world(tmp_path, files, go=False) as world:
        question = await asked(world, "note it down", THREAD)
        answer = await answered(world, question.request_id, "the production password")
        assert answer is not None
        assert answer.plan is not None
        assert {risk.risk for risk in (await world.view(answer.plan)).risks} == {"high"}


async def test_a_risky_word_in_a_correction_raises_the_risk(tmp_path: Path) -> None:
    """It counts at the next vote, and stays through every later revision."""
    async with open_world(tmp_path, owner(), go=False) as world:
        plan = await proposed(world, "deploy kuma")
        asking = world.sayso.orchestrator.asking
        answer = await asking.amend(pending(plan), ask("use port 3005 for production"))
        if answer is None or answer.plan is None:
            pytest.skip("not read as a correction")
        assert {risk.risk for risk in (await world.view(plan)).risks} == {"high"}
        await asking.amend(pending(answer.plan), ask("use port 3006"))
        view = await world.view(plan)
        assert (view.plan.revision, {task.risk for task in view.tasks}) == (3, {"high"})


async def test_a_risky_word_of_the_first_request_weighs_on_its_retry(tmp_path: Path) -> None:
    """A plan that comes of an ended one inherits what was said for that."""
    async with failed(tmp_path, "deploy kuma and do first in production") as (world, plan):
        answer = await world.sayso.orchestrator.asking.again(plan.id, "retry", ask("Retry it", "ben"))
        assert answer.plan is not None
        assert {risk.risk for risk in (await world.view(answer.plan)).risks} == {"high"}


# ------------------------------------------------------------------------------------------- after the end


class failed:  # noqa: N801 (a context of a test)
    """A world with a plan whose second task failed."""

    def __init__(self, folder: Path, text: str = "deploy kuma and do first") -> None:
        tool = EffectTool(folder / "effects.log", {"first": [ToolResult("failed", 1, "", "no disk")]})
        self._opened = open_world(folder, owner(), tool=tool)
        self._text = text

    async def __aenter__(self) -> tuple[World, Plan]:
        world = await self._opened.__aenter__()
        plan = await proposed(world, self._text)
        await world.vote(plan)
        return world, (await world.end(plan)).plan

    async def __aexit__(self, *raised: Any) -> None:
        await self._opened.__aexit__(*raised)


async def test_what_failed_is_proposed_once_more(tmp_path: Path) -> None:
    """Only that, as a plan of its own that names where it came from and needs its own yes."""
    async with failed(tmp_path) as (world, plan):
        answer = await world.sayso.orchestrator.asking.again(plan.id, "retry", ask("Retry", "ben"))
        assert await operations(world, answer) == ["first"]
        assert answer.plan is not None
        assert (answer.plan.origin, answer.plan.status, answer.plan.person) == (plan.id, "pending_approval", "ben")
        with pytest.raises(NotAllowed):
            await world.vote(answer.plan, "ben")


async def test_what_was_done_is_proposed_to_be_undone(tmp_path: Path) -> None:
    """By the operations that are declared to undo it."""
    async with failed(tmp_path) as (world, plan):
        answer = await world.sayso.orchestrator.asking.again(plan.id, "undo", ask("Undo"))
        assert await operations(world, answer) == ["remove_kuma"]


async def test_a_retry_asked_for_twice_by_one_click_is_one_plan(tmp_path: Path) -> None:
    """The same click delivered again returns the plan of the first."""
    async with failed(tmp_path) as (world, plan):
        asking = world.sayso.orchestrator.asking
        first = await asking.again(plan.id, "retry", ask("Retry", key="c1"))
        second = await asking.again(plan.id, "retry", ask("Retry", key="c1"))
        assert first.plan == second.plan


async def test_a_retry_that_waits_is_not_proposed_a_second_time(tmp_path: Path) -> None:
    """Whoever presses again is told which plan waits; an undo is another matter, and what was decided waits no more."""
    async with failed(tmp_path) as (world, plan):
        orchestrator = world.sayso.orchestrator
        first = await orchestrator.asking.again(plan.id, "retry", ask("Retry", key="c1"))
        assert first.plan is not None
        with pytest.raises(Conflict, match=f"{first.plan.code} proposes that already"):
            await orchestrator.asking.again(plan.id, "retry", ask("Retry", "ben", key="c2"))
        undo = await orchestrator.asking.again(plan.id, "undo", ask("Undo", key="c3"))
        assert len(await world.sayso.store.find(Plan, {"origin": plan.id})) == 2
        assert undo.plan is not None
        await orchestrator.cancel(first.plan.id, Voice("ana"))
        third = await orchestrator.asking.again(plan.id, "retry", ask("Retry", key="c4"))
        assert third.plan is not None
        assert third.plan.id not in (first.plan.id, undo.plan.id)


@pytest.mark.parametrize(("what", "why"), [("retry", "failed"), ("undo", "can be undone")])
async def test_nothing_comes_of_nothing(tmp_path: Path, what: Again, why: str) -> None:
    """A plan that passed has nothing to retry; one without undo nothing to undo."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first")
        await world.vote(plan)
        await world.end(plan)
        with pytest.raises(Conflict, match=f"Nothing of {plan.code} {why}"):
            await world.sayso.orchestrator.asking.again(plan.id, what, ask("Again"))


async def test_what_has_not_ended_is_neither_retried_nor_undone(tmp_path: Path) -> None:
    """First it ends."""
    async with open_world(tmp_path, go=False) as world:
        plan = await world.plan("do first")
        with pytest.raises(Conflict, match="has not ended yet"):
            await world.sayso.orchestrator.asking.again(plan.id, "retry", ask("Again"))


# -------------------------------------------------------------------------------------------------- limits


def limited(**limits: int) -> Owner:
    """Return an owner with small limits."""
    files = owner()
    files.policy["limits"] = limits
    return files


async def test_one_person_asks_so_often_within_a_minute(tmp_path: Path) -> None:
    """The next one is refused with the time to wait; others are not held back, and a minute later all is well."""
    clock = TestClock()
    async with open_world(tmp_path, limited(requests_per_minute=3), clock=clock, go=False) as world:
        for _ in range(3):
            await asked(world, "order a pizza", THREAD)
        clock.moved += timedelta(seconds=20)
        with pytest.raises(TooMany, match=r"You have asked 3 times within a minute\. Ask again in 40 s\."):
            await asked(world, "do first", THREAD)
        await asked(world, "do first", THREAD, "ben")
        clock.moved += timedelta(seconds=41)
        await asked(world, "do first", THREAD)


async def test_a_message_counts_once(tmp_path: Path) -> None:
    """One that was looked at as an answer first, and is a request of its own, uses up no more of the minute."""
    async with open_world(tmp_path, limited(requests_per_minute=2), go=False) as world:
        question = await asked(world, "tune the engine", THREAD)
        assert await answered(world, question.request_id, "look around") is None
        await asked(world, "look around", THREAD)
        with pytest.raises(TooMany):
            await asked(world, "look around", THREAD)


async def _again(world: World, plan: Plan) -> object:
    return await world.sayso.orchestrator.asking.submit(ask("look around", key="same"))


async def _correct(world: World, plan: Plan) -> object:
    return await world.sayso.orchestrator.asking.amend(pending(plan), ask("use port 3005"))


@pytest.mark.parametrize("way", [_again, _correct])
async def test_every_kind_of_message_counts(tmp_path: Path, way: Callable[[World, Plan], Awaitable[object]]) -> None:
    """Corrections and requests use up the same minute."""
    async with open_world(tmp_path, limited(requests_per_minute=2), go=False) as world:
        plan = await proposed(world, "deploy kuma")
        await asked(world, "order a pizza", THREAD)
        with pytest.raises(TooMany):
            await way(world, plan)
        assert (await world.view(plan)).plan.revision == 1


async def test_approvers_have_only_so_many_plans_of_one_person_before_them(tmp_path: Path) -> None:
    """The next one is refused until some are decided; what needs nobody's yes does not count."""
    async with open_world(tmp_path, limited(pending_per_person=2)) as world:
        first, _ = await proposed(world, "do first"), await proposed(world, "do second")
        with pytest.raises(TooMany, match="2 plans of yours wait"):
            await asked(world, "do first", THREAD)
        await proposed(world, "do first", "ben")
        await world.vote(first)
        await proposed(world, "do first")
        assert len(await world.sayso.store.find(Plan, {"status": "pending_approval"})) == 3


async def test_two_hundred_plans_in_a_minute(tmp_path: Path) -> None:
    """Whoever floods is throttled with the reason, and what got through is bounded."""
    refused: list[str] = []
    async with open_world(tmp_path, owner(), go=False) as world:
        for _ in range(200):
            try:
                await asked(world, "do first", THREAD)
            except TooMany as reason:
                refused.append(str(reason))
        waiting = await world.sayso.store.find(Plan, {"status": "pending_approval"})
    assert len(waiting) == 50
    assert len(refused) == 150
    assert all("wait for an approval" in reason or "within a minute" in reason for reason in refused)
