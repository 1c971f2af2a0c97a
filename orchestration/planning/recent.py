"""Contents of plans kept at hand, so that a click needs no read before its transaction."""

from orchestration.planning.plan import PlanContent

REMEMBERED = 1_000


class RecentContents:
    """The contents that were proposed last, by plan and revision."""

    def __init__(self) -> None:
        self._contents: dict[tuple[str, int], PlanContent] = {}

    def keep(self, content: PlanContent) -> None:
        """Keep a content, and let go of the oldest."""
        self._contents[content.plan_id, content.revision] = content
        while len(self._contents) > REMEMBERED:
            del self._contents[next(iter(self._contents))]

    def get(self, plan_id: str, revision: int) -> PlanContent | None:
        """Return a content; None when it is not at hand."""
        return self._contents.get((plan_id, revision))
