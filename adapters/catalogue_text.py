"""Add phrases to the text of a catalogue file, with its comments and its layout kept. Called by `sayso suggest`.

The text is changed, and never written anew from its data: what an owner reads in the difference is what is new.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import unified_diff

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_PLAIN = re.compile(r"[a-z][a-z ]*")
"""A phrase that needs no quotes, wherever it stands; short words that YAML could take for something else do."""
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_NO_TEXTS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))
Insertion = tuple[int, int, str]
"""(first character, character after the last, what is put in their place)."""


def with_phrases(text: str, phrases: Mapping[str, Sequence[str]]) -> str:
    """Return the text of a sound catalogue with more `says`, by operation."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    operations = _value(root, "operations")
    found = [_insertion(text, _value(_value(operations, key), "says"), added) for key, added in phrases.items()]
    for start, end, words in sorted(found, reverse=True):
        text = text[:start] + words + text[end:]
    return text


def difference(old: str, new: str, name: str) -> str:
    """Return what is new as a unified difference, for `patch` and for eyes; empty when nothing is."""
    lines = unified_diff(_LINE.findall(old), _LINE.findall(new), name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _value(node: Node | None, key: str) -> Node:
    assert isinstance(node, MappingNode)
    found: dict[str, Node] = {name.value: value for name, value in node.value}
    return found[key]


def _insertion(text: str, says: Node, phrases: Iterable[str]) -> Insertion:
    if isinstance(says, ScalarNode):
        listed = ", ".join(map(_written, (says.value, *phrases)))
        return says.start_mark.index, says.end_mark.index, f"[{listed}]"
    assert isinstance(says, SequenceNode)
    last = says.value[-1]
    if says.flow_style:
        end = last.end_mark.index
        return end, end, "".join(f", {_written(phrase)}" for phrase in phrases)
    end = text.find("\n", last.end_mark.index - 1)  # a text of several lines ends where the next line begins
    newline = "\r\n" if text[:end].endswith("\r") else "\n"
    indent = " " * says.start_mark.column
    lines = "".join(f"{indent}- {_written(phrase)}{newline}" for phrase in phrases)
    return (end + 1, end + 1, lines) if end >= 0 else (len(text), len(text), f"{newline}{lines}")


def _written(phrase: str) -> str:
    """Return a phrase as it stands in YAML."""
    is_plain = _PLAIN.fullmatch(phrase) and phrase not in _NO_TEXTS
    return phrase if is_plain else json.dumps(phrase, ensure_ascii=False)
