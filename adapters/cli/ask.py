"""`ask` and `run`."""

import uuid
from collections.abc import Callable, Coroutine
from typing import Any

from adapters.cli.conversation import Talk, Verdictless
from adapters.cli.desk import Desk
from adapters.cli.dialogue import Dialogue
from adapters.cli.output import Output
from adapters.cli.session import load_context, running
from orchestration.approval.decision import Voice
from orchestration.asking import Answer, Ask
from orchestration.errors import InvalidRequest

Choice = tuple[bool, str | None, str | None]
"""--approve, --approve-as PERSON, --reject REASON."""
Submit = Callable[[Desk, Ask], Coroutine[Any, Any, Answer]]


async def ask_in_words(text: str, as_person: str | None, choice: Choice, output: Output) -> int:
    """Ask in words; return the exit code."""
    return await _ask(text, as_person, choice, output, lambda desk, ask: desk.submit(ask))


async def run_operation(
    operation: str, parameters: list[str], as_person: str | None, choice: Choice, output: Output
) -> int:
    """Ask for one named operation; return the exit code."""
    values = _pairs(parameters)
    text = " ".join(["run", operation, *parameters])
    return await _ask(text, as_person, choice, output, lambda desk, ask: desk.run(ask, operation, values))


async def _ask(text: str, as_person: str | None, choice: Choice, output: Output, submit: Submit) -> int:
    context = load_context()
    approve, approve_as, reject = choice
    if sum([approve, approve_as is not None, reject is not None]) > 1:
        raise InvalidRequest("Say only one of --approve, --approve-as and --reject.")
    voice = context.voice(as_person)
    decide = Verdictless(voice.person if approve else approve_as, reject)
    async with running(context) as desk:
        talk = Talk(desk, context, output, voice)
        outcome = await talk.ask(lambda: submit(desk, _message(text, voice)), decide)
    return outcome if isinstance(outcome, int) else await Dialogue(context, output, voice).run(outcome)


def _message(text: str, voice: Voice) -> Ask:
    return Ask(text, voice, f"terminal:{uuid.uuid4()}", {"platform": "terminal"})


def _pairs(parameters: list[str]) -> dict[str, str]:
    pairs = [parameter.partition("=") for parameter in parameters]
    for name, sign, _ in pairs:
        if not sign:
            raise InvalidRequest(f"«{name}» has no value. Write parameters as KEY=VALUE.")
    values = {name: value for name, _, value in pairs}
    if len(values) < len(pairs):
        raise InvalidRequest("A parameter is there twice. Give each of them one value.")
    return values
