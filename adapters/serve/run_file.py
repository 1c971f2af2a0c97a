"""`run.json` in the home: where a running `sayso serve` is to be found. A stale one is harmless; the lock decides."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

NAME = "run.json"


@contextlib.contextmanager
def run_file(home: Path, facts: Mapping[str, object]) -> Iterator[None]:
    """Have the file there, for its owner only, for the time of a `with`."""
    path, draft = home / NAME, home / f".{NAME}"
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps(facts) + "\n")
    draft.rename(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
