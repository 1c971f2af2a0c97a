"""How far the tools of plans are that are shown somewhere. Kept in memory by `threads`, since it is only ever now."""

from collections.abc import Mapping

from orchestration.ports import Progress


class Steps:
    """The newest step of each running attempt."""

    def __init__(self) -> None:
        self._plans: dict[str, str] = {}
        """By attempt."""
        self._newest: dict[str, dict[str, Progress]] = {}
        """By plan, by attempt."""

    def attempt(self, attempt_id: str, plan_id: str) -> None:
        """Note which plan an attempt is of."""
        self._plans[attempt_id] = plan_id

    def took(self, progress: Progress) -> str | None:
        """Note a step; return its plan, None when that is shown nowhere."""
        plan_id = self._plans.get(progress.attempt_id)
        if plan_id is not None:
            self._newest.setdefault(plan_id, {})[progress.attempt_id] = progress
        return plan_id

    def of(self, plan_id: str) -> Mapping[str, Progress]:
        """Return the newest step of each attempt of a plan."""
        return self._newest.get(plan_id, {})

    def forget(self, plan_id: str) -> None:
        """Forget a plan that is shown nowhere any more."""
        self._newest.pop(plan_id, None)
        for attempt in [attempt for attempt, plan in self._plans.items() if plan == plan_id]:
            del self._plans[attempt]
