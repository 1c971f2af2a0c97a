"""The small files of a serve, and what it tells systemd."""

import json
import socket
from pathlib import Path

import pytest

from adapters.serve.notify import notify
from adapters.serve.run_file import run_file
from adapters.serve.socket_file import bound, connect, peer_user
from adapters.serve.token_file import metrics_token
from orchestration.errors import ConfigurationError


def test_the_token_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    """The next start reads the same; nobody else can."""
    path = tmp_path / "metrics.token"
    token = metrics_token(path)
    assert len(token) >= 32
    assert metrics_token(path) == token
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("rights", "text", "problem"), [(0o640, "x" * 40, "others can read it"), (0o600, "", "holds")])
def test_a_token_that_is_none_stops_the_start(rights: int, text: str, problem: str, tmp_path: Path) -> None:
    """One that others may have read, or that anybody could guess, does not guard anything."""
    path = tmp_path / "metrics.token"
    path.write_text(text)
    path.chmod(rights)
    with pytest.raises(ConfigurationError, match=problem):
        metrics_token(path)


def test_the_run_file_is_there_while_it_serves(tmp_path: Path) -> None:
    """A stale one, and the draft of one that was killed, are in nobody's way."""
    path = tmp_path / "run.json"
    path.write_text("stale")
    (tmp_path / ".run.json").write_text("draft")
    with run_file(tmp_path, {"pid": 1}):
        assert json.loads(path.read_text()) == {"pid": 1}
        assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == []


def test_the_socket_is_its_owners_and_knows_its_peer(tmp_path: Path) -> None:
    """The kernel says whose process is at the other end; a socket nobody listens at is as good as none."""
    assert connect(tmp_path, 1) is None
    with bound(tmp_path) as listener:
        assert connect(tmp_path, 1) is None
        listener.listen()
        assert (tmp_path / "sayso.sock").stat().st_mode & 0o777 == 0o600
        connection = connect(tmp_path, 1)
        assert connection is not None
        with connection, listener.accept()[0] as accepted:
            assert peer_user(accepted) == (tmp_path / "sayso.sock").stat().st_uid
    assert connect(tmp_path, 1) is None


@pytest.mark.parametrize("is_abstract", [False, True])
def test_systemd_is_told(is_abstract: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a path or at an abstract address; a manager that has gone is no reason to fail."""
    address = f"@sayso-test-{tmp_path.name}" if is_abstract else str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("READY=1")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address.replace("@", "\0"))
        notify("STOPPING=1")
        assert manager.recv(100) == b"STOPPING=1"
