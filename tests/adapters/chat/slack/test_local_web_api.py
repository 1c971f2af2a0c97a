"""The local Slack's Web API answers the real client as Slack does, refusals, limits and faults included."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from tests.support.slack import APP_TOKEN, BOT_TOKEN, Mention, SlackServer, buttons

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}
METADATA = {"event_type": "sayso", "event_payload": {"outbox": "o-1"}}


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        yield server


@pytest.fixture
def client(slack: SlackServer) -> AsyncWebClient:
    return AsyncWebClient(BOT_TOKEN, base_url=slack.api_url, retry_handlers=[])


async def refusal(call: Any) -> str:
    """Return the error code a call is refused with."""
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


async def test_a_message_is_posted_edited_and_taken_away(slack: SlackServer, client: AsyncWebClient) -> None:
    """The ledger holds what a message shows now and what it showed before."""
    posted = await client.chat_postMessage(channel="C1", text="one", blocks=[SECTION])
    await client.chat_update(channel="C1", ts=posted["ts"], text="two", blocks=[SECTION, {"type": "divider"}])
    [message] = slack.ledger.visible("C1")
    assert (message.text, len(message.blocks), message.history[0].text) == ("two", 2, "one")
    await client.chat_delete(channel="C1", ts=posted["ts"])
    assert slack.ledger.visible("C1") == []


async def test_replies_hang_on_the_root_of_their_thread(slack: SlackServer, client: AsyncWebClient) -> None:
    """A thread is read back with its root on top, and the channel's history leaves replies out."""
    root = (await client.chat_postMessage(channel="C1", text="root"))["ts"]
    reply = (await client.chat_postMessage(channel="C1", text="reply", thread_ts=root))["ts"]
    await client.chat_postMessage(channel="C1", text="on the reply", thread_ts=reply)
    assert [one.text for one in slack.ledger.thread("C1", root)] == ["reply", "on the reply"]
    replies = await client.conversations_replies(channel="C1", ts=root)
    assert [one["text"] for one in replies["messages"]] == ["root", "reply", "on the reply"]
    history = await client.conversations_history(channel="C1")
    assert [one["text"] for one in history["messages"]] == ["root"]
    link = await client.chat_getPermalink(channel="C1", message_ts=reply)
    assert link["permalink"].endswith(f"?thread_ts={root}&cid=C1")


async def test_metadata_are_read_back_only_when_asked_for(slack: SlackServer, client: AsyncWebClient) -> None:
    """An outbox id put on a message can be found again in the history."""
    await client.chat_postMessage(channel="C1", text="x", metadata=METADATA)
    plain = await client.conversations_history(channel="C1")
    full = await client.conversations_history(channel="C1", include_all_metadata=True)
    assert "metadata" not in plain["messages"][0]
    assert full["messages"][0]["metadata"] == METADATA


async def test_long_histories_come_in_pages(slack: SlackServer, client: AsyncWebClient) -> None:
    """A cursor leads through everything, newest first, each message once."""
    slack.limits.enabled = False
    for number in range(5):
        await client.chat_postMessage(channel="C1", text=str(number))
    seen = [
        one["text"]
        async for page in await client.conversations_history(channel="C1", limit=2)
        for one in page["messages"]
    ]
    assert seen == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    ("method", "arguments", "code"),
    [
        ("chat.postMessage", {"channel": "C9", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C1"}, "no_text"),
        ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": "C3", "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": "C4", "text": "x"}, "is_archived"),
        ("chat.postMessage", {"channel": "C5", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C1", "blocks": "[{"}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": "C1", "text": "x", "metadata": {"a": 1}}, "invalid_metadata_format"),
        ("chat.postMessage", {"channel": "C1", "text": "x", "thread_ts": "1.000000"}, "thread_not_found"),
        ("chat.postEphemeral", {"channel": "C1", "user": "U9", "text": "x"}, "user_not_in_channel"),
        ("chat.update", {"channel": "C1", "ts": "1.000000", "text": "x"}, "message_not_found"),
        ("conversations.open", {"users": "UBOT"}, "cannot_dm_bot"),
        ("views.publish", {"user_id": "U7", "view": {"type": "home"}}, "invalid_arguments"),
        ("views.open", {"trigger_id": "1.2.3", "view": {"type": "modal"}}, "invalid_arguments"),
        ("no.such", {}, "unknown_method"),
    ],
)
async def test_wrong_calls_get_slacks_error_codes(
    slack: SlackServer, client: AsyncWebClient, method: str, arguments: dict[str, Any], code: str
) -> None:
    """What Slack would refuse is refused, with the same word."""
    slack.workspace.channel("C3", "other", bot=False)
    slack.workspace.channel("C4", "old", archived=True)
    slack.workspace.channel("C5", "hidden", bot=False, kind="private")
    assert await refusal(client.api_call(method, json=arguments)) == code


async def test_only_the_bots_own_messages_can_be_changed(slack: SlackServer, client: AsyncWebClient) -> None:
    """A person's message is not the bot's to edit or delete."""
    slack.people.subscriptions = frozenset()
    await slack.people.say("U7", "C1", "mine")
    [message] = slack.ledger.visible("C1", everybody=True)
    assert await refusal(client.chat_update(channel="C1", ts=message.ts, text="x")) == "cant_update_message"
    assert await refusal(client.chat_delete(channel="C1", ts=message.ts)) == "cant_delete_message"


async def test_tokens_and_scopes_are_checked(slack: SlackServer, client: AsyncWebClient) -> None:
    """A wrong, revoked, missing or weak token is told so; a missing scope names what is needed."""
    for token, code in ((None, "not_authed"), ("xoxb-other", "invalid_auth"), (APP_TOKEN, "not_allowed_token_type")):
        assert await refusal(AsyncWebClient(token, base_url=slack.api_url).auth_test()) == code
    slack.api.tokens[BOT_TOKEN] = frozenset({"chat:write"})
    with pytest.raises(SlackApiError) as refused:
        await client.users_info(user="U7")
    assert (refused.value.response["error"], refused.value.response["needed"]) == ("missing_scope", "users:read")
    slack.api.revoked.add(BOT_TOKEN)
    assert await refusal(client.auth_test()) == "token_revoked"


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("application/json", b"{", "invalid_json"),
        ("application/json", b"[]", "json_not_object"),
        ("image/png", b"x", "invalid_post_type"),
        ("application/json", b'{"channel": "C1"}', "no_text"),
    ],
)
async def test_bodies_are_read_by_their_content_type(slack: SlackServer, kind: str, body: bytes, code: str) -> None:
    """A body that is not what its header says gets Slack's word for it."""
    headers = {"Content-Type": kind, "Authorization": f"Bearer {BOT_TOKEN}"}
    url = f"{slack.api_url}chat.postMessage"
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        assert (await answer.json())["error"] == code


async def test_people_groups_and_members_are_told(slack: SlackServer, client: AsyncWebClient) -> None:
    """What decides who may approve can be asked for: guests, strangers, groups, members."""
    slack.workspace.stranger("U20", "Eve")
    slack.workspace.person("U21", "Gus", is_ultra_restricted=True)
    eve, gus = (await client.users_info(user="U20"))["user"], (await client.users_info(user="U21"))["user"]
    assert (eve["team_id"], eve["is_stranger"], gus["is_restricted"]) == ("T2", True, True)
    assert (await client.usergroups_users_list(usergroup="S1"))["users"] == ["U8"]
    assert (await client.usergroups_list(include_users=True))["usergroups"][0]["users"] == ["U8"]
    assert "U8" in (await client.conversations_members(channel="C1"))["members"]
    slack.workspace.free_plan = True
    assert await refusal(client.usergroups_list()) == "plan_upgrade_required"


async def test_files_are_uploaded_into_a_thread(slack: SlackServer, client: AsyncWebClient) -> None:
    """The three steps of an upload end in one message with the file."""
    root = (await client.chat_postMessage(channel="C1", text="root"))["ts"]
    await client.files_upload_v2(channel="C1", thread_ts=root, filename="log.txt", content="line", title="Log")
    [reply] = slack.ledger.thread("C1", root)
    assert (reply.files[0]["title"], reply.files[0]["size"]) == ("Log", 4)


async def test_a_channel_takes_about_one_post_a_second(slack: SlackServer, client: AsyncWebClient) -> None:
    """After a short burst the next post is refused with Retry-After, while another channel still takes one."""
    slack.limits.posts_per_second = 0.01
    for number in range(4):
        await client.chat_postMessage(channel="C1", text=str(number))
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C1", text="too much")
    assert refused.value.response.status_code == 429
    assert 1 <= int(refused.value.response.headers["Retry-After"]) <= 100
    await client.chat_postMessage(channel="C2", text="elsewhere")
    assert len(slack.ledger.calls("chat.postMessage", answered=True)) == 5


async def test_a_methods_budget_runs_out(slack: SlackServer, client: AsyncWebClient) -> None:
    """A tier allows so many calls a minute and no more."""
    ts = (await client.chat_postMessage(channel="C1", text="x"))["ts"]
    slack.limits.per_minute["chat.update"] = 3
    codes = []
    for number in range(5):
        try:
            await client.chat_update(channel="C1", ts=ts, text=str(number))
        except SlackApiError as refused:
            codes.append(refused.response["error"])
    assert codes == ["ratelimited", "ratelimited"]
    assert slack.ledger.calls_per_second("chat.update", window=60) == 5


async def test_a_client_that_honours_retry_after_gets_through_a_storm(slack: SlackServer) -> None:
    """Nothing passes while a storm lasts, and a client that waits as told is then served."""
    patient = AsyncWebClient(BOT_TOKEN, base_url=slack.api_url, retry_handlers=[AsyncRateLimitErrorRetryHandler(3)])
    slack.limits.storm(0.9, retry_after="1")
    began = time.monotonic()
    await patient.chat_postMessage(channel="C1", text="at last")
    assert time.monotonic() - began >= 1
    assert [call.status for call in slack.ledger.calls()] == [429, 200]


@pytest.mark.parametrize("header", ["0", "3600", "soon", ""])
async def test_a_storm_may_carry_any_retry_after(slack: SlackServer, client: AsyncWebClient, header: str) -> None:
    """Garbage in the header reaches the client as it is."""
    slack.limits.storm(60, "chat.update", retry_after=header)
    with pytest.raises(SlackApiError) as refused:
        await client.chat_update(channel="C1", ts="1.0", text="x")
    assert refused.value.response.headers["Retry-After"] == header
    slack.limits.calm()
    assert await refusal(client.chat_update(channel="C1", ts="1.0", text="x")) == "message_not_found"


async def test_a_post_in_doubt_is_visible_once(slack: SlackServer, client: AsyncWebClient) -> None:
    """The connection is cut after the message is there: the client sees an error, people see one message."""
    slack.faults.cut_after("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel="C1", text="in doubt", metadata=METADATA)
    found = await client.conversations_history(channel="C1", include_all_metadata=True)
    assert [one["metadata"]["event_payload"]["outbox"] for one in found["messages"]] == ["o-1"]
    assert [call.error for call in slack.ledger.calls("chat.postMessage")] == ["cut"]


async def test_faults_strike_the_calls_they_are_meant_for(slack: SlackServer, client: AsyncWebClient) -> None:
    """A call may be cut before it counts, fail with a status or a code, or be held; the next one is well again."""
    slack.faults.cut_before("chat.postMessage")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel="C1", text="lost")
    slack.faults.fail("chat.postMessage", status=503)
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="C1", text="lost")
    slack.faults.refuse("chat.postMessage", "fatal_error", applied=True)
    assert await refusal(client.chat_postMessage(channel="C1", text="there")) == "fatal_error"
    await client.chat_postMessage(channel="C1", text="well")
    assert [one.text for one in slack.ledger.visible("C1")] == ["there", "well"]


async def test_mentions_and_links_are_found(slack: SlackServer, client: AsyncWebClient) -> None:
    """Whatever would ping somebody or become a link is found, and escaped or plain text is not."""
    text = "<!channel> <@U7> <#C2|random> <http://evil|ok> https://bare.example &lt;@U8&gt;"
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "plain_text", "text": "<@U8> https://plain.example"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "https://still.example", "verbatim": True}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "<!subteam^S1> @here"}]},
    ]
    await client.chat_postMessage(channel="C1", text=text, blocks=blocks)
    found = {(one.kind, one.target) for one in slack.mentions("U7")}
    assert found == {
        ("broadcast", "channel"),
        ("channel", "C2"),
        ("link", "http://evil"),
        ("link", "https://bare.example"),
        ("group", "S1"),
        ("broadcast", "here"),
    }
    assert Mention("user", "U7", "/text") in slack.mentions()


async def test_the_last_error_of_a_call_names_the_block(slack: SlackServer, client: AsyncWebClient) -> None:
    """invalid_blocks tells where, as Slack does, and nothing is shown."""
    button = {"type": "button", "text": {"type": "plain_text", "text": "x" * 76}, "action_id": "a"}
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C1", text="x", blocks=[{"type": "actions", "elements": [button]}])
    assert refused.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"
    ]
    assert slack.ledger.visible("C1") == []


async def test_all_text_of_a_message_together_is_limited(slack: SlackServer, client: AsyncWebClient) -> None:
    """Blocks that are each within their limits can be too much together; a text that is too long is cut."""
    sections = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2700}} for _ in range(5)]
    assert await refusal(client.chat_postMessage(channel="C1", text="x", blocks=sections)) == "msg_blocks_too_long"
    await client.chat_postMessage(channel="C1", text="x" * 40_001)
    assert [len(one.text) for one in slack.ledger.visible("C1")] == [40_000]


async def test_a_call_can_be_held(slack: SlackServer, client: AsyncWebClient) -> None:
    """A held call has taken effect and is answered when the test lets it go."""
    fault = slack.faults.hold("chat.postMessage")
    going = asyncio.create_task(client.chat_postMessage(channel="C1", text="held"))
    await fault.reached.wait()
    assert [one.text for one in slack.ledger.visible("C1")] == ["held"]
    fault.gate.set()
    assert (await going)["ok"]


async def test_blocks_without_ids_get_some(slack: SlackServer, client: AsyncWebClient) -> None:
    """Slack gives every block and every button an id, which clicks carry."""
    button = {"type": "button", "text": {"type": "plain_text", "text": "Go"}}
    await client.chat_postMessage(channel="C1", text="x", blocks=[{"type": "actions", "elements": [button]}])
    [message] = slack.ledger.visible("C1")
    assert buttons(message)["Go"]
    assert message.blocks[0]["block_id"]
