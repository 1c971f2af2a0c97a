"""What is found out about attempts whose bot died, and that nothing of them goes on or begins afterwards."""

import asyncio
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from adapters.tools.attempt_folder import RESULT
from orchestration.errors import Conflict
from orchestration.ports import Remains
from tests.support.attempts import Bench, is_dead, job, kill_bot, until, until_in_loop


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A place to try attempts."""
    return Bench(tmp_path)


async def test_a_tool_goes_on_without_its_bot(bench: Bench) -> None:
    """When the bot is killed the tool finishes, and the next start finds its result with all of its output."""
    bot = bench.bot("echo first; touch ready; while [ ! -e go ]; do sleep 0.01; done; echo last; touch made")
    until((bench.workspace / "ready").exists)
    kill_bot(bot)
    (bench.workspace / "go").touch()
    until(lambda: bench.folder().has(RESULT))
    remains = await bench.supervised.settle(job())
    assert remains.state == "ended"
    assert remains.result is not None
    assert (remains.result.status, remains.result.output) == ("success", "first\nlast")
    assert [artifact.path for artifact in remains.result.artifacts] == ["a1/stdout.log"]
    assert (bench.workspace / "made").exists()


async def test_what_still_runs_is_killed(bench: Bench) -> None:
    """A tool that still runs when the next bot starts is killed with what escaped it, before anything is retried."""
    escapes = 'trap "" TERM; echo $$ > child; while [ ! -e go ]; do sleep 0.01; done; touch late'
    bot = bench.bot(f"setsid sh -c '{escapes}' & echo $$ > tool; sleep 60")
    tool, child = bench.pid("tool"), bench.pid("child")
    kill_bot(bot)
    remains = await bench.supervised.settle(job())
    assert remains.state == "killed"
    assert remains.result is not None
    assert remains.result.status == "cancelled"
    assert is_dead(tool)
    assert is_dead(child)
    (bench.workspace / "go").touch()
    await asyncio.sleep(0.2)
    assert not (bench.workspace / "late").exists()


async def test_what_outlived_bot_and_launcher_is_killed(bench: Bench) -> None:
    """With bot and launcher both killed, children that closed the lock or took another environment are found."""
    hides = "env -i sh -c 'echo $$ > bare; sleep 60'"
    closes = "setsid sh -c 'exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; echo $$ > closed; sleep 60'"
    bot = bench.bot(f"{hides} & {closes} & wait")
    left = [bench.pid("bare"), bench.pid("closed")]
    launcher = bench.launcher()
    kill_bot(bot)
    os.kill(launcher, signal.SIGKILL)
    assert await bench.supervised.settle(job()) == Remains("killed")
    assert [is_dead(pid) for pid in left] == [True, True]


async def test_a_claimed_attempt_that_never_started(bench: Bench) -> None:
    """An attempt whose folder is there and that has no mark of a start never started, and from then on cannot."""
    await bench.supervised.freeze(job())
    assert await bench.supervised.settle(job()) == Remains("never_started")
    with pytest.raises(Conflict):
        await bench.shell("touch late")
    with pytest.raises(Conflict):
        await bench.supervised.freeze(job())
    assert not (bench.workspace / "late").exists()


async def test_without_its_folder_nobody_can_say_that_it_never_started(bench: Bench) -> None:
    """A folder that was cleaned away, or a database restored without it, must not let anything run twice."""
    assert await bench.supervised.settle(job()) == Remains("killed")


async def test_a_launcher_that_just_began_cannot_start_later(bench: Bench) -> None:
    """When the bot died right after the spawn, whatever is found is final: a tool never starts after it was settled."""
    for number in range(8):
        attempt = job(f"b{number}")
        running = asyncio.ensure_future(bench.shell(f"touch made-{number}; sleep 60", attempt))
        await asyncio.sleep(0.006 * number)
        bench.supervised.detach()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        remains = await bench.supervised.settle(attempt)
        made = (bench.workspace / f"made-{number}").exists()
        assert remains.state in ("never_started", "killed")
        assert not (made and remains.state == "never_started")
        await asyncio.sleep(0.1)
        assert (bench.workspace / f"made-{number}").exists() == made


async def test_an_ended_attempt_stays_ended(bench: Bench) -> None:
    """However often an ended attempt is settled, it has its result, and it cannot be run again."""
    result = await bench.shell("echo done; exit 4")
    assert await bench.supervised.settle(job()) == Remains("ended", result)
    assert await bench.supervised.settle(job()) == Remains("ended", result)
    with pytest.raises(Conflict):
        await bench.shell("true")


async def test_a_time_out_on_record_is_an_end(bench: Bench) -> None:
    """What timed out while no bot was there is adopted as that."""
    await bench.shell("sleep 60", job(timeout_seconds=0.2))
    remains = await bench.supervised.settle(job())
    assert remains.state == "ended"
    assert remains.result is not None
    assert remains.result.status == "timeout"


async def test_a_detached_bot_leaves_its_tools_running(bench: Bench) -> None:
    """Cancelled because the bot stops, an attempt goes on, and the next start adopts its result."""
    running = asyncio.ensure_future(bench.shell("touch ready; while [ ! -e go ]; do sleep 0.01; done; echo last"))
    await until_in_loop((bench.workspace / "ready").exists)
    bench.supervised.detach()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    (bench.workspace / "go").touch()
    await until_in_loop(lambda: bench.folder().has(RESULT))
    remains = await Bench(bench.home).supervised.settle(job())
    assert remains.result is not None
    assert (remains.state, remains.result.output) == ("ended", "last")


async def test_a_stranger_with_the_same_number_is_left_alone(bench: Bench) -> None:
    """A process that only has the id, the group or the launcher's id of a dead attempt is not killed."""
    stranger = await asyncio.create_subprocess_exec("sleep", "60", start_new_session=True)
    folder = bench.folder()
    folder.make()
    lock = folder.lock()
    assert lock is not None
    os.close(lock)
    folder.write("launcher", {"pid": stranger.pid, "born": 1})
    owner = {"folder": folder.identity()}
    folder.write("started", {**owner, "pid": stranger.pid, "born": 1, "group": stranger.pid, "session": 1})
    assert await bench.supervised.settle(job()) == Remains("killed")
    assert not is_dead(stranger.pid)
    stranger.kill()
    await stranger.wait()


async def test_a_copied_home_leaves_the_original_alone(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A bot on a copy of the home settles the copied attempts, and touches nothing that the original runs."""
    bot = bench.bot("echo $$ > tool; while [ ! -e go ]; do sleep 0.01; done")
    tool = bench.pid("tool")
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(bench.home, copy, dirs_exist_ok=True)
    assert await Bench(copy).supervised.settle(job()) == Remains("killed")
    assert not is_dead(tool)
    (bench.workspace / "go").touch()
    assert bot.communicate()[0] == b"success"


async def test_what_cannot_be_confirmed_is_said_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """While something that is not ours to kill holds the lock, the answer is `unconfirmed`, in bounded time."""
    monkeypatch.setattr("adapters.tools.remains.POLITE_SECONDS", 0.2)
    monkeypatch.setattr("adapters.tools.remains.KILL_SECONDS", 0.3)
    folder = bench.folder()
    folder.make()
    held = folder.lock()
    assert held is not None
    began = time.monotonic()
    assert await bench.supervised.settle(job()) == Remains("unconfirmed")
    assert time.monotonic() - began < 10
    os.close(held)
    assert await bench.supervised.settle(job()) == Remains("never_started")
