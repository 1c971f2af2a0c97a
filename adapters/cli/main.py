"""The `sayso` command: all that can be said to it."""

import io
import sys
from collections.abc import Coroutine, Sequence
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.exceptions import TyperException

from adapters.cli import audit, cases, completion, decide, failing, look, operate, setup, suggest
from adapters.cli.ask import ask_in_words, run_operation
from adapters.cli.output import JsonOutput, Output, TextOutput

app = typer.Typer(
    name="sayso",
    help="A chat-ops bot that does nothing without your say-so.",
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
audit_app = typer.Typer(help="The record of everything that happened.")
app.add_typer(audit_app, name="audit")


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"sayso {metadata.version('sayso')}\n")
        raise typer.Exit


@app.callback()
def _program(
    context: typer.Context,
    _: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)] = False,
) -> None:
    """A chat-ops bot that does nothing without your say-so. Without a command: serve."""
    if context.invoked_subcommand is None:
        serve()


As = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="PERSON", autocompletion=completion.people, help="Who speaks; a key of the people file."
    ),
]
Approve = Annotated[bool, typer.Option("--approve", help="Approve it yourself, where the policy lets you.")]
ApproveAs = Annotated[
    str | None, typer.Option(metavar="PERSON", autocompletion=completion.people, help="Approve it as this person.")
]
Reject = Annotated[str | None, typer.Option(metavar="[REASON]", help="Reject it at once.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
CODE = "Its code, such as 7K2MQ4, or its id."
PlanName = Annotated[str, typer.Argument(metavar="PLAN", autocompletion=completion.plans, help=CODE)]
OpenPlan = Annotated[str, typer.Argument(metavar="PLAN", autocompletion=completion.pending, help=CODE)]
UnendedPlan = Annotated[str, typer.Argument(metavar="PLAN", autocompletion=completion.unended, help=CODE)]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Only decide. A serve runs it; else the next start does.")]


@app.command()
def serve(as_json: Json = False) -> None:
    """Run until Ctrl-C or SIGTERM. Agents, the socket that commands attach to, chats, and pages for machines."""
    from adapters.cli import serve as serving  # its web server takes 0.3 s to import, which no other command pays

    _do(serving.serve(_output(as_json)), as_json)


@app.command()
def ask(
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="What you want done, in your words.")],
    as_person: As = None,
    approve: Approve = False,
    approve_as: ApproveAs = None,
    reject: Reject = None,
    as_json: Json = False,
) -> None:
    """Ask for something in your words. Shows the plan, lets you decide, follows it to its verdict."""
    _do(ask_in_words(" ".join(text), as_person, (approve, approve_as, reject), _output(as_json)), as_json)


@app.command(name="run")
def run_command(
    operation: Annotated[
        str,
        typer.Argument(metavar="OPERATION", autocompletion=completion.operations, help="Its key in the catalogue."),
    ],
    parameters: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE", autocompletion=completion.parameters, help="Its values."),
    ] = None,
    as_person: As = None,
    approve: Approve = False,
    approve_as: ApproveAs = None,
    reject: Reject = None,
    as_json: Json = False,
) -> None:
    """Plan one operation with these parameters. It needs the same approval as any request."""
    choice = (approve, approve_as, reject)
    _do(run_operation(operation, parameters or [], as_person, choice, _output(as_json)), as_json)


@app.command()
def chat(
    as_person: As = None,
    script: Annotated[
        typer.FileText | None,
        typer.Option(metavar="FILE", encoding="utf-8", help="Play a written dialogue instead; - reads it."),
    ] = None,
) -> None:
    """Talk in the terminal. Ask, decide, correct, and watch what runs."""
    from adapters.cli import chat as chatting  # its prompt takes 0.1 s to import, which no other command pays

    _do(chatting.play_script(script) if script else chatting.chat(as_person), False)


@app.command()
def approve(
    plan: OpenPlan,
    as_person: As = None,
    revision: Annotated[int | None, typer.Option(help="Only this revision.")] = None,
    digest: Annotated[str | None, typer.Option(help="Only what has this digest (its first digits).")] = None,
    no_wait: NoWait = False,
    as_json: Json = False,
) -> None:
    """Say yes to a plan as it is shown now. Follows it to its verdict."""
    shown, verdict = decide.Pinned(revision, digest), decide.Verdict(True, wait=not no_wait)
    _do(decide.decide(plan, as_person, shown, verdict, _output(as_json)), as_json)


@app.command()
def reject(
    plan: OpenPlan,
    reason: Annotated[list[str] | None, typer.Argument(metavar="REASON", help="Why; the requester sees it.")] = None,
    as_person: As = None,
    revision: Annotated[int | None, typer.Option(help="Only this revision.")] = None,
    as_json: Json = False,
) -> None:
    """Say no to a plan."""
    shown, verdict = decide.Pinned(revision, None), decide.Verdict(False, " ".join(reason or []))
    _do(decide.decide(plan, as_person, shown, verdict, _output(as_json)), as_json)


@app.command()
def cancel(plan: UnendedPlan, as_person: As = None, as_json: Json = False) -> None:
    """Stop a plan. What has not started does not start, what runs is stopped."""
    _do(decide.cancel(plan, as_person, _output(as_json)), as_json)


@app.command()
def resolve(
    task: Annotated[
        str,
        typer.Argument(
            metavar="TASK", autocompletion=completion.unknown, help="PLAN/NUMBER, such as 7K2MQ4/1, or its id."
        ),
    ],
    outcome: Annotated[
        Literal["done", "retry", "abort"],
        typer.Argument(metavar="OUTCOME", help="It took effect; run it again; give it up."),
    ],
    as_person: As = None,
    as_json: Json = False,
) -> None:
    """Say what became of a task whose outcome is unknown."""
    _do(decide.resolve(task, outcome, as_person, _output(as_json)), as_json)


@app.command()
def pause(as_person: As = None, as_json: Json = False) -> None:
    """Keep new tasks from starting. What runs goes on; `sayso resume` lifts it."""
    _do(operate.pause(as_person, _output(as_json)), as_json)


@app.command()
def resume(as_person: As = None, as_json: Json = False) -> None:
    """Let tasks start again. Without a serve also goes on with what was interrupted, and stays until it has ended."""
    _do(operate.resume(as_person, _output(as_json)), as_json)


@app.command()
def reload(as_person: As = None, as_json: Json = False) -> None:
    """Have a running serve read catalogue, policy and people again."""
    _do(operate.reload(as_person, _output(as_json)), as_json)


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
def agents(as_json: Json = False) -> None:
    """List the agents. What they can run, how much they have to do, when they were last heard of."""
    _do(look.agents(_output(as_json)), as_json)


@app.command()
def check(
    offline: Annotated[bool, typer.Option("--offline", help="Only files and settings; contact nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Say what is missing. Reads settings and files, tries database, tools, models and chats."""
    _do(setup.check(offline, _output(as_json)), as_json)


@app.command(name="test")
def try_cases(
    path: Annotated[Path | None, typer.Argument(metavar="CASES.yml", help="cases.yml beside the catalogue.")] = None,
    baseline: Annotated[Path | None, typer.Option(metavar="FILE", help="Compare with what came of them then.")] = None,
    update: Annotated[bool, typer.Option("--update", help="Write the baseline anew.")] = False,
    model: Annotated[cases.ModelChoice | None, typer.Option(help="Try them with configured models as well.")] = None,
    as_json: Json = False,
) -> None:
    """Try your cases. What people say, and what should come of it; nothing is run."""
    wish = cases.Wish(path, baseline, update, model)
    _do(cases.try_cases(wish, _output(as_json)), as_json)


@app.command(name="suggest")
def suggest_phrases(as_json: Json = False) -> None:
    """Suggest phrases for the catalogue. From the words of approved requests, as a patch; nothing is written."""
    _do(suggest.suggest(_output(as_json)), as_json)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write them.")] = Path(),
) -> None:
    """Write files to start from. A catalogue, a policy, people, cases, settings, and schemas for an editor."""
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
        sys.exit(app(args=_with_empty_reason(given), prog_name="sayso", standalone_mode=False))
    except KeyboardInterrupt:
        sys.exit(130)
    except TyperException as error:
        sys.exit(failing.told(failing.misused(error), "--json" in given))


def _with_empty_reason(arguments: list[str]) -> list[str]:
    """Let `--reject` stand without a reason: as the last word, or before another option."""
    followed = zip(arguments, [*arguments[1:], "--"], strict=False)
    return ["--reject=" if word == "--reject" and after.startswith("--") else word for word, after in followed]


def _output(as_json: bool) -> Output:
    return JsonOutput() if as_json else TextOutput()


def _do(command: Coroutine[Any, Any, int], as_json: bool) -> None:
    raise typer.Exit(failing.code_of(command, as_json))
