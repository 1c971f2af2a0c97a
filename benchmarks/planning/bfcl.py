"""BFCL's requests and functions, as requests and operations of ours. Used by every part of this benchmark.

The data is that of the package `bfcl-eval`, read where it is installed and never copied. One line of it is a request,
the functions on offer and, but for the categories of irrelevance, the calls that are right.

What a function's document has and an operation has not:

- `float` becomes a text of the format `number`, `array` and `tuple` a list, `any` a free text. What nobody says in a
  chat (a `dict`, a list of lists or objects) becomes a text that takes nothing that is said, so that it is asked.
- `default` is left out: what nobody says is left out of the call, as BFCL takes it.
- Of an `enum`, only texts and whole numbers are kept; inner `properties` and `format` are left out.
- A text for which the document sets down a layout gets the format `date`, or a `pattern` for «City, State».
- Names are written as ours are: «ChaDri.change_drink» is `cha_dri_change_drink`, «drinkId» is `drink_id`.
- An operation has no phrases: `says` repeats the name. It counts as reading only and of low risk, of which BFCL says
  nothing.

Of a request, the last thing that the user says is read, without the quotes that some stand in as a whole; what a
system message sets is left out.
"""

import importlib.util
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from orchestration.intake.catalogue import Catalogue, load_catalogue

IN_SCOPE = ("multiple", "live_multiple", "parallel_multiple", "simple_python", "live_simple")
OUT_OF_SCOPE = ("irrelevance", "live_irrelevance")
PREFIX = "BFCL_v4_"
NOTHING = "[^\\s\\S]"
"""A pattern that no text has."""
_TYPES: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "float": {"type": "string", "format": "number"},
    "dict": {"type": "string", "pattern": NOTHING},
}
_LISTS = ("array", "tuple")
DATE_LAYOUT = re.compile(r"\b(?:yyyy[-/]mm[-/]dd|mm[-/]dd[-/]yyyy|dd[-/]mm[-/]yyyy)\b(?![T ]HH)", re.IGNORECASE)
_PLACE_LAYOUT = re.compile(
    r"(?:format|form|as|like)(?: of)?[ :]*['\"(]?(?:the )?city(?: name)?, ?(?:state|country)", re.IGNORECASE
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^a-z0-9]+")
_LONGEST = 60
_RESERVED = frozenset({"workspace"})


@dataclass(frozen=True)
class Function:
    """A function on offer."""

    document: dict[str, Any]
    """As BFCL has it: `name`, `description`, `parameters`."""

    @property
    def name(self) -> str:
        """The name that BFCL expects in a call."""
        return str(self.document["name"])

    @cached_property
    def key(self) -> str:
        """The key of its operation."""
        return slug(self.name)

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The name that BFCL expects, by the name of the operation's parameter."""
        return {slug(name): name for name in self.document["parameters"].get("properties", {})}

    def schema(self, parameter: str) -> dict[str, Any]:
        """Return what the document says of a parameter, by its name with us."""
        return dict(self.document["parameters"]["properties"][self.parameters[parameter]])

    def operation(self) -> dict[str, Any]:
        """Return the operation as a catalogue file has it."""
        words = self.key.replace("_", " ")
        required = self.document["parameters"].get("required", [])
        return {
            "title": words.capitalize(),
            "description": self.document.get("description", ""),
            "says": [words],
            "work_type": "function",
            "agent": "code",
            "effect": "read_only",
            "risk": "low",
            "parameters": {
                ours: _parameter(self.schema(ours)) | {"required": theirs in required}
                for ours, theirs in self.parameters.items()
            },
            "tool": "command",
            "with": {"argv": ["true"]},
        }


@dataclass(frozen=True)
class Item:
    """One request with the functions on offer."""

    id: str
    category: str
    text: str
    functions: tuple[Function, ...]
    calls: tuple[dict[str, dict[str, list[Any]]], ...] = ()
    """The right calls: for each, the function's name, and for each parameter the values that are right."""

    @property
    def wanted(self) -> tuple[str, ...]:
        """The keys of the operations that are right, one for each call."""
        return tuple(slug(name) for call in self.calls for name in call)

    @property
    def catalogue(self) -> Catalogue:
        """The functions on offer, as a catalogue; raises InvalidData when there are none."""
        return catalogue_of(self.functions)


def slug(name: str) -> str:
    """Return a name as keys and parameters are written here."""
    words = _OTHER.sub("_", _HUMP.sub("_", name).lower()).strip("_")[:_LONGEST].rstrip("_")
    return words if words[:1].isalpha() and words not in _RESERVED else f"p_{words}"


def catalogue_of(functions: Iterable[Function]) -> Catalogue:
    """Return functions as one catalogue; of two with the same name, the first."""
    known: dict[str, Function] = {}
    for function in functions:
        known.setdefault(function.key, function)
    return load_catalogue({"version": 1, "operations": {key: one.operation() for key, one in known.items()}})


def find_data(given: Path | None = None) -> Path:
    """Return the folder of the data: the one given, else that of the installed package. Exits with what to do."""
    found = importlib.util.find_spec("bfcl_eval") if given is None else None
    folder = given or (Path(found.origin).parent / "data" if found and found.origin else None)
    if folder is None or not (folder / f"{PREFIX}multiple.json").is_file():
        raise SystemExit("BFCL's data is not here. Install the package bfcl-eval beside Sayso, or name its folder "
                         "of data with --data.")  # fmt: skip
    return folder


def load(data: Path, category: str) -> list[Item]:
    """Return the items of a category that offer any function, in their order."""
    answers = data / "possible_answer" / f"{PREFIX}{category}.json"
    calls = {line["id"]: tuple(line["ground_truth"]) for line in _lines(answers)} if answers.is_file() else {}
    read = (_item(category, line, calls) for line in _lines(data / f"{PREFIX}{category}.json"))
    return [item for item in read if item.functions]


def _item(category: str, line: Mapping[str, Any], calls: Mapping[str, tuple[Any, ...]]) -> Item:
    said = [message["content"] for turn in line["question"] for message in turn if message["role"] == "user"]
    functions = tuple(map(Function, line["function"]))
    return Item(line["id"], category, _unquoted(said[-1]), functions, calls.get(line["id"], ()))


def _unquoted(text: str) -> str:
    """Return a request without the quotes that it stands in as a whole."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1] else text


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _parameter(schema: Mapping[str, Any]) -> dict[str, Any]:
    return _type(schema) | {"description": schema.get("description", "")}


def _type(schema: Mapping[str, Any]) -> dict[str, Any]:
    kind, description = str(schema["type"]), str(schema.get("description", ""))
    if kind == "string" and "enum" not in schema and DATE_LAYOUT.search(description):
        return {"type": "string", "format": "date"}
    if kind == "string" and "enum" not in schema and _PLACE_LAYOUT.search(description):
        return {"type": "string", "pattern": "[^,]+, [^,]+.*"}
    inner = schema.get("items", {})
    if kind in _LISTS:
        is_simple = inner.get("type") not in (*_LISTS, "dict", None)
        return {"type": "array", "items": _type(inner)} if is_simple else dict(_TYPES["dict"])
    declared: dict[str, Any] = dict(_TYPES.get(kind, {"type": "string"}))
    enum = [value for value in schema.get("enum", ()) if isinstance(value, str | int) and not isinstance(value, bool)]
    if enum := [value for value in enum if value != "" and isinstance(value, int) == (declared["type"] == "integer")]:
        declared = {"type": declared["type"], "enum": list(dict.fromkeys(enum))}
    for bound in ("minimum", "maximum"):
        if declared["type"] == "integer" and isinstance(schema.get(bound), int):
            declared[bound] = schema[bound]
    return declared
