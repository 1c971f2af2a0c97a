"""What the launcher promises for one attempt: its end on record, nothing left alive, nothing secret written."""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from adapters.tools.attempt_folder import RESULT
from orchestration.errors import Conflict
from tests.support.attempts import Bench, is_dead, job, until, until_in_loop

ESCAPES = "setsid sh -c 'trap \"\" TERM HUP; echo $$ > child; sleep 30; touch late' & "
"""Part of a script: a child that leaves the process group, ignores SIGTERM, and would do something later."""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A place to try attempts."""
    return Bench(tmp_path)


def nothing_comes_late(bench: Bench) -> None:
    """Fail when the escaped child is alive, or has done what it was to do."""
    assert is_dead(bench.pid("child"))
    assert not (bench.workspace / "late").exists()


def is_free(bench: Bench) -> bool:
    """Whether the attempt's lock can be taken."""
    if (lock := bench.folder().lock()) is not None:
        os.close(lock)
    return lock is not None


async def test_success_is_recorded_with_its_output(bench: Bench) -> None:
    """A tool that ends with 0 is a success, its lines are passed on as they come, and its logs are artifacts."""
    result = await bench.shell("echo one; echo two >&2; echo three")
    assert (result.status, result.exit_code, result.error_message) == ("success", 0, "")
    assert [text for stream, text in bench.lines if stream == "stdout"] == ["one", "three"]
    assert ("stderr", "two") in bench.lines
    assert sorted(result.output.split()) == ["one", "three", "two"]
    log = (bench.attempts / "a1" / "stdout.log").read_bytes()
    assert log == b"one\nthree\n"
    assert [(a.type, a.path, a.mime, a.size) for a in result.artifacts] == [
        ("log", "a1/stdout.log", "text/plain", 10),
        ("log", "a1/stderr.log", "text/plain", 4),
    ]
    assert result.artifacts[0].sha256 == hashlib.sha256(log).hexdigest()


async def test_the_record_says_when(bench: Bench) -> None:
    """The record on disk has times in UTC and how long the tool took."""
    result = await bench.shell("sleep 0.2")
    record = bench.folder().read(RESULT) or {}
    began, ended = (datetime.fromisoformat(str(record[key])) for key in ("started_at", "ended_at"))
    assert str(record["started_at"]).endswith("Z")
    assert began <= ended
    assert 200 <= result.duration_ms < 10_000


async def test_failure_has_its_exit_code(bench: Bench) -> None:
    """A tool that ends otherwise is a failure that tells its exit code; an empty log is no artifact."""
    result = await bench.shell("exit 3")
    assert (result.status, result.exit_code, result.artifacts) == ("failed", 3, ())
    assert result.error_message == "It ended with exit code 3."


async def test_death_by_a_signal_is_told(bench: Bench) -> None:
    """A tool that a signal ended is a failure that names the signal."""
    result = await bench.shell("kill -SEGV $$")
    assert (result.status, result.exit_code) == ("failed", -signal.SIGSEGV)
    assert "Segmentation fault" in result.error_message


@pytest.mark.parametrize(
    ("program", "reason"), [("no-such-program", "No such file"), ("./plain.txt", "Permission denied")]
)
async def test_a_tool_that_cannot_be_started_says_why(bench: Bench, program: str, reason: str) -> None:
    """A program that is missing or may not be run is a failure with a sentence that names it, not a crash."""
    (bench.workspace / "plain.txt").write_text("no program")
    result = await bench.run([program])
    assert (result.status, result.exit_code) == ("failed", None)
    assert result.error_message.startswith(f"It could not be started: «{program}»: {reason}")
    assert "outcome_unknown" not in result.metrics


async def test_the_environment_is_minimal(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool sees nothing of the bot's own environment but its path, its home and its time zone."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "of-the-bot")
    await bench.run(["env"])
    names = {text.split("=", 1)[0] for _, text in bench.lines}
    assert names - {"TZ"} == {"PATH", "HOME", "LANG", "LC_ALL", "SAYSO_ATTEMPT"}


async def test_a_tool_reads_nothing(bench: Bench) -> None:
    """Standard input is empty, so that nothing waits for somebody to type, and the order cannot be read."""
    result = await bench.shell("cat; ls -l /proc/$PPID/fd/0")
    assert result.status == "success"
    assert result.output.endswith("/dev/null")


async def test_time_out_kills_what_has_escaped(bench: Bench) -> None:
    """When its time is up a tool is ended with all that it started, also what left its group and ignores SIGTERM."""
    result = await bench.shell(ESCAPES + "sleep 60", job(timeout_seconds=1.5))
    assert result.status == "timeout"
    assert result.error_message == "It did not end within 1.5 s and was stopped."
    nothing_comes_late(bench)


async def test_nothing_outlives_a_tool_that_ends(bench: Bench) -> None:
    """What a tool leaves in the background is killed when the tool ends, and does not hold up its result."""
    result = await bench.shell(ESCAPES + "while [ ! -s child ]; do sleep 0.01; done; echo done")
    assert (result.status, result.output) == ("success", "done")
    nothing_comes_late(bench)


async def test_cancelling_kills_and_confirms(bench: Bench) -> None:
    """A cancelled attempt is dead, on record, and its lock free when the cancelled call returns."""
    running = asyncio.ensure_future(bench.shell(ESCAPES + "sleep 60"))
    await until_in_loop(lambda: (bench.workspace / "child").exists())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert is_free(bench)
    assert (bench.folder().read(RESULT) or {})["status"] == "cancelled"
    nothing_comes_late(bench)


async def test_who_ignores_sigterm_is_killed(bench: Bench) -> None:
    """A tool that ignores the polite signal gets the other one after the grace time."""
    running = asyncio.ensure_future(bench.shell("trap '' TERM; echo $$ > tool; while :; do sleep 0.1; done"))
    await until_in_loop(lambda: (bench.workspace / "tool").exists())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert is_dead(bench.pid("tool"))


async def test_who_heeds_sigterm_may_finish(bench: Bench) -> None:
    """A tool may put things in order when it is told to end."""
    script = "trap 'echo in order; exit 0' TERM; touch ready; while :; do sleep 0.05; done"
    running = asyncio.ensure_future(bench.shell(script))
    await until_in_loop(lambda: (bench.workspace / "ready").exists())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (bench.attempts / "a1" / "stdout.log").read_text() == "in order\n"


async def test_much_output_takes_little_memory_and_disk(bench: Bench) -> None:
    """Of 50 MB a log keeps the first MiB and the last 64 KiB and says what is missing; memory stays small."""
    script = (
        "import resource\n"
        "for n in range(100_000): print(f'{n:06}', 'x' * 493)\n"
        "print('peak', open(f'/proc/{__import__(\"os\").getppid()}/status').read().split('VmHWM:')[1].split()[0])\n"
    )
    result = await bench.run([sys.executable, "-I", "-c", script])
    log = (bench.attempts / "a1" / "stdout.log").read_text().splitlines()
    left_out = [line for line in log if line.startswith("[sayso]")]
    assert result.status == "success"
    assert log[0].startswith("000000 x")
    assert log[-1].startswith("peak ")
    assert len(left_out) == 1
    assert int(left_out[0].split()[1]) + (1 << 20) + 65536 == pytest.approx(100_000 * 501, abs=2000)
    assert result.artifacts[0].size == pytest.approx((1 << 20) + 65536, abs=2000)
    assert int(log[-1].split()[1]) < 60_000
    assert len(result.output) <= 4000
    assert len(bench.lines) < 10_000


async def test_long_lines_are_cut(bench: Bench) -> None:
    """A line without end does not fill the memory: it is cut into pieces of at most 64 Ki characters."""
    await bench.run([sys.executable, "-I", "-c", "print('y' * 200_000)"])
    lengths = [len(text) for _, text in bench.lines]
    assert sum(lengths) == 200_000
    assert max(lengths) <= 65536


async def test_secrets_are_neither_written_nor_passed_on(tmp_path: Path) -> None:
    """A secret is in the tool's environment, and nowhere on disk or in what is passed on, however it is printed."""
    bench = Bench(tmp_path, {"SAYSO_SECRET_KUMA_ADMIN": "hunter2-correct"})
    script = (
        "import os, sys, time\n"
        "assert os.environ['ADMIN'] == 'hunter2-correct'\n"
        "for part in ('the hun', 'ter2-', 'correct', ' end\\n'):\n"
        "    sys.stdout.write(part); sys.stdout.flush(); time.sleep(0.05)\n"
        "print('z' * 65530 + os.environ['ADMIN'] + 'z' * 70000)\n"
        "sys.stderr.write(os.environ['ADMIN'])\n"
        "sys.exit(os.environ['ADMIN'])\n"
    )
    result = await bench.run([sys.executable, "-I", "-c", script], job(secrets={"ADMIN": "kuma_admin"}))
    assert result.exit_code == 1
    assert bench.lines[0] == ("stdout", "the [redacted] end")
    assert [text for stream, text in bench.lines if stream == "stderr"] == ["[redacted][redacted]"]
    shown = repr(result) + repr(bench.lines)
    assert "hunter2" not in shown
    assert "[redacted]zzz" in shown
    assert b"hunter2" not in bench.seen_on_disk()


async def test_bytes_that_are_no_text_are_replaced(bench: Bench) -> None:
    """Broken UTF-8 and NUL characters become visible marks, and a Windows line end is a line end."""
    await bench.run(["printf", "a\\377b\\000c\\r\\nlast"])
    assert bench.lines == [("stdout", "a�b�c"), ("stdout", "last")]


async def test_a_killed_launcher_takes_the_tool_with_it(bench: Bench) -> None:
    """When the launcher is killed the tool dies too, what escaped is found, and the outcome is told as not known."""
    running = asyncio.ensure_future(bench.shell(ESCAPES + "echo before; echo $$ > tool; sleep 60"))
    await until_in_loop(lambda: (bench.workspace / "tool").exists() and (bench.workspace / "child").exists())
    os.kill(bench.launcher(), signal.SIGKILL)
    result = await running
    assert is_dead(bench.pid("tool"))
    assert (result.status, result.metrics) == ("failed", {"outcome_unknown": 1})
    assert "whether it took effect is not known" in result.error_message
    assert [artifact.path for artifact in result.artifacts] == ["a1/stdout.log"]
    nothing_comes_late(bench)


async def test_the_tool_dies_with_its_launcher_alone(bench: Bench) -> None:
    """With nobody there to look, a killed launcher still takes its tool along."""
    bot = bench.bot("echo $$ > tool; exec sleep 60")
    tool = bench.pid("tool")
    bot.send_signal(signal.SIGSTOP)
    os.kill(bench.launcher(), signal.SIGKILL)
    until(lambda: is_dead(tool))
    bot.kill()
    bot.communicate()
    assert bench.folder().read(RESULT) is None


async def test_the_lock_is_held_while_anything_lives(bench: Bench) -> None:
    """From the spawn to the end of an attempt nobody else gets its lock, so it cannot be started twice."""
    running = asyncio.ensure_future(bench.shell("touch ready; sleep 0.3"))
    await until_in_loop(lambda: (bench.workspace / "ready").exists())
    assert not is_free(bench)
    with pytest.raises(Conflict, match="running already"):
        await bench.shell("touch twice")
    assert (await running).status == "success"
    with pytest.raises(Conflict, match="was started"):
        await bench.shell("touch twice")
    assert not (bench.workspace / "twice").exists()


async def test_the_tool_holds_the_lock_too(bench: Bench) -> None:
    """A lock that is held means that something of the attempt may be alive, though its launcher is dead."""
    bot = bench.bot("setsid sleep 60 & echo $! > child; wait")
    child = bench.pid("child")
    bot.send_signal(signal.SIGSTOP)
    launcher = bench.launcher()
    os.kill(launcher, signal.SIGKILL)
    until(lambda: is_dead(launcher))
    assert not is_free(bench)
    os.kill(child, signal.SIGKILL)
    until(lambda: is_free(bench))
    bot.kill()
    bot.communicate()
    assert is_dead(child)


async def test_the_hook_sees_each_step(bench: Bench) -> None:
    """The places where a crash matters are announced, in order."""
    await bench.shell("true")
    assert bench.hooks == ["effect.before_spawn", "effect.after_spawn", "effect.after_exit"]


def test_starting_is_quick() -> None:
    """The launcher imports little: it is up within a fraction of a second, since every attempt pays for it."""
    program = [sys.executable, "-I", "-X", "importtime", "-c", "import adapters.tools.launcher"]
    imported = subprocess.run(program, capture_output=True, text=True, check=True).stderr
    modules = {line.rsplit("|", 1)[1].strip() for line in imported.splitlines() if "|" in line}
    assert "adapters.tools.launcher" in modules
    assert not modules & {"pydantic", "asyncio", "dataclasses", "subprocess", "pathlib", "inspect", "logging"}


async def test_the_overhead_is_small(bench: Bench) -> None:
    """A tool that does nothing is done in no time: some 35 ms here, and never seconds."""
    began = time.perf_counter()
    assert (await bench.run(["true"])).status == "success"
    assert time.perf_counter() - began < 2.0
