"""Empty databases for tests that are about something else than making one; storage's own tests migrate theirs."""

import tempfile
from functools import cache
from pathlib import Path

from adapters.storage.migrations.upgrade import upgrade


def prepared(path: Path) -> Path:
    """Return the path with a database of the newest schema there, if there was none: migrated once for a process."""
    if not path.exists():
        path.write_bytes(_empty())
    return path


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        upgrade(path)
        return path.read_bytes()
