"""What a run produced, written down once: every attempt with its result, every artifact by hash, how to repeat it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from orchestration.canonical import canonical, parse
from orchestration.planning.plan import PlanContent
from orchestration.records import Attempt, Plan, Task, Usage

SCHEMA = "urn:sayso:schema:evidence:v1"
SHOWN_OF_AN_ERROR = 200
"""Characters."""


class ToolCall(BaseModel):
    """The last attempt at one task."""

    model_config = ConfigDict(extra="forbid")

    tool_name: str
    operation: str
    task_id: str
    attempt_id: str
    attempt: int
    agent_id: str
    routing: dict[str, Any] | None = None
    """Why it went to this agent: score, components, reason."""
    status: str
    duration_ms: int
    exit_code: int | None
    error_message: str | None
    changes: list[dict[str, Any]]
    metrics: dict[str, int]


class ModelUse(BaseModel):
    """What one model did for one task."""

    model_config = ConfigDict(extra="forbid")

    task_id: str
    model: str
    tier: str
    answered: bool
    """Whether its answer was used; a model that failed may have cost something too."""
    calls: int
    token_count: int
    cost_usd: str | None
    """Decimal; None when the policy has no price for the model."""


class EvidenceSummary(BaseModel):
    """Test results, summed over the run."""

    tests: int = 0
    failures: int = 0
    errors: int = 0
    skipped: int = 0
    time_ms: int = 0

    @property
    def passed(self) -> int:
        """Tests that neither failed, nor broke, nor were skipped."""
        return max(0, self.tests - self.failures - self.errors - self.skipped)


class Evidence(BaseModel):
    """The evidence document of one plan. `run_id` is the plan's id."""

    model_config = ConfigDict(populate_by_name=True)

    schema_ref: str = Field(alias="$schema", default=SCHEMA)
    run_id: str
    plan_code: str
    input_nl: str
    """The id of the request; its text lies beside the chain, so that it can be forgotten."""
    plan_digest: str
    revision: int
    environment: dict[str, str]
    tool_calls: list[ToolCall]
    artifacts: list[dict[str, Any]]
    external_ai_used: list[ModelUse] = []
    """Which models its tasks asked."""
    summary: EvidenceSummary | None
    repro: dict[str, str]
    governance: dict[str, Any]
    collected_at: str

    def document(self) -> str:
        """Return the stored form, canonical JSON."""
        return canonical(self.model_dump(mode="json", by_alias=True))


def collect(
    plan: Plan,
    content: PlanContent,
    tasks: Sequence[Task],
    attempts: Sequence[Attempt],
    world: Mapping[str, str],
    at: str,
    usage: Sequence[Usage] = (),
) -> Evidence:
    """Return the evidence of a plan that has ended. `world` says where it ran: platform, versions."""
    attempts = [attempt for attempt in attempts if parse(attempt.result).get("status") != "postponed"]
    last = {attempt.task_id: attempt for attempt in sorted(attempts, key=lambda attempt: attempt.number)}
    results = {attempt.id: parse(attempt.result) for attempt in attempts}
    calls = [
        _call(content, task, last[task.id], results[last[task.id].id])
        for task in tasks
        if task.id in last and task.status != "skipped"
    ]
    return Evidence(
        run_id=plan.id,
        plan_code=plan.code,
        input_nl=plan.request_id,
        plan_digest=plan.digest,
        revision=plan.revision,
        environment={key: world[key] for key in ("platform_info", "python_version") if key in world},
        tool_calls=calls,
        artifacts=[artifact for attempt in attempts for artifact in results[attempt.id].get("artifacts", [])],
        external_ai_used=_models(usage),
        summary=_tests(results[call.attempt_id] for call in calls),
        repro=dict(world),
        governance=_governance(content, attempts, results),
        collected_at=at,
    )


def _call(content: PlanContent, task: Task, attempt: Attempt, result: dict[str, Any]) -> ToolCall:
    message = (task.error_message or result.get("error_message") or "")[:SHOWN_OF_AN_ERROR]
    succeeded = task.status == "completed"
    return ToolCall(
        tool_name=content.task(task.position).tool,
        operation=task.operation,
        task_id=task.id,
        attempt_id=attempt.id,
        attempt=attempt.number,
        agent_id=attempt.agent_id,
        routing=parse(attempt.routing) if attempt.routing else None,
        # A person's word on an unknown outcome counts more than what the tool could not say.
        status="success" if succeeded else result.get("status", task.status),
        duration_ms=result.get("duration_ms", 0),
        exit_code=attempt.exit_code,
        error_message=None if succeeded else message or None,
        changes=result.get("changes", []),
        metrics=result.get("metrics", {}),
    )


def _models(usage: Sequence[Usage]) -> list[ModelUse]:
    by_model: defaultdict[tuple[str, str, str], list[Usage]] = defaultdict(list)
    for call in usage:
        by_model[(call.task_id or "", call.model, call.tier)].append(call)
    return [_model_use(*key, calls) for key, calls in by_model.items()]


def _model_use(task_id: str, model: str, tier: str, calls: Sequence[Usage]) -> ModelUse:
    costs = [call.cost_usd for call in calls]
    return ModelUse(
        task_id=task_id,
        model=model,
        tier=tier,
        answered=any(call.error is None for call in calls),
        calls=len(calls),
        token_count=sum(call.tokens for call in calls),
        cost_usd=None if None in costs else f"{sum(filter(None, costs)):.6f}",
    )


def _tests(results: Any) -> EvidenceSummary | None:
    found = [result["metrics"] for result in results if "tests" in result.get("metrics", {})]
    if not found:
        return None
    keys = EvidenceSummary.model_fields
    return EvidenceSummary(**{key: sum(metrics.get(key, 0) for metrics in found) for key in keys})


def _governance(
    content: PlanContent, attempts: Sequence[Attempt], results: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    return {
        "budget": {
            "elapsed_ms_total": sum(result.get("duration_ms", 0) for result in results.values()),
            "attempts_total": len(attempts),
            "retries_used_total": len(attempts) - len({attempt.task_id for attempt in attempts}),
        },
        "policy_limits": {
            "timeout_s": max(task.timeout_seconds for task in content.tasks),
            "max_retries": max(task.retries for task in content.tasks),
        },
        "short_circuited": False,
        "short_circuit_reason": None,
        "decision_source": "gate_evaluator",
    }
