"""Four tests that pass: about addresses, as a homelab has them."""

import ipaddress

import pytest

NETWORK = ipaddress.ip_network("192.168.1.0/24")


@pytest.mark.parametrize("host", ["192.168.1.1", "192.168.1.254"])
def test_a_host_is_in_the_network(host: str) -> None:
    """First and last address are usable."""
    assert ipaddress.ip_address(host) in NETWORK.hosts()


def test_the_network_is_private() -> None:
    """Nobody outside can reach it."""
    assert NETWORK.is_private


def test_there_is_room() -> None:
    """Network and broadcast address are taken."""
    assert NETWORK.num_addresses - 2 == 254
