"""Whole conversations in Slack: real clients over HTTP and WebSockets, from the mention to the verdict."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from orchestration.approval.decision import Voice
from orchestration.ports import ToolResult
from orchestration.records import Event, Plan, Task, Vote
from tests.support.slack import SlackServer, buttons
from tests.support.slack_world import THREE, SlackWorld, open_slack_world, owner
from tests.support.world import EffectTool, TestClock

WRITES = ("chat.postMessage", "chat.update", "chat.postEphemeral", "files.completeUploadExternal")


async def verdict(world: SlackWorld, thread: str, word: str = "PASS", channel: str = "C1") -> None:
    """Wait until the end is told in a thread."""
    await world.until(lambda: any(f"{word} ·" in one.shown for one in world.slack.ledger.thread(channel, thread)))


async def events(world: SlackWorld, name: str) -> list[Event]:
    """Return everything of a name that is on the record."""
    return await world.world.sayso.store.find(Event, {"name": name})


async def test_a_request_with_three_tasks_costs_few_writes(slack: SlackServer, tmp_path: Path) -> None:
    """From the mention to the verdict with its evidence: a card, its edits, one upload; at most five writes."""
    async with open_slack_world(tmp_path, slack) as world:
        card = await world.ask(THREE)
        thread = str(card.thread_ts)
        assert "Needs one of operators (Ben, Cem)" in card.shown
        delivery = await slack.people.click("U8", card, "Approve")
        assert delivery.acked
        await verdict(world, thread)
        assert world.world.tool.effects() == ["alpha", "beta", "gamma"]
        [file] = [file for one in slack.ledger.thread("C1", thread) for file in one.files]
        assert file["name"].startswith("evidence-")
        assert "Approved by Ben" in card.shown
        assert "complete" in card.shown
        assert set(buttons(card)) == {"Details"}
        assert len(slack.ledger.calls(*WRITES)) <= 5
        assert slack.mentions() == []


async def test_a_question_is_answered_by_a_button(slack: SlackServer, tmp_path: Path) -> None:
    """What is not said is asked back; an answer in the thread completes the plan."""
    async with open_slack_world(tmp_path, slack) as world:
        delivery = await slack.people.mention("U7", "C1", "tune the engine")
        await world.until(lambda: "How fast?" in str([m.shown for m in slack.ledger.thread("C1", delivery.ts)]))
        await slack.people.say("U7", "C1", "7", thread_ts=delivery.ts)
        card = await world.card(delivery.ts)
        assert "speed" in card.shown


async def test_a_choice_of_many_is_a_menu(slack: SlackServer, tmp_path: Path) -> None:
    """A few choices are buttons, many are a menu; each answers the question."""
    files = owner()
    colours = {"type": "string", "enum": [f"colour{number}" for number in range(9)], "ask": "Which?"}
    files.catalogue["operations"]["tune"]["parameters"] = {"speed": colours}
    async with open_slack_world(tmp_path, slack, files) as world:
        delivery = await slack.people.mention("U7", "C1", "tune the engine")
        asked = await world.until(lambda: world.with_button(delivery.ts, "static_select"))
        menu = next(block for block in asked.blocks if block["type"] == "actions")["elements"][0]
        await slack.people.click("U7", asked, menu["action_id"], choose=menu["options"][3]["value"])
        card = await world.card(delivery.ts)
        assert "colour3" in card.shown


async def test_a_correction_makes_a_new_revision_and_kills_the_old_buttons(slack: SlackServer, tmp_path: Path) -> None:
    """A follow-up without a mention changes the pending plan; the button of what was shown before approves nothing."""
    async with open_slack_world(tmp_path, slack) as world:
        card = await world.ask(THREE)
        await slack.people.say("U7", "C1", "without start beta", thread_ts=card.thread_ts)
        await world.until(lambda: "revision 2" in card.shown)
        await slack.people.click_old("U8", card, 0, "Approve")
        await world.until(lambda: "has changed" in world.told("U8"))
        assert world.world.tool.effects() == []
        await slack.people.click("U8", card, "Approve")
        await verdict(world, str(card.thread_ts))
        assert world.world.tool.effects() == ["alpha", "gamma"]


async def test_a_plan_survives_a_restart_between_card_and_click(slack: SlackServer, tmp_path: Path) -> None:
    """The button of a card that an earlier process posted approves it, on the same message."""
    async with open_slack_world(tmp_path, slack) as world:
        card = await world.ask(THREE)
    async with open_slack_world(tmp_path, slack) as world:
        await slack.people.click("U8", card, "Approve")
        await verdict(world, str(card.thread_ts))
        assert len(slack.ledger.thread("C1", str(card.thread_ts))) == 2
        assert world.world.tool.effects() == ["alpha", "beta", "gamma"]


async def test_a_click_after_a_day_decides_nothing(slack: SlackServer, tmp_path: Path) -> None:
    """A plan that has expired is not approved by a late click, and its card says so."""
    clock = TestClock()
    async with open_slack_world(tmp_path, slack, clock=clock) as world:
        card = await world.ask(THREE)
        clock.moved = timedelta(hours=25)
        await slack.people.click("U8", card, "Approve")
        await world.until(lambda: "expired" in world.told("U8"))
        await world.world.sayso.orchestrator.expire_due()
        await world.until(lambda: "Expired" in card.shown)
        assert world.world.tool.effects() == []


async def test_of_two_approvers_at_once_each_is_counted_once(slack: SlackServer, tmp_path: Path) -> None:
    """Two yes at the same moment lead to one decision, and everything runs once."""
    async with open_slack_world(tmp_path, slack) as world:
        card = await world.ask(THREE)
        await asyncio.gather(slack.people.click("U8", card, "Approve"), slack.people.click("U9", card, "Approve"))
        await verdict(world, str(card.thread_ts))
        await world.quiet()
        assert world.world.tool.effects() == ["alpha", "beta", "gamma"]
        assert len(await events(world, "decision.made")) == 1


async def test_one_message_delivered_often_is_one_request(slack: SlackServer, tmp_path: Path) -> None:
    """Eleven deliveries under different event ids, some after a restart, make one plan and one card."""
    async with open_slack_world(tmp_path, slack) as world:
        delivery = await slack.people.mention("U7", "C1", THREE)
        for number in range(7):
            await slack.post.again(delivery, same_event=number % 2 == 0)
        card = await world.card(delivery.ts)
        await world.quiet()
    async with open_slack_world(tmp_path, slack) as world:
        for _ in range(3):
            assert (await slack.post.again(delivery, same_event=False)).acked
        await world.quiet()
        assert len(await world.world.sayso.store.find(Plan, {})) == 1
        assert slack.ledger.thread("C1", delivery.ts) == [card]


async def test_what_nobody_asked_the_bot_is_not_heard(slack: SlackServer, tmp_path: Path) -> None:
    """Talk in a channel, in other threads and of bots makes no plan."""
    async with open_slack_world(tmp_path, slack) as world:
        other = await slack.people.say("U7", "C1", THREE)
        assert other is not None
        await slack.people.say("U8", "C1", THREE, thread_ts=other.ts)
        await slack.people.say("U21", "C1", THREE)
        card = await world.ask("start alpha")
        for user in ("U7", "U8", "U10"):
            await slack.people.say(user, "C1", "looks good to me", thread_ts=card.thread_ts)
        await world.quiet()
        assert len(await world.world.sayso.store.find(Plan, {})) == 1
        assert slack.ledger.all_of_bot() == [card]


async def test_a_direct_message_is_a_request(slack: SlackServer, tmp_path: Path) -> None:
    """Directly, no mention is needed, and the card comes in the thread."""
    async with open_slack_world(tmp_path, slack) as world:
        delivery = await slack.people.dm("U7", THREE)
        assert delivery is not None
        card = await world.card(delivery.ts, "D7")
        assert "start alpha" in card.shown


async def test_the_command_begins_a_thread(slack: SlackServer, tmp_path: Path) -> None:
    """`/sayso TEXT` is answered in a thread under a line that says who asked for what; help only to whoever asked."""
    async with open_slack_world(tmp_path, slack) as world:
        delivery = await slack.people.slash("U7", "C1", "/sayso", "start alpha <!channel>")
        assert delivery.acked
        assert delivery.seconds < 3
        [line] = await world.until(lambda: slack.ledger.visible("C1"))
        assert line.shown.startswith("Ana asks: start alpha")
        await world.until(lambda: slack.ledger.thread("C1", line.ts))
        await slack.people.slash("U7", "C1", "/sayso", "help")
        await world.until(lambda: "Say what you want done" in world.told("U7"))
        assert len(slack.ledger.visible("C1")) == 1
        assert slack.mentions() == []


async def test_the_command_where_the_bot_is_not(slack: SlackServer, tmp_path: Path) -> None:
    """In a channel that the bot is not in, whoever asked is told directly, and nothing is planned."""
    slack.workspace.channel("C3", "elsewhere", "U7", bot=False)
    async with open_slack_world(tmp_path, slack) as world:
        assert (await slack.people.slash("U7", "C3", "/sayso", "start alpha")).acked
        [told] = await world.until(lambda: slack.ledger.visible("D7"))
        assert "invite me first" in told.shown
        assert await world.world.sayso.store.find(Plan, {}) == []


async def test_a_message_becomes_a_request_by_the_shortcut(slack: SlackServer, tmp_path: Path) -> None:
    """*Plan this* asks for what a message says, in the name of whoever chose it."""
    async with open_slack_world(tmp_path, slack) as world:
        said = await slack.people.say("U8", "C1", "start alpha")
        assert said is not None
        message = slack.ledger.find("C1", said.ts)
        assert message is not None
        assert (await slack.people.shortcut("U7", "plan_this", message)).acked
        card = await world.card(said.ts)
        assert "Ana asked: start alpha" in card.shown


@pytest.mark.parametrize(
    ("user", "why"),
    [
        ("U10", "I don't know you here"),
        ("U20", "Guests can"),
        ("U21", "Bots and accounts"),
        ("U22", "Bots and accounts"),
        ("U30", "another organisation"),
    ],
)
async def test_who_is_not_of_us_decides_nothing(slack: SlackServer, tmp_path: Path, user: str, why: str) -> None:
    """Strangers, guests, bots, those who left and other teams are refused; the card stays, the record has it."""
    files = owner()
    if user in ("U20", "U21", "U22"):
        files.people["people"]["gus"] = {"name": "Gus", "slack": f"T1/{user}", "groups": ["operators"]}
    async with open_slack_world(tmp_path, slack, files) as world:
        card = await world.ask(THREE)
        assert (await slack.people.click(user, card, "Approve")).acked
        await world.until(lambda: why in world.told(user))
        assert "Approve" in buttons(card)
        assert len(await events(world, "access.denied")) == 1
        await slack.people.click("U8", card, "Approve")
        await verdict(world, str(card.thread_ts))


async def test_members_of_a_user_group_approve(slack: SlackServer, tmp_path: Path) -> None:
    """Whoever is in the group now counts: at the start, once they joined, and no longer once they left."""
    files = owner()
    files.people["people"]["dan"] = {"name": "Dan", "slack": "T1/U10", "groups": ["everyone"]}
    files.people["groups"] = {"operators": {"slack_usergroup": "S1"}}
    async with open_slack_world(tmp_path, slack, files) as world:
        card = await world.ask("start alpha")
        assert "Dan" in card.shown
        rules = world.world.sayso.setting.rules

        def is_member() -> bool:
            return "dan" in rules.people.members(["operators"])

        await slack.people.group_changed("S1", remove=["U10"])
        await world.so(lambda: not is_member())
        await slack.people.click("U10", card, "Approve")
        await world.until(lambda: "You can't approve" in world.told("U10"))
        await slack.people.group_changed("S1", add=["U10"])
        await world.so(is_member)
        await slack.people.click("U10", card, "Approve")
        await verdict(world, str(card.thread_ts))


async def test_members_of_a_channel_approve(slack: SlackServer, tmp_path: Path) -> None:
    """Where there are no user groups, a channel's members do."""
    files = owner()
    files.people["people"]["dan"] = {"name": "Dan", "slack": "T1/U10", "groups": ["everyone"]}
    files.people["groups"] = {"operators": {"slack_channel": "C2"}}
    async with open_slack_world(tmp_path, slack, files) as world:
        card = await world.ask("start alpha")
        await slack.people.click("U10", card, "Approve")
        await verdict(world, str(card.thread_ts))


async def test_rejecting_asks_for_a_reason(slack: SlackServer, tmp_path: Path) -> None:
    """Reject opens a form; its reason stands on the card, without markup."""
    async with open_slack_world(tmp_path, slack) as world:
        card = await world.ask(THREE)
        await slack.people.click("U8", card, "Reject")
        form = await world.until(lambda: slack.modals.top("U8"))
        assert (await slack.people.submit("U8", form, {"reason": "not on a Friday <!here>"})).acked
        await world.until(lambda: "not on a Friday" in card.shown)
        assert "Rejected by Ben" in card.shown
        assert slack.mentions() == []


async def test_editing_proposes_anew(slack: SlackServer, tmp_path: Path) -> None:
    """Edit drops tasks and changes values; the editor cannot approve alone."""
    async with open_slack_world(tmp_path, slack) as world:
        delivery = await slack.people.mention("U7", "C1", "start alpha and tune the engine")
        await world.until(lambda: "How fast?" in str([m.shown for m in slack.ledger.thread("C1", delivery.ts)]))
        await slack.people.say("U7", "C1", "7", thread_ts=delivery.ts)
        card = await world.card(delivery.ts)
        await slack.people.click("U8", card, "Edit")
        form = await world.until(lambda: slack.modals.top("U8"))
        speed = next(block["block_id"] for block in form["blocks"] if block["block_id"].endswith(".speed"))
        await slack.people.submit("U8", form, {speed: "9"})
        await world.until(lambda: "revision 2" in card.shown)
        await slack.people.click("U8", card, "Approve")
        await world.until(lambda: "You can't approve" in world.told("U8"))
        await slack.people.click("U9", card, "Approve")
        await verdict(world, delivery.ts)


async def test_details_open_in_pages(slack: SlackServer, tmp_path: Path) -> None:
    """Details show all of a plan, a page at a time."""
    async with open_slack_world(tmp_path, slack) as world:
        said = ", ".join(["start alpha", "start beta", "start gamma"])
        card = await world.ask(said)
        assert (await slack.people.click("U7", card, "Details")).acked
        view = await world.until(lambda: slack.modals.top("U7"))
        assert "digest" in str(view["blocks"])
        assert view["callback_id"] == "pages"


async def test_a_failure_is_told_and_can_be_retried(slack: SlackServer, tmp_path: Path) -> None:
    """A failed task is told with what it printed; its end offers to retry, which proposes a plan of its own."""
    failed = ToolResult("failed", 1, "Traceback <!channel>\nhttps://evil.example", error_message="it broke")
    tool = EffectTool(tmp_path / "effects.log", {"beta": [failed]})
    async with open_slack_world(tmp_path, slack, tool=tool) as world:
        card = await world.ask(THREE)
        thread = str(card.thread_ts)
        await slack.people.click("U8", card, "Approve")
        ended = await world.until(lambda: world.with_button(thread, "Retry what failed"))
        assert "FAIL" in ended.shown
        assert any("it broke" in one.shown and "Traceback" in one.shown for one in slack.ledger.thread("C1", thread))
        await slack.people.click("U7", ended, "Retry what failed")
        again = await world.until(
            lambda: (found := world.with_button(thread, "Approve")) and found.ts != card.ts and found
        )
        assert "Start beta" in again.shown
        assert slack.mentions() == []


async def test_a_running_plan_is_cancelled(slack: SlackServer, tmp_path: Path) -> None:
    """Cancel on the card stops what has not started."""
    files, tool = owner(), EffectTool(tmp_path / "effects.log")
    files.catalogue["operations"]["beta"]["after"] = ["alpha"]
    tool.hold = asyncio.Event()
    async with open_slack_world(tmp_path, slack, files, tool=tool) as world:
        card = await world.ask(THREE)
        await slack.people.click("U8", card, "Approve")
        await world.until(lambda: "Cancel" in buttons(card))
        await slack.people.click("U7", card, "Cancel")
        await world.quiet()
        tool.hold.set()
        await world.until(lambda: "Cancel" not in buttons(card))
        assert len(world.world.tool.effects()) < 3


@pytest.mark.slow
async def test_a_home_tab_shows_what_waits_and_decides_it(slack: SlackServer, tmp_path: Path) -> None:
    """An approver finds what waits for them, whole, and approves from there."""
    async with open_slack_world(tmp_path, slack) as world:
        card = await world.ask(THREE)
        await slack.people.open_home("U8")
        tab = await world.until(lambda: slack.modals.homes.get("U8"))
        assert "Start gamma" in str(tab)
        await slack.people.click("U8", tab, "Approve")
        await verdict(world, str(card.thread_ts))
        await world.until(lambda: "v1:approve" not in str(slack.modals.homes["U8"]))
        [vote] = await world.world.sayso.store.find(Vote, {})
        assert vote.person == "ben"
        await slack.people.open_home("U20")
        await world.until(lambda: "Guests can" in str(slack.modals.homes.get("U20")))


async def test_an_announced_plan_is_told_below_its_card(slack: SlackServer, tmp_path: Path) -> None:
    """Where the owner has plans announced, the card stands in the channel and what follows in its thread."""
    files = owner()
    files.policy["announce"] = ["slack:C9"]
    async with open_slack_world(tmp_path, slack, files) as world:
        await world.ask("start alpha")
        [announced] = await world.until(lambda: slack.ledger.visible("C9"))
        await slack.people.click("U8", announced, "Approve")
        await verdict(world, announced.ts, channel="C9")
        assert len(slack.ledger.visible("C9")) == 1
        [vote] = await world.world.sayso.store.find(Vote, {})
        assert vote.rendering.split()[-1]


async def test_what_is_said_below_an_announced_card_is_about_its_plan(slack: SlackServer, tmp_path: Path) -> None:
    """There a word without a mention tells how it stands, corrects the plan and cancels it, also after a restart."""
    files = owner()
    files.policy["announce"] = ["slack:C9"]
    async with open_slack_world(tmp_path, slack, files) as world:
        card = await world.ask("tune the engine at speed 3")
        [announced] = await world.until(lambda: slack.ledger.visible("C9"))
        await world.so(lambda: not world.chats.threads.waiting)
        await slack.people.say("U7", "C9", "use speed 7", thread_ts=announced.ts)
        await world.until(lambda: "revision 2" in announced.shown and "revision 2" in card.shown)
        await slack.people.say("U9", "C9", "status", thread_ts=announced.ts)
        await world.until(lambda: "1 Tune: pending" in world.told("U9"))
    async with open_slack_world(tmp_path, slack, files) as world:
        await slack.people.say("U7", "C9", "cancel", thread_ts=announced.ts)
        await world.until(lambda: "Cancelled" in announced.shown and "Cancelled" in card.shown)
        assert len(await world.world.sayso.store.find(Plan, {})) == 1
        assert len(slack.ledger.visible("C9")) == 1


async def test_an_unknown_outcome_is_asked_about(slack: SlackServer, tmp_path: Path) -> None:
    """What became of a task whose process died is for a person to say, by a button."""
    files, tool = owner(), EffectTool(tmp_path / "effects.log")
    files.catalogue["operations"]["alpha"]["effect"] = "at_most_once"
    tool.hold = asyncio.Event()
    async with open_slack_world(tmp_path, slack, files, tool=tool) as world:
        card = await world.ask("start alpha")
        await slack.people.click("U8", card, "Approve")
        await tool.started.wait()
    async with open_slack_world(tmp_path, slack, files) as world:
        asked = await world.until(lambda: world.with_button(str(card.thread_ts), "Abort"))
        assert set(buttons(asked)) == {"Done", "Retry", "Abort"}
        await slack.people.click("U7", asked, "Done")
        await verdict(world, str(card.thread_ts))
        assert buttons(asked) == {}
        assert "Ana looked and said: it took effect" in asked.shown


async def test_a_question_that_was_removed_holds_up_nothing(slack: SlackServer, tmp_path: Path) -> None:
    """Where the question what became of a task was deleted, its answer is on the card, and the end is told."""
    unknown = ToolResult("failed", metrics={"outcome_unknown": 1})
    tool = EffectTool(tmp_path / "effects.log", {"alpha": [unknown]})
    files = owner()
    files.catalogue["operations"]["alpha"]["effect"] = "at_most_once"
    async with open_slack_world(tmp_path, slack, files, tool=tool) as world:
        card = await world.ask("start alpha")
        await slack.people.click("U8", card, "Approve")
        asked = await world.until(lambda: world.with_button(str(card.thread_ts), "Abort"))
        asked.deleted = True
        [task] = await world.world.sayso.store.find(Task, {})
        await world.world.sayso.orchestrator.resolve(task.id, "done", Voice("ana"))
        await verdict(world, str(card.thread_ts))
        assert world.chats.threads.parked == 0


async def test_who_is_of_another_organisation_asks_nothing(slack: SlackServer, tmp_path: Path) -> None:
    """A mention in a shared channel by somebody of Slack Connect is refused, seen by them alone, and on the record."""
    async with open_slack_world(tmp_path, slack) as world:
        await slack.people.mention("U30", "C1", THREE)
        await world.until(lambda: "another organisation" in world.told("U30"))
        assert await world.world.sayso.store.find(Plan, {}) == []
        assert len(await events(world, "access.denied")) == 1


@pytest.mark.slow
async def test_many_plans_at_once_stay_within_slacks_limits(slack: SlackServer, tmp_path: Path) -> None:
    """A dozen plans together never make Slack say 429, and the end of each is shown."""
    async with open_slack_world(tmp_path, slack) as world:
        said = [await slack.people.mention("U7", "C1", THREE) for _ in range(12)]
        for delivery in said:
            card = await world.until(lambda one=delivery: world.with_button(one.ts, "Approve"), 60)
            await slack.people.click("U8", card, "Approve")
        for delivery in said:
            await world.until(lambda one=delivery: any(m.files for m in slack.ledger.thread("C1", one.ts)), 90)
            [card] = [one for one in slack.ledger.thread("C1", delivery.ts) if one.blocks]
            await world.until(lambda one=card: "PASS" in one.shown, 60)
        assert slack.limits.refused == 0
