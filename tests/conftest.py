"""What holds for all tests."""

import gc


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of every later search for garbage: all of it stays until the end."""
    gc.freeze()
