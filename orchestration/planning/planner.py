"""Make tasks of what was read: choose, fill typed parameters, order, and note where every value came from.

Called by the service at submit and at every edit. What is not certain becomes a question; nothing is guessed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.errors import InvalidRequest, NotFound, StaleRevision
from orchestration.intake.arguments import check_arguments
from orchestration.intake.catalogue import Catalogue, Operation, Parameter, fill
from orchestration.intake.decomposition import Choice, Question, Subtask
from orchestration.intake.parameters import BadValue, check_value, find_enum, find_number, find_said, read_value
from orchestration.planning.plan import MAX_TASKS, Definitions, PlanContent, PlannedTask, Provenance
from orchestration.policy import Policy
from orchestration.ports import Files
from orchestration.validation import suggestion


@dataclass(frozen=True, slots=True)
class Wanted:
    """One operation with the values found so far."""

    operation: str
    values: dict[str, Any]
    provenance: dict[str, Provenance]
    depends_on: tuple[int, ...] = ()
    """1-based places in the list of wanted operations."""


class Unclear(Exception):
    """Values are missing or not taken; the questions say which."""

    def __init__(self, questions: list[Question]) -> None:
        super().__init__("; ".join(question.text for question in questions))
        self.questions = questions


class Planner:
    """Plans over one catalogue and one workspace."""

    def __init__(self, catalogue: Catalogue, policy: Policy, files: Files, workspace: str) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._files = files
        self._workspace = workspace
        self.definitions = Definitions(catalogue)

    def read(self, subtasks: Sequence[Subtask]) -> list[Wanted]:
        """Read the parameters that people said; raises Unclear when one is not taken."""
        places = {subtask.order: place for place, subtask in enumerate(subtasks, start=1)}
        questions: list[Question] = []
        wanted: list[Wanted] = []
        for subtask in subtasks:
            depends_on = tuple(places[order] for order in subtask.depends_on if order in places)
            values, provenance, unclear = self._read_values(subtask)
            questions += unclear
            wanted.append(Wanted(subtask.intent, values, provenance, depends_on))
        if questions:
            raise Unclear(questions)
        return wanted

    def given(self, operation: str, texts: Mapping[str, str]) -> Wanted:
        """Return one operation with parameters typed as `name=value`; raises InvalidRequest for unknown names."""
        declared = self._operation(operation).parameters
        for name in texts:
            if name not in declared:
                known = f"It takes {', '.join(declared)}." if declared else "It takes none."
                raise InvalidRequest(f"{operation} has no parameter «{name}».{suggestion(name, declared)} {known}")
        subtask = Subtask(1, operation, 1.0, "", dict(texts))
        values, provenance, questions = self._read_values(subtask)
        if questions:
            raise Unclear(questions)
        return Wanted(operation, values, provenance)

    async def plan(self, plan_id: str, revision: int, wanted: Sequence[Wanted]) -> PlanContent:
        """Return the content of a revision; raises Unclear or InvalidRequest."""
        if not wanted:
            raise InvalidRequest("A plan needs at least one task. Reject or cancel the plan instead.")
        if len(wanted) > MAX_TASKS:
            raise InvalidRequest(f"That is {len(wanted)} tasks; a plan has {MAX_TASKS} at most. Ask in parts.")
        completed = [await self._complete(item) for item in wanted]
        order, dependencies = _ordered(completed, self._catalogue)
        positions = {place: position for position, place in enumerate(order, start=1)}
        tasks = [
            await self._task(
                completed[place], positions[place], tuple(sorted(positions[d] for d in dependencies[place]))
            )
            for place in order
        ]
        return PlanContent(plan_id=plan_id, revision=revision, tasks=tuple(tasks))

    async def check_unchanged(self, task: PlannedTask) -> None:
        """Raise StaleRevision when the declaration of a planned task, or a file that it reads, is another by now."""
        if self.definitions.hash(task.operation) != task.definition:
            raise StaleRevision(f"The declaration of {task.operation} has changed since this was shown. Ask again.")
        patterns = self._operation(task.operation).files
        found = await self._files.fingerprint(patterns) if patterns else {}
        if changed := sorted(path for path in {*found, *task.files} if found.get(path) != task.files.get(path)):
            raise StaleRevision(f"{', '.join(changed)} changed since this was shown. Ask again.")

    def _operation(self, key: str) -> Operation:
        if key not in self._catalogue.operations:
            known = self._catalogue.operations
            raise NotFound(f"There is no operation «{key}».{suggestion(key, known)} There are: {', '.join(known)}.")
        return self._catalogue.operation(key)

    def _read_values(self, subtask: Subtask) -> tuple[dict[str, Any], dict[str, Provenance], list[Question]]:
        operation = self._operation(subtask.intent)
        values: dict[str, Any] = {}
        provenance: dict[str, Provenance] = {}
        questions: list[Question] = []
        for name, parameter in operation.parameters.items():
            found = _find(name, parameter, subtask, alone=_integers(operation) == [name])
            if found is None:
                continue
            try:
                values[name] = read_value(parameter, found[0])
                provenance[name] = Provenance(source="said", text=found[1])
            except BadValue as error:
                questions.append(_question(operation, subtask.intent, name, f"{name} {error}."))
        return values, provenance, questions

    async def _complete(self, wanted: Wanted) -> Wanted:
        """Fill what nobody said from data and defaults; ask for the rest."""
        operation = self._operation(wanted.operation)
        values, provenance, questions = dict(wanted.values), dict(wanted.provenance), []
        for name, parameter in operation.parameters.items():
            if name in values:
                continue
            if parameter.data is not None:
                values[name] = await self._data(wanted.operation, name, parameter)
                provenance[name] = Provenance(source="data", text=parameter.data.file)
            elif parameter.default is not None:
                values[name] = check_value(parameter, parameter.default)
                provenance[name] = Provenance(source="default")
            elif parameter.required:
                questions.append(_question(operation, wanted.operation, name, ""))
        if questions:
            raise Unclear(questions)
        return Wanted(wanted.operation, values, provenance, wanted.depends_on)

    async def _data(self, operation: str, name: str, parameter: Parameter) -> Any:
        source = parameter.data
        assert source is not None
        data = await self._files.read_data(source.file)
        for key in filter(None, source.key.split(".")):
            if not isinstance(data, dict) or key not in data:
                raise InvalidRequest(f"{source.file} has no «{source.key}», which {operation} reads its {name} from.")
            data = data[key]
        try:
            return check_value(parameter, data)
        except BadValue as error:
            raise InvalidRequest(f"{source.file} cannot be used for {operation}: {name} {error}.") from None

    async def _task(self, wanted: Wanted, position: int, depends_on: tuple[int, ...]) -> PlannedTask:
        key, operation = wanted.operation, self._operation(wanted.operation)
        slots = {**wanted.values, "workspace": self._workspace}
        if operation.tool == "command":
            for instructions in filter(None, (operation.with_, operation.preview_with)):
                check_arguments(instructions["argv"], slots)
        limit = self._policy.cost_governance
        stops = operation.risk in ("high", "critical")
        return PlannedTask(
            position=position,
            name=operation.title,
            operation=key,
            definition=self.definitions.hash(key) or "",
            work_type=operation.work_type,
            agent_type=operation.agent,
            effect=operation.effect,
            risk=operation.risk,
            target=str(fill(operation.target, slots)),
            parameters=wanted.values,
            provenance=wanted.provenance,
            depends_on=depends_on,
            tool=operation.tool,
            instructions=fill(operation.with_, slots),
            preview=operation.preview,
            preview_instructions=fill(operation.preview_with, slots),
            files=await self._files.fingerprint(operation.files) if operation.files else {},
            secrets=operation.secrets,
            timeout_seconds=min(int(operation.timeout.total_seconds()), limit.timeout_s),
            estimate_seconds=int(operation.estimate.total_seconds()),
            retries=min(operation.retries, limit.max_retries),
            cpu_cores=operation.needs.cpu_cores,
            gpu_vram_mb=operation.needs.gpu_vram_mb,
            on_failure=operation.on_failure or ("stop" if stops else "continue"),
            undo=operation.undo,
        )


def _find(name: str, parameter: Parameter, subtask: Subtask, alone: bool) -> tuple[str, str] | None:
    if name in subtask.parameters:
        return subtask.parameters[name], subtask.parameters[name]
    if parameter.type in ("array", "object"):
        return None
    if found := find_said(name, parameter, subtask.text) or find_enum(parameter, subtask.text):
        return found
    return find_number(parameter, subtask.text) if alone else None


def _integers(operation: Operation) -> list[str]:
    return [name for name, parameter in operation.parameters.items() if parameter.type == "integer"]


def _question(operation: Operation, key: str, name: str, problem: str) -> Question:
    parameter = operation.parameters[name]
    ask = parameter.ask or f"Which {name.replace('_', ' ')} for «{operation.title}»?"
    choices = tuple(Choice(str(value), str(value)) for value in parameter.enum or [])
    return Question(f"{problem} {ask}".strip(), f"{key}.{name}", choices)


def _ordered(wanted: Sequence[Wanted], catalogue: Catalogue) -> tuple[list[int], dict[int, set[int]]]:
    """Return places in running order, as said where nothing forbids it, and each place's dependencies."""
    dependencies: dict[int, set[int]] = {}
    for place, item in enumerate(wanted):
        said = {number - 1 for number in item.depends_on}
        declared = _places(wanted, catalogue.operation(item.operation).after) - {place}
        dependencies[place] = said | declared
    order: list[int] = []
    while len(order) < len(wanted):
        ready = [place for place in dependencies if place not in order and dependencies[place] <= set(order)]
        if not ready:
            names = ", ".join(sorted({wanted[place].operation for place in dependencies if place not in order}))
            raise InvalidRequest(f"These wait for each other, so none can start: {names}. Ask for them one by one.")
        order.append(ready[0])
    return order, dependencies


def _places(wanted: Sequence[Wanted], operations: Iterable[str]) -> set[int]:
    names = set(operations)
    return {place for place, item in enumerate(wanted) if item.operation in names}
