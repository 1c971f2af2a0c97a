"""Owners' YAML: what is taken, with the line of every key, and what is refused, on its exact line."""

from pathlib import Path

import pytest

from adapters import yaml_files
from orchestration.errors import ConfigurationError, Problem


def problems(text: str) -> list[Problem]:
    """Return why a text is refused."""
    with pytest.raises(ConfigurationError) as refused:
        yaml_files.parse(text, "file.yml")
    return refused.value.problems


def problem(text: str) -> tuple[int | None, str, str]:
    """Return (line, key, message) of the only problem of a text."""
    (found,) = problems(text)
    assert found.where == "file.yml"
    return found.line, found.key, found.message


def test_every_key_and_item_has_its_line() -> None:
    """A fault anywhere in the data can be shown where it was written."""
    text = "# comment\na:\n  b: 1\n  c:\n    - x\n    - {d: y,\n       e: z}\n\nf: >\n  long\n  text\ng: 'q'\n"
    data, lines = yaml_files.parse(text, "file.yml")
    assert data == {"a": {"b": 1, "c": ["x", {"d": "y", "e": "z"}]}, "f": "long text\n", "g": "q"}
    assert lines == {
        (): 2,
        ("a",): 2,
        ("a", "b"): 3,
        ("a", "c"): 4,
        ("a", "c", 0): 5,
        ("a", "c", 1): 6,
        ("a", "c", 1, "d"): 6,
        ("a", "c", 1, "e"): 7,
        ("f",): 9,
        ("g",): 12,
    }


@pytest.mark.parametrize(
    ("path", "line"),
    [(("a", "b"), 2), (("a", "missing"), 1), (("a", "b", 0, "x"), 2), (("other",), 1), ((), 1)],
)
def test_a_missing_key_has_the_line_of_what_is_around_it(path: tuple[str | int, ...], line: int) -> None:
    """A key that is not there is shown where it would be."""
    _, lines = yaml_files.parse("a:\n  b: 1\n", "file.yml")
    assert yaml_files.line_of(lines, path) == line


def test_an_empty_file_has_no_lines() -> None:
    """Nothing is read from nothing, and no line is invented."""
    data, lines = yaml_files.parse("# only a comment\n", "file.yml")
    assert (data, lines) == (None, {})
    assert yaml_files.line_of(lines, ("a",)) is None


def test_words_stay_words() -> None:
    """Only `true` and `false` are booleans, only plain decimal numbers are numbers: Norway is not false."""
    text = "on: off\nyes: no\nc: NO\nd: True\ne: 2026-01-01\nf: 12:30\ng: 10.0.0.1\nh: 1.2.3\n1: y\n"
    assert yaml_files.parse(text, "file.yml")[0] == {
        "on": "off",
        "yes": "no",
        "c": "NO",
        "d": "True",
        "e": "2026-01-01",
        "f": "12:30",
        "g": "10.0.0.1",
        "h": "1.2.3",
        "1": "y",
    }


def test_values_are_what_they_look_like() -> None:
    """Booleans, whole numbers, nothing and quoted texts are told apart."""
    text = "a: true\nb: false\nc: -5\nd: 0\ne:\nf: ~\ng: null\nh: '5'\ni: \"true\"\nj: ''\n"
    assert yaml_files.parse(text, "file.yml")[0] == {
        "a": True,
        "b": False,
        "c": -5,
        "d": 0,
        "e": None,
        "f": None,
        "g": None,
        "h": "5",
        "i": "true",
        "j": "",
    }


@pytest.mark.parametrize(
    "number", ["1.0", "1.5", ".5", "1e5", "1E5", "010", "1_000", "0x1F", "0o17", ".inf", "-.nan", "1" * 19]
)
def test_a_number_that_reads_differently_elsewhere_is_refused(number: str) -> None:
    """What is not a plain whole number has no exact form, and programs disagree about it."""
    line, key, message = problem(f"a: 1\nb: [{number}]\n")
    assert (line, key) == (2, "b.0")
    assert (
        message
        == f'«{number}» is not a plain whole number: write one such as 8080, or put a text in quotes, "{number}"'
    )


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "a", "is there twice, first on line 1: take one of them out"),
        ("x:\n  - a: 1\n    'a': 3\n", 3, "x.0.a", "is there twice, first on line 2: take one of them out"),
        (
            "a: 1\nb: !!python/object:os.system x\n",
            2,
            "b",
            "has the tag «tag:yaml.org,2002:python/object:os.system», and",
        ),
        ("a: !secret x\n", 1, "a", "has the tag «!secret», and tags are not taken: write the plain value"),
        ("a: 1\n---\nb: 2\n", 2, "", "a second document begins here: take out the «---»"),
        (
            "? [a]\n: 1\n",
            1,
            "",
            "has a key that is not a text: a slot wants quotes, and so does a text with «{» or «[»",
        ),
        ("a: 1\nb: \x07\n", 2, "", "has a character that cannot be seen (U+0007): take it out"),
        ('a: "x\\0"\n', 1, "a", "has a character that cannot be seen (U+0000): take it out"),
    ],
)
def test_what_has_more_than_one_meaning_is_refused(text: str, line: int, key: str, message: str) -> None:
    """Duplicate keys, tags, further documents and hidden characters are told where they are."""
    found = problem(text)
    assert found[:2] == (line, key)
    assert found[2].startswith(message)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: c: d\n", 2, "a «:» cannot stand here: put the text in quotes, or check the indentation"),
        ("a:\n\tb: 1\n", 2, "a tab is not indentation: use spaces"),
        ("a: 1\nb: [1, 2\nc: 3\nd: 4\n", 2, "the list that begins with «[» here has no end: add «]», or a comma"),
        ("a: 1\nb: {c: 1\nd: 2\n", 2, "the mapping that begins with «{» here has no end: add «}», or a comma"),
        ('a: 1\nb: "x\nc: 3\n', 2, "the quotation mark here has no partner"),
        ("a:\n  - b\n  c: d\n", 3, "this line does not fit the indentation of those before it"),
        ("a: 'b' c\n", 1, "this line does not fit the indentation of those before it"),
        ("a: @x\n", 1, "a text cannot begin with this character: put it in quotes"),
        ('a: "\\d"\n', 1, "a backslash has a meaning in double quotes: use single quotes"),
        ("a: - b\n", 1, "a list that begins with «- » cannot stand behind a key: begin it on the next line"),
        ("a: ]\n", 1, "something is missing or left over here: check the brackets"),
        ("%YAML 3.0\n---\na: 1\n", 1, "is not YAML here: found incompatible YAML document"),
    ],
)
def test_unreadable_yaml_is_told_in_plain_words(text: str, line: int, message: str) -> None:
    """An owner who does not know the parser's terms hears on which line what to do."""
    found = problem(text)
    assert found[:2] == (line, "")
    assert found[2].startswith(message)


def test_an_alias_bomb_is_refused_and_never_expanded() -> None:
    """A few lines cannot become gigabytes: references are told one by one and followed never."""
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 20))
    found = problems(f"l0: &l0 x\n{levels}\n")
    assert (found[0].line, found[0].key) == (1, "l0")
    assert found[0].message == "«&l0» refers to another place of the file: write the value out"
    assert len(found) == 20 + 19 * 9


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 5_000, "- " * 5_000])
def test_nesting_without_end_is_refused(text: str) -> None:
    """A deep file ends in a sentence, not in a crash."""
    line, _, message = problem(text)
    assert line == 1
    assert message == "is nested more than 40 levels deep"


def test_all_problems_come_at_once() -> None:
    """What was seen before the syntax ends is told together with where it ends."""
    found = problems("a: 1\na: 2\nb: 1.5\nc: [1\n")
    assert [one.line for one in found] == [2, 3, 4]


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    """The byte order mark that some editors write is not part of the first key."""
    path = tmp_path / "a.yml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert yaml_files.load(path) == ({"a": 1}, {(): 1, ("a",): 1})


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A missing file is a sentence with its name, and with what the caller advises."""
    with pytest.raises(ConfigurationError) as refused:
        yaml_files.load(tmp_path / "a.yml", "a.yml")
    assert str(refused.value) == "a.yml: there is no such file"
    with pytest.raises(ConfigurationError) as refused:
        yaml_files.read(tmp_path / "a.yml", "a.yml", "make one")
    assert str(refused.value) == "a.yml: there is no such file: make one"


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    """What the system says about a file that cannot be read is passed on."""
    with pytest.raises(ConfigurationError) as refused:
        yaml_files.load(tmp_path, "a.yml")
    assert str(refused.value) == "a.yml: cannot be read: Is a directory"


def test_other_encodings_are_refused_with_their_line(tmp_path: Path) -> None:
    """A file that is not UTF-8 would show other characters than were meant."""
    path = tmp_path / "a.yml"
    path.write_bytes("a: 1\nb: größe\n".encode("latin-1"))
    with pytest.raises(ConfigurationError) as refused:
        yaml_files.load(path, "a.yml")
    assert str(refused.value) == "a.yml:2: is not UTF-8 text: save the file as UTF-8"


def test_the_size_of_a_file_is_bounded(tmp_path: Path) -> None:
    """One byte over 1 MiB is refused without reading on; 1 MiB is taken."""
    path = tmp_path / "a.yml"
    path.write_text("a: 1\n" + "#" * (yaml_files.MAX_BYTES - 5))
    assert yaml_files.load(path, "a.yml")[0] == {"a": 1}
    path.write_text("a: 1\n" + "#" * (yaml_files.MAX_BYTES - 4))
    with pytest.raises(ConfigurationError, match="larger than 1 MiB"):
        yaml_files.load(path, "a.yml")


def test_both_parsers_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where libyaml is missing, the same texts are taken and refused on the same lines."""
    import yaml

    texts = [
        "a: {b: [1, 'x', true], c: }\n",
        "a: 1\na: 1.5\nb: &x y\n",
        "a:\n\tb: 1\n",
        "a: [1\nb: 2\n",
        "a: - b\n",
        "a: @\n",
    ]

    def outcome(text: str) -> object:
        try:
            return yaml_files.parse(text, "f")
        except ConfigurationError as error:
            return str(error)

    usual = [outcome(text) for text in texts]
    monkeypatch.setattr(yaml_files, "_LOADER", yaml.SafeLoader)
    assert [outcome(text) for text in texts] == usual
