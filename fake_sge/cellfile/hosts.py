"""Hosts and host groups by the short names of a cell's description."""

from __future__ import annotations

from collections.abc import Iterable

from fake_sge.cellfile.description import CellDescription

__all__ = ["expanded_hosts", "member_name"]


def member_name(cell: CellDescription, name: str) -> str:
    """A group of hosts or a host as SGE names it: ``@cpu``, ``node001.domain``."""
    if name.startswith("@"):
        return name
    return f"@{name}" if name in cell.hosts or name in cell.host_groups else cell.full_name(name)


def expanded_hosts(cell: CellDescription, members: Iterable[str]) -> list[str]:
    """The full names of the hosts that *members* (groups, host groups, hosts) stand for, each once, in order."""
    found: dict[str, None] = {}
    for member in members:
        name = member.removeprefix("@")
        if name in cell.hosts:
            found |= dict.fromkeys(cell.host_names(name))
        elif name in cell.host_groups:
            found |= dict.fromkeys(expanded_hosts(cell, cell.host_groups[name]))
        else:
            found[cell.full_name(name)] = None
    return list(found)
