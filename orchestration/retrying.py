"""Tries failed tasks again when their time has come. Sleeps until then; nothing is looked up in the meantime.

Run by the wiring from the moment that dispatching starts. Times stand in the rows (`Task.not_before`), so that a
restart only has to look at every plan once more.
"""

import asyncio
from collections import deque
from contextlib import suppress

from orchestration.dispatch.backoff import Backoff
from orchestration.errors import SaysoError
from orchestration.execution import Execution
from orchestration.ports import Clock, moment, timestamp

AFTER_TROUBLE_SECONDS = 5.0
"""How long to leave a store alone that could not be written."""


class Retries:
    """The timer of the tasks that wait to be tried again."""

    def __init__(self, execution: Execution, backoff: Backoff, clock: Clock) -> None:
        self._execution = execution
        self._backoff = backoff
        self._clock = clock

    async def run(self) -> None:
        """Try again whatever is due, for ever."""
        while True:
            self._execution.backs_off.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_left()):  # `wait_for` of Python 3.11 may swallow an end
                    await self._execution.backs_off.wait()
            try:
                await self.retry_due()
            except SaysoError:
                await asyncio.sleep(AFTER_TROUBLE_SECONDS)

    async def retry_due(self) -> None:
        """Take the plans further whose failed tasks may be tried again by now."""
        due = deque(self._backoff.take_due(timestamp(self._clock.now())))
        try:
            while due:
                await self._execution.take_further(due[0].plan_id)
                due.popleft()
        finally:
            for task in due:  # the store could not be written
                self._backoff.add(task)

    def _seconds_left(self) -> float | None:
        due = self._backoff.next()
        return None if due is None else max(0.0, (moment(due) - self._clock.now()).total_seconds())
