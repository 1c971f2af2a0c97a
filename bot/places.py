"""Which plans stand in which threads just now, and how far their tools are. Kept in memory by `threads`."""

from bot.steps import Steps


class Places:
    """Threads by plan."""

    def __init__(self) -> None:
        self._threads: dict[str, set[str]] = {}
        self.steps = Steps()
        self.held_up: set[str] = set()
        """Plans whose card says what they wait for."""

    def __contains__(self, plan_id: str) -> bool:
        return plan_id in self._threads

    @property
    def plans(self) -> list[str]:
        """Return every plan that stands anywhere."""
        return list(self._threads)

    def of(self, plan_id: str) -> list[str]:
        """Return the threads that a plan stands in."""
        return list(self._threads.get(plan_id, ()))

    def add(self, plan_id: str, thread: str) -> None:
        """Note that a plan stands in a thread."""
        self._threads.setdefault(plan_id, set()).add(thread)

    def leave(self, plan_id: str, thread: str) -> None:
        """Note that a thread is done with a plan; of one that stands nowhere any more nothing is kept."""
        threads = self._threads.get(plan_id, set())
        threads.discard(thread)
        if not threads:
            self._threads.pop(plan_id, None)
            self.held_up.discard(plan_id)
            self.steps.forget(plan_id)
