"""Make tasks of what was read: choose, fill typed parameters, order, and note where every value came from.

Called by the service at submit and at every edit. What is not certain becomes a question; nothing is guessed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from orchestration.errors import InvalidRequest, NotFound, StaleRevision
from orchestration.intake.catalogue import Catalogue, Operation
from orchestration.intake.declaration import Parameter
from orchestration.intake.decomposition import Decomposition, Question, Subtask, decompose
from orchestration.intake.instructions import filled
from orchestration.intake.parameters import check_value, find_before, find_enum
from orchestration.intake.suggestion import NOTHING, Suggestion
from orchestration.intake.templates import fill
from orchestration.intake.words import words_in
from orchestration.planning.declared import Declared
from orchestration.planning.filling import Filling
from orchestration.planning.finding import find_all, is_forgiving
from orchestration.planning.plan import MAX_TASKS, PlanContent, PlannedTask, Provenance
from orchestration.planning.sources import Sources
from orchestration.planning.uniting import united
from orchestration.policy import Rules
from orchestration.ports import Files
from orchestration.validation import suggestion

_ALL_OF_A_KIND = frozenset(("all", "both", "every", "each", "everything"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """One operation with the values found so far."""

    operation: str
    values: dict[str, Any]
    provenance: dict[str, Provenance]
    depends_on: tuple[int, ...] = ()
    """1-based places in the list of wanted operations."""
    order: int = 0
    """Of the clause that asked for it; 0 when none did, and then its place in the list counts."""
    text: str = ""
    """That clause, to look for names in that only the workspace knows."""
    chosen_by: str = ""
    """The model that read this operation in it; empty when the rules or a person did."""


class Unclear(Exception):
    """Values are missing or not taken; the questions say which."""

    def __init__(self, questions: list[Question]) -> None:
        super().__init__("; ".join(question.text for question in questions))
        self.questions = questions


class Planner:
    """Plans over one catalogue and one workspace."""

    def __init__(self, declared: Declared, rules: Rules, files: Files, workspace: str) -> None:
        self._declared = declared
        self._rules = rules
        self._files = files
        self._sources = Sources(files)
        self._workspace = workspace

    async def decompose(
        self, text: str, answers: Mapping[str, str] = MappingProxyType({}), suggestion: Suggestion = NOTHING
    ) -> Decomposition:
        """Read a clean text; where a clause means nothing, or all of a kind, with the names that the workspace has."""
        now = self._declared.now
        read = decompose(text, now.catalogue, now.matcher, answers, suggestion=suggestion)
        if not read.out_of_scope and _ALL_OF_A_KIND.isdisjoint(words_in(text)):
            return read
        names = await self._sources.names(now.catalogue)
        return decompose(text, now.catalogue, now.matcher, answers, names, suggestion)

    def read(self, subtasks: Sequence[Subtask], answers: Mapping[str, str] = MappingProxyType({})) -> list[Wanted]:
        """Read the parameters that people said; raises Unclear when one is not taken.

        `answers` are texts by what the question was about: `operation.parameter`, with `#order` behind it where the
        operation is wanted more than once. What was answered counts before what was said.
        """
        subtasks = united(subtasks, self._declared.catalogue)
        places = {subtask.order: place for place, subtask in enumerate(subtasks, start=1)}
        marks = _marks([(subtask.intent, subtask.order) for subtask in subtasks])
        fillings = [self._read(subtask, mark, answers) for subtask, mark in zip(subtasks, marks, strict=True)]
        if any(filling.questions for filling in fillings):
            for filling in fillings:
                filling.ask_missing()
            raise Unclear([question for filling in fillings for question in filling.questions])
        return [
            Wanted(
                subtask.intent,
                filling.values,
                filling.provenance,
                tuple(places[order] for order in subtask.depends_on if order in places),
                subtask.order,
                subtask.text,
                subtask.model if subtask.is_chosen_by_model else "",
            )
            for subtask, filling in zip(subtasks, fillings, strict=True)
        ]

    def given(self, operation: str, texts: Mapping[str, str]) -> Wanted:
        """Return one operation with parameters typed as `name=value`; raises InvalidRequest for unknown names."""
        declared = self.operation(operation).parameters
        for name in texts:
            if name not in declared:
                known = f"It takes {', '.join(declared)}." if declared else "It takes none."
                raise InvalidRequest(f"{operation} has no parameter «{name}».{suggestion(name, declared)} {known}")
        filling = self._read(Subtask(1, operation, 1.0, "", dict(texts)), "", {})
        if filling.questions:
            raise Unclear(filling.questions)
        return Wanted(operation, filling.values, filling.provenance)

    async def plan(self, plan_id: str, revision: int, wanted: Sequence[Wanted]) -> PlanContent:
        """Return the content of a revision; raises Unclear or InvalidRequest."""
        if not wanted:
            raise InvalidRequest("A plan needs at least one task. Reject or cancel the plan instead.")
        if len(wanted) > MAX_TASKS:
            raise InvalidRequest(f"That is {len(wanted)} tasks; a plan has {MAX_TASKS} at most. Ask in parts.")
        reading = self._declared.now
        completed = await self._completed(wanted)
        order, dependencies = _ordered(wanted, reading.catalogue)
        positions = {place: position for position, place in enumerate(order, start=1)}
        tasks = [
            await self._task(
                completed[place],
                positions[place],
                tuple(sorted(positions[d] for d in dependencies[place])),
                wanted[place].chosen_by,
            )
            for place in order
        ]
        if self._declared.now is not reading:  # a reload meanwhile: no plan is made of two catalogues
            return await self.plan(plan_id, revision, wanted)
        return PlanContent(plan_id=plan_id, revision=revision, tasks=tuple(tasks))

    async def check_unchanged(self, task: PlannedTask) -> None:
        """Raise StaleRevision when the declaration of a planned task, or a file that it reads, is another by now."""
        if self._declared.definitions.hash(task.operation) != task.definition:
            raise StaleRevision(f"The declaration of {task.operation} has changed since this was shown. Ask again.")
        patterns = self.operation(task.operation).files
        found = await self._files.fingerprint(patterns) if patterns else {}
        if changed := sorted(path for path in {*found, *task.files} if found.get(path) != task.files.get(path)):
            raise StaleRevision(f"{', '.join(changed)} changed since this was shown. Ask again.")

    def operation(self, key: str) -> Operation:
        """Return a declared operation; raises NotFound with what there is."""
        if key not in self._declared.catalogue.operations:
            known = self._declared.catalogue.operations
            raise NotFound(f"There is no operation «{key}».{suggestion(key, known)} There are: {', '.join(known)}.")
        return self._declared.catalogue.operation(key)

    def _read(self, subtask: Subtask, mark: str, answers: Mapping[str, str]) -> Filling:
        operation = self.operation(subtask.intent)
        filling = Filling(subtask.intent, operation, mark)
        given = {n: text for n in operation.parameters if (text := answers.get(filling.about(n))) is not None}
        said = find_all(operation, subtask, given)
        for name, parameter in operation.parameters.items():
            if name in given:
                filling.take(name, given[name], Provenance(source="answer", text=given[name]))
            elif found := said.values.get(name):
                filling.take(name, found[0], Provenance(source="said", text=found[1]))
            elif name in said.open:
                filling.ask(name, parameter)
            if name not in filling.values and (words := subtask.suggested.get(name)):
                filling.withdraw(name)
                filling.take(name, words, Provenance(source="said", text=words, model=subtask.model))
        return filling

    async def _completed(self, wanted: Sequence[Wanted]) -> list[Filling]:
        """Fill what nobody said from data and defaults; raises Unclear with every question that is left."""
        marks = _marks([(item.operation, item.order or place) for place, item in enumerate(wanted, start=1)])
        fillings = [await self._complete(item, mark) for item, mark in zip(wanted, marks, strict=True)]
        if questions := [question for filling in fillings for question in filling.questions]:
            raise Unclear(questions)
        return fillings

    async def _complete(self, wanted: Wanted, mark: str) -> Filling:
        operation = self.operation(wanted.operation)
        filling = Filling(wanted.operation, operation, mark)
        for name, parameter in operation.parameters.items():
            if parameter.one_of is not None:
                await self._look_up(name, parameter, wanted, filling)
            elif name in wanted.values:
                filling.keep(name, parameter, wanted.values[name], wanted.provenance[name])
            elif parameter.data is not None:
                value = await self._sources.data(wanted.operation, name, parameter)
                filling.put(name, value, Provenance(source="data", text=parameter.data.file))
            elif parameter.default is not None:
                filling.put(name, check_value(parameter, parameter.default), Provenance(source="default"))
        filling.ask_missing()
        return filling

    async def _look_up(self, name: str, parameter: Parameter, wanted: Wanted, filling: Filling) -> None:
        """Read a name that only the workspace knows: as it was said, else from the clause, else the default."""
        known = await self._sources.known(wanted.operation, name, parameter)
        given, forgiving = wanted.provenance.get(name), is_forgiving(filling.operation)
        is_answered = given is not None and given.source == "answer"
        found = find_before(name, known, wanted.text) if forgiving and not is_answered else None
        if found is None and given is not None:
            filling.read(name, known, str(wanted.values[name]), given)
        elif found := found or find_enum(known, wanted.text, forgiving):
            filling.read(name, known, found[0], Provenance(source="said", text=found[1]))
        elif parameter.default is not None:
            filling.read(name, known, str(parameter.default), Provenance(source="default"))
        elif parameter.required:
            filling.ask(name, known)

    async def _task(self, filling: Filling, position: int, depends_on: tuple[int, ...], chosen_by: str) -> PlannedTask:
        key, operation = filling.key, filling.operation
        slots = {**filling.values, "workspace": self._workspace}
        files = await self._files.fingerprint(operation.files) if operation.files else {}
        dry = operation.preview_with
        limit = self._rules.policy.cost_governance
        stops = operation.risk in ("high", "critical")
        return PlannedTask(
            position=position,
            name=operation.title,
            operation=key,
            definition=self._declared.definitions.hash(key) or "",
            work_type=operation.work_type,
            agent_type=operation.agent,
            effect=operation.effect,
            risk=operation.risk,
            target=str(fill(operation.target, slots)),
            parameters=filling.values,
            provenance=filling.provenance,
            depends_on=depends_on,
            tool=operation.tool,
            instructions=filled(operation.tool, operation.with_, slots, files),
            preview=operation.preview,
            preview_instructions=None if dry is None else filled(operation.tool, dry, slots, files),
            files=files,
            secrets=operation.secrets,
            timeout_seconds=min(int(operation.timeout.total_seconds()), limit.timeout_s),
            estimate_seconds=int(operation.estimate.total_seconds()),
            retries=min(operation.retries, limit.max_retries),
            cpu_cores=operation.needs.cpu_cores,
            gpu_vram_mb=operation.needs.gpu_vram_mb,
            on_failure=operation.on_failure or ("stop" if stops else "continue"),
            undo=operation.undo,
            chosen_by=chosen_by,
        )


def _marks(wanted: Sequence[tuple[str, int]]) -> list[str]:
    """Return what tells apart the questions of operations that are wanted more than once, by (operation, order)."""
    times = Counter(operation for operation, _ in wanted)
    return [f"#{order}" if times[operation] > 1 else "" for operation, order in wanted]


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
