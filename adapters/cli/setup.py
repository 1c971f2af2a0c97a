"""`check` and `init`."""

from pathlib import Path

from adapters.cli import exits
from adapters.cli.output import JsonOutput, Output
from adapters.cli.session import Context, load_context, running
from adapters.schemas import write_starting_files
from adapters.wiring import Sayso
from bot import wording
from orchestration.errors import HomeBusy


async def check(offline: bool, output: Output) -> int:
    """Say of each part whether it is there and what to do if not; return 2 when something needed is missing."""
    context = load_context()  # raises with every fault of settings and files, each with its line
    configuration = context.configuration
    lines = [
        ("settings", True, f"home {context.home.path}"),
        ("catalogue", True, wording.count(len(configuration.catalogue.operations), "operation")),
        ("policy", True, wording.count(len(configuration.policy.approvals), "approval rule")),
        ("people", True, wording.count(len(configuration.people.people), "person", "people")),
    ]
    if not offline:
        lines += await _started(context)
    _report(lines, output)
    return exits.DONE if all(good for _, good, _ in lines) else exits.USAGE


async def init(folder: Path, output: Output) -> int:
    """Write the three files to start from; return the exit code."""
    write_starting_files(folder)
    shown = folder if str(folder) != "." else Path.cwd()
    output.say(
        f"Wrote catalogue.yml, policy.yml, people.yml, sayso.toml and the editor schemas to {shown}.",
        f"Put yourself into people.yml, then: cd {folder} && sayso check",
    )
    return exits.DONE


async def _started(context: Context) -> list[tuple[str, bool, str]]:
    try:
        async with running(context) as sayso:
            return [("database", True, f"{context.database} opens and is written"), *_tools(sayso, context)]
    except HomeBusy as busy:
        return [("database", True, f"not tried: {busy}")]


def _tools(sayso: Sayso, context: Context) -> list[tuple[str, bool, str]]:
    operations = context.configuration.catalogue.operations
    lines = []
    for tool in sorted({operation.tool for operation in operations.values()}):
        users = [key for key, operation in operations.items() if operation.tool == tool]
        missing = sayso.tools[tool].missing() if tool in sayso.tools else "it is not part of this version."
        state = missing and f"{missing} Without it these cannot be asked for: {', '.join(users)}."
        lines.append((f"tool {tool}", not missing, state or wording.count(len(users), "operation")))
    return lines


def _report(lines: list[tuple[str, bool, str]], output: Output) -> None:
    for what, good, state in lines:
        if isinstance(output, JsonOutput):
            output.write({"event": "checked", "what": what, "ok": good, "state": state})
        else:
            output.say(f"{'✓' if good else '✗'} {what:<22} {state}")
