"""Compare what came of a case with what it expects, and with what came of it before. Called by `sayso test`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from orchestration.cases.case import Approvers, Case
from orchestration.cases.trial import Response
from orchestration.validation import Strict

Movement = Literal["same", "added", "changed", "regressed"]
GRAVE = ("kind", "operations", "risk", "approvers")
"""What an owner has to look at when it is another than before, unless the case itself says what it should be."""
LIGHT = ("parameters", "order", "questions", "choices")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a case names and that is another."""

    what: str
    """Its key in the case, dotted."""
    expected: Any
    got: Any


class Kept(Strict):
    """What came of one case when the baseline was written."""

    text: str
    as_: str = Field(alias="as")
    response: Response


class Baseline(Strict):
    """What came of every case at some time."""

    version: Literal[1]
    cases: list[Kept]


def differences(case: Case, response: Response) -> list[Difference]:
    """Return where a response is not what the case names; only that it is of another kind, when it is."""
    if case.kind is not None and response.kind != case.kind:
        return [Difference("expect", case.kind, response.kind)]
    return [found for found in _named(case, response) if found.expected != found.got]


def movement(case: Case, now: Response, before: Response | None) -> Movement:
    """Return how a response differs from the one in the baseline, leaving out what the case itself decides.

    A case that was met and is not any more has regressed; so has one that means other operations, another risk or
    other approvers than it did, where the case does not say which. Everything else is a change.
    """
    if before is None:
        return "added"
    if differences(case, now) and not differences(case, before):
        return "regressed"
    if not differences(case, now) and _differ(now, before, _undecided(case, now, before)):
        return "regressed"
    return "changed" if _differ(now, before, GRAVE + LIGHT) else "same"


def _differ(now: Response, before: Response, facts: Iterable[str]) -> bool:
    return any(getattr(now, fact) != getattr(before, fact) for fact in facts)


def _undecided(case: Case, now: Response, before: Response) -> list[str]:
    """Return the grave facts that the case does not decide; none where it decides that all had to become another."""
    if case.kind is not None and now.kind != before.kind:
        return []
    return [fact for fact in GRAVE if getattr(case, fact) is None]


def _named(case: Case, response: Response) -> Iterator[Difference]:
    """Yield everything that a case names beside what came of it."""
    if case.operations is not None:
        yield Difference("operations", case.operations, response.operations)
    for task, values in case.parameters.items():
        got = response.parameters.get(task, {})
        yield from (Difference(f"parameters.{task}.{name}", value, got.get(name)) for name, value in values.items())
    for task, before in case.order.items():
        yield Difference(f"order.{task}", sorted(before), sorted(response.order.get(task, [])))
    if case.question is not None:
        got_about = case.question if case.question in response.questions else ", ".join(response.questions)
        yield Difference("question", case.question, got_about)
    if case.choices is not None:
        yield Difference("choices", sorted(case.choices), sorted(response.choices))
    if case.risk is not None:
        yield Difference("risk", case.risk, response.risk)
    if case.approvers is not None:
        yield from _approver_differences(case.approvers, response.approvers or [])


def _approver_differences(expected: list[Approvers], got: list[Approvers]) -> Iterator[Difference]:
    if len(expected) != len(got):
        yield Difference("approvers", [_plain(rule) for rule in expected], [_plain(rule) for rule in got])
        return
    for rule, found in zip(expected, got, strict=True):
        for name, value in _plain(rule).items():
            yield Difference(f"approvers.{name}", value, _plain(found)[name])


def _plain(rule: Approvers) -> dict[str, Any]:
    """Return what a rule names, lists in the order of the alphabet."""
    named = rule.model_dump(by_alias=True, exclude_none=True)
    return {name: sorted(value) if isinstance(value, list) else value for name, value in named.items()}
