"""Remove the folders of attempts long over, where the owner has said for how many days they are kept.

The database keeps each result and the hash of each file that was there, so that the record stays whole. Run by the
wiring at a start and once a day.
"""

import asyncio
import logging
import os
import shutil
import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from adapters.tools.attempt_folder import AttemptFolder
from orchestration.errors import SaysoError
from orchestration.ids import is_id
from orchestration.ports import Clock, Store, moment
from orchestration.records import PLAN_ENDED, Attempt, EvidenceRecord, Plan

LOOK_EVERY = timedelta(days=1)


class OldAttempts:
    """The folders of one home."""

    def __init__(self, store: Store, clock: Clock, folder: Path, keep: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._folder = folder
        self._keep = keep

    async def run(self) -> None:
        """Remove what is old, for ever."""
        while True:
            with suppress(SaysoError, OSError):
                await self.remove()
            await asyncio.sleep(LOOK_EVERY.total_seconds())

    async def remove(self) -> int:
        """Remove the folders of plans that ended long enough ago and have their evidence; return how many."""
        before = self._clock.now() - self._keep
        begun = await asyncio.to_thread(_begun_before, self._folder, before)
        old = [name for name in begun if await self._may_go(name, before)]
        return sum([await asyncio.to_thread(_remove, self._folder / name) for name in old])

    async def _may_go(self, attempt_id: str, before: datetime) -> bool:
        attempts = await self._store.find(Attempt, {"id": attempt_id})
        of_plan = {"id": attempts[0].plan_id, "status": PLAN_ENDED} if attempts else {"id": ""}
        plans = await self._store.find(Plan, of_plan)
        if not plans or moment(plans[0].finished_at or "") > before:
            return False
        return bool(await self._store.find(EvidenceRecord, {"plan_id": plans[0].id}, limit=1))


def _begun_before(folder: Path, when: datetime) -> list[str]:
    """Return the attempts that were begun before a moment, which their ids tell."""
    limit = str(uuid.UUID(int=int(when.timestamp() * 1000) << 80))
    return sorted(path.name for path in folder.iterdir() if is_id(path.name) and path.name < limit)


def _remove(folder: Path) -> bool:
    """Remove one folder, unless something of its attempt is alive; one that cannot be removed keeps no other."""
    try:
        lock = AttemptFolder(str(folder)).lock()
        if lock is None:
            return False
        try:
            shutil.rmtree(folder)
        finally:
            os.close(lock)
    except OSError as error:
        logging.getLogger(__name__).warning("The folder %s cannot be removed: %s.", folder, error)
        return False
    return True
