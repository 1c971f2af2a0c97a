"""Whatever happens in whatever order, the promises hold: random courses of plans, watched by an oracle of their own."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from adapters.storage.transaction import SqliteTransaction
from orchestration import retrying
from orchestration.dispatch import dispatcher, outcome, worker
from orchestration.dispatch.dispatcher import Dispatcher
from orchestration.ports import Where
from orchestration.records import Attempt, Record
from tests.safety.machine import AnyCourse

Mutant = Callable[[pytest.MonkeyPatch], None]
QUICK = settings(
    max_examples=10,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
LONG = settings(QUICK, max_examples=60, stateful_step_count=50)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(retrying, "AFTER_TROUBLE_SECONDS", 0.01)


def test_a_few_courses_keep_every_promise() -> None:
    """Some short ones, the same at every run."""
    run_state_machine_as_test(AnyCourse, settings=QUICK)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_courses_keep_every_promise() -> None:
    """Many, and longer."""
    run_state_machine_as_test(AnyCourse, settings=LONG)


def forgets_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let go of a target without telling whoever waits for it."""
    monkeypatch.setattr(Dispatcher, "next_for_target", lambda *_args: None)


def shares_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every target for free."""
    monkeypatch.setattr(Dispatcher, "_has_its_target", lambda *_args: True)


def keeps_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the slot of an attempt whose process died."""
    monkeypatch.setattr(
        Dispatcher, "lose", lambda _self, tx, attempt, may_repeat, at: outcome.lose(tx, attempt, may_repeat, at)
    )


def starts_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run again whatever lost its process."""
    monkeypatch.setattr(
        Dispatcher, "lose", lambda self, tx, attempt, _may_repeat, at: lose_as_it_was(self, tx, attempt, True, at)
    )


def takes_any_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take results whatever their fence."""
    monkeypatch.setattr(SqliteTransaction, "change", without_fence)


def stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Go on with everything when something fails."""
    monkeypatch.setattr(dispatcher, "_stopped_by", lambda *_args: set())


lose_as_it_was = Dispatcher.lose
change_as_it_was = SqliteTransaction.change


def without_fence(self: SqliteTransaction, kind: type[Record], where: Where, values: Mapping[str, Any]) -> int:
    """Change rows without looking at attempts."""
    is_result = kind is Attempt and "result" in values
    return change_as_it_was(self, kind, {"id": where["id"]} if is_result else where, values)


MUTANTS: list[Mutant] = [forgets_who_waits, shares_targets, keeps_slots, starts_twice, takes_any_report, stops_nothing]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_each_planted_fault_is_found(
    mutant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oracle is no rubber stamp: with one line of thought changed, a promise is seen to be broken."""
    mutant(monkeypatch)
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        run_state_machine_as_test(AnyCourse, settings=settings(LONG, phases=[Phase.generate]))
