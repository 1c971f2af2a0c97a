"""`check` and `init`."""

from pathlib import Path

from adapters.cases_files import cases_path, read_cases
from adapters.cli import exits
from adapters.cli.model_check import named_models, tried_models
from adapters.cli.output import Output, program
from adapters.cli.session import Context, own_context, owning
from adapters.schemas import write_starting_files
from adapters.settings import load_settings
from adapters.voices import system_user
from adapters.wiring import Sayso
from bot import wording
from orchestration.errors import HomeBusy

BY_CHOICE = ("research",)
"""Tools that need something which an owner may well do without; that they cannot run is told, and no fault."""


async def check(offline: bool, output: Output) -> int:
    """Say of each part whether it is there and what to do if not; return 2 when something needed is missing."""
    context = own_context(load_settings())  # raises with every fault of settings and files, each with its line
    configuration = context.configuration
    lines = [
        ("settings", True, f"home {context.home.path}"),
        ("catalogue", True, wording.count(len(configuration.catalogue.operations), "operation")),
        ("policy", True, wording.count(len(configuration.policy.approvals), "approval rule")),
        ("people", True, wording.count(len(configuration.people.people), "person", "people")),
        *_cases(context),
    ]
    lines += await _reached(context, offline)
    _report(lines, output)
    return exits.DONE if all(good for _, good, _ in lines) else exits.USAGE


async def init(folder: Path, output: Output) -> int:
    """Write the files to start from; return the exit code."""
    write_starting_files(folder)
    names = "catalogue.yml, policy.yml, people.yml, cases.yml, sayso.toml and the editor schemas"
    where, go_there = (Path.cwd(), "") if str(folder) == "." else (folder, f"cd {folder} && ")
    output.say(
        f"Wrote {names} to {where}.",
        f"people.yml has you, {system_user()}, as the only person. Next: {go_there}{program()} check",
    )
    return exits.DONE


async def _reached(context: Context, offline: bool) -> list[tuple[str, bool, str]]:
    """Try the database, the tools, the models and the chats; `offline` only reads what is set for the last two."""
    from adapters.chat.platforms import connections  # its web server takes 0.2 s to import, which `init` does not pay

    found = connections(context.settings, context.home.artifacts)
    named = named_models(context)
    if offline:
        return named
    chats = [line for connection in found.values() for line in await connection.check()]
    return [*await _started(context), *await tried_models(context), *chats]


def _cases(context: Context) -> list[tuple[str, bool, str]]:
    """Return how many cases lie beside the catalogue; raises ConfigurationError when they cannot be read."""
    path = cases_path(context.settings)
    if not path.exists():
        return []
    cases, _ = read_cases(path, context.configuration)
    return [("cases", True, f"{wording.count(len(cases.cases), 'case')}; `sayso test` tries them")]


async def _started(context: Context) -> list[tuple[str, bool, str]]:
    try:
        async with owning(context) as sayso:
            return [("database", True, f"{context.database} opens and is written"), *_tools(sayso, context)]
    except HomeBusy:
        return [("database", True, f"in use by {context.home.owner()}, so neither it nor the tools were tried")]


def _tools(sayso: Sayso, context: Context) -> list[tuple[str, bool, str]]:
    operations = context.configuration.catalogue.operations
    lines = []
    for tool in sorted({operation.tool for operation in operations.values()}):
        users = [key for key, operation in operations.items() if operation.tool == tool]
        missing = sayso.tools[tool].missing() if tool in sayso.tools else "it is not part of this version."
        state = missing and f"{missing} Without it these cannot be asked for: {', '.join(users)}."
        is_good = not missing or tool in BY_CHOICE
        lines.append((f"tool {tool}", is_good, state or wording.count(len(users), "operation")))
    return lines


def _report(lines: list[tuple[str, bool, str]], output: Output) -> None:
    for what, good, state in lines:
        output.write({"event": "checked", "what": what, "ok": good, "state": state})
        output.say(f"{'✓' if good else '✗'} {what:<22} {state}")
    output.write({"event": "result", "ok": all(good for _, good, _ in lines)})
