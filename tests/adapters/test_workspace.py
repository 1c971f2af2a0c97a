"""The workspace: what a pattern matches, what is hashed, and that nothing leads out of it."""

import hashlib
import os
from pathlib import Path

import pytest

from adapters.workspace import Workspace
from orchestration.errors import InvalidRequest

TREE = {
    "deploy.yml": "a",
    "portals.yml": "- {name: a, port: 1}\n",
    "roles/kuma/tasks/main.yml": "b",
    "roles/kuma/templates/compose.j2": "c",
    "roles/kuma/templates/.hidden": "d",
    "roles/other/main.yml": "e",
    "roles/kuma/tasks/__pycache__/x.pyc": "no",
    "roles/kuma/tasks/main.yml~": "no",
    "roles/kuma/tasks/.main.yml.swp": "no",
    "roles/kuma/tasks/#main.yml#": "no",
    ".git/config": "no",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a workspace with a few files, beside one that is not in it."""
    folder = tmp_path / "workspace"
    for name, text in TREE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret.yml").write_text("secret")
    return folder


ROLE = ["roles/kuma/tasks/main.yml", "roles/kuma/templates/.hidden", "roles/kuma/templates/compose.j2"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("deploy.yml", ["deploy.yml"]),
        ("./deploy.yml", ["deploy.yml"]),
        ("*.yml", ["deploy.yml", "portals.yml"]),
        ("roles/kuma/**", ROLE),
        ("roles/kuma/**/**", ROLE),
        ("roles/**/main.yml", ["roles/kuma/tasks/main.yml", "roles/other/main.yml"]),
        ("roles/*/main.yml", ["roles/other/main.yml"]),
        ("**/compose.j?", ["roles/kuma/templates/compose.j2"]),
        ("**", ["deploy.yml", "portals.yml", *ROLE, "roles/other/main.yml"]),
    ],
)
def test_a_pattern_matches_files_below(pattern: str, names: list[str], root: Path) -> None:
    """Globs mean what they usually mean; caches and what editors leave behind are no one's files."""
    assert Workspace(root).matches(pattern) == names


async def test_what_is_hashed_is_what_is_in_the_files(root: Path) -> None:
    """The fingerprint is the SHA-256 of each file by its path, sorted, each once."""
    found = await Workspace(root).fingerprint(["roles/kuma/**", "deploy.yml", "roles/kuma/tasks/*"])
    assert list(found) == ["deploy.yml", *ROLE]
    assert found["deploy.yml"] == hashlib.sha256(b"a").hexdigest()


async def test_a_changed_file_has_another_fingerprint(root: Path) -> None:
    """One byte is enough."""
    before = await Workspace(root).fingerprint(["**"])
    (root / "roles/other/main.yml").write_text("f")
    after = await Workspace(root).fingerprint(["**"])
    assert {name for name in after if after[name] != before[name]} == {"roles/other/main.yml"}


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("nothing.yml", "«nothing.yml» matches no file. The workspace is "),
        ("roles/*/nothing", "«roles/*/nothing» matches no file. The workspace is "),
        ("roles/kuma", "«roles/kuma» is a folder: write «roles/kuma/**» for the files in it. The workspace is "),
        ("../outside/secret.yml", "«../outside/secret.yml» must be a path inside the workspace, relative to it"),
        ("roles/../../outside/*", "«roles/../../outside/*» must be a path inside the workspace"),
        ("/etc/passwd", "«/etc/passwd» must be a path inside the workspace"),
        ("", "«» must be a path inside the workspace"),
        ("a\0b", "«a\0b» must be a path inside the workspace"),
    ],
)
async def test_a_pattern_that_finds_nothing_here_is_refused(pattern: str, message: str, root: Path) -> None:
    """A typo, or a way out, is never an empty set of files."""
    with pytest.raises(InvalidRequest) as refused:
        await Workspace(root).fingerprint(["deploy.yml", pattern])
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("pattern", ["link.yml", "*.yml", "**"])
def test_a_link_that_leads_out_is_refused(pattern: str, root: Path) -> None:
    """A file outside cannot come in by a link, however it is named."""
    (root / "link.yml").symlink_to(root.parent / "outside/secret.yml")
    with pytest.raises(InvalidRequest, match=r"«link.yml» is a link that leads out of the workspace"):
        Workspace(root).matches(pattern)


@pytest.mark.parametrize("pattern", ["roles/linked/secret.yml", "roles/*/secret.yml", "roles/**"])
@pytest.mark.parametrize("target", ["../../outside", "kuma", "."])
def test_a_link_to_a_folder_is_refused(pattern: str, target: str, root: Path) -> None:
    """What a tool could read through it would not be in the fingerprint, or without end."""
    (root / "roles/linked").symlink_to(target)
    with pytest.raises(InvalidRequest, match="«roles/linked» is a link to a folder, which nobody can approve"):
        Workspace(root).matches(pattern)


def test_a_link_inside_is_the_file_it_leads_to(root: Path) -> None:
    """Links between files of the workspace are fine; what they lead to is hashed."""
    (root / "link.yml").symlink_to("deploy.yml")
    assert Workspace(root).matches("link.yml") == ["link.yml"]
    (root / "broken.yml").symlink_to("nothing.yml")
    with pytest.raises(InvalidRequest, match=r"«broken.yml» is a link to nothing"):
        Workspace(root).matches("*.yml")


def test_what_is_no_regular_file_is_left_out(root: Path) -> None:
    """A pipe would block whoever reads it."""
    os.mkfifo(root / "pipe.yml")
    assert Workspace(root).matches("*.yml") == ["deploy.yml", "portals.yml"]
    with pytest.raises(InvalidRequest, match="matches no file"):
        Workspace(root).matches("pipe.yml")


def test_a_workspace_may_itself_be_reached_by_a_link(root: Path) -> None:
    """Where the owner keeps the folder is theirs to arrange."""
    (root.parent / "here").symlink_to(root)
    assert Workspace(root.parent / "here").matches("deploy.yml") == ["deploy.yml"]


async def test_data_is_read_from_yaml_and_json(root: Path) -> None:
    """Both come out as plain data."""
    (root / "data.json").write_text('{"a": [1, true, null, "\\ud83d\\ude00"]}')
    workspace = Workspace(root)
    assert await workspace.read_data("portals.yml") == [{"name": "a", "port": 1}]
    assert await workspace.read_data("data.json") == {"a": [1, True, None, "😀"]}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.yml", "a: 1\na: 2\n", "x.yml:2: a: is there twice, first on line 1: take one of them out"),
        ("x.yml", "a: 1.5\n", "x.yml:1: a: «1.5» is not a plain whole number"),
        ("x.json", '{"a": 1, "a": 2}', "x.json: The JSON names a key twice."),
        ("x.json", '{"a": 1.5}', "x.json: The JSON has 1.5, which cannot be written down exactly"),
        ("x.json", '{"a": \n}', "x.json:2: is not JSON here: Expecting value"),
        ("x.json", "[" * 100_000, "x.json: is nested too deeply"),
    ],
)
async def test_data_with_two_meanings_is_refused(name: str, text: str, message: str, root: Path) -> None:
    """What cannot be shown exactly cannot be approved, so it is not read."""
    (root / name).write_text(text)
    with pytest.raises(InvalidRequest) as refused:
        await Workspace(root).read_data(name)
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("path", ["nothing.yml", "roles", "../outside/secret.yml", "roles/nothing/x", "deploy.yml/x"])
async def test_data_is_read_from_files_of_the_workspace_only(path: str, root: Path) -> None:
    """A path that is not one of its files is refused with its name."""
    with pytest.raises(InvalidRequest, match=f"«{path}»"):
        await Workspace(root).read_data(path)


async def test_the_entries_of_a_folder_are_its_plain_names(root: Path) -> None:
    """Files and folders by name, sorted; neither hidden ones, nor links, nor what editors leave behind."""
    (root / "roles" / "notes.txt").write_text("")
    (root / "roles" / "notes.txt~").write_text("")
    (root / "roles" / ".hidden").write_text("")
    (root / "roles" / "linked").symlink_to(root / "roles" / "kuma")
    assert await Workspace(root).entries("roles/") == ["kuma", "notes.txt", "other"]


@pytest.mark.parametrize("path", ["nothing", "deploy.yml", "roles/nothing", "../outside", "/", "linked"])
async def test_entries_are_of_folders_of_the_workspace_only(path: str, root: Path) -> None:
    """What is no folder of the workspace, or a link to one, is refused with its name."""
    (root / "linked").symlink_to(root / "roles")
    with pytest.raises(InvalidRequest, match=f"«{path}»"):
        await Workspace(root).entries(path)
