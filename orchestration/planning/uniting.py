"""Two parts of a request that are one task: each lacks what the other says, «a card of rank 3 and suit 'Hearts'», or
both ask to look at the same thing.

Called by the planner before parameters are read. What both parts say differently makes two tasks of them, and nothing
that could do much harm is put together.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

from orchestration.intake.catalogue import Catalogue, Operation
from orchestration.intake.decomposition import Subtask
from orchestration.intake.entries import is_free
from orchestration.intake.parameters import read_value
from orchestration.intake.values import BadValue
from orchestration.planning.finding import find_all, is_forgiving

_AGAIN = re.compile(r"\b(?:again|twice|once\s+more|another)\b", re.IGNORECASE)


def united(subtasks: Sequence[Subtask], catalogue: Catalogue) -> list[Subtask]:
    """Return the subtasks with those made one that only together say what is needed, or say the same."""
    for one, other in combinations(subtasks, 2):
        if one.intent == other.intent and _is_refined(one, other, catalogue.operation(one.intent)):
            refined = replace(other, order=one.order, depends_on=one.depends_on)
            whole = [refined if subtask is one else subtask for subtask in subtasks if subtask is not other]
            return united([_without(subtask, other, one) for subtask in whole], catalogue)
    for one, other in pairwise(subtasks):
        if one.intent != other.intent:
            continue
        rest = [_without(subtask, other, one) for subtask in subtasks if subtask is not other]
        if _is_repeated(one, other, catalogue.operation(one.intent)):
            return united(rest, catalogue)
        if _complete_each_other(one, other, catalogue):
            whole = [_both(subtask, other) if subtask.order == one.order else subtask for subtask in rest]
            return united(whole, catalogue)
    return list(subtasks)


def _is_refined(one: Subtask, other: Subtask, operation: Operation) -> bool:
    """Whether the later part says the values of the same task: «deploy kuma and grafana, kuma on 3005»."""
    if operation.effect != "idempotent" or not operation.parameters or _AGAIN.search(other.text):
        return False
    if operation.risk not in ("low", "medium") or any(p.is_asked() for p in operation.parameters.values()):
        return False
    first, second = (find_all(operation, subtask, ()) for subtask in (one, other))
    return not (first.values or first.open or second.open) and bool(second.values)


def _is_repeated(one: Subtask, other: Subtask, operation: Operation) -> bool:
    """Whether two parts ask to look at the same thing in other words: «is it all up? I want to check the services»."""
    if operation.effect != "read_only" or one.text == other.text or _AGAIN.search(other.text):
        return False
    if any(is_free(parameter) for parameter in operation.parameters.values()):
        return False
    first, second = (_read(operation, subtask) for subtask in (one, other))
    is_bare = not find_all(operation, other, ()).values and any(p.is_asked() for p in operation.parameters.values())
    return first is not None and (first == second or (is_bare and second is not None))


def _read(operation: Operation, subtask: Subtask) -> dict[str, Any] | None:
    """Return the values that a part says, with those that hold when nobody says one; None when one is not taken."""
    said = find_all(operation, subtask, ())
    try:
        return (
            {
                name: read_value(parameter, said.values[name][0], forgiving=True)
                if name in said.values
                else parameter.default
                for name, parameter in operation.parameters.items()
            }
            if not said.open
            else None
        )
    except BadValue:
        return None


def _complete_each_other(one: Subtask, other: Subtask, catalogue: Catalogue) -> bool:
    operation = catalogue.operation(one.intent)
    if not is_forgiving(operation) or one.model or other.model:
        return False
    asked = {name for name, parameter in operation.parameters.items() if parameter.is_asked()}
    first, second = (set(find_all(operation, subtask, ()).values) for subtask in (one, other))
    return not first & second and bool(asked - first) and bool(asked - second) and asked <= first | second


def _both(one: Subtask, other: Subtask) -> Subtask:
    return replace(one, text=f"{one.text}, {other.text}", parameters={**one.parameters, **other.parameters})


def _without(subtask: Subtask, gone: Subtask, kept: Subtask) -> Subtask:
    """Return a subtask that waits for what was kept, and not for what is part of that now."""
    waits = {kept.order if order == gone.order else order for order in subtask.depends_on} - {subtask.order}
    return replace(subtask, depends_on=tuple(sorted(waits)))
