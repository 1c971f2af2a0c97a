"""The gate: tests count first, then what the tools said, and nothing at all is no pass."""

from typing import Any

import pytest

from orchestration.policy import FallbackRule, JUnitRule, Policy
from orchestration.ports import ToolResult
from orchestration.verdict.evidence import Evidence, EvidenceSummary, ToolCall
from orchestration.verdict.gate import judge, tolerated

STRICT = Policy.model_validate({"version": "1", "ask": [], "approvals": []})
LAX = STRICT.model_copy(update={"fallback_rule": FallbackRule(require_all_tools_success=False)})


def call(status: str = "success", **changes: Any) -> ToolCall:
    """Return one tool call that ended so."""
    plain: dict[str, Any] = {
        "tool_name": "command", "operation": "echo", "task_id": "t", "attempt_id": "a", "attempt": 1,
        "agent_id": "infra-1", "status": status, "duration_ms": 1, "exit_code": 0, "error_message": None,
        "changes": [], "metrics": {},
    }  # fmt: skip
    return ToolCall(**{**plain, **changes})


def evidence(*calls: ToolCall, **tests: int) -> Evidence:
    """Return evidence of these calls and test results."""
    return Evidence(
        run_id="p", plan_code="7K2MQ4", input_nl="r", plan_digest="d", revision=1, environment={},
        tool_calls=list(calls), artifacts=[], summary=EvidenceSummary(**tests) if tests else None, repro={},
        governance={}, collected_at="now",
    )  # fmt: skip


def tolerant(failures: int = 0, errors: int = 0) -> Policy:
    """Return a policy that lets so many tests fail or break."""
    return STRICT.model_copy(update={"junit_pass_rule": JUnitRule(max_failures=failures, max_errors=errors)})


@pytest.mark.parametrize(
    ("tests", "policy", "decision"),
    [
        ({"tests": 4}, STRICT, "PASS"),
        ({"tests": 4, "skipped": 4}, STRICT, "PASS"),
        ({"tests": 4, "failures": 1}, STRICT, "FAIL"),
        ({"tests": 4, "errors": 1}, STRICT, "FAIL"),
        ({"tests": 4, "failures": 1}, tolerant(failures=1), "PASS"),
        ({"tests": 4, "failures": 2}, tolerant(failures=1), "FAIL"),
        ({"tests": 4, "errors": 1}, tolerant(failures=9), "FAIL"),
        ({"tests": 4, "failures": 1, "errors": 1}, tolerant(1, 1), "PASS"),
    ],
)
def test_tests_pass_within_their_bounds(tests: dict[str, int], policy: Policy, decision: str) -> None:
    """Where there are tests, failures and errors each have to stay within the owner's bound."""
    found = judge(evidence(call("success"), **tests), policy)
    rule = "junit_all_passed" if decision == "PASS" else "junit_has_failures"
    assert (found.decision, found.triggered_rules) == (decision, (rule,))
    assert found.reason.startswith("4 tests, ")


def test_the_reason_counts_the_tests() -> None:
    """A pass says how many passed, a failure how many failed and broke."""
    assert judge(evidence(tests=5, skipped=2), STRICT).reason == "5 tests, 3 passed."
    assert judge(evidence(tests=5, failures=2, errors=1), STRICT).reason == "5 tests, 2 failed, 1 with errors."


def test_tests_count_before_the_tool_that_ran_them() -> None:
    """A test run ends with an exit code of its own; within the bounds its tests pass all the same."""
    assert judge(evidence(call("failed", exit_code=1), tests=4, failures=1), tolerant(failures=1)).decision == "PASS"


@pytest.mark.parametrize("status", ["timeout", "cancelled", "unknown"])
def test_a_run_that_was_cut_off_is_no_pass(status: str) -> None:
    """Tests that passed before a run was cut off do not speak for those that never ran."""
    found = judge(evidence(call(status), tests=4), STRICT)
    assert (found.decision, found.triggered_rules) == ("FAIL", ("junit_has_failures",))


def test_no_tests_is_no_test_result() -> None:
    """A run that found no test is judged by its tools, as one that has none."""
    assert judge(evidence(call("success"), tests=0), STRICT).triggered_rules == ("all_tools_succeeded",)


def test_every_tool_has_to_succeed() -> None:
    """Without tests a run passes when every call did."""
    found = judge(evidence(call(), call()), STRICT)
    assert (found.decision, found.triggered_rules) == ("PASS", ("all_tools_succeeded",))
    assert "2" in found.reason


@pytest.mark.parametrize("status", ["failed", "timeout", "cancelled", "unknown"])
def test_one_that_did_not_fails_the_run_and_is_named(status: str) -> None:
    """Any other end than success fails a strict gate, which names the operation and the beginning of its error."""
    bad = call(status, operation="deploy_kuma", error_message="no disk " + "x" * 200)
    found = judge(evidence(call(), bad), STRICT)
    assert (found.decision, found.triggered_rules) == ("FAIL", ("tool_execution_failed",))
    assert found.reason == f"1 of 2 failed: deploy_kuma: no disk {'x' * 92}…"


def test_a_failure_without_words_is_named_by_its_status() -> None:
    """Where a tool said nothing, its status stands in."""
    assert judge(evidence(call("timeout")), STRICT).reason == "1 of 1 failed: echo: timeout"


def test_an_owner_may_let_tools_fail() -> None:
    """The lax rule passes whatever the tools said, and says how many did not succeed."""
    found = judge(evidence(call(), call("failed")), LAX)
    assert (found.decision, found.triggered_rules) == ("PASS", ("fallback_no_strict_check",))
    assert found.reason == "1 of 2 did not succeed."
    assert judge(evidence(call()), LAX).triggered_rules == ("all_tools_succeeded",)


@pytest.mark.parametrize("policy", [STRICT, LAX, tolerant(9, 9)])
def test_nothing_executed_is_no_pass(policy: Policy) -> None:
    """A run that produced nothing fails, whatever the policy allows."""
    found = judge(evidence(), policy)
    assert (found.decision, found.triggered_rules) == ("FAIL", ("no_execution_data",))


@pytest.mark.parametrize(
    ("metrics", "policy", "status"),
    [
        ({"tests": 4, "failures": 1}, STRICT, "failed"),
        ({"tests": 4, "failures": 1}, tolerant(failures=1), "success"),
        ({"tests": 4, "failures": 2}, tolerant(failures=1), "failed"),
        ({"tests": 4, "errors": 1}, tolerant(failures=1), "failed"),
        ({"tests": 4, "failures": 1, "refused": 1}, tolerant(failures=1), "failed"),
        ({}, tolerant(9, 9), "failed"),
    ],
)
def test_failing_tests_within_the_bounds_fail_no_task(metrics: dict[str, int], policy: Policy, status: str) -> None:
    """A run of tests that the owner's bounds let pass has not failed; anything else that failed has."""
    result = ToolResult("failed", 1, error_message="1 of 4 tests failed.", metrics=metrics)
    assert tolerated(result, policy.junit_pass_rule).status == status
