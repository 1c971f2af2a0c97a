"""What commands send over the socket and what they get, as data; both ends use this."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestration.asking import Answer
from orchestration.canonical import canonical, parse
from orchestration.errors import InvalidRequest
from orchestration.intake.decomposition import Choice, Question
from orchestration.records import Event, Plan

PREFIX = "/api/v1"
Text = Annotated[str, Field(max_length=100_000)]
"""What is longer than a request may be is refused by the core, with its own words."""


class Body(BaseModel):
    """What every request may say: whom it speaks for."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    as_: Text | None = Field(alias="as", default=None)


class AskBody(Body):
    """A request in words."""

    request: Text
    key: Text = ""
    """What identifies this message, however often it is sent."""


class RunBody(AskBody):
    """A request for one named operation; `request` is how it was typed."""

    operation: Text
    parameters: dict[str, Text] = {}


class ShownBody(Body):
    """What the person had before their eyes."""

    revision: int
    digest: Text


class VoteBody(ShownBody):
    """A yes or a no."""

    approved: bool
    notes: Text = ""


class EditBody(ShownBody):
    """Tasks to drop and parameters to set, by 1-based position."""

    drop: list[int] = []
    parameters: dict[int, dict[str, Text]] = {}


class ResolveBody(Body):
    """What became of a task."""

    outcome: Literal["done", "retry", "abort"]


def event_data(event: Event) -> dict[str, Any]:
    """Return an event as programs see it."""
    return {
        "seq": event.seq,
        "chain": event.chain,
        "number": event.number,
        "event": event.name,
        "at": event.at,
        "body": parse(event.body),
        "previous": event.previous,
        "hash": event.hash,
    }


def event_of(data: Mapping[str, Any]) -> Event:
    """Return the event behind `event_data`."""
    kept = {name: data[name] for name in ("seq", "chain", "number", "at", "previous", "hash")}
    return Event(name=data["event"], body=canonical(data["body"]), **kept)


def answer_data(answer: Answer) -> dict[str, Any]:
    """Return what became of a request."""
    return {
        "request_id": answer.request_id,
        "status": answer.status,
        "plan_id": answer.plan.id if answer.plan else None,
        "questions": [
            {"text": one.text, "about": one.about, "choices": _choices_data(one.choices)} for one in answer.questions
        ],
        "out_of_scope": list(answer.out_of_scope),
        "nearest": _choices_data(answer.nearest),
    }


def answer_of(data: Mapping[str, Any], plan: Plan | None) -> Answer:
    """Return the answer behind `answer_data`; the plan itself is read from the database."""
    questions = tuple(Question(one["text"], one["about"], _choices(one["choices"])) for one in data["questions"])
    out_of_scope, nearest = tuple(data["out_of_scope"]), _choices(data["nearest"])
    return Answer(data["request_id"], data["status"], plan, questions, out_of_scope, nearest)


def refused(error: ValidationError) -> InvalidRequest:
    """Return what is wrong with a body, in one sentence."""
    fault = error.errors(include_url=False)[0]
    return InvalidRequest(f"{'.'.join(map(str, fault['loc'])) or 'The body'}: {fault['msg']}.")


def _choices_data(choices: tuple[Choice, ...]) -> list[dict[str, str]]:
    return [{"label": choice.label, "value": choice.value} for choice in choices]


def _choices(data: list[dict[str, str]]) -> tuple[Choice, ...]:
    return tuple(Choice(one["label"], one["value"]) for one in data)
