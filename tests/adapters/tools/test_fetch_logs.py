"""The tool `fetch_logs` reads what ended plans left, no more than that, and only what still is as it was recorded."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.evidence_files import lay_down
from adapters.stored_logs import StoredLogs
from adapters.tools.artifact_file import write_artifact
from adapters.tools.fetch_logs import FetchLogsTool
from orchestration.errors import InvalidRequest
from orchestration.ports import Artifact, Tool, ToolResult
from orchestration.records import EvidenceRecord
from tests.support.attempts import Bench, job

PLAN, CODE = "01a1fcda-3b75-7f3f-b4c5-27b73d51c195", "7K2MQ4"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A home with one ended plan in it: two attempts at one task, and one at another."""
    bench = Bench(tmp_path)
    artifacts = [
        left(bench, "t1", "stdout.log", "first try\n"),
        left(bench, "t2", "stdout.log", "one\ntwo\nthree\n"),
        left(bench, "t2", "stderr.log", "token=abcdef123456 was printed\n"),
        left(bench, "t3", "junit.xml", "<testsuites/>\n", "application/xml"),
        left(bench, "t3", "picture.png", "no text", "image/png"),
    ]
    end(bench, artifacts, [{"attempt_id": "t2", "operation": "deploy"}, {"attempt_id": "t3", "operation": "test"}])
    return bench


def left(bench: Bench, attempt: str, name: str, text: str, mime: str = "text/plain") -> Artifact:
    """Leave a file of an attempt."""
    folder = bench.attempts / attempt
    folder.mkdir(parents=True, exist_ok=True)
    return write_artifact(folder, name, text, mime)


def end(bench: Bench, artifacts: list[Artifact], calls: list[dict[str, str]]) -> None:
    """Write the evidence of a plan that has ended."""
    listed = [{"path": one.path, "mime": one.mime, "sha256": one.sha256} for one in artifacts]
    document = json.dumps({"plan_code": CODE, "tool_calls": calls, "artifacts": listed})
    lay_down(bench.home / "artifacts", EvidenceRecord(PLAN, "0" * 64, document, "now"))


async def fetch(bench: Bench, plan: str = CODE, **said: Any) -> ToolResult:
    """Fetch logs of a plan."""
    tool: Tool = FetchLogsTool(bench.supervised, StoredLogs(bench.home / "artifacts", bench.attempts))
    return await tool.run(job(instructions={"plan": plan, **said}), lambda _news: None)


@pytest.mark.parametrize("plan", [CODE, "7k2mq4", PLAN, PLAN.upper()])
async def test_all_that_a_plan_left_is_shown(bench: Bench, plan: str) -> None:
    """A plan is found by code and by id; its texts come in the order of its attempts, and what is no text does not."""
    result = await fetch(bench, plan)
    assert (result.status, result.exit_code) == ("success", 0)
    assert result.output.splitlines() == [
        "an earlier try: stdout.log", "  first try",
        "deploy: stdout.log", "  one", "  two", "  three",
        "deploy: stderr.log", "  token=[redacted] was printed",
        "test: junit.xml", "  <testsuites/>",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ({"log": "output", "limit": 1}, ["an earlier try: stdout.log", "  first try", "deploy: stdout.log", "  three"]),
        ({"log": "junit"}, ["test: junit.xml", "  <testsuites/>"]),
        ({"log": "errors"}, ["deploy: stderr.log", "  token=[redacted] was printed"]),
    ],
)
async def test_one_kind_and_the_last_lines(bench: Bench, said: dict[str, Any], lines: list[str]) -> None:
    """One kind of log can be asked for, and of each the last lines; all of it is an artifact too."""
    result = await fetch(bench, **said)
    assert result.output.splitlines() == lines
    [artifact] = result.artifacts
    assert (bench.attempts / artifact.path).read_text().splitlines() == lines


@pytest.mark.parametrize("plan", ["7K2MQ5", PLAN.replace("0", "1"), "../attempts", "", ".", "artifacts/7K2MQ4"])
async def test_an_unknown_plan_is_said_to_be_unknown(bench: Bench, plan: str) -> None:
    """A plan that left nothing here, or no plan at all, fails with what to do; no other path is looked at."""
    result = await fetch(bench, plan)
    assert result.status == "failed"
    assert result.error_message.startswith(f"There are no logs of a plan «{plan}» here.")


async def test_a_kind_that_was_not_left_is_said(bench: Bench) -> None:
    """Where a plan left nothing of a kind, that is said and not shown as nothing."""
    result = await fetch(bench, log="changes")
    assert (result.status, result.error_message) == ("failed", f"Plan {CODE} left no changes.")


async def test_a_log_that_is_another_by_now_is_not_shown(bench: Bench) -> None:
    """A file that was changed, removed or replaced by a link since is named, and its content is not shown."""
    secret = bench.home / "secret"
    secret.write_text("correct-horse")
    (bench.attempts / "t1/stdout.log").write_text("forged\n")
    (bench.attempts / "t2/stdout.log").unlink()
    (bench.attempts / "t2/stderr.log").unlink()
    (bench.attempts / "t2/stderr.log").symlink_to(secret)
    output = (await fetch(bench)).output
    assert "[it is not what was recorded any more, so it is not shown]" in output
    assert "[it cannot be read: No such file or directory]" in output
    assert "forged" not in output
    assert "correct-horse" not in output


async def test_evidence_leads_nowhere_else(bench: Bench) -> None:
    """A path that is not a file of an attempt is not followed, whatever the evidence says."""
    (bench.home / "secret").write_text("correct-horse")
    paths = ["../secret", "/etc/passwd", "t1/../../secret", ".", "t1/sub/x"]
    end(bench, [Artifact("log", path, "text/plain", 1, "0" * 64) for path in paths], [])
    assert (await fetch(bench)).error_message == f"Plan {CODE} left no logs."


@pytest.mark.parametrize("said", [{"log": "passwords"}, {"limit": 0}, {"limit": 1001}, {"limit": "9"}, {"limit": True}])
async def test_what_is_no_log_or_number_is_refused(bench: Bench, said: dict[str, Any]) -> None:
    """Kinds and numbers of lines that are none are refused."""
    with pytest.raises(InvalidRequest):
        await fetch(bench, **said)


async def test_reading_leaves_nothing_to_settle(bench: Bench) -> None:
    """A read that was interrupted has done nothing, and may be done again."""
    tool = FetchLogsTool(bench.supervised, StoredLogs(bench.home / "artifacts", bench.attempts))
    assert (await tool.settle(job())).state == "never_started"
    assert tool.missing() is None
