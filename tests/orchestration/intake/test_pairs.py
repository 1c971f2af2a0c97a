"""Two wishes that are clear alone are both clear, and both planned, however they are joined."""

import itertools
import random

import pytest

from tests.support.reading import read

WISHES = {
    "deploy kuma": "deploy_kuma",
    "deploy grafana on port 3456": "deploy_grafana",
    "remove grafana": "remove_grafana",
    "restart kuma": "restart_service",
    "restart grafana": "restart_service",
    "show the status of kuma": "show_status",
    "back up the notes volume": "back_up_volume",
    "delete the volume media": "delete_volume",
    "run the tests": "run_tests",
    "add the portals to kuma": "add_portals_to_config",
    "take the portals out of kuma": "remove_portals_from_config",
    "suggest improvements for grafana": "generate_improvements",
}
JOINED = (
    "{a} and {b}", "{a}, then {b}", "{a}. {b}", "{a} and then {b}", "{a}; after that {b}", "{a}, {b}", "{a} & {b}",
    "{a} and {b} after", "{b} after you {a}", "before you {b}, {a}", "first {a}, then {b}", "once you {a}, {b}",
    "please {a} and also {b}, thanks", "can you {a} and {b}?", "I want to {a} and {b}", "{a}\n{b}",
)  # fmt: skip
PAIRS = list(itertools.permutations(WISHES, 2))


@pytest.mark.parametrize("joined", JOINED)
def test_neither_of_two_wishes_is_lost(joined: str) -> None:
    """What is planned is both of them, in their words; a question is allowed, another plan is not."""
    asked = 0
    pairs = random.Random(joined).sample(PAIRS, 24)
    for first, second in pairs:
        text = joined.format(a=first, b=second)
        found = read(text)
        if found.questions or found.out_of_scope:
            asked += 1
            continue
        assert sorted(task.intent for task in found.subtasks) == sorted((WISHES[first], WISHES[second])), text
    assert asked <= len(pairs) // 10
