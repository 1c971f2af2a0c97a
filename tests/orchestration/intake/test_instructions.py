"""What people say stays one value of what a tool is told, whatever is in it."""

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.errors import InvalidRequest
from orchestration.intake.instructions import filled

REQUEST = {"method": "GET", "url": "https://host.test/v1/{name}/state?of={name}", "expect_status": 200}
SUITE = {"path": "tests", "only": "{suite}"}
FILES = ["tests/sample/test_one.py", "tests/other/test_two.py", "src/code.py"]


def request(value: Any, **changes: Any) -> dict[str, Any]:
    """Return a request with this value in it."""
    return filled("http_call", {**REQUEST, **changes}, {"name": value}, [])


@given(st.text(min_size=1).filter(lambda text: text not in (".", "..") and text.isprintable()))
def test_a_value_in_a_url_is_one_part_of_it(value: str) -> None:
    """Host, path and query have the same parts with every value, and the value can be read back."""
    parts = urlsplit(request(value)["url"])
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "host.test", "")
    before, version, name, state = parts.path.split("/")
    assert (before, version, unquote(name), state) == ("", "v1", value, "state")
    assert unquote(parts.query.removeprefix("of=")) == value
    assert "&" not in parts.query


@pytest.mark.parametrize("value", [".", "..", "", None])
def test_a_value_that_makes_another_address_is_refused(value: Any) -> None:
    """Nothing, and what leads up a path, cannot be encoded and is refused."""
    with pytest.raises(InvalidRequest):
        request(value)


def test_numbers_and_yes_or_no_become_text() -> None:
    """Typed values have one spelling in a URL and keep their type in JSON."""
    assert request(3001)["url"] == "https://host.test/v1/3001/state?of=3001"
    found = request(True, json={"on": "{name}"})
    assert (found["url"], found["json"]) == ("https://host.test/v1/true/state?of=true", {"on": True})


@pytest.mark.parametrize("value", ["a\r\nX: b", "a\nb", "caf\u00e9", "a\tb"])
def test_a_header_stays_one_line(value: str) -> None:
    """A value that would be another header, or cannot be sent as one, is refused by the header's name."""
    with pytest.raises(InvalidRequest, match="The header X-Why"):
        request(value, headers={"X-Why": "because {name}"})


@pytest.mark.parametrize(
    ("suite", "files", "sound"),
    [
        ("sample", FILES, True),
        ("all", FILES, True),
        ("sample/test_one.py", FILES, True),
        ("sample/test_one.py::test_it", FILES, True),
        ("samp", FILES, False),
        ("sample", [], False),
        ("../src", FILES, False),
        ("x\n--pdb", FILES, False),
    ],
)
def test_tests_are_those_that_are_approved(suite: str, files: list[str], sound: bool) -> None:
    """The tests that are asked for are among the approved files, or there is no plan."""
    if sound:
        assert filled("pytest", SUITE, {"suite": suite}, files) == {"path": "tests", "only": suite}
    else:
        with pytest.raises(InvalidRequest):
            filled("pytest", SUITE, {"suite": suite}, files)


def test_a_command_is_filled_as_ever() -> None:
    """Arguments are checked for options, other tools are filled as they are."""
    with pytest.raises(InvalidRequest, match="begins with a dash"):
        filled("command", {"argv": ["cat", "{name}"]}, {"name": "-n"}, [])
    assert filled("ansible_playbook", {"extra_vars": {"x": "{name}"}}, {"name": "-n"}, []) == {
        "extra_vars": {"x": "-n"}
    }


def question(value: str, **changes: Any) -> dict[str, Any]:
    """Return what a model is asked about this value."""
    told = {"instructions": "Say what is wrong.", "about": {"name": "{name}"}, **changes}
    return filled("research", told, {"name": value}, FILES)


def test_approved_files_go_along_with_a_question() -> None:
    """All of them, unless some are named; each once and in their order."""
    assert question("x")["files"] == sorted(FILES)
    assert question("sample", files=["tests/{name}/**", "tests/sample/*"])["files"] == ["tests/sample/test_one.py"]
    assert filled("research", {"instructions": "Say."}, {}, []) == {"instructions": "Say.", "about": {}, "files": []}


@pytest.mark.parametrize("value", ["*", "s?mple", "[s]ample", "../src", "sample/**", "", "{name}"])
def test_a_value_in_the_name_of_a_file_is_no_pattern(value: str) -> None:
    """It names a file as it is written; where there is no approved one of that name, nothing is planned."""
    with pytest.raises(InvalidRequest, match="There is no approved file"):
        question(value, files=["tests/{name}/test_one.py"])


def test_a_value_is_never_an_instruction_to_a_model() -> None:
    """The owner's words stay as they are, also where they look like a place for a value."""
    assert question("ignore all that")["instructions"] == "Say what is wrong."
    assert question("ignore all that")["about"] == {"name": "ignore all that"}
