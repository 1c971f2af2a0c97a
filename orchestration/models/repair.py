"""Whether an answer can be used, and how to ask again when it cannot. Called by the chain."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from orchestration.errors import ModelFailed
from orchestration.models.seat import writable
from orchestration.models.work import Unusable
from orchestration.ports import Completion, Prompt

T = TypeVar("T")
MOST_TOKENS = 16_000
"""Of one answer, however it was cut."""
QUOTED = 2_000
"""Characters of an answer that its model sees again."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer that cannot be used."""

    prompt: Prompt
    """What it is the answer to."""
    text: str
    failure: ModelFailed


def usable(completion: Completion, read: Callable[[str], T]) -> T:
    """Return what an answer says; raises ModelFailed when it is not whole or says something else.

    What is wrong with it may quote the answer, so it is the cause of the failure and not its message, which is logged.
    """
    if completion.trouble:
        raise ModelFailed(completion.trouble, f"The answer of {completion.model} was {completion.trouble}.")
    try:
        return read(completion.text)
    except Unusable as error:
        raise ModelFailed("unusable", f"The answer of {completion.model} was not what was asked for.") from error


def again(first: Prompt, rejected: Rejected) -> Prompt:
    """Return how to ask the same model once more; raises the failure when that would be of no use.

    An answer that was cut gets twice the room of the first prompt, once; any other sees what is wrong with it.
    """
    prompt, failure = rejected.prompt, rejected.failure
    room = min(first.max_tokens * 2, MOST_TOKENS)
    match failure.trouble:
        case "cut" if room > prompt.max_tokens:
            return replace(prompt, max_tokens=room)
        case "cut" | "refused":
            raise failure
        case _:
            fault = writable(str(failure.__cause__ or failure))
            return replace(prompt, data=_with_fault(first.data, rejected.text, fault))


def _with_fault(data: str, answer: str, fault: str) -> str:
    """Return the data with what was wrong beside it: data too, for the answer may say what somebody else had it say."""
    known = json.loads(data)
    given = known if isinstance(known, dict) else {"data": known}
    return json.dumps({**given, "earlier_answer": answer[:QUOTED], "wrong_with_it": fault}, ensure_ascii=False)
