"""The tool `command` runs what was declared, from what was approved, one argument at a time."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.tools.command import CommandTool
from orchestration.errors import ChangedSinceApproval, InvalidRequest
from orchestration.ports import Job, Progress, Tool, ToolResult
from tests.support.attempts import Bench, job, until_in_loop


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A workspace with a script in it."""
    bench = Bench(tmp_path)
    script = bench.workspace / "bin" / "say.sh"
    script.parent.mkdir()
    script.write_text('#!/bin/sh\nfor one in "$@"; do echo "<$one>"; done\n')
    script.chmod(0o755)
    return bench


def command(argv: list[Any], **changes: Any) -> Job:
    """Return a job that runs this."""
    return job(instructions={"argv": argv}, **changes)


async def run(bench: Bench, this: Job, progress: Callable[[Progress], None] = lambda _news: None) -> ToolResult:
    """Run a job by the tool."""
    tool: Tool = CommandTool(bench.supervised)
    return await tool.run(this, progress)


def script_hash(bench: Bench) -> dict[str, str]:
    """Return what was approved."""
    return {"bin/say.sh": hashlib.sha256((bench.workspace / "bin" / "say.sh").read_bytes()).hexdigest()}


async def test_each_argument_stays_one_argument(bench: Bench) -> None:
    """Spaces, shell signs and line ends in a value reach the program as they are; numbers become text."""
    argv = ["printf", "<%s>", "a b", "; touch made", "$(touch made)", "*", 'q"', 5, True]
    result = await run(bench, command(argv))
    assert result.status == "success"
    assert result.output == '<a b><; touch made><$(touch made)><*><q"><5><True>'
    assert not (bench.workspace / "made").exists()


async def test_an_approved_script_is_run_from_its_copy(bench: Bench) -> None:
    """A program or argument that names an approved file means the copy that cannot change any more."""
    files = script_hash(bench)
    workspace = str(bench.workspace)
    argv = ["./bin/say.sh", "bin/say.sh", f"{workspace}/bin/say.sh", "other.sh"]
    result = await run(bench, command(argv, files=files))
    copy = bench.attempts / "a1" / "files" / "bin" / "say.sh"
    assert result.output.splitlines() == [f"<{copy}>", f"<{copy}>", "<other.sh>"]


async def test_a_changed_script_does_not_run(bench: Bench) -> None:
    """A script that is not what was approved does not run."""
    this = command(["bin/say.sh"], files=script_hash(bench))
    (bench.workspace / "bin" / "say.sh").write_text("#!/bin/sh\ntouch made\n")
    with pytest.raises(ChangedSinceApproval, match=r"bin/say\.sh"):
        await run(bench, this)
    assert not (bench.workspace / "made").exists()


async def test_the_workspace_is_where_it_runs(bench: Bench) -> None:
    """A command runs in the workspace, with keys by which it can make itself idempotent."""
    shown = await run(bench, command(["pwd"]))
    assert shown.output == str(bench.workspace)
    result = await run(bench, command(["env"], attempt_id="a2", number=3))
    assert {"SAYSO_ATTEMPT_KEY=task-1:3", "SAYSO_TASK_KEY=task-1"} <= set(result.output.splitlines())


async def test_a_preview_runs_what_it_is_given(bench: Bench) -> None:
    """A job of kind preview comes with its own instructions, and runs like any other."""
    result = await run(bench, command(["echo", "would do it"], kind="preview"))
    assert result.output == "would do it"


@pytest.mark.parametrize("argv", [[], "echo hello", None, ["echo", "a\0b"]])
async def test_what_is_no_list_of_arguments_is_refused(bench: Bench, argv: Any) -> None:
    """A shell line, nothing, or an argument with a NUL is refused before anything starts."""
    with pytest.raises(InvalidRequest):
        await run(bench, command(argv))
    assert not list(bench.attempts.glob("*/started"))


async def test_progress_is_what_it_prints(bench: Bench) -> None:
    """Lines are told as steps, cut to what one reads, and not more often than people read."""
    told: list[Progress] = []
    (bench.workspace / "many.sh").write_text("yes 'step one' | head -n 2000; sleep 0.3; printf '%0500d\\n' 7")
    await run(bench, command(["sh", "many.sh"]), told.append)
    assert told[0] == Progress("a1", 0, 0, "step one")
    assert 2 <= len(told) < 100
    assert max(len(news.step) for news in told) <= 200


async def test_cancelling_and_settling_reach_the_process(bench: Bench) -> None:
    """A cancelled command is dead, and settling it says how it ended."""
    tool = CommandTool(bench.supervised)
    this = command(["sh", "slow.sh"])
    (bench.workspace / "slow.sh").write_text("touch ready; sleep 60")
    running = asyncio.ensure_future(tool.run(this, lambda _news: None))
    await until_in_loop((bench.workspace / "ready").exists)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    remains = await tool.settle(this)
    assert remains.result is not None
    assert (remains.state, remains.result.status) == ("ended", "cancelled")


def test_it_is_never_missing(bench: Bench) -> None:
    """Running programs needs nothing to be installed."""
    assert CommandTool(bench.supervised).missing() is None
