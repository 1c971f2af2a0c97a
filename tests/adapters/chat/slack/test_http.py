"""Slack over HTTP: only what Slack signed gets in, and each thing takes effect once."""

import asyncio
import io
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from adapters.chat.slack.signature import Signed, is_from_slack
from adapters.serve.listeners import on_address
from orchestration.records import Incoming, Plan
from tests.support.slack import SlackServer, encoded, signed_headers
from tests.support.slack_world import THREE, SlackWorld, open_slack_world, workspace

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@asynccontextmanager
async def over_http(folder: Path, slack: SlackServer) -> AsyncIterator[tuple[SlackWorld, str]]:
    """Run a Sayso that Slack calls; yield it with the address."""
    async with open_slack_world(folder, slack, over_http="yes") as world:
        app = web.Application()
        app.add_routes(world.adapter.routes)
        async with on_address(app, ("127.0.0.1", 0)) as base:
            url = f"{base}/slack/events"
            slack.use_http(url)
            yield world, url


async def posted(url: str, body: bytes | io.BytesIO, headers: dict[str, str]) -> int:
    """Post bytes; return the status."""
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        await answer.read()
        return answer.status


async def test_a_plan_goes_its_way_over_http(tmp_path: Path) -> None:
    """Mention, card, Approve, verdict; a form; the handshake."""
    async with SlackServer(workspace()) as slack, over_http(tmp_path, slack) as (world, url):
        http = slack.use_http(url)
        assert await http.verify_url() == "c4"
        card = await world.ask(THREE)
        await slack.people.click("U8", card, "Reject")
        form = await world.until(lambda: slack.modals.top("U8"))
        await slack.people.close("U8", form)
        assert (await slack.people.slash("U7", "C1", "/sayso", "help")).acked
        await slack.people.click("U8", card, "Approve")
        await world.until(lambda: "complete" in card.shown)
        assert set(http.statuses) == {200}


async def test_a_replay_is_answered_and_has_no_second_effect(tmp_path: Path) -> None:
    """The same signed bytes, five times and after a restart, are one request and one vote."""
    async with SlackServer(workspace()) as slack:
        slack.people.subscriptions = frozenset({"app_mention"})
        async with over_http(tmp_path, slack) as (world, url):
            delivery = await slack.people.mention("U7", "C1", THREE)
            command = await slack.people.slash("U7", "C1", "/sayso", "start alpha")
            kinds = [(one, *encoded(one.kind, one.payload)) for one in (delivery, command)]
            signed = [(body, signed_headers(slack.signing_secret, body, kind)) for _, body, kind in kinds]
            for body, headers in signed * 5:
                assert await posted(url, body, headers) == 200
            await world.quiet()
        async with over_http(tmp_path, slack) as (world, url):
            for body, headers in signed:
                assert await posted(url, body, headers) == 200
            await world.quiet()
            assert len(await world.world.sayso.store.find(Plan, {})) == 2


async def test_what_is_not_from_slack_is_refused_unread(tmp_path: Path) -> None:
    """Missing, odd and wrong headers are 401 with any body, and nothing of it is kept."""
    async with SlackServer(workspace()) as slack, over_http(tmp_path, slack) as (world, url):
        now, good = str(int(time.time())), "v0=" + "0" * 64
        event = json.dumps({"type": "event_callback", "event": {"type": "app_mention"}}).encode()
        heads: list[dict[str, str]] = [
            {},
            {"X-Slack-Request-Timestamp": now},
            {"X-Slack-Signature": good},
            *(
                {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": good}
                for timestamp in ("abc", "", "1" * 5000, "١٢٣", "1.5", "-1", "1e9", " 1", now)
            ),
            *(
                {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": signature}
                for signature in ("v0=é", "", "v0=", "v1=" + "0" * 64, "0" * 64, good.upper(), good + "0")
            ),
        ]
        bodies = [event, b"", b"\xff\xfe", b"[" * 100_000, b"null", b"7", b"[]", b"ssl_check=1", b"payload=null"]
        for headers in heads:
            for body in bodies:
                for kind in (JSON, FORM, "nonsense"):
                    assert await posted(url, body, {**headers, "Content-Type": kind}) == 401
        assert await world.world.sayso.store.find(Incoming, {}) == []


async def test_a_body_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    """More than a mebibyte is refused, also where its length is not announced."""
    async with SlackServer(workspace()) as slack, over_http(tmp_path, slack) as (_, url):
        large = b"x" * (1024 * 1024 + 1)
        assert await posted(url, io.BytesIO(large), {}) == 413

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(17):
                yield b"x" * 64 * 1024

        async with aiohttp.ClientSession() as session, session.post(url, data=chunks()) as answer:
            assert answer.status == 413


async def test_signed_nonsense_harms_nothing(tmp_path: Path) -> None:
    """Payloads of any shape, rightly signed, are answered without an error of ours, and change nothing."""
    await nonsense(tmp_path, 150)


@pytest.mark.slow
async def test_ten_thousand_odd_payloads_harm_nothing(tmp_path: Path) -> None:
    """The same with many more."""
    await nonsense(tmp_path, 10_000)


async def nonsense(folder: Path, number: int) -> None:
    """Post so many generated payloads."""
    chance = random.Random(7)
    async with SlackServer(workspace()) as slack, over_http(folder, slack) as (world, url):
        async with aiohttp.ClientSession() as session:
            for _ in range(number):
                payload = generated(chance)
                is_event = "event" in payload or chance.random() < 0.3
                body, kind = encoded("events_api" if is_event else "interactive", payload)
                headers = signed_headers(slack.signing_secret, body, kind)
                async with session.post(url, data=body, headers=headers) as answer:
                    assert answer.status in (200, 400, 404), payload
        await world.quiet()
        assert await world.world.sayso.store.find(Plan, {}) == []


def generated(chance: random.Random) -> dict[str, Any]:
    """Return something like a payload, with parts missing, odd or of other types."""
    odd: list[Any] = [None, 7, "", "x", [], {}, [None], {"id": 7}, "T1", "C1", True, 1.5, "🙂" * 50, "v1:approve:x:1:a"]
    kinds = ["event_callback", "block_actions", "view_submission", "message_action", "view_closed"]
    view = {"id": "V1", "callback_id": "form", "private_metadata": "[]", "state": {"values": {}}}

    def some(value: Any) -> Any:
        return chance.choice(odd) if chance.random() < 0.25 else value

    user = some({"id": some("U99"), "team_id": some("T1")})
    whole: dict[str, Any] = {
        "type": some(chance.choice(kinds)),
        "team_id": some("T1"),
        "team": some({"id": some("T1")}),
        "user": user,
        "event": some(
            {
                "type": some(chance.choice(["app_mention", "message", "app_home_opened", "subteam_updated"])),
                "user": some("U99"),
                "text": some("<@UBOT> start alpha"),
                "ts": some("1700.1"),
                "channel": some("C1"),
                "tab": some("home"),
            }
        ),
        "actions": some([some({"action_id": some("press.0"), "action_ts": some("1.1"), "value": some("v1:x")})]),
        "container": some({"type": some("message"), "channel_id": some("C1"), "message_ts": some("1.1")}),
        "channel": some({"id": some("C1")}),
        "message": some({"ts": some("1.1"), "text": some("start alpha")}),
        "view": some({key: some(value) for key, value in view.items()}),
        "callback_id": some("plan_this"),
        "trigger_id": some("1.1.x"),
        "action_ts": some("1.1"),
    }
    return {key: value for key, value in whole.items() if chance.random() < 0.8}


def test_a_signature_counts_for_five_minutes() -> None:
    """Older and future requests are not from Slack, however well signed."""
    body, now = b"{}", 1_700_000_000.0
    headers = signed_headers("s3cret", body, JSON)
    signed = Signed(headers["X-Slack-Request-Timestamp"], headers["X-Slack-Signature"], body)
    at = float(signed.timestamp)
    assert is_from_slack("s3cret", signed, at)
    assert is_from_slack("s3cret", signed, at + 299)
    assert not is_from_slack("s3cret", signed, at + 301)
    assert not is_from_slack("s3cret", signed, at - 301)
    assert not is_from_slack("other", signed, at)
    assert not is_from_slack("s3cret", Signed(signed.timestamp, signed.signature, b"{ }"), at)
    assert now < at


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_is_not_what_it_says_is_refused(
    tmp_path: Path, encoding: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Bytes that cannot be unpacked are a bad request of whoever sent them, and no error of ours."""
    async with SlackServer(workspace()) as slack, over_http(tmp_path, slack) as (_, url):
        assert await posted(url, b"\xff\xfe" * 50, {"Content-Encoding": encoding}) == 400
    assert "Traceback" not in caplog.text


async def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever announces a body and does not send it holds nothing here for long."""
    monkeypatch.setattr("adapters.chat.slack.http.BODY_SECONDS", 0.1)
    async with SlackServer(workspace()) as slack, over_http(tmp_path, slack) as (_, url):

        async def never() -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.sleep(30)

        async with aiohttp.ClientSession() as session, session.post(url, data=never()) as answer:
            assert answer.status == 408


@pytest.mark.parametrize("field", ["text", "ts", "channel"])
async def test_half_a_character_is_not_wanted_again(tmp_path: Path, field: str) -> None:
    """What can never be kept is answered, so that Slack does not bring it for ever."""
    event = {"type": "app_mention", "user": "U7", "text": "start alpha", "ts": "1700.1", "channel": "C1"}
    payload = {"type": "event_callback", "team_id": "T1", "event": {**event, field: "C\ud800"}}
    async with SlackServer(workspace()) as slack, over_http(tmp_path, slack) as (world, url):
        body, kind = encoded("events_api", payload)
        assert await posted(url, body, signed_headers(slack.signing_secret, body, kind)) == 200
        await world.quiet()
        assert await world.world.sayso.store.find(Incoming, {}) == []
