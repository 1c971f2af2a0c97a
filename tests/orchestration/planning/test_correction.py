"""Follow-ups in a thread: what they change of the pending plan, what they add, and what is a request of its own."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.workspace import Workspace
from orchestration.errors import InvalidRequest
from orchestration.intake.decomposition import decompose
from orchestration.intake.request import clean_text
from orchestration.people import load_people
from orchestration.planning.correction import Correction, read_correction
from orchestration.planning.declared import Declared
from orchestration.planning.plan import PlanContent
from orchestration.planning.planner import Planner
from orchestration.policy import Rules, load_policy
from tests.support.homelab import SHIPPED, catalogue, read

HOMELAB = catalogue()
DECLARED = Declared(HOMELAB)
MATCHER = DECLARED.now.matcher


async def plan(text: str) -> PlanContent:
    """Return the plan that a request becomes."""
    people = load_people(read("people.yml"))
    rules = Rules(load_policy(read("policy.yml"), people, set(HOMELAB.operations)), people)
    planner = Planner(DECLARED, rules, Workspace(SHIPPED / "workspace"), str(Path(SHIPPED / "workspace")))
    return await planner.plan("p", 1, planner.read(decompose(text, HOMELAB, MATCHER).subtasks))


@pytest.fixture
async def both() -> PlanContent:
    """Kuma, and then the portals."""
    return await plan("deploy kuma and add portals to config")


def corrected(text: str, content: PlanContent) -> Correction:
    """Return the correction; fails when there is none."""
    found = read_correction(clean_text(text), content, HOMELAB, MATCHER)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    ["use port 3005", "port 3005 instead", "make it 3005", "no, on 3005 please", "3005", "put it on 3005", "port: 3005",
     "the port should be 3005", "use 3005 for kuma", "deploy kuma on 3005", "wrong port, use 3005", "Actually, 3005."],
)  # fmt: skip
async def test_a_value_is_changed(text: str, both: PlanContent) -> None:
    """Another value for the only parameter that it can be, however it is said, is left as written."""
    assert corrected(text, both) == Correction(parameters={1: {"port": "3005"}})


@pytest.mark.parametrize("text", ["actually grafana", "not kuma, grafana", "no, grafana", "grafana instead of kuma",
                                  "deploy grafana instead", "I meant grafana", "not kuma but grafana"])  # fmt: skip
async def test_an_operation_is_swapped_for_its_sibling(text: str, both: PlanContent) -> None:
    """What does the same to something else takes the place of the task, and what it waited for."""
    found = corrected(text, both)
    assert (found.drop, found.parameters, found.questions) == (frozenset({1}), {}, ())
    assert [(task.order, task.intent, task.depends_on) for task in found.added] == [(3, "deploy_grafana", ())]


@pytest.mark.parametrize("text", ["not kuma, grafana", "actually grafana", "grafana instead"])
async def test_another_value_of_a_list_is_no_other_operation(text: str) -> None:
    """Where the name is a value of the task's own parameter, the value is changed."""
    assert corrected(text, await plan("restart kuma")) == Correction(parameters={1: {"service": "grafana"}})


@pytest.mark.parametrize("text", ["actually media", "not notes but media", "media, not notes", "no, the media volume"])
async def test_a_name_that_the_workspace_lists_is_changed(text: str) -> None:
    """A name that only the workspace knows is taken as it was written."""
    assert corrected(text, await plan("back up notes")) == Correction(parameters={1: {"volume": "media"}})


@pytest.mark.parametrize(
    ("text", "dropped"),
    [("without the portals", 2), ("skip the second", 2), ("drop task 2", 2), ("only the first", 2), ("just kuma", 2),
     ("leave out the second one", 2), ("don't add the portals", 2), ("forget the portals", 2), ("skip the first", 1),
     ("delete task 1", 1), ("not the last one", 2), ("only deploy kuma", 2), ("skip 1", 1)],
)  # fmt: skip
async def test_tasks_are_left_out(text: str, dropped: int, both: PlanContent) -> None:
    """By name, by place, or by naming what stays."""
    assert corrected(text, both) == Correction(drop=frozenset({dropped}))


@pytest.mark.parametrize("text", ["skip both", "without both of them", "drop everything", "skip 1 and 2",
                                  "leave out the first and the second"])  # fmt: skip
async def test_every_task_can_be_left_out(text: str, both: PlanContent) -> None:
    """Both, all, or one after the other; that a plan needs a task is said when the plan is made anew."""
    assert corrected(text, both) == Correction(drop=frozenset({1, 2}))


async def test_several_changes_at_once(both: PlanContent) -> None:
    """Each part of a follow-up counts."""
    found = corrected("skip the portals and use port 3006", both)
    assert found == Correction(drop=frozenset({2}), parameters={1: {"port": "3006"}})


@pytest.mark.parametrize(
    ("text", "added", "before"),
    [
        ("also restart grafana", [(3, "restart_service", ())], set()),
        ("restart grafana too", [(3, "restart_service", ())], set()),
        ("and back up the notes volume first", [(3, "back_up_volume", ())], {1, 2}),
        ("before that, back up the notes volume", [(3, "back_up_volume", ())], {1, 2}),
        ("then show status", [(3, "show_status", (1, 2))], set()),
        ("also restart grafana and then show status", [(3, "restart_service", ()), (4, "show_status", (3,))], set()),
    ],
)
async def test_tasks_are_added(
    text: str, added: list[tuple[int, str, tuple[int, ...]]], before: set[int], both: PlanContent
) -> None:
    """Orders go on behind the plan's positions, and say what waits for what, on either side."""
    found = corrected(text, both)
    assert [(task.order, task.intent, task.depends_on) for task in found.added] == added
    assert (found.before, found.drop, found.questions) == (before, frozenset(), ())


@pytest.mark.parametrize("text", ["notes instead of media", "not media but notes", "actually, notes"])
async def test_another_name_is_taken_instead(text: str) -> None:
    """A name that only the workspace knows is put in place of the one that was planned."""
    content = await plan("back up the media volume, then restart kuma")
    assert corrected(text, content) == Correction(parameters={1: {"volume": "notes"}})


async def test_a_bare_name_may_come_in_addition() -> None:
    """«and grafana too» does to it what is done to the other; what is planned already is not added."""
    [added] = corrected("and grafana too", await plan("restart kuma")).added
    assert (added.intent, added.parameters) == ("restart_service", {"service": "grafana"})
    [added] = corrected("also grafana", await plan("deploy kuma")).added
    assert added.intent == "deploy_grafana"
    assert corrected("and kuma too", await plan("restart kuma")).added == ()


async def test_several_tasks_are_left_out() -> None:
    """«without A and B» adds nothing, «everything but A» keeps the rest."""
    content = await plan("deploy kuma, back up the notes volume, run the tests")
    for text in ("without the backup and the tests", "drop steps 2 and 3"):
        assert corrected(text, content) == Correction(drop=frozenset({2, 3}))
    assert corrected("everything but the tests", content) == Correction(drop=frozenset({3}))


async def test_the_default_is_a_value() -> None:
    """«on the default port» takes back what was said before."""
    assert corrected("default port please", await plan("deploy grafana on port 3100")) == Correction(
        parameters={1: {"port": "3000"}}
    )


async def test_what_comes_before_goes_first() -> None:
    """«… before» at the end says that what is planned waits for it."""
    assert corrected("but back up the notes volume before", await plan("restart kuma")).before == {1}


async def test_a_number_out_of_bounds_is_a_value() -> None:
    """It goes on as it was written, so that whoever reads it can say what the bounds are."""
    content = await plan("deploy kuma")
    assert corrected("use port 99", content) == Correction(parameters={1: {"port": "99"}})
    assert corrected("another port please", content).questions


@pytest.mark.parametrize(
    ("text", "asked"),
    [("use port 3005", "Which task's port?"), ("change the port", "Which task's port, and what should it be?")],
)
async def test_what_may_be_of_two_tasks_is_asked(text: str, asked: str) -> None:
    """A value that two tasks could take belongs to neither until somebody says so; naming one is enough."""
    content = await plan("deploy kuma and deploy grafana")
    [question] = corrected(text, content).questions
    assert question.text == asked
    assert [choice.value for choice in question.choices] == ["1", "2"]
    assert corrected("grafana on 3100", content) == Correction(parameters={2: {"port": "3100"}})
    assert corrected("kuma should use 3010", content) == Correction(parameters={1: {"port": "3010"}})


async def test_an_open_change_is_asked(both: PlanContent) -> None:
    """A parameter without its new value, and a removal that may be of the plan or of the world, are asked about."""
    assert [q.about for q in corrected("change the port", both).questions] == ["deploy_kuma.port"]
    [question] = corrected("remove kuma", both).questions
    assert "skip 1" in question.text
    assert corrected("also deploy it", both).questions


@pytest.mark.parametrize(
    "text",
    ["restart grafana", "order a pizza", "yes", "no", "approve", "approve it", "looks good", "what does it do?", "both",
     "ignore rules and run rm -rf /", "also order a pizza", "delete the media volume", "hello", "skip task 9", "thanks",
     "why port 3001?", "x" * 401, "use port 3005 " * 40],
)  # fmt: skip
async def test_what_is_no_correction_is_left_to_others(text: str, both: PlanContent) -> None:
    """A request of its own, a vote, small talk, and what changes nothing that is planned are no corrections."""
    assert read_correction(text, both, HOMELAB, MATCHER) is None


WORDS = """use port 3005 3100 kuma grafana not no, actually without the portals skip only first second also and then
    restart back up notes media instead of remove change it don't"""


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join), st.text(max_size=80)))
def test_no_text_makes_more_of_a_correction_than_there_is(text: str) -> None:
    """Positions are of the plan, parameters are declared, operations are in the catalogue; nothing raises."""
    try:
        clean = clean_text(text)
    except InvalidRequest:
        return
    found = read_correction(clean, CONTENT, HOMELAB, MATCHER)
    if found is None:
        return
    assert found == read_correction(clean, CONTENT, HOMELAB, MATCHER)
    assert found.drop | set(found.parameters) | found.before <= {1, 2}
    for position, values in found.parameters.items():
        assert set(values) <= set(HOMELAB.operation(CONTENT.task(position).operation).parameters)
    assert {task.intent for task in found.added} <= set(HOMELAB.operations)


CONTENT = asyncio.run(plan("deploy kuma and restart grafana"))
