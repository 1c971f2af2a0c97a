"""One wish said in many ways: with reasons, without a verb, by particles, in place of another, and left open."""

import pytest

from orchestration.intake.decomposition import Decomposition, decompose
from orchestration.intake.matching import Matcher
from orchestration.intake.request import clean_text
from tests.support.homelab import catalogue

HOMELAB = catalogue()
MATCHER = Matcher(HOMELAB)


def read(text: str) -> Decomposition:
    """Read a request against the shipped catalogue."""
    return decompose(clean_text(text), HOMELAB, MATCHER)


def wanted(text: str) -> list[str]:
    """Return the operations that a request is read as; fails when anything is asked back."""
    found = read(text)
    assert (found.questions, found.out_of_scope) == ((), ())
    return [task.intent for task in found.subtasks]


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("I want to see what my sites are up to, so please set up kuma", "deploy_kuma"),
        ("We'd like to know when something breaks, so install kuma", "deploy_kuma"),
        ("I like pizza, deploy kuma", "deploy_kuma"),
        ("restart kuma because it is slow", "restart_service"),
        ("kuma stopped responding an hour ago, kick it please", "restart_service"),
        ("since we moved everything to another tool, get rid of kuma", "remove_kuma"),
        ("I don't need grafana any more, take it off the server", "remove_grafana"),
        ("we don't use kuma any longer, uninstall the whole thing", "remove_kuma"),
        ("the dashboards? I never look at them. get rid of grafana", "remove_grafana"),
        ("the portals are outdated, please remove them from its config", "remove_portals_from_config"),
    ],
)
def test_reasons_are_no_wishes(text: str, operation: str) -> None:
    """What is told, hoped for or judged beside a wish is neither planned nor out of scope."""
    assert wanted(text) == [operation]


@pytest.mark.parametrize("text", ["I want a pizza and deploy kuma", "deploy kuma and order a pizza",
                                  "remove kuma and get me a certificate"])  # fmt: skip
def test_a_wish_that_nobody_can_fulfil_is_no_reason(text: str) -> None:
    """No plan is made of half a request."""
    assert read(text).out_of_scope


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("kuma on 12000 please", "deploy_kuma"),
        ("I'd like to have grafana on the box, use port 4000", "deploy_grafana"),
        ("need kuma on port 4444", "deploy_kuma"),
        ("give me kuma on 4000", "deploy_kuma"),
        ("put Uptime Kuma on the box, port 3100 would be fine", "deploy_kuma"),
        ("could I get grafana on port 3456?", "deploy_grafana"),
    ],
)
def test_to_name_a_thing_with_a_value_is_to_wish_for_it(text: str, operation: str) -> None:
    """Without a verb, or with one that only wishes, what lays the thing down is meant."""
    assert wanted(text) == [operation]


@pytest.mark.parametrize("text", ["kuma", "something with kuma please", "no kuma on 12000 please", "kuma off please",
                                  "I need help with grafana", "remove kuma. Grafana on 3100 please"])  # fmt: skip
def test_a_bare_name_is_asked(text: str) -> None:
    """A name alone, one that is not wanted, and one that may go on with the verb before are open."""
    found = read(text)
    assert found.questions
    assert "deploy_kuma" not in [task.intent for task in found.subtasks]


def test_a_bare_name_behind_a_wish_has_its_verb() -> None:
    """«remove kuma and grafana please» removes both."""
    assert wanted("remove both kuma and grafana please") == ["remove_kuma", "remove_grafana"]
    assert wanted("deploy kuma on 3010 and grafana on 3011") == ["deploy_kuma", "deploy_grafana"]


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("kuma should stop watching the portals", "remove_portals_from_config"),
        ("shut grafana down for good", "remove_grafana"),
        ("permanently remove kuma", "remove_kuma"),
        ("kuma has to go", "remove_kuma"),
        ("take kuma off the server please", "remove_kuma"),
        ("put the portals from the list into kuma", "add_portals_to_config"),
        ("load the portal list into kuma", "add_portals_to_config"),
        ("have kuma keep an eye on my portals", "add_portals_to_config"),
        ("please take the portals back out of the config", "remove_portals_from_config"),
        ("kick off the sample test suite", "run_tests"),
        ("start the tests", "run_tests"),
        ("say boo after five seconds", "slow_echo"),
        ("wait 5 seconds, then say hello", "slow_echo"),
        ("check whether kuma is up", "show_status"),
    ],
)
def test_particles_and_paraphrases(text: str, operation: str) -> None:
    """What is done may be said around its object, by a noun, or by what is no longer to be done."""
    assert wanted(text) == [operation]


@pytest.mark.parametrize(
    ("text", "operations"),
    [
        ("don't remove kuma, just restart it", ["restart_service"]),
        ("don't restart grafana, remove it instead", ["remove_grafana"]),
        ("do not touch kuma but restart grafana", ["restart_service"]),
    ],
)
def test_what_is_wished_in_place_of_another(text: str, operations: list[str]) -> None:
    """A refusal is heard, and left out, where what is wanted instead follows."""
    assert wanted(text) == operations
    assert read("don't deploy kuma and remove grafana").questions


@pytest.mark.parametrize(
    "text",
    ["do something about the portals", "restart the thing that's hanging", "delete one of the volumes please, any",
     "do it again but properly", "fix the portals thing", "restart whatever is broken", "clean up the volumes a bit"],
)  # fmt: skip
def test_what_is_left_open_is_asked(text: str) -> None:
    """A vague wish that shares a thing or a verb with the catalogue is no refusal."""
    found = read(text)
    assert found.out_of_scope == ()
    assert found.questions or all(task.parameters == {} for task in found.subtasks)


@pytest.mark.parametrize("text", ["do something about the weather", "order something to eat", "fix my car",
                                  "deploy nextcloud on port 8080 please", "restart my router"])  # fmt: skip
def test_what_shares_nothing_is_refused_however_vague(text: str) -> None:
    """Words of parameters («port») make nothing of the catalogue's of a thing that it does not know."""
    assert read(text).out_of_scope


@pytest.mark.parametrize(
    ("text", "message"),
    [("repeat after me: the cake is a lie", "the cake is a lie"), ("echo: all systems are go", "all systems are go"),
     ("echo: deploy kuma", "deploy kuma")],
)  # fmt: skip
def test_a_colon_announces_a_message(text: str, message: str) -> None:
    """What stands behind the colon of a clause that takes any words is one message."""
    [task] = read(text).subtasks
    assert (task.intent, task.parameters) == ("echo", {"message": message})


def test_a_value_that_cannot_be_had_is_none() -> None:
    """«3000 is taken» is no port, and what it should be instead is."""
    [task] = read("could you spin up grafana? 3000 is taken, so use 3005 instead").subtasks
    assert "3000" not in task.text
    assert "3005" in task.text


def test_names_of_the_workspace_tell_what_a_clause_is_about() -> None:
    """«delete recipes» means the volume of that name where there is one, and nothing where there is none."""
    assert read("delete recipes but back it up first").out_of_scope
    found = decompose("delete recipes but back it up first", HOMELAB, MATCHER, names={"recipes": "volume"})
    assert [(task.intent, task.parameters) for task in found.subtasks] == [
        ("delete_volume", {"volume": "recipes"}), ("back_up_volume", {"volume": "recipes"}),
    ]  # fmt: skip
    assert decompose("mail recipes to bob", HOMELAB, MATCHER, names={"recipes": "volume"}).out_of_scope
