"""Settings: where they come from, what wins, and that nothing set is silently ignored."""

import os
from pathlib import Path

import pytest

from adapters.settings import Settings, load_settings
from orchestration.errors import ConfigurationError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with no settings of whoever runs the tests."""
    for name in os.environ:
        if name.startswith("SAYSO_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal() -> str:
    """Return every problem of the settings, a line each."""
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    return str(refused.value)


def test_with_nothing_set_the_example_runs(here: Path) -> None:
    """A newcomer needs no settings: everything is in `.sayso` of the working folder."""
    settings = load_settings()
    assert settings.uses_shipped_example
    assert settings.home == here / ".sayso"
    assert settings.catalogue == here / ".sayso/homelab/catalogue.yml"
    assert settings.policy == here / ".sayso/homelab/policy.yml"
    assert settings.people == here / ".sayso/homelab/people.yml"
    assert settings.workspace == here / ".sayso/homelab/workspace"
    assert (settings.allow_asserted, settings.person, settings.database) == (False, None, None)


def test_another_home_has_its_own_example(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Moving the home moves what lies in it, and is still the example."""
    monkeypatch.setenv("SAYSO_HOME", "elsewhere")
    settings = load_settings()
    assert settings.catalogue == here / "elsewhere/homelab/catalogue.yml"
    assert settings.uses_shipped_example


@pytest.mark.parametrize("name", ["SAYSO_CATALOGUE", "SAYSO_POLICY", "SAYSO_PEOPLE"])
def test_whoever_names_a_file_of_their_own_does_not_run_the_example(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The liberties of the example end with the first file that is the owner's."""
    monkeypatch.setenv(name, "mine.yml")
    assert not load_settings().uses_shipped_example


def test_the_file_is_read_and_its_paths_are_relative_to_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A settings file can be moved together with what it names."""
    (here / "etc").mkdir()
    (here / "etc/sayso.toml").write_text('catalogue = "cat.yml"\nallow_asserted = true\nperson = "ana"\n')
    monkeypatch.setenv("SAYSO_CONFIG", "etc/sayso.toml")
    settings = load_settings()
    assert settings.catalogue == here / "etc/cat.yml"
    assert (settings.allow_asserted, settings.person) == (True, "ana")
    assert settings.home == here / ".sayso"


def test_the_environment_wins_over_the_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set for one run holds for that run; an empty variable is not set."""
    (here / "sayso.toml").write_text('person = "ana"\npolicy = "p.yml"\n')
    monkeypatch.setenv("SAYSO_PERSON", "ben")
    monkeypatch.setenv("SAYSO_POLICY", "")
    settings = load_settings()
    assert settings.person == "ben"
    assert settings.policy == here / "p.yml"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:////srv/sayso.db", "/srv/sayso.db"),
        ("sqlite+aiosqlite:////srv/x", "/srv/x"),
        ("sqlite:///x.db", "x.db"),
    ],
)
def test_the_database_is_a_file(url: str, path: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SQLite address names a file, with the usual number of slashes."""
    monkeypatch.setenv("SAYSO_DATABASE_URL", url)
    assert load_settings().database == here / path


@pytest.mark.parametrize(
    ("listen", "address"),
    [("off", None), ("0.0.0.0:80", ("0.0.0.0", 80)), ("[::1]:8080", ("::1", 8080)), ("web.lan:0", ("web.lan", 0))],
)
def test_where_the_pages_are(listen: str, address: tuple[str, int] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address and a port, IPv6 in brackets, or nowhere."""
    monkeypatch.setenv("SAYSO_HTTP_LISTEN", listen)
    monkeypatch.setenv("SAYSO_PUBLIC_URL", "https://Sayso.example.org:8443/x")
    assert (load_settings().http_address, load_settings().public_host) == (address, "sayso.example.org")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("SAYSO_HOEM", "x", "SAYSO_HOEM: is not a setting. Did you mean «SAYSO_HOME»?"),
        ("SAYSO_ZZZ", "x", "SAYSO_ZZZ: is not a setting. Known: SAYSO_ALLOW_ASSERTED, SAYSO_AUDIT_HEAD, "),
        (
            "SAYSO_BROKER_URL",
            "amqp://guest:hunter2@host",
            "SAYSO_BROKER_URL: is not available in this version, where agents run inside this process: take it out",
        ),
        (
            "SAYSO_GRPC_LISTEN",
            "127.0.0.1:50055",
            "SAYSO_GRPC_LISTEN: is not available in this version, where there is no gRPC: take it out",
        ),
        (
            "SAYSO_HTTP_LISTEN",
            "8080",
            "SAYSO_HTTP_LISTEN: must be an address and a port, such as 127.0.0.1:8080 or [::1]:8080, or off",
        ),
        ("SAYSO_HTTP_LISTEN", "localhost:65536", "SAYSO_HTTP_LISTEN: must be an address and a port"),
        (
            "SAYSO_DATABASE_URL",
            "postgresql://sayso:hunter2@host/x",
            "SAYSO_DATABASE_URL: only SQLite can be used in this version: write sqlite:///PATH, or leave it out",
        ),
        (
            "SAYSO_DATABASE_URL",
            "sqlite:///:memory:",
            "SAYSO_DATABASE_URL: a database in memory would forget every approval: write sqlite:///PATH",
        ),
        ("SAYSO_ALLOW_ASSERTED", "perhaps", "SAYSO_ALLOW_ASSERTED: must be true or false"),
        ("SAYSO_GPU_VRAM_MB", "much", "SAYSO_GPU_VRAM_MB: must be a whole number"),
        ("SAYSO_GPU_VRAM_MB", "-1", "SAYSO_GPU_VRAM_MB: must be 0 or more"),
        ("SAYSO_KEEP_ATTEMPTS_DAYS", "-1", "SAYSO_KEEP_ATTEMPTS_DAYS: must be 0 or more"),
        ("SAYSO_KEEP_ATTEMPTS_DAYS", "9999999999", "SAYSO_KEEP_ATTEMPTS_DAYS: is too large"),
        ("SAYSO_LOCAL_MODEL", "qwen 3", "SAYSO_LOCAL_MODEL: must be the name of a model as its provider writes it"),
        ("SAYSO_EXTERNAL_MODEL", "-x\n", "SAYSO_EXTERNAL_MODEL: must be the name of a model as its provider writes it"),
        ("SAYSO_LOG_LEVEL", "loud", "SAYSO_LOG_LEVEL: must be debug, info, warning or error"),
        (
            "SAYSO_PUBLIC_URL",
            "https://ana:hunter2@host",
            "SAYSO_PUBLIC_URL: must be a web address, such as https://sayso.example.org",
        ),
        (
            "SAYSO_CONFIG",
            "no.toml",
            "no.toml: there is no such file: SAYSO_CONFIG names it; correct it, or take it out",
        ),
    ],
)
def test_a_bad_variable_stops_the_start(name: str, value: str, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that nobody knows, or that does nothing, is told by its name and never by its value."""
    monkeypatch.setenv(name, value)
    told = refusal()
    assert told.startswith(problem)
    assert "\n" not in told
    assert "hunter2" not in told


def test_an_empty_variable_of_a_later_version_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clearing a variable is as good as taking it out."""
    monkeypatch.setenv("SAYSO_BROKER_URL", "")
    assert load_settings().uses_shipped_example


def test_secrets_for_operations_are_not_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """`SAYSO_SECRET_…` may have any name, and its value is nowhere in the settings."""
    monkeypatch.setenv("SAYSO_SECRET_KUMA_ADMIN", "hunter2")
    assert "hunter2" not in repr(load_settings())


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('catalog = "x"', "catalog: is not a setting. Did you mean «catalogue»?"),
        (
            'broker_url = "amqp://u:hunter2@host"',
            "broker_url: is not available in this version, where agents run inside",
        ),
        ("home = 5", "home: must be a path"),
        ('allow_asserted = "perhaps"', "allow_asserted: must be true or false"),
        ("log_level = 4", "log_level: must be debug, info, warning or error"),
        ('database_url = "postgresql://u:hunter2@h/x"', "database_url: only SQLite can be used in this version"),
        ("[server]\nport = 1", "server: is not a setting. Known: allow_asserted, audit_head, catalogue"),
    ],
)
def test_a_bad_key_of_the_file_is_told_with_its_line(line: str, problem: str, here: Path) -> None:
    """The owner finds the line, and no value that could be a password."""
    (here / "sayso.toml").write_text(f'# mine\nperson = "ana"\n\n{line}\n')
    told = refusal()
    assert told.startswith(f"sayso.toml:4: {problem}")
    assert "\n" not in told
    assert "hunter2" not in told


@pytest.mark.parametrize(("text", "line"), [('person = "ana"\nhome = \n', 2), ('a = 1\nperson = """ana\n', 3)])
def test_unreadable_toml_is_told_with_its_line(text: str, line: int, here: Path) -> None:
    """A slip of syntax is found where it is."""
    (here / "sayso.toml").write_text(text)
    assert refusal().startswith(f"sayso.toml:{line}: is not TOML here: ")


def test_all_problems_come_at_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment and file are told together."""
    (here / "sayso.toml").write_text('catalog = "x"\nhome = 5\n')
    monkeypatch.setenv("SAYSO_FOO", "1")
    monkeypatch.setenv("SAYSO_LOG_LEVEL", "loud")
    assert [line.split(": ")[0] for line in refusal().splitlines()] == [
        "SAYSO_FOO",
        "sayso.toml:1",
        "sayso.toml:2",
        "SAYSO_LOG_LEVEL",
    ]


def test_paths_are_absolute_however_they_are_given(here: Path) -> None:
    """Whoever changes the working folder later does not change what is meant."""
    settings = Settings(home=Path("h"), catalogue=Path("~/c.yml"), log_level="INFO")
    assert settings.home == here / "h"
    assert settings.catalogue == Path.home() / "c.yml"
    assert settings.log_level == "info"
