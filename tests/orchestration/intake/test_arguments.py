"""Values of a command stay values."""

import pytest

from orchestration.errors import InvalidRequest
from orchestration.intake.arguments import check_arguments


@pytest.mark.parametrize("value", ["-rf", "--upload-pack=touch x", "-", -5])
def test_a_value_cannot_become_an_option(value: object) -> None:
    """A value in a place of its own may not begin with a dash, and the refusal names the value and its parameter."""
    with pytest.raises(InvalidRequest, match=r"begins with a dash, so git would take .* value of name"):
        check_arguments(["git", "clone", "{name}"], {"name": value})


def test_an_argument_that_begins_with_a_value_cannot_become_an_option() -> None:
    """A slot at the beginning of an argument is as dangerous as one that is all of it."""
    with pytest.raises(InvalidRequest, match="begins with a dash"):
        check_arguments(["cat", "{name}.txt"], {"name": "-n"})


@pytest.mark.parametrize(
    ("template", "value"),
    [
        (["git", "clone", "--", "{name}"], "-rf"),
        (["tool", "--name={name}"], "-rf"),
        (["tool", "{name}"], "; rm -rf /"),
        (["tool", "-v", "{name}"], 5),
        (["tool", "./{name}"], "-x"),
    ],
)
def test_what_cannot_be_an_option_is_taken(template: list[str], value: object) -> None:
    """Behind `--`, inside a longer argument, or without a dash, any value is just a value."""
    assert check_arguments(template, {"name": value}) is None  # type: ignore[func-returns-value]


def test_a_double_dash_only_helps_what_follows_it() -> None:
    """A value before the literal `--` is still refused; a value that is `--` itself is no literal."""
    with pytest.raises(InvalidRequest):
        check_arguments(["git", "{name}", "--", "x"], {"name": "-rf"})
    with pytest.raises(InvalidRequest):
        check_arguments(["git", "{first}", "{name}"], {"first": "--", "name": "-rf"})


def test_a_nul_is_refused() -> None:
    """A program would see the value end at a NUL character."""
    with pytest.raises(InvalidRequest, match="NUL"):
        check_arguments(["tool", "--name={name}"], {"name": "a\0b"})
