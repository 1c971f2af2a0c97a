"""files.*: an upload in three steps, as Slack has it."""

import secrets
from typing import Any

from tests.support.slack.arguments import Arguments
from tests.support.slack.chat_methods import thread_root
from tests.support.slack.ledger import Message
from tests.support.slack.methods import State, Upload, method
from tests.support.slack.refusals import Refused
from tests.support.slack.workspace import JSON


@method("files.getUploadURLExternal", 4, "files:write", "filename length", json=False)
def get_upload_url(state: State, arguments: Arguments) -> JSON:
    """Return where to put a file's bytes."""
    upload = Upload(f"F{secrets.token_hex(5).upper()}", arguments.text("filename"), _length(arguments))
    state.uploads[upload.id] = upload
    return {"upload_url": f"{state.base}/upload/{upload.id}", "file_id": upload.id}


def _length(arguments: Arguments) -> int:
    length = arguments.text("length")
    if not length.isdigit() or int(length) == 0:
        raise Refused("invalid_arguments")
    return int(length)


@method("files.completeUploadExternal", 4, "files:write", "files")
def complete_upload(state: State, arguments: Arguments) -> JSON:
    """Show uploaded files in a conversation. The answer does not tell the message's ts, as Slack's does not."""
    given = arguments.structure("files", "invalid_arguments")
    if not isinstance(given, list) or not given:
        raise Refused("invalid_arguments")
    files = [_uploaded(state, one) for one in given]
    if arguments.text("channel_id"):
        _share(state, arguments, files)
    return {"files": files}


def _uploaded(state: State, given: Any) -> JSON:
    upload = state.uploads.get(str(given.get("id"))) if isinstance(given, dict) else None
    if upload is None or upload.content is None:
        raise Refused("file_not_found")
    title = str(given.get("title") or upload.name)
    return {"id": upload.id, "name": upload.name, "title": title, "size": len(upload.content)}


def _share(state: State, arguments: Arguments, files: list[JSON]) -> None:
    channel = state.workspace.channels.get(arguments.text("channel_id"))
    if channel is None:
        raise Refused("channel_not_found")
    if state.bot not in channel.members or channel.archived:
        raise Refused("posting_to_channel_denied")
    root = thread_root(state, channel, arguments.text("thread_ts"))
    text = arguments.text("initial_comment")
    state.ledger.put(Message(channel.id, state.ledger.stamp(), state.bot, text, [], root, files=files))
