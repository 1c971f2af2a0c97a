"""Lay each plan's evidence beside its artifacts, as `artifacts/<plan id>/evidence.json`, once its plan has ended.

The database holds the document; the file is a copy for people and programs, made again at a start when a crash
kept it from being written. A link `artifacts/<plan code>` leads to it, for those who know no more than the code:
people, and agents, who have no access to the database.
"""

import asyncio
import json
from pathlib import Path

from orchestration.ports import Committed, Store
from orchestration.records import EvidenceRecord

LOOKED_AT = 20
"""Newest plans at a start; a crash leaves at most those undone that ended in its last moments."""


class EvidenceFiles:
    """Writes the copies. Watches the store."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._writing: set[asyncio.Future[None]] = set()

    async def restore(self) -> None:
        """Write what is missing of the newest plans."""
        newest = await self._store.find(EvidenceRecord, {}, order_by="-plan_id", limit=LOOKED_AT)
        missing = tuple(record for record in newest if not evidence_path(self._folder, record.plan_id).exists())
        await asyncio.to_thread(self._write, missing)

    def committed(self, news: Committed) -> None:
        """Write the evidence of every plan that has just ended."""
        if news.evidence:
            writing = asyncio.ensure_future(asyncio.to_thread(self._write, news.evidence))
            self._writing.add(writing)
            writing.add_done_callback(self._writing.discard)

    async def close(self) -> None:
        """Wait for what is being written."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    def _write(self, records: tuple[EvidenceRecord, ...]) -> None:
        for record in records:
            lay_down(self._folder, record)


def lay_down(folder: Path, record: EvidenceRecord) -> None:
    """Write the evidence of a plan, and the link that its code is."""
    path = evidence_path(folder, record.plan_id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.with_suffix(".part").write_text(record.document + "\n")
    link = folder / str(json.loads(record.document)["plan_code"])
    link.unlink(missing_ok=True)
    link.symlink_to(record.plan_id)
    path.with_suffix(".part").rename(path)


def evidence_path(folder: Path, plan_id: str) -> Path:
    """Return where the evidence of a plan lies."""
    return folder / plan_id / "evidence.json"
