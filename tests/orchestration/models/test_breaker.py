"""How long a model that does not answer is left alone."""

import contextlib

import pytest

from orchestration.errors import ModelFailed, ModelTrouble
from orchestration.models.breaker import Breaker, LeftAlone
from tests.support.models.scripted import failing


class Bell:
    """A breaker, and time that tests move."""

    def __init__(self) -> None:
        self.time = 0.0
        self.breaker = Breaker("qwen", lambda: self.time)

    def fail(self, trouble: ModelTrouble = "timeout", retry_after: float | None = None) -> None:
        """Have a call fail."""
        with pytest.raises(ModelFailed, match="It said"), self.breaker.call():
            raise failing(trouble, retry_after)

    def answer(self) -> None:
        """Have a call answered."""
        with self.breaker.call():
            pass

    def rest(self) -> float:
        """Return for how many seconds it is left alone; 0 for not at all."""
        try:
            with self.breaker.call():
                raise TimeoutError  # given up, which teaches it nothing
        except LeftAlone as refused:
            return refused.retry_after_seconds or 0.0
        except TimeoutError:
            return 0.0


@pytest.fixture
def bell() -> Bell:
    """A breaker of a model that is well."""
    return Bell()


@pytest.mark.parametrize("trouble", ["timeout", "unreachable", "rate_limited", "overloaded", "no_model", "broken"])
def test_three_failures_in_a_row_open_it(bell: Bell, trouble: ModelTrouble) -> None:
    """Two do not, and an answer between makes them begin anew."""
    bell.fail(trouble)
    bell.fail(trouble)
    bell.answer()
    bell.fail(trouble)
    bell.fail(trouble)
    assert bell.rest() == 0
    bell.fail(trouble)
    assert bell.rest() == 30
    with pytest.raises(LeftAlone, match=rf"^qwen has failed \({trouble}\) and is not asked again for 30 s\.$"):
        bell.answer()


def test_each_rest_is_twice_as_long_up_to_five_minutes(bell: Bell) -> None:
    """After a rest one call decides; when it fails, the next rest begins at once, and an answer ends them all."""
    bell.fail()
    bell.fail()
    for seconds in (30, 60, 120, 240, 300, 300):
        bell.fail()
        assert bell.rest() == seconds
        bell.time += seconds
    bell.answer()
    bell.fail()
    bell.fail()
    assert bell.rest() == 0
    bell.fail()
    assert bell.rest() == 30


@pytest.mark.parametrize(
    ("said", "seconds"), [(7.0, 7.0), (300.0, 300.0), (49 * 86400.0, 300.0), (float("inf"), 300.0)]
)
def test_what_the_provider_says_is_kept_to_within_five_minutes(bell: Bell, said: float, seconds: float) -> None:
    """A provider that asks for weeks cannot wedge it."""
    bell.fail("rate_limited", said)
    assert bell.rest() == seconds
    bell.time += seconds
    assert bell.rest() == 0


def test_a_short_rest_by_the_provider_does_not_shorten_ours(bell: Bell) -> None:
    """Three failures in a row are three, also when each says to come back soon."""
    for _ in range(3):
        bell.fail("overloaded", 0.5)
        bell.time += 0.5
    assert bell.rest() == 29.5


@pytest.mark.parametrize("trouble", ["spend_limit", "unauthorised"])
def test_what_only_a_person_can_mend_rests_five_minutes(bell: Bell, trouble: ModelTrouble) -> None:
    """Without money or access the first failure is enough."""
    bell.fail(trouble, 5)
    assert bell.rest() == 300


@pytest.mark.parametrize("trouble", ["rejected", "cut", "refused", "unusable"])
def test_a_model_that_says_no_is_well(bell: Bell, trouble: ModelTrouble) -> None:
    """What is wrong with a request says nothing against the model."""
    for _ in range(5):
        bell.fail(trouble)
    assert bell.rest() == 0


def test_one_call_decides_at_a_time(bell: Bell) -> None:
    """After a rest the second call is not let through while the first is under way; one given up decides nothing."""
    for _ in range(3):
        bell.fail()
    bell.time += 30
    with contextlib.suppress(TimeoutError), bell.breaker.call():
        assert bell.rest() == 1
        raise TimeoutError
    bell.answer()
    assert bell.rest() == 0


def test_calls_that_were_under_way_do_not_lengthen_the_rest(bell: Bell) -> None:
    """Ten calls that fail together are one outage."""
    calls = [bell.breaker.call() for _ in range(10)]
    for call in calls:
        call.__enter__()
    for call in calls:
        failure = failing("timeout")
        assert not call.__exit__(ModelFailed, failure, None)
    assert bell.rest() == 30
    bell.time += 30
    bell.fail()
    assert bell.rest() == 60
