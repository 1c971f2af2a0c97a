"""Read YAML as an owner means it, with the line of every key. Called for the three files and for data they name.

A strict subset, so that a file has one meaning: keys are texts, only `true` and `false` are booleans, numbers are
whole, and there are no anchors, tags or second documents. Everything else is refused with its line.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from orchestration.errors import ConfigurationError, Problem
from orchestration.validation import Path as KeyPath

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 40
"""Levels of nesting; more is a mistake or an attack."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_NUMBER_LIKE = re.compile(
    r"[-+]?(\.?[0-9][0-9_]*(\.[0-9_]*)?(e[-+]?[0-9]+)?|0[xob][0-9a-f_]+|\.(inf|nan))", re.IGNORECASE
)
_UNSEEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CONSTANTS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}
_INDENTATION = "this line does not fit the indentation of those before it"
_SYNTAX = {
    "values are not allowed": "a «:» cannot stand here: put the text in quotes, or check the indentation",
    "entries are not allowed": "a list that begins with «- » cannot stand behind a key: begin it on the next line",
    "expected ',' or ']'": "the list that begins with «[» here has no end: add «]», or a comma between its values",
    "expected ',' or '}'": "the mapping that begins with «{» here has no end: add «}», or a comma between its values",
    "expected ':'": "a key is without its «:»",
    "unexpected end of stream": "the quotation mark here has no partner",
    "expected key": _INDENTATION,
    "expected <block end>": _INDENTATION,
    "expected '-' indicator": _INDENTATION,
    "cannot start any token": "a text cannot begin with this character: put it in quotes",
    "unknown escape character": "a backslash has a meaning in double quotes: use single quotes",
    "node content": "something is missing or left over here: check the brackets",
}
"""What the parser says (its two implementations use different words), and what an owner should hear."""
_AT_ITS_BEGINNING = ("expected ',' or", "unexpected end of stream")
"""Mistakes that are noticed long after the line they are made in."""


def load(path: Path, where: str = "") -> tuple[Any, dict[KeyPath, int]]:
    """Return (data, 1-based line by key path) of a file; raises ConfigurationError with every problem.

    `where` is how the file is called in problems; its path when empty.
    """
    name = where or str(path)
    return parse(read(path, name), name)


def read(path: Path, where: str, advice: str = "") -> str:
    """Return the text of a file: UTF-8, at most 1 MiB; raises ConfigurationError.

    `advice` says what to do when there is no such file.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _refused(where, None, f"there is no such file{advice and f': {advice}'}") from None
    except OSError as error:
        raise _refused(where, None, f"cannot be read: {error.strerror or error}") from None
    if len(content) > MAX_BYTES:
        raise _refused(where, None, "is larger than 1 MiB; split it, or take out what does not belong in it")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(where, line, "is not UTF-8 text: save the file as UTF-8") from None


def parse(text: str, where: str) -> tuple[Any, dict[KeyPath, int]]:
    """Return (data, 1-based line by key path) of a text; raises ConfigurationError with every problem."""
    if found := _UNSEEN.search(text):
        raise _refused(where, text.count("\n", 0, found.start()) + 1, _unseen_words(found[0]))
    reader = _Reader(where, yaml.parse(text, Loader=_LOADER))
    try:
        data = reader.document()
    except yaml.MarkedYAMLError as error:
        reader.problems.append(_syntax_problem(where, text, error))
    if reader.problems:
        raise ConfigurationError(reader.problems)
    return data, reader.lines


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """Return the line of a key, or of the nearest thing around it: a missing key has no line of its own."""
    for length in range(len(path), -1, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


class _Reader:
    """Builds plain data from parser events, and notes the lines and everything it does not take."""

    def __init__(self, where: str, events: Iterator[Event]) -> None:
        self._where = where
        self._events = events
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []

    def document(self) -> Any:
        """Return the data of the only document; None when there is none."""
        data, documents = None, 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self._note((), event, "a second document begins here: take out the «---»")
            elif isinstance(event, NodeEvent):
                data = self._node(event, ())
        return data

    def _node(self, event: Event, path: KeyPath) -> Any:
        self.lines.setdefault(path, _line(event))
        self._check_marks(event, path)
        if len(path) > MAX_DEPTH:
            self._note(path[:3], event, f"is nested more than {MAX_DEPTH} levels deep")
            raise ConfigurationError(self.problems)
        match event:
            case ScalarEvent():
                return self._scalar(event, path)
            case SequenceStartEvent():
                return self._sequence(path)
            case MappingStartEvent():
                return self._mapping(path)
        return None

    def _sequence(self, path: KeyPath) -> list[Any]:
        result: list[Any] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            result.append(self._node(event, (*path, len(result))))
        return result

    def _mapping(self, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._key(event, path)
            if key in result:
                first = self.lines[(*path, key)]
                self._note((*path, key), event, f"is there twice, first on line {first}: take one of them out")
            self.lines.setdefault((*path, key), _line(event))
            result[key] = self._node(next(self._events), (*path, key))
        return result

    def _key(self, event: Event, path: KeyPath) -> str:
        """Return a key as it is written: `on`, `1` and `null` are names here, and nothing else."""
        self._check_marks(event, path)
        if isinstance(event, ScalarEvent):
            return str(event.value)
        self._note(path, event, "has a key that is not a text: a slot wants quotes, and so does a text with «{» or «[»")
        return str(self._node(event, (*path, "?")))

    def _scalar(self, event: ScalarEvent, path: KeyPath) -> Any:
        text: str = event.value
        if found := _UNSEEN.search(text):
            self._note(path, event, _unseen_words(found[0]))
        if event.style:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _WHOLE.fullmatch(text):
            return int(text)
        if _NUMBER_LIKE.fullmatch(text):
            advice = f'write one such as 8080, or put a text in quotes, "{text}"'
            self._note(path, event, f"«{text}» is not a plain whole number: {advice}")
        return text

    def _check_marks(self, event: Event, path: KeyPath) -> None:
        if (anchor := getattr(event, "anchor", None)) is not None:
            sign = "*" if isinstance(event, AliasEvent) else "&"
            self._note(path, event, f"«{sign}{anchor}» refers to another place of the file: write the value out")
        if (tag := getattr(event, "tag", None)) is not None:
            self._note(path, event, f"has the tag «{tag}», and tags are not taken: write the plain value")

    def _note(self, path: KeyPath, event: Event, message: str) -> None:
        self.problems.append(Problem(self._where, _line(event), dotted(path), message))


def dotted(path: KeyPath) -> str:
    """Return how a key path is written in a problem: `operations.echo.with.argv.0`."""
    return ".".join(map(str, path))


def _line(event: Event) -> int:
    assert event.start_mark is not None
    return event.start_mark.line + 1


def _unseen_words(character: str) -> str:
    return f"has a character that cannot be seen (U+{ord(character):04X}): take it out"


def _syntax_problem(where: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    said = error.problem or ""
    words = next((plain for sign, plain in _SYNTAX.items() if sign in said), f"is not YAML here: {said}")
    mark = error.context_mark if any(sign in said for sign in _AT_ITS_BEGINNING) else error.problem_mark
    if mark is None:
        return Problem(where, None, "", words)
    if _tab_at(text, mark.line, mark.column):
        words = "a tab is not indentation: use spaces"
    return Problem(where, mark.line + 1, "", words)


def _tab_at(text: str, line: int, column: int) -> bool:
    lines = text.split("\n")
    return line < len(lines) and lines[line][column : column + 1] == "\t"


def _refused(where: str, line: int | None, message: str) -> ConfigurationError:
    return ConfigurationError([Problem(where, line, "", message)])
