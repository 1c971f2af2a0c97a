"""Read what a model answered: by its own shape, against the operations asked about, and by the words of the request.

No format that a provider promises is relied on. What is not in the request's own words is left out; what breaks the
shape is told back to the model. Called by `assistant.py` for every answer.
"""

import re
from collections.abc import Sequence

from pydantic import Field, ValidationError

from orchestration.assistance.parts import Part
from orchestration.assistance.prompt import MAX_PARAMETERS, NONE, sayable, values_of
from orchestration.canonical import parse
from orchestration.errors import InvalidRequest
from orchestration.intake.catalogue import Catalogue, Operation
from orchestration.intake.decomposition import MAX_SUBTASKS
from orchestration.intake.request import fold
from orchestration.intake.suggestion import Suggested
from orchestration.models.work import Unusable
from orchestration.planning.finding import is_forgiving
from orchestration.validation import Strict

MAX_ANSWER = 20_000
"""Characters."""
MAX_QUESTION = 200
_FENCE = "```"
_FENCE_BEGINS = re.compile(rf"{_FENCE}(?:json)?[ \t]*\n", re.IGNORECASE)
_LINK = re.compile(r"[<>@`*_|\[\]]|://|www\.", re.IGNORECASE)


class _Value(Strict):
    name: str
    words: str | int | bool | None = None


class _Task(Strict):
    part: int
    operation: str
    words: str = ""
    waits: bool = False
    values: list[_Value] = Field(max_length=MAX_PARAMETERS, default=[])


class _Asked(Strict):
    part: int
    text: str


class _Reply(Strict):
    tasks: list[_Task] = Field(max_length=2 * MAX_SUBTASKS)
    questions: list[_Asked] = []


def read_reply(
    text: str, request: str, parts: Sequence[Part], catalogue: Catalogue
) -> tuple[tuple[Suggested, ...], dict[str, str]]:
    """Return what was read, and by clause how the model would ask; raises Unusable with what the model did wrong."""
    reply = _parsed(text)
    by_number = dict(enumerate(parts, start=1))
    for number in {*(one.part for one in reply.tasks), *(one.part for one in reply.questions)}:
        if number not in by_number:
            raise Unusable(f"There is no part {number}: the parts are 1 to {len(parts)}.")
    tasks = tuple(
        _suggested(task, by_number[task.part], request, catalogue) for task in reply.tasks if task.operation != NONE
    )
    if len({(one.clause, one.words) for one in tasks}) < len(tasks):
        raise Unusable("Two tasks have the same words: copy for each the words that ask for it alone.")
    asks = {by_number[one.part].words: one.text.strip() for one in reply.questions if _can_be_asked(one.text.strip())}
    return tasks, asks


def is_said(words: str, request: str) -> bool:
    """Whether words stand in a request as they are, whatever their case and spacing; not inside of longer words."""
    wanted = r"\s+".join(re.escape(word) for word in fold(words).split())
    return bool(wanted) and re.search(rf"(?<!\w){wanted}(?!\w)", fold(request)) is not None


def _parsed(text: str) -> _Reply:
    if len(text) > MAX_ANSWER:
        raise Unusable("The answer is far too long. Answer with the JSON object alone.")
    try:
        return _Reply.model_validate(parse(_without_fence(text.strip())))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Unusable(f"The answer has not the shape that was asked for: {where}: {first['msg']}.") from None
    except (ValueError, RecursionError, InvalidRequest):
        raise Unusable("The answer is not a JSON object. Answer with the JSON object alone.") from None


def _without_fence(text: str) -> str:
    begins = _FENCE_BEGINS.match(text)
    return text[begins.end() :].removesuffix(_FENCE) if begins and text.endswith(_FENCE) else text


def _suggested(task: _Task, part: Part, request: str, catalogue: Catalogue) -> Suggested:
    if task.operation not in part.operations:
        known = ", ".join(part.operations)
        raise Unusable(f"«{task.operation[:80]}» is not listed for part {task.part}: it may be {known} or {NONE}.")
    operation = catalogue.operation(task.operation)
    words = task.words.strip() if is_said(task.words, part.words) else part.words
    said = request if is_forgiving(operation) else part.words  # «back up notes, then delete a volume» names none
    return Suggested(part.words, words, task.operation, _values(task.values, operation, said), task.waits)


def _values(found: Sequence[_Value], operation: Operation, said: str) -> dict[str, str]:
    """Return the values that can count: those that are said, or declared ones where those could do no great harm."""
    parameters, kept = sayable(operation), {}
    for value in found:
        text, parameter = _written(value.words), parameters.get(value.name)
        is_meant = parameter and is_forgiving(operation) and text in (values_of(parameter) or ())
        if parameter and text and (is_said(text, said) or is_meant):
            kept[value.name] = text
    return kept


def _written(value: str | int | bool | None) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value).strip()


def _can_be_asked(text: str) -> bool:
    """Whether a model's words may be shown as a question: one short line, and nothing that a chat would make live."""
    return text.endswith("?") and len(text) <= MAX_QUESTION and text.isprintable() and not _LINK.search(text)
