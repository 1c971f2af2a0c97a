"""Slack that throttles, drops and refuses: what is to be shown is shown once, and in the end."""

import asyncio
import re
import time
from pathlib import Path

import pytest
from slack_sdk.errors import SlackApiError

from adapters.chat.slack.calls import DEFAULT_REST_SECONDS, LONGEST_REST_SECONDS, rest_seconds
from adapters.chat.slack.connection import Access, Slack
from adapters.chat.slack.uploads import TRIES
from orchestration.errors import ConfigurationError
from tests.support.slack import APP_TOKEN, BOT_TOKEN, SlackServer, buttons
from tests.support.slack_world import THREE, SlackWorld, open_slack_world, owner
from tests.support.world import operation

PART_TITLE = re.compile(r"Plan \w{6} · revision \d+ · part \d+ of \d+")


async def ended(world: SlackWorld, thread: str) -> None:
    """Wait until the end is told in a thread."""
    await world.until(lambda: any("PASS ·" in one.shown for one in world.slack.ledger.thread("C1", thread)))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 1.0),
        ("-3", 1.0),
        ("1.5", 1.5),
        ("3600000", LONGEST_REST_SECONDS),
        ("soon", DEFAULT_REST_SECONDS),
        ("", DEFAULT_REST_SECONDS),
        ("nan", DEFAULT_REST_SECONDS),
        ("inf", DEFAULT_REST_SECONDS),
        ("1" * 5000, DEFAULT_REST_SECONDS),
        ("٣", 3.0),
        ("1\r\n2", DEFAULT_REST_SECONDS),
    ],
)
def test_any_retry_after_is_a_time_to_wait(header: str, seconds: float) -> None:
    """Whatever Slack writes there, a rest is at least a second and at most an hour."""
    assert rest_seconds({"Retry-After": header}) == seconds
    assert rest_seconds({"retry-after": [header]}) == seconds


async def eventually(world: SlackWorld, is_connected: bool) -> None:
    """Wait until Slack counts as connected, or not."""
    async with asyncio.timeout(20):
        while await world.adapter.is_connected() != is_connected:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.02)


@pytest.mark.slow
async def test_it_is_known_whether_the_socket_is_there(slack: SlackServer, tmp_path: Path) -> None:
    """Connected at the start; not while Slack gives no new socket for one that was cut; connected after that."""
    async with open_slack_world(tmp_path, slack) as world:
        await eventually(world, True)
        slack.limits.storm(60, "apps.connections.open", retry_after="1")
        slack.sockets.drop()
        await eventually(world, False)
        slack.limits.calm()
        await eventually(world, True)


async def test_it_is_known_whether_slack_over_http_answers(slack: SlackServer, tmp_path: Path) -> None:
    """There is no connection; whether Slack took the token of the last call is known."""
    async with open_slack_world(tmp_path, slack, over_http="yes") as world:
        assert await world.adapter.is_connected()
        slack.api.tokens.pop(BOT_TOKEN)
        with pytest.raises(SlackApiError):
            await world.adapter.client.auth_test()
        assert not await world.adapter.is_connected()


@pytest.mark.slow
@pytest.mark.parametrize("header", ["1", None])
async def test_a_storm_of_429_loses_no_final_state(slack: SlackServer, tmp_path: Path, header: str | None) -> None:
    """While Slack wants no calls there are hardly any, and afterwards the end is shown."""
    async with open_slack_world(tmp_path, slack) as world:
        card = await world.ask(THREE)
        slack.limits.storm(1.5, "chat.update", "chat.postMessage", "files.completeUploadExternal", retry_after=header)
        await slack.people.click("U8", card, "Approve")
        await ended(world, str(card.thread_ts))
        assert "complete" in card.shown
        assert set(buttons(card)) == {"Details"}
        assert slack.limits.refused <= 4
        assert len(slack.ledger.thread("C1", str(card.thread_ts))) == 2


@pytest.mark.parametrize("is_taken", [True, False])
async def test_a_cut_connection_posts_once(slack: SlackServer, tmp_path: Path, is_taken: bool) -> None:
    """Where no answer came, the thread is looked at before anything is posted again."""
    cut = slack.faults.cut_after if is_taken else slack.faults.cut_before
    async with open_slack_world(tmp_path, slack) as world:
        cut("chat.postMessage")
        card = await world.ask(THREE)
        await slack.people.click("U8", card, "Approve")
        await ended(world, str(card.thread_ts))
        await world.until(lambda: "complete" in card.shown)
        assert len(slack.ledger.thread("C1", str(card.thread_ts))) == 2


async def test_a_cut_upload_is_shown_once(slack: SlackServer, tmp_path: Path) -> None:
    """The evidence of a plan stands in its thread once, also when Slack's answer was lost."""
    async with open_slack_world(tmp_path, slack) as world:
        slack.faults.cut_after("files.completeUploadExternal")
        card = await world.ask(THREE)
        await slack.people.click("U8", card, "Approve")
        await ended(world, str(card.thread_ts))
        await world.so(lambda: world.chats.threads.waiting == 0)
        assert sum(bool(one.files) for one in slack.ledger.thread("C1", str(card.thread_ts))) == 1


@pytest.mark.slow
async def test_a_cut_line_of_a_command_is_posted_once(slack: SlackServer, tmp_path: Path) -> None:
    """A thread that was begun for a command is found again, not begun twice."""
    async with open_slack_world(tmp_path, slack) as world:
        slack.faults.cut_after("chat.postMessage")
        await slack.people.slash("U7", "C1", "/sayso", THREE)
        [line] = await world.until(lambda: slack.ledger.visible("C1"))
        await world.until(lambda: slack.ledger.thread("C1", line.ts))
        assert len(slack.ledger.visible("C1")) == 1


async def test_what_was_taken_before_a_crash_is_shown_after_it(slack: SlackServer, tmp_path: Path) -> None:
    """A process that ends while its post is in doubt leaves the card to the next, which finds it."""
    async with open_slack_world(tmp_path, slack) as world:
        held = slack.faults.hold("chat.postMessage")
        delivery = await slack.people.mention("U7", "C1", THREE)
        await held.reached.wait()
        await world.quiet()
        for task in asyncio.all_tasks():
            if "_work" in str(task.get_coro()):
                task.cancel()
        held.gate.set()
    async with open_slack_world(tmp_path, slack) as world:
        card = await world.card(delivery.ts)
        await slack.people.click("U8", card, "Approve")
        await ended(world, delivery.ts)
        assert len(slack.ledger.thread("C1", delivery.ts)) == 2


async def test_connections_that_drop_lose_nothing(slack: SlackServer, tmp_path: Path) -> None:
    """Between any two steps the socket breaks or is refreshed; the plan goes its way."""
    async with open_slack_world(tmp_path, slack) as world:
        slack.sockets.drop()
        await slack.sockets.wait_connected()
        card = await world.ask(THREE)
        await slack.sockets.disconnect("refresh_requested")
        await slack.sockets.wait_connected()
        await slack.people.click("U8", card, "Approve")
        slack.sockets.drop()
        await ended(world, str(card.thread_ts))


async def test_a_slack_without_plan_blocks_gets_sections(slack: SlackServer, tmp_path: Path) -> None:
    """Where Slack does not know plan blocks, the same is shown without them, from then on."""
    async with open_slack_world(tmp_path, slack) as world:
        slack.faults.refuse("chat.postMessage", "invalid_blocks")
        card = await world.ask(THREE)
        assert "plan" not in [block["type"] for block in card.blocks]
        assert "Start gamma" in card.shown
        await slack.people.click("U8", card, "Approve")
        await ended(world, str(card.thread_ts))
        assert "plan" not in [block["type"] for block in card.blocks]


async def test_a_deleted_card_is_shown_anew(slack: SlackServer, tmp_path: Path) -> None:
    """A card whose message somebody took away comes back at the end of its thread."""
    async with open_slack_world(tmp_path, slack) as world:
        card = await world.ask(THREE)
        card.deleted = True
        await slack.people.click("U8", card, "Approve")
        await ended(world, str(card.thread_ts))
        assert any("complete" in one.shown for one in slack.ledger.thread("C1", str(card.thread_ts)))


async def test_a_dead_channel_holds_nothing_up(slack: SlackServer, tmp_path: Path) -> None:
    """A plan whose channel was archived runs on; other channels are told as before."""
    async with open_slack_world(tmp_path, slack) as world:
        card = await world.ask("start alpha")
        slack.workspace.channels["C1"].archived = True
        await slack.people.click("U8", card, "Approve")
        await world.so(lambda: world.world.tool.effects() == ["alpha"])
        other = await world.ask("start beta", channel="C2")
        assert "Start beta" in other.shown


async def test_a_large_plan_is_paged_and_approved(slack: SlackServer, tmp_path: Path) -> None:
    """Long values stand in full before the buttons, in messages of their own."""
    files = owner()
    text = {"type": "string", "maxLength": 9000, "ask": "Which text?"}
    for name in ("write", "note"):
        files.catalogue["operations"][name] = operation(
            title=name.title(), says=[f"{name} it"], parameters={"text": text}, **{"with": {"argv": ["true", "{text}"]}}
        )
    long = {name: f"{name}-" + "".join(f"word{number} " for number in range(900)).strip() for name in ("write", "note")}
    async with open_slack_world(tmp_path, slack, files) as world:
        delivery = await slack.people.mention("U7", "C1", "write it and note it")
        for name in ("write", "note"):
            await world.until(lambda: world.slack.ledger.thread("C1", delivery.ts))
            await world.quiet()
            await slack.people.say("U7", "C1", long[name], thread_ts=delivery.ts)
        card = await world.card(delivery.ts)
        shown = slack.ledger.thread("C1", delivery.ts)
        said = PART_TITLE.sub("", "".join(one.shown for one in shown)).replace("\n", "")
        assert all(value in said for value in long.values())
        assert "Approve" in buttons(card)
        assert shown[-1] is card
        await slack.people.click("U8", card, "Approve")
        await ended(world, delivery.ts)


async def test_a_bad_token_ends_the_start(slack: SlackServer, tmp_path: Path) -> None:
    """A token that Slack does not take is said at the start, without repeating it."""
    adapter = Slack(Access("xoxb-wrong", APP_TOKEN, api_url=slack.api_url), tmp_path)
    with pytest.raises(ConfigurationError) as refused:
        async with adapter.signed_in():
            pass
    assert "SLACK_BOT_TOKEN" in str(refused.value)
    assert "wrong" not in str(refused.value)


@pytest.mark.slow
async def test_a_backlog_is_acknowledged_in_time(slack: SlackServer, tmp_path: Path) -> None:
    """Many messages at once are each acknowledged well within Slack's three seconds."""
    async with open_slack_world(tmp_path, slack):
        began = time.perf_counter()
        said = [slack.people.mention("U7", "C1", "help") for _ in range(300)]
        deliveries = await asyncio.gather(*said)
        waited = sorted(delivery.seconds for delivery in deliveries)
        assert all(delivery.acked and len(delivery.attempts) == 1 for delivery in deliveries)
        assert waited[-1] < 3, time.perf_counter() - began


@pytest.mark.slow
async def test_an_address_that_is_good_no_more_is_asked_for_anew(slack: SlackServer, tmp_path: Path) -> None:
    """A socket whose address expired before it was used does not stay away for ever."""
    async with open_slack_world(tmp_path, slack) as world:
        slack.limits.enabled = False
        good, slack.state.new_socket = slack.state.new_socket, lambda: "expired"
        slack.sockets.drop()
        await world.so(lambda: len(slack.ledger.calls("apps.connections.open")) > 1)
        slack.state.new_socket = good
        await slack.sockets.wait_connected(seconds=60)
        await world.ask("start alpha")


@pytest.mark.slow
async def test_a_slack_that_is_not_well_at_the_start_is_waited_for(slack: SlackServer, tmp_path: Path) -> None:
    """A start while Slack has trouble ends with a connection, not with an error."""
    slack.faults.fail("auth.test", times=2)
    slack.faults.cut_before("apps.connections.open")
    async with open_slack_world(tmp_path, slack) as world:
        await world.ask("start alpha")


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
async def test_an_app_that_may_not_show_files_tells_the_rest(slack: SlackServer, tmp_path: Path, method: str) -> None:
    """A scope that lacks costs the evidence, and neither the verdict nor other threads."""
    async with open_slack_world(tmp_path, slack) as world:
        slack.faults.refuse(method, "missing_scope", times=100)
        card = await world.ask("start alpha")
        await slack.people.click("U8", card, "Approve")
        await ended(world, str(card.thread_ts))
        await world.ask("start beta", channel="C2")


@pytest.mark.slow
async def test_files_that_cannot_be_brought_to_slack_do_not_keep_the_verdict(
    slack: SlackServer, tmp_path: Path
) -> None:
    """Where Slack's store of files is out of reach, the end is told without them after some tries."""
    async with open_slack_world(tmp_path, slack) as world:
        slack.faults.fail("files.getUploadURLExternal", times=100)
        card = await world.ask("start alpha")
        await slack.people.click("U8", card, "Approve")
        await ended(world, str(card.thread_ts))
        assert len(slack.ledger.calls("files.getUploadURLExternal")) == TRIES
