"""How much has been used so far: what external models cost this month, by person, and the local ones' tokens today.

Counted in memory from the month's rows on, since one process owns a home. Days and months are those of UTC.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal

from orchestration.records import Usage

DAY, MONTH = len("2026-11-21"), len("2026-11")
"""How much of a time says which day or month it is in."""


class Sums:
    """Sums that begin anew with each day and month. A clock that is put back gives nothing back."""

    def __init__(self, at: str, rows: Iterable[Usage]) -> None:
        self._day, self._month = at[:DAY], at[:MONTH]
        self._costs: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._held: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.local_tokens = 0
        """What local models have taken today."""
        for row in rows:
            self.add(row)

    def turn(self, at: str) -> None:
        """Begin anew when another day or month has come."""
        if at[:DAY] > self._day:
            self._day, self.local_tokens = at[:DAY], 0
        if at[:MONTH] > self._month:
            self._month = at[:MONTH]
            self._costs.clear()

    def add(self, row: Usage) -> None:
        """Count one call."""
        self.turn(row.at)
        if row.tier == "external":
            self._costs[row.person] += Decimal(str(row.cost_usd or 0))
        else:
            self.local_tokens += row.tokens

    @contextmanager
    def hold(self, person: str, amount: Decimal) -> Iterator[None]:
        """Keep money back for a call that is under way."""
        self._held[person] += amount
        try:
            yield
        finally:
            self._held[person] -= amount

    def cost(self, people: Sequence[str] | None) -> Decimal:
        """Return what calls of these people, or of everybody, have cost this month."""
        return _sum(self._costs, people)

    def held(self, people: Sequence[str] | None) -> Decimal:
        """Return what is kept back for their calls that are under way."""
        return _sum(self._held, people)


def _sum(amounts: Mapping[str, Decimal], people: Sequence[str] | None) -> Decimal:
    return sum((amounts.get(person, Decimal()) for person in (amounts if people is None else people)), Decimal())
