"""chat.*, reactions.add: what the bot writes."""

import json
from typing import Any

from tests.support.slack.arguments import Arguments
from tests.support.slack.block_kit import message_problems, too_much_text, with_ids
from tests.support.slack.ledger import Message
from tests.support.slack.methods import State, method
from tests.support.slack.refusals import Refused, invalid_blocks
from tests.support.slack.workspace import APP_ID, BOT_ID, BOT_USER_ID, JSON, Channel

LONGEST_TEXT = 40_000
LONGEST_MARKDOWN = 12_000
MOST_METADATA = 8_000
OPTIONS = ("unfurl_links", "unfurl_media", "parse", "link_names", "mrkdwn", "reply_broadcast", "username", "icon_emoji")


def content(arguments: Arguments) -> tuple[str, list[JSON]]:
    """Return the text and blocks of a message. Raises Refused where Slack would."""
    blocks = checked_blocks(arguments.structure("blocks", "invalid_blocks_format"))
    text = arguments.text("text")
    markdown = arguments.text("markdown_text")
    if markdown and (blocks or text):
        raise Refused("markdown_text_conflict")
    if len(markdown) > LONGEST_MARKDOWN:
        raise Refused("msg_too_long")
    if markdown:
        return "", with_ids([{"type": "markdown", "text": markdown}])
    if not text and not blocks and not arguments.get("attachments"):
        raise Refused("no_text")
    return text, blocks


def checked_blocks(blocks: Any) -> list[JSON]:
    """Return blocks as Slack keeps them. Raises Refused invalid_blocks, invalid_blocks_format, msg_blocks_too_long."""
    if not blocks:
        return []
    if not isinstance(blocks, list) or not all(isinstance(one, dict) for one in blocks):
        raise Refused("invalid_blocks_format")
    if problems := message_problems(blocks):
        raise invalid_blocks(problems)
    if too_much_text(blocks):
        raise Refused("msg_blocks_too_long")
    return with_ids(blocks)


def checked_metadata(arguments: Arguments) -> JSON | None:
    """Return the metadata of a message; an empty object takes it away."""
    metadata = arguments.structure("metadata", "invalid_metadata_format")
    if metadata is None:
        return None
    if metadata == {}:
        return {}
    if not isinstance(metadata, dict) or metadata.keys() != {"event_type", "event_payload"}:
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata["event_type"], str) or not isinstance(metadata["event_payload"], dict):
        raise Refused("invalid_metadata_schema")
    if len(json.dumps(metadata)) > MOST_METADATA:
        raise Refused("metadata_too_large")
    return dict(metadata)


def as_json(message: Message, metadata: bool = False) -> JSON:
    """Return a message as Slack shows it to apps."""
    shown: JSON = {"type": "message", "user": message.author, "ts": message.ts, "text": message.text}
    if message.by_bot:
        shown |= {"bot_id": BOT_ID, "app_id": APP_ID}
    optional = {"blocks": message.blocks, "thread_ts": message.thread_ts, "files": message.files}
    shown |= {name: value for name, value in optional.items() if value}
    if message.reactions:
        shown["reactions"] = [{"name": name, "count": 1, "users": [BOT_USER_ID]} for name in message.reactions]
    if message.history:
        shown["edited"] = {"user": message.author, "ts": message.ts}
    if metadata and message.metadata:
        shown["metadata"] = message.metadata
    return shown


def thread_root(state: State, channel: Channel, thread_ts: str) -> str | None:
    """Return the ts a reply hangs on; a reply to a reply hangs on the same root."""
    if not thread_ts:
        return None
    root = state.ledger.find(channel.id, thread_ts)
    if root is None:
        raise Refused("thread_not_found")
    root.thread_ts = root.thread_ts or root.ts
    return root.thread_ts


@method("chat.postMessage", 0, "chat:write", "channel")
def post_message(state: State, arguments: Arguments) -> JSON:
    """Show a message."""
    text, blocks = content(arguments)
    metadata = checked_metadata(arguments)
    channel = state.writable(arguments.text("channel"))
    root = thread_root(state, channel, arguments.text("thread_ts"))
    message = Message(channel.id, state.ledger.stamp(), state.bot, text[:LONGEST_TEXT], blocks, root)
    message.metadata = metadata or None
    message.options = {name: arguments[name] for name in OPTIONS if name in arguments}
    state.ledger.put(message)
    return {"channel": channel.id, "ts": message.ts, "message": as_json(message, metadata=True)}


@method("chat.update", 3, "chat:write", "channel ts")
def update(state: State, arguments: Arguments) -> JSON:
    """Change a message of the bot. Blocks that are not given stay, as do metadata."""
    text, blocks = content(arguments)
    metadata = checked_metadata(arguments)
    if len(text) > LONGEST_TEXT:
        raise Refused("msg_too_long")
    channel = state.channel(arguments.text("channel"))
    if channel.archived:
        raise Refused("is_inactive")
    message = state.message(channel, arguments.text("ts"))
    if not message.by_bot:
        raise Refused("cant_update_message")
    kept = message.blocks if arguments.get("blocks") is None and not arguments.get("markdown_text") else blocks
    state.ledger.edit(message, text, kept)
    if metadata is not None:
        message.metadata = metadata or None
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": as_json(message, metadata=True)}


@method("chat.delete", 3, "chat:write", "channel ts")
def delete(state: State, arguments: Arguments) -> JSON:
    """Take a message of the bot away."""
    channel = state.channel(arguments.text("channel"))
    message = state.message(channel, arguments.text("ts"))
    if not message.by_bot:
        raise Refused("cant_delete_message")
    message.deleted = True
    state.ledger.touch()
    return {"channel": channel.id, "ts": message.ts}


@method("chat.postEphemeral", 4, "chat:write", "channel user")
def post_ephemeral(state: State, arguments: Arguments) -> JSON:
    """Show something to one person of a channel."""
    text, blocks = content(arguments)
    channel = state.writable(arguments.text("channel"))
    user = arguments.text("user")
    if user not in channel.members:
        raise Refused("user_not_in_channel")
    root = thread_root(state, channel, arguments.text("thread_ts"))
    message = Message(channel.id, state.ledger.stamp(), state.bot, text, blocks, root, only_for=user)
    message.options = {name: arguments[name] for name in OPTIONS if name in arguments}
    state.ledger.put(message)
    return {"message_ts": message.ts}


@method("chat.getPermalink", 0, "", "channel message_ts", json=False)
def get_permalink(state: State, arguments: Arguments) -> JSON:
    """Return the address of a message."""
    channel = state.channel(arguments.text("channel"))
    message = state.message(channel, arguments.text("message_ts"))
    link = f"https://{state.workspace.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


@method("reactions.add", 3, "reactions:write", "channel name timestamp")
def add_reaction(state: State, arguments: Arguments) -> JSON:
    """Put an emoji on a message."""
    message = state.message(state.channel(arguments.text("channel")), arguments.text("timestamp"))
    name = arguments.text("name")
    if not all(part.replace("_", "").replace("-", "").replace("+", "").isalnum() for part in name.split("::")):
        raise Refused("invalid_name")
    if name in message.reactions:
        raise Refused("already_reacted")
    message.reactions.append(name)
    state.ledger.touch()
    return {}
