"""What is wrong with what the tool `research` is told: above all, words of others among the owner's instructions.

Called by `tool_faults.py` when a catalogue is loaded. Yields every fault, with what to write instead.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from orchestration.intake.templates import slots
from orchestration.validation import Fault, key_faults

if TYPE_CHECKING:
    from orchestration.intake.catalogue import Operation

MOST_INSTRUCTIONS = 8000
"""Characters."""


def research_faults(operation: "Operation") -> Iterator[Fault]:
    """Yield the faults of an operation that asks a language model."""
    told = operation.with_
    yield from key_faults(("with",), told, {"instructions", "about", "files"})
    yield from _instruction_faults(told.get("instructions"))
    about, files = told.get("about", {}), told.get("files", [])
    if not isinstance(about, dict) or not all(isinstance(text, str) for text in about.values()):
        yield Fault(("with", "about"), 'must be names and texts, such as {topic: "{topic}"}')
    if not isinstance(files, list) or not all(isinstance(pattern, str) for pattern in files):
        yield Fault(("with", "files"), "must be a list of paths, as under «files:»; a path may have slots and «*»")
    elif files and not operation.files:
        yield Fault(("files",), "is missing: what is sent to a model must be covered by the approval, so name it here")
    yield from _other_faults(operation)


def _instruction_faults(instructions: Any) -> Iterator[Fault]:
    at = ("with", "instructions")
    if not isinstance(instructions, str) or not instructions.strip():
        yield Fault(at, "must say in your own words what the model is to write")
    elif len(instructions) > MOST_INSTRUCTIONS:
        yield Fault(at, f"has {len(instructions)} characters; {MOST_INSTRUCTIONS} are taken at most")
    else:
        for _, name in slots(instructions):
            advice = f'put «{name}: "{{{name}}}"» under «about:», and speak of «{name}» here'
            yield Fault(at, f"{{{name}}} would make an instruction of what somebody said: {advice}")


def _other_faults(operation: "Operation") -> Iterator[Fault]:
    if operation.effect != "read_only":
        yield Fault(("effect",), "must be read_only: an answer changes nothing")
    if operation.secrets:
        yield Fault(("secrets",), "nothing secret is sent to a model: leave it out")
    if operation.preview or operation.preview_with is not None:
        yield Fault(("preview",), "a question to a model has no dry run: leave it out")
