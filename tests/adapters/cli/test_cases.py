"""`sayso test`: an owner's cases tried from the files alone, and watched from one day to the next."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.models import ollama_server
from tests.support.models.behaviour import Asked
from tests.support.models.ollama_server import OllamaServer
from tests.support.terminal import Terminal

CASES = """\
version: 1
as: owner
cases:
  - text: show disk space
    operations: [show_disk_space]
    approvers: {need: 0}
  - text: leave a marker
    question: leave_marker.name
  - text: order me a pizza
    expect: refusal
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A folder with what `init` writes, for an owner of that name, and the cases above."""
    terminal = Terminal(tmp_path)
    assert terminal.say("init", ".").code == 0
    (tmp_path / "people.yml").write_text(
        "version: 1\npeople:\n  owner: {name: Owner, groups: [everyone, operators]}\n", encoding="utf-8"
    )
    (tmp_path / "cases.yml").write_text(CASES, encoding="utf-8")
    return terminal


def change(terminal: Terminal, file: str, old: str, new: str) -> None:
    """Change one of the files."""
    path = terminal.folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.slow
def test_cases_as_expected_are_0_and_leave_nothing(terminal: Terminal) -> None:
    """All well is one line; no home is made, and no file is written."""
    before = sorted(terminal.folder.rglob("*"))
    said = terminal.say("test")
    assert (said.code, said.out, said.err) == (0, "3 of 3 cases as expected.\n", "")
    assert sorted(terminal.folder.rglob("*")) == before


def test_a_case_that_fails_is_1_with_its_line(terminal: Terminal) -> None:
    """A failure says where the case is, what was expected and what came of it."""
    change(terminal, "cases.yml", "operations: [show_disk_space]", "operations: [leave_marker]")
    change(terminal, "cases.yml", "expect: refusal", "expect: plan")
    said = terminal.say("test", "cases.yml")
    assert said.code == 1
    assert said.out.splitlines() == [
        "cases.yml:4: «show disk space»: operations expected leave_marker, got show_disk_space",
        "cases.yml:9: «order me a pizza»: expected plan, got refusal (no operation for order me a pizza)",
        "1 of 3 cases as expected.",
    ]


@pytest.mark.slow
def test_programs_get_objects(terminal: Terminal) -> None:
    """With --json each case is an object with what came of it, and the last one counts."""
    change(terminal, "cases.yml", "need: 0", "need: 1")
    said = terminal.say("test", "--json")
    assert said.code == 1
    first, _, third, result = said.objects
    assert first["differences"] == [{"what": "approvers.need", "expected": 1, "got": 0}]
    assert (first["line"], first["person"], first["response"]["risk"]) == (4, "owner", "low")
    assert (third["ok"], third["response"]["kind"], third["since_baseline"]) == (True, "refusal", None)
    assert result == {"event": "result", "cases": 3, "failed": 1}


@pytest.mark.slow
def test_the_baseline_tells_a_change_from_a_regression(terminal: Terminal) -> None:
    """What no case names is watched: another risk is a regression, another question a change, a new case is added."""
    said = terminal.say("test", "--baseline", "base.json", "--update")
    assert (said.code, said.out) == (0, "3 of 3 cases as expected, 3 added.\nWrote base.json.\n")
    kept = json.loads((terminal.folder / "base.json").read_text(encoding="utf-8"))
    assert [one["text"] for one in kept["cases"]] == ["show disk space", "leave a marker", "order me a pizza"]
    change(terminal, "catalogue.yml", "risk: low", "risk: medium")
    change(terminal, "cases.yml", "    approvers: {need: 0}\n", "")
    change(terminal, "cases.yml", "order me a pizza", "book a flight")
    said = terminal.say("test", "--baseline", "base.json")
    assert said.code == 1
    assert said.out.splitlines() == [
        "cases.yml:4: «show disk space»: regressed since the baseline, now a plan of show_disk_space, medium risk",
        "3 of 3 cases as expected, 1 added, 1 regressed.",
    ]
    assert terminal.say("test", "--baseline", "base.json", "--update").code == 0
    assert terminal.say("test", "--baseline", "base.json").out == "3 of 3 cases as expected.\n"


@pytest.mark.slow
def test_what_cannot_be_read_is_2(terminal: Terminal) -> None:
    """A bad or missing file is told with its line, and nothing is tried."""
    change(terminal, "cases.yml", "leave_marker.name", "leave_marker.name\n    as: nobody")
    said = terminal.say("test")
    assert (said.code, said.out) == (2, "")
    assert "cases.yml:9: cases.1.as: unknown person «nobody»." in said.err
    assert terminal.say("check", "--offline").code == 2
    assert "there is no such file" in terminal.say("test", "none.yml").err
    (terminal.folder / "cases.yml").write_text(CASES, encoding="utf-8")
    said = terminal.say("test", "--baseline", "none.json")
    assert (said.code, "none.json: there is no such file: write it with --update" in said.err) == (2, True)
    for text, words in (("{", "bad.json:1: is not JSON"), ('{"version":1}', "is not a baseline: cases: is missing")):
        (terminal.folder / "bad.json").write_text(text, encoding="utf-8")
        said = terminal.say("test", "--baseline", "bad.json")
        assert (said.code, words in said.err) == (2, True), said
    assert "say which file with --baseline" in terminal.say("test", "--update").err


@pytest.mark.slow
def test_check_counts_the_cases(terminal: Terminal) -> None:
    """Whoever checks the files is told of the cases beside the catalogue."""
    assert "3 cases; `sayso test` tries them" in terminal.say("check", "--offline").out


@pytest.mark.slow
def test_the_cases_that_ship_are_as_expected(tmp_path: Path) -> None:
    """The sixty cases of the homelab, tried from the installed files before there is a home."""
    said = Terminal(tmp_path).say("test")
    assert (said.code, said.out) == (0, "74 of 74 cases as expected.\n"), said.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_cases_to_start_from_are_as_expected(tmp_path: Path) -> None:
    """What `init` writes is met by the operations beside it."""
    terminal = Terminal(tmp_path)
    terminal.say("init", ".")
    said = terminal.say("test")
    assert (said.code, said.out) == (0, "4 of 4 cases as expected.\n"), said.out


@pytest.mark.slow
async def test_models_try_the_cases_as_well(terminal: Terminal) -> None:
    """With --model each configured model tries every case; its failures, calls, tokens and cost are told apart."""
    wish = "how much room is left on my machine\n    operations: [show_disk_space]"
    change(terminal, "cases.yml", "order me a pizza\n    expect: refusal", wish)

    def understands(asked: Asked) -> str:
        is_about_room = "room" in json.loads(asked.data)["request"]
        task = {"part": 1, "operation": "show_disk_space", "words": "room", "waits": False, "values": []}
        return json.dumps({"tasks": [task] if is_about_room else [], "questions": []})

    async with OllamaServer(understands) as server:
        settings = {"SAYSO_LOCAL_MODEL": ollama_server.MODEL, "OLLAMA_HOST": server.url}
        asked = replace(terminal, settings={**terminal.settings, **settings})
        said = await asyncio.to_thread(asked.say, "test", "--model", "local")
        by_object = (await asyncio.to_thread(asked.say, "test", "--model", "both", "--json")).objects
        not_there = await asyncio.to_thread(asked.say, "test", "--model", "external")
    by_rules, by_model, effort = said.out.splitlines()[-3:]
    assert by_rules == "2 of 3 cases as expected."
    assert by_model == f"with {ollama_server.MODEL}: 3 of 3 cases as expected."
    assert effort.startswith(f"{ollama_server.MODEL} was asked 2 times: ")
    assert [one.get("calls") for one in by_object if one["event"] == "result"] == [None, 2]
    assert not_there.code == 2
    assert not_there.err == "No external model is configured: set SAYSO_EXTERNAL_MODEL, or leave --model out.\n"
