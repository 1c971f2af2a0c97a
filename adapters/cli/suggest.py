"""`suggest`: phrases that the catalogue could have, from the words of approved requests. Nothing is written."""

import sys
from collections.abc import Sequence
from pathlib import Path

from adapters.cases_files import cases_path, read_cases
from adapters.catalogue_text import difference, with_phrases
from adapters.cli import exits
from adapters.cli.output import JsonOutput, Output, program
from adapters.cli.session import Context, load_context, looking, own_context
from adapters.said_before import SaidBefore, said_before
from adapters.storage.migrations.upgrade import schema_version
from adapters.trials import Trials
from adapters.yaml_files import parse
from bot import wording
from bot.escaping import one_line
from orchestration.learning.effects import Effects, Heard, Judged
from orchestration.learning.lessons import lessons
from orchestration.planning.declared import Declared

NOTHING = "Nothing to suggest: all that was approved so far was asked for in words that the catalogue has."


async def suggest(output: Output) -> int:
    """Print what could be added to the catalogue, as a patch of its file as it is now; return the exit code."""
    context = load_context()
    files = own_context(context.settings)  # a serve may go by older ones, and the patch is for those that are there
    judged = []
    if schema_version(context.database) is not None:
        async with looking(context) as (_, reader):
            before = await said_before(reader, files.configuration.catalogue)
        judged = await output.patiently(_judged(files, before), "Trying what was said so far …")
    patch = _patch(files, judged)
    if isinstance(output, JsonOutput):
        _as_objects(files, judged, patch, output)
    elif judged:
        # As it is, whatever the width of the terminal: a patch has no line too many.
        sys.stdout.write("".join(f"# {line}\n" for line in _remarks(files, judged)) + patch)
    else:
        output.say(NOTHING)
    return exits.DONE


async def _judged(files: Context, before: SaidBefore) -> list[Judged]:
    """Return what approved requests teach, with what speaks against each."""
    trials = Trials(files.settings, files.configuration)
    declared = Declared(files.configuration.catalogue)
    found = await lessons(before.approved, declared, trials.planner(declared))
    data, _ = parse(files.configuration.sources["catalogue"].text, "catalogue")
    said = {request.text: Heard(request.text, request.person) for request in before.requests}
    return await Effects(data, [*_cases(files), *said.values()], trials.trial).judged(found) if found else []


def _cases(files: Context) -> list[Heard]:
    path = cases_path(files.settings)
    if not path.exists():
        return []
    cases, _ = read_cases(path, files.configuration)
    return [Heard(case.text, cases.speaker(case), tuple(case.answers.items()), True) for case in cases.cases]


def _patch(files: Context, judged: Sequence[Judged]) -> str:
    phrases: dict[str, list[str]] = {}
    for one in judged:
        if not one.problem:
            phrases.setdefault(one.lesson.operation, []).append(one.lesson.phrase)
    text = files.configuration.sources["catalogue"].text
    return difference(text, with_phrases(text, phrases), str(_name(files)))


def _name(files: Context) -> Path:
    """Return how the catalogue is called in the patch: `patch` takes no path that leads out of its folder."""
    path = files.settings.catalogue
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else Path(path.name)


def _remarks(files: Context, judged: Sequence[Judged]) -> list[str]:
    taken = [one for one in judged if not one.problem]
    where = "" if files.settings.catalogue.is_relative_to(Path.cwd()) else f" -d {files.settings.catalogue.parent}"
    how = f"To take it: {program()} suggest | patch -p0{where}, then {program()} reload"
    lines = [f"Nothing of this is live by itself. {how}"] if taken else ["Nothing that can be taken as it is."]
    lines += [f"{one.lesson.operation}: «{one.lesson.phrase}» by {_people(files, one)}" for one in taken]
    left_out = [one for one in judged if one.problem]
    return lines + [
        f"left out of {one.lesson.operation}: «{one.lesson.phrase}» by {_people(files, one)}: {one_line(one.problem)}"
        for one in left_out
    ]


def _people(files: Context, judged: Judged) -> str:
    people = files.configuration.people
    return wording.joined(
        [f"{one_line(people.name(person))} ({number})" for person, number in judged.lesson.people.items()]
    )


def _as_objects(files: Context, judged: Sequence[Judged], patch: str, output: JsonOutput) -> None:
    for one in judged:
        lesson = one.lesson
        found = {"operation": lesson.operation, "phrase": lesson.phrase, "asked": dict(lesson.people)}
        found |= {"risk": files.configuration.catalogue.operation(lesson.operation).risk}
        output.write({"event": "suggestion", **found, "in_patch": not one.problem, "problem": one.problem or None})
    output.write({"event": "result", "suggestions": len(judged), "patch": patch})
