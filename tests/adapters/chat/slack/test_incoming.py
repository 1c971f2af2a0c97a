"""What Slack delivers becomes messages and clicks: plain words, verified accounts, ids that never change."""

from typing import Any

import pytest

from adapters.chat.slack import incoming
from adapters.chat.slack.incoming import Installation
from adapters.chat.slack.markup import escaped, plain, unescaped, without_mention
from adapters.chat.slack.places import read_place

HERE = Installation("T1", "UBOT", "B1")


@pytest.mark.parametrize(
    ("wire", "typed"),
    [
        ("deploy &lt;b&gt; &amp; go", "deploy <b> & go"),
        ("see <http://kuma.example.org|kuma.example.org>", "see kuma.example.org"),
        ("see <https://evil.example|kuma.example.org>", "see https://evil.example"),
        ("mail <mailto:a@b.example|a@b.example>", "mail a@b.example"),
        ("in <#C1|ops> for <@U7> and <@U8|ben>", "in #ops for @U7 and @ben"),
        ("<!here> <!subteam^S1|@operators>", "@here @operators"),
        ("&amp;lt;", "&lt;"),
    ],
)
def test_wire_text_becomes_what_was_typed(wire: str, typed: str) -> None:
    """Slack's marks are taken away; a link whose words lie shows where it leads."""
    assert plain(wire) == typed


def test_escaping_is_undone_by_unescaping() -> None:
    """What goes out as text comes back as it was."""
    text = "<!channel> & <@U7> &lt;"
    assert unescaped(escaped(text)) == text
    assert "<" not in escaped(text)


@pytest.mark.parametrize("wire", ["<@UBOT> deploy", "<@UBOT|sayso>: deploy", "deploy <@UBOT>", "  <@UBOT>, deploy "])
def test_the_mention_is_no_part_of_the_request(wire: str) -> None:
    """However the bot is called."""
    assert without_mention(wire, "UBOT") == "deploy"


@pytest.mark.parametrize("address", ["slack:T1/C1/1700.1", "slack:T1/C1", "slack:C1", "slack:T1/C1/1.2+3.4"])
def test_places_are_read_as_they_are_written(address: str) -> None:
    """An address survives being stored."""
    assert str(read_place(address)) == address
    assert read_place(address).channel == "C1"


@pytest.mark.parametrize("address", ["discord:1/2", "slack:", "slack:T1//x", "slack:1/2/3/4"])
def test_what_is_no_place_is_refused(address: str) -> None:
    """Nothing is posted to an address that means nothing here."""
    with pytest.raises(ValueError, match="not a place"):
        read_place(address)


def event(**changes: Any) -> dict[str, Any]:
    """Return a message event."""
    plain_event = {"type": "message", "user": "U7", "text": "<@UBOT> go", "ts": "1.2", "channel": "C1", "team": "T1"}
    return {"team_id": "T1", "event": {**plain_event, **changes}}


def test_a_message_has_one_id_under_any_event() -> None:
    """Mention and message, delivered twice, are the same item; a thread is named by its first message."""
    first = incoming.mention(event(type="app_mention"), HERE)
    second = incoming.mention(event(thread_ts="1.1"), HERE)
    assert first is not None
    assert second is not None
    assert first.id == second.id == "slack:T1/C1/1.2"
    assert (first.thread, second.thread) == ("slack:T1/C1/1.2", "slack:T1/C1/1.1")
    assert first.account.user == "T1/U7"


@pytest.mark.parametrize("changes", [{"subtype": "message_changed"}, {"bot_id": "B9"}, {"user": None}])
def test_what_no_person_wrote_is_not_heard(changes: dict[str, Any]) -> None:
    """Edits, bots and notices ask for nothing."""
    assert incoming.mention(event(**changes), HERE) is None


def test_an_account_is_of_its_own_team() -> None:
    """Somebody of another organisation does not become one of ours by writing in a shared channel."""
    found = incoming.mention(event(user_team="T2"), HERE)
    assert found is not None
    assert found.account.user == "T2/U7"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", "[" * 100_000),
        ("application/json", "null"),
        ("application/json", "7"),
        ("application/json", "[1]"),
        ("application/json", ""),
        ("application/json", '{"a":'),
        ("application/x-www-form-urlencoded", ""),
        ("application/x-www-form-urlencoded", "payload="),
        ("application/x-www-form-urlencoded", "payload=null"),
        ("application/x-www-form-urlencoded", "payload=%5B%5D"),
        ("application/x-www-form-urlencoded", "payload=" + "%5B" * 100_000),
        ("application/x-www-form-urlencoded", "&".join(f"a{number}=1" for number in range(1000))),
        ("text/plain", "hello"),
    ],
)
def test_a_body_that_is_no_payload_is_refused(content_type: str, body: str) -> None:
    """Whatever is signed and still no payload raises ValueError, and nothing else."""
    with pytest.raises(ValueError):
        incoming.read_body(content_type, body)
