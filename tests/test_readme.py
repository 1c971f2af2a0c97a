"""The README says what the program prints and can do. What differs from run to run is made the same first."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters import yaml_files
from adapters.cli import main
from orchestration.intake.catalogue import load_catalogue

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
VARYING = (
    (r"(?m)(\b(?:Plan|approve|reject|changed)|^sayso )( [0-9A-HJKMNP-TV-Z]{6}\b)", r"\1 CODE"),
    (r"\bdigest [0-9a-f]{4} [0-9a-f]{4} [0-9a-f]{4}\b", "digest DIGEST"),
    (r"\b(yesterday|today|tomorrow) \d\d:\d\d UTC\b", "WHEN"),
    (r"\b(\d+ min \d\d|\d+(\.\d)?) s\b", "TIME"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"),
)


def normalised(text: str) -> list[str]:
    """Return the lines with plan codes, digests, times, durations and ids replaced by words."""
    for pattern, word in VARYING:
        text = re.sub(pattern, word, text)
    return text.splitlines()


def transcript(name: str) -> Iterator[tuple[str, str]]:
    """Yield (command, what it printed) of a transcript in the README."""
    found = re.search(rf"<!-- transcript: {name} -->\n```\n(.*?)```", README, re.DOTALL)
    assert found, f"the README has no transcript «{name}»"
    for part in re.split(r"^\$ ", found[1], flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


def run(command: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command as a newcomer would: its program in PATH, no settings, no terminal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAYSO_") and name != "COLUMNS"}
    environment = {**kept, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_homelab_transcript_is_what_the_program_prints(tmp_path: Path) -> None:
    """The story in the README, run again in an empty folder, prints the same lines and ends well."""
    (ask, asked), (approve, approved) = transcript("homelab")
    first = run(shlex.split(ask), tmp_path)
    assert normalised(first.stdout) == normalised(asked)
    code = first.stdout.split()[1]
    second = run([code if word == asked.split()[1] else word for word in shlex.split(approve)], tmp_path)
    assert normalised(second.stdout) == normalised(approved)
    assert (first.returncode, second.returncode) == (5, 0)
    monitors = tmp_path / ".sayso" / "homelab" / "workspace" / "kuma" / "monitors.yml"
    assert monitors.read_text(encoding="utf-8").count("url:") == 6


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_conversation_is_what_the_program_prints(tmp_path: Path) -> None:
    """The dialogue in the README, played again in an empty folder, gets the same answers."""
    ((command, said),) = transcript("conversation")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    played = run(shlex.split(command), tmp_path)
    assert normalised(played.stdout) == normalised(said)
    assert played.returncode == 0


def test_the_table_of_commands_has_every_command() -> None:
    """The README names all commands of the program and no others."""
    typed = [command.name or getattr(command.callback, "__name__", "") for command in main.app.registered_commands]
    typed += [group.name or "" for group in main.app.registered_groups]
    (table,) = re.findall(r"## Commands\n\n(.*?)\n\n", README, re.DOTALL)
    assert set(re.findall(r"`sayso (\w+)", table)) == set(typed)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """A link from one page to a file of the project names one that is there."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", ["README.md", "docs/writing-an-operation.md"])
def test_the_operations_in_the_pages_are_taken(page: str) -> None:
    """Whoever copies a declaration from the pages into a catalogue gets one that is sound."""
    blocks = re.findall(
        r"^```yaml\n(  \w+:.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    declared, _ = yaml_files.parse("version: 1\noperations:\n" + "".join(blocks), page)
    assert set(load_catalogue(declared).operations) == set(declared["operations"]) != set()
