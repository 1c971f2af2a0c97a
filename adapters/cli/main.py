"""The `sayso` command: what can be said to it, and the one place where errors become sentences and exit codes."""

import asyncio
import io
import json
import os
import sys
from collections.abc import Coroutine, Sequence
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from adapters.cli import audit, decide, exits, look, setup
from adapters.cli.ask import ask_in_words, run_operation
from adapters.cli.output import JsonOutput, Output, TextOutput
from bot.escaping import visible
from orchestration.errors import SaysoError

app = typer.Typer(
    name="sayso",
    help="A chat-ops bot that does nothing without your say-so.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
audit_app = typer.Typer(help="The record of everything that happened.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"sayso {metadata.version('sayso')}\n")
        raise typer.Exit


@app.callback()
def _program(
    _: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)] = False,
) -> None:
    """A chat-ops bot that does nothing without your say-so."""


As = Annotated[str | None, typer.Option("--as", metavar="PERSON", help="Who speaks; a key of the people file.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
PlanName = Annotated[str, typer.Argument(metavar="PLAN", help="Its code, such as 7K2MQ4, or its id.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Only decide; it runs with the next start.")]


@app.command()
def ask(
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="What you want done, in your words.")],
    as_person: As = None,
    approve: Annotated[bool, typer.Option("--approve", help="Approve it yourself, where the policy lets you.")] = False,
    approve_as: Annotated[str | None, typer.Option(metavar="PERSON", help="Approve it as this person.")] = None,
    reject: Annotated[str | None, typer.Option(metavar="[REASON]", help="Reject it at once.")] = None,
    as_json: Json = False,
) -> None:
    """Ask for something: shows the plan, lets you decide, follows it to its verdict."""
    _do(ask_in_words(" ".join(text), as_person, (approve, approve_as, reject), _output(as_json)), as_json)


@app.command(name="run")
def run_command(
    operation: Annotated[str, typer.Argument(help="Its key in the catalogue.")],
    parameters: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...")] = None,
    as_person: As = None,
    approve: Annotated[bool, typer.Option("--approve", help="Approve it yourself, where the policy lets you.")] = False,
    approve_as: Annotated[str | None, typer.Option(metavar="PERSON", help="Approve it as this person.")] = None,
    reject: Annotated[str | None, typer.Option(metavar="[REASON]", help="Reject it at once.")] = None,
    as_json: Json = False,
) -> None:
    """Plan one operation with these parameters; the same approval as any request."""
    choice = (approve, approve_as, reject)
    _do(run_operation(operation, parameters or [], as_person, choice, _output(as_json)), as_json)


@app.command()
def approve(
    plan: PlanName,
    as_person: As = None,
    revision: Annotated[int | None, typer.Option(help="Only this revision.")] = None,
    digest: Annotated[str | None, typer.Option(help="Only what has this digest (its first digits).")] = None,
    no_wait: NoWait = False,
    as_json: Json = False,
) -> None:
    """Say yes to a plan as it is shown now, and follow it to its verdict."""
    shown = decide.Pinned(revision, digest)
    _do(decide.decide(plan, as_person, shown, True, "", not no_wait, _output(as_json)), as_json)


@app.command()
def reject(
    plan: PlanName,
    reason: Annotated[list[str] | None, typer.Argument(help="Why; the requester sees it.")] = None,
    as_person: As = None,
    revision: Annotated[int | None, typer.Option(help="Only this revision.")] = None,
    as_json: Json = False,
) -> None:
    """Say no to a plan."""
    pinned = decide.Pinned(revision, None)
    _do(decide.decide(plan, as_person, pinned, False, " ".join(reason or []), True, _output(as_json)), as_json)


@app.command()
def cancel(plan: PlanName, as_person: As = None, as_json: Json = False) -> None:
    """Stop a plan: what has not started does not start, what runs is stopped."""
    _do(decide.cancel(plan, as_person, _output(as_json)), as_json)


@app.command()
def resolve(
    task: Annotated[str, typer.Argument(metavar="TASK", help="PLAN/NUMBER, such as 7K2MQ4/1, or its id.")],
    outcome: Annotated[Literal["done", "retry", "abort"], typer.Argument(help="What became of it, or what to do.")],
    as_person: As = None,
    as_json: Json = False,
) -> None:
    """Say what became of a task whose outcome is unknown."""
    _do(decide.resolve(task, outcome, as_person, _output(as_json)), as_json)


@app.command()
def resume(as_json: Json = False) -> None:
    """Go on with the plans that were interrupted, and stay until they have ended."""
    _do(decide.resume(_output(as_json)), as_json)


@app.command()
def plans(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20, as_json: Json = False
) -> None:
    """List plans, newest first."""
    _do(look.plans(limit, _output(as_json)), as_json)


@app.command()
def show(
    plan: PlanName,
    with_details: Annotated[bool, typer.Option("--details", help="Sources, files, outputs.")] = False,
    as_json: Json = False,
) -> None:
    """Show a plan: what it does, who decided, how far it is."""
    _do(look.show(plan, with_details, _output(as_json)), as_json)


@app.command()
def check(
    offline: Annotated[bool, typer.Option(help="Only files and settings; contact nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Read settings, catalogue, policy and people, try what they need, and say what is missing."""
    _do(setup.check(offline, _output(as_json)), as_json)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to write them.")] = Path(),
) -> None:
    """Write a catalogue, a policy and a people file to start from."""
    _do(setup.init(folder, _output(False)), False)


@audit_app.command()
def verify(as_json: Json = False) -> None:
    """Verify every event and every seal from first to last."""
    _do(audit.verify_all(_output(as_json)), as_json)


@audit_app.command()
def export() -> None:
    """Print every event as a JSON object a line."""
    _do(audit.export(_output(True)), True)


@audit_app.command(name="show")
def audit_show(plan: PlanName, as_json: Json = False) -> None:
    """Show everything that happened to one plan."""
    _do(audit.show(plan, _output(as_json)), as_json)


def run(arguments: Sequence[str] | None = None) -> None:
    """Enter here (console script)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without «·» still gets its answer
    try:
        app(args=_with_empty_reason(given), prog_name="sayso")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read has gone; what was asked for is on the record, and a tool that runs goes on.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)


def _with_empty_reason(arguments: list[str]) -> list[str]:
    """Let `--reject` stand without a reason: as the last word, or before another option."""
    followed = zip(arguments, [*arguments[1:], "--"], strict=False)
    return ["--reject=" if word == "--reject" and after.startswith("--") else word for word, after in followed]


def _output(as_json: bool) -> Output:
    return JsonOutput() if as_json else TextOutput()


def _do(command: Coroutine[Any, Any, int], as_json: bool) -> None:
    try:
        code = asyncio.run(command)
    except SaysoError as error:
        code = exits.of_error(error)
        _tell(error, code, as_json)
    raise typer.Exit(code)


def _tell(error: SaysoError, code: int, as_json: bool) -> None:
    if as_json:
        found = {"event": "error", "error": type(error).__name__, "message": str(error), "exit_code": code}
        sys.stdout.write(json.dumps(found) + "\n")
    Console(stderr=True, highlight=False, markup=False).print(visible(str(error)), style="red", soft_wrap=True)
