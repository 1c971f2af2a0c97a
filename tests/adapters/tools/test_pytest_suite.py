"""The tool `pytest` runs approved tests, counts them, and believes no success without a sound report."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from adapters.tools.pytest_suite import PytestTool
from adapters.workspace import Workspace
from orchestration.errors import InvalidRequest
from orchestration.ports import Job, Progress, Tool, ToolResult
from tests.support.attempts import Bench, job, until_in_loop

PASSING = "def test_one():\n    assert True\n\n\ndef test_two():\n    assert True\n"
FAILING = "def test_three():\n    assert 1 == 2\n"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A workspace with tests in it."""
    bench = Bench(tmp_path, {"SAYSO_SECRET_DOOR": "correct-horse-battery"})
    write(bench, "tests/good/test_good.py", PASSING)
    write(bench, "tests/bad/test_bad.py", PASSING + "\n\n" + FAILING)
    return bench


def write(bench: Bench, name: str, text: str) -> None:
    """Write a file of the workspace."""
    file = bench.workspace / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


async def suite(bench: Bench, path: str, files: str = "tests/**", **changes: Any) -> Job:
    """Return a job that runs these tests."""
    approved = await Workspace(bench.workspace).fingerprint([files])
    extra = changes.pop("with_", {})
    return job(**{"instructions": {"path": path, **extra}, "files": approved, **changes})


async def run(bench: Bench, this: Job, told: list[Progress] | None = None) -> ToolResult:
    """Run a job by the tool."""
    tool: Tool = PytestTool(bench.supervised)
    return await tool.run(this, (told if told is not None else []).append)


async def test_tests_that_pass_are_counted(bench: Bench) -> None:
    """A suite that passes is a success with its counts and report, and leaves nothing in the workspace."""
    before = sorted(bench.workspace.rglob("*"))
    told: list[Progress] = []
    result = await run(bench, await suite(bench, "tests/good"), told)
    assert (result.status, result.exit_code, result.error_message) == ("success", 0, "")
    assert {**result.metrics, "time_ms": 0} == {"tests": 2, "failures": 0, "errors": 0, "skipped": 0, "time_ms": 0}
    assert [(artifact.type, artifact.path) for artifact in result.artifacts] == [
        ("junit_xml", "a1/junit.xml"),
        ("log", "a1/stdout.log"),
    ]
    assert [(news.done, news.total) for news in told] == [(1, 2), (2, 2)]
    assert told[0].step == "tests/good/test_good.py::test_one"
    assert sorted(bench.workspace.rglob("*")) == before


async def test_a_test_that_fails_is_named(bench: Bench) -> None:
    """A suite with a failure has failed, says how many and which, and keeps its counts and report."""
    result = await run(bench, await suite(bench, "tests", with_={"only": "bad"}))
    assert (result.status, result.exit_code) == ("failed", 1)
    assert result.error_message == "1 of 3 tests failed: tests.bad.test_bad::test_three."
    assert (result.metrics["tests"], result.metrics["failures"]) == (3, 1)
    assert "FAILED tests/bad/test_bad.py::test_three - assert 1 == 2" in result.output
    assert result.artifacts[0].type == "junit_xml"


async def test_a_preview_lists_and_runs_nothing(bench: Bench) -> None:
    """A preview names the tests that would run, and runs none of them."""
    write(bench, "tests/good/test_mark.py", "def test_it():\n    open('ran', 'w').close()\n")
    result = await run(bench, await suite(bench, "tests/good", kind="preview"))
    assert (result.status, result.metrics) == ("success", {})
    assert "tests/good/test_mark.py" in result.output
    assert not list(bench.home.rglob("ran"))


async def test_markers_choose(bench: Bench) -> None:
    """An expression of markers chooses among the tests."""
    marked = "import pytest\n\n\n@pytest.mark.quick\ndef test_quick():\n    pass\n\n\ndef test_slow():\n    pass\n"
    write(bench, "tests/good/test_marked.py", marked)
    write(bench, "tests/pytest.ini", "")
    write(bench, "pytest.ini", "[pytest]\nmarkers = quick\n")
    this = await suite(bench, "tests", files="**/*", with_={"only": "good", "markers": "quick and not slow"})
    assert (await run(bench, this)).metrics["tests"] == 1


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("test_none.py", "", "No test was found (exit code 5)."),
        ("test_syntax.py", "def test_(:", "The tests could not be read, so they did not run (exit code 2)."),
        (
            "test_gone.py",
            "import os\n\n\ndef test_gone():\n    os._exit(0)\n",
            "pytest ended, but its report is not there",
        ),
        ("test_killed.py", "import os\n\n\ndef test_k():\n    os.kill(os.getpid(), 9)\n", "It was ended by signal 9"),
    ],
)
async def test_what_did_not_go_through_is_no_success(bench: Bench, name: str, text: str, message: str) -> None:
    """No tests, unreadable tests, and a run that ends before its report fail with a sentence and without counts."""
    write(bench, f"tests/odd/{name}", text)
    result = await run(bench, await suite(bench, "tests/odd"))
    assert result.status == "failed"
    assert result.error_message.startswith(message)
    assert result.metrics == {}


async def test_a_report_with_entities_is_not_believed(bench: Bench) -> None:
    """Tests that replace their report by one that would fill the memory make their run fail, at once."""
    bomb = '<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]><testsuite tests="9">&d;</testsuite>'
    hook = "import atexit, os, pathlib, sys\n\n"
    hook += "path = next(a for a in sys.argv if a.startswith('--junitxml=')).removeprefix('--junitxml=')\n"
    hook += f"atexit.register(lambda: pathlib.Path(path).write_text({bomb!r}))\n"
    write(bench, "tests/good/conftest.py", hook)
    result = await run(bench, await suite(bench, "tests/good"))
    assert result.status == "failed"
    assert result.error_message.startswith("pytest ended, but its report has a document type")
    assert b"DOCTYPE" not in (bench.attempts / "a1" / "stdout.log").read_bytes()
    assert not (bench.attempts / "a1" / "report.xml").exists()


async def test_secrets_stay_out_of_report_and_output(bench: Bench) -> None:
    """A test that shows a secret shows it to nobody: neither report nor log has it."""
    write(bench, "tests/bad/test_leak.py", "import os\n\n\ndef test_leak():\n    assert os.environ['DOOR'] == 'x'\n")
    result = await run(bench, await suite(bench, "tests/bad/test_leak.py", secrets={"DOOR": "door"}))
    assert result.metrics["failures"] == 1
    assert "[redacted]" in (bench.attempts / "a1" / "junit.xml").read_text()
    assert b"correct-horse" not in bench.seen_on_disk()


async def test_settings_above_the_tests_are_not_read(bench: Bench) -> None:
    """Settings of a folder around the home have no say, nor do files that were not approved."""
    (bench.home / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (bench.home / "conftest.py").write_text("raise SystemExit(9)\n")
    write(bench, "tests/good/conftest.py", "raise SystemExit(9)\n")
    result = await run(bench, await suite(bench, "tests/good", files="tests/good/test_*.py"))
    assert result.status == "success"


@pytest.mark.parametrize(
    "instructions",
    [
        {"path": "tests/none"},
        {"path": "../tests"},
        {"path": "tests/../../x"},
        {"path": "/etc"},
        {"path": "-ptests"},
        {"path": "tests", "only": "../.."},
        {"path": "tests", "markers": "--pdb"},
        {"path": "tests", "markers": ["x"]},
        {},
    ],
)
async def test_what_is_not_approved_does_not_run(bench: Bench, instructions: dict[str, Any]) -> None:
    """A path that is not among the approved files, or markers that are none, are refused before anything starts."""
    this = await suite(bench, "tests/good", instructions=instructions)
    with pytest.raises(InvalidRequest):
        await run(bench, this)
    assert not list(bench.attempts.glob("*/started"))


async def test_cancelling_ends_the_tests(bench: Bench) -> None:
    """Cancelled tests are dead, and settling them says so."""
    slow = "import pathlib, time\n\n\ndef test_slow():\n    pathlib.Path('{}').touch()\n    time.sleep(60)\n"
    ready = bench.home / "ready"
    write(bench, "tests/good/test_slow.py", slow.format(ready))
    this = await suite(bench, "tests/good/test_slow.py")
    tool = PytestTool(bench.supervised)
    running = asyncio.ensure_future(tool.run(this, lambda _news: None))
    await until_in_loop(ready.exists)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    remains = await tool.settle(this)
    assert remains.result is not None
    assert (remains.state, remains.result.status, remains.result.metrics) == ("ended", "cancelled", {})


async def test_a_run_of_an_earlier_process_is_told_the_same(bench: Bench) -> None:
    """Whoever settles an attempt that ended reads its report as `run` did, also a second time."""
    this = await suite(bench, "tests/bad")
    result = await run(bench, this)
    for _ in range(2):
        remains = await PytestTool(bench.supervised).settle(this)
        assert (remains.state, remains.result) == ("ended", result)


async def test_an_unredacted_report_does_not_stay(bench: Bench) -> None:
    """The report of a run whose launcher was killed is taken away when it is settled: nobody has redacted it."""
    this = await suite(bench, "tests/good")
    bench.supervised.folder(this)
    bench.folder().write("started", {})
    (bench.attempts / "a1/report.xml").write_text("<testsuites/>")
    assert (await PytestTool(bench.supervised).settle(this)).state == "killed"
    assert not (bench.attempts / "a1/report.xml").exists()


def test_nothing_is_missing_where_pytest_is_installed(bench: Bench) -> None:
    """Whoever runs these tests can run tests."""
    assert PytestTool(bench.supervised).missing() is None
