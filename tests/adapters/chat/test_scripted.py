"""The scripted chat plays a dialogue and keeps a transcript that reads like one."""

from pathlib import Path

import pytest

from adapters.chat.dialogue import play, read_dialogue, settled
from adapters.chat.hub import open_chats
from adapters.chat.scripted import ScriptedChat
from bot.chat import Note
from orchestration.approval.decision import Voice
from orchestration.errors import InvalidRequest, NotFound
from orchestration.ports import ToolResult
from tests.support.world import EffectTool, open_world

MAIN = "terminal:main"


async def test_a_dialogue_is_played_and_told(tmp_path: Path) -> None:
    """Who said and pressed what, and what was answered to everybody and to one person."""
    chat, printed = ScriptedChat("root"), list[str]()
    dialogue = read_dialogue("ana  tune the engine\nana  7\nana  (Approve)\nben  (Reject: not today)\n")
    async with open_world(tmp_path, go=False) as world, open_chats(world.sayso, {"terminal": chat}) as chats:
        await world.sayso.go()
        await play(chat, chats, dialogue, printed.append)
        code = (await world.sayso.orchestrator.views.plans(1))[0].code
    assert printed == chat.transcript
    said = [line for line in printed if not line.startswith(" ")]
    assert said[:3] == ["ana  tune the engine", "sayso  How fast?", "ana  7"]
    assert said[3].startswith(f"sayso  Plan {code} · 1 task")
    assert said[4] == "ana  (Approve)"
    assert said[5].startswith("sayso  (only to ana) You can't approve")
    assert said[6] == "ben  (Reject: not today)"
    assert sum("Rejected by Ben" in line and "not today" in line for line in printed) == 1


async def test_a_button_that_is_not_there_is_not_pressed(tmp_path: Path) -> None:
    """A script that expects something else says so."""
    chat = ScriptedChat("root")
    async with open_world(tmp_path, go=False) as world, open_chats(world.sayso, {"terminal": chat}) as chats:
        await chat.say(chats, "ana", "do first")
        await settled(chat, chats)
        with pytest.raises(NotFound, match="has a button «Explode»"):
            await chat.press(chats, "ben", "Explode")
        with pytest.raises(NotFound):
            await chat.press(chats, "ben", "Approve", thread="terminal:elsewhere")


@pytest.mark.slow
async def test_progress_is_not_told(tmp_path: Path) -> None:
    """A transcript tells a card anew when it stands differently, and not for each step of it."""
    chat = ScriptedChat("root")
    async with open_world(tmp_path, go=False) as world, open_chats(world.sayso, {"terminal": chat}) as chats:
        await world.sayso.go()
        await chat.say(chats, "ana", "do first and do second")
        await settled(chat, chats)
        await chat.press(chats, "ben", "Approve")
        await settled(chat, chats)
    assert len(chat.visible(MAIN)) == 2
    heads = [line for line in chat.transcript if line.startswith("sayso  Plan ")]
    assert 2 <= len(heads) <= 4


async def test_a_vote_that_is_not_enough_is_told(tmp_path: Path) -> None:
    """Of a plan that needs two, the transcript says who has said yes and who still has to."""
    chat = ScriptedChat("root")
    async with open_world(tmp_path, go=False) as world, open_chats(world.sayso, {"terminal": chat}) as chats:
        await play(chat, chats, [("ana", "wipe everything"), ("ben", "(Approve)")], lambda _line: None)
    assert any("Ben said yes" in line for line in chat.transcript)
    assert "Needs one of operators (Cem)" in "\n".join(chat.transcript[-4:])


async def test_a_dialogue_ends_though_a_plan_waits_for_somebody(tmp_path: Path) -> None:
    """What is held, or ended nobody knows how, goes on by nobody's waiting."""
    chat, tool = ScriptedChat("root"), EffectTool(tmp_path / "effects.log")
    tool.results["once"] = [ToolResult("timeout", error_message="It ran out of time.")]
    async with open_world(tmp_path, tool=tool, go=False) as world, open_chats(world.sayso, {"terminal": chat}) as chats:
        await world.sayso.go()
        await play(chat, chats, [("ana", "do once"), ("ben", "(Approve)")], lambda _line: None)
        await world.sayso.operating.hold(Voice("ben"))
        await play(chat, chats, [("ana", "do first"), ("ben", "(Approve)")], lambda _line: None)
    told = "\n".join(chat.transcript)
    assert "is not known" in told
    assert "On hold: Ben has paused Sayso" in told


async def test_what_is_in_doubt_is_not_posted_twice() -> None:
    """The same key in the same thread is the same message."""
    chat = ScriptedChat("root")
    note = Note("answer", ("hello",))
    first = await chat.post(MAIN, note, "k", False)
    assert await chat.post(MAIN, note, "k", True) == first
    assert await chat.post("terminal:b", note, "k", True) != first
    assert await chat.post(MAIN, note, "k", False) != first


@pytest.mark.parametrize("line", ["ana", "ana hello", "ANA  hello", "=x  y"])
def test_a_line_that_is_none_is_named(line: str) -> None:
    """The number and the text of a line that nobody says."""
    with pytest.raises(InvalidRequest, match="Line 2"):
        read_dialogue(f"# a story\n{line}\n")


def test_a_transcript_is_a_dialogue() -> None:
    """What the bot said is left out, so that what was printed can be played again."""
    text = "ana  do first\nsayso  Plan X\n       1  First\n\nben  (Approve)\n"
    assert read_dialogue(text) == [("ana", "do first"), ("ben", "(Approve)")]
