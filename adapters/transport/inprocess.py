"""Agents in this process: an assignment is delivered by starting its worker's coroutine."""

import asyncio
from collections.abc import Mapping

from orchestration.dispatch.worker import Worker
from orchestration.ports import Assignment


class InProcessTransport:
    """Delivers to workers by agent id."""

    def __init__(self, workers: Mapping[str, Worker]) -> None:
        self._workers = workers
        self._delivering: set[asyncio.Task[None]] = set()

    async def send(self, assignment: Assignment) -> None:
        """Start the delivery; the worker claims, runs and reports by itself."""
        # One that is addressed to an agent of an earlier start goes to its namesake; the claim checks the fence.
        delivering = asyncio.create_task(self._workers[assignment.agent_id].deliver(assignment))
        self._delivering.add(delivering)
        delivering.add_done_callback(self._delivering.discard)

    async def stop(self, agent_id: str, attempt_id: str) -> None:
        """Cancel the attempt where it runs; one of an earlier start has nobody to stop."""
        if agent_id in self._workers:
            self._workers[agent_id].cancel(attempt_id)

    @property
    def busy(self) -> int:
        """Return how many deliveries are under way."""
        return len(self._delivering)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._delivering:
            await asyncio.wait(self._delivering)

    async def close(self) -> None:
        """Stop waiting for what is running; tools with a process of their own run on."""
        for delivering in list(self._delivering):
            delivering.cancel()
        await asyncio.gather(*self._delivering, return_exceptions=True)
