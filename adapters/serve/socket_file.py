"""The Unix socket of a home, and who is at its other end. Used by the server and by the commands that attach.

The kernel takes 107 bytes of path. A home may lie deeper, so both ends go through the folder's descriptor.
"""

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

NAME = "sayso.sock"
_CREDENTIALS = struct.Struct("3i")
"""Process, user and group, as `SO_PEERCRED` gives them."""


@contextlib.contextmanager
def short_path(home: Path) -> Iterator[str]:
    """Yield a path to the socket of a home that is short enough, for the time of a `with`; raises OSError."""
    folder = os.open(home, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{NAME}"
    finally:
        os.close(folder)


@contextlib.contextmanager
def bound(home: Path) -> Iterator[socket.socket]:
    """Yield a socket that only the owner of the home can connect to. The caller owns the home."""
    path = home / NAME
    path.unlink(missing_ok=True)  # of a process that was killed: there can be no other owner
    with short_path(home) as short, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(short)
        try:
            path.chmod(0o600)  # nobody listens yet, so nobody can have connected before
            yield listener
        finally:
            path.unlink(missing_ok=True)


def connect(home: Path, seconds: float) -> socket.socket | None:
    """Return a connection with this time-out; None when nobody listens there."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(seconds)
    try:
        with short_path(home) as short:
            connection.connect(short)
    except OSError:
        connection.close()
        return None
    return connection


def peer_user(connection: socket.socket) -> int:
    """Return the user id of the process at the other end, as the kernel knows it."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    user: int = _CREDENTIALS.unpack(raw)[1]
    return user
