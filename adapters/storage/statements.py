"""Turn the core's record classes and conditions into SQL, each shape built once and then reused.

Building a statement costs several times what running it does, so a statement is cached by its shape (columns
and kinds of condition) and takes its values as parameters. The writer runs the compiled text on the driver's own
connection, which costs a third of going through SQLAlchemy's.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Boolean,
    ClauseElement,
    ColumnElement,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import sqlite

from orchestration.errors import InvariantBroken
from orchestration.ports import Above, AtMost, Where

Shape = tuple[tuple[str, ...], tuple[str | int, ...]]
"""The columns of the conditions, and what is asked of each: a number stands for «one of so many»."""
KINDS: Mapping[type, str] = {type(None): "is null", Above: "above", AtMost: "at most"}
SQLITE = sqlite.dialect(paramstyle="qmark")


def shape_of(where: Where) -> Shape:
    """Return the shape of conditions, in their order."""
    kinds = [len(value) if type(value) is tuple else KINDS.get(type(value), "is") for value in where.values()]
    return tuple(where), tuple(kinds)


def values_of(where: Where) -> list[Any]:
    """Return the values of conditions in the order in which the statements want them."""
    found: list[Any] = []
    for value in where.values():
        kind = type(value)
        if kind is tuple:
            found += value
        elif kind is Above or kind is AtMost:
            found.append(value.value)
        elif value is not None:
            found.append(value)
    return found


class Prepared(NamedTuple):
    """A statement in the words of SQLite. It takes its values by their places."""

    text: str
    tail: tuple[Any, ...]
    """Values of its own, such as its limit; they come last."""


@cache
def insert_new(table: Table) -> str:
    """Insert a row, all its columns in their order, unless its identity is there already."""
    return _prepare(sqlite.insert(table).on_conflict_do_nothing(), tuple(table.c.keys())).text


@cache
def insert_event(table: Table, columns: tuple[str, ...]) -> str:
    """Insert an event by these columns; the database gives it its place."""
    return _prepare(insert(table).values({column: bindparam(column) for column in columns}), columns).text


@cache
def compare_and_set(table: Table, shape: Shape, columns: tuple[str, ...]) -> str:
    """Change these columns of the rows that still fulfil the conditions; new values come first."""
    values: list[tuple[ColumnElement[Any], BindParameter[Any]]] = [
        (table.c[column], bindparam(f"s_{column}")) for column in columns
    ]
    statement = update(table).where(*_conditions(table, shape)).ordered_values(*values)
    return _prepare(statement, tuple(f"s_{column}" for column in columns)).text


@cache
def remove(table: Table, shape: Shape) -> str:
    """Delete the rows that fulfil the conditions."""
    return _prepare(delete(table).where(*_conditions(table, shape)), ()).text


@cache
def find(table: Table, shape: Shape, order_by: str, limit: int) -> Prepared:
    """Select the rows that fulfil the conditions."""
    statement = select(table).where(*_conditions(table, shape))
    if order_by:
        column = table.c[order_by.removeprefix("-")]
        statement = statement.order_by(column.desc() if order_by.startswith("-") else column)
    return _prepare(statement.limit(limit) if limit else statement, ())


@cache
def tally(table: Table, column: str, shape: Shape) -> Prepared:
    """Count the rows that fulfil the conditions, by what a column says."""
    counted = table.c[column]
    return _prepare(select(counted, func.count()).where(*_conditions(table, shape)).group_by(counted), ())


@cache
def totals(table: Table, by: tuple[str, ...], of: tuple[str, ...], shape: Shape) -> Prepared:
    """Count the rows that fulfil the conditions, and add some columns up, by what others say."""
    groups = [table.c[column] for column in by]
    sums = [func.coalesce(func.sum(table.c[column]), literal_column("0")) for column in of]
    return _prepare(select(*groups, func.count(), *sums).where(*_conditions(table, shape)).group_by(*groups), ())


def _prepare(statement: ClauseElement, first: tuple[str, ...]) -> Prepared:
    """Compile a statement that takes these parameters first, then its conditions' values, then its own."""
    compiled = statement.compile(dialect=SQLITE)
    names = tuple(getattr(compiled, "positiontup", None) or ())
    expected = (*first, *(f"w_{place}" for place in range(sum(name.startswith("w_") for name in names))))
    if names[: len(expected)] != expected:
        raise InvariantBroken(f"A statement takes its values in an order of its own: {compiled}")
    return Prepared(str(compiled), tuple(compiled.params[name] for name in names[len(expected) :]))


def _conditions(table: Table, shape: Shape) -> list[ColumnElement[bool]]:
    places = count()
    return [_condition(table.c[column], how, places) for column, how in zip(*shape, strict=True)]


def _condition(column: ColumnElement[Any], how: str | int, places: Iterator[int]) -> ColumnElement[bool]:
    match how:
        case "is null":
            return column.is_(None)
        case 0:
            return literal_column("0", Boolean())  # `false()` would swallow the conditions beside it, not their values
        case int():
            return column.in_([_next(places) for _ in range(how)])
        case "above":
            return column > _next(places)
        case "at most":
            return column <= _next(places)
        case _:
            return column == _next(places)


def _next(places: Iterator[int]) -> BindParameter[Any]:
    return bindparam(f"w_{next(places)}")
