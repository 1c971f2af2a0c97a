"""Play a written dialogue against a Sayso and print what becomes of it: `sayso chat --script FILE`.

A line is a person, two spaces and what they say, or the words of a button in parentheses, with a reason after a colon:

    ana  deploy it
    ana  grafana
    ben  (Reject: not on a Friday)

Lines of `sayso` and lines that begin with a space are what was answered then; a transcript is a dialogue, too.
"""

import asyncio
import re
from collections.abc import Callable

from adapters.chat.hub import Chats
from adapters.chat.scripted import ScriptedChat
from orchestration.errors import InvalidRequest

QUIET_SECONDS = 0.4
_SAID = re.compile(r"(?P<person>[a-z0-9][\w.-]*)  +(?P<text>\S.*)")
_PRESSED = re.compile(r"\((?P<label>[^:()]+)(?::\s*(?P<reason>[^()]*))?\)")


def read_dialogue(text: str) -> list[tuple[str, str]]:
    """Return (person, what they say) in order; raises InvalidRequest with the number of a line that is neither."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith((" ", "#")):
            continue
        said = _SAID.fullmatch(line.rstrip())
        if said is None:
            raise InvalidRequest(f"Line {number} is not PERSON, two spaces and what they say: «{line[:80]}»")
        if said["person"] != "sayso":
            found.append((said["person"], said["text"]))
    return found


async def play(chat: ScriptedChat, chats: Chats, dialogue: list[tuple[str, str]], say: Callable[[str], None]) -> None:
    """Play a dialogue line by line, each when all that came of the one before has been shown; print as it goes."""
    chat.is_patient = True
    printed = 0

    def print_news() -> None:
        nonlocal printed
        for line in chat.transcript[printed:]:
            say(line)
        printed = len(chat.transcript)

    for person, text in dialogue:
        if pressed := _PRESSED.fullmatch(text):
            fields = {"reason": pressed["reason"] or ""}
            await chat.press(chats, person, pressed["label"].strip(), fields=fields)
        else:
            await chat.say(chats, person, text)
        print_news()
        await settled(chat, chats)
        chat.catch_up()
        print_news()


async def settled(chat: ScriptedChat, chats: Chats) -> None:
    """Return once everything said has had its effect, and nothing that is shown runs any more."""
    before = -1
    while before != chat.changes or chat.is_running or chats.threads.waiting:
        before = chat.changes
        await chats.inbox.idle()
        await asyncio.sleep(QUIET_SECONDS)
