"""What is to be left alone is no wish; a plan that may touch it is asked about."""

import pytest

from orchestration.intake.keeping import kept
from tests.support.reading import read


@pytest.mark.parametrize("text", [
    "don't restart kuma", "dont touch grafana today please, im showing it to my boss", "please dont delete photos!!",
    "no need to restart kuma anymore, i fixed it myself", "keep kuma", "kuma stays", "leave grafana alone",
    "don't touch anything", "no need for a backup today", "i don't want you to delete photos", "hands off kuma",
    "dont touch kuma and grafana",
])  # fmt: skip
def test_nothing_is_asked_of_who_wants_nothing_done(text: str) -> None:
    """There is nothing to do, so that there is no question either."""
    found = read(text)
    assert found.out_of_scope
    assert (found.questions, found.subtasks) == ((), ())


@pytest.mark.parametrize(("text", "operation"), [
    ("show me the status, no need to restart anything", "show_status"),
    ("show me the status. Don't restart anything yet, please", "show_status"),
    ("remove grafana but keep kuma", "remove_grafana"),
    ("remove grafana. Kuma must stay up though", "remove_grafana"),
    ("get rid of grafana, i never look at it. kuma stays", "remove_grafana"),
    ("make a copy of recipes and dont touch the other volumes", "back_up_volume"),
    ("back up photos. Media can wait until the new disk is here", "back_up_volume"),
    ("back up photos and don't touch kuma or grafana", "back_up_volume"),
    ("take the portals out of kuma, the rest of the monitors should stay", "remove_portals_from_config"),
    ("take the portals out of kuma, my own monitors should stay", "remove_portals_from_config"),
    ("restart kuma but grafana should keep running", "restart_service"),
    ("restart kuma, don't touch anything else", "restart_service"),
    ("don't remove kuma, just restart it", "restart_service"),
    ("deploy kuma without touching grafana", "deploy_kuma"),
    ("deploy kuma, no need to run the tests", "deploy_kuma"),
    ("run the tests, nothing else please", "run_tests"),
])  # fmt: skip
def test_what_no_wish_touches_is_passed_over(text: str, operation: str) -> None:
    """Another target, another value, another action and all the rest are left alone by the plan as it is."""
    found = read(text)
    assert (found.questions, found.out_of_scope) == ((), ())
    assert [task.intent for task in found.subtasks] == [operation]


@pytest.mark.parametrize("text", [
    "remove grafana but keep its volume", "remove grafana but leave the data", "remove kuma but keep its config",
    "remove kuma, the monitors should stay", "remove kuma but don't delete anything",
    "delete media, but not media",
    "delete media but not the photos in it", "delete media but keep the photos in there",
    "restart kuma but don't stop it",
    "deploy grafana, but don't break anything", "don't touch anything, restart kuma",
    "restart kuma without losing data",
    "deploy kuma but don't expose it", "restart kuma. It can wait until tonight",
    "don't restart kuma unless it is down", "remove grafana, I still need the dashboards",
    "I'd like kuma gone but its data kept",
])  # fmt: skip
def test_what_a_wish_may_touch_is_asked(text: str) -> None:
    """What belongs to the thing a wish is about cannot be promised to be left alone."""
    found = read(text)
    assert found.questions
    assert not found.subtasks


@pytest.mark.parametrize("text", ["don't deploy kuma and remove grafana", "don't restart kuma or deploy grafana"])
def test_what_is_not_to_be_done_may_go_on(text: str) -> None:
    """Behind «don't … and», nobody can say whether the second is wanted."""
    assert not read(text).subtasks


@pytest.mark.parametrize("text", ["don't forget the backup", "don't worry about it", "don't hesitate",
                                  "don't keep kuma", "keep an eye on kuma if it crashes", "not on port 3000",
                                  "not sure",
                                  "never mind"])  # fmt: skip
def test_not_everything_with_dont_leaves_something_alone(text: str) -> None:
    """What means the opposite, or nothing at all, is read as what it is."""
    assert kept(text) is None
