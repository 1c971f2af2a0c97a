"""Phrases added to a catalogue as it is written: only what is new is another."""

from typing import Any

import pytest

from adapters import yaml_files
from adapters.catalogue_text import difference, with_phrases

NEW = {"a": ["bring {it} up", "light up the wall"]}


def says(text: str) -> Any:
    """Return the phrases of the operation `a`."""
    return yaml_files.parse(text, "c.yml")[0]["operations"]["a"]["says"]


@pytest.mark.parametrize(
    "text",
    [
        "operations:\n  a:\n    says: [x, 'y, z']  # mine\n    risk: low\n",
        "operations:\n  a:\n    says: [x,\n      'y, z',  # mine\n    ]\n",
        "operations: {a: {says: [x, 'y, z'], risk: low}}",
        "operations:\n  a:\n    says:\n      - x\n      - y, z  # mine\n      # more to come\n    risk: low\n",
        "operations:\n  a:\n    says:\n    - x\n    - y, z",
        "operations:\r\n  a:\r\n    says:\r\n      - x\r\n      - y, z  # mine\r\n    risk: low\r\n",
        "operations:\n  a:\n    says:\n      - x\n      - >-\n        y,\n        z\n    # and more\n    risk: low\n",
        "# «ä»\noperations:\n  'a':\n    says:\n      - x\n      - 'y, z'\n  b:\n    says: [x]\n",
    ],
)
def test_phrases_are_added_however_the_list_is_written(text: str) -> None:
    """Lists in brackets or by lines, with comments, quotes and either end of line; nothing is taken out."""
    new = with_phrases(text, NEW)
    assert says(new) == ["x", "y, z", *NEW["a"]]
    assert new.count("\r") == (new.count("\n") if "\r" in text else 0)
    left = iter(new)
    assert all(character in left for character in text)


def test_a_single_phrase_becomes_a_list() -> None:
    """Where one text stood, a list stands, with the comment behind it."""
    new = with_phrases("operations:\n  a:\n    says: x, y  # mine\n", NEW)
    assert new == 'operations:\n  a:\n    says: ["x, y", "bring {it} up", light up the wall]  # mine\n'


@pytest.mark.parametrize("phrase", ["on", "null", "don't stop", "route 66", "a: b", "# a", "{x} up", "überall"])
def test_what_yaml_could_take_for_something_else_is_quoted(phrase: str) -> None:
    """A phrase is a text, whatever it looks like."""
    assert says(with_phrases("operations:\n  a:\n    says: [x]\n", {"a": [phrase]})) == ["x", phrase]


def test_the_difference_has_only_what_is_new() -> None:
    """A few lines around it, the name of the file, and the end of a file that has no end of line."""
    old = "operations:\n  a:\n    says:\n    - x"
    assert difference(old, with_phrases(old, {"a": ["y"]}), "my/c.yml").splitlines() == [
        "--- my/c.yml",
        "+++ my/c.yml",
        "@@ -1,4 +1,5 @@",
        " operations:",
        "   a:",
        "     says:",
        "-    - x",
        "\\ No newline at end of file",
        "+    - x",
        '+    - "y"',
    ]
    assert difference(old, old, "c.yml") == ""
