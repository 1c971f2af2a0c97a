"""Which lessons can be taken: none that changes how anything else is read, and none that could do much harm."""

from pathlib import Path
from typing import Any

from adapters.workspace import Workspace
from orchestration.cases.trial import Trial
from orchestration.intake.catalogue import Catalogue
from orchestration.learning.effects import Effects, Heard
from orchestration.learning.lessons import Lesson
from orchestration.planning.declared import Declared
from orchestration.planning.planner import Planner
from orchestration.policy import Rules
from tests.support.world import Owner, operation


def lesson(key: str, phrase: str, text: str = "") -> Lesson:
    """Return a lesson made of one request of Ana's, of the same words unless others are given."""
    return Lesson(key, phrase, (("ana", text or phrase),))


async def problems(folder: Path, lessons: list[Lesson], *heard: Heard, says: Any = "deploy monitoring") -> list[str]:
    """Return what speaks against each lesson, with what was heard beside their own requests."""
    owner = Owner()
    owner.catalogue["operations"] |= {
        "deploy": operation(title="Deploy", says=says),
        "wreck": operation(title="Wreck", says=["wreck the hall"], risk="high"),
    }
    files = owner.configuration()
    rules, workspace = Rules(files.policy, files.people), Workspace(folder)

    def trial(catalogue: Catalogue) -> Trial:
        return Trial(rules, Planner(Declared(catalogue), rules, workspace, str(folder)))

    own = [Heard(text, person) for one in lessons for person, text in one.asked]
    effects = Effects(owner.catalogue, [*heard, *own], trial)
    return [judged.problem for judged in await effects.judged(lessons)]


async def test_what_changes_nothing_else_can_be_taken(tmp_path: Path) -> None:
    """The requests that a phrase is made of are meant to be read differently, and all others are as before."""
    lessons = [lesson("deploy", "light up the wall screens"), lesson("look", "show me the ropes")]
    others = [Heard("do first", "ana"), Heard("order a pizza", "cem"), Heard("tune the engine", "ana")]
    assert await problems(tmp_path, lessons, *others) == ["", ""]
    assert await problems(tmp_path, lessons[:1], says=["deploy monitoring", "deploy screens"]) == [""]


async def test_what_changes_something_else_is_left_out_alone(tmp_path: Path) -> None:
    """Another request that would be read differently stands against the one lesson that does it, by its words."""
    lessons = [
        lesson("deploy", "light up the wall screens"),
        lesson("first", "paint the wall blue"),
        lesson("look", "show me the ropes"),
        lesson("inspect", "check my bike"),
    ]
    heard = Heard("paint the wall", "cem")
    assert await problems(tmp_path, lessons, heard) == ["", "«paint the wall» would be read differently", "", ""]


async def test_a_case_counts_also_where_its_words_are_those_of_a_lesson(tmp_path: Path) -> None:
    """An owner who wrote a case has said what should come of it."""
    case = Heard("light up the wall screens", "ana", is_case=True)
    found = await problems(tmp_path, [lesson("deploy", "light up the wall screens")], case)
    assert found == ["«light up the wall screens» would be read differently"]


async def test_words_that_meant_two_things_are_taken_for_neither(tmp_path: Path) -> None:
    """Who said the same of another operation would be taken at the wrong word."""
    lessons = [
        lesson("deploy", "light up the wall screens"),
        lesson("first", "light up the wall screens", "light up the wall screens now"),
    ]
    assert all(await problems(tmp_path, lessons))


async def test_what_would_not_help_is_left_out(tmp_path: Path) -> None:
    """A phrase after which the same words are still asked back is of no use."""
    useless = lesson("deploy", "wall screens on", "if the sun shines, wall screens on")
    assert await problems(tmp_path, [useless]) == ["it would still be asked what is meant"]


async def test_a_phrase_that_the_catalogue_refuses_is_left_out(tmp_path: Path) -> None:
    """The file as it would be is validated as a whole."""
    (problem,) = await problems(tmp_path, [lesson("deploy", "light up {wall}", "light up the wall screens")])
    assert "the phrase has a slot {wall} that is not a parameter" in problem


async def test_what_could_do_much_harm_is_left_to_a_hand(tmp_path: Path) -> None:
    """From high risk on no phrase is proposed, however harmless its effect."""
    found = await problems(tmp_path, [lesson("wreck", "bring the house down"), lesson("wipe", "spring cleaning day")])
    assert found == [
        "wreck is of high risk: add it by hand if you mean it",
        "wipe is of critical risk: add it by hand if you mean it",
    ]
