"""Things that are announced and then named: «back up both volumes, notes first and media after».

The clause that announces them is no task beside those that name them. Called by `reading.py`.
"""

import re
from collections.abc import Sequence

from orchestration.intake.said import Lookup, Said
from orchestration.intake.sharing import said_in

_SEVERAL = re.compile(
    r"\b(?:both|all|these|those|them|(?:the\s+)?following|several|some|two|three|four|five|[2-9])\b", re.IGNORECASE
)
_COUNTS = {"both": 2, "two": 2, "three": 3, "four": 4, "five": 5}


def announces_several(one: Said) -> bool:
    """Whether a clause speaks of several things."""
    return bool(_SEVERAL.search(one.text))


def without_announcements(said: Sequence[Said], lookup: Lookup) -> list[Said]:
    """Return the clauses without those of which the clauses behind name what they are about, thing by thing."""
    return [
        one for place, one in enumerate(said) if one.is_remark or not _is_told_below(one, said[place + 1 :], lookup)
    ]


def _is_told_below(one: Said, behind: Sequence[Said], lookup: Lookup) -> bool:
    found = _SEVERAL.search(one.text)
    operation = lookup.operation(one)
    if not found or operation is None or not lookup.is_clear(one):
        return False
    asked = [(name, parameter) for name, parameter in operation.parameters.items() if parameter.is_asked()]
    if len(asked) != 1 or said_in(*asked[0], one):
        return False
    named = 0
    for other in behind:
        is_more = not (other.is_remark or other.is_new_sentence) and lookup.operation(other) is operation
        if not is_more or not said_in(*asked[0], other):
            break
        named += 1
    said = found[0].lower()
    return named == (_COUNTS.get(said) or (int(said) if said.isdigit() else max(named, 2)))
