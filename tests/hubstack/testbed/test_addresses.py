"""Addresses and ports that no two stacks share."""

from __future__ import annotations

import ipaddress
import socket

import pytest

from hubstack.testbed.addresses import HUB_PORT, AddressBlock, choose_block, choose_port, is_free


def test_blocks_do_not_overlap() -> None:
    """The last possible host of a block comes before the hub of the next."""
    block, following = AddressBlock(100), AddressBlock(101)
    hosts = block.hosts(f"node{n}" for n in range(4093))
    assert len(set(hosts.values()) | {block.hub}) == 4094
    assert max(map(ipaddress.IPv4Address, hosts.values())) < ipaddress.IPv4Address(following.hub)


def test_every_address_is_loopback() -> None:
    """Nothing of a stack is reachable from another machine, and 127.0.0.1 is left to the public port."""
    for number in (16, 4095):
        addresses = [AddressBlock(number).hub, *AddressBlock(number).hosts(["a"]).values()]
        assert all(ipaddress.ip_address(address).is_loopback for address in addresses)
        assert not any(address.startswith("127.0.") for address in addresses)


def test_more_hosts_than_addresses_is_an_error() -> None:
    """Rather than an address of somebody else's block."""
    with pytest.raises(ValueError, match="4093 execution hosts"):
        AddressBlock(16).hosts(f"node{n}" for n in range(4094))


def test_a_block_whose_hub_port_is_listened_on_is_not_chosen() -> None:
    """Another account's stack shows itself only by its ports."""
    everything_but = [number for number in range(16, 4096) if number not in {500, 501}]
    with socket.create_server((AddressBlock(500).hub, HUB_PORT)):
        assert choose_block(everything_but).number == 501


def test_a_chosen_port_is_free_and_not_given_to_another() -> None:
    """Below the ephemeral ports: an outgoing connection can't take it while the proxy is away."""
    first = choose_port([])
    assert 20000 <= first < 30000
    assert is_free("127.0.0.1", first)
    assert choose_port([port for port in range(20000, 30000) if port != first]) == first


def test_a_port_that_is_listened_on_is_not_free() -> None:
    """What `hubstack up` refuses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free("127.0.0.1", server.getsockname()[1])
