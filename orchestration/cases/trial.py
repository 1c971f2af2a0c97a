"""Find out what would come of something said, as far as a plan: no store, no tools, and nothing is changed.

Called by `sayso test` for every case; the same steps as a request takes (`orchestration.asking`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orchestration.approval.decision import standing
from orchestration.approval.risk import AssessedTask, assess, highest
from orchestration.assistance.assistant import Assistant
from orchestration.cases.case import Approvers, Kind
from orchestration.errors import NotAllowed, SaysoError, Unavailable
from orchestration.intake.decomposition import Question
from orchestration.intake.request import clean_text
from orchestration.planning.plan import PlanContent, PlannedTask
from orchestration.planning.planner import Planner
from orchestration.policy import Rules, may
from orchestration.understanding import Spoken, Understanding
from orchestration.validation import Strict

PLAN_ID = "trial"


class Response(Strict):
    """What came of something said. Tasks are named by their operation, the second one of it `operation#2`."""

    kind: Kind
    operations: list[str] = []
    parameters: dict[str, dict[str, Any]] = {}
    order: dict[str, list[str]] = {}
    """What a task waits for."""
    questions: list[str] = []
    """What each is about."""
    choices: list[str] = []
    risk: str | None = None
    approvers: list[Approvers] | None = None
    """By rule of the policy; nobody can approve where a rule has no people."""
    why: str = ""
    """The sentence of a question or a refusal; only to be read."""


class Trial:
    """Tries what people say against one catalogue, one policy and the people."""

    def __init__(self, rules: Rules, planner: Planner, assistant: Assistant | None = None) -> None:
        self._rules = rules
        self._understanding = Understanding(planner, assistant)

    async def respond(self, text: str, person: str, answers: Mapping[str, str]) -> Response:
        """Return what would come of a text."""
        try:
            said = clean_text(text)
            found = await self._understanding.understand(Spoken(said, person, PLAN_ID, None, answers))
            if isinstance(found, PlanContent):
                return self._planned(found, said, person)
            if found.out_of_scope:
                return Response(kind="refusal", why=f"no operation for {', '.join(found.out_of_scope)}")
            return _asked(found.questions)
        except SaysoError as error:
            return Response(kind="refusal", why=str(error))

    def _planned(self, content: PlanContent, said: str, person: str) -> Response:
        tasks = [assess(task, said, self._rules.policy) for task in content.tasks]
        self._refuse(content.tasks, tasks, person)
        names = _names(content.tasks)
        return Response(
            kind="plan",
            operations=[task.operation for task in content.tasks],
            parameters={name: task.parameters for name, task in zip(names, content.tasks, strict=True)},
            order={
                name: [names[position - 1] for position in task.depends_on]
                for name, task in zip(names, content.tasks, strict=True)
                if task.depends_on
            },
            risk=highest(task.risk for task in tasks),
            approvers=self._approvers(tasks, person),
        )

    def _refuse(self, planned: Iterable[PlannedTask], tasks: Iterable[AssessedTask], person: str) -> None:
        policy, people = self._rules.policy, self._rules.people
        if forbidden := sorted({task.operation for task in tasks if not may(policy.ask, people, person, task)}):
            raise NotAllowed(f"{person} may not ask for {', '.join(forbidden)}")
        allowed = policy.tools.allowlist
        if allowed and (barred := sorted({task.tool for task in planned} - set(allowed))):
            raise Unavailable(f"the policy does not allow {', '.join(barred)}")

    def _approvers(self, tasks: Sequence[AssessedTask], person: str) -> list[Approvers]:
        needed = standing(self._rules, tasks, [], [person])
        rules = [
            Approvers(need=one.needed, from_=list(one.groups), people=list(one.candidates)) for one in needed.missing
        ]
        if needed.forbidden:
            rules.append(Approvers(need=1, from_=[], people=[]))
        return rules or [Approvers(need=0, from_=[], people=[])]


def _asked(questions: Sequence[Question]) -> Response:
    return Response(
        kind="question",
        questions=[question.about for question in questions],
        choices=[choice.value for question in questions for choice in question.choices],
        why=" ".join(question.text for question in questions),
    )


def _names(tasks: Sequence[PlannedTask]) -> list[str]:
    seen: Counter[str] = Counter()
    names = []
    for task in tasks:
        seen[task.operation] += 1
        number = seen[task.operation]
        names.append(task.operation if number == 1 else f"{task.operation}#{number}")
    return names
