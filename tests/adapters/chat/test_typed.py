"""What is typed at a terminal is a button that stands there, or a message; nothing is decided by half."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat.typed import Pressed, read_line
from bot.buttons import answers, of_plan
from bot.chat import Button, Note, Post
from bot.posts import Posts
from orchestration.errors import InvalidRequest
from orchestration.ids import new_id
from orchestration.intake.outcome import Outcome
from orchestration.intake.questions import Choice, Question
from orchestration.records import Plan, Task
from tests.support.world import EffectTool, open_world

SERVICES = Question("Which service?", "restart.service", (Choice("Uptime Kuma", "kuma"), Choice("Approve", "grafana")))


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Plan], list[Post]]:
    """Two pending plans, the second below the first."""
    return asyncio.run(_screen(tmp_path_factory.mktemp("typed")))


async def _screen(folder: Path) -> tuple[list[Plan], list[Post]]:
    async with open_world(folder, go=False) as world:
        posts = Posts(world.sayso.orchestrator.views, world.sayso.setting.rules, world.clock)
        plans = [await world.plan("do first and do second"), await world.plan("wipe everything")]
        return plans, [await posts.shown(await world.view(plan), {}) for plan in plans]


def tried(position: int) -> Task:
    """Return a task that was tried once and is nowhere stored."""
    return Task("", "", 1, position, "", "", "", "", "", "", "", "[]", "unknown", attempts=1)


def pressed(line: str, posts: list[Post]) -> tuple[str, str | None, dict[str, str]]:
    """Return the value of the button that a line presses, as whom, and with what in its form."""
    found = read_line(line, posts)
    assert isinstance(found, Pressed), line
    return found.button.value, found.person, dict(found.fields)


@pytest.mark.parametrize(
    ("line", "verb", "person", "fields"),
    [
        ("approve", "approve", None, {}),
        ("Approve", "approve", None, {}),
        ("approve as ben", "approve", "ben", {}),
        ("reject", "reject", None, {"reason": ""}),
        ("reject too early", "reject", None, {"reason": "too early"}),
        ("reject as ben too early", "reject", "ben", {"reason": "too early"}),
        ("edit 1 port=3005", "edit", None, {"1.port": "3005"}),
        ("edit 2 port=3005 name='my box'", "edit", None, {"2.port": "3005", "2.name": "my box"}),
        ("edit 1 text=", "edit", None, {"1.text": ""}),
        ("edit 1 query=a=b", "edit", None, {"1.query": "a=b"}),
        ("edit drop 2", "edit", None, {"2.": "no"}),
        ("details", "details", None, {}),
    ],
)
def test_a_line_is_the_button_of_the_newest_card(
    screen: tuple[list[Plan], list[Post]], line: str, verb: str, person: str | None, fields: dict[str, str]
) -> None:
    """Its words, whom it is spoken for, and what goes into its form."""
    (_, newest), posts = screen
    assert pressed(line, posts) == (of_plan(verb, newest), person, fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "verb", "fields"),
    [
        ("approve {code}", "approve", {}),
        ("approve {lower}", "approve", {}),
        ("reject {code} too early", "reject", {"reason": "too early"}),
        ("edit {code} 1 port=3005", "edit", {"1.port": "3005"}),
        ("details {code}", "details", {}),
    ],
)
def test_a_code_says_which_card(
    screen: tuple[list[Plan], list[Post]], line: str, verb: str, fields: dict[str, str]
) -> None:
    """A plan that is named is the one that is meant, wherever it stands."""
    (first, _), posts = screen
    code = first.code if any(character.isdigit() for character in first.code) else first.code.upper()
    line = line.format(code=code, lower=code.lower() if any(c.isdigit() for c in code) else code)
    assert pressed(line, posts)[::2] == (of_plan(verb, first), fields)  # type: ignore[arg-type]


async def test_cancel_is_about_the_newest_that_has_not_ended(tmp_path: Path) -> None:
    """A plan that waits for votes has no such button; below it, the word is not about one further up that runs."""
    tool = EffectTool(tmp_path / "effects.log")
    tool.hold = asyncio.Event()
    async with open_world(tmp_path, tool=tool) as world:
        posts = Posts(world.sayso.orchestrator.views, world.sayso.setting.rules, world.clock)
        running, waiting = await world.plan("do first"), await world.plan("wipe everything")
        await world.vote(running)
        await tool.started.wait()
        here: list[Post] = [await posts.shown(await world.view(plan), {}) for plan in (running, waiting)]
        assert pressed("cancel", here)[0] == of_plan("cancel", waiting)
        assert pressed("cancel", here[::-1])[0] == of_plan("cancel", running)
        if any(character.isdigit() for character in running.code):
            assert pressed(f"cancel {running.code}", here)[0] == of_plan("cancel", running)
        tool.hold.set()


@pytest.mark.parametrize(
    "line", ["deploy kuma", "help", "details about kuma", "approval of kuma", "editor", "cancel it"]
)
def test_anything_else_is_a_message(screen: tuple[list[Plan], list[Post]], line: str) -> None:
    """What does not begin with the words of a button, or goes on in words, is said to the bot."""
    assert read_line(line, screen[1]) is None


@pytest.mark.parametrize(
    "line",
    ["approve both", "approve as", "approve as ben and cem", "approve 7K2MQ4x", "approve it 1", "reject222222 x"],
)
def test_a_decision_that_is_not_quite_one_decides_nothing(screen: tuple[list[Plan], list[Post]], line: str) -> None:
    """It says how to decide instead of guessing; a longer word is none at all."""
    if line.startswith("reject"):
        assert read_line(line, screen[1]) is None
        return
    with pytest.raises(InvalidRequest, match="Nothing was decided"):
        read_line(line, screen[1])


@pytest.mark.parametrize("line", ["approve", "reject", "approve 222222", "Approve as ben"])
def test_nothing_is_decided_where_nothing_waits(line: str) -> None:
    """A decision without a card is told so, and is no request."""
    with pytest.raises(InvalidRequest, match="Nothing here waits"):
        read_line(line, [Note("answer", ("hello",))])


def test_a_code_that_is_not_there_decides_nothing(screen: tuple[list[Plan], list[Post]]) -> None:
    """Another plan's card is not taken instead."""
    with pytest.raises(InvalidRequest, match="Nothing here waits"):
        read_line("approve 222222", screen[1])


@pytest.mark.parametrize("line", ["edit", "edit port=3005", "edit 1", "edit 1 port", "edit drop", "edit 1 'port=3"])
def test_an_edit_that_cannot_be_read_says_how(screen: tuple[list[Plan], list[Post]], line: str) -> None:
    """Half an edit edits nothing."""
    with pytest.raises(InvalidRequest, match="Say what to edit"):
        read_line(line, screen[1])


def test_a_question_is_answered_in_words(screen: tuple[list[Plan], list[Post]]) -> None:
    """Its choices are words like any other, so that an old question never catches a new request, nor a decision."""
    question = Note("question", ("Which service?",), answers(new_id(0), Outcome((SERVICES,))))
    assert read_line("uptime kuma", [question]) is None
    assert pressed("approve", [*screen[1], question])[0] == of_plan("approve", screen[0][1])


def test_the_buttons_below_a_note_are_named_by_their_task(screen: tuple[list[Plan], list[Post]]) -> None:
    """«done» is about the newest that asks, «done CODE» and «done CODE/2» about the one that is named."""
    plan, _ = screen[0]
    notes = [Note("unknown", ("?",), (Button("Done", of_plan("done", plan, tried(number))),)) for number in (1, 2)]
    code = plan.code
    assert pressed("done", [*notes])[0] == of_plan("done", plan, tried(2))
    assert pressed("done as ben", [*notes])[:2] == (of_plan("done", plan, tried(2)), "ben")
    assert pressed(f"done {code}/1", [*notes])[0] == of_plan("done", plan, tried(1))
    assert pressed(f"done {code}", [*notes])[0] == of_plan("done", plan, tried(2))
    assert read_line("done 222222/1", [*notes]) is None


def test_longer_words_are_not_cut_short(screen: tuple[list[Plan], list[Post]]) -> None:
    """«retry what failed» is its own button, though another one is called «Retry»."""
    plan, _ = screen[0]
    after = Note("ended", ("FAIL",), (Button("Retry what failed", of_plan("again", plan)),))
    unknown = Note("unknown", ("?",), (Button("Retry", of_plan("retry", plan, tried(1))),))
    for posts in ([after, unknown], [unknown, after]):
        assert pressed("retry what failed", list(posts))[0] == of_plan("again", plan)
        assert pressed("retry", list(posts))[0] == of_plan("retry", plan, tried(1))


@pytest.mark.parametrize(
    ("line", "verb", "person"),
    [("undo", "undo", None), ("Retry", "again", None), ("undo as ben", "undo", "ben"), ("undo {code}", "undo", None)],
)
def test_the_first_word_is_enough(
    screen: tuple[list[Plan], list[Post]], line: str, verb: str, person: str | None
) -> None:
    """Of «Undo what was done» it is «undo», where no button is called just that."""
    plan, _ = screen[0]
    after = Note("ended", ("FAIL",), (
        Button("Retry what failed", of_plan("again", plan)), Button("Undo what was done", of_plan("undo", plan)),
    ))  # fmt: skip
    code = plan.code if any(character.isdigit() for character in plan.code) else plan.code.upper()
    assert pressed(line.format(code=code), [after])[:2] == (of_plan(verb, plan), person)  # type: ignore[arg-type]
    assert read_line("undo the deployment", [after]) is None


@given(line=st.text(min_size=1).filter(str.strip))
def test_any_line_is_read(screen: tuple[list[Plan], list[Post]], line: str) -> None:
    """Whatever is typed, it is a button, a message, or refused with a sentence."""
    with suppress(InvalidRequest):
        read_line(line.strip(), screen[1])
