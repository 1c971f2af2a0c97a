"""What this installation is set to: `sayso.toml`, overridden by the environment. Read once, by the wiring.

Nothing set is silently ignored: a name nobody knows, or one that does nothing in this version, stops the start.
Values are never repeated in problems, since some of them hold passwords.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from adapters import yaml_files
from orchestration.errors import ConfigurationError, Problem

PREFIX = "SAYSO_"
FILE = "sayso.toml"
NOT_YET = {
    "broker_url": "agents run inside this process",
    "grpc_listen": "there is no gRPC",
}
"""Settings of later versions, and what this version does instead."""
_WORDS = {
    "bool": "must be true or false",
    "int": "must be a whole number",
    "greater": "must be 0 or more",
    "less": "is too large",
    "path": "must be a path",
    "string": "must be a text",
}
_ADDRESS = re.compile(r"(?P<host>[\w.-]+|\[[0-9a-fA-F:.]+\]):(?P<port>[0-9]{1,5})")
_MODEL = re.compile(r"[A-Za-z0-9][\w.:/-]{0,127}", re.ASCII)
_SQLITE = re.compile(r"sqlite(\+aiosqlite)?:///(?P<path>[^?#]+)")


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _sqlite(url: str) -> str:
    found = _SQLITE.fullmatch(url)
    if not found:
        raise ValueError("only SQLite can be used in this version: write sqlite:///PATH, or leave it out")
    if found["path"] == ":memory:":
        raise ValueError("a database in memory would forget every approval: write sqlite:///PATH, or leave it out")
    return url


def _web_address(url: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@]+(/[^\s@]*)?", url):
        raise ValueError("must be a web address, such as https://sayso.example.org")
    return url.rstrip("/")


def _listen(address: str) -> str:
    found = _ADDRESS.fullmatch(address)
    if address != "off" and not (found and int(found["port"]) < 2**16):
        raise ValueError("must be an address and a port, such as 127.0.0.1:8080 or [::1]:8080, or off")
    return address


def _model(name: str) -> str:
    if not _MODEL.fullmatch(name):
        raise ValueError("must be the name of a model as its provider writes it, such as claude-sonnet-5-5 or qwen3:8b")
    return name


def _lower(level: Any) -> Any:
    return level.lower() if isinstance(level, str) else level


Place = Annotated[Path, AfterValidator(_absolute)]


def _in_example(name: str) -> Any:
    """Return a field that defaults to a file of the example in the home."""
    return Field(default_factory=lambda known: known.get("home", Path()) / "homelab" / name)


class Settings(BaseSettings):
    """One field for each setting; `SAYSO_` before its name in the environment. All paths are absolute."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    home: Place = Field(default_factory=lambda: Path(".sayso").absolute())
    catalogue: Place = _in_example("catalogue.yml")
    policy: Place = _in_example("policy.yml")
    people: Place = _in_example("people.yml")
    workspace: Place = _in_example("workspace")
    allow_asserted: bool = False
    """Whether `--as` somebody else is accepted outside the example."""
    person: str | None = None
    """Who types here, by key of the people file."""
    http_listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:8080"
    """Where `sayso serve` has its pages; `off` for none."""
    public_url: Annotated[str, AfterValidator(_web_address)] | None = None
    audit_head: Place | None = None
    """A file outside the home that seals are written to as well."""
    database_url: Annotated[str, AfterValidator(_sqlite)] | None = None
    external_model: Annotated[str, AfterValidator(_model)] | None = None
    """A model of Anthropic's; naming it is what has requests sent there. How it is reached: `model_settings.py`."""
    local_model: Annotated[str, AfterValidator(_model)] | None = None
    """A model that an Ollama has; naming it is what has requests sent there."""
    gpu_vram_mb: Annotated[int, Field(ge=0)] = 0
    """MB of GPU memory that each agent of this process has; a task that needs more waits for another agent."""
    keep_attempts_days: Annotated[int, Field(ge=0, le=36_500)] | None = None
    """After how many days the folders of ended plans' attempts are removed; None for never."""
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = "warning"

    @property
    def uses_shipped_example(self) -> bool:
        """Whether nobody has named a catalogue, a policy or people, so that the homelab is what runs."""
        return not {"catalogue", "policy", "people"} & self.model_fields_set

    @property
    def database(self) -> Path | None:
        """The SQLite file that `database_url` names; None for the one in the home."""
        found = _SQLITE.fullmatch(self.database_url or "")
        return Path(found["path"]).absolute() if found else None

    @property
    def http_address(self) -> tuple[str, int] | None:
        """The host and the port that `http_listen` names; None for none."""
        found = _ADDRESS.fullmatch(self.http_listen)
        return (found["host"].strip("[]"), int(found["port"])) if found else None

    @property
    def public_host(self) -> str | None:
        """The host that `public_url` names."""
        return urlsplit(self.public_url).hostname if self.public_url else None

    @classmethod
    def settings_customise_sources(cls, *_: Any, **sources: Any) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over what `load_settings` read from the file and hands over as arguments."""
        return sources["env_settings"], sources["init_settings"]


def load_settings() -> Settings:
    """Return the settings of this process, from the environment and the working folder.

    Raises ConfigurationError with every fault: unknown names, values that cannot be taken, an unreadable file.
    """
    file = _SettingsFile(os.environ)
    problems = [*_environment_problems(os.environ), *file.problems]
    try:
        settings = Settings(**file.values)
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems += [_problem(detail, file) for detail in details if detail["type"] != "default_factory_not_called"]
    if problems:
        raise ConfigurationError(problems)
    return settings


class _SettingsFile:
    """`sayso.toml`, or the file that `SAYSO_CONFIG` names: its values, its lines and its problems."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        named = environment.get("SAYSO_CONFIG", "")
        self.path = _absolute(Path(named or FILE))
        self.name = named or FILE
        self.problems: list[Problem] = []
        self._text = self._read() if named or self.path.exists() else ""
        data = self._parse()
        self.problems += [self._unknown(key) for key in data if key not in Settings.model_fields]
        self.values = {key: self._from_here(key, value) for key, value in data.items() if key in Settings.model_fields}

    def problem(self, key: str, message: str) -> Problem:
        """Return a problem with a key of this file."""
        found = re.search(rf"^[ \t]*(\[+[ \t]*)?[\"']?{re.escape(key)}\b", self._text, re.MULTILINE)
        line = self._text.count("\n", 0, found.start()) + 1 if found else None
        return Problem(self.name, line, key, message)

    def _read(self) -> str:
        try:
            return yaml_files.read(self.path, self.name, "SAYSO_CONFIG names it; correct it, or take it out")
        except ConfigurationError as error:
            self.problems += error.problems
            return ""

    def _parse(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            words, _, place = str(error).partition(" (at ")
            line = re.match(r"line (\d+)", place)
            number = int(line[1]) if line else self._text.count("\n") + 1
            self.problems.append(Problem(self.name, number, "", f"is not TOML here: {words[0].lower()}{words[1:]}"))
            return {}

    def _unknown(self, key: str) -> Problem:
        return self.problem(key, _why_unknown(key, sorted(Settings.model_fields)))

    def _from_here(self, key: str, value: Any) -> Any:
        """Return a value with its path made absolute: in a file, paths are relative to that file."""
        is_path = key in {"home", "catalogue", "policy", "people", "workspace", "audit_head"}
        return self.path.parent / Path(value).expanduser() if is_path and isinstance(value, str) else value


def _environment_problems(environment: Mapping[str, str]) -> Iterator[Problem]:
    known = sorted(f"{PREFIX}{name.upper()}" for name in ("config", *Settings.model_fields))
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name in known or name.startswith("SAYSO_SECRET_"):
            continue
        if name.removeprefix(PREFIX).lower() not in NOT_YET or environment[name]:
            yield Problem(name, None, "", _why_unknown(name, known))


def _why_unknown(name: str, known: list[str]) -> str:
    """Return what is wrong with a name that is not one of ours, as a variable or as a key."""
    if instead := NOT_YET.get(name.removeprefix(PREFIX).lower()):
        return f"is not available in this version, where {instead}: take it out"
    close = get_close_matches(name.removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in known], n=1)
    prefix = PREFIX if name.startswith(PREFIX) else ""
    return "is not a setting. " + (f"Did you mean «{prefix}{close[0]}»?" if close else f"Known: {', '.join(known)}.")


def _problem(detail: ErrorDetails, file: _SettingsFile) -> Problem:
    name, kind = str(detail["loc"][0]), detail["type"]
    if kind == "value_error":
        message = str(detail["ctx"]["error"])
    elif kind == "literal_error":
        message = f"must be {detail['ctx']['expected']}".replace("'", "")
    else:
        message = _WORDS.get(kind.partition("_")[0], detail["msg"])
    variable = f"{PREFIX}{name.upper()}"
    return Problem(variable, None, "", message) if os.environ.get(variable) else file.problem(name, message)
