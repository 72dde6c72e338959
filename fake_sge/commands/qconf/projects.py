"""Projects: ``-sprj -sprjl``."""

from __future__ import annotations

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Refused, Verb
from fake_sge.commands.qconf.objects import each, listing
from fake_sge.core import Cell

__all__ = ["VERBS"]


def _show(cell: Cell, name: str) -> str:
    found = cell.config.projects.get(name)
    if found is None:
        raise Refused(f"{name} is not known as a project")
    return printing.spaced(found)


VERBS = (
    Verb("-sprj", each(_show), "project"),
    Verb("-sprjl", listing(lambda cell: cell.config.projects, "project list")),
)
