"""Keep one person from drowning the others, the approvers and the record. Called wherever a message is taken.

How often somebody asks is counted in memory and starts anew with the process; how many of their plans wait for an
approval is counted in the transaction that would add one.
"""

from collections import Counter, deque
from datetime import datetime, timedelta

from orchestration.errors import TooMany
from orchestration.policy import Rules
from orchestration.ports import Transaction
from orchestration.records import Plan

WINDOW = timedelta(minutes=1)
RECORDED_REFUSALS = 5
"""Of one account within a minute, each an event; the last of them says that more may follow unrecorded."""


class Throttle:
    """Counts by person, against the `limits` of the policy."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._asked: dict[str, deque[datetime]] = {}

    def count(self, person: str, now: datetime) -> None:
        """Count a message; raises TooMany when there were too many within a minute."""
        limit = self._rules.policy.limits.requests_per_minute
        asked = self._asked.setdefault(person, deque())
        while asked and not now - WINDOW < asked[0] <= now:  # later than now when the clock was put back
            asked.popleft()
        if len(asked) >= limit:
            seconds = max(1, round((asked[0] + WINDOW - now).total_seconds()))
            raise TooMany(f"You have asked {limit} times within a minute. Ask again in {seconds} s.")
        asked.append(now)

    def pending(self, tx: Transaction, person: str) -> None:
        """Raise TooMany when too many of this person's plans wait for an approval, with the one just added."""
        limit = self._rules.policy.limits.pending_per_person
        if len(tx.find(Plan, {"person": person, "status": "pending_approval"}, limit=limit + 1)) > limit:
            raise TooMany(f"{limit} plans of yours wait for an approval. Cancel some, or have them decided, first.")


class Refusals:
    """Counts how often accounts that are nobody's here were turned away: anybody can press a button all day."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def count(self, account: str, now: datetime) -> int:
        """Count one; return how many there were within this minute of the clock."""
        minute = int(now.timestamp() // WINDOW.total_seconds())
        if minute != self._minute:
            self._minute, self._counts = minute, Counter()
        self._counts[account] += 1
        return self._counts[account]
