"""Measure Slack and Discord: `python -m benchmarks.platforms [--plans 500] [--clicks 40] [--backlog 10000]`.

The first table is the product on the local Slack and Discord of the tests, over real HTTP and WebSockets: how soon what
arrives is acknowledged while thousands of messages wait, how soon an approval starts a task, how much one request
writes. The second is the product at the pace that it keeps by itself, in front of a Slack that counts by Slack's own
limits, on a clock that runs faster than ours: how much was written, how much of it Slack refused, and whether every end
was shown.
"""

import argparse
import asyncio
import selectors
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from adapters.chat.hub import open_chats
from adapters.chat.slack.identity import Identities
from adapters.chat.slack.platform import SlackPlatform
from adapters.chat.slack.uploads import Uploads
from benchmarks.chat import percentile
from bot.chat import Account, Message, Pace
from orchestration.approval.decision import Voice
from orchestration.asking import Ask
from orchestration.canonical import canonical
from orchestration.dispatch.agents import Agent, Resources
from orchestration.ports import Job, Progress, ToolResult, Transaction
from orchestration.records import Incoming, Plan
from tests.support.discord.bot import an_owner, open_bot
from tests.support.discord.guild import ANA, BEN
from tests.support.discord.server import DiscordServer
from tests.support.slack import SlackServer
from tests.support.slack.limits import Bucket
from tests.support.slack_world import THREE, open_slack_world, owner, workspace
from tests.support.world import EffectTool, Owner, World, open_world

Row = tuple[str, str, str]
WRITES = ("chat.postMessage", "chat.update", "chat.postEphemeral", "files.completeUploadExternal")
ARRIVING = 200
AT_ONCE = Pace(per_second=5_000, burst=5_000, thread_seconds=0)
"""For the times that are not about the pace."""
FASTER = 15
"""How many seconds the clock of the second table counts in one."""
REPORT_SECONDS, RUN_SECONDS = 30.0, 300.0
CHANNELS = 10
PATIENCE_SECONDS = 24 * 3600.0


def unlimited(files: Owner) -> Owner:
    """Return the same owner, who lets everybody ask as much as they want."""
    files.policy["limits"] = {"requests_per_minute": 10**6, "pending_per_person": 10**6}
    return files


@contextmanager
def at_once() -> Iterator[None]:
    """Have Slack written to without waiting for one's turn."""
    before = SlackPlatform.pace
    SlackPlatform.pace = property(lambda _: AT_ONCE)  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        SlackPlatform.pace = before  # type: ignore[method-assign]


# ------------------------------------------------------------------------------------------------------ the wire


def waiting(number: int, address: str, user: str) -> Callable[[Transaction], None]:
    """Return what stores so many messages that were taken and have had no effect yet."""
    platform = address.partition(":")[0]

    def use_case(tx: Transaction) -> None:
        for count in range(number):
            name = f"{address}/{count + 1}"
            item = Message(name, name, Account(platform, user), "good morning", is_overheard=True)
            text = canonical({"kind": "Message", **asdict(item)})
            tx.insert(Incoming(item.id, item.thread, text, "waiting", "2026-11-21T09:00:00.000Z"))

    return use_case


async def still_waits(world: World) -> None:
    """Raise when the backlog was worked off before the last measurement."""
    assert await world.sayso.store.find(Incoming, {"status": "waiting"}, limit=1), "the backlog was too small"


async def slack_acks(folder: Path, backlog: int) -> list[float]:
    """Return how long Slack waited for each ack while a backlog is worked off, in milliseconds."""
    async with open_world(folder, unlimited(owner()), example=False) as world:
        await world.sayso.store.tx("benchmark", waiting(backlog, "slack:T1/C2", "T1/U7"))
    async with SlackServer(workspace()) as slack, open_slack_world(folder, slack, unlimited(owner())) as bot:
        slack.limits.enabled = False
        found = []
        for _ in range(ARRIVING):
            found.append((await slack.people.mention("U7", "C1", "help")).seconds * 1000)
            await asyncio.sleep(0.005)
        await still_waits(bot.world)
        return found


async def slack_clicks(folder: Path, clicks: int) -> list[float]:
    """Return how long it took from a click on Approve, as Slack sends it, to the start of the first task."""
    found = []
    async with SlackServer(workspace()) as slack, open_slack_world(folder, slack, unlimited(owner())) as bot:
        slack.limits.enabled = False
        for _ in range(clicks):
            card = await bot.ask("start alpha", channel="C2")
            await bot.so(lambda: not bot.chats.threads.waiting)
            bot.world.tool.started.clear()
            began = time.perf_counter()
            click = asyncio.create_task(slack.people.click("U8", card, "Approve"))
            await bot.world.tool.started.wait()
            found.append((time.perf_counter() - began) * 1000)
            await click
            await bot.so(lambda: not bot.chats.threads.waiting)
    return found


async def slack_writes(folder: Path) -> int:
    """Return what a request with three tasks writes from the mention to the verdict."""
    async with SlackServer(workspace()) as slack, open_slack_world(folder, slack) as bot:
        card = await bot.ask(THREE)
        await slack.people.click("U8", card, "Approve")
        await bot.until(lambda: "PASS" in card.shown)
        await bot.so(lambda: not bot.chats.threads.waiting)
        return len(slack.ledger.calls(*WRITES, answered=True))


async def discord_acks(folder: Path, backlog: int) -> list[float]:
    """Return how long slash commands waited for their first answer while a backlog is worked off."""
    async with open_world(folder, unlimited(an_owner())) as world:
        await world.sayso.store.tx("benchmark", waiting(backlog, "discord:1/2", str(ANA)))
    async with DiscordServer() as discord, open_bot(discord, folder, unlimited(an_owner())) as bot:
        found = []
        for _ in range(ARRIVING):
            typed = await (await discord.people.slash(ANA, "ask", request="help")).acknowledged()
            found.append((typed.answered_after or 9.0) * 1000)
        await still_waits(bot.world)
        return found


async def discord_clicks(folder: Path, clicks: int) -> list[float]:
    """Return how long it took from a press of Approve to the start of the first task."""
    found = []
    async with DiscordServer() as discord, open_bot(discord, folder, unlimited(an_owner())) as bot:
        for number in range(clicks):
            await discord.people.mention(ANA, f"tune the engine at speed {number % 9 + 1}")
            await discord.until(lambda: "Approve" in discord.card().labels)
            bot.world.tool.started.clear()
            began = time.perf_counter()
            pressed = asyncio.create_task(discord.people.press(BEN, discord.card(), "Approve"))
            await bot.world.tool.started.wait()
            found.append((time.perf_counter() - began) * 1000)
            await pressed
            await discord.shows("PASS")
            del discord.model.channels[discord.thread().id]  # so that the next card is a newer one
    return found


# ------------------------------------------------------------------------------------------------------ the pace


class FastLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock runs faster: half an hour of pacing is over in less than a minute."""

    def __init__(self) -> None:
        super().__init__(_Impatient())

    def time(self) -> float:
        """Return the seconds of the faster clock."""
        return super().time() * FASTER


class _Impatient(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout if timeout is None else timeout / FASTER)


def _now() -> float:
    return asyncio.get_running_loop().time()


class Reporting(EffectTool):
    """A tool that says how far it is now and then, until it is told to end."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "effects.log")
        self.running = 0
        self.is_over = asyncio.Event()

    async def run(self, job: Job, progress: Callable[[Progress], None]) -> ToolResult:
        """Report."""
        self.running += 1
        done = 0
        while not self.is_over.is_set():
            done += 1
            progress(Progress(job.attempt_id, done, 0, f"step {done}"))
            await asyncio.sleep(REPORT_SECONDS)
        return ToolResult("success", 0, duration_ms=0)


@dataclass
class _Answer:
    data: dict[str, Any]


class _NoFiles(Uploads):
    async def show(self, *_: object) -> bool:
        return False


@dataclass
class CountingSlack:
    """Stands in for the SDK's client: takes everything, and counts what Slack would refuse by its limits."""

    posts: list[float] = field(default_factory=list)
    edits: list[float] = field(default_factory=list)
    """When."""
    refused: int = 0
    ended: dict[str, float] = field(default_factory=dict)
    """By thread, when its verdict was told."""
    _budgets: dict[str, Bucket] = field(default_factory=dict)

    async def chat_postMessage(self, **message: Any) -> _Answer:  # noqa: N802 - Slack's name
        """Take a new message: one a second in a channel."""
        self.posts.append(_now())
        self._count(f"post {message['channel']}", Bucket(4, 1))
        if "PASS" in message["text"]:
            self.ended[message["thread_ts"]] = _now()
        return _Answer({"ts": f"{_now():.6f}"})

    async def chat_update(self, **_: Any) -> _Answer:
        """Take an edit: fifty a minute in a workspace."""
        self.edits.append(_now())
        self._count("update", Bucket(50, 50 / 60))
        return _Answer({"ok": True})

    def _count(self, name: str, budget: Bucket) -> None:
        self.refused += self._budgets.setdefault(name, budget).wait(_now()) > 0


@dataclass
class Paced:
    """What came of it, in seconds of the faster clock."""

    slack: CountingSlack
    began: float
    over: float
    """When the tools were told to end."""
    shown: float


async def paced(folder: Path, plans: int) -> Paced:
    """Run so many plans at once, for some minutes, and end them all in the same moment."""
    files, tool, slack = unlimited(Owner()), Reporting(folder), CountingSlack()
    client: Any = slack
    identities = Identities(client)
    identities.serve("T1")
    platform = SlackPlatform(client, _NoFiles(client, folder), identities)
    agents = [Agent("infra-1", "infra", frozenset({"command"}), Resources(plans, plans))]
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(open_world(folder, files, tool=tool, go=False, agents=agents))
        chats = await stack.enter_async_context(open_chats(world.sayso, {"slack": platform}))
        await world.sayso.go()
        began = _now()
        for number in range(plans):
            thread = f"slack:T1/C{number % CHANNELS}/{number + 1}.0"
            answer = await world.sayso.orchestrator.asking.run(
                Ask("do first", Voice("ana"), thread, {}, thread), "first", {}
            )
            assert isinstance(answer.plan, Plan)
            await world.vote(answer.plan)
        await _until(lambda: tool.running == plans)
        await asyncio.sleep(RUN_SECONDS)
        tool.is_over.set()
        over = _now()
        await _until(lambda: len(slack.ended) == plans and not chats.threads.waiting)
        return Paced(slack, began, over, _now())


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 (looked at now and then is enough here)
            await asyncio.sleep(1)


# ---------------------------------------------------------------------------------------------------- the tables


def wire_rows(folder: Path, backlog: int, clicks: int) -> Iterator[Row]:
    """Yield the rows of the first table."""
    for name in ("acks", "clicks", "writes", "answers", "presses"):
        (folder / name).mkdir()
    with at_once():
        acks = asyncio.run(slack_acks(folder / "acks", backlog))
        starts = asyncio.run(slack_clicks(folder / "clicks", clicks))
    writes = asyncio.run(slack_writes(folder / "writes"))
    answers = asyncio.run(discord_acks(folder / "answers", backlog))
    pressed = asyncio.run(discord_clicks(folder / "presses", clicks))
    yield f"Slack: ack, {backlog:,} messages waiting, p50 / p99", _pair(acks, 0.99), "p99 ≤ 300 ms"
    yield "Slack: click → first task started, p50 / p95", _pair(starts, 0.95), "p50 ≤ 10 ms"
    yield "Slack: writes for a request with three tasks", str(writes), "≤ 5"
    yield f"Discord: slash → answer, {backlog:,} messages waiting, p50 / p99", _pair(answers, 0.99), "p99 ≤ 300 ms"
    yield "Discord: click → first task started, p50 / p95", _pair(pressed, 0.95), ""


def pace_rows(folder: Path, plans: int) -> Iterator[Row]:
    """Yield the rows of the second table."""
    with asyncio.Runner(loop_factory=FastLoop) as runner:
        found = runner.run(paced(folder, plans))
    slack = found.slack
    waits = [(at - found.over) / 60 for at in slack.ended.values()]
    after = sum(at > found.over for at in slack.edits)
    minutes = (found.shown - found.began) / 60
    yield "new messages and edits", f"{len(slack.posts):,} + {len(slack.edits):,} in {minutes:.0f} min", ""
    yield "writes that Slack would have refused", str(slack.refused), "0"
    yield "ends that were told", f"{len(slack.ended)} of {plans}", "all"
    yield (
        "from all ends at once to a verdict told, p50 / p95",
        f"{percentile(waits, 0.5):.1f} / {percentile(waits, 0.95):.1f} min",
        f"≤ {after / 45:.1f} min: {after:,} edits ÷ 45 a minute",
    )


def _pair(milliseconds: list[float], share: float) -> str:
    return f"{percentile(milliseconds, 0.5):.1f} / {percentile(milliseconds, share):.1f} ms"


def _table(title: str, rows: Iterator[Row]) -> Table:
    shown = Table(title=title)
    for heading in ("what", "measured", "aim"):
        shown.add_column(heading)
    for row in rows:
        shown.add_row(*row)
    return shown


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--plans", type=int, default=500)
    parser.add_argument("--clicks", type=int, default=40)
    parser.add_argument("--backlog", type=int, default=10_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sayso-bench-") as folder:
        (Path(folder) / "pace").mkdir()
        Console().print(_table("On the wire", wire_rows(Path(folder), chosen.backlog, chosen.clicks)))
        title = f"{chosen.plans} plans at once, at the pace kept in Slack"
        Console().print(_table(title, pace_rows(Path(folder) / "pace", chosen.plans)))


if __name__ == "__main__":
    main()
