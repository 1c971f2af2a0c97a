"""Details that are said ahead of their wish: «port 4100: deploy grafana», «make it port 4100, and deploy grafana».

Called by `reading.py` when every piece has been read.
"""

from collections.abc import Sequence
from dataclasses import replace

from orchestration.intake.belonging import Belonging
from orchestration.intake.said import Lookup, Said
from orchestration.intake.words import LIGHT, SILENT, stem, words_in

_SMALL = SILENT | LIGHT


def with_details_ahead(said: Sequence[Said], lookup: Lookup) -> list[Said]:
    """Return the clauses, with a piece that only says a value of the wish behind it made part of that wish."""
    parts = Belonging(lookup)
    result: list[Said] = []
    for one in said:
        detail = result[-1] if result else None
        if detail and _is_detail_of(one, detail, lookup, parts):
            result[-1] = replace(one, text=f"{detail.text}{one.separator}{one.text}")
        else:
            result.append(one)
    return result


def _is_detail_of(wish: Said, one: Said, lookup: Lookup, parts: Belonging) -> bool:
    operation = lookup.operation(wish)
    if wish.is_remark or operation is None or not lookup.is_clear(wish) or lookup.is_clear(one):
        return False
    said = ((name, *parameter.says) for name, parameter in operation.parameters.items())
    names = {word for texts in said for text in texts for word in words_in(text)}
    is_bare = all(word in names | _SMALL or stem(word).isdigit() for word in words_in(one.text))
    return is_bare and parts.is_detail(replace(one, matches=()), wish)
