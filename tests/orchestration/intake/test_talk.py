"""Talk beside a clear wish is passed over and shown, and talk alone is refused kindly; neither becomes an operation."""

import pytest

from tests.support.reading import planned, read


@pytest.mark.parametrize("told", [
    "Change window is open", "Maintenance window has started", "A client is asking for it", "Wifi seems fine again",
    "The usual ports are fine", "Somebody made a mess of it", "Half the disks are full", "Update night is over",
])  # fmt: skip
def test_a_statement_in_a_sentence_of_its_own_is_passed_over_and_shown(told: str) -> None:
    """A subject and what it is or does wish for nothing, and who approves sees what was passed over."""
    assert planned(f"{told}. Restart kuma") == ["restart_service"]
    assert planned(f"Restart kuma. {told}.") == ["restart_service"]
    assert told in read(f"Restart kuma. {told}.").passed_over


@pytest.mark.parametrize("lead", [
    "Me again, the one with too many blinking lights in the closet.", "Quick one:", "Just a small thing.",
    "Hey, quick one as I'm about to go into the call with the auditors:", "Same procedure as last week.",
    "Long story short:", "Last thing for today:",
])  # fmt: skip
def test_who_speaks_and_how_is_passed_over(lead: str) -> None:
    """A fragment ahead of the first wish leads up to it."""
    assert planned(f"{lead} back up notes and run all the tests") == ["back_up_volume", "run_tests"]


@pytest.mark.parametrize("order", [
    "Water the plants that are dry", "Ensure nginx is running", "Order a pizza that is big", "Nginx too",
    "Its volume too", "A reverse proxy please", "Make sure the dns is fine", "Port 80 as well", "Polish my shoes",
])  # fmt: skip
def test_what_may_be_an_order_is_not_taken_for_talk(order: str) -> None:
    """An order for what nobody here knows is never dropped for a word such as «are» in it."""
    found = read(f"Deploy kuma. {order}.")
    assert order not in found.passed_over
    assert found.questions or found.out_of_scope or len(found.subtasks) != 1


@pytest.mark.parametrize(
    "text",
    [
        "kuma looks good now, lets leave it",
        "please nobody restart grafana until I'm finished with the export",
        "Sandra will do the backup of notes herself, you don't need to do something",
        "my brother will fix grafana himself",
        "@jens did you restart kuma yesterday or was it me?",
        "lol who named a volume recipes",
        "who removed grafana?",
        "have you backed up media already?",
        "no one touch kuma please",
        "you can leave grafana and kuma just as they are, I was only curious whether anybody reads this",
    ],
)
def test_a_request_that_only_talks_is_refused(text: str) -> None:
    """What asks for nothing is no plan and needs no question back."""
    found = read(text)
    assert (found.subtasks, found.questions) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "nobody uses grafana, remove it",
        "nobody needed kuma, please uninstall kuma",
        "could you restart kuma?",
        "has kuma crashed? restart it",
    ],
)
def test_a_wish_beside_talk_is_heard(text: str) -> None:
    """«nobody» with what nobody does is a reason, and «could you» is courtesy."""
    assert read(text).subtasks


@pytest.mark.parametrize(
    "text",
    [
        "restart kuma. grafana not, somebody is using it",
        "restart kuma, grafana not",
        "restart kuma, no deployment today",
        "restart kuma. I'm not going to change grafana, so leave that one as it is",
    ],
)
def test_what_is_not_wanted_beside_a_wish_is_left_out(text: str) -> None:
    """A name with «not» behind it, «no deployment» and «that one» name what is left alone."""
    assert planned(text) == ["restart_service"]


def test_a_statement_may_come_with_another_remark() -> None:
    """A sentence of which each piece only tells something is passed over as a whole."""
    assert planned("Grafana looks odd since noon. Restart it.") == ["restart_service"]


@pytest.mark.parametrize(
    "objection",
    [
        "Bob said no",
        "My boss says wait",
        "Sandra is still using it",
        "It is still needed",
        "Approval is pending",
        "Change freeze is on",
        "A backup was never made",
    ],
)
def test_what_may_speak_against_much_harm_is_asked_about(objection: str) -> None:
    """Beside a removal an objection is no talk, and beside a restart it is."""
    for wish in ("Delete the media volume", "Remove grafana"):
        found = read(f"{wish}. {objection}.")
        assert found.questions or found.out_of_scope


@pytest.mark.parametrize("text", ["restart kuma, kuma not", "deploy kuma, no deployment today"])
def test_what_is_wanted_and_not_wanted_is_asked(text: str) -> None:
    """Where a wish and what is left alone are the same, nothing is planned."""
    found = read(text)
    assert found.questions or found.out_of_scope


@pytest.mark.parametrize(
    "text",
    [
        "the mail server is down, can you restart it",
        "our website is very slow, restart it",
        "the internet is slow, can you restart it?",
        "My printer is stuck. Restart it please",
        "the nas is not responding, please reboot it",
    ],
)
def test_it_is_never_one_of_ours_when_something_else_was_named(text: str) -> None:
    """What nobody here knows is refused; it is not asked which of our services it is."""
    found = read(text)
    assert (found.subtasks, found.questions) == ((), ())
    assert planned("kuma is down, restart it") == ["restart_service"]


@pytest.mark.parametrize(
    "beside",
    [
        ", my phone beeps all night",
        ", changed something last nite",
        ". Hello dear bot",
        " so leo sees what it looks like",
    ],
)
def test_what_begins_as_no_order_does_is_passed_over_and_shown(beside: str) -> None:
    """Beside a clear wish that does little harm, a piece that means nothing here and tells something is a remark."""
    found = read(f"restart kuma{beside}")
    assert (found.questions, found.out_of_scope) == ((), ())
    assert [task.intent for task in found.subtasks] == ["restart_service"]


@pytest.mark.parametrize("beside", [", my phone beeps all night", ", somebody is against it"])
def test_nothing_is_passed_over_by_its_beginning_beside_what_does_harm(beside: str) -> None:
    """Where a whole volume would be gone, what is not understood is not left out that easily."""
    found = read(f"delete the volume media{beside}")
    assert found.questions or found.out_of_scope


@pytest.mark.parametrize(
    "beside",
    ["my boss said no", "Bob is against it", "nobody approved it", "we agreed not to", "the freeze is on",
     "only on the test machine", "but only on web-2", "just for the guests"],
)  # fmt: skip
@pytest.mark.parametrize("wish", ["deploy kuma", "restart kuma", "remove kuma"])
def test_an_objection_and_a_limit_are_asked_beside_whatever_changes_something(wish: str, beside: str) -> None:
    """What speaks against a wish, or says where alone it holds, is never left out of a plan that changes something."""
    found = read(f"{wish}, {beside}")
    assert found.questions or found.out_of_scope


@pytest.mark.parametrize("text", ["deploy kuma once the database is migrated", "deploy kuma after my lunch is over"])
def test_what_something_waits_for_is_no_remark(text: str) -> None:
    """«Once …» about something that nobody here knows is never left out."""
    found = read(text)
    assert found.questions or found.out_of_scope
