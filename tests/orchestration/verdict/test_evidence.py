"""What a run leaves behind: every attempt with its result, once, in a document with one spelling."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestration.canonical import canonical, parse
from orchestration.planning.plan import PlanContent
from orchestration.ports import Artifact, Change, ToolResult
from orchestration.records import EvidenceRecord
from orchestration.verdict.evidence import Evidence, collect
from orchestration.views import View
from tests.support.world import EffectTool, Owner, open_world

WORLD = {"platform_info": "linux-x86_64", "python_version": "3.12.1", "ansible": "2.19"}


async def ended(folder: Path, text: str, results: dict[str, list[ToolResult]], retries: int = 0) -> View:
    """Return a plan that was approved and ran so."""
    owner = Owner()
    owner.catalogue["operations"]["first"]["retries"] = retries
    async with open_world(folder, owner, tool=EffectTool(folder / "effects.log", results)) as world:
        plan = await world.plan(text)
        await world.vote(plan)
        return await world.end(plan)


def of(view: View, **changes: Any) -> Evidence:
    """Return the evidence of a plan."""
    tasks = [replace(task, **changes) for task in view.tasks]
    return collect(view.plan, view.content, tasks, view.attempts, WORLD, "2026-01-01T00:00:00.000Z")


async def test_each_task_has_its_last_attempt(tmp_path: Path) -> None:
    """A task that was tried again stands with its last attempt; all attempts are counted."""
    results = {"first": [ToolResult("failed", 1, duration_ms=10), ToolResult("success", 0, duration_ms=30)]}
    view = await ended(tmp_path, "do first and do second", results, retries=1)
    found = of(view)
    assert [(call.operation, call.attempt, call.status) for call in found.tool_calls] == [
        ("first", 2, "success"), ("second", 1, "success"),
    ]  # fmt: skip
    budget = found.governance["budget"]
    assert (budget["attempts_total"], budget["retries_used_total"], budget["elapsed_ms_total"]) == (3, 1, 41)


async def test_a_task_that_never_ran_is_no_call(tmp_path: Path) -> None:
    """A skipped task produced nothing, so there is nothing of it to judge."""
    view = await ended(
        tmp_path, "do first and do second", {"first": [ToolResult("failed", 1, error_message="no disk")]}
    )
    found = of(view)
    assert [(call.operation, call.status, call.error_message) for call in found.tool_calls] == [
        ("first", "failed", "no disk")
    ]
    assert found.tool_calls[0].exit_code == 1


async def test_errors_are_cut_and_artifacts_kept(tmp_path: Path) -> None:
    """A long error is cut to two hundred characters; artifacts and changes come along in full."""
    artifact = Artifact("log", "p/a/output.log", "text/plain", 5, "a" * 64)
    result = ToolResult(
        "failed", 2, error_message="x" * 500, artifacts=(artifact,), changes=(Change("a.yml", "~", 1, 2),)
    )
    found = of(await ended(tmp_path, "do first", {"first": [result]}))
    assert found.tool_calls[0].error_message == "x" * 200
    assert found.artifacts == [
        {"type": "log", "path": "p/a/output.log", "mime": "text/plain", "size": 5, "sha256": "a" * 64}
    ]
    assert found.tool_calls[0].changes == [{"path": "a.yml", "sign": "~", "added": 1, "removed": 2}]


async def test_test_results_are_summed_over_the_run(tmp_path: Path) -> None:
    """Several test tasks make one summary; a task without tests adds nothing to it."""
    results = {
        "first": [ToolResult("success", 0, metrics={"tests": 4, "failures": 1, "skipped": 1})],
        "inspect": [ToolResult("success", 0, metrics={"tests": 2, "errors": 1})],
        "second": [ToolResult("success", 0, metrics={"changed": 3})],
    }
    found = of(await ended(tmp_path, "do first, do second, inspect it", results))
    assert found.summary is not None
    summed = (found.summary.tests, found.summary.failures, found.summary.errors, found.summary.skipped)
    assert (*summed, found.summary.passed) == (6, 1, 1, 1, 3)


async def test_no_tests_leave_no_summary(tmp_path: Path) -> None:
    """Where nothing was tested, the summary is absent rather than zero."""
    assert of(await ended(tmp_path, "do first", {})).summary is None


async def test_a_persons_word_counts_more_than_a_missing_result(tmp_path: Path) -> None:
    """A task whose unknown outcome somebody resolved as done is a success, without the error it stood with."""
    view = await ended(tmp_path, "do first", {"first": [ToolResult("failed", 1, error_message="lost")]})
    [call] = of(view, status="completed").tool_calls
    assert (call.status, call.error_message) == ("success", None)


async def test_the_document_has_one_spelling_and_names_its_schema(tmp_path: Path) -> None:
    """The stored form is canonical JSON, reads back to the same evidence, and says what and where it ran."""
    view = await ended(tmp_path, "do first", {})
    found = of(view)
    document = found.document()
    data = json.loads(document)
    assert canonical(parse(document)) == document
    assert Evidence.model_validate(data) == found
    assert data["$schema"] == "urn:sayso:schema:evidence:v1"
    assert (data["run_id"], data["plan_digest"], data["revision"]) == (view.plan.id, view.plan.digest, 1)
    assert data["environment"] == {"platform_info": "linux-x86_64", "python_version": "3.12.1"}
    assert data["repro"] == WORLD
    assert "do first" not in document


async def test_the_stored_document_is_the_one_that_was_judged(tmp_path: Path) -> None:
    """The database keeps the document by its hash."""
    async with open_world(tmp_path) as world:
        plan = await world.plan("do first")
        await world.vote(plan)
        await world.end(plan)
        [stored] = await world.sayso.store.find(EvidenceRecord, {"plan_id": plan.id})
    assert stored.sha256 == hashlib.sha256(stored.document.encode()).hexdigest()
    assert json.loads(stored.document)["run_id"] == plan.id


async def test_limits_are_those_of_the_plan(tmp_path: Path) -> None:
    """The bounds that stand in the evidence are the largest of the plan's tasks."""
    view = await ended(tmp_path, "do first and do second", {}, retries=2)
    content: PlanContent = view.content
    limits = of(view).governance["policy_limits"]
    assert limits == {"timeout_s": max(task.timeout_seconds for task in content.tasks), "max_retries": 2}
