"""An agent's side: claim, run the tool, report. The claim is durable before the tool starts."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Protocol, TypeVar

from orchestration.errors import SaysoError, Unavailable
from orchestration.ports import Assignment, Job, Progress, Remains, Tool, ToolResult

T = TypeVar("T")
RENEW_EVERY_SECONDS = 5.0
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0


class Core(Protocol):
    """What an agent asks of the core."""

    async def claim(self, assignment: Assignment) -> Job | None:
        """Return the job once the claim is durable; None when it is no longer this agent's to run."""

    async def renew(self, assignment: Assignment) -> None:
        """Say that the attempt is still running."""

    async def report(self, assignment: Assignment, result: ToolResult) -> None:
        """Hand in how it ended."""


class Worker:
    """One agent with some tools and some slots."""

    def __init__(
        self, agent_id: str, tools: Mapping[str, Tool], core: Core, slots: int, progress: Callable[[Progress], None]
    ) -> None:
        self.agent_id = agent_id
        self._tools = tools
        self._core = core
        self._slots = asyncio.Semaphore(slots)
        self._progress = progress
        self._running: dict[str, asyncio.Task[ToolResult]] = {}

    async def deliver(self, assignment: Assignment) -> None:
        """Carry out one assignment when there is room; returns after its report is durable."""
        async with self._slots:
            job = await _insist(lambda: self._core.claim(assignment))
            if job is None:
                return
            result = await self._run(assignment, job, self._tools[job.tool])
            await _insist(lambda: self._core.report(assignment, result))

    def cancel(self, attempt_id: str) -> bool:
        """Stop a running attempt; its report will say `cancelled`."""
        running = self._running.get(attempt_id)
        return running.cancel() if running else False

    async def live(self, beat: Callable[[str], Awaitable[None]], every_seconds: float) -> None:
        """Let itself be heard of, for ever; what cannot be written just now is said again the next time."""
        while True:
            with suppress(SaysoError):
                await beat(self.agent_id)
            await asyncio.sleep(every_seconds)

    async def _run(self, assignment: Assignment, job: Job, tool: Tool) -> ToolResult:
        running = asyncio.ensure_future(tool.run(job, self._progress))
        self._running[job.attempt_id] = running
        renewing = asyncio.create_task(self._renew(assignment))
        try:
            return await running
        except asyncio.CancelledError:
            if _is_cancelled_from_outside():
                raise
            return await _what_remains(tool, job)
        except SaysoError as refusal:
            return ToolResult("failed", error_message=str(refusal), metrics={"refused": 1})
        except Exception as error:  # noqa: BLE001 (a faulty tool fails its task, never the agent)
            message = f"The tool {job.tool} broke: {type(error).__name__}: {error}"
            return ToolResult("failed", error_message=message, metrics={"outcome_unknown": 1, "unconfirmed": 1})
        finally:
            renewing.cancel()
            self._running.pop(job.attempt_id, None)

    async def _renew(self, assignment: Assignment) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_SECONDS)
            with suppress(SaysoError):
                await self._core.renew(assignment)


async def settled(tool: Tool, job: Job) -> Remains:
    """Return what became of an attempt; a tool that breaks over it leaves that unconfirmed, and harms nothing else."""
    try:
        return await tool.settle(job)
    except Exception:  # whatever it is, nobody can say that nothing of the attempt is alive
        logging.getLogger(__name__).exception("The tool %s could not settle the attempt %s.", job.tool, job.attempt_id)
        return Remains("unconfirmed")


async def _what_remains(tool: Tool, job: Job) -> ToolResult:
    """Return how a cancelled attempt really ended: it may have been done before it was stopped."""
    remains = await settled(tool, job)
    if remains.state == "ended" and remains.result is not None and remains.result.status != "cancelled":
        return remains.result
    uncertain = {"killed": {"outcome_unknown": 1}, "unconfirmed": {"outcome_unknown": 1, "unconfirmed": 1}}
    message = "Cancelled while it was running."
    return ToolResult("cancelled", error_message=message, metrics=uncertain.get(remains.state, {}))


async def _insist(call: Callable[[], Awaitable[T]]) -> T:
    """Call the core until its store can be written: a full disk must not lose a result, and heals by itself."""
    wait = FIRST_WAIT_SECONDS
    while True:
        try:
            return await call()
        except Unavailable:
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)


def _is_cancelled_from_outside() -> bool:
    """Tell the end of the process, which cancels this coroutine, from a person who cancels the attempt."""
    current = asyncio.current_task()
    return current is not None and current.cancelling() > 0
