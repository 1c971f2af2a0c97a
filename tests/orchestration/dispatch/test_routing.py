"""The score by which a task finds its agent: its record, what it did lately, what it is for, what it has to do."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.storage.store import SqliteStore, open_store
from orchestration.dispatch.agents import Agent, Need, Registry, Resources
from orchestration.dispatch.routing import Choice, Router, as_retry
from orchestration.ports import Transaction, timestamp
from orchestration.records import Performance
from tests.support.databases import prepared
from tests.support.gates import agent

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AT = timestamp(NOW)
LONG_AGO = timestamp(NOW - timedelta(days=3))
NEED = Need("infra", "command", "echo")


def routed(agents: list[Agent], need: Need = NEED, known: list[Performance] | None = None) -> Choice | None:
    """Return the choice among agents with a record."""
    router = Router(Registry(agents))
    router.remember(known or [])
    return router.choose(need, AT, set())


def record(succeeded: int, failed: int, last_at: str = LONG_AGO, agent_id: str = "infra-1") -> Performance:
    """Return an agent's record at `echo`."""
    return Performance(agent_id, "echo", succeeded, failed, last_at)


def busy(name: str, tasks: int, slots: int = 8) -> Agent:
    """Return an agent with tasks in flight."""
    found = agent(name, slots)
    for number in range(tasks):
        found.occupy(f"attempt-{number}", NEED)
    return found


@pytest.mark.parametrize(
    ("known", "success", "context"),
    [
        ([], 20, 0),
        ([record(9, 0)], 20, 0),
        ([record(10, 0)], 40, 0),
        ([record(0, 10)], 0, 0),
        ([record(19, 1)], 38, 0),
        ([record(2, 1, timestamp(NOW - timedelta(hours=4)))], 20, 30),
        ([record(2, 1, timestamp(NOW - timedelta(hours=4, seconds=1)))], 20, 0),
        ([record(99, 1, AT, agent_id="infra-9")], 20, 0),
    ],
)
def test_the_record_counts_from_ten_samples_and_context_for_four_hours(
    known: list[Performance], success: int, context: int
) -> None:
    """Fewer than ten runs say nothing and give the middle; work of the same type within four hours gives 30."""
    choice = routed([agent()], known=known)
    assert choice is not None
    assert choice.components == {
        "success_rate": success, "recent_context": context, "specialization": 0, "load": 10
    }  # fmt: skip
    assert choice.score == success + context + 10


@pytest.mark.parametrize(("tasks", "points"), [(0, 10), (1, 9), (4, 5), (7, 2)])
def test_load_counts_what_is_in_flight(tasks: int, points: int) -> None:
    """Ten points for an idle agent, none for a full one."""
    choice = routed([busy("infra-1", tasks)])
    assert choice is not None
    assert choice.components["load"] == points


def test_the_best_possible_score_is_a_hundred_and_says_why() -> None:
    """All components at their most, and every one of them in the reason."""
    choice = routed([agent(specializations=frozenset({"echo"}))], known=[record(50, 0, AT)])
    assert choice is not None
    assert (choice.score, choice.reason) == (
        100, "Selected based on 100% success rate, recent context, specialization match"
    )  # fmt: skip
    assert as_retry(choice, 2).reason.endswith(" (retry #2)")


def test_the_better_score_wins_then_the_lighter_load_then_the_order() -> None:
    """A specialist with work beats an idle generalist; equals share the work; the first one takes the first task."""
    special = busy("infra-2", 3)
    special.specializations = frozenset({"echo"})
    cases = [
        ([agent("infra-1"), special], "infra-2"),
        ([agent("infra-1"), agent("infra-2")], "infra-1"),
        # The same points for load, though not the same load.
        ([busy("infra-1", 19, slots=200), busy("infra-2", 1, slots=200)], "infra-2"),
    ]
    for agents, expected in cases:
        choice = routed(agents)
        assert choice is not None
        assert choice.agent.id == expected


@pytest.mark.parametrize(
    "unfit",
    [
        agent("code-1"),
        Agent("infra-1", "infra", frozenset({"pytest"}), Resources(1, 1)),
        agent(work_types=frozenset({"deploy"})),
        agent(is_online=False),
        agent(resources=Resources(4, 0)),
        busy("infra-1", 8),
    ],
)
def test_only_who_can_do_it_now_is_chosen(unfit: Agent) -> None:
    """Type, tool, work type, presence, resources and a free slot all have to fit."""
    assert routed([unfit]) is None
    other = agent("infra-2")
    choice = routed([unfit, other])
    assert choice is not None
    assert choice.agent is other


def test_who_failed_is_avoided_even_when_the_other_has_no_room() -> None:
    """The retry waits for the other one; only alone the same agent is taken again."""
    avoid = Need("infra", "command", "echo", avoid="infra-1")
    assert routed([agent("infra-1"), busy("infra-2", 8)], avoid) is None
    choice = routed([agent("infra-1")], avoid)
    assert choice is not None
    assert choice.agent.id == "infra-1"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """Return a database of its own."""
    async with open_store(prepared(tmp_path / "sayso.db")) as opened:
        yield opened


async def test_the_record_is_counted_in_its_row_and_in_memory_alike(store: SqliteStore) -> None:
    """What is read at the next start is what this process goes by; what was taken back counts in neither."""
    router = Router(Registry([agent()]))

    def ran(succeeded: bool) -> Callable[[Transaction], Any]:
        return lambda tx: router.ended(tx, "infra-1", "echo", succeeded, AT)

    def ran_and_raised(tx: Transaction) -> None:
        router.ended(tx, "infra-1", "echo", False, AT)
        raise ValueError

    for succeeded in (True, True, False):
        await store.tx("test", ran(succeeded))
    with pytest.raises(Exception, match="ValueError"):
        await store.tx("test", ran_and_raised)
    await store.tx("test", ran(True))
    assert await store.find(Performance, {}) == [Performance("infra-1", "echo", 3, 1, AT)]
