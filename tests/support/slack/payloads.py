"""The payloads Slack sends for what people do, shaped as in its documentation."""

import time
from collections.abc import Mapping
from typing import Any

from tests.support.slack.chat_methods import as_json
from tests.support.slack.delivery import new_event_id
from tests.support.slack.ledger import Message
from tests.support.slack.workspace import JSON, Channel, Person, Workspace

CHOOSING_ONE = {"static_select", "radio_buttons", "overflow"}
CHOOSING_MANY = {"multi_static_select", "checkboxes"}
PLAIN_VALUE = {
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
}


class FormIncomplete(ValueError):
    """Slack's client would not send the form."""


def event_callback(workspace: Workspace, event: JSON, channel: Channel | None = None) -> JSON:
    """Wrap an event."""
    bot = {"enterprise_id": None, "team_id": workspace.team_id, "user_id": workspace.bot_user_id, "is_bot": True}
    return {
        "token": "old",
        "team_id": workspace.team_id,
        "context_team_id": workspace.team_id,
        "context_enterprise_id": None,
        "api_app_id": workspace.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": new_event_id(),
        "event_time": int(time.time()),
        "authorizations": [{**bot, "is_enterprise_install": False}],
        "is_ext_shared_channel": bool(channel and channel.shared_with),
        "event_context": "4-local",
    }


def message_event(kind: str, channel: Channel, person: Person, message: Message) -> JSON:
    """Return an app_mention or message event about what a person wrote."""
    event: JSON = {
        "type": kind,
        "user": person.id,
        "text": message.text,
        "ts": message.ts,
        "channel": channel.id,
        "event_ts": message.ts,
        "team": person.team_id,
        "client_msg_id": f"client-{message.ts}",
    }
    if kind == "message":
        event["channel_type"] = channel.channel_type
    if person.is_stranger:
        event |= {"user_team": person.team_id, "source_team": person.team_id}
    if person.is_bot:
        event |= {"subtype": "bot_message", "bot_id": f"B{person.id}"}
    return event if message.thread_ts is None else {**event, "thread_ts": message.thread_ts}


def interaction(workspace: Workspace, kind: str, person: Person, trigger_id: str) -> JSON:
    """Return what every interaction carries."""
    name = person.name.lower()
    return {
        "type": kind,
        "user": {"id": person.id, "username": name, "name": name, "team_id": person.team_id},
        "api_app_id": workspace.app_id,
        "token": "old",
        "trigger_id": trigger_id,
        "team": {"id": workspace.team_id, "domain": workspace.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def on_message(channel: Channel, message: Message, response_url: str) -> JSON:
    """Return what an interaction with a message carries besides; an ephemeral message itself is not in it."""
    container: JSON = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.only_for is not None,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    carried: JSON = {
        "container": container,
        "channel": {"id": channel.id, "name": channel.payload_name},
        "response_url": response_url,
        "state": {"values": state_values(message.blocks, {}, required=False)},
    }
    return carried if message.only_for is not None else {**carried, "message": as_json(message)}


def on_view(view: JSON) -> JSON:
    """Return what an interaction with a view carries besides."""
    return {"container": {"type": "view", "view_id": view["id"]}, "view": view}


def action(element: JSON, choose: str | list[str] | None, ts: str) -> JSON:
    """Return one entry of `actions`."""
    kept = ("action_id", "block_id", "type", "text", "value", "style")
    entry: JSON = {name: element[name] for name in kept if name in element}
    return {**entry, **(chosen(element, choose) if choose is not None else {}), "action_ts": ts}


def command(workspace: Workspace, channel: Channel, person: Person, text: str) -> JSON:
    """Return what a slash command carries, but for the addresses to answer to."""
    return {
        "token": "old",
        "team_id": person.team_id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": channel.payload_name,
        "user_id": person.id,
        "user_name": person.name.lower(),
        "text": text,
        "api_app_id": workspace.app_id,
        "is_enterprise_install": "false",
    }


def state_values(blocks: list[JSON], values: Mapping[str, Any], required: bool = True) -> JSON:
    """Return `state.values`: what was filled in, by block and action. Raises FormIncomplete.

    `values` maps an action_id or a block_id to a text, an option's value, or a list of these.
    """
    filled: JSON = {}
    for one in blocks:
        for element in _stateful(one):
            given = values.get(element["action_id"], values.get(one["block_id"]))
            entry = chosen(element, given) if given is not None else _initial(element)
            if required and one["type"] == "input" and not one.get("optional") and _empty(entry):
                raise FormIncomplete(f"{one['label']['text']} is not filled in")
            filled.setdefault(one["block_id"], {})[element["action_id"]] = {"type": element["type"], **entry}
    return filled


def _stateful(block: JSON) -> list[JSON]:
    inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
    still = {"button", "overflow", "image", "feedback_buttons", "icon_button"}
    return [one for one in inside if isinstance(one, dict) and "action_id" in one and one["type"] not in still]


def chosen(element: JSON, given: str | list[str]) -> JSON:
    """Return how an element tells what was chosen or written in it. Raises FormIncomplete."""
    kind = element["type"]
    if kind in CHOOSING_ONE:
        return {"selected_option": _option(element, str(given))}
    if kind in CHOOSING_MANY:
        return {"selected_options": [_option(element, one) for one in given]}
    if kind in PLAIN_VALUE:
        return {PLAIN_VALUE[kind]: given}
    if kind == "button":
        raise ValueError("nothing can be chosen in a button")
    most = element.get("max_length", 3000)
    if not element.get("min_length", 0) <= len(given) <= most:
        raise FormIncomplete(f"{element['action_id']} takes {element.get('min_length', 0)} to {most} characters")
    return {"value": given or None}


def _initial(element: JSON) -> JSON:
    kind = element["type"]
    if kind in CHOOSING_ONE:
        return {"selected_option": element.get("initial_option")}
    if kind in CHOOSING_MANY:
        return {"selected_options": element.get("initial_options", [])}
    if kind in PLAIN_VALUE:
        name = PLAIN_VALUE[kind]
        return {name: element.get(name.replace("selected", "initial"))}
    return {"value": element.get("initial_value") or None}


def _option(element: JSON, value: str) -> JSON:
    offered = list(element.get("options", []))
    for group in element.get("option_groups", []):
        offered.extend(group["options"])
    for option in offered:
        if value in (option["value"], option["text"]["text"]):
            return dict(option)
    raise FormIncomplete(f"{value} is not offered in {element['action_id']}")


def _empty(entry: JSON) -> bool:
    return not any(entry.values())
