"""Files for an owner to start from, with schemas for the editor. Called by `sayso init`.

The schemas are made from the models that validate the files, so that an editor and `sayso check` agree.
"""

import ast
import inspect
import json
import os
import pwd
import re
from datetime import timedelta
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from orchestration.cases.case import Cases
from orchestration.errors import InvalidRequest, Unavailable
from orchestration.intake.catalogue import Catalogue
from orchestration.people import People
from orchestration.policy import Policy
from orchestration.validation import Strict

MODELS: dict[str, type[Strict]] = {"catalogue": Catalogue, "policy": Policy, "people": People, "cases": Cases}


def write_starting_files(folder: Path) -> list[Path]:
    """Write four small valid files, their schemas, a `sayso.toml` that names them, and a workspace.

    Returns what was written. Raises InvalidRequest when one of the files is there already; then nothing is written.
    """
    texts = {folder / name: text for name, text in _texts().items()}
    if there := [str(path.relative_to(folder)) for path in texts if os.path.lexists(path)]:
        raise InvalidRequest(f"{folder} has {', '.join(there)} already. Nothing was written; choose another folder.")
    try:
        (folder / "workspace").mkdir(parents=True, exist_ok=True)
        (folder / "schemas").mkdir(exist_ok=True)
        for path, text in texts.items():
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be written to: {error.strerror or error}.") from None
    return list(texts)


def schema(name: str) -> str:
    """Return the JSON Schema of one of the files, with what the models say about their fields."""
    result = MODELS[name].model_json_schema(by_alias=True, schema_generator=_Generator)
    models = {model.__name__: model for model in Strict.__subclasses__()}
    for title, part in [(MODELS[name].__name__, result), *result["$defs"].items()]:
        for key, words in _explanations(models[title]).items():
            part["properties"][key]["description"] = words
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"


class _Generator(GenerateJsonSchema):
    """Writes the default of a duration as its owner would."""

    def encode_default(self, dflt: Any) -> Any:
        """Return a default as it would stand in the file."""
        return f"{int(dflt.total_seconds())}s" if isinstance(dflt, timedelta) else super().encode_default(dflt)


def _explanations(model: type[Strict]) -> dict[str, str]:
    """Return the docstrings under a model's fields, by key of the file."""
    (definition,) = ast.parse(inspect.getsource(model)).body
    assert isinstance(definition, ast.ClassDef)
    result = {}
    for field, words in pairwise(definition.body):
        match field, words:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                result[model.model_fields[name].alias or name] = " ".join(text.split())
    return result


def _texts() -> dict[str, str]:
    """Return what to write, by path relative to the folder."""
    result = {"sayso.toml": _starting("settings.toml")}
    for name in MODELS:
        result[f"{name}.yml"] = (
            f"# yaml-language-server: $schema=schemas/{name}.schema.json\n{_starting(f'{name}.yml')}"
        )
        result[f"schemas/{name}.schema.json"] = schema(name)
    return result


def _starting(name: str) -> str:
    text = (files("adapters") / "starting" / name).read_text(encoding="utf-8")
    user = _system_user()
    return text.replace("@USER@", user).replace("@KEY@", _person_key(user))


def _system_user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return "owner"


def _person_key(user: str) -> str:
    """Return a key for the people file that is as near to the user's name as it can be."""
    key = re.sub(r"[^a-z0-9_.-]+", "-", user.lower()).strip("-._")
    return key if key and key != "policy" else "owner"
