"""Texts with slots, as an operation's owner writes them: `{name}` stands for the value of a parameter."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from orchestration.validation import Path

SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def slots(template: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield (path, slot name) for every slot in a template of strings, lists and mappings."""
    match template:
        case str():
            for name in SLOT.findall(template):
                yield path, name
        case list():
            for index, item in enumerate(template):
                yield from slots(item, (*path, index))
        case dict():
            for key, item in template.items():
                yield from slots(item, (*path, key))


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """Return the template with its slots filled; a string that is one slot becomes that value, type and all."""
    match template:
        case str():
            if (whole := SLOT.fullmatch(template)) and whole[1] in values:
                return values[whole[1]]
            return SLOT.sub(lambda found: str(values.get(found[1], found[0])), template)
        case list():
            return [fill(item, values) for item in template]
        case dict():
            return {key: fill(item, values) for key, item in template.items()}
        case _:
            return template
