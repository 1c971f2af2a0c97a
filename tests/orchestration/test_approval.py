"""Who may decide what, and what exactly they decide on."""

from datetime import timedelta
from pathlib import Path

import pytest

from orchestration.approval.decision import Shown, Voice
from orchestration.asking import Ask
from orchestration.errors import NotAllowed, NotFound, NotPending, StaleRevision
from orchestration.planning.edit import Edit
from orchestration.records import Event
from tests.support.world import Owner, World, open_world


async def denials(world: World) -> list[Event]:
    """Return every refusal on the record."""
    return await world.sayso.store.find(Event, {"name": "access.denied"})


async def test_the_requester_cannot_approve_their_own_plan(tmp_path: Path) -> None:
    """Where the rule says `self: false`, one's own yes is refused with who can, and recorded."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first", person="ben")
        with pytest.raises(NotAllowed, match=r"you asked for it or changed it\. Cem can"):
            await world.vote(plan, "ben")
        assert (await world.view(plan)).plan.status == "pending_approval"
        assert len(await denials(world)) == 1


async def test_the_requester_can_where_the_rule_lets_them(tmp_path: Path) -> None:
    """`self: true` lets an operator approve their own medium-risk plan."""
    owner = Owner()
    owner.policy["approvals"][1] = {
        "match": {"risk": ["low", "medium"]}, "need": 1, "from": ["operators"], "self": True
    }  # fmt: skip
    async with open_world(tmp_path, owner) as world:
        assert (await world.vote(await world.plan("do first", person="ben"), "ben")).state == "approved"


@pytest.mark.parametrize("person", ["ana", "eve"])
async def test_people_outside_the_group_and_strangers_decide_nothing(tmp_path: Path, person: str) -> None:
    """Neither somebody without the group nor a stranger changes anything, and both are recorded."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first", person="cem")
        with pytest.raises(NotAllowed, match=r"it needs one of operators\. Ben can\. Nothing was changed"):
            await world.vote(plan, person)
        view = await world.view(plan)
        assert (view.plan.status, view.votes, world.tool.effects()) == ("pending_approval", (), [])
        assert [event.chain for event in await denials(world)] == [plan.id]


async def test_a_stranger_cannot_ask(tmp_path: Path) -> None:
    """Whoever is not in the people file gets no plan, and is recorded."""
    async with open_world(tmp_path) as world:
        with pytest.raises(NotAllowed, match="I don't know eve"):
            await world.ask("do first", "eve")
        assert await world.sayso.orchestrator.views.plans(10) == []
        assert len(await denials(world)) == 1


async def test_critical_work_needs_two_different_people(tmp_path: Path) -> None:
    """One yes leaves it open, the same person's second yes counts once, another person's decides."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("wipe everything")
        assert (await world.vote(plan, "ben")).state == "open"
        assert (await world.vote(plan, "ben")).state == "open"
        assert world.tool.effects() == []
        assert (await world.vote(plan, "cem")).state == "approved"
        assert (await world.end(plan)).plan.verdict == "PASS"


async def test_a_plan_must_satisfy_the_rules_of_all_its_tasks(tmp_path: Path) -> None:
    """A critical task among others asks for two people for the whole plan."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first and wipe everything")
        assert (await world.vote(plan, "ben")).state == "open"
        assert (await world.vote(plan, "cem")).state == "approved"


async def test_the_first_no_rejects_and_nothing_runs(tmp_path: Path) -> None:
    """A no closes the revision with its reason; a later yes comes too late."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("wipe everything")
        await world.vote(plan, "ben")
        assert (await world.vote(plan, "cem", yes=False, reason="not on a Friday")).state == "rejected"
        with pytest.raises(NotPending, match="already rejected"):
            await world.vote(plan, "ben", yes=False)
        view = await world.view(plan)
        assert (view.plan.status, view.plan.reason) == ("rejected", "not on a Friday")
        assert [task.status for task in view.tasks] == ["rejected"]
        assert world.tool.effects() == []


async def test_the_requester_may_withdraw_by_a_no(tmp_path: Path) -> None:
    """Asking and then saying no to one's own plan is nobody's harm."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first")
        assert (await world.vote(plan, "ana", yes=False)).state == "rejected"


async def test_saying_yes_again_after_the_decision_is_no_error(tmp_path: Path) -> None:
    """The same person's same vote is answered with the decision and starts nothing again."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first")
        await world.vote(plan)
        await world.end(plan)
        again = await world.vote(plan)
        assert (again.state, again.approved) == ("approved", None)
        assert world.tool.effects() == ["first"]


async def test_nobody_speaks_for_others_unless_the_owner_allows_it(tmp_path: Path) -> None:
    """Outside the example an asserted voice neither asks, votes, cancels nor edits, and is recorded each time."""
    async with open_world(tmp_path, example=False) as world:
        plan, asserted = await world.plan("do first"), Voice("ben", asserted_by="ana")
        shown = Shown(plan.id, plan.revision, plan.digest)
        orchestrator = world.sayso.orchestrator
        for attempt in (
            orchestrator.vote(shown, asserted, True),
            orchestrator.cancel(plan.id, asserted),
            orchestrator.asking.edit(shown, asserted, Edit(frozenset([1]), {})),
            orchestrator.asking.submit(Ask("do first", asserted, "", {})),
        ):
            with pytest.raises(NotAllowed, match="You are ana here, not ben"):
                await attempt
        assert ((await world.view(plan)).plan.status, len(await denials(world))) == ("pending_approval", 4)


async def test_whoever_may_no_longer_ask_gets_nothing_approved(tmp_path: Path) -> None:
    """The right to ask is looked at again when somebody says yes."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first")
    narrower = Owner()
    narrower.policy["ask"] = [{"match": {}, "from": ["operators"]}]
    async with open_world(tmp_path, narrower) as world:
        with pytest.raises(NotAllowed, match="may no longer ask"):
            await world.vote(plan)


async def test_an_operation_without_a_rule_can_be_approved_by_nobody(tmp_path: Path) -> None:
    """No rule that matches forbids."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("closed thing")
        assert (await world.view(plan)).standing.forbidden == ("closed",)
        with pytest.raises(NotAllowed):
            await world.vote(plan)


async def test_a_word_of_the_owner_raises_risk_even_in_look_alike_letters(tmp_path: Path) -> None:
    """«production» raises to high, also with Cyrillic letters in it, and never lowers."""
    async with open_world(tmp_path) as world:
        for text in ("look around production", "look around prоductiоn"):
            view = await world.view(await world.plan(text))
            assert (view.risks[0].risk, view.plan.status) == ("high", "pending_approval")
        critical = await world.view(await world.plan("wipe everything production"))
        assert critical.risks[0].risk == "critical"


async def test_a_stale_revision_is_refused(tmp_path: Path) -> None:
    """After an edit, what was shown before can no longer be approved."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first and inspect it")
        shown = Shown(plan.id, 1, plan.digest)
        edited = await world.sayso.orchestrator.asking.edit(shown, Voice("ana"), Edit(frozenset([2]), {}))
        assert (edited.revision, [task.name for task in (await world.view(plan)).tasks]) == (2, ["First"])
        with pytest.raises(StaleRevision, match="revision 2"):
            await world.vote(plan)
        await world.vote(edited)
        assert (await world.end(plan)).plan.verdict == "PASS"
        assert world.tool.effects() == ["first"]


async def test_whoever_edits_a_plan_cannot_approve_it(tmp_path: Path) -> None:
    """An approver who changes a plan joins those whose own yes does not count."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first and inspect it")
        shown = Shown(plan.id, 1, plan.digest)
        edited = await world.sayso.orchestrator.asking.edit(shown, Voice("ben"), Edit(frozenset([2]), {}))
        with pytest.raises(NotAllowed, match="you asked for it or changed it"):
            await world.vote(edited, "ben")
        assert (await world.vote(edited, "cem")).state == "approved"


@pytest.mark.parametrize("digest", ["", "0" * 12, "g"])
async def test_another_digest_is_refused(tmp_path: Path, digest: str) -> None:
    """A click that carries no digest or a wrong one decides nothing."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first")
        with pytest.raises(StaleRevision):
            await world.sayso.orchestrator.vote(Shown(plan.id, 1, digest), Voice("ben"), True)


async def test_an_expired_plan_cannot_be_approved_before_or_after_the_sweep(tmp_path: Path) -> None:
    """Time decides by itself: late votes lose, and the sweep closes the plan."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first")
        world.clock.moved = timedelta(hours=25)
        with pytest.raises(NotPending, match="expired"):
            await world.vote(plan)
        assert await world.sayso.orchestrator.expire_due() == [plan.id]
        view = await world.view(plan)
        assert (view.plan.status, view.revision.status, view.tasks[0].status) == ("expired", "expired", "rejected")
        with pytest.raises(NotPending, match="expired"):
            await world.vote(plan)


async def test_unknown_plans_are_named(tmp_path: Path) -> None:
    """Asking for a plan that is not there says so."""
    async with open_world(tmp_path) as world:
        with pytest.raises(NotFound, match="no plan «ZZZZZZ»"):
            await world.sayso.orchestrator.views.find_plan("ZZZZZZ")
