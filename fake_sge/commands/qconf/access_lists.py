"""User lists: ``-su -sul``."""

from __future__ import annotations

from fake_sge.commands.qconf import printing
from fake_sge.commands.qconf.call import Refused, Verb
from fake_sge.commands.qconf.objects import each, listing
from fake_sge.core import Cell

__all__ = ["VERBS"]


def _show(cell: Cell, name: str) -> str:
    found = cell.config.access_lists.get(name)
    if found is None:
        raise Refused(f'access list "{name}" doesn\'t exist')
    return printing.padded(found, 8)


VERBS = (
    Verb("-su", each(_show), "listname_list"),
    Verb("-sul", listing(lambda cell: cell.config.access_lists, "userset list")),
)
