"""What people say beside a wish is passed over when it is harmless, and is never read as a wish."""

import pytest

from tests.support.reading import planned, read


@pytest.mark.parametrize("reason", [
    "they want money for everything now", "ram is full", "half of the disks are dying", "my boss loves charts",
    "the disk makes strange noises", "way too many alerts at night", "driving me crazy", "we will be away next week",
    "I can't log in any more", "this time I would like to surprise him", "better safe than sorry",
    "just to be on the safe side", "yes I am sure", "there was a power cut", "same as always",
])  # fmt: skip
def test_what_is_only_told_is_passed_over(reason: str) -> None:
    """Reasons, states, feelings, plans of the speaker and consent are no wishes, and change none."""
    assert planned(f"restart kuma, {reason}") == ["restart_service"]
    assert planned(f"{reason}. Restart kuma please") == ["restart_service"]
    assert read(f"restart kuma, {reason}").passed_over


@pytest.mark.parametrize("text", ["restart kuma its hanging again", "restart kuma it keeps crashing",
                                  "restart kuma i cant log in anymore", "restart kuma its down"])  # fmt: skip
def test_a_remark_needs_no_comma(text: str) -> None:
    """What is said of a thing right behind a wish is told, as it is behind a comma."""
    assert planned(text) == ["restart_service"]


@pytest.mark.parametrize("purpose", ["so it picks them up", "so I can sleep well", "so my wife stops complaining",
                                     "so that I finally get some sleep"])  # fmt: skip
def test_what_it_is_for_is_no_wish(purpose: str) -> None:
    """«so …» with somebody or something that does it says what a wish is for."""
    assert planned(f"add the portals to kuma and restart grafana {purpose}") == [
        "add_portals_to_config", "restart_service",
    ]  # fmt: skip


@pytest.mark.parametrize("beside", [
    "and order a pizza", "and I'd like a pizza", "and change the admin password", "and a reverse proxy", "and nginx",
    ". We need https on it", ", it should only be reachable from inside", ", then tidy the kitchen",
    "unless somebody is online", ", but only when nobody is online", ", but first ask me",
    "and I want to harden the server",
])  # fmt: skip
def test_what_may_be_wished_for_is_not_passed_over(beside: str) -> None:
    """An order that nobody here knows, a need and a condition are asked or refused."""
    found = read(f"deploy kuma {beside}")
    assert found.questions or found.out_of_scope


@pytest.mark.parametrize("order", ["in that order", "in exactly this order", "one after the other"])
def test_an_order_is_kept(order: str) -> None:
    """«in that order» makes each task wait for the one before."""
    assert [task.depends_on for task in read(f"restart kuma and grafana, {order}").subtasks] == [(), (1,)]


def test_once_behind_a_wish_is_a_number() -> None:
    """«once, …» is no condition on what follows."""
    assert planned("restart kuma once, i want to see if i get the notification") == ["restart_service"]


def test_a_value_that_is_used_elsewhere_is_no_wish() -> None:
    """«3001 is kuma» deploys no kuma."""
    assert planned("deploy grafana on port 3100. 3001 is kuma") == ["deploy_grafana"]


@pytest.mark.parametrize(("text", "operation", "values"), [
    ("restart grafana... sorry, I meant kuma", "restart_service", {"service": "kuma"}),
    ("restart kuma, no wait, grafana", "restart_service", {"service": "grafana"}),
    ("restart grafana, er, I mean kuma", "restart_service", {"service": "kuma"}),
    ("restart grafana. Oops, kuma I meant", "restart_service", {"service": "kuma"}),
    ("back up media... sorry i meant photos", "back_up_volume", {"volume": "photos"}),
    ("deploy grafana on port 3001, sorry, 3100", "deploy_grafana", {"port": "3100"}),
    ("deploy kuma, no wait, grafana", "deploy_grafana", {}),
])  # fmt: skip
def test_a_correction_takes_the_place_of_what_it_corrects(text: str, operation: str, values: dict[str, str]) -> None:
    """The value that was said last is planned, and the one that was taken back is not."""
    found = read(text)
    [task] = found.subtasks
    assert (found.questions, task.intent) == ((), operation)
    assert task.parameters == values or all(value in task.text for value in values.values())


@pytest.mark.parametrize("text", [
    "remove kuma, no wait, grafana", "delete media, I mean photos", "restart kuma, I meant something else",
    "deploy grafana on port 3001, sorry, kuma", "restart kuma, no", "delete the photos volume, no, the recipes volume",
])  # fmt: skip
def test_a_correction_that_could_do_harm_or_fits_nowhere_is_asked(text: str) -> None:
    """From high risk on, and where it is not certain what is corrected, nothing is planned."""
    assert read(text).questions


@pytest.mark.parametrize("text", ["back up media, sorry for the noise", "back up media, no rush",
                                  "back up media, sorry everyone", "back up media, sorry"])  # fmt: skip
def test_an_apology_corrects_nothing(text: str) -> None:
    """«sorry» and «no» also begin what is merely polite."""
    assert [task.parameters for task in read(text).subtasks] == [{"volume": "media"}]
    assert planned(text) == ["back_up_volume"]


@pytest.mark.parametrize("text", ["delete media, or photos", "restart kuma, or grafana", "remove kuma, wait, I need it",
                                  "delete the media volume, wait, I need it"])  # fmt: skip
def test_what_puts_a_wish_in_question_is_asked(text: str) -> None:
    """A choice left open, and second thoughts, stay in question whatever is said behind them."""
    found = read(text)
    assert found.questions
    assert not found.subtasks


def test_a_message_may_have_an_or_in_it() -> None:
    """What goes on with a message is no choice."""
    assert [task.parameters for task in read("say tea, or coffee").subtasks] == [{"message": "tea, or coffee"}]
