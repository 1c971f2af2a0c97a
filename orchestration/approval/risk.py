"""How risky a task is: what its operation declares, raised by the owner's words and patterns, never lowered.

Words are compared as their reader sees them (`fold`), so that look-alike letters do not slip past.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orchestration.intake.request import fold
from orchestration.planning.plan import PlannedTask, parameters_in_full
from orchestration.policy import RISKS, Policy, Risk

RAISED_TO: Risk = "high"


@dataclass(frozen=True, slots=True)
class AssessedTask:
    """A planned task as the policy's rules see it, with the risk that counts."""

    operation: str
    work_type: str
    effect: str
    target: str
    risk: Risk
    raised_by: tuple[str, ...]
    """Words and patterns that raised it; empty when the declared risk stands."""


def assess(task: PlannedTask, said: str, policy: Policy) -> AssessedTask:
    """Return the task with the risk that counts, given what was said in the request."""
    found = tuple(_triggers(policy, [said, task.target, *parameters_in_full(task).values()]))
    risk = max(task.risk, RAISED_TO, key=RISKS.index) if found else task.risk
    raised_by = found if risk != task.risk else ()
    return AssessedTask(task.operation, task.work_type, task.effect, task.target, risk, raised_by)


def highest(risks: Iterable[str]) -> str:
    """Return the highest of some risks."""
    return max(risks, key=lambda risk: RISKS.index(risk))


def _triggers(policy: Policy, texts: list[str]) -> Iterator[str]:
    text = fold("\n".join(texts))
    said = set(re.findall(r"\w+", text))
    for keyword in policy.high_risk_keywords:
        if fold(keyword) in said:
            yield f"high_risk_keyword:{keyword}"
    for pattern in policy.high_risk_patterns:
        if re.search(pattern, text, re.IGNORECASE):
            yield f"high_risk_keyword:pattern:{pattern}"
