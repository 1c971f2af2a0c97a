"""Verify the record while `sayso serve` runs: at its start and once a day, for `/metrics` and the log.

All of it each time, since what was verified yesterday may have been changed since. In a process of its own at the
lowest priority, so that nobody's approval waits for it: a hundred thousand events take ten seconds of a processor.
"""

import asyncio
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapters import log

EVERY = timedelta(hours=24)
_PROGRAM = "from adapters.cli.main import run; run(['audit', 'verify', '--json'])"
LOWEST_PRIORITY = 19


@dataclass(frozen=True, slots=True)
class Verified:
    """How the last verification ended."""

    at: datetime
    is_intact: bool
    events: int


class Verifying:
    """Verifies over and over; `last` is what was found."""

    def __init__(self) -> None:
        self.last: Verified | None = None

    async def run(self) -> None:
        """Verify now and then every day, until cancelled."""
        while True:
            await self._verify()
            await asyncio.sleep(EVERY.total_seconds())

    async def _verify(self) -> None:
        # -P: a module that lies in the working folder is not ours.
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-c", _PROGRAM, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C at the terminal is for the serve, which ends this one itself
        )  # fmt: skip
        try:
            with suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, child.pid, LOWEST_PRIORITY)
            printed, _ = await child.communicate()
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
            raise
        self._take(printed)

    def _take(self, printed: bytes) -> None:
        try:
            found = json.loads(printed.splitlines()[-1])
            self.last = Verified(datetime.now(UTC), found["intact"], found["events"])
        except (IndexError, KeyError, ValueError):
            log.Log().warning("audit.not_verified", why="`sayso audit verify` did not come to its end")
            return
        if self.last.is_intact:
            log.Log().info("audit.verified", events=self.last.events)
        else:
            log.Log().error("audit.not_intact", faults=found["faults"][:5], advice="run `sayso audit verify`")
