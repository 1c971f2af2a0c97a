"""What the shell completes: plans, tasks, operations with their parameters, and people.

Called by the program instead of a command, at each press of the key. It only looks: no home is made, and whatever
cannot be read completes nothing.
"""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress

import typer

from adapters.configuration import Configuration, load_configuration
from adapters.home import Home
from adapters.settings import load_settings
from orchestration.errors import SaysoError

Found = list[tuple[str, str]]
"""What may be typed, each with a few words about it."""
MOST = 50
_PLANS = "SELECT code, status FROM plans WHERE code LIKE ? || '%' AND {} ORDER BY id DESC LIMIT ?"
_TASKS = (
    "SELECT plans.code || '/' || tasks.position, tasks.name FROM tasks JOIN plans ON plans.id = tasks.plan_id "
    "WHERE tasks.status = 'unknown' AND plans.code LIKE ? || '%' LIMIT ?"
)


def plans(incomplete: str) -> Found:
    """Return the codes of plans, newest first."""
    return _rows(_PLANS.format("1"), incomplete)


def pending(incomplete: str) -> Found:
    """Return the codes of plans that wait for a decision."""
    return _rows(_PLANS.format("status = 'pending_approval'"), incomplete)


def unended(incomplete: str) -> Found:
    """Return the codes of plans that can be stopped."""
    return _rows(_PLANS.format("status IN ('pending_approval', 'approved', 'executing', 'paused')"), incomplete)


def unknown(incomplete: str) -> Found:
    """Return the tasks whose outcome a person has to tell, as PLAN/NUMBER."""
    return _rows(_TASKS, incomplete.partition("/")[0])


def operations(incomplete: str) -> Found:
    """Return the keys of the catalogue with their titles."""
    return _declared(lambda files: ((key, one.title) for key, one in files.catalogue.operations.items()), incomplete)


def parameters(context: typer.Context, incomplete: str) -> Found:
    """Return the parameters of the operation that was typed, as `KEY=`."""

    def found(files: Configuration) -> Iterable[tuple[str, str]]:
        declared = files.catalogue.operations[context.params["operation"]].parameters
        return ((f"{name}=", one.description or one.ask) for name, one in declared.items())

    return _declared(found, incomplete)


def people(incomplete: str) -> Found:
    """Return the keys of the people file with their names."""
    return _declared(lambda files: ((key, one.name) for key, one in files.people.people.items()), incomplete)


def _rows(query: str, incomplete: str) -> Found:
    with suppress(SaysoError, OSError, sqlite3.Error):
        settings = load_settings()
        database = settings.database or Home(settings.home).database
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            rows: Found = connection.execute(query, (incomplete, MOST)).fetchall()
            return rows
    return []


def _declared(found: Callable[[Configuration], Iterable[tuple[str, str]]], incomplete: str) -> Found:
    with suppress(SaysoError, OSError, KeyError):
        return [each for each in found(load_configuration(load_settings())) if each[0].startswith(incomplete)]
    return []
