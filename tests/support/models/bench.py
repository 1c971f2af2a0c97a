"""The chain of models on a real store, with two scripted models, a policy, and time that tests move."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from adapters.storage.store import SqliteStore, open_store
from orchestration.errors import Unavailable
from orchestration.models.chain import Models
from orchestration.models.work import Answered, Unusable, Work
from orchestration.people import load_people
from orchestration.policy import Policy, Rules, load_policy
from orchestration.ports import Committed, Prompt, Store, Tier, Transaction, Where, timestamp
from orchestration.records import FallbackDecision, Record, Usage
from tests.support.databases import prepared
from tests.support.models.scripted import ScriptedModel
from tests.support.world import CATALOGUE, PEOPLE, POLICY, TestClock

R = TypeVar("R", bound=Record)
T = TypeVar("T")
PRICES: dict[str, Any] = {
    "as_of": "2026-11-01",
    "per_million": {"external-model": {"input": 10_000, "output": 100_000}},
}
"""So dear that the 10 tokens of input and 10 of output of an answer cost 1.10 USD."""
COST = 1.1
PROMPT = Prompt("Say what you see.", '{"seen":"a cat"}', None, 10)
MOST = 1.12
"""What asking it may cost, with 12 tokens of input and 10 of output."""
PEOPLE_LOADED = load_people(PEOPLE)


def policy(**values: Any) -> Policy:
    """Return the policy of the tests with prices, and what else is given."""
    return load_policy({**POLICY, "prices": PRICES, **values}, PEOPLE_LOADED, set(CATALOGUE["operations"]))


def take(text: str) -> str:
    """Take any answer that does not begin with `bad`."""
    if text.startswith("bad"):
        raise Unusable(f"«{text}» will not do.")
    return text.upper()


@dataclass
class Bench:
    """Two models, and what they are asked under."""

    store: SqliteStore
    external: ScriptedModel = field(default_factory=lambda: ScriptedModel("external"))
    local: ScriptedModel = field(default_factory=lambda: ScriptedModel("local"))
    rules: Rules = field(default_factory=lambda: Rules(policy(), PEOPLE_LOADED))
    clock: TestClock = field(default_factory=TestClock)
    time: float = 1000.0
    """What the chain takes for the monotonic time, in seconds."""

    def models(self, *tiers: Tier, store: Store | None = None) -> Models:
        """Return the chain as a process that has just begun has it, with both models unless some are named."""
        there: dict[Tier, ScriptedModel] = {"external": self.external, "local": self.local}
        return Models(
            store or self.store, self.clock, self.rules, {tier: there[tier] for tier in tiers or there},
            lambda: self.time,
        )  # fmt: skip

    def rule(self, **values: Any) -> None:
        """Go by another policy."""
        self.rules.go_by(policy(**values), self.rules.people)

    async def used(self, tier: Tier, tokens: int, cost: float | None = None, person: str = "ana") -> None:
        """Have had a call at this time."""
        at = timestamp(self.clock.now())
        row = Usage(
            f"{tier} {tokens} {cost} {person} {at}", at, "reading", person, None, None, None, tier, "m",
            tokens, 0, 0, 0, cost, 5, None,
        )  # fmt: skip
        await self.store.tx("test", lambda tx: tx.insert(row))

    async def usage(self) -> list[Usage]:
        """Return the calls that are written down."""
        return await self.store.find(Usage, {}, "at")

    async def decision(self) -> FallbackDecision:
        """Return the only decision that is written down."""
        (found,) = await self.store.find(FallbackDecision, {})
        return found


async def ask(models: Models, **work: Any) -> Answered[str]:
    """Ask something simple for ana, or as `work` says."""
    given: dict[str, Any] = {"purpose": "reading", "person": "ana", "complexity": "simple", **work}
    return await models.ask(Work(**given), PROMPT, take)


@asynccontextmanager
async def open_bench(folder: Path) -> AsyncIterator[Bench]:
    """Open a bench on a new store."""
    async with open_store(prepared(folder / "store.db")) as store:
        yield Bench(store)


@dataclass
class FailingStore:
    """An embedded implementation of the port `Store` that cannot read usage, or cannot write it."""

    store: SqliteStore
    reads: bool = True
    writes: bool = True

    async def tx(self, label: str, use_case: Callable[[Transaction], T]) -> T:
        """Write, or fail."""
        if not self.writes:
            raise Unavailable("The disk is full.")
        return await self.store.tx(label, use_case)

    async def find(self, kind: type[R], where: Where, order_by: str = "", limit: int = 0) -> list[R]:
        """Read, or fail."""
        if not self.reads:
            raise Unavailable("The disk is gone.")
        return await self.store.find(kind, where, order_by, limit)

    def watch(self, watcher: Callable[[Committed], None]) -> Callable[[], None]:
        """Watch the real one."""
        return self.store.watch(watcher)
