"""Which host names there are: those that the cell has, and full names in its domain."""

from __future__ import annotations

from fake_sge.core import Cell
from fake_sge.core.texts import same_host

__all__ = ["resolve"]


def resolve(cell: Cell, name: str) -> str | None:
    """The full name of a host; None if there is no such host."""
    config = cell.config
    for known in (*config.hosts, *config.admin_hosts, *config.submit_hosts, config.qmaster, *config.machines):
        if known not in ("global", "template") and same_host(name, known):
            return known
    inside = config.domain and name.lower().endswith(f".{config.domain}") and name[0].isalnum()
    return name.lower() if inside else None
