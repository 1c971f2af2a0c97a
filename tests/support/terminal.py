"""The real `sayso` program in a folder of a test."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("sayso")
SECONDS = 60
"""How long a command may take."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Return what `--json` printed; every line has to be an object."""
        found = [json.loads(line) for line in self.out.splitlines()]
        assert all(isinstance(each, dict) for each in found)
        return found

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return what stands before the result."""
        *rows, result = self.objects
        assert result["event"] == "result"
        return rows

    @property
    def last(self) -> dict[str, Any]:
        """Return the last object that `--json` printed."""
        return self.objects[-1]


@dataclass
class Terminal:
    """A working folder with a home in it, and an environment without settings of whoever runs the tests."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """Return the home that commands make."""
        return self.folder / ".sayso"

    def environment(self) -> dict[str, str]:
        """Return the variables of a command."""
        plain = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SAYSO_", "SLACK_", "DISCORD_", "PYTHONIO"))
        }
        return {**plain, "COLUMNS": "100", "NO_COLOR": "1", **self.settings}

    def say(self, *arguments: str | bytes, stdin: str = "", **settings: str) -> Said:
        """Run `sayso` with these arguments, not at a terminal."""
        done = subprocess.run(
            [PROGRAM, *arguments],
            cwd=self.folder,
            env={**self.environment(), **settings},
            input=stdin,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="surrogatepass",
            timeout=SECONDS,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def plan(self, *arguments: str) -> dict[str, Any]:
        """Ask for something that waits for its approval; return the result object."""
        said = self.say("ask", *arguments, "--json")
        assert said.last["status"] == "pending_approval", said
        return said.last
