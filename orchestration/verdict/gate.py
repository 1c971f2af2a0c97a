"""PASS or FAIL on what a run produced. Risk was judged before the approval; here only evidence counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestration.policy import JUnitRule, Policy
from orchestration.ports import ToolResult
from orchestration.records import VerdictName
from orchestration.verdict.evidence import Evidence, ToolCall

SHOWN_OF_AN_ERROR = 100
"""Characters."""


@dataclass(frozen=True, slots=True)
class GateResult:
    """The verdict, why, and which rules said so."""

    decision: VerdictName
    reason: str
    triggered_rules: tuple[str, ...]


def judge(evidence: Evidence, policy: Policy) -> GateResult:
    """Apply the gate's rules in order; the first that has something to judge decides."""
    if evidence.summary and evidence.summary.tests > 0:
        return _judge_tests(evidence, policy)
    if evidence.tool_calls:
        return _judge_calls(evidence.tool_calls, policy)
    return GateResult("FAIL", "Nothing was executed, so there is nothing to judge.", ("no_execution_data",))


def tolerated(result: ToolResult, rule: JUnitRule) -> ToolResult:
    """Return a run of tests as a success where no more failed than the policy's rule allows for."""
    found = result.metrics
    if result.status != "failed" or not found.get("tests") or found.get("refused"):
        return result
    if found.get("failures", 0) > rule.max_failures or found.get("errors", 0) > rule.max_errors:
        return result
    return replace(result, status="success", error_message="")


def _judge_tests(evidence: Evidence, policy: Policy) -> GateResult:
    found, rule = evidence.summary, policy.junit_pass_rule
    assert found is not None
    passed = found.failures <= rule.max_failures and found.errors <= rule.max_errors
    failing = [call for call in evidence.tool_calls if call.status not in ("success", "failed")]
    if passed and not failing:
        return GateResult("PASS", f"{found.tests} tests, {found.passed} passed.", ("junit_all_passed",))
    reason = f"{found.tests} tests, {found.failures} failed, {found.errors} with errors."
    return GateResult("FAIL", reason, ("junit_has_failures",))


def _judge_calls(calls: Sequence[ToolCall], policy: Policy) -> GateResult:
    bad = [call for call in calls if call.status != "success"]
    if not bad:
        return GateResult("PASS", f"{len(calls)} of {len(calls)} succeeded.", ("all_tools_succeeded",))
    if not policy.fallback_rule.require_all_tools_success:
        return GateResult("PASS", f"{len(bad)} of {len(calls)} did not succeed.", ("fallback_no_strict_check",))
    named = "; ".join(f"{call.operation}: {_beginning(call.error_message or call.status)}" for call in bad)
    return GateResult("FAIL", f"{len(bad)} of {len(calls)} failed: {named}", ("tool_execution_failed",))


def _beginning(text: str) -> str:
    return text if len(text) <= SHOWN_OF_AN_ERROR else f"{text[:SHOWN_OF_AN_ERROR]}…"
