"""A parameter as its owner declares it, and what is wrong with a declaration. Part of the catalogue file."""

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from orchestration.validation import Choice, Fault, Path, Pattern, Strict, Strings

SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")
BUILT_IN_SLOTS = {"workspace"}
"""Slots that every template has: the absolute path of the workspace."""
COMPOUND = {"object", "array"}
"""Types whose values are not one value: never an argument, a header or a part of an address."""
AMOUNTS = {"duration", "size"}
"""Formats of whole numbers too: seconds, and bytes."""
FormatName = Literal["number", "duration", "size", "time", "date", "path", "url", "hostname"]


class DataSource(Strict):
    """Where a parameter is read from at planning; what was read is frozen in the plan and marked on the card."""

    file: str
    key: str = ""
    """Dotted path inside the file; empty for all of it."""


class KnownNames(Strict):
    """Where the names are listed that a parameter takes; looked up each time a plan is made."""

    file: str = ""
    """A YAML or JSON file of the workspace with a list, or with keys."""
    key: str = ""
    """Dotted path inside the file; empty for all of it."""
    field: str = ""
    """The field of each entry that is its name; empty when the entries are names themselves."""
    folder: str = ""
    """A folder of the workspace, instead of a file: the names of what is in it."""


class Parameter(Strict):
    """A typed slot: a subset of JSON Schema, and how people name it."""

    type: Literal["string", "integer", "boolean", "array", "object"]
    format: FormatName | None = None
    """How people write it, stored in one spelling; of an integer, a duration is in seconds and a size in bytes."""
    description: str = ""
    says: Strings = []
    """Words that introduce the value, beside the parameter's own name."""
    ask: str = ""
    """The question when it is missing."""
    enum: list[Choice] | None = Field(min_length=1, default=None)
    synonyms: dict[str, Strings] = {}
    """Other words for values of the enum."""
    one_of: KnownNames | None = None
    """Takes only a name that is listed in the workspace."""
    pattern: Pattern | None = None
    min_length: int | None = Field(alias="minLength", default=None, ge=0)
    max_length: int | None = Field(alias="maxLength", default=None, ge=1)
    minimum: int | None = None
    maximum: int | None = None
    absolute: bool = False
    """Whether a path may also be an absolute one."""
    items: "Parameter | None" = None
    properties: "dict[str, Parameter]" = {}
    required: bool = True
    default: Any = None
    data: DataSource | None = None

    def places(self) -> Iterator[tuple[Path, str]]:
        """Yield (key path, file or folder) of what it reads from the workspace."""
        if self.data is not None:
            yield ("data", "file"), self.data.file
        if self.one_of is not None:
            where = "folder" if self.one_of.folder else "file"
            yield ("one_of", where), getattr(self.one_of, where)

    def is_sayable(self) -> bool:
        """Whether people can say its values in a chat: one value, or a list of such."""
        if self.type == "array":
            return self.items is not None and self.items.type not in COMPOUND
        return self.type != "object"

    def is_asked(self) -> bool:
        """Whether somebody has to say it: nothing else brings a value."""
        return self.required and self.data is None and self.default is None


def parameter_faults(at: Path, name: str, parameter: Parameter) -> Iterator[Fault]:
    """Yield the faults of one parameter's declaration, at the path of its key."""
    if name in BUILT_IN_SLOTS or not SLUG.fullmatch(name):
        yield Fault(at, f"«{name}» cannot be the name of a parameter; use a-z, 0-9 and _")
    if parameter.type == "array" and parameter.items is None:
        yield Fault((*at, "items"), "is missing: say what the array holds")
    if not parameter.is_sayable() and parameter.data is None and parameter.default is None:
        kind = "list of lists or objects" if parameter.type == "array" else "object"
        yield Fault(at, f"nobody can say a whole {kind} in a chat: give it «data:» or «default:»")
    for low, high in (("minimum", "maximum"), ("min_length", "max_length")):
        least, most = getattr(parameter, low), getattr(parameter, high)
        if least is not None and most is not None and least > most:
            yield Fault(at, f"takes no value at all: at least {least} and at most {most}")
    for value in parameter.synonyms:
        if value not in map(str, parameter.enum or []):
            yield Fault((*at, "synonyms", value), f"«{value}» is not a value of the enum")
    yield from _format_faults(at, parameter)
    yield from _names_faults(at, parameter)
    for inner_name, inner in _inner(parameter):
        yield from _format_faults((*at, *inner_name), inner)


def _format_faults(at: Path, parameter: Parameter) -> Iterator[Fault]:
    wanted = "string or integer" if parameter.format in AMOUNTS else "string"
    if parameter.format is not None and parameter.type not in wanted.split(" or "):
        yield Fault((*at, "format"), f"{parameter.format} is of a {wanted}, not of a {parameter.type}")
    if parameter.format is not None and parameter.enum is not None:
        yield Fault((*at, "format"), "does nothing beside an «enum»: take one of them out")
    if parameter.absolute and parameter.format != "path":
        yield Fault((*at, "absolute"), "is of paths: add «format: path», or take it out")


def _names_faults(at: Path, parameter: Parameter) -> Iterator[Fault]:
    known = parameter.one_of
    if known is None:
        return
    if bool(known.file) == bool(known.folder):
        yield Fault((*at, "one_of"), "must name a «file» or a «folder», one of them")
    if known.folder and (known.key or known.field):
        yield Fault((*at, "one_of"), "takes «key» and «field» with a «file» only")
    if parameter.type != "string":
        yield Fault((*at, "one_of"), f"is of a string, not of a {parameter.type}")
    for other in ("enum", "format", "data"):
        if getattr(parameter, other) is not None:
            yield Fault((*at, "one_of"), f"cannot stand beside «{other}»: take one of them out")


def _inner(parameter: Parameter, at: Path = ()) -> Iterator[tuple[Path, Parameter]]:
    """Yield the parameters inside a list or an object, with the path of their keys."""
    named: list[tuple[Path, Parameter]] = [(("properties", name), one) for name, one in parameter.properties.items()]
    if parameter.items is not None:
        named.append((("items",), parameter.items))
    for path, inner in named:
        yield (*at, *path), inner
        yield from _inner(inner, (*at, *path))
