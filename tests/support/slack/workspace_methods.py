"""Who and what there is: auth, conversations, users, user groups."""

from tests.support.slack.arguments import Arguments
from tests.support.slack.chat_methods import as_json
from tests.support.slack.ledger import Message
from tests.support.slack.methods import State, method, page
from tests.support.slack.refusals import Refused
from tests.support.slack.workspace import JSON, Channel

READ = {"public": "channels:read", "private": "groups:read", "im": "im:read"}
HISTORY = {"public": "channels:history", "private": "groups:history", "im": "im:history"}


@method("api.test", 4)
def api_test(state: State, arguments: Arguments) -> JSON:
    """Answer with what was sent."""
    if arguments.text("error"):
        raise Refused(arguments.text("error"), args=dict(arguments))
    return {"args": dict(arguments)}


@method("auth.test", 0)
def auth_test(state: State, arguments: Arguments) -> JSON:
    """Tell whose token it is."""
    workspace = state.workspace
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.domain,
        "user": "sayso",
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user_id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", 1)
def open_connection(state: State, arguments: Arguments) -> JSON:
    """Return where to connect a socket to, once."""
    return {
        "url": f"{state.base.replace('http://', 'ws://')}/link?ticket={state.new_socket()}&app_id={state.workspace.app_id}"
    }


@method("team.info", 3, "team:read", json=False)
def team_info(state: State, arguments: Arguments) -> JSON:
    """Tell the workspace's name."""
    workspace = state.workspace
    return {"team": {"id": workspace.team_id, "name": workspace.domain, "domain": workspace.domain}}


@method("bots.info", 3, "users:read", json=False)
def bots_info(state: State, arguments: Arguments) -> JSON:
    """Tell about the bot."""
    workspace = state.workspace
    if arguments.text("bot", workspace.bot_id) != workspace.bot_id:
        raise Refused("bot_not_found")
    bot = {"id": workspace.bot_id, "app_id": workspace.app_id, "user_id": state.bot, "name": "Sayso", "deleted": False}
    return {"bot": bot}


@method("users.info", 4, "users:read", "user", json=False)
def users_info(state: State, arguments: Arguments) -> JSON:
    """Tell about a person."""
    person = state.workspace.people.get(arguments.text("user"))
    if person is None:
        raise Refused("user_not_found")
    return {"user": person.as_json()}


@method("conversations.info", 3, "*:read", "channel", json=False)
def conversations_info(state: State, arguments: Arguments) -> JSON:
    """Tell about a conversation."""
    channel = state.channel(arguments.text("channel"))
    shown = channel.as_json(state.bot)
    if arguments.flag("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


@method("conversations.members", 4, "*:read", "channel", json=False)
def conversations_members(state: State, arguments: Arguments) -> JSON:
    """Tell who is in a conversation."""
    members, cursor = page(list(state.channel(arguments.text("channel")).members), arguments)
    return {"members": members, "response_metadata": {"next_cursor": cursor}}


@method("conversations.open", 3, "im:write")
def conversations_open(state: State, arguments: Arguments) -> JSON:
    """Open a direct message."""
    users = [user for user in arguments.text("users").split(",") if user]
    if arguments.text("channel"):
        return {"channel": _opened(state.channel(arguments.text("channel")), arguments, state)}
    if not users:
        raise Refused("users_list_not_supplied")
    person = state.workspace.people.get(users[0])
    if person is None or len(users) > 1:
        raise Refused("user_not_found" if person is None else "method_not_supported_for_channel_type")
    if person.is_bot:
        raise Refused("cannot_dm_bot")
    if person.deleted:
        raise Refused("user_disabled")
    return {"channel": _opened(state.workspace.dm(person.id), arguments, state)}


def _opened(channel: Channel, arguments: Arguments, state: State) -> JSON:
    return channel.as_json(state.bot) if arguments.flag("return_im") else {"id": channel.id}


@method("conversations.history", 3, "*:history", "channel", json=False)
def conversations_history(state: State, arguments: Arguments) -> JSON:
    """Return the messages of a conversation, newest first, without the replies in threads."""
    channel = state.joined(arguments.text("channel"))
    every = state.ledger.visible(channel.id, everybody=True)
    return _messages(list(reversed(_between(every, arguments))), arguments)


@method("conversations.replies", 3, "*:history", "channel ts", json=False)
def conversations_replies(state: State, arguments: Arguments) -> JSON:
    """Return a thread, oldest first, its root always on top."""
    channel = state.joined(arguments.text("channel"))
    root = state.ledger.find(channel.id, arguments.text("ts"))
    if root is None:
        raise Refused("thread_not_found")
    if root.is_reply:
        return _messages([root], arguments)
    replies = [one for one in state.ledger.thread(channel.id, root.ts, everybody=True) if one is not root]
    return _messages([root, *_between(replies, arguments)], arguments)


def _between(messages: list[Message], arguments: Arguments) -> list[Message]:
    oldest, latest = arguments.text("oldest"), arguments.text("latest")
    equal = arguments.flag("inclusive")
    for name, value in (("oldest", oldest), ("latest", latest)):
        if value and not value.replace(".", "", 1).isdigit():
            raise Refused(f"invalid_ts_{name}")
    low, high = float(oldest or 0), float(latest or "inf")
    return [one for one in messages if low < float(one.ts) < high or (equal and float(one.ts) in (low, high))]


def _messages(messages: list[Message], arguments: Arguments) -> JSON:
    metadata = arguments.flag("include_all_metadata")
    shown, cursor = page([as_json(one, metadata) for one in messages], arguments)
    more: JSON = {"response_metadata": {"next_cursor": cursor}} if cursor else {}
    return {"messages": shown, "has_more": bool(cursor), **more}


@method("usergroups.list", 2, "usergroups:read", json=False)
def usergroups_list(state: State, arguments: Arguments) -> JSON:
    """Return the user groups."""
    _paid(state)
    groups = []
    for group in state.workspace.groups.values():
        shown = group.as_json(state.workspace.team_id)
        if arguments.flag("include_users"):
            shown["users"] = list(group.members)
        if arguments.flag("include_disabled") or not group.disabled:
            groups.append(shown)
    return {"usergroups": groups}


@method("usergroups.users.list", 2, "usergroups:read", "usergroup", json=False)
def usergroups_users_list(state: State, arguments: Arguments) -> JSON:
    """Return who is in a user group."""
    _paid(state)
    group = state.workspace.groups.get(arguments.text("usergroup"))
    if group is None or (group.disabled and not arguments.flag("include_disabled")):
        raise Refused("no_such_subteam")
    return {"users": list(group.members)}


def _paid(state: State) -> None:
    if state.workspace.free_plan:
        raise Refused("plan_upgrade_required")
