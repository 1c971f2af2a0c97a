"""How variables are written: typed, quoted, and tagged so that nothing in them is ever evaluated."""

from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from adapters.tools.ansible_variables import document, write_variables

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


class Untagging(yaml.SafeLoader):
    """Reads the document as plain YAML."""


def untagged(loader: yaml.SafeLoader, node: yaml.Node) -> dict[Any, Any]:
    """Return a tagged mapping as a plain one."""
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


Untagging.add_constructor("!unsafe", untagged)


def read(text: str) -> Any:
    """Return what a YAML reader finds."""
    return yaml.load(text, Loader=Untagging)


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_every_value_comes_back_as_it_was(variables: dict[str, Any]) -> None:
    """Whatever the strings hold, they come back the same, and of the same type."""
    assert read(document(variables)) == variables


@given(st.dictionaries(TEXT, VALUES, min_size=1, max_size=4))
def test_the_tag_is_on_the_whole_and_nothing_below_takes_it_off(variables: dict[str, Any]) -> None:
    """There is one document, one tag, and it is the first thing in it."""
    tokens = [token for token in yaml.scan(document(variables)) if isinstance(token, yaml.TagToken)]
    assert [token.value for token in tokens] == [("!", "unsafe")]
    assert isinstance(yaml.compose(document(variables)), yaml.MappingNode)


def test_the_file_is_ours_alone(tmp_path: Path) -> None:
    """Nobody else can read the variables."""
    write_variables(tmp_path / "variables.yml", {"digits": "3001", "three": 3, "same": ["a"]})
    assert (tmp_path / "variables.yml").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "variables.yml").read_text() == ('--- !unsafe\n"digits": "3001"\n"three": 3\n"same":\n- "a"\n')
