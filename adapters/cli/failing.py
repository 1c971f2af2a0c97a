"""The one place where errors of commands become sentences and exit codes."""

import asyncio
import json
import os
import sys
from collections.abc import Coroutine
from typing import Any

from rich.console import Console
from rich.text import Text
from typer.exceptions import TyperException

from adapters import log
from adapters.cli import exits, render
from bot.escaping import visible
from orchestration.errors import InvalidRequest, SaysoError, Unavailable


def code_of(command: Coroutine[Any, Any, int], as_json: bool) -> int:
    """Run a command and return its exit code; what it raises is told."""
    try:
        return asyncio.run(command)
    except BrokenPipeError:
        # Whoever read has gone; what was asked for is on the record, and a tool that runs goes on.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.NOBODY_READS
    except OSError as error:
        return told(_unusable(error), as_json)
    except SaysoError as error:
        return told(error, as_json)


def told(error: SaysoError, as_json: bool) -> int:
    """Say what is wrong, to programs as an object as well; return the exit code."""
    code = exits.of_error(error)
    if as_json:
        found = {"event": "error", "error": type(error).__name__, "message": str(error), "exit_code": code}
        sys.stdout.write(json.dumps(found) + "\n")
    console = Console(stderr=True, highlight=False, markup=False)
    for line in visible(str(error)).splitlines():
        console.print(render.folded(Text(line, "red"), console), soft_wrap=True)
    return code


def misused(error: TyperException) -> InvalidRequest:
    """Return what to say to somebody who typed what no command takes."""
    context = getattr(error, "ctx", None)
    said = error.format_message().replace("Value error, ", "")
    end = "" if said.endswith((".", "?")) else "."
    return InvalidRequest(f"{said}{end} See: {context.command_path if context else 'sayso'} --help")


def _unusable(error: OSError) -> Unavailable:
    """Return what to say of a file, a disk or a socket that is not as it should be."""
    log.Log().debug("command.failed", exc_info=error)
    name = f"{error.filename} cannot be used: " if error.filename else ""
    return Unavailable(f"{name}{error.strerror or error}.")
