"""Parallel environments: ``-sp -spl``."""

from __future__ import annotations

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Refused, Verb
from fake_sge.commands.qconf.objects import each, listing
from fake_sge.core import Cell

__all__ = ["VERBS"]


def _show(cell: Cell, name: str) -> str:
    found = cell.config.parallel_environments.get(name)
    if found is None:
        raise Refused(f"{name} is not a parallel environment")
    return printing.padded(found, 19)


VERBS = (
    Verb("-sp", each(_show), "pe-name"),
    Verb("-spl", listing(lambda cell: cell.config.parallel_environments, "parallel environment")),
)
