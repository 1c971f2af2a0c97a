"""Questions for parameters, their answers, and names that only the workspace knows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.workspace import Workspace
from orchestration.approval.decision import Rules
from orchestration.errors import InvalidRequest
from orchestration.intake.catalogue import load_catalogue
from orchestration.intake.decomposition import Choice, Question, Subtask
from orchestration.people import load_people
from orchestration.planning.declared import Declared
from orchestration.planning.filling import MAX_CHOICES
from orchestration.planning.plan import PlannedTask, Provenance
from orchestration.planning.planner import Planner, Unclear
from orchestration.policy import load_policy
from tests.support.world import PEOPLE, POLICY, operation

SERVICE = {"type": "string", "enum": ["kuma", "grafana"], "synonyms": {"grafana": ["dashboards"]}, "ask": "Which one?"}
OPERATIONS: dict[str, Any] = {
    "restart": operation(
        title="Restart",
        says=["restart {service}", "restart"],
        parameters={"service": SERVICE, "wait": {"type": "integer", "format": "duration", "default": 60}},
        **{"with": {"argv": ["restart", "{service}", "{wait}"]}},
    ),
    "stop": operation(
        title="Stop",
        says=["stop {service}"],
        risk="high",
        parameters={"service": SERVICE},
        **{"with": {"argv": ["stop", "{service}"]}},
    ),
    "keep": operation(
        title="Back up",
        says=["back up {volume}", "back up"],
        parameters={
            "volume": {"type": "string", "one_of": {"folder": "volumes"}, "ask": "Which volume?"},
            "copies": {"type": "integer", "minimum": 1, "ask": "How many copies?"},
        },
        **{"with": {"argv": ["keep", "--", "{volume}", "{copies}"]}},
    ),
    "wipe": operation(
        title="Wipe",
        says=["wipe {volume}"],
        risk="critical",
        parameters={"volume": {"type": "string", "one_of": {"folder": "volumes"}, "pattern": "[a-z]+"}},
        **{"with": {"argv": ["wipe", "--", "{volume}"]}},
    ),
    "open": operation(
        title="Open a portal",
        says=["open {portal}", "open it"],
        parameters={
            "portal": {
                "type": "string",
                "one_of": {"file": "portals.yml", "key": "all.portals", "field": "name"},
                "default": "Router",
            }
        },
        **{"with": {"argv": ["open", "--", "{portal}"]}},
    ),
}
PORTALS = "all:\n  portals:\n    - {name: Router, url: https://a}\n    - {name: Home Assistant, url: https://b}\n"


@pytest.fixture
def planner(tmp_path: Path) -> Planner:
    """A planner over the operations above and a workspace with volumes and portals."""
    for name in ("media", "notes", ".hidden", "Photos"):
        (tmp_path / "volumes" / name).mkdir(parents=True)
    (tmp_path / "volumes" / "linked").symlink_to(tmp_path)
    (tmp_path / "portals.yml").write_text(PORTALS)
    people = load_people(PEOPLE)
    rules = Rules(load_policy(POLICY, people, {*OPERATIONS, "closed"}), people)
    declared = Declared(load_catalogue({"version": 1, "operations": OPERATIONS}))
    return Planner(declared, rules, Workspace(tmp_path), str(tmp_path))


def said(operation_: str, text: str = "", order: int = 1, **slots: str) -> Subtask:
    """Return a clause that was read as an operation, with what slots of its phrase captured."""
    return Subtask(order, operation_, 1.0, text, slots)


async def plan(planner: Planner, *subtasks: Subtask, answers: Mapping[str, str] | None = None) -> list[PlannedTask]:
    """Return the tasks that clauses and answers become."""
    wanted = planner.read(subtasks, answers or {})
    return list((await planner.plan("p", 1, wanted)).tasks)


async def asked(planner: Planner, *subtasks: Subtask, answers: Mapping[str, str] | None = None) -> list[Question]:
    """Return the questions that clauses and answers leave."""
    with pytest.raises(Unclear) as unclear:
        await plan(planner, *subtasks, answers=answers)
    return unclear.value.questions


# ------------------------------------------------------------------------------------------------ answers


async def test_an_answer_fills_what_was_asked(planner: Planner) -> None:
    """An answer under the name of its question is read like anything said, and is marked as an answer."""
    [question] = await asked(planner, said("restart", "restart"))
    assert question == Question("Which one?", "restart.service", (Choice("kuma", "kuma"), Choice("grafana", "grafana")))
    [task] = await plan(planner, said("restart", "restart"), answers={question.about: "the dashboards, please"})
    assert task.parameters == {"service": "grafana", "wait": 60}
    assert task.provenance["service"] == Provenance(source="answer", text="the dashboards, please")


async def test_an_unreadable_answer_is_asked_again(planner: Planner) -> None:
    """An answer that is not taken is told first, and the question stays."""
    [question] = await asked(planner, said("restart", "restart"), answers={"restart.service": "postgres"})
    assert question.text == "service must be one of kuma, grafana, not «postgres». Which one?"
    assert (question.about, len(question.choices)) == ("restart.service", 2)


async def test_an_answer_counts_before_what_was_said(planner: Planner) -> None:
    """A value that was not taken is replaced by the answer to the question about it."""
    subtask = said("restart", "restart postgres, wait 10", service="postgres")
    questions = await asked(planner, subtask)
    assert [question.about for question in questions] == ["restart.service", "restart.wait"]
    [task] = await plan(planner, subtask, answers={"restart.service": "kuma", "restart.wait": "10 minutes"})
    assert task.parameters == {"service": "kuma", "wait": 600}


async def test_everything_that_needs_no_look_is_asked_at_once(planner: Planner) -> None:
    """Beside a value that is not taken, what is missing elsewhere is asked for too."""
    questions = await asked(planner, said("stop", service="x"), said("keep", "back up", order=2))
    assert [question.about for question in questions] == ["stop.service", "keep.copies"]


async def test_the_same_operation_twice_is_asked_about_by_its_place(planner: Planner) -> None:
    """Questions of two tasks of one operation have names of their own, and so have their answers."""
    subtasks = (said("restart", "restart", 1), said("restart", "restart", 2))
    questions = await asked(planner, *subtasks)
    assert [question.about for question in questions] == ["restart.service#1", "restart.service#2"]
    answers = {"restart.service#1": "kuma", "restart.service#2": "grafana", "restart.service": "nobody asked"}
    tasks = await plan(planner, *subtasks, answers=answers)
    assert [task.parameters["service"] for task in tasks] == ["kuma", "grafana"]


async def test_a_typing_error_is_read_over_where_little_can_go_wrong(planner: Planner) -> None:
    """One wrong letter is forgiven up to medium risk; from high risk on it is asked back."""
    [task] = await plan(planner, said("restart", service="grafna"))
    assert task.parameters["service"] == "grafana"
    [question] = await asked(planner, said("stop", service="grafna"))
    assert question.text.startswith("service must be one of kuma, grafana, not «grafna».")


async def test_a_value_with_a_format_is_found_in_the_clause(planner: Planner) -> None:
    """The only duration of a clause is that of the only parameter that wants one."""
    [task] = await plan(planner, said("restart", "restart kuma within half an hour"))
    assert task.parameters == {"service": "kuma", "wait": 1800}
    assert task.provenance["wait"] == Provenance(source="said", text="half an hour")


# -------------------------------------------------------------------------------------------- known names


@pytest.mark.parametrize(
    ("text", "volume"), [("notes", "notes"), ("the Notes", "notes"), ("photos please", "Photos"), ("meida", "media")]
)
async def test_a_known_name_is_taken_as_it_is_listed(text: str, volume: str, planner: Planner) -> None:
    """Case, courtesies and a typing error aside, what was said is a name that the workspace lists."""
    [task] = await plan(planner, said("keep", "", volume=text), answers={"keep.copies": "two"})
    assert task.parameters == {"volume": volume, "copies": 2}
    assert task.provenance["volume"] == Provenance(source="said", text=text)


async def test_an_unknown_name_is_asked_back_with_those_there_are(planner: Planner) -> None:
    """Neither hidden names nor links are offered; what else is missing is asked with it."""
    name, copies = await asked(planner, said("keep", "", volume="music"))
    assert name.text == "volume must be one of Photos, media, notes, not «music». Which volume?"
    assert [choice.value for choice in name.choices] == ["Photos", "media", "notes"]
    assert (name.about, copies.about) == ("keep.volume", "keep.copies")
    [task] = await plan(planner, said("keep", "", volume="x"), answers={"keep.volume": "media", "keep.copies": "1"})
    assert task.provenance["volume"] == Provenance(source="answer", text="media")


async def test_a_known_name_is_found_among_other_words(planner: Planner) -> None:
    """A name that nothing introduces is found in the clause when it is the only one there."""
    [task] = await plan(planner, said("keep", "back up what is in media"), answers={"keep.copies": "1"})
    assert task.parameters["volume"] == "media"
    [question] = await asked(planner, said("keep", "back up media and notes"), answers={"keep.copies": "1"})
    assert question.text == "Which volume?"


async def test_a_known_name_may_stand_before_what_it_is(planner: Planner) -> None:
    """«My media volume tonight» is media where little can go wrong, and asked back where much can."""
    text = "my media volume tonight"
    [task] = await plan(planner, said("keep", f"back up {text}", volume=text), answers={"keep.copies": "1"})
    assert task.parameters["volume"] == "media"
    [question] = await asked(planner, said("wipe", f"wipe {text}", volume=text))
    assert question.about == "wipe.volume"


async def test_harmful_operations_take_names_as_they_are_written_only(planner: Planner) -> None:
    """No slip is read over, no path leads elsewhere, and names that the pattern does not take are not offered."""
    for text in ("note", "../notes", "Photos", "notes and media"):
        [question] = await asked(planner, said("wipe", "", volume=text))
        assert question.text == f"volume must be one of media, notes, not «{text}». Which volume for «Wipe»?"
    [task] = await plan(planner, said("wipe", "", volume="notes"))
    assert task.parameters == {"volume": "notes"}


async def test_names_are_read_from_a_field_of_a_file(planner: Planner) -> None:
    """The entries of a data file are known by one of their fields; a default is looked up as well."""
    for subtask, portal in ((said("open", "", portal="home assistant"), "Home Assistant"), (said("open"), "Router")):
        [task] = await plan(planner, subtask)
        assert task.parameters == {"portal": portal}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("all: {}\n", r"portals\.yml has no «all\.portals», which open takes its portal from\."),
        (
            "all: {portals: 5}\n",
            r"portals\.yml all\.portals cannot be used for open: it must hold entries with a «name»",
        ),
        ("all: {portals: [{title: x}]}\n", r"it must hold entries with a «name» that is a text\."),
        ("all: {portals: []}\n", r"portals\.yml lists no portal that open could take\."),
    ],
)
async def test_a_list_that_cannot_be_used_stops_the_plan(
    text: str, message: str, planner: Planner, tmp_path: Path
) -> None:
    """A data file that is not what was declared is named, with what is wrong in it."""
    (tmp_path / "portals.yml").write_text(text)
    with pytest.raises(InvalidRequest, match=message):
        await plan(planner, said("open"))


async def test_mappings_and_their_entries_list_names_too(planner: Planner, tmp_path: Path) -> None:
    """Keys are names, and so is a field of what is under them."""
    (tmp_path / "portals.yml").write_text("all: {portals: {a: {name: Router}, b: {name: NAS}}}\n")
    [question] = await asked(planner, said("open", "", portal="x"))
    assert [choice.value for choice in question.choices] == ["Router", "NAS"]


async def test_what_is_given_by_name_is_looked_up_as_well(planner: Planner) -> None:
    """KEY=VALUE takes a known name, and an unknown one becomes the same question."""
    wanted = planner.given("wipe", {"volume": "notes"})
    [task] = (await planner.plan("p", 1, [wanted])).tasks
    assert task.parameters == {"volume": "notes"}
    with pytest.raises(Unclear, match="must be one of media, notes, not «nothing»"):
        await planner.plan("p", 1, [planner.given("wipe", {"volume": "nothing"})])


async def test_no_more_choices_than_a_chat_can_list(planner: Planner, tmp_path: Path) -> None:
    """Of very many names the first are offered and listed; any of them is taken."""
    for number in range(40):
        (tmp_path / "volumes" / f"v{number:02}").mkdir()
    [question] = await asked(planner, said("keep", "", volume="x"), answers={"keep.copies": "1"})
    assert len(question.choices) == MAX_CHOICES
    assert "… (43 in all), not «x»" in question.text
    [task] = await plan(planner, said("keep", "", volume="v39"), answers={"keep.copies": "1"})
    assert task.parameters["volume"] == "v39"
