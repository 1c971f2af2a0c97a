"""What a tool is given and what it may leave: from the stored plan alone, and within the policy's limits."""

from dataclasses import replace

from orchestration.planning.plan import PlannedTask
from orchestration.policy import ArtifactLimits
from orchestration.ports import Job, ToolResult
from orchestration.records import Attempt, Plan


def job_of(attempt: Attempt, planned: PlannedTask, plan: Plan) -> Job:
    """Return what a tool needs to carry out an attempt, from the stored plan alone."""
    is_preview = attempt.kind == "preview"
    instructions = (planned.preview_instructions if is_preview else None) or planned.instructions
    return Job(
        attempt_id=attempt.id,
        plan_id=attempt.plan_id,
        task_id=attempt.task_id,
        number=attempt.number,
        operation=planned.operation,
        kind="preview" if is_preview else "run",
        instructions=instructions,
        files=planned.files,
        secrets={} if is_preview else planned.secrets,
        timeout_seconds=planned.timeout_seconds,
        tool=planned.tool,
        person=plan.person,
        request_id=plan.request_id,
    )


def within_limits(result: ToolResult, limits: ArtifactLimits) -> ToolResult:
    """Return the result, failed when it left more evidence than the policy allows."""
    megabytes = max((artifact.size for artifact in result.artifacts), default=0) / 2**20
    if len(result.artifacts) <= limits.max_count and megabytes <= limits.max_size_mb:
        return result
    allowed = f"{limits.max_count} files of {limits.max_size_mb} MB each"
    message = f"It left {len(result.artifacts)} files of up to {megabytes:.1f} MB; the policy allows {allowed}."
    return replace(result, status="failed", error_message=message, metrics={**result.metrics, "refused": 1})
