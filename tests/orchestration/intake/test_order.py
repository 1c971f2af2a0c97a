"""What waits for what, from the words of sequence to the dependencies of subtasks."""

import pytest

from orchestration.intake.decomposition import decompose
from orchestration.intake.matching import Matcher
from tests.support.homelab import catalogue

HOMELAB = catalogue()
MATCHER = Matcher(HOMELAB)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deploy kuma and deploy grafana", {"deploy_kuma": [], "deploy_grafana": []}),
        ("first deploy kuma, then add the portals, finally show status",
         {"deploy_kuma": [], "add_portals_to_config": ["deploy_kuma"], "show_status": ["add_portals_to_config"]}),
        ("first deploy kuma and add the portals", {"deploy_kuma": [], "add_portals_to_config": ["deploy_kuma"]}),
        ("deploy kuma and deploy grafana, then show status",
         {"deploy_kuma": [], "deploy_grafana": [], "show_status": ["deploy_kuma", "deploy_grafana"]}),
        ("after deploying kuma add portals", {"deploy_kuma": [], "add_portals_to_config": ["deploy_kuma"]}),
        ("once kuma is deployed, add the portals", {"deploy_kuma": [], "add_portals_to_config": ["deploy_kuma"]}),
        ("add portals after deploying kuma", {"add_portals_to_config": ["deploy_kuma"], "deploy_kuma": []}),
        ("deploy kuma, and once it's up add the portals", {"deploy_kuma": [],
        "add_portals_to_config": ["deploy_kuma"]}),
        ("deploy kuma. When kuma is up, add portals", {"deploy_kuma": [], "add_portals_to_config": ["deploy_kuma"]}),
        ("deploy kuma and add portals after kuma is up", {"deploy_kuma": [], "add_portals_to_config": ["deploy_kuma"]}),
        ("delete the media volume but first back up notes", {"delete_volume": ["back_up_volume"],
        "back_up_volume": []}),
        ("delete the media volume, but back it up first", {"delete_volume": ["back_up_volume"], "back_up_volume": []}),
        ("before you remove kuma, back up notes", {"remove_kuma": ["back_up_volume"], "back_up_volume": []}),
        ("back up notes before removing kuma", {"back_up_volume": [], "remove_kuma": ["back_up_volume"]}),
        ("remove kuma, but not before notes are backed up", {"remove_kuma": ["back_up_volume"], "back_up_volume": []}),
        ("restart kuma. Show status at the end", {"restart_service": [], "show_status": ["restart_service"]}),
    ],
)  # fmt: skip
def test_order_is_understood(text: str, expected: dict[str, list[str]]) -> None:
    """Each task waits for those that were said to go before it, wherever they stand in the text."""
    found = decompose(text, HOMELAB, MATCHER)
    assert (found.questions, found.out_of_scope) == ((), ())
    names = {task.order: task.intent for task in found.subtasks}
    assert {task.intent: [names[order] for order in task.depends_on] for task in found.subtasks} == expected


@pytest.mark.parametrize(
    "text",
    ["restart kuma after you've run the tests and backed up the notes volume",
     "restart kuma once the tests have run and the notes volume is backed up",
     "after running the tests and backing up the notes volume, restart kuma"],
)  # fmt: skip
def test_two_things_that_another_waits_for_are_said_together(text: str) -> None:
    """«after A and B» is about one clause, however A and B are said."""
    found = decompose(text, HOMELAB, MATCHER)
    assert (found.questions, found.out_of_scope) == ((), ())
    tasks = {task.intent: task for task in found.subtasks}
    before = {tasks["run_tests"].order, tasks["back_up_volume"].order}
    assert set(tasks["restart_service"].depends_on) == before


def test_a_condition_that_nothing_brings_about_is_asked() -> None:
    """«after kuma is up» says nothing that could be waited for when nothing of the request deploys it."""
    found = decompose("add portals after kuma is up", HOMELAB, MATCHER)
    assert [question.about for question in found.questions] == ["kuma is up"]


def test_what_it_points_to_is_taken_from_the_thing_spoken_of() -> None:
    """«it» is the target of what was said before, and fills the parameter that names it."""
    for text in ("back up the media volume and then delete it", "delete the media volume but back it up first"):
        found = decompose(text, HOMELAB, MATCHER)
        assert {task.intent: task.parameters for task in found.subtasks} == {
            "back_up_volume": {"volume": "media"}, "delete_volume": {"volume": "media"},
        }  # fmt: skip
