"""The local Slack brings what people do to a real Bolt app, over Socket Mode and HTTP, with Slack's retries."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.support.slack import APP_TOKEN, BOT_TOKEN, FormIncomplete, Retry, SlackServer, encoded, signed_headers
from tests.support.slack.signed_http import SignedHttp

JSON = dict[str, Any]
CARD: list[JSON] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "May I?"}},
    {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            {
                "type": "button",
                "text": {"type": "plain_text", "text": "Approve"},
                "action_id": "approve",
                "value": "p1",
            },
            {"type": "button", "text": {"type": "plain_text", "text": "Reject"}, "action_id": "reject", "value": "p1"},
        ],
    },
]
FORM: JSON = {
    "type": "modal",
    "callback_id": "reason",
    "title": {"type": "plain_text", "text": "Reject"},
    "submit": {"type": "plain_text", "text": "Send"},
    "notify_on_close": True,
    "private_metadata": "p1",
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Why"},
            "element": {"type": "plain_text_input", "action_id": "text", "max_length": 10},
        }
    ],
}
HOME: JSON = {"type": "home", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Yours"}}]}


@dataclass
class Heard:
    """What reached the app: kinds with payloads, and the retry headers seen."""

    log: list[tuple[str, JSON]] = field(default_factory=list)
    retries: list[tuple[str, str]] = field(default_factory=list)
    deaf: int = 0
    first: asyncio.Event = field(default_factory=asyncio.Event)

    def kinds(self) -> list[str]:
        """Return what was heard, in order."""
        return [kind for kind, _ in self.log]


def events(app: AsyncApp) -> None:
    """Let the app answer events."""

    @app.event("app_mention")
    async def ask(event: JSON, client: AsyncWebClient) -> None:
        await client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="May I?", blocks=CARD)

    @app.event("app_home_opened")
    async def home(event: JSON, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view=HOME)

    @app.event("message")
    @app.event("subteam_members_changed")
    async def hear() -> None: ...


def interactions(app: AsyncApp) -> None:
    """Let the app answer clicks, forms, commands and shortcuts."""

    @app.action("approve")
    async def approve(ack: Any, body: JSON, client: AsyncWebClient) -> None:
        await ack()
        await client.chat_update(channel="C1", ts=body["message"]["ts"], text=f"by {body['user']['id']}", blocks=[])

    @app.action("reject")
    async def reject(ack: Any, body: JSON, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    @app.view("reason")
    async def reason(ack: Any, view: JSON) -> None:
        text = view["state"]["values"]["why"]["text"]["value"]
        await (ack(response_action="errors", errors={"why": "Say more."}) if text == "no" else ack())

    @app.view_closed("reason")
    async def closed(ack: Any) -> None:
        await ack()

    @app.command("/sayso")
    async def command(ack: Any, command: JSON, respond: Any) -> None:
        await ack(text=f"heard {command['text']}")
        await respond("and more", response_type="in_channel")

    @app.shortcut("plan_this")
    async def shortcut(ack: Any) -> None:
        await ack()


def bolt(slack: SlackServer) -> tuple[AsyncApp, Heard]:
    """Return a small real app that answers everything, and what it hears."""
    client = AsyncWebClient(BOT_TOKEN, base_url=slack.api_url)
    app, heard = AsyncApp(client=client, signing_secret=slack.signing_secret), Heard()

    @app.middleware
    async def listen(body: JSON, req: Any, next: Callable[[], Awaitable[Any]]) -> None:  # noqa: A002 - Bolt's name
        kind = str(body.get("event", body).get("type") or body.get("command"))
        heard.log.append((kind, body))
        heard.first.set()
        if number := req.headers.get("x-slack-retry-num"):
            heard.retries.append((number[0], req.headers["x-slack-retry-reason"][0]))
        if heard.deaf:
            heard.deaf -= 1
            await asyncio.sleep(slack.post.carrier.ack_seconds * 2)
        await next()

    events(app)
    interactions(app)
    return app, heard


@asynccontextmanager
async def socket_app(slack: SlackServer, app: AsyncApp, connections: int = 1) -> AsyncIterator[None]:
    """Run an app in Socket Mode with some connections."""
    handlers = [AsyncSocketModeHandler(app, APP_TOKEN, ping_interval=0.5) for _ in range(connections)]
    before = len(slack.sockets.connections)
    for handler in handlers:
        await handler.connect_async()  # type: ignore[no-untyped-call]
    await slack.sockets.wait_connected(before + connections)
    try:
        yield
    finally:
        for handler in handlers:
            await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def http_app(slack: SlackServer, app: AsyncApp) -> AsyncIterator[SignedHttp]:
    """Run an app behind an HTTP address."""

    async def take(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    served = web.Application()
    served.router.add_post("/slack/events", take)
    runner = web.AppRunner(served, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    http = slack.use_http(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    try:
        yield http
    finally:
        await runner.cleanup()


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        yield server


@pytest.fixture(params=[socket_app, http_app])
async def heard(request: pytest.FixtureRequest, slack: SlackServer) -> AsyncIterator[Heard]:
    """A running app, once over Socket Mode and once over HTTP."""
    app, heard = bolt(slack)
    async with request.param(slack, app):
        yield heard


async def test_a_mention_is_acknowledged_and_answered_in_its_thread(slack: SlackServer, heard: Heard) -> None:
    """The verbs work the same over Socket Mode and over HTTP."""
    delivery = await slack.people.mention("U7", "C1", "restart <dev> & see https://x.example")
    assert delivery.acked
    assert delivery.seconds < slack.post.carrier.ack_seconds == 3.0
    assert delivery.payload["event"]["text"] == "<@UBOT> restart &lt;dev&gt; &amp; see <https://x.example>"
    [card] = await slack.ledger.until(lambda: slack.ledger.thread("C1", delivery.ts))
    assert card.shown == "May I?\nApprove\nReject"


async def test_a_click_reaches_the_app_with_all_it_needs(slack: SlackServer, heard: Heard) -> None:
    """A click carries who, where, which button and its value; the app edits the message in place."""
    delivery = await slack.people.mention("U7", "C1", "go")
    [card] = await slack.ledger.until(lambda: slack.ledger.thread("C1", delivery.ts))
    click = await slack.people.click("U8", card, "Approve")
    assert click.acked
    await slack.ledger.until(lambda: card.text == "by U8")
    [pressed] = click.payload["actions"]
    assert (pressed["action_id"], pressed["value"], pressed["block_id"]) == ("approve", "p1", "decide")
    assert click.payload["container"]["thread_ts"] == delivery.ts
    with pytest.raises(LookupError):
        await slack.people.click("U8", card, "Approve")
    assert (await slack.people.click_old("U8", card, 0, "Approve")).acked


async def test_a_modal_is_opened_filled_in_and_closed(slack: SlackServer, heard: Heard) -> None:
    """A form that is wrong stays with its error, one that is right goes away, and incomplete ones are not sent."""
    people = slack.people
    mention = await people.mention("U7", "C1", "go")
    [card] = await slack.ledger.until(lambda: slack.ledger.thread("C1", mention.ts))
    await people.click("U8", card, "reject")
    view = await slack.ledger.until(lambda: slack.modals.top("U8"))
    with pytest.raises(FormIncomplete):
        await people.submit("U8", view)
    with pytest.raises(FormIncomplete):
        await people.submit("U8", view, {"text": "eleven chars"})
    await people.submit("U8", view, {"text": "no"})
    assert slack.modals.errors[view["id"]] == {"why": "Say more."}
    assert (await people.submit("U8", view, {"why": "too late"})).acked
    assert slack.modals.top("U8") is None
    await people.click("U8", card, "reject")
    closing = await people.close("U8", await slack.ledger.until(lambda: slack.modals.top("U8")))
    assert closing is not None
    assert closing.acked
    assert heard.kinds()[-1] == "view_closed"


async def test_commands_shortcuts_homes_and_groups_arrive(slack: SlackServer, heard: Heard) -> None:
    """Every way in arrives with its own payload, and what a command answers is shown."""
    people = slack.people
    people.subscriptions |= {"message.im"}
    slash = await people.slash("U7", "C1", "/sayso", "restart web")
    assert slash.acked
    assert [one.text for one in slack.ledger.ephemerals("U7")] == ["heard restart web"]
    await slack.ledger.until(lambda: [one for one in slack.ledger.visible("C1") if one.text == "and more"])
    [message] = [one for one in slack.ledger.visible("C1") if one.text == "and more"]
    assert (await people.shortcut("U7", "plan_this", message)).acked
    await people.open_home("U7")
    await slack.ledger.until(lambda: "U7" in slack.modals.homes)
    change = await people.group_changed("S1", add=["U7"], remove=["U8"])
    assert change is not None
    assert slack.workspace.groups["S1"].members == ["U7"]
    written = await people.dm("U7", "hello")
    assert written is not None
    assert heard.kinds() == ["/sayso", "message_action", "app_home_opened", "subteam_members_changed", "message"]


async def test_an_event_without_an_ack_comes_again(slack: SlackServer, heard: Heard) -> None:
    """Slack waits so long for an ack and then sends the same event once more, saying that it does."""
    slack.post.carrier.ack_seconds = 0.4
    heard.deaf = 1
    delivery = await slack.people.mention("U7", "C1", "go")
    assert not delivery.attempts[0].acked
    assert delivery.acked
    assert len({body["event_id"] for kind, body in heard.log if kind == "app_mention"}) == 1
    assert heard.retries[0][0] == "1"
    assert "timeout" in heard.retries[0][1]


async def test_clicks_are_not_sent_again(slack: SlackServer, heard: Heard) -> None:
    """A click that was not acknowledged is lost: the person sees a warning sign."""
    slack.post.carrier.ack_seconds = 0.4
    posted = await AsyncWebClient(BOT_TOKEN, base_url=slack.api_url).chat_postMessage(
        channel="C1", text="x", blocks=CARD
    )
    message = slack.ledger.find("C1", posted["ts"])
    assert message is not None
    heard.deaf = 1
    delivery = await slack.people.click("U8", message, "Approve")
    assert [one.acked for one in delivery.attempts] == [False]


async def test_duplicates_come_with_the_same_or_another_event_id(slack: SlackServer, heard: Heard) -> None:
    """One message can arrive many times: as a retry, as another event, and as a message beside the mention."""
    slack.people.subscriptions |= {"message.channels"}
    first = await slack.people.mention("U7", "C1", "go")
    await slack.post.again(first, retry=Retry(1, "timeout"))
    await slack.post.again(first, same_event=False)
    assert heard.kinds() == ["app_mention", "message", "app_mention", "app_mention"]
    ids = [body["event_id"] for _, body in heard.log]
    assert len(set(ids)) == 3
    assert {body["event"]["ts"] for _, body in heard.log} == {first.ts}
    assert heard.retries == [("1", "timeout")]


async def test_one_envelope_goes_to_one_connection(slack: SlackServer) -> None:
    """With several connections open each envelope is delivered once, in turn."""
    app, heard = bolt(slack)
    async with socket_app(slack, app, connections=3):
        for _ in range(6):
            await slack.people.open_home("U7")
        assert len(heard.log) == 6
        assert len({name for name, _ in slack.sockets.envelopes}) == 3


async def test_ten_connections_are_the_most(slack: SlackServer) -> None:
    """The eleventh connection is sent away."""
    app, _ = bolt(slack)
    slack.limits.enabled = False
    async with socket_app(slack, app, connections=10):
        client = AsyncWebClient(BOT_TOKEN, base_url=slack.api_url)
        url = (await client.apps_connections_open(app_token=APP_TOKEN))["url"]
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            assert (await socket.receive_json())["reason"] == "too_many_websockets"
        assert len(slack.sockets.connections) == 10


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_client_told_to_leave_comes_back(slack: SlackServer, reason: str) -> None:
    """A disconnect message makes the client connect anew, and nothing is lost."""
    app, _ = bolt(slack)
    slack.limits.enabled = False
    async with socket_app(slack, app):
        [before] = slack.sockets.connections
        await slack.sockets.disconnect(reason)
        await slack.sockets.until(lambda: before not in slack.sockets.connections)
        assert (await slack.people.mention("U7", "C1", "go")).acked


async def test_an_event_in_flight_survives_a_dropped_socket(slack: SlackServer) -> None:
    """The connection is cut before the ack: the event comes again through the next connection."""
    app, heard = bolt(slack)
    slack.limits.enabled = False
    heard.deaf = 1
    async with socket_app(slack, app):
        going = asyncio.create_task(slack.people.mention("U7", "C1", "go"))
        await heard.first.wait()
        slack.sockets.drop()
        delivery = await going
    assert [one.reason for one in delivery.attempts] == ["connection_failed", ""]


async def test_a_trigger_opens_one_view_and_soon(slack: SlackServer) -> None:
    """A trigger id is good once and for a short while."""
    client = AsyncWebClient(BOT_TOKEN, base_url=slack.api_url)
    slack.modals.trigger_seconds = 60
    trigger = slack.modals.trigger("U7")
    opened = await client.views_open(trigger_id=trigger, view=FORM)
    codes = [await _code(client.views_open(trigger_id=trigger, view=FORM))]
    slack.modals.trigger_seconds = -1
    codes.append(await _code(client.views_open(trigger_id=slack.modals.trigger("U7"), view=FORM)))
    codes.append(await _code(client.views_open(trigger_id="never", view=FORM)))
    assert codes == ["exchanged_trigger_id", "expired_trigger_id", "invalid_trigger_id"]
    stale = client.views_update(view_id=opened["view"]["id"], hash="old", view=FORM)
    assert await _code(stale) == "hash_conflict"
    slack.modals.trigger_seconds = 60
    under = slack.modals.trigger("U7", opened["view"]["id"])
    pushed = await client.views_push(trigger_id=under, view=FORM)
    assert pushed["view"]["previous_view_id"] == opened["view"]["id"]


async def _code(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


async def test_http_requests_are_signed(slack: SlackServer) -> None:
    """The app takes what Slack signed just now, and neither old nor altered requests."""
    app, heard = bolt(slack)
    async with http_app(slack, app) as http:
        assert await http.verify_url() == "c4"
        delivery = await slack.people.open_home("U7")
        assert delivery is not None
        body, kind = encoded("events_api", delivery.payload)
        old = await http.send(body, signed_headers(slack.signing_secret, body, kind, age=400))
        forged = await http.send(body, signed_headers("wrong", body, kind))
        replayed = await http.send(body, signed_headers(slack.signing_secret, body, kind))
    assert (old.status, forged.status, replayed.status) == (401, 401, 200)
    assert heard.kinds() == ["app_home_opened"] * 2


async def test_a_response_url_can_be_used_five_times(slack: SlackServer) -> None:
    """The sixth use is refused; the original can be replaced or taken away."""
    client = AsyncWebClient(BOT_TOKEN, base_url=slack.api_url)
    ts = (await client.chat_postMessage(channel="C1", text="x", blocks=CARD))["ts"]
    message = slack.ledger.find("C1", ts)
    url = slack.answers.address("C1", "U7", message)
    hook = AsyncWebhookClient(url)
    await hook.send(text="only you", response_type="ephemeral")
    await hook.send(text="new", replace_original=True)
    await hook.send(delete_original=True)
    assert slack.ledger.ephemerals("U7")[0].text == "only you"
    assert slack.ledger.visible("C1") == []
    answers = [(await hook.send(text="more")).status_code for _ in range(3)]
    assert answers == [200, 200, 404]
