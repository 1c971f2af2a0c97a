"""Nothing that was said beside a wish is left out of a plan without a question."""

import pytest

from tests.support.reading import planned, read


@pytest.mark.parametrize(
    "text",
    ["deploy kuma to the cloud", "deploy kuma on web-2", "deploy grafana with ssl", "deploy grafana behind nginx",
     "deploy grafana using helm", "restart kuma in safe mode", "remove kuma from web-2", "restart kuma 2",
     "deploy a second kuma on 3002", "add the portals to grafana", "restart kuma in case it is down",
     "restart kuma depending on the status", "deploy kuma morgen", "deploye kuma bitte nicht", "no borres kuma"],
)  # fmt: skip
def test_what_nobody_here_can_take_into_account_is_asked(text: str) -> None:
    """A place, a manner, a condition or another thing beside a wish may be what matters."""
    found = read(text)
    assert found.questions or found.out_of_scope


@pytest.mark.parametrize(
    "text",
    ["deploy kuma on my homelab", "deploy kuma for my family", "deploy kuma to watch my sites", "put kuma up quickly",
     "deploy kuma, just in case", "deploy kuma with docker compose", "could somebody deploy the kuma service again",
     "Hello team, please deploy kuma. Best regards, Ana", "install kuma using port number 3020",
     "deploy kuma so that we can see when sites go down"],
)  # fmt: skip
def test_what_changes_nothing_is_no_question(text: str) -> None:
    """Where everything runs, for whom, what for, and what is polite."""
    assert planned(text) == ["deploy_kuma"]


@pytest.mark.parametrize("text", ["remove kuma but keep the data", "remove grafana but not the dashboards",
                                  "deploy grafana, but don't break anything", "restart kuma without losing data",
                                  "deploy grafana but not on port 3000"])  # fmt: skip
def test_a_limit_is_asked_about(text: str) -> None:
    """What must not be touched cannot be promised, so that it is not passed over."""
    found = read(text)
    assert found.questions or not found.subtasks or "3000" in found.subtasks[0].text


@pytest.mark.parametrize(
    ("text", "operation"),
    [("deploy kuma but not grafana", "deploy_kuma"), ("restart kuma but leave grafana alone", "restart_service"),
     ("deploy grafana but not on the default port, use 4013", "deploy_grafana"),
     ("restart kuma, no rush", "restart_service"), ("restart kuma, I don't care how", "restart_service")],
)  # fmt: skip
def test_what_is_not_wanted_as_well_is_left_out(text: str, operation: str) -> None:
    """Another thing that the same could be done to, and a limit that is met at once, need no question."""
    assert planned(text) == [operation]


@pytest.mark.parametrize("text", ["swap kuma for grafana", "replace kuma with grafana"])
def test_to_put_one_thing_in_place_of_another_is_asked(text: str) -> None:
    """Both halves are offered, what lays down first; neither is done uninvited."""
    [question] = read(text).questions
    assert [choice.value for choice in question.choices] == ["deploy_grafana", "remove_kuma"]


def test_what_does_harm_is_offered_only_where_harm_is_spoken_of() -> None:
    """Who wants something improved is not asked whether it should be removed."""
    [question] = read("improve the config of kuma").questions
    assert "remove_kuma" not in [choice.value for choice in question.choices]
    [question] = read("should I remove kuma?").questions
    assert "remove_kuma" in [choice.value for choice in question.choices]


@pytest.mark.parametrize("text", ["tell me when kuma is down", "show the status every hour", "show the status at 5pm"])
def test_a_standing_order_is_no_look(text: str) -> None:
    """Who wants to be told later, or again and again, is asked, since one look now is something else."""
    found = read(text)
    assert found.questions or found.out_of_scope


def test_how_a_thing_is_is_no_wish_for_it() -> None:
    """«it was on port 3456» asks for nothing, and what you did is not to be done again."""
    assert planned("grafana was on port 3456, restart it") == ["restart_service"]
    assert read("you have restarted kuma").questions


def test_a_bare_name_behind_a_removal_may_go_with_it() -> None:
    """«uninstall kuma and grafana on 3100» could mean either, so that it is asked."""
    assert read("uninstall kuma and grafana on 3100").questions
