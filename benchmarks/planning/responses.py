"""What the product makes of a request over a catalogue: a plan, a question, or that nothing there can do it.

Every part of this benchmark that plans takes a `Responder`: the product without a model, or with one behind the rules.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from adapters.clock import SystemClock
from adapters.storage.store import open_store
from adapters.workspace import Workspace
from orchestration.assistance.assistant import Assistant
from orchestration.budgets import ModelRules
from orchestration.errors import InvalidRequest
from orchestration.intake.catalogue import Catalogue
from orchestration.intake.decomposition import Subtask
from orchestration.intake.request import clean_text
from orchestration.models.chain import Models
from orchestration.people import load_people
from orchestration.planning.declared import Declared
from orchestration.planning.plan import PlanContent, Provenance
from orchestration.planning.planner import Planner, Unclear
from orchestration.policy import Policy, Rules
from orchestration.ports import Model
from orchestration.understanding import Spoken, Understanding

_PERSON, _PLAN = "ana", "benchmark"
RULES = Rules(
    Policy(version="1", ask=[], approvals=[], models=ModelRules(local_seconds=45, external_seconds=45)),
    load_people({"version": 1, "people": {_PERSON: {"name": "Ana"}}}),
)
"""A policy without budgets; whether somebody may ask is not measured here."""


@dataclass(frozen=True)
class Call:
    """One planned operation with the values that somebody said; what is a default is left to the operation."""

    operation: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Response:
    """What became of a request."""

    kind: Literal["plan", "question", "refusal"]
    calls: tuple[Call, ...] = ()
    told: str = ""


Responder = Callable[[str, Catalogue], Awaitable[Response]]


async def by_rules(text: str, catalogue: Catalogue) -> Response:
    """Return what comes of a request without a model."""
    return await _response(text, Understanding(planner_of(Declared(catalogue)), None))


@asynccontextmanager
async def by_model(model: Model) -> AsyncIterator[Responder]:
    """Yield what responds with a model behind the rules; its calls are counted against nobody's budget."""
    with TemporaryDirectory(prefix="sayso-") as folder:
        async with open_store(Path(folder) / "benchmark.db") as store:
            models = Models(store, SystemClock(), RULES, {model.tier: model})

            async def respond(text: str, catalogue: Catalogue) -> Response:
                declared = Declared(catalogue)
                assistant = Assistant(models, declared, RULES)
                return await _response(text, Understanding(planner_of(declared), assistant))

            yield respond


async def told_operation(text: str, catalogue: Catalogue, operation: str) -> Response:
    """Return what the rules make of a request when the operation is known and only its parameters are read."""
    planner = planner_of(Declared(catalogue))
    try:
        wanted = planner.read([Subtask(1, operation, 1.0, clean_text(text), {})])
        return _planned(await planner.plan(_PLAN, 1, wanted))
    except (Unclear, InvalidRequest) as error:
        return Response("question", told=str(error))


def planner_of(declared: Declared) -> Planner:
    """Return a planner over a catalogue that reads no workspace."""
    here = Path.cwd()
    return Planner(declared, RULES, Workspace(here), str(here))


async def _response(text: str, understanding: Understanding) -> Response:
    try:
        found = await understanding.understand(Spoken(clean_text(text), _PERSON, _PLAN))
    except InvalidRequest as error:
        return Response("refusal", told=str(error))
    if isinstance(found, PlanContent):
        return _planned(found)
    if found.out_of_scope:
        return Response("refusal", told=" / ".join(found.out_of_scope))
    return Response("question", told=" / ".join(question.text for question in found.questions))


def _planned(content: PlanContent) -> Response:
    return Response("plan", tuple(_call(task.operation, task.parameters, task.provenance) for task in content.tasks))


def _call(operation: str, values: dict[str, Any], provenance: dict[str, Provenance]) -> Call:
    return Call(operation, {name: value for name, value in values.items() if provenance[name].source != "default"})
