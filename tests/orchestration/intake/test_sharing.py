"""What a clause takes over from those before it: by a word that points, or as the same wish in other words."""

import pytest

from orchestration.intake.catalogue import load_catalogue
from orchestration.intake.decomposition import decompose
from orchestration.intake.matching import Matcher
from tests.support.homelab import catalogue
from tests.support.world import operation

HOMELAB = catalogue()
MATCHER = Matcher(HOMELAB)


def captured(text: str) -> list[tuple[str, dict[str, str]]]:
    """Return (operation, what was captured) of each task; fails when anything is asked back."""
    found = decompose(text, HOMELAB, MATCHER)
    assert (found.questions, found.out_of_scope) == ((), ())
    return [(task.intent, task.parameters) for task in found.subtasks]


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("deploy kuma and check that it's up", "kuma"),
        ("restart grafana, then show me its status", "grafana"),
        ("deploy kuma then restart it then show its status", "kuma"),
        ("grafana is slow, show me its status", "grafana"),
        ("restart kuma. make sure it is running", "kuma"),
    ],
)
def test_a_value_is_taken_over_instead_of_the_default(text: str, service: str) -> None:
    """«it» and «its» stand for the value that an earlier clause named for a parameter of the same meaning."""
    assert captured(text)[-1] == ("show_status", {"service": service})


@pytest.mark.parametrize(
    "text",
    ["restart kuma and show status", "restart kuma and show the status of everything",
     "deploy kuma and grafana, then check that they are up"],
)  # fmt: skip
def test_nothing_is_taken_over_without_a_word_that_points_to_one(text: str) -> None:
    """What does not point, what says its own value, and what points to several keeps its own."""
    assert captured(text)[-1][1].get("service") in (None, "everything")


def test_a_value_that_is_asked_for_is_taken_over_too() -> None:
    """«the volume», and a clause without an object where little can go wrong, are about what was spoken of."""
    assert captured("back up photos, then delete the volume")[1] == ("delete_volume", {"volume": "photos"})
    assert captured("take the portals out of kuma and then restart it")[1] == ("restart_service", {"service": "kuma"})
    assert captured("delete the photos volume but make a backup first")[1] == ("back_up_volume", {"volume": "photos"})
    assert captured("the photos volume is full, delete it")[0] == ("delete_volume", {"volume": "photos"})
    [task] = decompose("install grafana and wipe the volume", HOMELAB, MATCHER).subtasks[1:]
    assert task.parameters == {}


def test_parameters_of_one_declaration_share_what_was_said() -> None:
    """A shaped text goes over by its name and declaration, and a number or free words never."""
    shaped = {"host": {"type": "string", "format": "hostname"}, "size": {"type": "integer", "default": 1}}
    operations = {
        "mount": operation(says=["mount {host}"], parameters=shaped),
        "probe": operation(says=["probe {host}"], parameters=shaped),
    }
    hosts = load_catalogue({"version": 1, "operations": operations})
    found = decompose("mount nas.home.arpa with size 5 and then probe it", hosts, Matcher(hosts))
    assert found.subtasks[1].parameters == {"host": "nas.home.arpa"}


@pytest.mark.parametrize(
    ("text", "operations"),
    [
        ("I want grafana gone, uninstall it please", ["remove_grafana"]),
        ("get rid of grafana, I mean uninstall the whole thing", ["remove_grafana"]),
        ("I want my photos to be safe, back them up", ["back_up_volume"]),
        ("deploy kuma, 3001 is in use so put it on 3002", ["deploy_kuma"]),
        ("kuma should stop checking the portals, remove them from its config", ["remove_portals_from_config"]),
        ("restart kuma and then restart it again", ["restart_service", "restart_service"]),
    ],
)
def test_the_same_thing_in_other_words_is_one_wish(text: str, operations: list[str]) -> None:
    """A clause that points to what was just wished adds its values, and no second task, unless it says «again»."""
    assert [key for key, _ in captured(text)] == operations


def test_what_stands_behind_out_of_is_not_what_it_is_about() -> None:
    """«take them out of kuma» is never about kuma itself."""
    assert [key for key, _ in captured("I never look at these portals, take them out of kuma")] == [
        "remove_portals_from_config"
    ]
    assert decompose("take them out of kuma", HOMELAB, MATCHER).subtasks == ()
