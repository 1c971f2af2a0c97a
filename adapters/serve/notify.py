"""Tell systemd how far `sayso serve` is (`Type=notify`); without systemd this does nothing."""

import contextlib
import os
import socket


def notify(state: str) -> None:
    """Send a state such as `READY=1`; a service manager that does not listen is no reason to fail."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    name = "\0" + address[1:] if address.startswith("@") else address
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.connect(name)
        manager.sendall(state.encode())
