"""`sayso init`: files to start from that are good as they are, and schemas that agree with what is validated."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapters import yaml_files
from adapters.configuration import load_configuration
from adapters.schemas import MODELS, schema, write_starting_files
from adapters.settings import load_settings
from orchestration.errors import InvalidRequest, Unavailable

WRITTEN = {
    "sayso.toml",
    "catalogue.yml",
    "policy.yml",
    "people.yml",
    "cases.yml",
    "schemas/catalogue.schema.json",
    "schemas/policy.schema.json",
    "schemas/people.schema.json",
    "schemas/cases.schema.json",
}


def test_the_files_are_good_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started in the new folder, Sayso takes what `init` wrote, and the one who wrote it is somebody there."""
    folder = tmp_path / "mine"
    written = write_starting_files(folder)
    assert {path.relative_to(folder).as_posix() for path in written} == WRITTEN
    monkeypatch.chdir(folder)
    settings = load_settings()
    assert not settings.uses_shipped_example
    configuration = load_configuration(settings)
    assert set(configuration.catalogue.operations) == {"show_disk_space", "leave_marker", "remove_marker"}
    (person,) = configuration.people.people.values()
    assert {"everyone", "operators"} == set(person.groups)
    assert set(person.groups) & {group for rule in configuration.policy.manage for group in rule.from_}
    assert settings.workspace == folder / "workspace"


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_nothing_is_overwritten(name: str, tmp_path: Path) -> None:
    """When one of the files is there, the others are not written either."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(InvalidRequest) as refused:
        write_starting_files(tmp_path)
    expected = f"{tmp_path} has {name} already. Nothing was written; choose another folder."
    assert str(refused.value) == expected
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file in the way is a sentence, not a traceback."""
    (tmp_path / "x").write_text("")
    with pytest.raises(Unavailable, match="cannot be written to: Not a directory"):
        write_starting_files(tmp_path / "x" / "y")


@pytest.mark.parametrize("name", MODELS)
def test_each_file_names_its_schema(name: str, tmp_path: Path) -> None:
    """An editor finds the schema beside the file, in the first line."""
    write_starting_files(tmp_path)
    first = (tmp_path / f"{name}.yml").read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema=schemas/{name}.schema.json"
    written = (tmp_path / "schemas" / f"{name}.schema.json").read_text()
    assert json.loads(written)["properties"].keys() == json.loads(schema(name))["properties"].keys()


@pytest.mark.parametrize("name", MODELS)
def test_the_keys_of_the_files_are_those_of_the_schema(name: str, tmp_path: Path) -> None:
    """What the files show and what the editor allows is the same."""
    write_starting_files(tmp_path)
    data, _ = yaml_files.load(tmp_path / f"{name}.yml")
    definition = json.loads(schema(name))
    assert set(data) <= set(definition["properties"])
    assert set(definition["required"]) <= set(data)
    assert definition["additionalProperties"] is False


def test_the_schema_speaks_as_the_files_are_written() -> None:
    """Keys have the names of the file, durations are texts, a value may stand for a list, fields are explained."""
    operation = json.loads(schema("catalogue"))["$defs"]["Operation"]
    fields: dict[str, Any] = operation["properties"]
    assert "with" in fields
    assert "with_" not in fields
    assert (fields["estimate"]["type"], fields["estimate"]["default"]) == ("string", "60s")
    assert [one["type"] for one in fields["files"]["anyOf"]] == ["string", "array"]
    assert fields["target"]["description"] == "What is locked and shown as touched; may have slots."
    assert json.loads(schema("policy"))["properties"]["expire_after"]["default"] == "86400s"
