"""Secrets come from the environment or from files that nobody else can read."""

from pathlib import Path

import pytest

from adapters.tools.secret_source import SecretSource
from orchestration.errors import ConfigurationError, InvalidRequest, Unavailable
from tests.support.attempts import Bench, job


def secret_file(folder: Path, mode: int) -> Path:
    """Write a secret."""
    file = folder / "kuma_admin"
    file.write_text("hunter2\n")
    file.chmod(mode)
    return file


def test_the_environment_comes_first(tmp_path: Path) -> None:
    """A reference is looked up as SAYSO_SECRET_ and its name in capitals, before any file."""
    secret_file(tmp_path, 0o600)
    environment = {"SAYSO_SECRET_KUMA_ADMIN": "from-here"}
    assert SecretSource(tmp_path, environment).resolve("kuma_admin") == "from-here"
    assert SecretSource(tmp_path, {}).resolve("kuma_admin") == "hunter2"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    """A secret that others can read or write is not used, and the refusal says what to run, not the secret."""
    file = secret_file(tmp_path, mode)
    with pytest.raises(ConfigurationError, match=f"chmod 600 {file}") as refusal:
        SecretSource(tmp_path, {}).resolve("kuma_admin")
    assert "hunter2" not in str(refusal.value)


def test_a_missing_secret_says_what_to_do(tmp_path: Path) -> None:
    """A secret that is nowhere names both places where it could be."""
    with pytest.raises(Unavailable, match=r"set SAYSO_SECRET_KUMA_ADMIN, or write it to .*/kuma_admin"):
        SecretSource(tmp_path, {}).resolve("kuma_admin")


def test_a_secret_file_is_not_a_link(tmp_path: Path) -> None:
    """A link could lead to a file of somebody else, and is not followed."""
    secret_file(tmp_path, 0o600)
    (tmp_path / "linked").symlink_to(tmp_path / "kuma_admin")
    with pytest.raises(Unavailable):
        SecretSource(tmp_path, {}).resolve("linked")


@pytest.mark.parametrize("reference", ["../kuma_admin", "a/b", "", "a\0"])
def test_a_reference_is_a_plain_name(tmp_path: Path, reference: str) -> None:
    """A reference cannot name a file elsewhere."""
    with pytest.raises(InvalidRequest):
        SecretSource(tmp_path, {}).resolve(reference)


@pytest.mark.parametrize("content", [b"", b"\n", b"a\0b"])
def test_an_unusable_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    """An empty secret, or one that cannot stand in an environment, is refused."""
    secret_file(tmp_path, 0o600).write_bytes(content)
    with pytest.raises(Unavailable, match="empty or not text"):
        SecretSource(tmp_path, {}).resolve("kuma_admin")


async def test_without_its_secret_nothing_starts(tmp_path: Path) -> None:
    """A job whose secret is not there is refused before anything runs."""
    bench = Bench(tmp_path)
    with pytest.raises(Unavailable):
        await bench.shell("touch made", job(secrets={"ADMIN": "kuma_admin"}))
    assert (await bench.supervised.settle(job())).state == "never_started"
    assert not (bench.workspace / "made").exists()


def test_all_that_must_not_leave_is_known(tmp_path: Path) -> None:
    """What lies in the folder counts whoever may read it, and so do this program's own keys and tokens."""
    secret_file(tmp_path, 0o644)
    (tmp_path / "folder").mkdir()
    environment = {"SAYSO_SECRET_A": "one", "ANTHROPIC_API_KEY": "two", "SLACK_BOT_TOKEN": "three", "HOME": "/root"}
    assert SecretSource(tmp_path, environment).all_known() == ["one", "two", "three", "hunter2\n"]
    assert SecretSource(tmp_path / "none", {}).all_known() == []
