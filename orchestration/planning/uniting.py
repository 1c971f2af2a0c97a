"""Two parts of a request that are one task: each lacks what the other says, «a card of rank 3 and suit 'Hearts'».

Called by the planner before parameters are read. What both parts say differently makes two tasks of them, and nothing
that could do much harm is put together.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from orchestration.intake.catalogue import Catalogue
from orchestration.intake.decomposition import Subtask
from orchestration.planning.finding import find_all, is_forgiving


def united(subtasks: Sequence[Subtask], catalogue: Catalogue) -> list[Subtask]:
    """Return the subtasks with those made one that only together say what their operation needs."""
    for one, other in pairwise(subtasks):
        if one.intent == other.intent and _complete_each_other(one, other, catalogue):
            rest = (_without(subtask, other, one) for subtask in subtasks if subtask is not other)
            whole = [_both(subtask, other) if subtask.order == one.order else subtask for subtask in rest]
            return united(whole, catalogue)
    return list(subtasks)


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
