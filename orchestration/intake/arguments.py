"""Check that the values of a command stay values: none may be read as an option by the program that gets it.

The planner calls this before it fills an argv template; the command tool only ever sees filled arguments.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestration.errors import InvalidRequest
from orchestration.intake.templates import SLOT, fill


def check_arguments(template: Sequence[str], values: Mapping[str, Any]) -> None:
    """Raise InvalidRequest when an argument that begins with a slot would become an option, or holds a NUL.

    After a literal `--` in the template programs read no more options, so there a value may begin with a dash.
    """
    options_end = template.index("--") if "--" in template else len(template)
    for index, element in enumerate(template):
        filled = str(fill(element, values))
        if "\0" in filled:
            raise InvalidRequest(f"The value of {_names(element)} has a NUL character in it. Write it without.")
        if SLOT.match(element) and filled.startswith("-") and index < options_end:
            raise InvalidRequest(
                f"«{filled}» begins with a dash, so {template[0]} would take it for an option. Say another value of"
                f' {_names(element)}, or have the operation\'s owner put "--" before it in the catalogue.'
            )


def _names(element: str) -> str:
    return " and ".join(SLOT.findall(element)) or f"«{element}»"
