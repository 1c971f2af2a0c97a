"""The prompt under a card: read a line without a thread, and understand what was typed."""

import asyncio
import re
import shlex
import sys
import termios
from dataclasses import dataclass, field

from orchestration.errors import InvalidRequest

HELP = "approve · reject [REASON] · edit · details · leave      «approve as NAME» speaks for somebody else"
EDIT_HELP = "edit 1 port=3005   sets a parameter of task 1;   edit drop 2   drops task 2"
_AS = re.compile(r"as\s+(?P<person>[\w.-]+)(?:\s+|$)")
_NUMBER = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed at the prompt."""

    verb: str
    """approve | reject | details | edit | leave | help"""
    person: str | None = None
    reason: str = ""
    drop: frozenset[int] = frozenset()
    parameters: dict[int, dict[str, str]] = field(default_factory=dict)


def understand(line: str) -> Typed:
    """Return what a line means; raises InvalidRequest with what can be typed."""
    words = line.strip()
    verb, _, rest = words.partition(" ")
    match verb.lower():
        case "":
            return Typed("help")
        case "a" | "approve" | "y" | "yes":
            return _decision("approve", rest)
        case "reject":
            return _decision("reject", rest, takes_reason=True)
        case "r" | "n" | "no":
            return _decision("reject", rest)
        case "d" | "details":
            return Typed("details")
        case "e" | "edit":
            return _edit(rest)
        case "l" | "leave" | "q" | "quit" | "exit":
            return Typed("leave")
        case "h" | "help" | "?":
            return Typed("help")
    raise InvalidRequest(f"«{words}» is nothing I know here. Type: {HELP}")


def _decision(verb: str, rest: str, takes_reason: bool = False) -> Typed:
    """Return a yes or no; words beside it that are none of its own («a moment») decide nothing."""
    named = _AS.match(rest)
    person, reason = (named["person"], rest[named.end() :]) if named else (None, rest)
    if reason.strip() and not takes_reason:
        wanted = f"{verb}   or   {verb} as NAME" + ("   or   reject REASON" if verb == "reject" else "")
        raise InvalidRequest(f"Nothing was decided. To {verb}, type: {wanted}")
    return Typed(verb, person, reason.strip())


def _edit(rest: str) -> Typed:
    try:
        words = shlex.split(rest)
    except ValueError:
        words = []
    numbers = [int(word) for word in words if _NUMBER.fullmatch(word)]
    if len(words) == 2 and words[0] == "drop" and numbers:
        return Typed("edit", drop=frozenset(numbers))
    pairs = [word.partition("=") for word in words[1:]]
    if not pairs or not _NUMBER.fullmatch(words[0]) or not all(sign for _, sign, _ in pairs):
        raise InvalidRequest(f"Say what to edit:   {EDIT_HELP}")
    return Typed("edit", parameters={numbers[0]: {name: value for name, _, value in pairs}})


async def read_line(prompt: str) -> str | None:
    """Return a line typed at the terminal, None at its end (Ctrl-D).

    Reads when the terminal has a line, so that Ctrl-C works at once and no thread is left waiting.
    """
    # What was typed before the prompt was meant for what stood there before: nobody approves what they have not seen.
    termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
    sys.stdout.write(prompt)
    sys.stdout.flush()
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None
