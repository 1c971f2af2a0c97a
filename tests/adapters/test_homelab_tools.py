"""Tests and logs in the shipped example, all the way: asked for, approved, run, judged by their report, read again."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.evidence_files import evidence_path
from orchestration.ports import ToolResult
from orchestration.views import View
from tests.support.homelab import SHIPPED, Homelab, read
from tests.support.world import Owner, World, open_world


@asynccontextmanager
async def open_homelab(folder: Path, **rule: int) -> AsyncIterator[World]:
    """Run a Sayso on a copy of the example, with its own tools; `rule` says how many tests may fail."""
    shutil.copytree(SHIPPED / "workspace", folder / "workspace")
    policy = {**read("policy.yml"), "junit_pass_rule": {"max_failures": 0, "max_errors": 0, **rule}}
    async with open_world(folder, Owner(read("catalogue.yml"), policy, read("people.yml")), real=True) as world:
        yield world


async def done(world: World, text: str) -> View:
    """Ask, have Ben say yes where somebody has to, and return how it ended."""
    plan = await world.plan(text)
    if plan.status == "pending_approval":
        await world.vote(plan)
    return await world.end(plan)


def evidence(world: World, view: View) -> dict[str, object]:
    """Return the evidence as it lies beside the artifacts."""
    found: dict[str, object] = json.loads(evidence_path(world.home.artifacts, view.plan.id).read_text())
    return found


@pytest.mark.slow
async def test_tests_that_pass_pass_the_gate(tmp_path: Path) -> None:
    """Four tests that pass end as PASS by their report, which is in the evidence with its counts."""
    async with open_homelab(tmp_path) as world:
        view = await done(world, "run the sample tests")
        assert (view.plan.status, view.plan.verdict, view.plan.reason) == ("completed", "PASS", "4 tests, 4 passed.")
        found = evidence(world, view)
        [report] = [one for one in found["artifacts"] if one["type"] == "junit_xml"]
        assert (world.home.attempts / report["path"]).read_text().count("<testcase") == 4
        assert {**found["summary"], "time_ms": 0} == {
            "tests": 4, "failures": 0, "errors": 0, "skipped": 0, "time_ms": 0,
        }  # fmt: skip
        events = await world.sayso.orchestrator.views.events(view.plan.id)
        assert "junit_all_passed" in next(event.body for event in events if event.name == "plan.finished")


@pytest.mark.slow
async def test_a_failing_test_fails_the_plan_by_its_rule(tmp_path: Path) -> None:
    """One test of three fails: the plan ends as FAIL, and the record names the rule, the report the test."""
    async with open_homelab(tmp_path) as world:
        view = await done(world, "run the with_failure tests")
        assert (view.plan.status, view.plan.verdict) == ("failed", "FAIL")
        assert view.plan.reason == "3 tests, 1 failed, 0 with errors."
        [task] = view.tasks
        assert task.error_message == "1 of 3 tests failed: tests.with_failure.test_shelf::test_there_is_a_spare_disk."
        events = await world.sayso.orchestrator.views.events(view.plan.id)
        assert "junit_has_failures" in next(event.body for event in events if event.name == "plan.finished")


@pytest.mark.slow
async def test_as_many_tests_may_fail_as_the_owner_says(tmp_path: Path) -> None:
    """Where the policy lets one test fail, a run with one failure has completed and passes; the report says all."""
    async with open_homelab(tmp_path, max_failures=1) as world:
        view = await done(world, "run all tests")
        assert (view.plan.status, view.plan.verdict, view.plan.reason) == ("completed", "PASS", "7 tests, 6 passed.")


@pytest.mark.slow
async def test_the_logs_of_a_plan_are_fetched_by_its_code(tmp_path: Path) -> None:
    """What a plan printed can be asked for by its code, by whoever may ask, without anybody's vote."""
    async with open_homelab(tmp_path) as world:
        echoed = await done(world, "echo blue door")
        view = await done(world, f"show the logs of {echoed.plan.code.lower()}")
        assert (view.plan.status, view.plan.verdict) == ("completed", "PASS")
        result = json.loads(view.attempts[0].result)
        assert result["output"].splitlines() == ["echo: stdout.log", "  Echo: blue door"]


async def test_a_preview_lists_the_tests(tmp_path: Path) -> None:
    """A preview of the tests names each of them and runs none."""
    homelab = Homelab(tmp_path)
    result: ToolResult = await homelab.run("run_tests", "preview", suite="with_failure")
    assert result.output.splitlines()[:3] == [
        f"tests/with_failure/test_shelf.py::{name}"
        for name in ("test_the_router_is_on_top", "test_nothing_is_there_twice", "test_there_is_a_spare_disk")
    ]
    assert result.metrics == {}
