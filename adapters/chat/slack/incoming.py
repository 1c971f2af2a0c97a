"""What Slack delivers, as the messages and clicks of the neutral vocabulary: a table of pure functions.

Every item has an id that stays the same however often and under whatever event id it is delivered.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from adapters.chat.slack import modals
from adapters.chat.slack.markup import plain, without_mention
from adapters.chat.slack.places import PLATFORM, Place
from bot.chat import Account, Click, Message

JSON = Mapping[str, Any]
HEARD_SUBTYPES = (None, "thread_broadcast", "file_share", "me_message")
"""Kinds of messages that a person wrote; the others tell of edits, joins and bots."""
HELP = "help"
"""What a message that only calls the bot asks for."""
MOST_FIELDS = 100
"""Fields of a form; Slack sends some twenty."""
ODD = (KeyError, TypeError, ValueError, IndexError, AttributeError)
"""What a payload of another shape than documented leads to."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The workspace that this Sayso serves, and who the bot is there."""

    team: str
    bot_user: str
    bot: str
    scopes: frozenset[str] = frozenset()


def mention(payload: JSON, here: Installation) -> Message | None:
    """Read an `app_mention` or `message` event; None for what no person wrote."""
    event = payload["event"]
    if event.get("subtype") not in HEARD_SUBTYPES or event.get("bot_id") or not event.get("user"):
        return None
    place = Place(event["channel"], event["ts"], here.team)
    team = event.get("user_team") or event.get("team") or here.team
    text = plain(without_mention(event.get("text") or "", here.bot_user))
    thread = place.at(event.get("thread_ts") or event["ts"])
    is_overheard = not _is_called(event, here)
    account = _account(team, event["user"])
    return Message(str(place), str(thread), account, text or ("" if is_overheard else HELP), is_overheard=is_overheard)


def command(payload: JSON, here: Installation) -> Message:
    """Read a `/sayso`: it stands in no thread."""
    account = _account(payload["team_id"], payload["user_id"])
    thread = Place(payload["channel_id"], team=here.team)
    name = f"{PLATFORM}:{account.user}/command/{payload['trigger_id']}"
    return Message(name, str(thread), account, plain(payload.get("text") or "").strip() or HELP, begins=True)


def shortcut(payload: JSON, here: Installation) -> Message:
    """Read *Plan this* on a message: whoever chose it asks for what the message says, in its thread."""
    about, account = payload["message"], _person(payload)
    thread = Place(payload["channel"]["id"], about.get("thread_ts") or about["ts"], here.team)
    name = f"{PLATFORM}:{account.user}/shortcut/{payload['action_ts']}"
    text = plain(without_mention(about.get("text") or "", here.bot_user))
    return Message(name, str(thread), account, text)


def click(payload: JSON, here: Installation) -> Click:
    """Read a button that was pressed, or a choice that was made, on a message, in a modal or on a Home tab."""
    action, account = payload["actions"][0], _person(payload)
    chosen = action.get("selected_option") or {}
    value = str(chosen.get("value") or action.get("value") or "")
    name = f"{PLATFORM}:{account.user}/{action['action_ts']}/{action['action_id']}"
    thread, message = _clicked_on(payload, here, account)
    return Click(name, thread, account, value, {}, message)


def submission(payload: JSON) -> Click:
    """Read a form that was sent: the click it belongs to, with what was typed."""
    view, account = payload["view"], _person(payload)
    kept = modals.read_behind(view["private_metadata"])
    name = f"{PLATFORM}:{account.user}/view/{view['id']}/{view.get('hash', '')}"
    return Click(name, kept.thread, account, kept.button, modals.typed(view["state"]["values"]), kept.message)


def read_body(content_type: str, body: str) -> dict[str, Any]:
    """Return the payload of a request over HTTP; raises ValueError when it is none."""
    form: dict[str, str] = {}
    if content_type != "application/json":
        form = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS))
        if "payload" not in form and "command" in form:
            return dict(form)
    try:
        found = json.loads(form.get("payload", "null") if form else body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def _is_called(event: JSON, here: Installation) -> bool:
    """Whether a message speaks to the bot by itself: it names it, or stands in a direct message."""
    is_direct = event["type"] == "app_mention" or event.get("channel_type") == "im"
    return is_direct or f"<@{here.bot_user}" in (event.get("text") or "")


def _clicked_on(payload: JSON, here: Installation, account: Account) -> tuple[str, str]:
    """Return thread and message of a click; what is in nobody's channel is answered to its person directly."""
    container = payload.get("container") or {}
    if not container.get("channel_id"):
        return str(Place(account.user.partition("/")[2], team=here.team)), ""
    thread = Place(container["channel_id"], container.get("thread_ts") or "", here.team)
    return str(thread), "" if container.get("is_ephemeral") else str(thread.at(container["message_ts"]))


def _person(payload: JSON) -> Account:
    user = payload["user"]
    return _account(user.get("team_id") or payload["team"]["id"], user["id"])


def _account(team: str, user: str) -> Account:
    return Account(PLATFORM, f"{team}/{user}")
