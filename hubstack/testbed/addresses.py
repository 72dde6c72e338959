"""Loopback addresses for the machines of a stack, and free ports.

Every stack has 4,096 addresses of 127.0.0.0/8 to itself: the first is the hub's machine, the others are execution
hosts. So the hub and the proxy's API keep their standard ports in every stack, and find them free after an outage: no
outgoing connection of this machine takes its port from such an address.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
from collections.abc import Iterable, Iterator

__all__ = ["HUB_PORT", "PROXY_API_PORT", "AddressBlock", "choose_block", "choose_port", "is_free"]

HUB_PORT = 8081
PROXY_API_PORT = 8001
_BLOCK_BITS = 12
_FIRST_BLOCK, _LAST_BLOCK = 16, 4095  # 127.0.x.y is left alone: Debian puts the machine's own name there
_PORTS = range(20000, 30000)  # below Linux's ephemeral ports


class AddressBlock:
    """The addresses of one stack, by its number (16 to 4095)."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._first = int(ipaddress.IPv4Address("127.0.0.0")) + (number << _BLOCK_BITS)

    @property
    def hub(self) -> str:
        """The address of the machine that hub, proxy and database are on."""
        return self._address(1)

    def hosts(self, names: Iterable[str]) -> dict[str, str]:
        """One address for each execution host.

        Raises:
            ValueError: there are more hosts than the block has addresses.
        """
        return {name: self._address(n) for n, name in enumerate(names, start=2)}

    def _address(self, n: int) -> str:
        if n >= (1 << _BLOCK_BITS) - 1:
            raise ValueError(f"a stack has at most {(1 << _BLOCK_BITS) - 3} execution hosts")
        return str(ipaddress.IPv4Address(self._first + n))


def choose_block(taken: Iterable[int]) -> AddressBlock:
    """A block that no stack has: not in *taken*, and nothing listens on the hub's ports there.

    Other accounts' stacks are seen by their ports alone. The choice is random, so that two started at once differ.
    """
    excluded = set(taken)
    for number in _from_random_start(range(_FIRST_BLOCK, _LAST_BLOCK + 1)):
        block = AddressBlock(number)
        if number not in excluded and is_free(block.hub, HUB_PORT) and is_free(block.hub, PROXY_API_PORT):
            return block
    raise OSError("no block of loopback addresses is free")


def choose_port(taken: Iterable[int]) -> int:
    """A public port on 127.0.0.1 that no stack has been given and nobody listens on."""
    excluded = set(taken)
    for port in _from_random_start(_PORTS):
        if port not in excluded and is_free("127.0.0.1", port):
            return port
    raise OSError("no port is free")


def is_free(address: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _from_random_start(numbers: range) -> Iterator[int]:
    start = secrets.randbelow(len(numbers))
    yield from numbers[start:]
    yield from numbers[:start]
