"""Killed at every commit and every effect, a restart loses nothing, repeats nothing and says what it cannot know."""

import json
import subprocess
import sys
from typing import Any

import pytest

FLOOR_EMBEDDED = 60
"""Points of the whole story with the embedded tool; fewer means that hooks have vanished."""
FLOOR_COMMAND = 75
FLOOR_TURNS = 40
FLOOR_CHAT = 65
PART = ("--first", "14", "--step", "2", "--limit", "20")
"""Some points of the chat, between its first message and its first card."""


def enumerate_points(*arguments: str) -> list[dict[str, Any]]:
    """Return what the driver found at each point."""
    command = [sys.executable, "-m", "tests.safety.crash_driver", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=900)
    return [json.loads(line) for line in done.stdout.splitlines()]


def faults(points: list[dict[str, Any]]) -> list[str]:
    """Return every broken promise with its point."""
    return [f"{point['at']}: {fault}" for point in points for fault in point["faults"]]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("half", ["1", "2"])
def test_every_commit_and_every_effect_survives_a_kill(half: str) -> None:
    """Whatever the process was doing when it died, the restart keeps every promise (half of the points each)."""
    points = enumerate_points("--tool", "embedded", "--first", half, "--step", "2")
    assert faults(points) == []
    assert len(points) >= FLOOR_EMBEDDED // 2


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_commit_of_a_queue_under_a_hold_survives_a_kill() -> None:
    """Waiting for a target, a slot, the end of a hold or the next try: after a restart each has its turn, once."""
    points = enumerate_points("--story", "turns")
    assert faults(points) == []
    assert len(points) >= FLOOR_TURNS


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("half", ["1", "2"])
def test_every_commit_and_every_write_of_a_chat_survives_a_kill(half: str) -> None:
    """Asked, answered, approved by a click, run: each plan has one card in its thread, and all is told once."""
    points = enumerate_points("--story", "chat", "--first", half, "--step", "2")
    assert faults(points) == []
    assert len(points) >= FLOOR_CHAT // 2


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("half", ["1", "2"])
def test_every_point_around_a_real_process_survives_a_kill(half: str) -> None:
    """The same with the command tool, whose processes outlive the bot and are settled by the restart."""
    points = enumerate_points("--tool", "command", "--first", half, "--step", "2")
    assert faults(points) == []
    assert len(points) >= FLOOR_COMMAND // 2


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("mutant", "found", "played"),
    [
        ("outbox_apart", "is stuck in approved", ("one",)),
        ("claim_after_effect", "ran 2 times", ("one",)),
        ("ticked_off_first", "three messages for two plans became", ("chat", *PART)),
    ],
)
def test_the_enumeration_finds_planted_faults(mutant: str, found: str, played: tuple[str, ...]) -> None:
    """The control: three faults that were built in on purpose are found."""
    points = enumerate_points("--mutant", mutant, "--story", *played)
    assert any(found in fault for fault in faults(points))
