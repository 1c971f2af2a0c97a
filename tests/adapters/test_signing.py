"""The key of the seals: made once, its owner's alone, and never taken on trust."""

import os
import stat
from pathlib import Path

import pytest

from adapters.signing import FileSigner
from orchestration.errors import ConfigurationError


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """The first use makes a key that nobody else can read, in a folder of its own; later uses read the same."""
    path = tmp_path / "keys" / "seal.key"
    first = FileSigner(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    before = path.read_bytes()
    assert FileSigner(path).public_key == first.public_key
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["seal.key"]


def test_the_umask_does_not_open_it(tmp_path: Path) -> None:
    """Whatever rights new files get otherwise, the key gets none for others."""
    before = os.umask(0)
    try:
        FileSigner(tmp_path / "seal.key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "seal.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o666, 0o602, 0o601])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    """A key with any right for group or others is not used; the error says what to run and what to look at."""
    FileSigner(tmp_path / "seal.key")
    (tmp_path / "seal.key").chmod(mode)
    with pytest.raises(ConfigurationError, match=r"others can read.*chmod 600 seal\.key and look who had access"):
        FileSigner(tmp_path / "seal.key")
    (tmp_path / "seal.key").chmod(0o600)
    assert FileSigner(tmp_path / "seal.key").public_key


@pytest.mark.parametrize("content", ["", "not hex", "ab" * 31, "ab" * 33, "ab" * 31 + "a"])
def test_what_is_no_key_is_refused(tmp_path: Path, content: str) -> None:
    """A file that is empty, cut or something else is told as such and not replaced."""
    (tmp_path / "seal.key").write_text(content)
    (tmp_path / "seal.key").chmod(0o600)
    with pytest.raises(ConfigurationError, match=r"seal\.key: is not a key; restore it"):
        FileSigner(tmp_path / "seal.key")
    assert (tmp_path / "seal.key").read_text() == content


def test_looking_makes_no_key(tmp_path: Path) -> None:
    """Whoever only verifies is told that the key is missing and leaves nothing behind."""
    with pytest.raises(ConfigurationError, match=r"is missing, so seals cannot be verified; restore it"):
        FileSigner(tmp_path / "seal.key", make=False)
    assert list(tmp_path.iterdir()) == []


def test_a_signature_belongs_to_key_and_message(tmp_path: Path) -> None:
    """A signature holds for this home's key, this message and no change of either."""
    ours, theirs = FileSigner(tmp_path / "ours.key"), FileSigner(tmp_path / "theirs.key")
    signature = ours.sign(b"message")
    assert ours.verify(ours.public_key, signature, b"message")
    assert not ours.verify(ours.public_key, signature, b"massage")
    assert not ours.verify(theirs.public_key, theirs.sign(b"message"), b"message")
    assert not ours.verify(ours.public_key, theirs.sign(b"message"), b"message")
    assert not ours.verify(theirs.public_key, signature, b"message")


@pytest.mark.parametrize("nonsense", ["", "zz", "00", "0" * 128, "ä"])
def test_nonsense_is_no_signature(tmp_path: Path, nonsense: str) -> None:
    """A text that is no signature does not hold, and raises nothing."""
    signer = FileSigner(tmp_path / "seal.key")
    assert not signer.verify(signer.public_key, nonsense, b"message")
    assert not signer.verify(nonsense, signer.sign(b"message"), b"message")
