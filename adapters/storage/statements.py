"""Turn the core's record classes and conditions into SQL, each shape built once and then reused.

Building a statement costs several times what running it does, so a statement is cached by its shape (columns
and kinds of condition) and takes its values as parameters. The writer runs the compiled text on the driver's own
connection, which costs a third of going through SQLAlchemy's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Select,
    Table,
    Update,
    bindparam,
    false,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import sqlite

from adapters.storage.tables import FIELDS
from orchestration.ports import Above, AtMost, Where
from orchestration.records import Record

Shape = tuple[tuple[str, str | int], ...]
"""(column, kind of condition), where a number stands for «one of so many»."""
SQLITE = sqlite.dialect(paramstyle="qmark")


def shape_of(where: Where) -> Shape:
    """Return (column, kind of condition) for each condition, in their order."""
    return tuple((column, _kind(value)) for column, value in where.items())


def parameters(where: Where) -> dict[str, Any]:
    """Return the values of the conditions under the names that the statements use."""
    found: dict[str, Any] = {}
    for column, value in where.items():
        if isinstance(value, tuple):
            found |= {f"w_{column}_{place}": item for place, item in enumerate(value)}
        elif value is not None:
            found[f"w_{column}"] = _value(value)
    return found


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement in the words of one database, and the names of its parameters in their order."""

    text: str
    names: tuple[str, ...]
    own: Mapping[str, Any]
    """Values that belong to the statement itself, such as its limit."""

    def values(self, bound: Mapping[str, Any]) -> list[Any]:
        """Return the values in the order that the text wants them."""
        return [bound[name] if name in bound else self.own[name] for name in self.names]


@cache
def prepare(statement: ClauseElement) -> Prepared:
    """Compile a statement for SQLite."""
    compiled = statement.compile(dialect=SQLITE)
    return Prepared(str(compiled), tuple(getattr(compiled, "positiontup", None) or ()), compiled.params)


def row(record: Record) -> dict[str, Any]:
    """Return a record's fields by name."""
    return {name: getattr(record, name) for name in FIELDS[type(record)]}


@cache
def insert_new(table: Table) -> Prepared:
    """Insert a row unless its identity is there already."""
    return prepare(sqlite.insert(table).on_conflict_do_nothing())


@cache
def insert_event(table: Table) -> Prepared:
    """Insert an event; the database gives it its place."""
    return prepare(
        insert(table).values({column.name: bindparam(column.name) for column in table.c if column.name != "seq"})
    )


@cache
def compare_and_set(table: Table, shape: Shape, columns: tuple[str, ...]) -> Update:
    """Change these columns of the rows that still fulfil the conditions."""
    values: Mapping[str, Any] = {column: bindparam(f"s_{column}") for column in columns}
    return update(table).where(*_conditions(table, shape)).values(values)


@cache
def query(table: Table, shape: Shape, order_by: str, limit: int) -> Select[Any]:
    """Select the rows that fulfil the conditions."""
    statement = select(table).where(*_conditions(table, shape))
    if order_by:
        column = table.c[order_by.removeprefix("-")]
        statement = statement.order_by(column.desc() if order_by.startswith("-") else column)
    return statement.limit(limit) if limit else statement


@cache
def tally(table: Table, column: str, shape: Shape) -> Select[Any]:
    """Count the rows that fulfil the conditions, by what a column says."""
    counted = table.c[column]
    return select(counted, func.count()).where(*_conditions(table, shape)).group_by(counted)


@cache
def totals(table: Table, by: tuple[str, ...], of: tuple[str, ...], shape: Shape) -> Select[Any]:
    """Count the rows that fulfil the conditions, and add some columns up, by what others say."""
    groups = [table.c[column] for column in by]
    sums = [func.coalesce(func.sum(table.c[column]), 0) for column in of]
    return select(*groups, func.count(), *sums).where(*_conditions(table, shape)).group_by(*groups)


def _conditions(table: Table, shape: Shape) -> list[ColumnElement[bool]]:
    return [_condition(table.c[column], column, how) for column, how in shape]


def _condition(column: ColumnElement[Any], name: str, how: str | int) -> ColumnElement[bool]:
    match how:
        case "is null":
            return column.is_(None)
        case 0:
            return false()
        case int():
            return column.in_([bindparam(f"w_{name}_{place}") for place in range(how)])
        case "above":
            return column > bindparam(f"w_{name}")
        case "at most":
            return column <= bindparam(f"w_{name}")
        case _:
            return column == bindparam(f"w_{name}")


def _kind(value: Any) -> str | int:
    match value:
        case None:
            return "is null"
        case tuple():
            return len(value)
        case Above():
            return "above"
        case AtMost():
            return "at most"
        case _:
            return "is"


def _value(value: Any) -> Any:
    return value.value if isinstance(value, Above | AtMost) else value
