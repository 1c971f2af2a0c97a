"""A plan's content: what will really run, immutable, and the digest that binds an approval to it.

The content is stored as canonical JSON. The card is rendered from it, the digest is taken of it, and what runs
is read from it; nothing is looked up anew between showing and running.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from pydantic import Field

from orchestration.canonical import canonical, digest, parse
from orchestration.errors import InvariantBroken
from orchestration.intake.catalogue import AgentType, Catalogue, Operation, ToolName
from orchestration.policy import Effect, Risk
from orchestration.validation import Strict

MAX_TASKS = 50
SHORT_DIGEST = 12
"""Hexadecimal digits that people compare and buttons carry."""


class Provenance(Strict):
    """Where a parameter's value came from."""

    source: Literal["said", "default", "data", "answer"]
    text: str = ""
    """The words it was read from, or the file."""
    model: str = ""
    """The model that found those words; empty when the rules did."""


class PlannedTask(Strict):
    """One operation with its parameters, as it will run."""

    position: int = Field(ge=1)
    name: str
    operation: str
    definition: str
    """SHA-256 of the operation's declaration; another declaration at dispatch stops the task."""
    work_type: str
    agent_type: AgentType
    effect: Effect
    risk: Risk
    """As declared; the policy's words may raise it, and never lower it."""
    target: str
    parameters: dict[str, Any]
    provenance: dict[str, Provenance]
    depends_on: tuple[int, ...]
    tool: ToolName
    instructions: dict[str, Any]
    """The operation's `with`, its slots filled."""
    preview: bool
    preview_instructions: dict[str, Any] | None
    files: dict[str, str]
    """Path to SHA-256 of every file it reads."""
    secrets: dict[str, str]
    timeout_seconds: int
    estimate_seconds: int
    retries: int
    cpu_cores: int
    gpu_vram_mb: int
    on_failure: Literal["continue", "stop"]
    undo: str | None
    chosen_by: str = ""
    """The model that read this operation in the request; empty when the rules or a person did."""

    @property
    def models(self) -> set[str]:
        """Return the models that helped to read this task."""
        return {self.chosen_by, *(provenance.model for provenance in self.provenance.values())} - {""}


class PlanContent(Strict):
    """One revision's tasks in the order they are shown; a DAG by `depends_on`."""

    format: Literal[1] = 1
    plan_id: str
    revision: int = Field(ge=1)
    tasks: tuple[PlannedTask, ...] = Field(min_length=1, max_length=MAX_TASKS)
    passed_over: tuple[str, ...] = ()
    """What was said beside the wishes and taken for a remark; whoever approves sees that nothing is done about it."""

    def task(self, position: int) -> PlannedTask:
        """Return the task at a 1-based position."""
        return self.tasks[position - 1]

    def canonical(self) -> str:
        """Return the stored form."""
        return canonical(self.model_dump(mode="json"))


def plan_digest(content: str) -> str:
    """Return the digest of a stored content, SHA-256 in hex."""
    return digest("sayso/plan/v1", content)


def open_content(content: str, expected_digest: str) -> PlanContent:
    """Return a stored content after recomputing its digest; raises InvariantBroken when a byte is not as approved."""
    if plan_digest(content) != expected_digest:
        raise InvariantBroken("The stored plan is not the one that was shown: its digest differs. Nothing was run.")
    return _parsed(content)


@lru_cache(maxsize=256)
def _parsed(content: str) -> PlanContent:
    return PlanContent.model_validate(parse(content))


class Definitions:
    """The hashes of a catalogue's declarations, each taken once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._hashes: dict[str, str] = {}

    def hash(self, operation: str) -> str | None:
        """Return the hash of an operation's declaration; None when there is no such operation."""
        if operation not in self._hashes and operation in self._catalogue.operations:
            self._hashes[operation] = definition_hash(self._catalogue.operation(operation))
        return self._hashes.get(operation)


def definition_hash(operation: Operation) -> str:
    """Return the SHA-256 of an operation's declaration, whatever the order its keys were written in."""
    return digest("sayso/operation/v1", canonical(operation.model_dump(mode="json", by_alias=True)))


def short(full_digest: str) -> str:
    """Return the digits of a digest that people compare, in groups: `3fa9 c2d1 07be`."""
    digits = full_digest[:SHORT_DIGEST]
    return " ".join(digits[i : i + 4] for i in range(0, SHORT_DIGEST, 4))


def parameters_in_full(task: PlannedTask) -> Mapping[str, str]:
    """Return every parameter as the text that a card shows; nothing is shortened."""
    return {name: value if isinstance(value, str) else canonical(value) for name, value in task.parameters.items()}
