"""What commands say at a terminal: what to type next, and how a process begins and ends.

What is said in any conversation stands in `bot/wording.py`.
"""

from collections.abc import Sequence

from bot.wording import count, joined

READING = "Reading what you ask for …"
NO_PLANS = "No plans yet. Ask for something: sayso ask show status"
RELEASED = "Tasks start again."
NOT_CONFIRMED = "Nothing was decided."
STILL_RUNS = "What runs ends first. Ctrl-C leaves it to the next start: sayso resume"


def goes_on_later(code: str, program: str = "sayso") -> str:
    """Say what an interruption leaves behind."""
    return f"Stopped watching. Plan {code} goes on with the next start: {program} resume"


def interrupted(code: str, program: str = "sayso") -> str:
    """Say that a plan stands still because nobody works on it."""
    return f"No Sayso runs here, so {code} does not go on. Have it go on: {program} resume, or {program} serve"


def goes_on_in_serve(code: str, program: str = "sayso") -> str:
    """Say that an interruption stops nothing."""
    return f"Stopped watching. Plan {code} goes on in sayso serve. Look: {program} show {code}"


def left_pending(code: str, program: str = "sayso") -> str:
    """Say how to decide later."""
    return f"Left open. Decide with: {program} approve {code}   or   {program} reject {code}"


def say_which(program: str = "sayso") -> str:
    """Say how to answer what was asked back."""
    return f"Ask again and say so, or answer in a conversation: {program} chat"


def unknown_outcome(code: str, position: int, name: str, program: str = "sayso") -> list[str]:
    """Ask what became of a task."""
    return [
        f"What became of {position} {name} is not known: its process died before it could say.",
        f"Look, then say: {program} resolve {code}/{position} done   it took effect",
        f"                {program} resolve {code}/{position} retry  run it again",
        f"                {program} resolve {code}/{position} abort  give it up",
    ]


def waits_for(target: str, code: str, position: int, name: str, program: str = "sayso") -> str:
    """Say that a plan waits for a target that another plan's unknown task holds."""
    return (
        f"This waits for {target}: what became of {position} {name} of plan {code} is not known. "
        f"Look, then say: {program} resolve {code}/{position} done|retry|abort"
    )


def held(is_new: bool, program: str = "sayso") -> str:
    """Say that nothing new starts, and how to go on."""
    begin = "Paused" if is_new else "It was paused already"
    return f"{begin}: no new task starts, and what runs goes on. Go on with: {program} resume"


def serve_goes_on(codes: Sequence[str]) -> str:
    """Say what a running serve goes on with."""
    if not codes:
        return "Nothing waits."
    return f"{joined(codes)} {'goes' if len(codes) == 1 else 'go'} on in sayso serve."


def stopping(tasks: int, seconds: int) -> str:
    """Say what the end of a serve waits for."""
    if not tasks:
        return "Stopping."
    return f"Stopping: {count(tasks, 'running task')} may finish, for at most {seconds} s. Once more stops at once."


def stopped(tasks: int) -> str:
    """Say how a serve has ended."""
    if not tasks:
        return "Stopped."
    return f"Stopped while {count(tasks, 'task')} ran. The next start finds out what became of that."


def chat_begins(name: str) -> list[str]:
    """Greet somebody at a terminal."""
    return [f"You are {name}. Say what you want done; `help` says what can be. Leave with `leave` or Ctrl-D."]
