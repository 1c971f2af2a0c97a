"""An end that does not come: a test fails with what everything waits for, long before its own time is over."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

SECONDS = 30.0


@asynccontextmanager
async def in_time(what: str, seconds: float = SECONDS) -> AsyncIterator[Callable[[], None]]:
    """Give the end of a block so many seconds from the moment that what is yielded is called.

    Raises AssertionError with where every task stood when they were over.
    """
    loop, tasks = asyncio.get_running_loop(), io.StringIO()

    def begin() -> None:
        loop.call_later(seconds - 0.1, _print, tasks)
        limit.reschedule(loop.time() + seconds)

    try:
        async with asyncio.timeout(None) as limit:
            yield begin
    except TimeoutError:
        if not limit.expired():
            raise
        raise AssertionError(f"{what} did not end within {seconds:.0f} s. Under way:\n{tasks.getvalue()}") from None


def _print(file: io.StringIO) -> None:
    for task in asyncio.all_tasks():
        task.print_stack(file=file)
